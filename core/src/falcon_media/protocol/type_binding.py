"""Binding of any handler to message types, by msgspec."""

from __future__ import annotations

from collections.abc import Callable
import datetime as dt
from decimal import Decimal
from fractions import Fraction
import ipaddress
from typing import Any, TYPE_CHECKING
import uuid

from falcon_media.errors import HandlerLoadError
from falcon_media.errors import MediaError
from falcon_media.limits import media_check
from falcon_media.protocol.guard import Codec
from falcon_media.protocol.handlers import BinaryHandler
from falcon_media.protocol.handlers import Handler
from falcon_media.protocol.handlers import TextHandler
from falcon_media.protocol.message_types import check_sent
from falcon_media.protocol.message_types import check_type_fault
from falcon_media.protocol.message_types import fields_of
from falcon_media.protocol.message_types import invalid_media
from falcon_media.protocol.message_types import invalid_payload
from falcon_media.protocol.message_types import Types
from falcon_media.requirements import installed_library

if TYPE_CHECKING:
    from falcon_media.protocol.type_check import MessageFormat

__all__ = ('bind_types',)

MSGSPEC = 'msgspec>=0.21.1'
"""The requirement of the extra ``typed``."""


def bind_types(handler: Handler, types: Types) -> Handler:
    """Bind a handler to message types.

    Decoded messages are converted to the type. Objects are checked for their type, and
    converted to values that the format can carry, before they are encoded.

    Args:
        handler (Handler): The handler, under the guard, without types.
        types (Types): The types.

    Returns:
        Handler: A new one, around it.

    Raises:
        HandlerLoadError: msgspec is not installed.
        ConfigError: msgspec can't convert to one of the types.
    """
    library = installed_library(MSGSPEC)
    if not library.is_met:
        raise HandlerLoadError(
            f'{handler.name}: type=, receive= and send= need {MSGSPEC}; installed is '
            f'{library.version or "none"}: '
            "pip install 'falcon-media[typed]'",
            name=handler.name,
        )
    codec = _typed_codec(handler, types)
    bound: Handler
    if isinstance(handler, TextHandler):
        bound = TextHandler(codec, handler.limits, name=handler.name)
        bound.framing = handler.framing
    else:
        bound = BinaryHandler(codec, handler.limits, name=handler.name)
        bound.framing = handler.framing
    bound.types = types
    return bound


def _typed_codec(handler: Handler, types: Types) -> Codec[Any]:
    # NOTE: This imports msgspec, and so do the imports of type modules below.
    from falcon_media.protocol.type_check import check_type

    encode: Callable[[Any], Any] = handler.serialize
    decode: Callable[[Any], object] = handler.deserialize
    # NOTE: The handler's own errors have the path already.
    make_plain: Callable[[Any], object] = bool
    format_ = _probe(handler, _SAMPLES)
    if types.receive is not None:
        check_type(types.receive, _probe(handler, _SAMPLES + _RECEIVED_SAMPLES))
        decode = _decoder(handler, types.receive, format_)
    if types.send is not None:
        check_type(types.send, format_)
        make_plain = _plain_maker(handler, format_)
        encode = _encoder(handler, types.send, format_, make_plain)
    # NOTE: The handler itself enforces all budgets.
    return Codec(
        encode=encode,
        decode=decode,
        unchecked=handler.limits.max_size,
        attempt=make_plain,
        has_fields=True,
        # NOTE: The text comes from a handler under the guard.
        is_utf8=True,
    )


def _decoder(
    handler: Handler, receive: Any, format_: MessageFormat
) -> Callable[[Any], object]:
    from msgspec import convert
    from msgspec import ValidationError

    from falcon_media.protocol.type_walk import hashes_check
    from falcon_media.protocol.type_walk import keys_check
    from falcon_media.protocol.type_walk import missing_check
    from falcon_media.protocol.type_walk import times_check

    deserialize: Callable[[Any], object] = handler.deserialize
    # NOTE: In a format with bytes, text is not read as base64. Times may be text in any
    #   format.
    builtin_types = [cls for cls in format_.carried if cls is bytes]
    str_keys = format_.str_keys
    check_keys = keys_check(receive, builtin_types=builtin_types, str_keys=str_keys)
    check_missing = missing_check(receive)
    checks_before = [
        check
        for check in (hashes_check(receive), times_check(receive, _FINE_TIMES_CURE))
        if check is not None
    ]

    def decode(payload: Any) -> object:
        media = deserialize(payload)
        for check in checks_before:
            check(media)
        try:
            found = convert(
                media, receive, builtin_types=builtin_types, str_keys=str_keys
            )
        except Exception as ex:
            check_type_fault(ex, receive)
            if not isinstance(ex, ValidationError):  # pragma: no cover  # out of memory
                raise
            check_missing(media)
            raise invalid_payload(str(ex), media) from ex
        if check_keys is not None:
            check_keys(media)
        return found

    return decode


_FINE_TIMES_CURE = 'msgspec-json accepts it with truncate_nanoseconds=True'


def _plain_maker(
    handler: Handler, format_: MessageFormat
) -> Callable[[object], object]:
    from msgspec import to_builtins

    carried = format_.carried
    str_keys = format_.str_keys
    check_media = media_check(handler.limits, fields=fields_of)

    def make_plain(media: object) -> object:
        check_media(media)
        return to_builtins(media, builtin_types=carried, str_keys=str_keys)

    return make_plain


def _encoder(
    handler: Handler,
    send: Any,
    format_: MessageFormat,
    make_plain: Callable[[object], object],
) -> Callable[[object], Any]:
    from msgspec import convert
    from msgspec import ValidationError

    serialize: Callable[[object], Any] = handler.serialize
    carried = format_.carried
    str_keys = format_.str_keys

    def encode(media: object) -> Any:
        plain = make_plain(media)

        def receive() -> object:
            return convert(plain, send, builtin_types=carried, str_keys=str_keys)

        try:
            check_sent(media, receive, send)
        except ValidationError as ex:
            raise invalid_media(str(ex)) from ex
        return serialize(plain)

    return encode


_SAMPLES: tuple[Any, ...] = (
    b'\xff',
    dt.datetime(2001, 2, 3, 4, 5, 6, tzinfo=dt.UTC),
    dt.date(2001, 2, 3),
    dt.time(1, 2, 3),
    dt.timedelta(seconds=1),
    uuid.UUID(int=1),
    Decimal('1.5'),
)

# NOTE: msgspec accepts these when they are received, but doesn't send them.
_RECEIVED_SAMPLES: tuple[Any, ...] = (
    Fraction(1, 3),
    1j,
    ipaddress.IPv4Address('192.0.2.1'),
    ipaddress.IPv6Address('2001:db8::1'),
    ipaddress.IPv4Network('192.0.2.0/24'),
    ipaddress.IPv6Network('2001:db8::/32'),
)


def _probe(handler: Handler, samples: tuple[Any, ...]) -> MessageFormat:
    """Find out which values a format carries."""
    from falcon_media.protocol.type_check import MessageFormat

    def is_carried(value: object) -> bool:
        try:
            payload: Any = handler.serialize({'a': value})
            return bool(handler.deserialize(payload) == {'a': value})
        except MediaError:
            return False

    return MessageFormat(
        str_keys=not is_carried({1: 2}),
        samples=tuple(filter(is_carried, samples)),
    )
