"""The calls of msgspec for MessagePack, and the checks that it leaves to others.

- One object that is whole, strings in UTF-8: by msgspec.
- Depth, keys, extension types: by the type that messages are decoded to; what doesn't
  fit is looked at before and after it is decoded without one.
- Items: in the object, if the payload is long enough.
- Keys that are there twice: by encoding the object again. What is lost in between
  shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace
import datetime as dt
from typing import Any, NoReturn

from msgspec import ValidationError
from msgspec.msgpack import Decoder
from msgspec.msgpack import Encoder

from falcon_media import Codec
from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import UnsupportedPayload
from falcon_media.conversion import check_type
from falcon_media.conversion import type_limits
from falcon_media.limits import decoded_check
from falcon_media.shortcuts import Received
from falcon_media.shortcuts import Sent
from falcon_media.typed import invalid_payload
from falcon_media.typed import Types
from falcon_media_msgspec.scan import payload_check
from falcon_media_msgspec.scan import SAFE_DEPTH
from falcon_media_msgspec.scan import scan
from falcon_media_msgspec.sending import checked_encoder
from falcon_media_msgspec.sending import depth_check
from falcon_media_msgspec.sending import plain_copier
from falcon_media_msgspec.sending import Sending
from falcon_media_msgspec.sending import Wire
from falcon_media_msgspec.shallow import shallow_type
from falcon_media_msgspec.shape import shape_of
from falcon_media_msgspec.structure import again_or_none
from falcon_media_msgspec.structure import deepest

__all__ = ('make_codec', 'Receiving')

_STRICT_KEYS: frozenset[type] = frozenset((bytes, str))
_KEYS: frozenset[type] = _STRICT_KEYS | {bool, float, int, type(None)}
_LEAVES: frozenset[type] = _KEYS | {bytearray}


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiving:
    """The options that are about what is received, in messages of any shape."""

    unique: bool
    strict_keys: bool
    timestamp: bool
    ext_hook: Callable[[int, bytes], object] | None

    @property
    def keys(self) -> frozenset[type]:
        """The types that keys may have."""
        return _STRICT_KEYS if self.strict_keys else _KEYS


def make_codec(
    types: Types, sending: Sending, receiving: Receiving, limits: Limits
) -> Codec[bytes]:
    """Make the codec for the options of a handler.

    Args:
        types (Types): The types of messages.
        sending (Sending): Options about what is sent.
        receiving (Receiving): Options about what is received.
        limits (Limits): The budgets.

    Returns:
        Codec: The calls, and what the guard has to do for them.
    """
    if types.receive is None:
        decode = _decoder(receiving, limits)
        received = Received(
            reads='message_pack',
            call=Decoder().decode,
            leaves=_KEYS,
            keys=receiving.keys,
        )
    else:
        check_type(types.receive)
        decode = _typed_decoder(types.receive, receiving, limits)
        received = Received(
            reads='message_pack',
            call=Decoder(types.receive).decode,
            is_opaque=True,
            limits=type_limits(types.receive, limits),
        )
    sent = None
    if types.send is None:
        encode = _encoder(sending, receiving, limits)
        sent = Sent(call=Encoder().encode, leaves=_LEAVES)
    else:
        check_type(types.send)
        encode = _typed_encoder(types.send, sending, limits)
        shape = shape_of(types.send, _KEYS, float_bound=0)
        if shape is not None:
            sent = Sent(call=Encoder().encode, shape=shape)
    return Codec(
        encode=encode,
        decode=decode,
        # NOTE: The guard is left with the size.
        unchecked=limits.max_size,
        sent=sent,
        received=received,
    )


# --------------------------------------------------------------------------- Receiving


def _decoder(
    receiving: Receiving, limits: Limits, *, any_key: bool = False
) -> Callable[[bytes], object]:
    decode_shallow = Decoder(shallow_type(limits.max_depth)).decode
    hook = receiving.ext_hook
    ext = _refuse_ext if hook is None else lambda code, data: hook(code, bytes(data))
    decode_any = Decoder(ext_hook=ext).decode
    # NOTE: What a hook has made can't be encoded again.
    encode = None if hook is not None else Encoder().encode
    check_payload = payload_check(limits, exact=False, is_new=False)
    check_decoded = decoded_check(limits)
    most_items = limits.max_items + 1
    count = _Counter(None if any_key else receiving.keys, receiving.timestamp)
    unique = receiving.unique

    def decode_deep(payload: bytes) -> object:
        check_payload(payload)
        media = decode_any(payload)
        check_decoded(media)
        count(media)
        return media

    def decode(payload: bytes) -> object:
        try:
            media = decode_shallow(payload)
        except ValidationError:
            media = decode_deep(payload)
        if len(payload) > most_items:
            check_decoded(media)
        if (
            unique
            and (encode is None or encode(media) != payload)
            and count(media) != scan(payload, limits)
        ):
            raise MalformedPayload('a map has the same key twice')
        return media

    return decode


def _refuse_ext(code: int, data: memoryview) -> NoReturn:
    raise UnsupportedPayload('an extension type that is not accepted')


class _Counter:
    """Counts the entries of all maps, and refuses what may not be in them."""

    def __init__(self, keys: frozenset[type] | None, timestamp: bool) -> None:
        self._keys = keys
        self._timestamp = timestamp

    def __call__(self, media: Any) -> int:
        """Count. NOTE: It recurses; depth has been checked."""
        kind = type(media)
        if kind is dict:
            if self._keys is not None and not self._keys.issuperset(map(type, media)):
                raise MalformedPayload('a key is of a type that is not accepted')
            return len(media) + sum(map(self, media.values()))
        if kind is list:
            return sum(map(self, media))
        if kind is dt.datetime and not self._timestamp:
            # NOTE: msgspec never gives a timestamp to the hook.
            raise UnsupportedPayload('a timestamp, which is not accepted')
        return 0


def _typed_decoder(
    receive: Any, receiving: Receiving, limits: Limits
) -> Callable[[bytes], object]:
    decode_typed: Callable[[bytes], object] = Decoder(receive).decode
    encode_again = again_or_none(Encoder().encode)
    limits = type_limits(receive, limits)
    is_bounded = deepest(receive) <= min(limits.max_depth, SAFE_DEPTH)
    check_payload = payload_check(limits, exact=not is_bounded, is_new=True)
    unique = receiving.unique
    # NOTE: What may be in it is for the type to say.
    loose = replace(receiving, timestamp=True, ext_hook=lambda code, data: None)
    decode_any = _decoder(loose, limits, any_key=True)

    def decode(payload: bytes) -> object:
        # NOTE: A type may be recursive, and what it doesn't name is skipped, however
        #   deep it is.
        check_payload(payload)
        try:
            media = decode_typed(payload)
        except ValidationError as ex:
            # NOTE: It may not be MessagePack further on.
            raise invalid_payload(str(ex), decode_any(payload)) from ex
        if unique and encode_again(media) != payload:
            decode_any(payload)
        return media

    return decode


# ----------------------------------------------------------------------------- Sending


def _encoder(
    sending: Sending, receiving: Receiving, limits: Limits
) -> Callable[[object], bytes]:
    if not sending.strict:
        return _any_encoder(sending, limits)
    wire = Wire(
        leaves=_LEAVES,
        keys=receiving.keys,
        has_bytes=True,
        timestamp=receiving.timestamp,
        ext_types=receiving.ext_hook is not None,
    )
    plain = plain_copier(wire, sending, limits)
    encode_plain = Encoder().encode

    def encode(media: object) -> bytes:
        return encode_plain(plain(media))

    return encode


def _any_encoder(sending: Sending, limits: Limits) -> Callable[[object], bytes]:
    encode_any = Encoder(enc_hook=sending.default).encode
    check_media = depth_check(limits)

    def encode(media: object) -> bytes:
        check_media(media)
        return encode_any(media)

    return encode


def _typed_encoder(
    send: Any, sending: Sending, limits: Limits
) -> Callable[[object], bytes]:
    return checked_encoder(
        _any_encoder(sending, limits), Decoder(send).decode, send, sending
    )
