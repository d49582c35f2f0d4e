"""Shortcuts: the library's own call, for what a compiled look shows to be fine.

Where `falcon-media-speedups` is installed, an object that is made of plain types alone,
and a payload that decodes to one, takes no other check. All else goes the way that it
always goes, and so does what the call raises for; nothing is refused here.
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
"""The types that JSON is read to, containers apart."""

# NOTE: Lists that contain each other several times over are larger than they look.
_MANY_ITEMS = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Objects that can be sent as they are: dicts, lists and tuples of these types.

    Attributes:
        call: Object to payload; the library's own function, where that can be had.
        shape: Instead of the next four, what objects look like.
        leaves: The types of values, exactly.
        keys: The types of keys, exactly.
        float_bound: What floats have to be less than, whatever their sign. 0 for none;
            infinity for finite ones.
        short_integers: Whether integers have to be of 64 bits, with a sign.
        shortest: Bytes that the payload must have.
        is_utf8: Whether `call` returns ``bytes``, of which a ``str`` is to be made.
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
    """Payloads that can be taken as they are, once it is known that no key comes twice.

    Of CBOR, what has tags, simple values or indefinite lengths is not taken, and of
    MessagePack what has extension types.

    Attributes:
        reads: The format; ``None`` where there is nothing to know but the size.
        call: Payload to object; the library's own function, where that can be had.
            Given CBOR or MessagePack, it is one object that is within the budgets.
        shortest: Bytes that it must have.
        longest: Bytes that it may have, if ``max_size`` is not the least of it.
        leaves: The types of values, exactly. Others are not taken.
        keys: The types of keys, exactly.
        float_bound: What floats in JSON have to be less than, whatever their sign. 0
            for none; infinity for finite ones.
        looks_ahead: Whether JSON has to be within ``max_depth``, and without NUL,
            before `call` may have it.
        is_opaque: Whether objects are of types of the app, so that keys have to be
            compared in the payload, and all of this has to be known before `call`.
            Numbers beyond floats, and strings that are not UTF-8, are then not taken.
        limits: The budgets, where they are tighter than the handler's.
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
    """Let objects that are plain go straight to the library.

    Args:
        encode (Callable): Object to payload, with all checks.
        sent (Sent): Which objects can do without.
        payload_type (falcon.WebSocketPayloadType): TEXT or BINARY.
        limits (Limits): The budgets; of these, ``max_depth`` is enforced.

    Returns:
        Callable: `encode` itself, if the compiled checks are not installed.
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
    """Let payloads that are plain go straight to the library.

    Args:
        decode (Callable): Payload to object, with all checks.
        received (Received): Which payloads can do without.
        payload_type (falcon.WebSocketPayloadType): TEXT or BINARY.
        limits (Limits): The budgets.

    Returns:
        Callable: `decode` itself, if the compiled checks are not installed.
    """
    module = speedups()
    if module is None or received is None:
        return decode
    limits = received.limits or limits
    longest = limits.max_size
    if received.longest is not None:
        longest = min(longest, received.longest)
    if received.reads == 'json':
        # NOTE: A text of n characters has no more than (n - 1) // 2 items. Those of a
        #   longer one are counted before it is decoded.
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
