"""Payloads that mean harm, and objects that would harm the sender."""

from __future__ import annotations

from itertools import islice
import tracemalloc
from typing import Any, NamedTuple

import cbor2
from plugins.cbor.tests.samples import EVENT
from plugins.cbor.tests.samples import PAYLOAD
import pytest

from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import PayloadError
from falcon_media import PayloadTooLarge
from falcon_media import UnserializableMedia
from falcon_media import UnsupportedPayload
from falcon_media.protocol import fastpath as shortcuts
from falcon_media_cbor import CBORHandler
from falcon_media_testing import same
from falcon_media_testing.corpora import mutants


class Point(NamedTuple):
    x: object
    y: object


def refused(payload: bytes | str, handler: CBORHandler | None = None) -> PayloadError:
    """Return how a payload is refused."""
    data = bytes.fromhex(payload) if isinstance(payload, str) else payload
    handler = handler or CBORHandler()
    with pytest.raises(PayloadError) as failed:
        handler.deserialize(data)
    return failed.value


# -------------------------------------------------------------------------- malformed


def test_the_same_way_each_time() -> None:
    # What is wrong with a payload must not depend on what a handler adds to it.
    payloads = [*islice(mutants([PAYLOAD], seed=0), 300)]
    outcomes = set()
    for _ in range(5):
        handler = CBORHandler()
        outcome = []
        for payload in payloads:
            try:
                outcome.append(repr(handler.deserialize(payload)))
            except PayloadError as ex:
                outcome.append(f'{type(ex).__name__}: {ex}')
        outcomes.add(tuple(outcome))
    assert len(outcomes) == 1


@pytest.mark.parametrize('size', [65_533, 65_534, 65_535, 65_536, 65_537, 131_071])
def test_text_of_a_length_that_is_read_in_pieces(size: int) -> None:
    text = 'x' * size + 'é😀'
    handler = CBORHandler()
    assert handler.deserialize(bytes(handler.serialize(text))) == text


# ------------------------------------------------------------------------ not accepted


def test_a_time_that_is_finer_than_a_microsecond() -> None:
    def tagged(fraction: str) -> bytes:
        return cbor2.dumps(cbor2.CBORTag(0, f'2013-03-21T20:04:00.{fraction}Z'))

    handler = CBORHandler()
    for fraction in ('1', '12', '123456', '123456000', '1' + '0' * 1000):
        moment: Any = handler.deserialize(tagged(fraction))
        assert moment.microsecond == int(fraction[:6].ljust(6, '0'))
    for fraction in ('1234567', '0000001', '0' * 1000 + '1'):
        error = refused(tagged(fraction))
        assert type(error) is UnsupportedPayload
        assert 'truncate_nanoseconds' in str(error)
        cutting: Any = CBORHandler(truncate_nanoseconds=True)
        moment = cutting.deserialize(tagged(fraction))
        assert moment.microsecond == int(fraction[:6])


