"""CBOR sequences (RFC 8742): items one after another, told apart.

PERF: cbor2 finds the end of an item only by decoding it.
"""

from __future__ import annotations

from collections.abc import Callable

from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import PayloadError
from falcon_media_cbor.wire import read_item

__all__ = ('splitter',)


_CUT_OFF = 'an item that is cut off, or not well-formed'


def splitter(limits: Limits) -> Callable[[bytes, int], list[bytes]]:
    """Make the function that tells the items of a sequence apart.

    Args:
        limits (Limits): The budgets. A sequence has ``max_items``, and the
            bound on keys that are not text, as a whole.

    Returns:
        Callable: Takes a sequence, and how many items are looked for; what follows is
        returned as one more. Each is complete, and not checked otherwise. Raises a
        ``PayloadError`` where that can't be told.
    """

    def split(frame: bytes, most: int) -> list[bytes]:
        size = len(frame)
        payloads: list[bytes] = []
        start = comparisons = 0
        left = limits.max_items
        while start < size and len(payloads) < most:
            try:
                item = read_item(frame, start, limits, left, comparisons)
                if item.end < 0:
                    raise MalformedPayload(_CUT_OFF)
            except PayloadError as ex:
                ex.message_number = len(payloads) + 1
                raise
            payloads.append(frame[start : item.end])
            start = item.end
            left -= item.items
            comparisons = item.comparisons
        if start < size:
            payloads.append(frame[start:])
        return payloads

    return split
