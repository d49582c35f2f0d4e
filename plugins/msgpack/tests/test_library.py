"""What the handler relies on, and msgpack does not document."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgpack
import pytest


def skip(data: bytes) -> int:
    unpacker = msgpack.Unpacker(max_buffer_size=len(data), read_size=len(data))
    unpacker.feed(data)
    unpacker.skip()
    return unpacker.tell()


@pytest.mark.parametrize(
    'level', [b'\x91', b'\x81\xa0', b'\xdc\x00\x01'], ids=bytes.hex
)
@pytest.mark.parametrize('read', [skip, msgpack.unpackb])
def test_the_stack_holds_1024_containers(level: bytes, read: Any) -> None:
    for innermost in (b'\x90', b'\x80', b'\x91\xc0'):
        read(level * 1023 + innermost)
        with pytest.raises(msgpack.StackError):
            read(level * 1024 + innermost)


def test_skipping_takes_one_whole_object() -> None:
    assert skip(b'\x92\x01\xa3abc\xc0\xc0') == 6
    for cut in (b'\x92\x01', b'\xa3ab', b'\xdd\xff\xff\xff\xff', b'\x81\xa1a'):
        with pytest.raises(msgpack.OutOfData):
            skip(cut)


@pytest.mark.parametrize('size', [4, 8, 12])
def test_the_length_of_a_timestamp_is_looked_at_first(size: int) -> None:
    payload = b'\xc7' + bytes([size]) + b'\xff' + bytes(size)
    assert msgpack.unpackb(payload) == msgpack.Timestamp(0)
    with pytest.raises(ValueError, match='max_ext_len') as caught:
        msgpack.unpackb(payload, max_ext_len=0)
    assert type(caught.value) is ValueError


def test_a_timestamp_is_not_given_to_the_hook() -> None:
    payload = b'\xd6\xff\x00\x00\x00\x01'
    assert msgpack.unpackb(payload, ext_hook=print) == msgpack.Timestamp(1)


def test_the_hook_for_maps_is_given_each_entry_in_its_order() -> None:
    given = []

    def hook(pairs: list[tuple[Any, Any]]) -> None:
        assert type(pairs) is list
        given.append(pairs)

    payload = bytes.fromhex('83 a161 01 a161 81 a162 02 c40161 80')
    msgpack.unpackb(payload, object_pairs_hook=hook)
    assert given == [[('b', 2)], [], [('a', 1), ('a', None), (b'a', None)]]


def test_what_a_hook_raises_comes_through_as_it_is() -> None:
    error = LookupError()

    def hook(*args: object) -> None:
        raise error

    for unpack in (
        partial(msgpack.unpackb, object_pairs_hook=hook),
        partial(msgpack.unpackb, ext_hook=hook),
    ):
        with pytest.raises(LookupError) as caught:
            unpack(b'\x81\xa1a\xd4\x05\x00')
        assert caught.value is error
        assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ('key', 'kind'), [('01', 'int'), ('c0', 'NoneType'), ('90', 'list'), ('80', 'dict')]
)
def test_the_text_about_a_key_that_is_refused(key: str, kind: str) -> None:
    payload = b'\x81' + bytes.fromhex(key) + b'\x00'
    with pytest.raises(ValueError, match=f'^{kind} is not allowed for map key') as ex:
        msgpack.unpackb(payload)
    assert type(ex.value) is ValueError


def test_the_text_about_a_key_that_can_not_be_hashed() -> None:
    with pytest.raises(TypeError, match='unhashable type'):
        msgpack.unpackb(b'\x81\x90\x00', strict_map_key=False)


def test_a_timestamp_that_no_datetime_can_hold_overflows() -> None:
    payload = b'\xc7\x0c\xff' + bytes(4) + b'\x00' * 2 + b'\xff' * 6
    with pytest.raises(OverflowError):
        msgpack.unpackb(payload, timestamp=3)


def test_nanoseconds_are_cut_without_a_word() -> None:
    payload = b'\xd7\xff' + (1_999 << 34 | 1).to_bytes(8)
    assert msgpack.unpackb(payload, timestamp=3).microsecond == 1
