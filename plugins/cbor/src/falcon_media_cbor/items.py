"""How many items a payload has, before memory is spent on them."""

from __future__ import annotations

from collections.abc import Callable

from falcon_media import Limits
from falcon_media import PayloadTooLarge
from falcon_media_cbor.heads import STEPS

__all__ = ('items_check',)


def items_check(limits: Limits) -> Callable[[bytes], None]:
    """Make a check of ``max_items`` for a payload that is not decoded yet.

    An empty container is one byte on the wire, and 64 or more in memory.

    Args:
        limits (Limits): The budgets; of these, ``max_items`` is enforced.

    Returns:
        Callable: Takes the payload; raises ``PayloadTooLarge``. It accepts what is not
        well-formed, and what has items of indefinite length, up to where that shows.
    """
    max_items = limits.max_items

    def check(payload: bytes) -> None:
        # PERF: To count takes half as long as to decode. Where fewer bytes than items
        #   could begin a container, what containers take is bounded as it is.
        if len(payload.translate(None, _NO_CONTAINERS)) > max_items:
            _count_items(payload, limits)

    return check


_NO_CONTAINERS = bytes(head for head in range(256) if not 0x80 <= head < 0xC0)


def _count_items(payload: bytes, limits: Limits) -> None:
    # NOTE: Elements of arrays and entries of maps are what the heads of these declare.
    #   A payload that declares more than it has is refused for it, or malformed.
    max_items = limits.max_items
    steps = STEPS
    size = len(payload)
    position = items = 0
    while position < size:
        head = payload[position]
        step = steps[head]
        if not step:
            info = head & 31
            if info > 27:
                # NOTE: Reserved, or of indefinite length: either refused where cbor2
                #   comes to it, or admitted by an option.
                step = 1
            else:
                step = 1 + (1 << info - 24)
                argument = int.from_bytes(payload[position + 1 : position + step])
                if head < 0x80:
                    step += argument
                else:
                    items += argument
        elif 0x80 <= head < 0xC0:
            items += head & 31
        if items > max_items:
            raise PayloadTooLarge(
                f'more than {max_items} items',
                limit='max_items',
                limit_value=max_items,
            )
        position += step
