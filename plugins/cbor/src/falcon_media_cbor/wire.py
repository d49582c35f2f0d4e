"""A payload head by head (RFC 8949, section 3), before memory is spent on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from falcon_media import Limits
from falcon_media import PayloadTooLarge
from falcon_media.spi import MAX_NON_TEXT_KEYS
from falcon_media.spi import MOST_COMPARISONS
from falcon_media.spi import OBJECT_WEIGHT
from falcon_media.spi import too_many_keys

__all__ = ('Item', 'items_check', 'read_item', 'SET', 'UNCHECKED_KEYS')

SET = 258
"""The tag of sets: an array whose elements are hashed."""

# NOTE: The heaviest keys, for their length, are tags within tags. With a value each, n
#   bytes of them come to 2.2 * n**2, and as members of a set to 4.5.
UNCHECKED_KEYS = MAX_NON_TEXT_KEYS // 4
"""Size up to which no payload has too many keys that are neither text nor bytes."""

_MORE_FRAMES = 6
"""Tags and strings in chunks that may be open besides containers."""

_ELEMENT, _MEMBER, _PAIR, _CHUNK, _SET = range(5)
"""What items are, in an array, a set, a map, a string in chunks, and tag 258."""


class Item(NamedTuple):
    """An item on the wire.

    Attributes:
        end (int): Where it ends; -1 if it is cut off, or not well-formed.
        items (int): Elements and entries in it.
        has_integer_keys (bool): Whether integers of 64 bits are keys of maps.
        has_other_keys (bool): Whether keys are neither text, bytes nor such integers.
        comparisons (int): Keys and members of sets times their weight, with those of
            the items before.
    """

    end: int
    items: int
    has_integer_keys: bool
    has_other_keys: bool
    comparisons: int


def items_check(limits: Limits) -> Callable[[bytes], None]:
    """Make a check of ``max_items`` for a payload that is not decoded yet.

    An empty container is one byte on the wire, and 64 or more in memory.

    Args:
        limits (Limits): The budgets.

    Returns:
        Callable: Takes the payload; raises ``PayloadTooLarge``. It accepts what is not
        well-formed, up to where that shows.
    """
    max_items = limits.max_items

    def check(payload: bytes) -> None:
        # PERF: To read it takes half as long as to decode. Where fewer bytes than items
        #   could begin a container, what containers take is bounded as it is.
        if len(payload.translate(None, _NO_CONTAINERS)) > max_items:
            read_item(payload, 0, limits, max_items)

    return check


_NO_CONTAINERS = bytes(head for head in range(256) if not 0x80 <= head < 0xC0)


def read_item(  # noqa: C901  # PERF: a call would take as long as the rest
    payload: bytes,
    position: int,
    limits: Limits,
    max_items: int,
    comparisons: int = 0,
) -> Item:
    """Read an item, without making it.

    PERF: 0.15 us for each item in it (CPython 3.13).

    Args:
        payload (bytes): The payload.
        position (int): Where the item begins.
        limits (Limits): The budgets.
        max_items (int): How many of ``max_items`` there still are.
        comparisons (int): Those of the items before, which share the bound.

    Returns:
        Item: What there is to know. Much that is not well-formed is not found.

    Raises:
        PayloadTooLarge: It has too many items, too many keys or members of sets that
            may collide (see :data:`falcon_media.limits.MAX_NON_TEXT_KEYS`), or it is
            much deeper than it may be.
    """
    size = len(payload)
    max_frames = limits.max_depth + _MORE_FRAMES
    items = 0
    has_integer_keys = has_other_keys = False
    # NOTE: What all tags so far weigh on top of their bytes.
    extra = 0
    # NOTE: Of the item that is open: items still to come (below zero where the length
    #   is indefinite), what they are, how many are keys that are no text, and what
    #   these weigh. And if it is a key itself, where that began.
    missing, role, keys, weight, key_began = 1, _ELEMENT, 0, 0, -1
    outer: list[tuple[int, int, int, int, int]] = []
    while position < size:
        head = payload[position]
        # NOTE: Of an entry two items are missing, and then the value alone.
        is_key = role == _MEMBER or (role == _PAIR and not missing & 1)
        step = _STEPS[head]
        # PERF: Most items are values, and not the last of a container.
        if step and missing > 1 and not is_key:
            position += step
            missing -= 1
            continue
        if head == _BREAK:
            # NOTE: A map does not end between a key and its value.
            if missing >= 0 or (role == _PAIR and not is_key):
                break
            position += 1
            missing = 0
        else:
            start = position
            missing -= 1
            if missing < 0 and role != _CHUNK and (is_key or role != _PAIR):
                items += 1
            number = 0
            if step:
                position += step
            else:
                position, number = _read_head(payload, position)
                if number == _NOTHING:
                    break
            if step or (head < 0x80 and number >= 0):
                position += number
                if is_key and not 0x40 <= head < 0x80:
                    keys += 1
                    weight += 1
                    comparisons += weight + keys - 1
                    if role == _PAIR:
                        has_integer_keys |= head < 0x40
                        has_other_keys |= head >= 0x80
            else:
                if len(outer) > max_frames:
                    raise _too_large(
                        limits, 'max_depth', 'nested deeper than {} levels'
                    )
                is_counted = is_key and head >= 0x80
                if is_counted:
                    keys += 1
                    comparisons += weight
                    has_other_keys |= role == _PAIR
                outer.append((missing, role, keys, weight, key_began))
                key_began = start + extra if is_counted else -1
                keys = weight = 0
                missing = number
                if head >= 0xC0:
                    extra += OBJECT_WEIGHT
                    missing = 1
                    role = _SET if number == SET or role == _SET else _ELEMENT
                elif head >= 0xA0:
                    items += max(number, 0)
                    missing = 2 * number
                    role = _PAIR
                elif head >= 0x80:
                    items += max(number, 0)
                    role = _MEMBER if role == _SET else _ELEMENT
                else:
                    role = _CHUNK
        # NOTE: A payload can't hold more than it is long, whatever it says.
        if min(items, size) > max_items:
            raise _too_large(limits, 'max_items', 'more than {} items')
        while not missing and outer:
            began = key_began
            missing, role, keys, weight, key_began = outer.pop()
            if began >= 0:
                weight += position + extra - began
                comparisons += keys * (position + extra - began)
        if comparisons > MOST_COMPARISONS:
            raise too_many_keys(position)
        if not missing:
            if position <= size:
                return Item(
                    position, items, has_integer_keys, has_other_keys, comparisons
                )
            break
    return Item(-1, items, has_integer_keys, has_other_keys, comparisons)


_BREAK = 0xFF
_INDEFINITE, _NOTHING = -1, -2


def _read_head(payload: bytes, position: int) -> tuple[int, int]:
    """Read a head that does not tell all by itself.

    Returns:
        tuple: Where it ends, and its argument; or below zero, if it has none.
    """
    head = payload[position]
    info = head & 31
    position += 1
    if info < 24:
        return position, info
    if info < 28:
        end = position + (1 << info - 24)
        return end, int.from_bytes(payload[position:end])
    if info == 31 and 0x40 <= head < 0xC0:
        return position, _INDEFINITE
    return position, _NOTHING


def _step(head: int) -> int:
    major, info = head >> 5, head & 31
    if info < 24 and major in {2, 3}:
        return 1 + info
    # NOTE: An array or map that is empty holds nothing either.
    if info == 0 or (info < 24 and major in {0, 1, 7}):
        return 1 if major != 6 else 0
    if 24 <= info < 28 and major in {0, 1, 7}:
        return 1 + (1 << info - 24)
    return 0


_STEPS = [_step(head) for head in range(256)]
"""Bytes from a head to the next one, or 0 where it takes a closer look."""


def _too_large(limits: Limits, name: str, detail: str) -> PayloadTooLarge:
    value: int = getattr(limits, name)
    return PayloadTooLarge(detail.format(value), limit=name, limit_value=value)
