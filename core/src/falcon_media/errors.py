"""The exceptions of falcon-media, and the close code of each.

::

    MediaError
    ├── PayloadError                        a client's payload
    │   ├── MalformedPayload (ValueError)       close 1007, HTTP 400
    │   ├── InvalidPayload (ValueError)         close 1007, HTTP 422
    │   ├── UnsupportedPayload                  close 1003, HTTP 415
    │   └── PayloadTooLarge                     close 1009, HTTP 413
    ├── UnserializableMedia (TypeError)     an object of the app: 1011, 500
    ├── HookError                           a function of the app failed: 1011, 500
    ├── SubprotocolNotSupported             a client's offer: HTTP 403
    └── SetupError                          at start-up, never on a connection
        ├── HandlerNotFound (LookupError)
        ├── HandlerLoadError
        ├── HandlerConflict
        └── ConfigError (ValueError)

Close codes are those of RFC 6455, section 7.4.1.

An exception stores its data and formats it in ``__str__``. The text is safe to log: of
the payload it contains only numbers (a size, a tag), and of a library's message only
names of the app's fields. The library's exception is the ``__cause__``, for debuggers
and server logs.
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
    """The class that the error handler of ``install()`` is registered for.

    NOTE: Falcon picks the error handler of the first class in an exception's MRO. This
    class is above ``MediaError``, so an error handler that the app registers for a
    public class wins, before ``install()`` or after it.
    """


class MediaError(HandledByDefault):
    """The base class of all errors of falcon-media.

    Attributes:
        detail (str): Description of the error.
    """

    is_counted = False
    """Whether the error has been counted; see :mod:`falcon_media.protocol.stats`."""

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
        message_number (int | None): Position of the message in a frame with several
            messages, from 1.
    """

    message_number: int | None = None

    close_code: ClassVar[int]
    """WebSocket close code (RFC 6455, section 7.4.1)."""
    http_status: ClassVar[int]
    """HTTP status code for the same error in an HTTP request."""
    reason: ClassVar[str]
    """Close reason. It is constant, so it never contains text of a client."""

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
        """The exception of the library, if there was one."""
        return self.__cause__

    def __reduce__(self) -> tuple[Any, ...]:
        # NOTE: Copying and pickling drop the cause, which may hold anything, and keep
        #   its name, so that the text stays the same. The class is not called, since
        #   the constructor of a subclass may take other arguments.
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
    """A payload of a client could not be deserialized.

    Attributes:
        size (int | None): Size of the payload: in bytes for BINARY, in characters for
            TEXT.
        limit (str | None): Name of the budget that was exceeded.
        limit_value (int | None): Value of that budget.
        noun (str): ``'payload'`` for a WebSocket message, ``'body'`` for an HTTP
            request.
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
    """The payload is not well-formed."""

    close_code = 1007
    http_status = 400
    reason = 'Malformed payload'


class InvalidPayload(PayloadError, ValueError):
    """The payload is well-formed, but not valid for the message type.

    Attributes:
        path (str | None): Path of the invalid value, such as ``$.items[3].price``.
            ``$`` is the message, ``[...]`` any entry of a mapping. The path contains
            field names and numbers, and no text of the client. ``None`` if unknown.
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
    """The format can't represent the object without changing it.

    Attributes:
        path (str | None): Path of the value at fault, such as ``$.rows[1].at``. ``$``
            is the object, ``[...]`` an entry whose key is not a short identifier.
            ``None`` if no single value is at fault.
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

    The fault is the app's, not the client's. A function that refuses a payload raises
    ``ValueError`` or a :class:`PayloadError`.
    """

    close_code = 1011
    http_status = 500
    reason = 'Internal Server Error'

    def __str__(self) -> str:
        what = f'{self._message()}{self.detail}'
        return f'{self._subject()}payload: {what}{self._origin()}'


class SubprotocolNotSupported(MediaError):
    """The client offers no supported subprotocol.

    Attributes:
        offered (tuple[str, ...]): Subprotocols that the client offers, in its order.
            Escape them before you log them.
        supported (tuple[str, ...]): Subprotocols that the route or the app supports.
    """

    http_status: ClassVar[int] = 403

    def __init__(
        self, detail: str, *, offered: Sequence[str] = (), supported: Sequence[str] = ()
    ) -> None:
        super().__init__(detail)
        self.offered = tuple(offered)
        self.supported = tuple(supported)


class SetupError(MediaError):
    """The selected handlers can't be set up; raised at start-up."""


class HandlerNotFound(SetupError, LookupError):
    """No installed handler has the name and payload type.

    Attributes:
        name (str): The requested name.
        installed (tuple[str, ...]): Names of the installed handlers of that type.
    """

    def __init__(
        self, detail: str, *, name: str = '', installed: Sequence[str] = ()
    ) -> None:
        super().__init__(detail)
        self.name = name
        self.installed = tuple(installed)


class HandlerLoadError(SetupError):
    """The selected handler is installed, but can't be used.

    Attributes:
        name (str): Name of the handler.
        distribution (str | None): The distribution that provides it, with its version.
    """

    def __init__(
        self, detail: str, *, name: str = '', distribution: str | None = None
    ) -> None:
        super().__init__(detail)
        self.name = name
        self.distribution = distribution


class HandlerConflict(SetupError):
    """Several distributions provide a handler of the same name.

    Attributes:
        name (str): Name of the handler.
        distributions (tuple[str, ...]): The distributions that provide it.
    """

    def __init__(
        self, detail: str, *, name: str = '', distributions: Sequence[str] = ()
    ) -> None:
        super().__init__(detail)
        self.name = name
        self.distributions = tuple(distributions)


class ConfigError(SetupError, ValueError):
    """An option, an argument or a configuration value is invalid."""
