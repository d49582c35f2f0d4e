"""The bound on keys of MessagePack that are neither text nor bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
import pytest

from falcon_media import Limits
from falcon_media import PayloadTooLarge
from falcon_media.limits import MAX_NON_TEXT_KEYS
from falcon_media.limits import message_pack_frame_check
from falcon_media.limits import message_pack_keys_check
from falcon_media.limits import MOST_COMPARISONS

Pairs: TypeAlias = 'list[tuple[Any, Any]]'


@dataclass(frozen=True)
class Raw:
    """An encoded object, and its weight as a key."""

    payload: bytes
    weight: int
    extensions: int = 0


@dataclass(frozen=True)
class Map:
    """A map with keys of any type, also duplicate ones."""

    pairs: Pairs


def packed(media: Any) -> bytes:
    if isinstance(media, Raw):
        return media.payload
    if isinstance(media, Map):
        head = b'\xdf' + len(media.pairs).to_bytes(4)
        return head + b''.join(packed(part) for pair in media.pairs for part in pair)
    return b'\xdd' + len(media).to_bytes(4) + b''.join(map(packed, media))


def extensions(media: Any) -> int:
    if isinstance(media, Raw):
        return media.extensions
    if isinstance(media, Map):
        return sum(extensions(part) for pair in media.pairs for part in pair)
    return sum(map(extensions, media))


def weight(key: Any) -> int:
    if isinstance(key, Raw):
        return key.weight
    return len(packed(key)) + 16 * extensions(key)


def comparisons(media: Any) -> int:
    """Compute the sum by its definition, as simply as possible."""
    if isinstance(media, Raw):
        return 0
    if not isinstance(media, Map):
        return sum(map(comparisons, media))
    weights = [found for key, _ in media.pairs if (found := weight(key))]
    inside = sum(comparisons(part) for pair in media.pairs for part in pair)
    return len(weights) * sum(weights) + inside


def repeated(key: bytes, times: int) -> bytes:
    return b'\xdf' + times.to_bytes(4) + (key + b'\xc0') * times


def refused(payload: bytes, limits: Limits | None = None) -> str | None:
    try:
        message_pack_keys_check(limits or Limits())(payload)
    except PayloadTooLarge as ex:
        return ex.limit
    return None


NUMBERS = (
    *('00', '7f', 'ff', 'c0', 'c2', 'c3', 'ccff', 'cdffff', 'ceffffffff'),
    *('cfffffffffffffffff', 'd0ff', 'd1ffff', 'd2ffffffff', 'd3ffffffffffffffff'),
    *('ca00000000', 'cb0000000000000000'),
)
TEXTS = ('a0', 'a161', 'd90161', 'da000161', 'db0000000161')
BYTES = ('c40161', 'c5000161', 'c60000000161')
EXTENSIONS = (
    *('d40500', 'd5050000', 'd60500000000', 'd7050000000000000000'),
    *('d805' + 16 * '00', 'c7010500', 'c800010500', 'c9000000010500'),
)


@pytest.mark.parametrize('key', NUMBERS)
def test_the_number_of_numeric_keys_is_limited(key: str) -> None:
    key_bytes = bytes.fromhex(key)
    assert refused(repeated(key_bytes, MAX_NON_TEXT_KEYS)) is None
    payload = repeated(key_bytes, MAX_NON_TEXT_KEYS + 1)
    assert refused(payload) == 'MAX_NON_TEXT_KEYS'
    # A library builds a part of a payload that is cut off.
    assert refused(payload[:-1]) == 'MAX_NON_TEXT_KEYS'


@pytest.mark.parametrize('key', [*TEXTS, *BYTES])
def test_text_and_bytes_do_not_count(key: str) -> None:
    assert refused(repeated(bytes.fromhex(key), 100_000)) is None


@pytest.mark.parametrize('key', [*EXTENSIONS, '92ffff', '81a16100', '9192ffc0', '90'])
def test_other_keys_weigh_their_size(key: str) -> None:
    key_bytes = bytes.fromhex(key)
    each = len(key_bytes) + 16 * (key in EXTENSIONS)
    most = int((MOST_COMPARISONS // each) ** 0.5)
    assert refused(repeated(key_bytes, most)) is None
    assert refused(repeated(key_bytes, most + 1)) == 'MAX_NON_TEXT_KEYS'


def test_an_extension_within_a_key_weighs_more() -> None:
    inside, beside = bytes.fromhex('93d405000000'), bytes.fromhex('92d40500')
    assert refused(repeated(inside, 873)) is None
    assert refused(repeated(inside, 874)) == 'MAX_NON_TEXT_KEYS'
    # Values have no weight, wherever they are.
    values = b'\xdf\x00\x00\x0f\xff' + b'\x01\xd4\x05\x00' * 4_095
    assert refused(values + beside) is None


def test_the_squares_of_several_maps_add_up() -> None:
    each = repeated(b'\xff', 1_024)
    assert refused(b'\xdc\x00\x10' + each * 16) is None
    assert refused(b'\xdc\x00\x11' + each * 17) == 'MAX_NON_TEXT_KEYS'
    records = repeated(b'\xff', 5)
    assert refused(b'\xdd\x00\x00\x27\x10' + records * 10_000) is None


def test_enclosing_maps_count_while_they_are_open() -> None:
    # Each map is a value in the previous one, and none ends.
    head = b'\xdf\x00\x00\x10\x00' + b'\xff\xc0' * 2_000 + b'\xff'
    assert refused(head * 4) is None
    assert refused(head * 5) == 'MAX_NON_TEXT_KEYS'


@pytest.mark.parametrize('length', [8, 16, 1_024, 2_048])
def test_a_payload_too_short_to_be_checked_is_within_the_bound(length: int) -> None:
    limits = Limits(max_items=1)
    for key in ('00', '90', 'd40500', '9190'):
        key_bytes = bytes.fromhex(key)
        times = (length - 5) // (len(key_bytes) + 1)
        if times > 1:
            assert refused(repeated(key_bytes, times)) is None
            assert refused(repeated(key_bytes, times), limits) == 'max_items'


def test_items_and_depth_are_checked_too() -> None:
    limits = Limits(max_items=10_000)
    assert refused(b'\xdc\x27\x10' + b'\x00' * 10_000, limits) is None
    assert refused(b'\xdc\x27\x11' + b'\x00' * 10_001, limits) == 'max_items'
    assert refused(b'\xdc\x27\x10' + b'\x90' * 9_999 + b'\x91\x00', limits) == (
        'max_items'
    )
    deep = b'\x91' * 63 + b'\xdc\x20\x00' + b'\x00' * 8_192
    assert refused(deep) is None
    assert refused(b'\x91' + deep) == 'max_depth'


@pytest.mark.parametrize('tail', ['', 'c1', 'df', 'd9', 'c9', 'dbffffffff'])
def test_a_malformed_payload_is_left_to_the_library(tail: str) -> None:
    start = b'\xdc\xff\xff' + b'\x00' * 9_000
    assert refused(start + bytes.fromhex(tail), Limits(max_items=10**6)) is None


def test_trailing_data_is_left_to_the_library() -> None:
    assert refused(b'\x90' + repeated(b'\xff', 60_000)) is None


_scalars: Iterable[Raw] = (
    *(Raw(bytes.fromhex(text), 0) for text in (*TEXTS, *BYTES)),
    *(Raw(bytes.fromhex(text), 1) for text in NUMBERS),
    *(Raw(bytes.fromhex(text), len(text) // 2 + 16, 1) for text in EXTENSIONS),
)
_objects = st.recursive(
    st.sampled_from(list(_scalars)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.builds(Map, st.lists(st.tuples(inner, inner), max_size=4)),
    ),
    max_leaves=20,
)


@settings(deadline=None, database=None, max_examples=200)
@given(_objects, st.integers(1, 400))
def test_the_count_follows_the_definition(media: Any, times: int) -> None:
    each = comparisons(media)
    # Padded, so that it is long enough to be checked.
    payload = packed([media] * times + [Raw(b'\xc5\x20\x00' + bytes(8_192), 0)])
    expected = 'MAX_NON_TEXT_KEYS' if each * times > MOST_COMPARISONS else None
    assert refused(payload) == expected


def test_the_error_names_the_limit_and_the_position() -> None:
    with pytest.raises(PayloadTooLarge, match='in the first 8198 bytes') as caught:
        message_pack_keys_check(Limits())(repeated(b'\xff', 60_000))
    assert 'neither text nor bytes' in str(caught.value)
    assert caught.value.limit_value == MAX_NON_TEXT_KEYS


def test_the_messages_of_a_frame_share_the_bound() -> None:
    check = message_pack_frame_check(Limits())
    message = packed_map(1024)
    check([message] * 16)
    with pytest.raises(PayloadTooLarge, match='neither text nor bytes'):
        check([message] * 17)
    small = packed_map(256)
    with pytest.raises(PayloadTooLarge, match='neither text nor bytes'):
        check([small] * 257)


def test_a_message_of_a_frame_that_is_over_a_budget_is_left_to_its_own_check() -> None:
    check = message_pack_frame_check(Limits(max_depth=2))
    check([b'\x91' * 3000 + b'\xc0', packed_map(1024)])
    with pytest.raises(PayloadTooLarge, match='neither text nor bytes'):
        check([b'\x91' * 3000 + b'\xc0', *[packed_map(1024)] * 17])


def packed_map(keys: int) -> bytes:
    wire = b''.join(b'\xcd' + key.to_bytes(2) + b'\xc0' for key in range(keys))
    return b'\xde' + keys.to_bytes(2) + wire
