"""The memory that attacks take."""

from __future__ import annotations

from collections.abc import Callable
import struct
from typing import Any

import msgpack
from plugins.msgpack.tests import payloads
import pytest

from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import PayloadError
from falcon_media import PayloadTooLarge
from falcon_media.protocol import fastpath as shortcuts
from falcon_media_msgpack import MessagePackHandler
from falcon_media_msgpack import unpacking

HANDLER = MessagePackHandler()


def refuse(payload: bytes, error: type[PayloadError]) -> PayloadError:
    with pytest.raises(error) as caught:
        HANDLER.deserialize(payload)
    assert caught.value.size == len(payload)
    return caught.value


@pytest.mark.parametrize('payload', payloads.DECLARED.values(), ids=payloads.DECLARED)
@pytest.mark.parametrize(
    'options',
    [{}, {'timestamp': 3}, {'limits': Limits(max_depth=1024)}],
    ids=['strict', 'times', 'deep'],
)
def test_what_is_declared_and_missing_is_not_allocated(
    payload: bytes, options: dict[str, Any], peak_of: Callable[..., int]
) -> None:
    handler = MessagePackHandler(**options)

    def decode() -> None:
        with pytest.raises(PayloadError) as caught:
            handler.deserialize(payload)
        if payload.count(payload[:3]) < 100:
            assert type(caught.value) is MalformedPayload

    decode()
    assert peak_of(decode) < 4_000_000


def test_too_many_items_take_so_much_memory(peak_of: Callable[..., int]) -> None:
    count = 300_000
    payload = b'\xdd' + struct.pack('>I', count) + b'\x80' * count
    # They are counted before any is made.
    assert peak_of(lambda: refuse(payload, PayloadTooLarge)) < 2 * count


class Calls:
    """The library's function, and how often it was called."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self._call = msgpack.unpackb
        for module in (msgpack, unpacking):
            monkeypatch.setattr(module, 'unpackb', self)

    def __call__(self, *args: Any, **options: Any) -> object:
        self.count += 1
        return self._call(*args, **options)


LOOSE = (
    {'strict_map_key': False},
    {'strict_map_key': False, 'raw': True},
    {'strict_map_key': False, 'allow_duplicate_keys': True},
    {'strict_map_key': False, 'timestamp': 0, 'ext_hook': msgpack.ExtType},
)


@pytest.mark.parametrize('options', LOOSE, ids=repr)
@pytest.mark.parametrize('pure', [True, False], ids=['pure', 'speedups'])
@pytest.mark.parametrize(
    'key', [b'\xff', b'\xcb' + bytes(8), b'\xc0', b'\xd4\x05\x00', b'\x92\xff\xff']
)
def test_keys_that_may_collide_are_counted_before_the_library_is_called(
    options: dict[str, Any], pure: bool, key: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Calls(monkeypatch)
    if pure:
        monkeypatch.setattr(shortcuts, 'speedups', lambda: None)
    handler = MessagePackHandler(**options)
    for count in (4_097, 60_000):
        payload = b'\xdf' + struct.pack('>I', count) + (key + b'\xc0') * count
        with pytest.raises(PayloadTooLarge) as caught:
            handler.deserialize(payload)
        assert caught.value.limit == 'MAX_NON_TEXT_KEYS'
    assert calls.count == 0


@pytest.mark.parametrize('pure', [True, False], ids=['pure', 'speedups'])
def test_many_records_with_some_integer_keys_are_accepted(
    pure: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if pure:
        monkeypatch.setattr(shortcuts, 'speedups', lambda: None)
    handler = MessagePackHandler(strict_map_key=False)
    few, many = dict.fromkeys(range(-8, 8), 1), dict.fromkeys(range(4_096), 1)
    for media in ([few] * 5_000, [many]):
        assert handler.deserialize(msgpack.packb(media)) == media


def test_entries_of_maps_are_items() -> None:
    handler = MessagePackHandler(limits=Limits(max_items=20_000))
    entries = [b'\xa5%05d\xc0' % key for key in range(20_001)]
    for count in (20_000, 20_001):
        payload = b'\xdf' + struct.pack('>I', count) + b''.join(entries[:count])
        if count == 20_000:
            assert len(handler.deserialize(payload)) == count  # type: ignore[arg-type]  # it is a dict
        else:
            with pytest.raises(PayloadTooLarge) as caught:
                handler.deserialize(payload)
            assert caught.value.limit == 'max_items'


def test_what_is_refused_is_freed(growth_of: Callable[..., int]) -> None:
    big = b'\xc6\x00\x01\x00\x00' + bytes(65_536)
    refused = [
        b'\x81\x01' + big,
        b'\x81\x90' + big,
        b'\x82\xa1a' + big + b'\xa1a' + big,
        b'\x92' + big + b'\xd4\x05\x00',
        b'\x92' + big + b'\xd7\xff\x00\x00\x00\x04\x00\x00\x00\x01',
        b'\x92' + big + b'\xa1\xff',
        b'\x92' + big + b'\xc1',
        b'\x92' + big,
        b'\x92' + big + b'\x91' * 2000,
        big + b'\x00',
    ]
    assert growth_of(lambda: refuse_each(refused)) < len(big)


def refuse_each(payloads: list[bytes]) -> None:
    for payload in payloads:
        refuse(payload, PayloadError)
