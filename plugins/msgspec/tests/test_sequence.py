"""Objects of MessagePack one after another, told apart."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st
from msgspec import DecodeError
from msgspec import Raw
from msgspec.msgpack import decode
from msgspec.msgpack import encode
from plugins.msgspec.tests import payloads
import pytest

from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import PayloadTooLarge
from falcon_media_msgspec import MsgspecMessagePackHandler

Split = Callable[[bytes, int], list[bytes]]


def splitter(limits: Limits | None = None) -> Split:
    framing = MsgspecMessagePackHandler(limits=limits).framing
    assert framing is not None
    return framing.split


OBJECTS = [
    bytes.fromhex(wire)
    for wires in (payloads.SHORTEST, payloads.LONGER, payloads.EXTENSIONS)
    for wire in wires
]


def test_objects_of_every_format() -> None:
    split = splitter(Limits(max_items=1_000_000))
    assert split(b''.join(OBJECTS), len(OBJECTS)) == OBJECTS


@pytest.mark.parametrize('payload', OBJECTS, ids=range(len(OBJECTS)))
def test_an_object_that_is_cut_off(payload: bytes) -> None:
    split = splitter()
    for size in range(1, min(len(payload), 20)):
        with pytest.raises(MalformedPayload, match='the last object is cut off'):
            split(b'\x01' + payload[:size], 5)


def test_what_follows_the_most_that_there_may_be_is_one_more() -> None:
    assert splitter()(b'\x01\x02\x91', 2) == [b'\x01', b'\x02', b'\x91']
    assert splitter()(b'\x01\x02', 2) == [b'\x01', b'\x02']
    assert splitter()(b'', 2) == []


def by_msgspec(frame: bytes) -> list[bytes] | None:
    """Tell by trying how many objects there are."""
    for count in range(len(frame) + 1):
        with suppress(DecodeError):
            array = b'\xdd' + count.to_bytes(4) + frame
            return [bytes(raw) for raw in decode(array, type=list[Raw])]
    return None


# NOTE: What no object begins with is left to the decoder.
_BYTES = sorted(set(range(256)) - {0xC1})
_HEADS = [head for head in _BYTES if 0x7F <= head <= 0xE0]


@given(
    st.lists(st.sampled_from(_BYTES), max_size=9).map(bytes)
    | st.lists(st.sampled_from(_HEADS), max_size=40).map(bytes)
)
def test_any_bytes(frame: bytes) -> None:
    expected = by_msgspec(frame)
    if expected is None:
        with pytest.raises(MalformedPayload):
            splitter()(frame, 100)
    else:
        assert splitter()(frame, 100) == expected


def test_a_frame_has_the_items_of_one_message() -> None:
    split = splitter(Limits(max_items=6))
    assert len(split(b'\x93\1\2\3' * 2 + b'\x01' * 9, 100)) == 11
    with pytest.raises(PayloadTooLarge) as caught:
        split(b'\x93\1\2\3' * 2 + b'\x81\1\2', 100)
    assert caught.value.limit == 'max_items'


@pytest.mark.parametrize(
    'level', [b'\x91', b'\xdc\x00\x01', b'\x81\xa0', b'\xde\x00\x01\x81\xa0\xc0']
)
def test_how_deep_an_object_is_is_no_matter(level: bytes) -> None:
    split = splitter(Limits(max_items=1_000_000))
    deep = level * 100_000
    assert split(deep + b'\xc0\x01', 5) == [deep + b'\xc0', b'\x01']
    with pytest.raises(MalformedPayload):
        split(deep, 5)


@pytest.mark.parametrize('strict', [True, False])
def test_the_messages_of_a_frame_share_the_bound_on_keys(strict: bool) -> None:
    framing = MsgspecMessagePackHandler(strict_map_key=strict).framing
    assert framing is not None
    message = encode(dict.fromkeys(range(2048)))
    assert framing.split(message * 4, 10) == [message] * 4
    with pytest.raises(PayloadTooLarge, match='neither text nor bytes'):
        framing.split(message * 5, 10)
    text = encode({str(key): None for key in range(2048)})
    assert framing.split(text * 5, 10) == [text] * 5
