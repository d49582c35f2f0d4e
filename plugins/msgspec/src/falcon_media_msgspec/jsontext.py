"""The calls of msgspec for JSON, and the checks that it leaves to others.

- JSON by RFC 8259, finite numbers, no half of a surrogate pair: by msgspec.
- Depth: by the type that messages are decoded to, or in the text beforehand.
- Items: in the text, if it is long enough.
- Keys that are there twice: by encoding the object again. What is lost in between
  shows.
"""

from __future__ import annotations

from collections.abc import Callable
from json import JSONDecoder
from math import inf
from math import isfinite
from typing import Any

from msgspec import ValidationError
from msgspec.json import Decoder
from msgspec.json import Encoder

from falcon_media import Codec
from falcon_media import Limits
from falcon_media import UnserializableMedia
from falcon_media.conversion import check_type
from falcon_media.conversion import type_limits
from falcon_media.jsontext import unique_object
from falcon_media.limits import json_text_check
from falcon_media.limits import unchecked_json_text
from falcon_media.shortcuts import JSON_LEAVES
from falcon_media.shortcuts import Received
from falcon_media.shortcuts import Sent
from falcon_media.typed import invalid_payload
from falcon_media.typed import Types
from falcon_media_msgspec.sending import checked_encoder
from falcon_media_msgspec.sending import depth_check
from falcon_media_msgspec.sending import plain_copier
from falcon_media_msgspec.sending import Sending
from falcon_media_msgspec.sending import Wire
from falcon_media_msgspec.shallow import shallow_type
from falcon_media_msgspec.shape import shape_of
from falcon_media_msgspec.structure import again_or_none
from falcon_media_msgspec.structure import shows_all_entries

__all__ = ('make_codec',)

_WIRE = Wire(leaves=JSON_LEAVES, keys=frozenset((str,)))

_SENT = Sent(call=Encoder().encode, leaves=JSON_LEAVES, float_bound=inf, is_utf8=True)
_RECEIVED = Received(reads='json', call=Decoder().decode, looks_ahead=True)


def make_codec(
    types: Types, sending: Sending, limits: Limits, *, unique: bool
) -> Codec[str]:
    """Make the codec for the options of a handler.

    Args:
        types (Types): The types of messages.
        sending (Sending): Options about what is sent.
        limits (Limits): The budgets.

    Keyword Args:
        unique (bool): Refuse duplicate keys.

    Returns:
        Codec: The calls, and what the guard has to do for them.
    """
    decode = _decoder(limits, unique=unique)
    received = _RECEIVED
    if types.receive is not None:
        check_type(types.receive)
        decode = _typed_decoder(types.receive, decode, limits, unique=unique)
        received = Received(
            reads='json',
            call=Decoder(types.receive).decode,
            is_opaque=True,
            limits=type_limits(types.receive, limits),
        )
    sent = None
    if types.send is not None:
        check_type(types.send)
        encode = _typed_encoder(types.send, sending, limits)
        shape = shape_of(types.send, JSON_LEAVES, float_bound=inf)
        if shape is not None:
            sent = Sent(call=Encoder().encode, shape=shape, is_utf8=True)
    else:
        encode = _encoder(sending, limits)
        sent = _SENT
    return Codec(
        encode=encode,
        decode=decode,
        # NOTE: The guard is left with the size.
        unchecked=limits.max_size,
        sent=sent,
        received=received,
        is_utf8=True,
    )


# --------------------------------------------------------------------------- Receiving


def _decoder(limits: Limits, *, unique: bool) -> Callable[[str], object]:
    decode_shallow = Decoder(shallow_type(limits.max_depth)).decode
    decode_any = Decoder().decode
    encode = Encoder().encode
    check_text = json_text_check(limits)
    # NOTE: A text of n characters has no more than (n - 1) // 2 items.
    few_items = 2 * limits.max_items + 1
    decode_unique = JSONDecoder(object_pairs_hook=unique_object).decode

    def decode(text: str) -> object:
        # NOTE: Half a surrogate pair, where it is not escaped, can't be encoded.
        data = text.encode()
        if len(text) > few_items:
            check_text(text)
        try:
            media = decode_shallow(data)
        except ValidationError:
            check_text(text)
            media = decode_any(data)
        if unique:
            again = encode(media)
            if again != data and not _has_all_entries(again, data):
                decode_unique(text)
        return media

    return decode


def _has_all_entries(again: bytes, data: bytes) -> bool:
    """Whether no entry of an object was lost, for sure."""
    # NOTE: A quotation mark in a string is escaped in what msgspec has encoded; so
    #   this is no more than there are entries.
    entries = again.count(b'":') - again.count(b'\\":')
    # PERF: To look for one character takes half the time, and will do where there is
    #   no colon in a string.
    if data.count(b':') == entries:
        return True
    most = data.count(b'":') + sum(data.count(space) for space in _SPACED)
    return most == entries


_SPACED = (b' :', b'\t:', b'\r:', b'\n:')


def _typed_decoder(
    receive: Any,
    decode_any: Callable[[str], object],
    limits: Limits,
    *,
    unique: bool,
) -> Callable[[str], object]:
    decode_typed: Callable[[bytes], object] = Decoder(receive).decode
    encode_again = again_or_none(Encoder().encode)
    limits = type_limits(receive, limits)
    check_text = json_text_check(limits)
    unchecked = unchecked_json_text(limits)
    is_counted = shows_all_entries(receive)

    def decode(text: str) -> object:
        data = text.encode()
        # NOTE: A type may be recursive, and what it doesn't name is skipped, however
        #   deep it is.
        if len(text) > unchecked:
            check_text(text)
        try:
            media = decode_typed(data)
        except ValidationError as ex:
            # NOTE: It may not be JSON further on.
            raise invalid_payload(str(ex), decode_any(text)) from ex
        if unique:
            again = encode_again(media)
            if again != data and not (
                is_counted and again is not None and _has_all_entries(again, data)
            ):
                decode_any(text)
        return media

    return decode


# ----------------------------------------------------------------------------- Sending


def _encoder(sending: Sending, limits: Limits) -> Callable[[object], str]:
    if not sending.strict:
        return _any_encoder(sending, limits)
    plain = plain_copier(_WIRE, sending, limits)
    encode_plain = Encoder().encode

    def encode(media: object) -> str:
        media = plain(media)
        data = encode_plain(media)
        # NOTE: It is what msgspec makes of NaN and Infinity.
        # PERF: `in` takes 0.3 us more, since it tries for a number first.
        if data.rfind(b'null') >= 0 and not _is_finite(media):
            raise UnserializableMedia('it contains a number that is not finite')
        return data.decode()

    return encode


def _is_finite(media: Any) -> bool:
    """Whether all numbers are. NOTE: It recurses; depth has been checked."""
    if type(media) is float:
        return isfinite(media)
    if type(media) is dict:
        media = media.values()
    elif type(media) not in (list, tuple):
        return True
    return all(map(_is_finite, media))


def _any_encoder(sending: Sending, limits: Limits) -> Callable[[object], str]:
    encode_any = Encoder(enc_hook=sending.default).encode
    check_media = depth_check(limits)

    def encode(media: object) -> str:
        check_media(media)
        return encode_any(media).decode()

    return encode


def _typed_encoder(
    send: Any, sending: Sending, limits: Limits
) -> Callable[[object], str]:
    return checked_encoder(
        _any_encoder(sending, limits), Decoder(send).decode, send, sending
    )
