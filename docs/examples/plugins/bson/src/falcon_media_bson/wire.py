"""What a payload holds, before any of it is decoded (bsonspec.org, version 1.1).

pymongo recurses in C, keeps the last one of several equal keys, looks at no key of an
array, and has objects of its own for types that no message here needs.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from struct import Struct, error
from typing import TypeAlias

from falcon_media import (
    Limits,
    MalformedPayload,
    PayloadError,
    PayloadTooLarge,
    UnsupportedPayload,
)

__all__ = ['wire_check']

_DOCUMENT = 0x03
_ARRAY = 0x04
_BINARY = 0x05
_STRING = 0x02
# NOTE: Double, boolean, UTC datetime, null, 32-bit and 64-bit integer.
_SIZES = {0x01: 8, 0x08: 1, 0x09: 8, 0x0A: 0, 0x10: 4, 0x12: 8}
# NOTE: Generic, and UUID.
_SUBTYPES = (0x00, 0x04)

_INT32 = Struct('<i')

# NOTE: Of a container that is open: where it ends, and which keys it has had; those of
#   an array are counted.
_Open: TypeAlias = tuple[int, 'set[bytes] | count[int]']


def wire_check(limits: Limits) -> Callable[[bytes], None]:
    """Make a check of a payload that is about to be decoded.

    Args:
        limits: The budgets for depth and items.

    Returns:
        A function that takes the payload, and raises.
    """

    def check(payload: bytes) -> None:
        try:
            _walk(payload, limits)
        except PayloadError:
            # NOTE: One of them is a ValueError.
            raise
        except (IndexError, ValueError, error) as ex:
            raise MalformedPayload('it ends too soon') from ex

    return check


def _walk(payload: bytes, limits: Limits) -> None:
    containers: list[_Open] = []
    items = 0
    position = _enter(_DOCUMENT, payload, 0, containers, limits)
    while containers:
        end, keys = containers[-1]
        kind = payload[position]
        position += 1
        if kind == 0:
            if position != end:
                raise MalformedPayload('a document is not as long as it says')
            containers.pop()
            continue
        key_end = payload.index(0, position, end)
        key = payload[position:key_end]
        position = key_end + 1
        items += 1
        if items > limits.max_items:
            raise PayloadTooLarge(
                f'more than {limits.max_items} items',
                limit='max_items',
                limit_value=limits.max_items,
            )
        if isinstance(keys, count):
            if key != b'%d' % next(keys):
                raise MalformedPayload('the keys of an array are not 0, 1, 2, ...')
        elif key in keys:
            raise MalformedPayload('a document has the same key twice')
        elif key == b'$ref' and len(containers) > 1:
            raise UnsupportedPayload('a reference ($ref)')
        else:
            keys.add(key)
        if kind in (_DOCUMENT, _ARRAY):
            position = _enter(kind, payload, position, containers, limits)
        else:
            position += _size(kind, payload, position)
            # NOTE: One byte is left for the end of the document.
            if position >= end:
                raise MalformedPayload('a value is longer than its document')
    if position != len(payload):
        raise MalformedPayload('there are bytes after the end of the document')


def _enter(
    kind: int, payload: bytes, position: int, containers: list[_Open], limits: Limits
) -> int:
    end = containers[-1][0] if containers else len(payload)
    length = _int32(payload, position)
    if length < 5 or position + length > end:
        raise MalformedPayload('a document is longer than what it is in')
    containers.append((position + length, set() if kind == _DOCUMENT else count()))
    if len(containers) > limits.max_depth:
        raise PayloadTooLarge(
            f'nested deeper than {limits.max_depth} levels',
            limit='max_depth',
            limit_value=limits.max_depth,
        )
    return position + 4


def _size(kind: int, payload: bytes, position: int) -> int:
    size = _SIZES.get(kind)
    if size is not None:
        return size
    if kind not in (_STRING, _BINARY):
        raise UnsupportedPayload(f'a value of type 0x{kind:02x}')
    length = _int32(payload, position)
    if length < 0:
        raise MalformedPayload('a length is negative')
    if kind == _STRING:
        return 4 + length
    if payload[position + 4] not in _SUBTYPES:
        raise UnsupportedPayload('binary data of a subtype that is not accepted')
    return 5 + length


def _int32(payload: bytes, position: int) -> int:
    value: int = _INT32.unpack_from(payload, position)[0]
    return value
