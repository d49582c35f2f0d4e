"""The bound on keys of maps, and members of sets, that are not text.

Python's hashes of numbers, and of tuples of numbers, are no secret: ``hash(-1)`` is
``hash(-2)``, and ``hash(n)`` is ``n`` modulo ``2**61 - 1``. A client can choose keys
that all fall into the same slots of a dict or a set. To build it then takes time that
grows by the square of their number: seconds, for half a megabyte. Texts and bytes are
hashed with a secret, and don't count.

So for each map or set, the number of such keys is multiplied by what they weigh, and
the sum of these products has to stay within the square of ``MAX_NON_TEXT_KEYS``: one
map may have 4,096 integer keys, or a thousand maps 129 each. It is counted in the
payload, before the codec library builds anything.

- A number, ``true``, ``false`` or null weighs 1.
- Any other key weighs as much as it has bytes, since all of it may have to be compared;
  an extension type or a tag, on its own or within, counts as 16 bytes more, since such
  values may be compared in Python.
"""

from __future__ import annotations

from typing import Final

from falcon_media.errors import PayloadTooLarge

__all__ = (
    'MAX_NON_TEXT_KEYS',
    'MOST_COMPARISONS',
    'OBJECT_WEIGHT',
    'too_many_keys',
)

MAX_NON_TEXT_KEYS: Final = 4_096
"""Keys of one map that are neither text nor bytes, if all of them are numbers."""

MOST_COMPARISONS: Final = MAX_NON_TEXT_KEYS**2
"""Budget of all maps and sets of a payload: the sum of keys times their weight."""

OBJECT_WEIGHT: Final = 16
"""Weight of an extension type, or a tag, on top of its bytes."""


def too_many_keys(position: int) -> PayloadTooLarge:
    """Make the error for a payload with more such keys than it may have.

    Args:
        position (int): Bytes that have been read by then.
    """
    return PayloadTooLarge(
        'too many map keys or set members that are neither text nor bytes, in the '
        f'first {position} bytes',
        limit='MAX_NON_TEXT_KEYS',
        limit_value=MAX_NON_TEXT_KEYS,
    )
