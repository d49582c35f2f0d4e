"""The guard: enforces budgets and turns library exceptions into ours.

Falcon binds the two callables of a media handler once per connection and calls them
once per message. So everything is decided when the handler is made: ``guard()`` returns
two closures over the bare library calls.

PERF: Within the thresholds of its codec a message costs one Python frame, a length
    check and a ``try`` (free when nothing is raised, since CPython 3.11) on top of
    the library call. Nothing is looked up by name.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from typing import Any, Generic, TYPE_CHECKING, TypeVar

from falcon import WebSocketPayloadType

from falcon_media.errors import HookError
from falcon_media.errors import MalformedPayload
from falcon_media.errors import PayloadError
from falcon_media.errors import PayloadTooLarge
from falcon_media.errors import UnserializableMedia
from falcon_media.errors import UnsupportedPayload
from falcon_media.limits import check_size
from falcon_media.limits import is_of_digits
from falcon_media.limits import Limits
from falcon_media.limits import too_many_digits
from falcon_media.protocol.fastpath import decode_shortcut
from falcon_media.protocol.fastpath import encode_shortcut
from falcon_media.protocol.fastpath import Received
from falcon_media.protocol.fastpath import Sent
from falcon_media.protocol.locating import Cures
from falcon_media.protocol.locating import locate
from falcon_media.protocol.locating import reason
from falcon_media.protocol.stats import count_refused

if TYPE_CHECKING:
    from falcon_media.protocol.framing import Framing

__all__ = ('Codec', 'guard', 'guard_framing', 'NOT_WELL_FORMED')

NOT_WELL_FORMED = 'not well-formed'
"""The reason given when the library's exception has none."""

