"""Shortcuts around the guard, for messages that the compiled checks accept.

If `falcon-media-speedups` is installed, an object of plain types, and a payload that
decodes to one, goes straight to the library. Everything else goes through the guard, as
does a message for which the library's call raises. Nothing is refused here.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from dataclasses import dataclass
import sys
from typing import Any, Literal, TYPE_CHECKING, TypeVar

from falcon import WebSocketPayloadType

from falcon_media.limits import compiled_checks
from falcon_media.limits import Limits
from falcon_media.limits import speedups

if TYPE_CHECKING:
    from falcon_media_speedups import Shape

__all__ = ('decode_shortcut', 'encode_shortcut', 'JSON_LEAVES', 'Received', 'Sent')

_Payload = TypeVar('_Payload', str, bytes)

JSON_LEAVES: frozenset[type] = frozenset((bool, float, int, str, type(None)))
"""The types that JSON is decoded to, without the containers."""

# NOTE: A bound for lists that contain each other several times.
_MANY_ITEMS = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Objects that need no other check: dicts, lists and tuples of given types.

    Attributes:
        call: Object to payload; the library's own function, if possible.
        shape: The shape of the objects, in place of the next four.
        leaves: The exact types of values.
        keys: The exact types of keys.
        float_bound: Bound that the magnitude of floats must be less than. 0 for no
            bound; infinity for all finite floats.
        short_integers: Whether integers must fit in 64 bits, with a sign.
        shortest: The least number of bytes of the payload.
        is_utf8: Whether `call` returns ``bytes`` that must be decoded to a ``str``.
    """

    call: Callable[[Any], Any]
    shape: Shape | None = None
    leaves: Collection[type] = ()
    keys: Collection[type] = (str,)
    float_bound: float = 0
    short_integers: bool = False
    shortest: int = 0
    is_utf8: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """Payloads that need no other check if they have no duplicate key.

    CBOR with tags, simple values or indefinite lengths is not accepted, nor is
    MessagePack with extension types.

    Attributes:
        reads: The format; ``None`` if only the size has to be checked.
        call: Payload to object; the library's own function, if possible. CBOR and
            MessagePack is passed to it only as one whole object within the budgets.
        shortest: The least number of bytes.
        longest: The greatest number of bytes, if that is less than ``max_size``.
        leaves: The exact types of values. Others are not accepted.
        keys: The exact types of keys.
        float_bound: Bound that the magnitude of floats in JSON must be less than. 0 for
            no bound; infinity for all finite floats.
        looks_ahead: Whether to check ``max_depth`` and NUL in JSON before `call`.
        is_opaque: Whether `call` returns objects of the app's types, so that keys must
            be compared in the payload, before `call`. Numbers that don't fit a float,
            and strings that are not UTF-8, are then not accepted.
        limits: Budgets that are tighter than the handler's.
    """

    reads: Literal['cbor', 'json', 'message_pack'] | None
    call: Callable[[Any], object]
    shortest: int = 0
    longest: int | None = None
    leaves: Collection[type] = JSON_LEAVES
    keys: Collection[type] = (str,)
    float_bound: float = 0
    looks_ahead: bool = False
    is_opaque: bool = False
    limits: Limits | None = None


def encode_shortcut(
    encode: Callable[[object], _Payload],
    sent: Sent | None,
    payload_type: WebSocketPayloadType,
    limits: Limits,
) -> Callable[[object], _Payload]:
    """Make an encoder that passes plain objects straight to the library.

    Args:
        encode (Callable): Object to payload, with all checks.
        sent (Sent): The objects that need no checks.
        payload_type (falcon.WebSocketPayloadType): TEXT or BINARY.
        limits (Limits): The budgets; only ``max_depth`` is enforced.

    Returns:
        Callable: The encoder; `encode` itself without the compiled checks.
    """
    module = speedups()
    if module is None or sent is None:
        return encode
    shortcut: Callable[[object], _Payload] = module.Encoder(
        checks=compiled_checks(
            max_depth=limits.max_depth,
            max_items=_MANY_ITEMS,
            shape=sent.shape,
            leaves=sent.leaves,
            keys=sent.keys,
            float_bound=sent.float_bound,
            short_integers=sent.short_integers,
        ),
        call=sent.call,
        otherwise=encode,
        shortest=sent.shortest,
        is_text=payload_type is WebSocketPayloadType.TEXT,
        is_utf8=sent.is_utf8,
    ).encode
    return shortcut


def decode_shortcut(
    decode: Callable[[_Payload], object],
    received: Received | None,
    payload_type: WebSocketPayloadType,
    limits: Limits,
) -> Callable[[_Payload], object]:
    """Make a decoder that passes plain payloads straight to the library.

    Args:
        decode (Callable): Payload to object, with all checks.
        received (Received): The payloads that need no checks.
        payload_type (falcon.WebSocketPayloadType): TEXT or BINARY.
        limits (Limits): The budgets.

    Returns:
        Callable: The decoder; `decode` itself without the compiled checks.
    """
    module = speedups()
    if module is None or received is None:
        return decode
    limits = received.limits or limits
    longest = limits.max_size
    if received.longest is not None:
        longest = min(longest, received.longest)
    if received.reads == 'json':
        # NOTE: A text of n characters has at most (n - 1) // 2 items. In a longer text,
        #   the guard counts them before decoding.
        longest = min(longest, 2 * limits.max_items + 1)
    decoder = module.Decoder(
        checks=compiled_checks(
            max_depth=limits.max_depth,
            max_items=limits.max_items,
            containers=(dict, list),
            leaves=received.leaves,
            keys=received.keys,
            float_bound=received.float_bound,
        ),
        call=received.call,
        otherwise=decode,
        shortest=received.shortest,
        longest=min(longest, sys.maxsize),
        is_text=payload_type is WebSocketPayloadType.TEXT,
        looks_ahead=received.looks_ahead,
        is_opaque=received.is_opaque,
    )
    shortcut: Callable[[_Payload], object] = {
        None: decoder.decode,
        'cbor': decoder.decode_cbor,
        'json': decoder.decode_json,
        'message_pack': decoder.decode_message_pack,
    }[received.reads]
    return shortcut
