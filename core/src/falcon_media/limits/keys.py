"""The bound on map keys and set members that are neither text nor bytes.

Python's hashes of numbers, and of tuples of numbers, are predictable: ``hash(-1)`` is
``hash(-2)``, and ``hash(n)`` is ``n`` modulo ``2**61 - 1``. A client can choose keys
that collide, and building a dict or set of them takes quadratic time: seconds, for half
a megabyte. Text and bytes are hashed with a secret, and don't count.

So for each map or set, the number of such keys is multiplied by their weight, and the
sum of these products must not exceed the square of ``MAX_NON_TEXT_KEYS``: one map may
have 4,096 integer keys, or a thousand maps 129 each. They are counted in the payload,
before the codec library builds anything.

- A number, ``true``, ``false`` or null has weight 1.
- The weight of any other key is its size in bytes, since all of it may have to be
  compared. Each extension type or tag in it adds 16, since such values may be compared
  in Python.
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
"""The most keys of one map that are neither text nor bytes, if all are numbers."""

MOST_COMPARISONS: Final = MAX_NON_TEXT_KEYS**2
"""The most that keys times their weight may add up to, in a whole payload."""

OBJECT_WEIGHT: Final = 16
"""Weight that an extension type or a tag adds to its size."""


def too_many_keys(position: int) -> PayloadTooLarge:
    """Make the error for a payload with too many of these keys.

    Args:
        position (int): Number of bytes that were read.
    """
    return PayloadTooLarge(
        'too many map keys or set members that are neither text nor bytes, in the '
        f'first {position} bytes',
        limit='MAX_NON_TEXT_KEYS',
        limit_value=MAX_NON_TEXT_KEYS,
    )
