"""The calls of msgspec for JSON, and the checks that it leaves to others.

- JSON by RFC 8259, finite numbers, no half of a surrogate pair: by msgspec.
- Depth: by the type that messages are decoded to, or in the text beforehand.
- Items: in the text, if it is long enough.
- Keys that are there twice: by encoding the object again. What is lost in between
  shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from json import JSONDecoder
from math import inf
from math import isfinite
import re
from typing import Any

from msgspec import Raw
from msgspec import ValidationError
from msgspec.json import Decoder
from msgspec.json import Encoder

from falcon_media import Codec
from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import PayloadError
from falcon_media import PayloadTooLarge
from falcon_media import UnserializableMedia
from falcon_media.spi import check_type
from falcon_media.spi import check_type_fault
from falcon_media.spi import FEW_HASHED
from falcon_media.spi import hashes_check
from falcon_media.spi import invalid_payload
from falcon_media.spi import JSON_FORMAT
from falcon_media.spi import JSON_LEAVES
from falcon_media.spi import json_text_check
from falcon_media.spi import keys_check
from falcon_media.spi import missing_check
from falcon_media.spi import NOT_CARRIED
from falcon_media.spi import Received
from falcon_media.spi import refused_number
from falcon_media.spi import Sent
from falcon_media.spi import times_check
from falcon_media.spi import times_cutter
from falcon_media.spi import Types
from falcon_media.spi import unchecked_json_text
from falcon_media_msgspec.sending import checked_encoder
from falcon_media_msgspec.sending import depth_check
from falcon_media_msgspec.sending import plain_copier
from falcon_media_msgspec.sending import Sending
from falcon_media_msgspec.sending import sending_cures
from falcon_media_msgspec.sending import Wire
from falcon_media_msgspec.shallow import shallow_type
from falcon_media_msgspec.shape import shape_of
from falcon_media_msgspec.structure import again_or_none
from falcon_media_msgspec.structure import countable
from falcon_media_msgspec.structure import shows_all_entries

__all__ = ('make_codec',)

_WIRE = Wire(leaves=JSON_LEAVES, keys=frozenset((str,)))

_SENT = Sent(call=Encoder().encode, leaves=JSON_LEAVES, float_bound=inf, is_utf8=True)
_RECEIVED = Received(reads='json', call=Decoder().decode, looks_ahead=True)


def make_codec(
    types: Types,
    sending: Sending,
    limits: Limits,
    *,
    unique: bool,
    truncate_nanoseconds: bool,
) -> Codec[str]:
    """Make the codec for the options of a handler.

    Args:
        types (Types): The types of messages.
        sending (Sending): Options about what is sent.
        limits (Limits): The budgets.

    Keyword Args:
        unique (bool): Refuse duplicate keys.
        truncate_nanoseconds (bool): Cut times to the microsecond, in messages of a
            type.

    Returns:
        Codec: The calls, and what the guard has to do for them.
    """
    decode = _decoder(limits, unique=unique)
    received: Received | None = _RECEIVED
    if types.receive is not None:
        check_type(types.receive, JSON_FORMAT)
        checks = _TypeChecks(
            hashes=hashes_check(types.receive),
            keys=keys_check(types.receive, str_keys=True) if unique else None,
            times=times_check(types.receive, 'truncate_nanoseconds=True accepts it'),
            cut=times_cutter(types.receive) if truncate_nanoseconds else None,
        )
        received = _typed_received(types.receive, checks)
        decode = _typed_decoder(types.receive, decode, checks, limits, unique=unique)
    sent = None
    if types.send is not None:
        check_type(types.send, JSON_FORMAT)
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
        explain=_explain,
        attempt=None if types.send is None else _any_encoder(sending, limits),
        has_fields=types.send is not None,
        cures=sending_cures(sending),
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
    decode_unique = JSONDecoder(object_pairs_hook=_unique_object).decode

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


# NOTE: Whatever sys.set_int_max_str_digits() says.
_MOST_DIGITS = 4_300


def _explain(text: str) -> PayloadError | None:
    match refused_number(text, _MOST_DIGITS):
        case 'integer':
            return PayloadTooLarge(
                f'it contains an integer of more than {_MOST_DIGITS} digits: the '
                'handler json accepts it, with sys.set_int_max_str_digits()'
            )
        case 'float':
            return MalformedPayload('it contains a number that is not finite')
    return None


def _unique_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    media = dict(pairs)
    if len(media) != len(pairs):
        raise MalformedPayload(
            'an object has the same key twice: allow_duplicate_keys=True accepts it'
        )
    return media


def _has_all_entries(again: bytes, data: bytes) -> bool:
    """Whether no entry of an object was lost, for sure."""
    # NOTE: A quotation mark in a string is escaped in what msgspec has encoded; so
    #   these are the entries at the most, and the strings that begin with a colon. In
    #   the text such a string has a colon as well, unless it is escaped there.
    entries = again.count(b'":') - again.count(b'\\":')
    # PERF: To look for one character takes half the time, and will do where there is
    #   no colon in a string.
    most = data.count(b':')
    if most != entries:
        most = data.count(b'":') + sum(data.count(space) for space in _SPACED)
    # PERF: See _encoder() for rfind().
    return most == entries and data.rfind(_ESCAPED_COLON) < 0


# NOTE: What a colon is escaped as, and some others.
_ESCAPED_COLON = b'\\u003'
_SPACED = (b' :', b'\t:', b'\r:', b'\n:')


@dataclass(frozen=True, slots=True, kw_only=True)
class _TypeChecks:
    """The checks that a type asks for; each takes a message decoded without it.

    Attributes:
        hashes: For what must not be decoded to the type.
        keys: For keys that are the same once converted.
        times: For times that are finer than a microsecond.
        cut: Instead of that, makes a copy without these.
    """

    hashes: Callable[[object], None] | None
    keys: Callable[[object], None] | None
    times: Callable[[object], None] | None
    cut: Callable[[object], object] | None


def _typed_received(receive: Any, checks: _TypeChecks) -> Received | None:
    if checks.keys is not None:
        return None
    decode = Decoder(receive).decode

    def decode_timed(text: str) -> object:
        if _may_have_fine_time(text):
            # NOTE: Any exception leads to the checks in Python.
            raise ValueError('a time may be finer than a microsecond')
        return decode(text)

    return Received(
        reads='json',
        call=decode if checks.times is None else decode_timed,
        is_opaque=True,
        longest=None if checks.hashes is None else _UNCHECKED_HASHES,
    )


# NOTE: A text of n characters has no more than (n - 1) // 2 items.
_UNCHECKED_HASHES = 2 * FEW_HASHED + 1

# NOTE: What follows the digits is no part of a number of JSON. Possessive, since a
#   number may have a million digits.
_FINE_TIME = re.compile(r'\.[0-9]{6}0*+[1-9][0-9]*+["+\-A-DF-Za-df-z]')


def _may_have_fine_time(text: str) -> bool:
    # NOTE: Digits, and the point, may be escaped.
    return '\\u00' in text or _FINE_TIME.search(text) is not None


def _typed_decoder(
    receive: Any,
    decode_any: Callable[[str], object],
    checks: _TypeChecks,
    limits: Limits,
    *,
    unique: bool,
) -> Callable[[str], object]:
    decode_typed: Callable[[bytes], object] = Decoder(receive).decode
    encode_again = again_or_none(Encoder().encode, receive)
    check_text = json_text_check(limits)
    unchecked = unchecked_json_text(limits)
    is_counted = shows_all_entries(receive)
    decode_whole = decode_any if unique else countable(_decoder(limits, unique=True))
    prepare = _preparation(decode_any, decode_whole, checks)
    check_keys = checks.keys
    check_missing = missing_check(receive)

    def decode(text: str) -> object:
        # NOTE: A type may be recursive, and what it doesn't name is skipped, however
        #   deep it is.
        if len(text) > unchecked:
            check_text(text)
        data = (text if prepare is None else prepare(text)).encode()
        try:
            media = decode_typed(data)
        except Exception as ex:
            check_type_fault(ex, receive)
            if not isinstance(ex, ValidationError):
                raise
            # NOTE: It may not be JSON further on.
            plain = decode_any(text)
            check_missing(plain)
            raise invalid_payload(str(ex), plain) from ex
        if unique:
            again = encode_again(media)
            if again != data and not (
                is_counted and again is not None and _has_all_entries(again, data)
            ):
                plain = decode_any(text)
                if check_keys is not None:
                    check_keys(plain)
        return media

    return decode


def _preparation(
    decode_any: Callable[[str], object],
    decode_whole: Callable[[str], object],
    checks: _TypeChecks,
) -> Callable[[str], str] | None:
    """Make the function that is owed a text before it is decoded to its type.

    It returns the text, with times cut.
    """
    check_hashes = checks.hashes
    check_times = checks.times
    cut = checks.cut
    if check_hashes is check_times is None:
        return None

    def prepare(text: str) -> str:
        if check_hashes is not None and len(text) > _UNCHECKED_HASHES:
            check_hashes(decode_whole(text))
        if check_times is not None and _may_have_fine_time(text):
            media = decode_any(text)
            if cut is not None:
                media = cut(_decode_verbatim(text))
                text = _encode_verbatim(media).decode()
            check_times(media)
        return text

    return prepare


def _verbatim(number: str) -> Raw:
    return Raw(number.encode())


# NOTE: A number that is not whole may be for a Decimal.
_decode_verbatim = Decoder(float_hook=_verbatim).decode
_encode_verbatim = Encoder().encode


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
            raise UnserializableMedia(NOT_CARRIED)
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
