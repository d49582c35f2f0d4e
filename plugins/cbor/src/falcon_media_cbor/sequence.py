"""CBOR sequences (RFC 8742): items one after another, told apart.

PERF: cbor2 finds the end of an item only by decoding it. To go from head to head takes
    some 100 ns each (CPython 3.11).
"""

from __future__ import annotations

from collections.abc import Callable

from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import PayloadTooLarge
from falcon_media import UnsupportedPayload
from falcon_media_cbor.heads import STEPS

__all__ = ('splitter',)


def splitter(limits: Limits) -> Callable[[bytes, int], list[bytes]]:
    """Make the function that tells the items of a sequence apart.

    Args:
        limits (Limits): The budgets. A sequence has ``max_items`` as a whole, for which
            tags count as well. Items of indefinite length are not accepted in one.

    Returns:
        Callable: Takes a sequence, and how many items are looked for; what follows is
        returned as one more. Each is complete, and not checked otherwise. Raises a
        ``PayloadError`` where that can't be told.
    """

    def split(frame: bytes, most: int) -> list[bytes]:
        size = len(frame)
        payloads: list[bytes] = []
        start = 0
        left = limits.max_items
        while start < size and len(payloads) < most:
            end, left = _end(frame, start, left)
            if left < 0:
                raise PayloadTooLarge(
                    f'more than {limits.max_items} items',
                    limit='max_items',
                    limit_value=limits.max_items,
                )
            if end > size:
                raise MalformedPayload('the last item is cut off')
            payloads.append(frame[start:end])
            start = end
        if start < size:
            payloads.append(frame[start:])
        return payloads

    return split


def _end(frame: bytes, position: int, left: int) -> tuple[int, int]:
    """Find out where an item ends, and how much is left of a number of items.

    Returns:
        tuple: Position and number. The position is beyond the end of the frame where
        the item is cut off, and nowhere in particular where the number is negative.
    """
    # NOTE: Items still to come, the one at hand included.
    pending = 1
    size = len(frame)
    while pending:
        if position >= size:
            return size + 1, left
        head = frame[position]
        step = STEPS[head]
        children = 0
        if not step:
            step, children = _long(frame, position, head)
        elif 0x80 <= head < 0xE0:
            children = 1 if head >= 0xC0 else head & 31
        if children:
            left -= children
            if left < 0:
                break
            if 0xA0 <= head < 0xC0:
                children *= 2
        pending += children - 1
        position += step
    return position, left


def _long(frame: bytes, position: int, head: int) -> tuple[int, int]:
    """Read a head that does not tell all by itself.

    Returns:
        tuple: Bytes to the next head, and elements or entries.
    """
    info = head & 31
    if info < 28:
        step = 1 + (1 << info - 24)
        argument = int.from_bytes(frame[position + 1 : position + step])
        return (step + argument, 0) if head < 0x80 else (step, argument)
    if info == 31 and 0x40 <= head < 0xC0:
        raise UnsupportedPayload('an item of indefinite length, in a sequence')
    raise MalformedPayload('a byte that no item begins with')
