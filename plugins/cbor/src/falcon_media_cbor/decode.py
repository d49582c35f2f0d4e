"""Bytes to object: what cbor2 does not refuse by itself.

- Bytes after the end of the item.
- Keys of maps that may collide, if they are too many; and those that no option admits.
- ``undefined``, and simple values other than false, true and null.

And what cbor2 does refuse is put into our words, with a depth that is exact.
"""

from __future__ import annotations

from collections.abc import Callable
from secrets import token_bytes
from typing import Any, TYPE_CHECKING

from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import PayloadTooLarge
from falcon_media import UnsupportedPayload
from falcon_media.spi import decoded_check
from falcon_media_cbor.tags import Tags
from falcon_media_cbor.wire import Item
from falcon_media_cbor.wire import read_item
from falcon_media_cbor.wire import SET
from falcon_media_cbor.wire import UNCHECKED_KEYS

if TYPE_CHECKING:
    from cbor2 import CBORDecodeError

__all__ = ('make_decode',)


def make_decode(
    *,
    tags: Tags,
    limits: Limits,
    allow_indefinite: bool,
    allow_duplicate_keys: bool,
    allow_integer_keys: bool,
    strict_hashable_types: bool,
    check_values: Callable[[object, bytes], None] | None,
) -> Callable[[bytes], object]:
    """Make the function that decodes a payload.

    Args:
        tags (Tags): The tags to accept.
        limits (Limits): The budgets; of these, ``max_depth`` is enforced.
        allow_indefinite (bool): As in cbor2.
        allow_duplicate_keys (bool): As in cbor2.
        allow_integer_keys (bool): Whether integers of 64 bits may be keys of maps.
        strict_hashable_types (bool): As in cbor2, but for these.
        check_values (Callable): A check of the object, which is given the payload too.

    Returns:
        Callable: Takes the payload; raises a ``PayloadError``, or an exception of cbor2
        for what is malformed.
    """
    from cbor2 import CBORDecodeError
    from cbor2 import loads

    def load(data: bytes, max_frames: int, *, text_keys: bool) -> Any:
        return loads(
            data,
            semantic_decoders=tags,
            max_depth=max_frames,
            allow_indefinite=allow_indefinite,
            allow_duplicate_keys=allow_duplicate_keys,
            strict_hashable_types=text_keys,
        )

    # NOTE: cbor2 decodes the first item and ignores the rest. So the payload is made
    #   the first of a pair, and the second is a secret of this handler's. It comes back
    #   if, and only if, the first item ends where the payload does. Where that ends
    #   before, something else is the second; where it would end after, there are not
    #   enough bytes left to spell the secret.
    # PERF: 2 to 4 % of the decoding of a message of 1.4 KB. A decoder over a BytesIO,
    #   and its tell(), take twice that (CPython 3.11 and 3.13, cbor2 6.2).
    pair = b'\x82'
    secret = token_bytes(16)
    end = b'\x50' + secret
    join = b''.join
    # NOTE: As depth, cbor2 counts the items that have others to wait for: tags, and
    #   containers unless they are empty. With the pair among them, what gets by is
    #   within max_depth. What does not may be within it all the same.
    max_depth = limits.max_depth
    max_frames = max_depth + _TAG_FRAMES
    check_depth = decoded_check(limits)

    # PERF: Nearly all messages have no keys but text and bytes, so that is tried first,
    #   and cbor2 stops at the first other key. The payload is read in Python where one
    #   comes; and where there may be sets, which cbor2 knows nothing of.
    unchecked = UNCHECKED_KEYS
    has_sets = SET in tags

    def decode(payload: bytes) -> object:
        is_long = len(payload) > unchecked
        media = last = None
        if not (is_long and has_sets):
            try:
                media, last = load(
                    join((pair, payload, end)),
                    max_depth,
                    text_keys=strict_hashable_types or is_long,
                )
            except CBORDecodeError as ex:
                _pass_on_interrupt(ex)
        if last != secret:
            media = decode_alone(payload)
        if check_values is not None:
            check_values(media, payload)
        return media

    def decode_alone(payload: bytes) -> object:
        # NOTE: What is wrong is told by the payload alone, so that it depends in no way
        #   on the secret.
        item = read_item(payload, 0, limits, limits.max_items)
        if strict_hashable_types:
            _check_keys(item, allow_integer_keys=allow_integer_keys)
        try:
            media = load(payload, max_frames, text_keys=False)
        except CBORDecodeError as ex:
            _explain(ex, limits)
            raise
        if item.end != len(payload):
            raise MalformedPayload('there are bytes after the end of the item')
        check_depth(media)
        return media

    return decode


def _check_keys(item: Item, *, allow_integer_keys: bool) -> None:
    if item.has_other_keys:
        raise UnsupportedPayload(
            'a map key that is not text, bytes or an integer of 64 bits: '
            'strict_hashable_types=False accepts it'
        )
    if item.has_integer_keys and not allow_integer_keys:
        raise UnsupportedPayload(
            'a map key that is an integer: allow_integer_keys=True accepts it'
        )


_TAG_FRAMES = 4


def _pass_on_interrupt(ex: CBORDecodeError) -> None:
    # NOTE: Ctrl-C, while a tag was decoded in Python. cbor2 wraps that too.
    if ex.__cause__ is not None and not isinstance(ex.__cause__, Exception):
        raise ex.__cause__


# NOTE: cbor2 has one exception for all of this. Should its texts change, such payloads
#   are still refused, as malformed; a test of this package tells.
_TOO_DEEP = 'maximum container nesting depth'
_EXPLANATIONS = (
    (
        'encountered indefinite length',
        UnsupportedPayload,
        'an item of indefinite length: allow_indefinite=True accepts it',
    ),
    (
        'Duplicate map key',
        MalformedPayload,
        'a map has the same key twice: allow_duplicate_keys=True accepts it',
    ),
)


def _explain(ex: CBORDecodeError, limits: Limits) -> None:
    """Raise what says more than an exception of cbor2, if there is such a thing."""
    _pass_on_interrupt(ex)
    text = str(ex)
    if text.startswith(_TOO_DEEP):
        raise PayloadTooLarge(
            f'nested deeper than {limits.max_depth} levels',
            limit='max_depth',
            limit_value=limits.max_depth,
        ) from ex
    reason = text.partition(': ')[2]
    for beginning, error, detail in _EXPLANATIONS:
        if reason.startswith(beginning):
            raise error(detail) from ex
