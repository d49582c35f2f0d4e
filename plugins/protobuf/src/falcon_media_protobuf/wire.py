"""The encoding of Protocol Buffers, as far as the checks need it.

See https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from google.protobuf.descriptor import FieldDescriptor

__all__ = (
    'element',
    'first_bytes',
    'is_packable',
    'NATIVE_DEPTH',
    'tag_of',
    'varint',
    'varint_size',
)

NATIVE_DEPTH: Final = 101
"""Levels of messages that protobuf itself parses; it refuses more."""

VARINT: Final = 0
"""Wire type of integers, of which small ones take fewer bytes."""
FIXED64: Final = 1
"""Wire type of numbers of eight bytes."""
LENGTH: Final = 2
"""Wire type of strings, bytes, messages, and of several numbers that are packed."""
START_GROUP: Final = 3
"""Wire type of the old way to write a message; the tag of its end is one more."""
FIXED32: Final = 5
"""Wire type of numbers of four bytes."""

TEXT: Final = (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES)
"""Types that have a length."""

_FIXED_WIDTH: Final = {
    FieldDescriptor.TYPE_DOUBLE: (8, FIXED64),
    FieldDescriptor.TYPE_FIXED64: (8, FIXED64),
    FieldDescriptor.TYPE_SFIXED64: (8, FIXED64),
    FieldDescriptor.TYPE_FLOAT: (4, FIXED32),
    FieldDescriptor.TYPE_FIXED32: (4, FIXED32),
    FieldDescriptor.TYPE_SFIXED32: (4, FIXED32),
}


def element(item: FieldDescriptor) -> tuple[int, int]:
    """Return how a single value of a field is written.

    Returns:
        tuple: The least bytes that it takes when it is packed (0 if it never is), and
        its wire type when it is not.
    """
    if item.type == FieldDescriptor.TYPE_GROUP:
        return 0, START_GROUP
    if item.message_type is not None or item.type in TEXT:
        return 0, LENGTH
    return _FIXED_WIDTH.get(item.type, (1, VARINT))


def is_packable(item: FieldDescriptor) -> bool:
    """Return whether a field is of numbers, and may have several."""
    return bool(item.is_repeated) and element(item)[0] > 0


def tag_of(item: FieldDescriptor, wire_type: int) -> int:
    """Return the number that is in front of a field's values."""
    return item.number << 3 | wire_type


def varint(number: int) -> bytes:
    """Write a number."""
    if number < 0x4000:
        if number < 0x80:
            return bytes((number,))
        return bytes((number & 0x7F | 0x80, number >> 7))
    return bytes((number & 0x7F | 0x80,)) + varint(number >> 7)


def varint_size(number: int) -> int:
    """Return how many bytes it takes to write a number."""
    return max(1, (number.bit_length() + 6) // 7)


def first_bytes(tags: Iterable[int]) -> bytes:
    """Return all bytes that one of these tags can begin with."""
    first = set()
    for tag in tags:
        # NOTE: Parsers take a tag with more bytes than it needs.
        first.add(tag & 0x7F | 0x80)
        if tag < 0x80:
            first.add(tag)
    return bytes(sorted(first))