@pytest.mark.parametrize('size', [0, 2_000, 20_000])
@pytest.mark.parametrize('plain', [0, 1.1, 'text', 'žluť'])
@pytest.mark.parametrize('simple', [cbor2.undefined, cbor2.CBORSimpleValue(255)])
def test_a_simple_value_among_others(size: int, plain: object, simple: object) -> None:
    # Different ways of looking for it, by what surrounds it.
    around = [plain] * (size // 10)
    for media in ([*around, simple], [simple, *around], [{'a': [simple]}, around]):
        assert type(refused(cbor2.dumps(media))) is UnsupportedPayload
        assert type(refused(cbor2.dumps([EVENT, media]))) is UnsupportedPayload


def test_simple_values_where_the_garbage_collector_would_not_see_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr('falcon_media_cbor.simple.get_referents', lambda *_: [])
    handler = CBORHandler()
    for media in (cbor2.undefined, [1, {'a': [cbor2.CBORSimpleValue(0)]}]):
        assert type(refused(cbor2.dumps(media), handler)) is UnsupportedPayload


def test_bytes_that_look_like_simple_values() -> None:
    media = {
        'bytes': bytes(range(256)) * 20,
        'text': '水😀' * 1000,
        'reals': [1.1] * 99,
    }
    assert CBORHandler().deserialize(cbor2.dumps(media)) == media


# --------------------------------------------------------------------------- too large

UUID = 'd82550' + '00' * 16
MOMENT = 'c074323031332d30332d32315432303a30343a30305a'


@pytest.mark.parametrize('head', ['81', 'a160', '8200', 'a2616100 6162'])
@pytest.mark.parametrize('leaf', ['00', '80', 'a0', UUID, MOMENT])
def test_nesting_that_is_just_right(head: str, leaf: str) -> None:
    handler = CBORHandler()
    depth = 64 - (leaf in {'80', 'a0'})
    payload = bytes.fromhex(head) * depth + bytes.fromhex(leaf)
    media = handler.deserialize(payload)
    assert handler.serialize(media) == payload
    # What comes after the end is still seen.
    assert type(refused(payload + b'\0')) is MalformedPayload


@pytest.mark.parametrize('depth', [1, 2, 3, 1000])
def test_any_depth(depth: int) -> None:
    handler = CBORHandler(limits=Limits(max_depth=depth))
    for leaf in (b'\0', b'\xc2\x40'):
        payload = b'\x81' * depth + leaf
        media = handler.deserialize(payload)
        assert handler.serialize(media)
        with pytest.raises(PayloadTooLarge):
            handler.deserialize(b'\x81' + payload)
        with pytest.raises(UnserializableMedia):
            handler.serialize([media])


def test_nesting_of_tags() -> None:
    handler = CBORHandler(semantic_decoders={100: lambda value, _: value})
    payload = bytes.fromhex('d864') * 10_000 + b'\0'
    assert type(refused(payload, handler)) is PayloadTooLarge
    assert type(refused(bytes.fromhex('c0') * 10_000 + b'\0')) is PayloadTooLarge


@pytest.mark.parametrize('item', [b'\x80', b'\xa0', b'\x00', b'\x81\x00'])
def test_as_many_items_as_there_may_be(item: bytes) -> None:
    count = 262_144 // len(item)
    payload = b'\x9a' + count.to_bytes(4) + item * count
    media: Any = CBORHandler().deserialize(payload)
    assert len(media) == count
    more = b'\x9a' + (count + 1).to_bytes(4) + item * (count + 1)
    assert type(refused(more)) is PayloadTooLarge


def test_items_with_heads_of_all_kinds() -> None:
    # Few items in many bytes, most of which could be heads of containers.
    media = {
        'bytes': [b'\x80' * size for size in (0, 1, 23, 24, 255, 256, 65535, 65536)],
        'text': ['\u0080' * size for size in (0, 1, 23, 24, 255, 256, 65535)],
        'numbers': [0x80, 0x8080, 0x80808080, 0x8080808080808080, -0x81, 1.5],
        'long': b'\x80' * 500_000,
        'more': [[0] * 24, [0] * 256, {str(key): [] for key in range(30)}],
        'event': EVENT,
    }
    payload = cbor2.dumps(media)
    assert same(CBORHandler().deserialize(payload), media)
    count = 6 + 8 + 7 + 6 + 3 + 24 + 256 + 30 + 7 + 5 + 3 + 1 + 1
    exact = CBORHandler(limits=Limits(max_items=count))
    assert same(exact.deserialize(payload), media)
    with pytest.raises(PayloadTooLarge):
        CBORHandler(limits=Limits(max_items=count - 1)).deserialize(payload)


def test_items_of_what_is_malformed() -> None:
    strict = CBORHandler(limits=Limits(max_items=9))
    for payload in ('9c' + '80' * 20, '819c' + '80' * 20, '819b' + '80' * 8):
        with pytest.raises(PayloadError):
            strict.deserialize(bytes.fromhex(payload))


def test_items_of_containers_of_indefinite_length() -> None:
    handler = CBORHandler(limits=Limits(max_items=9))
    assert handler.deserialize(b'\x9f' + b'\x80' * 9 + b'\xff') == [[]] * 9
    with pytest.raises(PayloadTooLarge):
        handler.deserialize(b'\x9f' + b'\x80' * 20 + b'\xff')
    # Chunks of a string are none, and an entry is one.
    text = b'\x7f' + b'\x61a' * 20 + b'\xff'
    entries = b''.join(bytes((0x61, 97 + n)) + text for n in range(9))
    assert handler.deserialize(b'\xbf' + entries + b'\xff') == {
        chr(97 + n): 'a' * 20 for n in range(9)
    }
    with pytest.raises(PayloadTooLarge):
        handler.deserialize(b'\xbf' + entries + b'\x61z\x80\xff')


@pytest.mark.parametrize('item', [b'\x80', b'\xa0', b'\x9f\xff', b'\xbf\xff'])
def test_too_many_containers_are_refused_before_any_is_made(item: bytes) -> None:
    # NOTE: A tenth of the default, or tracemalloc takes its time.
    handler = CBORHandler(limits=Limits(max_items=26_000))
    for payload in (
        b'\x9f' + item * 30_000 + b'\xff',
        b'\x9a' + (30_000).to_bytes(4) + item * 30_000,
        # Most of it is cut off.
        b'\x9f' + item * 30_000,
    ):
        tracemalloc.start()
        try:
            assert type(refused(payload, handler)) is PayloadTooLarge
            assert tracemalloc.get_traced_memory()[1] < 3 * len(payload)
        finally:
            tracemalloc.stop()


class Loads:
    """cbor2's function, and what it was called with."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[dict[str, Any]] = []
        self._loads = cbor2.loads
        monkeypatch.setattr(cbor2, 'loads', self)

    def __call__(self, payload: bytes, **options: Any) -> object:
        self.calls.append(options)
        return self._loads(payload, **options)


COLLIDING = [
    # -1 and -2 have the same hash; so have these times and numbers.
    *('20', '8220f6', '82 20 21', '9f20ff', 'f6', 'f93c00', 'c24101', 'c100'),
    *('d82550' + '00' * 16, 'a12000', 'd86400', '80', '9fff'),
]


@pytest.mark.parametrize('key', COLLIDING)
@pytest.mark.parametrize('strict', [True, False])
@pytest.mark.parametrize('pure', [True, False], ids=['pure', 'speedups'])
def test_keys_that_may_collide_are_counted_before_a_dict_is_made(
    key: str, strict: bool, pure: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if pure:
        monkeypatch.setattr(shortcuts, 'speedups', lambda: None)
    loads = Loads(monkeypatch)
    handler = CBORHandler(
        strict_hashable_types=strict,
        semantic_decoders={100: Point},
    )
    entries = (bytes.fromhex(key) + b'\xf6') * 4_097
    for payload in (
        b'\xb9' + (4_097).to_bytes(2) + entries,
        b'\xbf' + entries + b'\xff',
        b'\xbf' + entries,
        b'\x81\xbf' + entries * 3,
    ):
        error = refused(payload, handler)
        assert type(error) is PayloadTooLarge
        assert error.limit == 'MAX_NON_TEXT_KEYS'
    # cbor2 stops at the first such key.
    assert all(call['strict_hashable_types'] for call in loads.calls)


@pytest.mark.parametrize('pure', [True, False], ids=['pure', 'speedups'])
def test_members_of_sets_are_counted_before_the_app_makes_a_set(
    pure: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if pure:
        monkeypatch.setattr(shortcuts, 'speedups', lambda: None)
    loads = Loads(monkeypatch)
    handler = CBORHandler(
        semantic_decoders={
            258: lambda value, immutable: frozenset(map(repr, value)),
            100: lambda value, immutable: value,
        }
    )
    for payload in (
        b'\xd9\x01\x02\x99\x10\x01' + b'\x20' * 4_097,
        b'\xd9\x01\x02\x9f' + b'\x82\x20\x21' * 4_096 + b'\xff',
        b'\x81\xd9\x01\x02\xd8\x64\x99\x10\x01' + b'\x20' * 4_097,
    ):
        assert refused(payload, handler).limit == 'MAX_NON_TEXT_KEYS'
    assert not loads.calls
    for member in (b'\x20', b'\x61a', b'\x41a'):
        payload = b'\x82\x00\xd9\x01\x02\x99\x10\x00' + member * 4_096
        media: Any = handler.deserialize(payload)
        assert len(media[1]) == 1
    # An array is none.
    assert handler.deserialize(b'\xd8\x64\x99\x13\x88' + b'\x20' * 5_000)


@pytest.mark.parametrize('pure', [True, False], ids=['pure', 'speedups'])
def test_many_records_with_some_integer_keys(
    pure: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if pure:
        monkeypatch.setattr(shortcuts, 'speedups', lambda: None)
    handler = CBORHandler()
    # As SenML has them (RFC 8428): base values below zero, and the others.
    few = {-2: 'urn:dev:ow:10e2073a01080063', -3: 1.5, 0: 'temperature', 2: 23.1, 6: 0}
    many = dict.fromkeys(range(-2_048, 2_048))
    for media in ([few] * 5_000, [many], [[many], 'a' * 100_000]):
        assert handler.deserialize(cbor2.dumps(media)) == media


# -------------------------------------------------------------------------- on our side


@pytest.mark.parametrize('strict_encode', [True, False])
def test_objects_that_are_small_here_and_large_on_the_wire(strict_encode: bool) -> None:
    media: Any = []
    for _ in range(60):
        media = [media, media]
    with pytest.raises(UnserializableMedia):
        CBORHandler(strict_encode=strict_encode).serialize(media)


def test_an_object_that_is_wide() -> None:
    media = [[number] for number in range(100_000)]
    assert CBORHandler().serialize(media) == cbor2.dumps(media)
