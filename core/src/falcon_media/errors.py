"""The exceptions of falcon-media, and the close code that each of them means.

::

    MediaError
    ├── PayloadError                        what a client sent
    │   ├── MalformedPayload (ValueError)       close 1007, HTTP 400
    │   ├── InvalidPayload (ValueError)         close 1007, HTTP 422
    │   ├── UnsupportedPayload                  close 1003, HTTP 415
    │   └── PayloadTooLarge                     close 1009, HTTP 413
    ├── UnserializableMedia (TypeError)     what our side tried to send: 1011, 500
    ├── HookError                           a function of the app failed: 1011, 500
    ├── SubprotocolNotSupported             what a client offered: HTTP 403
    └── SetupError                          at start-up, never on a connection
        ├── HandlerNotFound (LookupError)
        ├── HandlerLoadError
        ├── HandlerConflict
        └── ConfigError (ValueError)

Close codes are those of RFC 6455, section 7.4.1.

An exception carries its data and formats it when it is printed. The text is ours
alone: nothing of the payload but numbers (a size, a tag), and nothing of a library's
message but names of the app's own fields, goes into it. The library's own exception is
kept as ``__cause__``, for a debugger and for the server's own logs.
"""

from __future__ import annotations

from typing import Any, ClassVar, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from falcon import WebSocketPayloadType

__all__ = (
    'ConfigError',
    'HandlerConflict',
    'HandlerLoadError',
    'HandlerNotFound',
    'HookError',
    'InvalidPayload',
    'MalformedPayload',
    'MediaError',
    'PayloadError',
    'PayloadTooLarge',
    'SetupError',
    'SubprotocolNotSupported',
    'UnserializableMedia',
    'UnsupportedPayload',
)


class HandledByDefault(Exception):
    """What ``install()`` binds its own error handler to.

    NOTE: Falcon picks the error handler of the first class in an exception's MRO. One
    class above ``MediaError`` is therefore where a default can stand: whatever an app
    registers for a class of the public tree wins, before ``install()`` or after it.
    """


class MediaError(HandledByDefault):
    """The root of everything that falcon-media raises.

    Attributes:
        detail (str): What happened, in our own words.
    """

    is_counted = False
    """Whether it is in the counters already; see :mod:`falcon_media.protocol.stats`."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return self.detail


class _FrameError(MediaError):
    """An error about one message, sent or received.

    Attributes:
        handler (str | None): Name of the media handler.
        payload_type (falcon.WebSocketPayloadType | None): TEXT or BINARY.
        message_number (int | None): Of a frame with several messages: which one it is
            about. The first is 1.
    """

    message_number: int | None = None

    close_code: ClassVar[int]
    """WebSocket close code (RFC 6455, section 7.4.1)."""
    http_status: ClassVar[int]
    """HTTP status code for the same fault in an HTTP request."""
    reason: ClassVar[str]
    """Close reason: constant, so that it can't hold anything a client sent."""

    def __init__(
        self,
        detail: str,
        *,
        handler: str | None = None,
        payload_type: WebSocketPayloadType | None = None,
    ) -> None:
        super().__init__(detail)
        self.handler = handler
        self.payload_type = payload_type

    @property
    def cause(self) -> BaseException | None:
        """The library's own exception, if there was one."""
        return self.__cause__

    def __reduce__(self) -> tuple[Any, ...]:
        # NOTE: Copying and pickling drop the cause, which may hold anything. Its name
        #   stays, so that the text is the same. The class is not called, since the
        #   constructor of a subclass may take other arguments.
        state = {**self.__dict__, '_cause': self._cause_name()}
        return _restored, (type(self), self.args), state

    def _subject(self) -> str:
        kind = f'{self.payload_type.name} ' if self.payload_type else ''
        return f'{self.handler or "media handler"}: {kind}'

    def _message(self) -> str:
        return f'message {self.message_number}: ' if self.message_number else ''

    def _origin(self) -> str:
        name = self._cause_name()
        return f' ({name})' if name else ''

    def _cause_name(self) -> str | None:
        if self.cause is not None:
            return type(self.cause).__name__
        return self.__dict__.get('_cause')


def _restored(cls: type[_FrameError], args: tuple[object, ...]) -> _FrameError:
    return cls.__new__(cls, *args)


