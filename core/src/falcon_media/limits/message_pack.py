"""Checks of the items and the keys of MessagePack, before it is decoded."""

from __future__ import annotations

from collections.abc import Callable

from falcon_media.errors import PayloadTooLarge
from falcon_media.limits.budgets import Limits
from falcon_media.limits.budgets import too_deep
from falcon_media.limits.budgets import too_many
from falcon_media.limits.keys import MAX_NON_TEXT_KEYS
from falcon_media.limits.keys import MOST_COMPARISONS
from falcon_media.limits.keys import OBJECT_WEIGHT
from falcon_media.limits.keys import too_many_keys

__all__ = ('message_pack_frame_check', 'message_pack_keys_check')


def message_pack_keys_check(limits: Limits) -> Callable[[bytes], None]:
    """Make a check of keys, items and depth for MessagePack, before it is decoded.

    Use it if the library builds dicts with keys that are neither text nor bytes (see
    :data:`~falcon_media.limits.MAX_NON_TEXT_KEYS`).

    PERF: 0.15 us for each object (CPython 3.13). A payload that is too short to have
        too many keys or items is not read.

    Args:
        limits (Limits): The budgets. ``max_depth`` is enforced if the payload is read,
            so that no time or memory is spent on one that is too deep.

    Returns:
        Callable: Takes the payload; raises ``PayloadTooLarge``. It accepts a malformed
        payload, if what comes before the error is within the budgets.
    """
    # NOTE: Each item takes at least one byte, besides the root's.
    unchecked = min(_UNCHECKED_KEYS, limits.max_items + 1)

    def check(payload: bytes) -> None:
        if len(payload) > unchecked:
            _count(payload, limits, 0)

    return check


# NOTE: The heaviest keys for their size are extension types of three bytes, with a
#   weight of 19: with their values, n bytes of them add up to 1.2 * n**2.
_UNCHECKED_KEYS = MAX_NON_TEXT_KEYS // 2


def message_pack_frame_check(limits: Limits) -> Callable[[list[bytes]], None]:
    """Make a check of the keys of all messages in a frame, which share the bound.

    Args:
        limits (Limits): The budgets of each message.

    Returns:
        Callable: Takes the payloads; raises ``PayloadTooLarge`` if all of them together
        have too many keys. It ignores a message that exceeds a budget: its own check
        refuses it later.
    """

    def check(payloads: list[bytes]) -> None:
        if sum(map(len, payloads)) <= _UNCHECKED_KEYS:
            return
        comparisons = 0
        for payload in payloads:
            try:
                comparisons = _count(payload, limits, comparisons)
            except PayloadTooLarge as ex:
                if ex.limit == 'MAX_NON_TEXT_KEYS':
                    raise

    return check


def _count(payload: bytes, limits: Limits, comparisons: int) -> int:  # noqa: C901  # PERF: a call would take as long as the rest
    end = len(payload)
    position = items = 0
    # NOTE: What all extension types so far weigh on top of their bytes.
    extra = 0
    # NOTE: Of the container that is open: objects still to come, whether it is a map,
    #   keys that are no text, and what these weigh. And if it is a key itself, where
    #   that began.
    missing, is_map, keys, weight, key_began = 1, False, 0, 0, -1
    outer: list[tuple[int, bool, int, int, int]] = []
    while position < end:
        token = payload[position]
        # NOTE: An entry has two objects: if an even number is missing, a key is next.
        is_key = is_map and not missing & 1
        missing -= 1
        step = _STEPS[token]
        if step:
            position += step
            # PERF: Most objects are values, and not the last of their container.
            if missing and not is_key:
                continue
            added = 0 if 0xA0 <= token < 0xC0 else 1
        else:
            start = position
            kind, width, number = _LONG[token]
            position += 1
            if width:
                number += int.from_bytes(payload[position : position + width])
                position += width
            added = 0
            if kind == _EXT:
                position += number
                extra += OBJECT_WEIGHT
                added = position - start + OBJECT_WEIGHT
            elif kind == _STRING:
                position += number
            else:
                items += number
                # NOTE: A payload can't have more items than bytes, whatever it says.
                if min(items, end) > limits.max_items:
                    raise too_many(limits)
                if len(outer) >= limits.max_depth:
                    raise too_deep(limits)
                if is_key:
                    keys += 1
                    comparisons += weight
                outer.append((missing, is_map, keys, weight, key_began))
                key_began = start + extra if is_key else -1
                is_map = kind == _MAP
                missing = 2 * number if is_map else number
                keys = weight = 0
        if is_key and added:
            keys += 1
            weight += added
            comparisons += weight + (keys - 1) * added
        while not missing and outer:
            began = key_began
            missing, is_map, keys, weight, key_began = outer.pop()
            if began >= 0:
                added = position + extra - began
                weight += added
                comparisons += keys * added
        if comparisons > MOST_COMPARISONS:
            raise too_many_keys(position)
        if not missing:
            break
    return comparisons


_ARRAY, _MAP, _STRING, _EXT = range(4)

_LONG: dict[int, tuple[int, int, int]] = {
    **{0x80 + n: (_MAP, 0, n) for n in range(16)},
    **{0x90 + n: (_ARRAY, 0, n) for n in range(16)},
    **{0xC4 + n: (_STRING, 1 << n, 0) for n in range(3)},
    **{0xC7 + n: (_EXT, 1 << n, 1) for n in range(3)},
    **{0xD4 + n: (_EXT, 0, 1 + (1 << n)) for n in range(5)},
    **{0xD9 + n: (_STRING, 1 << n, 0) for n in range(3)},
    **{0xDC + n: (_ARRAY, 2 << n, 0) for n in range(2)},
    **{0xDE + n: (_MAP, 2 << n, 0) for n in range(2)},
}
"""Token -> its kind, the size of its length field, and a number to add to that."""

_NUMBERS = {
    **dict.fromkeys((0xCC, 0xD0), 2),
    **dict.fromkeys((0xCD, 0xD1), 3),
    **dict.fromkeys((0xCA, 0xCE, 0xD2), 5),
    **dict.fromkeys((0xCB, 0xCF, 0xD3), 9),
}


def _step(token: int) -> int:
    if token in _LONG:
        return 0
    return 1 + (token & 0x1F) if 0xA0 <= token < 0xC0 else _NUMBERS.get(token, 1)


_STEPS = [_step(token) for token in range(256)]
"""Bytes from a token to the next one; 0 if that depends on more than the token."""
