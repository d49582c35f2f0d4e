"""The attacks: each ends in one clear error, and the next message is decoded."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import struct
from typing import Any

import pytest

from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import PayloadError
from falcon_media import PayloadTooLarge
from falcon_media_msgpack import MessagePackHandler

HANDLER = MessagePackHandler()
MESSAGE = {'id': 7, 'ratio': -0.5, 'text': 'żółw', 'data': b'\x00\xff', 'ok': True}
MEDIA: dict[str, Any] = {
    'nil': None,
    'array': [],
    'map': {},
    'string': 'text',
    'number': -(2**63),
    'message': MESSAGE,
    'nested': [[[{'deep': [1, [2, [3]]]}]], {'a': {'b': {'c': {}}}}],
    'rows': {'rows': [{'n': n, 'x': n / 7, 's': 's' * n} for n in range(40)]},
    'numbers': {'numbers': [n / 7 for n in range(300)]},
    'large': ['x' * 200, b'y' * 300, {'k' * 100: 'v' * 70_000}],
}
SAMPLES = {name: bytes(HANDLER.serialize(media)) for name, media in MEDIA.items()}
MILLION = 1_000_000
ARRAY, MAP = b'\x91', b'\x81\xa1a'

each_sample = pytest.mark.parametrize('payload', SAMPLES.values(), ids=SAMPLES)


@pytest.fixture(autouse=True)
def _the_next_message_is_decoded() -> Iterator[None]:
    yield
    assert HANDLER.deserialize(SAMPLES['message']) == MESSAGE


def refuse(payload: bytes, error: type[PayloadError]) -> PayloadError:
    with pytest.raises(error) as caught:
        HANDLER.deserialize(payload)
    assert caught.value.size == len(payload)
    return caught.value


@each_sample
def test_a_truncated_sample_is_malformed(payload: bytes) -> None:
    for size in range(0, len(payload), len(payload) // 1000 + 1):
        refuse(payload[:size], MalformedPayload)


@each_sample
@pytest.mark.parametrize('byte', [b'\x00', b'\xc0', b'\xc1', b'\x91', b'\xff'])
def test_a_sample_with_a_byte_more_is_malformed(payload: bytes, byte: bytes) -> None:
    refuse(payload + byte, MalformedPayload)


@pytest.mark.parametrize('level', [ARRAY, MAP, ARRAY + MAP], ids=bytes.hex)
@pytest.mark.parametrize('depth', [65, 401, 1025, MILLION])
def test_what_is_nested_too_deeply_is_too_large(level: bytes, depth: int) -> None:
    refuse(level * depth + b'\xc0', PayloadTooLarge)
    refuse(level * depth, PayloadError)
    refuse(level * depth + b'\xc1', PayloadError)


def test_no_depth_crashes_a_small_stack(run_confined: Callable[..., str]) -> None:
    run_confined("""
        from falcon_media import Limits, PayloadError, UnserializableMedia
        from falcon_media_msgpack import MessagePackHandler

        levels = bytes.fromhex('91'), bytes.fromhex('81a161'), bytes.fromhex('dc0001')
        for limits in (Limits(), Limits(max_size=2**24)):
            handler = MessagePackHandler(limits=limits)
            for level in levels:
                for depth in (65, 401, 1025, 1_000_000):
                    for tail in (b'0', b''):
                        try:
                            handler.deserialize(level * depth + tail)
                        except PayloadError:
                            continue
                        raise AssertionError(depth)
                assert len(handler.deserialize(level * 64 + b'0')) == 1

        cycle = []
        cycle.append({'again': (cycle, cycle)})
        deep = {}
        for _ in range(100_000):
            deep = {'deep': [deep]}
        lax = MessagePackHandler(strict_encode=False, default=lambda media: [media])
        for media in (cycle, [cycle, {1}], deep, [deep, 1j], {'a': (deep, deep)}, {1}):
            for handler in (MessagePackHandler(), lax):
                try:
                    handler.serialize(media)
                except UnserializableMedia:
                    continue
                raise AssertionError
        while deep:
            deep = deep['deep'].pop()
    """)


DECLARED = {
    'str 32': b'\xdb\xff\xff\xff\xff',
    'bin 32': b'\xc6\xff\xff\xff\xff',
    'ext 32': b'\xc9\xff\xff\xff\xff\x05',
    'timestamp': b'\xc9\xff\xff\xff\xff\xff',
    'array 32': b'\xdd\xff\xff\xff\xff',
    'map 32': b'\xdf\xff\xff\xff\xff',
    'array 16, again and again': b'\xdc\xff\xff' * 1000,
    'array 32, again and again': b'\xdd\x00\x00\x10\x00' * 1000,
    'map 16, again and again': b'\xde\xff\xff\xa1a' * 1000,
    'as much as 1,000 bytes hold': b'\xdc\x03\xe0' * 300 + bytes(100),
    'as much as 4,096 bytes hold': b'\xdc\x0f\xf0' * 64 + bytes(3900),
    'that again and again': b'\xdc\x0f\xf0' * 1000 + bytes(1000),
    'as much as 13,000 bytes hold': b'\xdc\x27\x10' * 1000 + bytes(10_000),
    'as many entries': b'\xde\x13\x88\xa1a' * 1000 + bytes(10_000),
}


@pytest.mark.parametrize('payload', DECLARED.values(), ids=DECLARED)
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


@pytest.mark.parametrize('empty', [b'\x90', b'\x80', b'\xc0'], ids=bytes.hex)
def test_a_million_items_are_too_many(empty: bytes) -> None:
    payload = b'\xdd' + struct.pack('>I', MILLION) + empty * MILLION
    assert refuse(payload, PayloadTooLarge).limit == 'max_items'


def test_too_many_items_take_so_much_memory(peak_of: Callable[..., int]) -> None:
    count = 300_000
    payload = b'\xdd' + struct.pack('>I', count) + b'\x80' * count
    # A pointer and an empty dict for each of them, and a list of those to look at.
    assert peak_of(lambda: refuse(payload, PayloadTooLarge)) < 100 * count


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
        b'\x92' + big + b'\xd6\xff\x00\x00\x00\x01',
        b'\x92' + big + b'\xa1\xff',
        b'\x92' + big + b'\xc1',
        b'\x92' + big,
        b'\x92' + big + ARRAY * 2000,
        big + b'\x00',
    ]
    assert growth_of(lambda: refuse_each(refused)) < len(big)


def refuse_each(payloads: list[bytes]) -> None:
    for payload in payloads:
        refuse(payload, PayloadError)


# ------------------------------------------------------------ without the C extension


def test_the_library_in_pure_python_is_safe(run_confined: Callable[..., str]) -> None:
    program = """
        from falcon_media import MalformedPayload, PayloadError, PayloadTooLarge
        from falcon_media import UnserializableMedia, UnsupportedPayload
        import msgpack
        from falcon_media_msgpack import MessagePackHandler

        def refuse(text, error):
            try:
                handler.deserialize(bytes.fromhex(text))
            except error as ex:
                return ex
            raise AssertionError(text[:20])

        assert msgpack.Unpacker.__module__ == 'msgpack.fallback'
        handler = MessagePackHandler()
        media = {'a': [1.5, {'b': b'c'}] * 500}
        assert handler.deserialize(handler.serialize(media)) == media
        for depth in (65, 401, 1025, 100_000):
            for tail in ('c0c0', 'c0c51000' + '00' * 4096):
                ex = refuse('92' + '91' * depth + tail, PayloadTooLarge)
                assert ex.limit == 'max_depth'
        refuse('810101', MalformedPayload)
        refuse('82a16101a16101', MalformedPayload)
        refuse('d40500', UnsupportedPayload)
        refuse('d6ff00000001', UnsupportedPayload)
        refuse('ddffffffff' * 1000, PayloadError)
        for _ in range(100_000):
            media = [media]
        try:
            handler.serialize(media)
        except UnserializableMedia:
            print('done')
        while isinstance(media, list):
            media = media[0]
    """
    assert run_confined(program, MSGPACK_PUREPYTHON='1') == 'done\n'
