"""A payload of MessagePack, token by token: its depth, its items, its entries.

For what msgspec can't be trusted with, and can't tell: how deep a payload is that may
overflow the stack, and how many entries its maps had before equal keys became one.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from msgspec import ValidationError
from msgspec.msgpack import Decoder

from falcon_media import Limits
from falcon_media import PayloadTooLarge
from falcon_media_msgspec.shallow import shallow_type

__all__ = ('payload_check', 'SAFE_DEPTH', 'scan')

# NOTE: fixmap and fixarray, array 16 and 32, map 16 and 32.
_HEADERS = frozenset((*range(0x80, 0xA0), *range(0xDC, 0xE0)))
_NO_HEADERS = bytes(set(range(256)) - _HEADERS)

# NOTE: On a stack of 128 KB msgspec decodes no less than 300 levels, on each CPython.
SAFE_DEPTH = 200


def payload_check(
    limits: Limits, *, exact: bool, is_new: bool
) -> Callable[[bytes], None]:
    """Make a check of what is to be decoded, so that no stack overflows.

    Args:
        limits (Limits): The budgets.

    Keyword Args:
        exact (bool): Whether it is all that is done about ``max_depth``. Otherwise what
            is accepted may be deeper, where that is no danger.
        is_new (bool): Whether it is not known yet that the payload is not shallow.

    Returns:
        Callable: Takes the payload; raises ``PayloadTooLarge``.
    """
    few = min(limits.max_depth, SAFE_DEPTH) if exact else SAFE_DEPTH
    decode_shallow = Decoder(shallow_type(limits.max_depth)).decode
    most_items = limits.max_items + 1

    def check(payload: bytes) -> None:
        size = len(payload)
        # PERF: All bytes that may be the head of a container, in one pass.
        if size <= few or (
            size <= most_items and len(payload.translate(None, _NO_HEADERS)) <= few
        ):
            return
        # PERF: A tenth of what scan() takes.
        if size <= most_items and is_new:
            with suppress(ValidationError):
                decode_shallow(payload)
                return
        scan(payload, limits)

    return check


def scan(payload: bytes, limits: Limits) -> int:
    """Go through a payload, as far as it is MessagePack.

    PERF: 0.1 us a token. It ends at the latest when a budget is used up.

    Args:
        payload (bytes): The payload.
        limits (Limits): The budgets.

    Returns:
        int: The entries of all maps.

    Raises:
        PayloadTooLarge: It is deeper, or has more items, than the budgets allow.
    """
    end = len(payload)
    entries = items = position = 0
    # NOTE: How many objects are still to come, in each container around.
    missing = 1
    outer: list[int] = []
    while position < end:
        token = payload[position]
        size = _SIZES[token]
        position += 1
        missing -= 1
        if size >= 0:
            position += size
        else:
            kind, length = _LENGTHS[token]
            number = token & 0x0F
            if length:
                number = int.from_bytes(payload[position : position + length])
                position += length
            if kind == _DATA:
                position += number
            elif kind == _EXT:
                position += number + 1
            else:
                items += number
                if kind == _MAP:
                    entries += number
                    number *= 2
                # NOTE: A payload can't hold more than it is long, whatever it says.
                _check(len(outer) + 1, min(items, end), limits)
                outer.append(missing)
                missing = number
        while not missing and outer:
            missing = outer.pop()
        if not missing:
            break
    return entries


def _check(depth: int, items: int, limits: Limits) -> None:
    if depth > limits.max_depth:
        raise PayloadTooLarge(
            f'nested deeper than {limits.max_depth} levels',
            limit='max_depth',
            limit_value=limits.max_depth,
        )
    if items > limits.max_items:
        raise PayloadTooLarge(
            f'more than {limits.max_items} items',
            limit='max_items',
            limit_value=limits.max_items,
        )


_DATA, _EXT, _ARRAY, _MAP = range(4)

# NOTE: Bytes after the token itself; -1 where a length, or a count, says how many.
_SIZES = [0] * 256
_SIZES[0xA0:0xC0] = range(32)
for _token, _size in {
    0xCA: 4,
    0xCB: 8,
    0xCC: 1,
    0xCD: 2,
    0xCE: 4,
    0xCF: 8,
    0xD0: 1,
    0xD1: 2,
    0xD2: 4,
    0xD3: 8,
    0xD4: 2,
    0xD5: 3,
    0xD6: 5,
    0xD7: 9,
    0xD8: 17,
}.items():
    _SIZES[_token] = _size

_LENGTHS: dict[int, tuple[int, int]] = {
    **dict.fromkeys(range(0x80, 0x90), (_MAP, 0)),
    **dict.fromkeys(range(0x90, 0xA0), (_ARRAY, 0)),
    0xC4: (_DATA, 1),
    0xC5: (_DATA, 2),
    0xC6: (_DATA, 4),
    0xC7: (_EXT, 1),
    0xC8: (_EXT, 2),
    0xC9: (_EXT, 4),
    0xD9: (_DATA, 1),
    0xDA: (_DATA, 2),
    0xDB: (_DATA, 4),
    0xDC: (_ARRAY, 2),
    0xDD: (_ARRAY, 4),
    0xDE: (_MAP, 2),
    0xDF: (_MAP, 4),
}
for _token in _LENGTHS:
    _SIZES[_token] = -1
