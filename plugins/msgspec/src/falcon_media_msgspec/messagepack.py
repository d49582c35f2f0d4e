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
from collections.abc import Iterable
from dataclasses import dataclass
import datetime as dt
from itertools import chain
from typing import Any

from msgspec import ValidationError
from msgspec.msgpack import Decoder
from msgspec.msgpack import Encoder
from msgspec.msgpack import Ext

from falcon_media import Codec
from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import MediaError
from falcon_media import UnsupportedPayload
from falcon_media.spi import check_type
from falcon_media.spi import check_type_fault
from falcon_media.spi import decoded_check
from falcon_media.spi import FEW_HASHED
from falcon_media.spi import hashes_check
from falcon_media.spi import invalid_payload
from falcon_media.spi import keys_check
from falcon_media.spi import MESSAGE_PACK_FORMAT
from falcon_media.spi import message_pack_keys_check
from falcon_media.spi import missing_check
from falcon_media.spi import NOT_WELL_FORMED
from falcon_media.spi import open_check
from falcon_media.spi import Received
from falcon_media.spi import Sent
from falcon_media.spi import times_check
from falcon_media.spi import times_cutter
from falcon_media.spi import Types
from falcon_media_msgspec.scan import payload_check
from falcon_media_msgspec.scan import SAFE_DEPTH
from falcon_media_msgspec.scan import scan
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
from falcon_media_msgspec.structure import deepest
from falcon_media_msgspec.timestamps import has_timestamps
from falcon_media_msgspec.timestamps import may_have_fine_text
from falcon_media_msgspec.timestamps import without_fine_times

__all__ = ('make_codec', 'Receiving')

_STRICT_KEYS: frozenset[type] = frozenset((bytes, str))
_KEYS: frozenset[type] = _STRICT_KEYS | {bool, float, int, type(None)}
_LEAVES: frozenset[type] = _KEYS | {bytearray}


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiving:
    """The options that are about what is received."""

    unique: bool
    strict_keys: bool
    timestamp: bool
    truncate: bool
    ext_hook: Callable[[int, bytes], object] | None

    @property
    def keys(self) -> frozenset[type]:
        """The types that keys may have."""
        return _STRICT_KEYS if self.strict_keys else _KEYS

    def take_ext(self, code: int, data: memoryview) -> object:
        """Make an object of an extension type, or refuse it."""
        if self.ext_hook is None:
            raise _refused_ext(code)
        try:
            return self.ext_hook(code, bytes(data))
        except MediaError:
            raise
        except ValueError as ex:
            # NOTE: Any other is taken for one of a method of the type.
            raise MalformedPayload(NOT_WELL_FORMED) from ex


def _refused_ext(code: int) -> UnsupportedPayload:
    return UnsupportedPayload(f'extension type {code}: an ext_hook accepts it')


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
    received: Received | None
    if types.receive is None:
        decode = _decoder(receiving, limits)
        received = Received(
            reads='message_pack',
            call=Decoder().decode,
            leaves=_KEYS,
            keys=receiving.keys,
        )
    else:
        check_type(types.receive, MESSAGE_PACK_FORMAT)
        checks = _type_checks(types.receive, receiving)
        decode_typed = Decoder(types.receive, ext_hook=receiving.take_ext).decode
        decode = _typed_decoder(types.receive, decode_typed, checks, receiving, limits)
        received = _typed_received(decode_typed, checks)
    sent = None
    if types.send is None:
        encode = _encoder(sending, receiving, limits)
        sent = Sent(call=Encoder().encode, leaves=_LEAVES)
    else:
        check_type(types.send, MESSAGE_PACK_FORMAT)
        encode = _typed_encoder(types.send, sending, limits)
        shape = shape_of(types.send, _KEYS, float_bound=0)
        if shape is not None:
            sent = Sent(call=Encoder().encode, shape=shape)
    return Codec(
        encode=encode,
        decode=decode,
        # NOTE: The guard is left with the size.
        unchecked=limits.max_size,
        attempt=None if types.send is None else _any_encoder(sending, limits),
        has_fields=types.send is not None,
        cures=sending_cures(
            sending,
            strict_map_key=receiving.strict_keys,
            timestamp=receiving.timestamp,
            ext_hook=receiving.ext_hook,
        ),
        sent=sent,
        received=received,
    )