class PayloadError(_FrameError):
    """A payload that a client sent did not become an object.

    Attributes:
        size (int | None): Size of the payload: bytes for BINARY, and characters for
            TEXT.
        limit (str | None): Name of the budget that was exceeded.
        limit_value (int | None): Its value.
        noun (str): What the text calls it: the ``payload`` of a WebSocket message, or
            the ``body`` of an HTTP request.
    """

    noun: str = 'payload'

    def __init__(
        self,
        detail: str,
        *,
        handler: str | None = None,
        payload_type: WebSocketPayloadType | None = None,
        size: int | None = None,
        limit: str | None = None,
        limit_value: int | None = None,
    ) -> None:
        super().__init__(detail, handler=handler, payload_type=payload_type)
        self.size = size
        self.limit = limit
        self.limit_value = limit_value

    def __str__(self) -> str:
        size = '' if self.size is None else f' of size {self.size}'
        limit = '' if self.limit is None else f' [{self.limit}={self.limit_value}]'
        subject = self._subject()
        if self.noun != PayloadError.noun:
            subject = f'{self.handler or "media handler"}: '
        what = f'{self._message()}{self.detail}'
        return f'{subject}{self.noun}{size}: {what}{limit}{self._origin()}'


class MalformedPayload(PayloadError, ValueError):
    """The payload is not what the format says it must be."""

    close_code = 1007
    http_status = 400
    reason = 'Malformed payload'


class InvalidPayload(PayloadError, ValueError):
    """The payload is well-formed, and not valid for the type of the message.

    Attributes:
        path (str | None): Where it is not, such as ``$.items[3].price``: ``$`` is the
            message, and ``[...]`` some entry of a mapping. It holds names of fields and
            numbers, and no text of the client's. ``None`` where it can't be told.
    """

    close_code = 1007
    http_status = 422
    reason = 'Invalid payload'

    path: str | None = None

    def __str__(self) -> str:
        return super().__str__() + (f', at {self.path}' if self.path else '')


class UnsupportedPayload(PayloadError):
    """The frame type, or a type within the payload, is not accepted here."""

    close_code = 1003
    http_status = 415
    reason = 'Unsupported payload'


class PayloadTooLarge(PayloadError):
    """The payload is over a budget: bytes, depth, items or digits."""

    close_code = 1009
    http_status = 413
    reason = 'Payload too large'


class UnserializableMedia(_FrameError, TypeError):
    """The object can't be carried by the format, or not without changing it.

    Attributes:
        path (str | None): Where in the object, such as ``$.rows[1].at``: ``$`` is the
            object, and ``[...]`` an entry whose key is no short identifier. ``None``
            where no part of it is at fault.
    """

    close_code = 1011
    http_status = 500
    reason = 'Internal Server Error'

    path: str | None = None

    def __str__(self) -> str:
        place = f'{self.path}: ' if self.path else ''
        return f'{self._subject()}media: {place}{self.detail}{self._origin()}'


class HookError(_FrameError):
    """A function of the app failed while a payload was decoded.

    It is an error of the app, and not of the client. A function that refuses a payload
    raises ``ValueError``, or one of the errors above.
    """

    close_code = 1011
    http_status = 500
    reason = 'Internal Server Error'

    def __str__(self) -> str:
        what = f'{self._message()}{self.detail}'
        return f'{self._subject()}payload: {what}{self._origin()}'


class SubprotocolNotSupported(MediaError):
    """The client offers no subprotocol that is spoken here.

    Attributes:
        offered (tuple[str, ...]): What the client offers, in its order. A client's
            text: not for a log as it is.
        supported (tuple[str, ...]): What is spoken.
    """

    http_status: ClassVar[int] = 403

    def __init__(
        self, detail: str, *, offered: Sequence[str] = (), supported: Sequence[str] = ()
    ) -> None:
        super().__init__(detail)
        self.offered = tuple(offered)
        self.supported = tuple(supported)


class SetupError(MediaError):
    """The selection of handlers can't be carried out; raised at start-up."""


class HandlerNotFound(SetupError, LookupError):
    """No installed handler has that name and payload type.

    Attributes:
        name (str): The name that was asked for.
        installed (tuple[str, ...]): Names of the handlers that would have done.
    """

    def __init__(
        self, detail: str, *, name: str = '', installed: Sequence[str] = ()
    ) -> None:
        super().__init__(detail)
        self.name = name
        self.installed = tuple(installed)


class HandlerLoadError(SetupError):
    """The selected handler is there, but can't be used.

    Attributes:
        name (str): Name of the handler.
        distribution (str | None): The distribution that brings it, with its version.
    """

    def __init__(
        self, detail: str, *, name: str = '', distribution: str | None = None
    ) -> None:
        super().__init__(detail)
        self.name = name
        self.distribution = distribution


class HandlerConflict(SetupError):
    """Several distributions bring a handler of that name.

    Attributes:
        name (str): Name of the handler.
        distributions (tuple[str, ...]): The distributions that bring it.
    """

    def __init__(
        self, detail: str, *, name: str = '', distributions: Sequence[str] = ()
    ) -> None:
        super().__init__(detail)
        self.name = name
        self.distributions = tuple(distributions)


class ConfigError(SetupError, ValueError):
    """An option, an argument or a configuration value is wrong."""