_Payload = TypeVar('_Payload', str, bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec(Generic[_Payload]):
    """The bare calls of a codec library, and the checks that they need.

    A check raises an exception of :mod:`falcon_media.errors`, or returns ``None``. An
    exception from a check or a hook is passed on, even if the library wraps it in
    another one (``__cause__``). Wrap the functions of an app with
    :mod:`falcon_media.protocol.hooks` first.

    Attributes:
        encode: Object to payload; a C function, if the library has one.
        decode: Payload to object; a C function, if the library has one.
        unchecked: Length up to which a payload can't exceed a budget that the library
            doesn't enforce. Such a payload goes straight to `decode`.
        check_payload: Called with longer payloads, before `decode`.
        check_decoded: Called with the objects of longer payloads, after `decode`.
        check_media: Called before `encode`.
        forbidden: A substring that no valid payload contains, and that the library
            doesn't report.
        too_large: Library exceptions that mean that a budget was exceeded.
        is_too_deep: Tells whether a payload that the library refused is nested too
            deeply, if its exception doesn't say so.
        explain: Makes the error for a payload that the library refused, if its
            exception doesn't say why. Returns ``None`` if it finds no reason.
        attempt: Encodes part of an object, within its containers, to find the value
            that can't be sent (default: `check_media`, then `encode`). Set it for a
            codec that refuses objects with entries left out.
        has_fields: Whether dataclasses, and other objects with fields, can be sent.
        cures: Options that allow more to be sent, for error messages.
        sent: Objects that may skip `encode` and all checks.
        received: Payloads that may skip `decode` and all checks.
        is_utf8: For TEXT, whether UTF-8 can encode everything that `encode` returns.
            If not, the guard checks each text that is not ASCII.
    """

    encode: Callable[[Any], _Payload]
    decode: Callable[[_Payload], object]
    unchecked: int
    check_payload: Callable[[_Payload], None] | None = None
    check_decoded: Callable[[object], None] | None = None
    check_media: Callable[[object], None] | None = None
    forbidden: _Payload | None = None
    too_large: tuple[type[Exception], ...] = ()
    is_too_deep: Callable[[_Payload], bool] | None = None
    explain: Callable[[_Payload], PayloadError | None] | None = None
    attempt: Callable[[Any], object] | None = None
    has_fields: bool = False
    cures: Cures = field(default_factory=dict)
    sent: Sent | None = None
    received: Received | None = None
    is_utf8: bool = False


def guard(
    codec: Codec[_Payload],
    *,
    name: str,
    payload_type: WebSocketPayloadType,
    limits: Limits,
) -> tuple[Callable[[object], _Payload], Callable[[_Payload], object]]:
    """Make the two methods of a handler from a codec, with budgets and our errors.

    Args:
        codec (Codec): The library calls, and the checks that they need.
        name (str): Name of the media handler, for the errors.
        payload_type (falcon.WebSocketPayloadType): TEXT or BINARY.
        limits (Limits): The budgets.

    Returns:
        tuple: ``serialize``, which raises only ``UnserializableMedia``, and
        ``deserialize``, which raises only a ``PayloadError``, or a ``HookError`` if a
        function of the app failed.
    """
    faults = _Faults(codec, name, payload_type, limits)
    if payload_type is WebSocketPayloadType.TEXT and not codec.is_utf8:
        serialize, sent = _text_serializer(codec, faults), _text_sent(codec.sent)
    else:
        serialize, sent = _serializer(codec, faults), codec.sent
    deserialize = _deserializer(codec, payload_type, limits, faults)
    return (
        encode_shortcut(serialize, sent, payload_type, limits),
        decode_shortcut(deserialize, codec.received, payload_type, limits),
    )


def guard_framing(
    framing: Framing[_Payload],
    codec: Codec[_Payload] | None,
    *,
    name: str,
    payload_type: WebSocketPayloadType,
    limits: Limits,
    most: int,
) -> tuple[Callable[[_Payload], _Payload], Callable[[_Payload], list[_Payload]]]:
    """Make the functions for frames of many messages, with budgets and our errors.

    Args:
        framing (Framing): How the frames are put together.
        codec (Codec | None): The codec of the messages.
        name (str): Name of the media handler, for the errors.
        payload_type (falcon.WebSocketPayloadType): TEXT or BINARY.
        limits (Limits): The budgets.
        most (int): The most messages that a frame may have.

    Returns:
        tuple: ``part`` takes a payload, returns its part of a frame, and raises only
        ``UnserializableMedia``. ``split`` takes a frame, returns one or more payloads
        that are not decoded yet, and raises only a ``PayloadError``.
    """
    make_part = framing.part
    faults = _Faults(codec, name, payload_type, limits)
    expected: type[_Payload] = faults.expected
    as_payload = _as_payload(faults, expected, 'part()')

    def part(payload: _Payload) -> _Payload:
        if make_part is None:
            return payload
        try:
            made = make_part(payload)
            if isinstance(made, str) and not made.isascii():
                made.encode()
        except Exception as ex:
            raise faults.part(ex, payload)  # noqa: B904  # sets the cause itself
        if type(made) is type(payload):
            return made
        return as_payload(made)

    def split(frame: _Payload) -> list[_Payload]:
        try:
            check_size(frame, limits)
            payloads = framing.split(frame, most)
            if not payloads:
                raise MalformedPayload('an empty frame')
            if len(payloads) > most:
                raise PayloadTooLarge(
                    f'more than {most} messages in a frame',
                    limit='max_received',
                    limit_value=most,
                )
        except Exception as ex:
            error = faults.payload(ex, frame)
            error.message_number = getattr(ex, 'message_number', None)
            raise error  # noqa: B904  # the cause is set already
        return payloads

    return part, split


class _Faults:
    """Turns any exception into one of ours. Never on the fast path."""

    def __init__(
        self,
        codec: Codec[Any] | None,
        name: str,
        payload_type: WebSocketPayloadType,
        limits: Limits,
    ) -> None:
        too_large = codec.too_large if codec else ()
        self._codec = codec
        self._is_too_deep = codec.is_too_deep if codec else None
        self._explain = codec.explain if codec else None
        self._too_large: tuple[type[Exception], ...] = (RecursionError, *too_large)
        self.name = name
        self.payload_type = payload_type
        self.expected: Any = str if payload_type is WebSocketPayloadType.TEXT else bytes
        self._limits = limits

    def payload(self, ex: Exception, payload: str | bytes) -> PayloadError | HookError:
        """Make the error for an exception raised while decoding a payload."""
        error: PayloadError | HookError
        if isinstance(ex, PayloadError | HookError):
            error = ex
        elif isinstance(ex.__cause__, PayloadError | HookError):
            error = _copy(ex.__cause__)
        elif isinstance(ex, self._too_large) or (
            self._is_too_deep is not None and self._is_too_deep(payload)
        ):
            error = PayloadTooLarge(
                'nested too deeply',
                limit='max_depth',
                limit_value=self._limits.max_depth,
            )
            error.__cause__ = ex
        elif isinstance(ex, NotImplementedError):
            error = UnsupportedPayload('this handler does not deserialize')
            error.__cause__ = ex
        else:
            explained = self._explain(payload) if self._explain else None
            if explained is None and is_of_digits(ex):
                explained = too_many_digits()
            error = explained or MalformedPayload(NOT_WELL_FORMED)
            error.__cause__ = ex
        error.handler = error.handler or self.name
        error.payload_type = error.payload_type or self.payload_type
        if isinstance(error, PayloadError) and error.size is None:
            error.size = len(payload)
        count_refused(error, self.payload_type)
        return error

    def media(self, ex: Exception, media: object) -> UnserializableMedia:
        """Make the error for an exception raised while encoding an object."""
        error = self.part(ex, media)
        is_located = error.path is not None or isinstance(ex, NotImplementedError)
        if self._codec is not None and not is_located:
            attempt = self._codec.attempt or _attempt(self._codec)
            place = locate(media, attempt, has_fields=self._codec.has_fields)
            if place is not None:
                error.path = place.path
                error.detail = place.explain(self.name, self._codec.cures)
        return error

    def part(self, ex: Exception, part: object) -> UnserializableMedia:
        """Make the error for an object that can't be sent, without searching it."""
        if isinstance(ex, UnserializableMedia):
            error = ex
        elif isinstance(ex.__cause__, UnserializableMedia):
            error = _copy(ex.__cause__)
        else:
            error = UnserializableMedia(
                reason(ex) or f"this {type(part).__name__} can't be sent"
            )
            error.__cause__ = ex
        error.handler = error.handler or self.name
        error.payload_type = error.payload_type or self.payload_type
        count_refused(error, self.payload_type)
        return error


def _attempt(codec: Codec[Any]) -> Callable[[object], object]:
    def attempt(media: object) -> None:
        if codec.check_media is not None:
            codec.check_media(media)
        payload = codec.encode(media)
        if isinstance(payload, str):
            payload.encode()

    return attempt


_Error = TypeVar('_Error', bound=Exception)


def _copy(error: _Error) -> _Error:
    # NOTE: Raising the exception that is the cause of the one being handled would
    #   create a reference cycle, and keep the payload alive until the garbage collector
    #   runs.
    copied = copy(error)
    copied.__cause__ = error.__cause__
    return copied


def _deserializer(
    codec: Codec[_Payload],
    payload_type: WebSocketPayloadType,
    limits: Limits,
    faults: _Faults,
) -> Callable[[_Payload], object]:
    decode = codec.decode
    forbidden = codec.forbidden
    is_text = payload_type is WebSocketPayloadType.TEXT
    checked = _checked_decode(codec, limits)
    # NOTE: A character takes at most four bytes in UTF-8.
    # PERF: A plain int: the defaults of Limits are of a slower subclass.
    unchecked = int(min(codec.unchecked, limits.max_size // (4 if is_text else 1)))

    if forbidden is None:

        def deserialize(payload: _Payload) -> object:
            try:
                if len(payload) > unchecked:
                    return checked(payload)
                return decode(payload)
            except Exception as ex:
                raise faults.payload(ex, payload)  # noqa: B904  # sets the cause itself

        return deserialize

    def deserialize_searched(payload: _Payload) -> object:
        try:
            if forbidden in payload:
                raise MalformedPayload('a byte that the format does not allow')
            if len(payload) > unchecked:
                return checked(payload)
            return decode(payload)
        except Exception as ex:
            raise faults.payload(ex, payload)  # noqa: B904  # sets the cause itself

    return deserialize_searched


def _checked_decode(
    codec: Codec[_Payload], limits: Limits
) -> Callable[[_Payload], object]:
    decode = codec.decode
    check_payload = codec.check_payload
    check_decoded = codec.check_decoded

    def checked(payload: _Payload) -> object:
        check_size(payload, limits)
        if check_payload is not None:
            check_payload(payload)
        media = decode(payload)
        if check_decoded is not None:
            check_decoded(media)
        return media

    return checked


def _serializer(
    codec: Codec[_Payload], faults: _Faults
) -> Callable[[object], _Payload]:
    encode = codec.encode
    check_media = codec.check_media
    expected: type[_Payload] = faults.expected
    as_payload = _as_payload(faults, expected, 'serialize()')

    if check_media is None:

        def serialize(media: object) -> _Payload:
            try:
                payload = encode(media)
            except Exception as ex:
                raise faults.media(ex, media)  # noqa: B904  # sets the cause itself
            if type(payload) is expected:
                return payload
            return as_payload(payload)

        return serialize

    def serialize_checked(media: object) -> _Payload:
        try:
            check_media(media)
            payload = encode(media)
        except Exception as ex:
            raise faults.media(ex, media)  # noqa: B904  # sets the cause itself
        if type(payload) is expected:
            return payload
        return as_payload(payload)

    return serialize_checked


def _text_serializer(codec: Codec[Any], faults: _Faults) -> Callable[[object], Any]:
    encode = codec.encode
    check_media = codec.check_media
    as_payload = _as_payload(faults, str, 'serialize()')

    def serialize(media: object) -> str:
        try:
            if check_media is not None:
                check_media(media)
            payload = encode(media)
            # PERF: A str knows whether it is ASCII, of any length.
            if isinstance(payload, str) and not payload.isascii():
                payload.encode()
        except Exception as ex:
            raise faults.media(ex, media)  # noqa: B904  # sets the cause itself
        if type(payload) is str:
            return payload
        return as_payload(payload)

    return serialize


def _text_sent(sent: Sent | None) -> Sent | None:
    """Make a shortcut fail, so that it is not used, if its text can't be encoded."""
    if sent is None or sent.is_utf8:
        return sent
    call = sent.call

    def checked(media: object) -> object:
        text = call(media)
        if not text.isascii():
            text.encode()
        return text

    return replace(sent, call=checked)


def _as_payload(
    faults: _Faults, expected: type[_Payload], function: str
) -> Callable[[object], _Payload]:
    """Make a check of the type that a handler function returned."""

    def as_payload(payload: object) -> _Payload:
        if isinstance(payload, expected):
            return payload
        if issubclass(bytes, expected) and isinstance(payload, bytearray | memoryview):
            # NOTE: Not every ASGI server accepts these two types.
            return expected(payload)
        raise UnserializableMedia(
            f'{function} returned {type(payload).__name__}; '
            f'a {faults.payload_type.name} handler must return {expected.__name__}',
            handler=faults.name,
            payload_type=faults.payload_type,
        )

    return as_payload