# --------------------------------------------------------------------------- Receiving


def _decoder(receiving: Receiving, limits: Limits) -> Callable[[bytes], object]:
    decode_shallow = Decoder(shallow_type(limits.max_depth)).decode
    decode_any = Decoder(ext_hook=receiving.take_ext).decode
    # NOTE: What a hook has made can't be encoded again.
    encode = None if receiving.ext_hook is not None else Encoder().encode
    check_payload = payload_check(limits, exact=False, is_new=False)
    check_keys = message_pack_keys_check(limits)
    check_decoded = decoded_check(limits)
    most_items = limits.max_items + 1
    count = _Policy(receiving)
    unique = receiving.unique

    def decode_deep(payload: bytes) -> object:
        check_payload(payload)
        check_keys(payload)
        if has_timestamps(payload):
            payload = without_fine_times(payload, truncate=receiving.truncate)
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
            raise MalformedPayload(_TWICE)
        return media

    return decode


_TWICE = 'a map has the same key twice: allow_duplicate_keys=True accepts it'


class _Policy:
    """Counts the entries of all maps, and refuses what the options don't allow."""

    def __init__(self, receiving: Receiving) -> None:
        self._keys = receiving.keys
        self._timestamp = receiving.timestamp
        self._ext = receiving.ext_hook is not None

    def __call__(self, media: Any) -> int:
        """Count. NOTE: It recurses; depth has been checked."""
        kind = type(media)
        if kind is dict:
            self.check_keys(media)
            return len(media) + sum(map(self, media.values()))
        if kind is list:
            return sum(map(self, media))
        if kind is dt.datetime and not self._timestamp:
            # NOTE: msgspec never gives a timestamp to the hook.
            raise UnsupportedPayload(
                'a timestamp (extension type -1): timestamp=True accepts it'
            )
        if kind is Ext and not self._ext:
            raise _refused_ext(media.code)
        return 0

    def check_keys(self, keys: Iterable[object]) -> None:
        """Refuse keys that the options don't allow."""
        if self._keys.issuperset(map(type, keys)):
            return
        wrong = next(key for key in keys if type(key) not in self._keys)
        if type(wrong) in _KEYS:
            raise UnsupportedPayload(
                f'a map key of type {type(wrong).__name__}: strict_map_key=False '
                'accepts it'
            )
        raise UnsupportedPayload('a map key that is no text, bytes or number')


@dataclass(frozen=True, slots=True, kw_only=True)
class _TypeChecks:
    """The checks that a type asks for; each takes a message decoded without it.

    Attributes:
        hashes: For what must not be decoded to the type.
        keys: For keys that are the same once converted.
        times: For text that is a time finer than a microsecond.
        open: For the parts of the message that may be anything.
    """

    hashes: Callable[[object], None] | None
    keys: Callable[[object], None] | None
    times: Callable[[object], None] | None
    open: Callable[[object], None] | None


def _type_checks(receive: Any, receiving: Receiving) -> _TypeChecks:
    policy = _Policy(receiving)
    return _TypeChecks(
        hashes=hashes_check(receive),
        keys=(
            keys_check(receive, str_keys=False, builtin_types=[bytes])
            if receiving.unique
            else None
        ),
        times=times_check(receive, 'truncate_nanoseconds=True accepts it'),
        open=open_check(receive, policy, policy.check_keys),
    )


def _typed_received(
    decode: Callable[[bytes], object], checks: _TypeChecks
) -> Received | None:
    if checks.keys is not None:
        return None

    def decode_timed(payload: bytes) -> object:
        if may_have_fine_text(payload):
            # NOTE: Any exception leads to the checks in Python.
            raise ValueError('a time may be finer than a microsecond')
        return decode(payload)

    return Received(
        reads='message_pack',
        call=decode if checks.times is None else decode_timed,
        is_opaque=True,
        longest=None if checks.hashes is None else FEW_HASHED,
    )


def _typed_decoder(
    receive: Any,
    decode_typed: Callable[[bytes], object],
    checks: _TypeChecks,
    receiving: Receiving,
    limits: Limits,
) -> Callable[[bytes], object]:
    encode_again = again_or_none(Encoder().encode, receive)
    is_bounded = deepest(receive) <= min(limits.max_depth, SAFE_DEPTH)
    check_payload = payload_check(limits, exact=not is_bounded, is_new=True)
    unique = receiving.unique
    decode_plain = _plain_decoder(limits, unique=unique)
    prepare = _preparation(receive, checks, receiving, limits)
    check_keys = checks.keys
    check_missing = missing_check(receive)

    def decode(payload: bytes) -> object:
        # NOTE: A type may be recursive, and what it doesn't name is skipped, however
        #   deep it is.
        check_payload(payload)
        wire, plain = (payload, _UNKNOWN) if prepare is None else prepare(payload)
        try:
            media = decode_typed(wire)
        except Exception as ex:
            check_type_fault(ex, receive)
            if not isinstance(ex, ValidationError):
                raise
            if plain is _UNKNOWN:
                # NOTE: It may not be MessagePack further on.
                plain = decode_plain(payload)
            check_missing(plain)
            raise invalid_payload(str(ex), plain) from ex
        if unique and encode_again(media) != payload:
            if plain is _UNKNOWN:
                plain = decode_plain(payload)
            if check_keys is not None:
                check_keys(plain)
        return media

    return decode


_UNKNOWN = object()


def _plain_decoder(limits: Limits, *, unique: bool) -> Callable[[bytes], object]:
    """Make the function that decodes without the type, whatever there is."""
    check_keys = message_pack_keys_check(limits)
    decode = Decoder().decode
    check_decoded = decoded_check(limits)

    def decode_plain(payload: bytes) -> object:
        check_keys(payload)
        media = decode(payload)
        check_decoded(media)
        if unique and _entries_of(media) != scan(payload, limits):
            raise MalformedPayload(_TWICE)
        return media

    return decode_plain


def _preparation(
    receive: Any, checks: _TypeChecks, receiving: Receiving, limits: Limits
) -> Callable[[bytes], tuple[bytes, object]] | None:
    """Make the function that is owed a payload before it is decoded to its type.

    It returns the payload, with times cut; and what it is without the type, if the
    checks have asked.
    """
    check_hashes = checks.hashes
    check_open = checks.open
    check_times = checks.times
    if check_hashes is check_open is check_times is None:
        return None
    decode_plain = _plain_decoder(limits, unique=receiving.unique)
    decode_whole = _plain_decoder(limits, unique=True)
    if not receiving.unique:
        decode_whole = countable(decode_whole)
    decode_text = Decoder(shallow_type(limits.max_depth)).decode
    encode = Encoder().encode
    truncate = receiving.truncate
    cut = times_cutter(receive)

    def is_of_text(payload: bytes) -> bool:
        """Whether keys are text, and there are no extension types, for sure."""
        try:
            decode_text(payload)
        except ValidationError:
            return False
        return True

    def prepare(payload: bytes) -> tuple[bytes, object]:
        plain = _UNKNOWN
        if check_hashes is not None and len(payload) > FEW_HASHED:
            plain = decode_whole(payload)
            check_hashes(plain)
        if check_open is not None and not is_of_text(payload):
            if plain is _UNKNOWN:
                plain = decode_plain(payload)
            check_open(plain)
        if has_timestamps(payload):
            payload = without_fine_times(payload, truncate=truncate)
        if check_times is not None and may_have_fine_text(payload):
            media = decode_plain(payload)
            if truncate:
                media = cut(media)
                payload = encode(media)
            check_times(media)
        return payload, plain

    return prepare


def _entries_of(media: Any) -> int:
    """Count the entries of all dicts."""
    entries = 0
    level = [media]
    while level:
        dicts = [value for value in level if type(value) is dict]
        entries += sum(map(len, dicts))
        below = chain(
            chain.from_iterable(value.values() for value in dicts),
            chain.from_iterable(value for value in level if type(value) is list),
        )
        level = [value for value in below if type(value) in _CONTAINERS]
    return entries


_CONTAINERS = frozenset((dict, list))


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
