"""The same media handler, for the bodies of HTTP requests and responses.

What comes in has the budgets of a message, and ends in an object or in one of these:

=============================  ====================================================
an empty body, if it is none   400, ``falcon.MediaNotFoundError``
:class:`MalformedPayload`      400, ``falcon.MediaMalformedError``
:class:`PayloadTooLarge`       413, ``falcon.HTTPContentTooLarge``
:class:`UnsupportedPayload`    415, ``falcon.HTTPUnsupportedMediaType``
=============================  ====================================================

The exception on the left is the cause (``__cause__``) of the one on the right. The
client gets its reason in plain words, and the log a line with the handler, the option
that would let the body pass, and the library's exception. What
can't be serialized is the app's fault, and stays an :class:`UnserializableMedia`:
Falcon logs it with its traceback and answers 500.

Falcon has more uses for the media handlers of an app than ``req.get_media()`` and
``resp.media``. That of ``application/json`` also serves error bodies, server-sent
events and ``req.get_param_as_json()``, so one that can't take any object is refused.
Each of the others serves error bodies, for clients that prefer its type in ``Accept``;
where the handler is bound to a schema of its own, such a client gets JSON.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from io import BytesIO
import logging
from typing import Any, cast, Protocol, TYPE_CHECKING

import falcon
from falcon import WebSocketPayloadType
from falcon.media import BaseHandler
from falcon.media import JSONHandler
from falcon.media import MessagePackHandler
from falcon.media import MultipartFormHandler
from falcon.media import TextBaseHandlerWS
from falcon.media import URLEncodedFormHandler
from falcon.typing import AsyncReadableIO
from falcon.typing import ReadableIO

from falcon_media.errors import ConfigError
from falcon_media.errors import InvalidPayload
from falcon_media.errors import MalformedPayload
from falcon_media.errors import MediaError
from falcon_media.errors import PayloadError
from falcon_media.errors import PayloadTooLarge
from falcon_media.errors import UnserializableMedia
from falcon_media.errors import UnsupportedPayload
from falcon_media.limits import decoded_check
from falcon_media.limits import Limits
from falcon_media.protocol.guard import Codec
from falcon_media.protocol.handlers import BinaryHandler
from falcon_media.protocol.handlers import Handler
from falcon_media.protocol.handlers import TextHandler
from falcon_media.protocol.stats import refused_here
from falcon_media.protocol.stats import Tally
from falcon_media.protocol.wrapping import adopt
from falcon_media.protocol.wrapping import REFUSING
from falcon_media.protocol.wrapping import refusing
from falcon_media.selection.model import Bound
from falcon_media.selection.model import Choice
from falcon_media.selection.model import Handlers
from falcon_media.selection.resolver import Resolver

if TYPE_CHECKING:
    from falcon_media.selection.model import RouteChoice

__all__ = (
    'add_http_handlers',
    'begin_request',
    'Current',
    'current_request',
    'http_handler',
    'HTTPHandler',
    'keep_handlers',
    'KeptHandler',
    'route_handlers',
    'Targets',
)


_logger = logging.getLogger('falcon_media')


def add_http_handlers(
    app: falcon.App[Any, Any],
    handlers: Mapping[str, Handler],
    limits: Limits,
    tallies: Mapping[str, Tally] | None = None,
) -> None:
    """Let an app's requests and responses carry further media types.

    Nothing that the app has set is replaced, but for handlers of the same media types.
    Where one of the handlers is bound to a schema, a middleware is added that sends
    error bodies as JSON in its place.

    Args:
        app (falcon.App): The app, for WSGI or ASGI.
        handlers (Mapping[str, Handler]): The handler for each media type; an alias is
            one more key. Parameters of a request's media type need no keys.
        limits (Limits): The budgets, for each handler that has none of its own.
        tallies (Mapping[str, Tally]): For each media type, where to count refused
            bodies (default: new ones).

    Raises:
        ConfigError: A key is no media type, a handler is none, or the one for
            ``application/json`` does not take any object. The app is left as it was.
    """
    adapted = {
        _checked_type(media_type): http_handler(
            handler, limits, tallies[media_type] if tallies else None
        )
        for media_type, handler in handlers.items()
    }
    if falcon.MEDIA_JSON in adapted:
        _check_json(adapted[falcon.MEDIA_JSON])
    schemas = {
        media_type: handler
        for media_type, handler in adapted.items()
        if not _carries_errors(handler)
    }
    # NOTE: Of types that a client prefers equally, Falcon takes the first one for an
    #   error body; those that can carry it therefore come first.
    ordered = {**adapted}
    for media_type in schemas:
        ordered[media_type] = ordered.pop(media_type)
    app.req_options.media_handlers.update(ordered)
    app.resp_options.media_handlers.update(ordered)
    if schemas:
        app.add_middleware(_ErrorBodies(schemas))


def http_handler(
    handler: Handler, limits: Limits, tally: Tally | None = None
) -> HTTPHandler:
    """Make a media handler for HTTP of one for WebSockets.

    It fits wherever Falcon takes one: the options for requests and responses, and
    those for the parts of multipart forms.

    Args:
        handler (Handler): The handler; put under the guard if it isn't.
        limits (Limits): The budgets, for a handler that has none of its own.
        tally (Tally): Where to count refused bodies (default: a new one).

    Returns:
        HTTPHandler: A new one.

    Raises:
        ConfigError: It can't be used as one: see :func:`falcon_media.install`.
    """
    is_text = isinstance(handler, TextBaseHandlerWS)
    payload_type = WebSocketPayloadType.TEXT if is_text else WebSocketPayloadType.BINARY
    return HTTPHandler(adopt(handler, payload_type, limits), tally)


class HTTPHandler(BaseHandler):
    """A media handler for HTTP around one for WebSockets.

    TEXT handlers get their text from strict UTF-8 without a byte order mark, whatever
    charset the media type names, and give it back as UTF-8.

    NOTE: An empty body is a message in formats that have an empty payload, such as
    Protocol Buffers, if the request has ``Content-Length: 0``. Without a length it is
    an error there too: it may have been broken off, and under WSGI, Falcon takes a
    request without Content-Length for an empty one.

    Args:
        handler (Handler): The handler, under the guard.
        tally (Tally): Where to count refused bodies (default: a new one).

    Attributes:
        handler (Handler): The same.
        limits (Limits): Its budgets.
        tally (Tally): Its counters.
    """

    # PERF: Falcon has a private shortcut for what needs no await in an ASGI app. It is
    #   worth 0.1 to 0.3 us of the 6 to 9 that a small response takes without a server,
    #   and for requests it would read all that a client sends.

    handler: Handler
    limits: Limits

    def __init__(self, handler: Handler, tally: Tally | None = None) -> None:
        self.handler = handler
        self.tally = tally or Tally()
        self.limits = handler.limits
        self.encode: Callable[[object], bytes]
        self._decode: Callable[[bytes], object]
        if isinstance(handler, TextHandler):
            self.encode = _text_encoder(handler)
            self._decode = _text_decoder(handler)
        else:
            # NOTE: Falcon's base class has more types; the guard lets bytes alone pass.
            self.encode = cast('Callable[[object], bytes]', handler.serialize)
            self._decode = handler.deserialize

    def serialize(self, media: object, content_type: str) -> bytes:
        """Serialize an object to a body, by the type of the route if it has one.

        Args:
            media (object): The object.
            content_type (str): Not used.

        Returns:
            bytes: The body.

        Raises:
            UnserializableMedia: The format can't carry the object.
        """
        current = _current.get()
        is_typed = current is not None and current.sends(media)
        sender = current.target(self) if current and is_typed else self
        try:
            return sender.encode(media)
        except UnserializableMedia as ex:
            self.tally.refuse(ex)
            raise

    async def serialize_async(self, media: object, content_type: str) -> bytes:
        """Serialize an object to a body, as :meth:`serialize` does."""
        return self.serialize(media, content_type)

    def deserialize(
        self,
        stream: ReadableIO,
        content_type: str | None,
        content_length: int | None,
    ) -> object:
        """Deserialize the body of a request.

        Nothing is read where the length is over the budget, and never more than one
        byte beyond it.

        Args:
            stream (falcon.typing.ReadableIO): The body.
            content_type (str | None): Not used.
            content_length (int | None): Its length, if it is known.

        Returns:
            object: The object.

        Raises:
            MediaNotFoundError: The body is empty.
            MediaMalformedError: The body is not well-formed, or not complete.
            HTTPContentTooLarge: It is over a budget.
            HTTPUnsupportedMediaType: Something in it is not accepted here.
            HTTPUnprocessableEntity: It is not valid for the type of the message.
        """
        media = self._receiver(stream).read(stream, content_length)
        _note_read(stream)
        return media

    def read(self, stream: ReadableIO, content_length: int | None) -> object:
        """Deserialize a body as this handler does, whatever the route."""
        try:
            wanted = self._wanted(content_length)
            data = stream.read(self.limits.max_size + 1)
            if len(data) < wanted:
                data = _read_on(stream, data, wanted)
            return self._media(data, content_length)
        except MediaError as ex:
            raise self._http_error(ex) from ex

    async def deserialize_async(
        self,
        stream: AsyncReadableIO,
        content_type: str | None,
        content_length: int | None,
    ) -> object:
        """Deserialize the body of a request, as :meth:`deserialize` does."""
        media = await self._receiver(stream).read_async(stream, content_length)
        _note_read(stream)
        return media

    async def read_async(
        self, stream: AsyncReadableIO, content_length: int | None
    ) -> object:
        """Deserialize a body as :meth:`read` does."""
        try:
            wanted = self._wanted(content_length)
            data = await stream.read(self.limits.max_size + 1)
            if len(data) < wanted:
                data = await _read_on_async(stream, data, wanted)
            return self._media(data, content_length)
        except MediaError as ex:
            raise self._http_error(ex) from ex

    def _receiver(self, stream: object) -> HTTPHandler:
        current = _current.get()
        if current is not None and current.reads(stream):
            return current.target(self)
        return self

    def _wanted(self, content_length: int | None) -> int:
        """How much to read: to the end, or one byte too many if that is unknown."""
        max_size = self.limits.max_size
        if content_length is None:
            return max_size + 1
        if content_length > max_size:
            raise self._too_large(content_length)
        return content_length

    def _media(self, data: bytes, content_length: int | None) -> object:
        if not data and self.handler.name != REFUSING:
            return self._empty(content_length)
        if len(data) > self.limits.max_size:
            raise self._too_large(None)
        # NOTE: When a client leaves in the middle of its body, Falcon has the stream
        #   end there, and a format without an end of its own (Protocol Buffers) would
        #   take the rest for the whole. RFC 9112, section 6.3, calls it incomplete.
        # NOTE: Not `!=`: for a query parameter, Falcon gives its length in characters.
        if content_length is not None and len(data) < content_length:
            raise _malformed(
                f'shorter than its Content-Length of {content_length}',
                data,
                self.handler,
            )
        refused_here(None)
        return self._decode(data)

    def _empty(self, content_length: int | None) -> object:
        # NOTE: One that was announced to be empty may be a message, as it is in
        #   Protocol Buffers. One of unknown length may have been broken off.
        if content_length == 0:
            refused_here(None)
            with suppress(MalformedPayload):
                return self._decode(b'')
        error = falcon.MediaNotFoundError(self.handler.name)
        error.title = MalformedPayload.reason
        error.description = 'The request body is empty.'
        raise error

    def _too_large(self, size: int | None) -> PayloadTooLarge:
        max_size = self.limits.max_size
        return PayloadTooLarge(
            f'larger than {max_size} bytes',
            handler=self.handler.name,
            payload_type=self.handler.payload_type,
            size=size,
            limit='max_size',
            limit_value=max_size,
        )

    def _http_error(self, ex: MediaError) -> falcon.HTTPError:
        self.tally.refuse(ex)
        if not isinstance(ex, PayloadError):
            raise ex
        ex.noun = 'body'
        _logger.warning('%s; answered %d', ex, ex.http_status)
        # NOTE: What follows the colon is an option of the handler, for its app.
        why = ex.detail.partition(': ')[0]
        if isinstance(ex, PayloadTooLarge):
            return falcon.HTTPContentTooLarge(title=ex.reason, description=why)
        if isinstance(ex, UnsupportedPayload):
            return falcon.HTTPUnsupportedMediaType(title=ex.reason, description=why)
        if isinstance(ex, InvalidPayload):
            return falcon.HTTPUnprocessableEntity(title=ex.reason)
        return _MalformedBody(ex, f'The request body is malformed: {why}.')


class _MalformedBody(falcon.MediaMalformedError):
    """Falcon's error, without the text of its cause, which is for the log."""

    def __init__(self, error: PayloadError, why: str) -> None:
        super().__init__(str(error.handler))
        self.title = error.reason
        self._why = why

    @property
    def description(self) -> str:
        return self._why

    @description.setter
    def description(self, value: str | None) -> None:
        # NOTE: As in Falcon's class, whose constructor sets it.
        pass


def _read_on(stream: ReadableIO, data: bytes, wanted: int) -> bytes:
    # NOTE: A stream may return less than it was asked for, and only an empty result
    #   means that it has ended.
    chunks = [data]
    missing = wanted - len(data)
    while missing > 0 and (chunk := stream.read(missing)):
        chunks.append(chunk)
        missing -= len(chunk)
    return b''.join(chunks)


async def _read_on_async(stream: AsyncReadableIO, data: bytes, wanted: int) -> bytes:
    chunks = [data]
    missing = wanted - len(data)
    while missing > 0 and (chunk := await stream.read(missing)):
        chunks.append(chunk)
        missing -= len(chunk)
    return b''.join(chunks)


def _text_encoder(handler: TextHandler) -> Callable[[object], bytes]:
    serialize = handler.serialize

    def encode(media: object) -> bytes:
        return serialize(media).encode()

    return encode


def _text_decoder(handler: TextHandler) -> Callable[[bytes], object]:
    deserialize = handler.deserialize

    def decode(data: bytes) -> object:
        # NOTE: RFC 8259, section 8.1, leaves it to a parser of JSON.
        if data.startswith(BOM_UTF8):
            raise _malformed('it starts with a byte order mark', data, handler)
        try:
            text = data.decode()
        except UnicodeDecodeError as ex:
            raise _malformed('it is not valid UTF-8', data, handler) from ex
        return deserialize(text)

    return decode


def _malformed(detail: str, data: bytes, handler: Handler) -> MalformedPayload:
    return MalformedPayload(
        detail,
        handler=handler.name,
        payload_type=handler.payload_type,
        size=len(data),
    )


# ----------------------------------------------------------------------------- Routes


class Targets:
    """The HTTP handlers of a route, each in the place of one that the app has.

    Args:
        make (Callable): Makes the one for a handler of the app.
    """

    def __init__(
        self, make: Callable[[HTTPHandler | KeptHandler], HTTPHandler]
    ) -> None:
        self._make = make
        # NOTE: By its id, which stays its own: the handler is kept as well.
        self._made: dict[int, tuple[BaseHandler, HTTPHandler]] = {}

    def of(self, handler: HTTPHandler | KeptHandler) -> HTTPHandler:
        """Find the handler of the route; made once."""
        found = self._made.get(id(handler))
        if found is None:
            found = self._made[id(handler)] = handler, self._make(handler)
        return found[1]


class Routes(Protocol):
    """Where the handlers of a route come from.

    Attributes:
        handlers (Handlers): The app's handlers.
    """

    @property
    def handlers(self) -> Handlers: ...

    def route(self, base: Handlers, wanted: RouteChoice) -> Handlers:
        """Return the handlers of a route."""

    def http_targets(self, handlers: Handlers) -> Targets | None:
        """Return the HTTP handlers of a route; ``None`` where they are the app's."""


class Current:
    """The request that a task, or a thread, is at, and the route that it led to.

    NOTE: Nothing clears it. A body, or an object that is sent, counts as the route's
        if it is that of this very request; so a context that is used for the next
        request, an error body, or the part of a form can't be taken for one.

    Args:
        routes (Routes): The handlers of the app and of its routes.
        req (falcon.Request): The request.
        resp (falcon.Response): Its response.

    Attributes:
        handlers (Handlers): Those of the route, or the app's.
    """

    __slots__ = ('_routes', '_targets', 'handlers', 'req', 'resp')

    def __init__(self, routes: Routes, req: Any, resp: Any) -> None:
        self.handlers = routes.handlers
        self._routes = routes
        self.req = req
        self.resp = resp
        self._targets: Targets | None = None

    def use_route(self, wanted: RouteChoice) -> None:
        """Change over to the types and budgets that a route asks for.

        Raises:
            ConfigError: The body has been read without them. Falcon keeps what was
                read, so the responder would get that.
        """
        self.handlers = self._routes.route(self.handlers, wanted)
        targets = self._routes.http_targets(self.handlers)
        stream, used = _read.get()
        if used is not targets and self._is_body(stream):
            raise ConfigError(
                f'the body was read before the types and budgets of {wanted.owner} '
                'took effect: put @media_handlers above the hooks of its responder, or '
                'on the class; a middleware must read the body in process_resource(), '
                'and be added after falcon_media.install()'
            )
        self._targets = targets

    def reads(self, stream: object) -> bool:
        """Whether a stream is the body of the request, for the route's handlers."""
        return self._targets is not None and self._is_body(stream)

    def note_read(self, stream: object) -> None:
        """Note that a body has been read."""
        _read.set((stream, self._targets if self._is_body(stream) else None))

    def _is_body(self, stream: object) -> bool:
        req = self.req
        return stream is req.stream or stream is getattr(req, 'bounded_stream', None)

    def sends(self, media: object) -> bool:
        """Whether an object is the response of the route, and no error body."""
        if self._targets is None or self.handlers.types is None:
            return False
        resp = self.resp
        return resp.media is media and not (
            isinstance(media, dict) and resp.status_code >= _FIRST_ERROR
        )

    def target(self, handler: HTTPHandler | KeptHandler) -> HTTPHandler:
        """The handler of the route, in the place of one that the app has.

        To be called where :meth:`reads` or :meth:`sends` says so.
        """
        assert self._targets is not None  # noqa: S101  # as they say
        return self._targets.of(handler)


_FIRST_ERROR = 400

_current: ContextVar[Current | None] = ContextVar('falcon_media_request', default=None)

# NOTE: The body that was read last, and the handlers of the route that it was read by.
_read: ContextVar[tuple[object, Targets | None]] = ContextVar(
    'falcon_media_read', default=(None, None)
)


def _note_read(stream: object) -> None:
    current = _current.get()
    if current is None:
        _read.set((stream, None))
    else:
        current.note_read(stream)


def begin_request(routes: Routes, req: Any, resp: Any) -> Current:
    """Note that this task, or thread, is at a request from now on."""
    current = Current(routes, req, resp)
    _current.set(current)
    return current


def current_request(req: object) -> Current:
    """Find the current request.

    Raises:
        ConfigError: ``falcon_media.install()`` was not called for its app.
    """
    current = _current.get()
    if current is None or current.req is not req:
        raise ConfigError(
            'call falcon_media.install() on this app first: without it, '
            '@media_handlers has no effect on its requests'
        )
    return current


class KeptHandler(BaseHandler):
    """A handler that the app has for HTTP, where budgets and types can reach it.

    What it sends, and receives within the budgets, is its own affair.

    Args:
        handler (BaseHandler): The handler.
        tally (Tally): Where to count what is refused (default: a new one).

    Attributes:
        wrapped (BaseHandler): The same.
        tally (Tally): Its counters.
        bounded (HTTPHandler | None): The one that receives under the app's budgets.
    """

    wrapped: BaseHandler
    tally: Tally
    bounded: HTTPHandler | None

    def __init__(self, handler: BaseHandler, tally: Tally | None = None) -> None:
        self.wrapped = handler
        self.tally = tally or Tally()
        self.bounded = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.wrapped, name)

    @property
    def is_json(self) -> bool:
        """Whether it is Falcon's own handler of JSON."""
        return isinstance(self.wrapped, JSONHandler)

    def within(self, limits: Limits) -> HTTPHandler | None:
        """The same handler, under budgets for what it receives.

        NOTE: Of a handler of the app's own it isn't known how it reads a body, which it
            may do in pieces; it stays as it is.
        """
        if not isinstance(self.wrapped, _BUFFERED):
            return None
        return _BoundedHandler(self.wrapped, limits, self.tally)

    def serialize(self, media: object, content_type: str) -> Any:
        """Serialize as the handler does, or by the type of the route."""
        return self._sender(media).serialize(media, content_type)

    async def serialize_async(self, media: object, content_type: str) -> Any:
        """Serialize as the handler does, or by the type of the route."""
        return await self._sender(media).serialize_async(media, content_type)

    def deserialize(
        self,
        stream: ReadableIO,
        content_type: str | None,
        content_length: int | None,
    ) -> object:
        """Deserialize as the handler does, under budgets, or by the route's type."""
        receiver = self._receiver(stream)
        if receiver is None:
            media = self.wrapped.deserialize(stream, content_type, content_length)
        else:
            media = receiver.read(stream, content_length)
        _note_read(stream)
        return media

    async def deserialize_async(
        self,
        stream: AsyncReadableIO,
        content_type: str | None,
        content_length: int | None,
    ) -> object:
        """Deserialize as the handler does, under budgets, or by the route's type."""
        receiver = self._receiver(stream)
        if receiver is None:
            media = await self.wrapped.deserialize_async(
                stream, content_type, content_length
            )
        else:
            media = await receiver.read_async(stream, content_length)
        _note_read(stream)
        return media

    def _sender(self, media: object) -> BaseHandler:
        current = _current.get()
        if current is not None and current.sends(media):
            types = current.handlers.types
            if types is not None and types.send is not None:
                return current.target(self)
        return self.wrapped

    def _receiver(self, stream: object) -> HTTPHandler | None:
        current = _current.get()
        if current is None or not current.reads(stream):
            return self.bounded
        handlers = current.handlers
        if handlers.types is None or handlers.types.receive is None:
            return self.within(handlers.budgets.limits)
        return current.target(self)


def route_handlers(
    app: falcon.App[Any, Any], handlers: Handlers, targets: Targets
) -> Iterator[tuple[str, HTTPHandler]]:
    """List what a route speaks over HTTP where it has types or budgets.

    Args:
        app (falcon.App): The app.
        handlers (Handlers): Those of the route.
        targets (Targets): The same for HTTP.

    Yields:
        tuple: Media type and handler, for those that were chosen and for JSON.
    """
    for media_type, handler in app.req_options.media_handlers.items():
        made: HTTPHandler | None = None
        if isinstance(handler, HTTPHandler):
            made = targets.of(handler)
        elif isinstance(handler, KeptHandler) and handler.is_json:
            is_typed = handlers.types is not None
            limits = handlers.budgets.limits
            made = targets.of(handler) if is_typed else handler.within(limits)
        if made is not None:
            yield media_type, made


_BUFFERED = (JSONHandler, MessagePackHandler, URLEncodedFormHandler)


class _BoundedHandler(HTTPHandler):
    """One of Falcon's handlers, under budgets for what it receives."""

    def __init__(self, handler: BaseHandler, limits: Limits, tally: Tally) -> None:
        def decode(data: bytes) -> object:
            return handler.deserialize(BytesIO(data), None, len(data))

        name = type(handler).__name__
        codec: Codec[bytes] = Codec(
            encode=bytes,
            decode=decode,
            unchecked=min(limits.max_depth, limits.max_items),
            check_decoded=decoded_check(limits),
        )
        super().__init__(BinaryHandler(codec, limits, name=name), tally)

    def _media(self, data: bytes, content_length: int | None) -> object:
        if len(data) > self.limits.max_size:
            raise self._too_large(None)
        try:
            return self._decode(data)
        except MalformedPayload as ex:
            error = ex.__cause__ or ex
        # NOTE: What the handler says of a body without budgets, it says with them.
        #   Falcon's own error has its description from its cause.
        raise error


def keep_handlers(
    app: falcon.App[Any, Any],
    limits: Limits | None = None,
    tallies: dict[str, tuple[str, Tally]] | None = None,
) -> None:
    """Put the handlers that an app has for HTTP where budgets and types reach them.

    NOTE: Not those of multipart forms: what they return is no message but a stream of
        parts, with limits of its own.

    Args:
        app (falcon.App): The app, for WSGI or ASGI.
        limits (Limits): The budgets for what Falcon's own handlers receive (default:
            none but those of a route).
        tallies (dict[str, tuple[str, Tally]]): For each media type, the name of its
            handler, and where to count what is refused; those that are missing are
            added (default: nowhere).
    """
    tallies = {} if tallies is None else tallies
    for options in (app.req_options, app.resp_options):
        for media_type, handler in list(options.media_handlers.items()):
            if isinstance(handler, HTTPHandler | MultipartFormHandler):
                continue
            kept = handler if isinstance(handler, KeptHandler) else KeptHandler(handler)
            name = type(kept.wrapped).__name__
            _, kept.tally = tallies.setdefault(media_type, (name, kept.tally))
            if limits is not None:
                kept.bounded = kept.within(limits)
            if kept is not handler:
                options.media_handlers[media_type] = kept


def http_target(
    resolver: Resolver,
    handler: HTTPHandler | KeptHandler,
    handlers: Handlers,
    served: Mapping[str, Bound],
) -> HTTPHandler:
    """Make the HTTP handler of a route for one that the app has.

    Args:
        resolver (Resolver): Makes it.
        handler (HTTPHandler | KeptHandler): That of the app.
        handlers (Handlers): Those of the route, for its types and budgets.
        served (Mapping): The handlers that were chosen for HTTP.

    Returns:
        HTTPHandler: Where its format can't have the type, one that refuses all
        bodies.
    """
    own = None
    if isinstance(handler, HTTPHandler):
        found = [one for one in served.values() if one.tally is handler.tally]
        choice = found[0].choice if found else Choice(handler.handler, 'HTTP')
        own = handler.handler.types
    else:
        choice = Choice('json', 'JSON of the app')
    try:
        if isinstance(handler, KeptHandler) and not handler.is_json:
            raise ConfigError(f'{type(handler.wrapped).__name__} has no types')
        made = resolver.make_served(choice, own, handlers)
    except ConfigError:
        why = 'its format does not support the message type of this resource'
        made = refusing(WebSocketPayloadType.BINARY, why)
    return HTTPHandler(made, handler.tally)


# ------------------------------------------------------------------------ Registration


def _checked_type(media_type: str) -> str:
    # NOTE: With a single key that is no media type, Falcon gives up on `Accept` for
    #   each and every error body.
    full_type, _ = falcon.parse_header(media_type)
    main_type, _, subtype = full_type.partition('/')
    if not main_type or not subtype or '*' in full_type:
        raise ConfigError(
            f'invalid media type {media_type!r}: expected type/subtype, such as '
            "'application/cbor'"
        )
    return media_type


def _error_media() -> object:
    return falcon.HTTPError(400, description='', code=0).to_dict()


def _carries_errors(handler: HTTPHandler) -> bool:
    try:
        handler.handler.serialize(_error_media())
    except UnserializableMedia:
        return False
    return True


def _check_json(handler: HTTPHandler) -> None:
    media = _error_media()
    try:
        payload: Any = handler.handler.serialize(media)
        is_generic = handler.handler.deserialize(payload) == media
    except PayloadTooLarge:
        # NOTE: A tight budget is no schema.
        is_generic = True
    except (PayloadError, UnserializableMedia):
        is_generic = False
    if not is_generic:
        raise ConfigError(
            f'{handler.handler.name}: Falcon also uses the handler of '
            f'{falcon.MEDIA_JSON} for error bodies, server-sent events and '
            'get_param_as_json(), and this one does not accept every object: select it '
            'without types, and set the types of a resource with '
            '@falcon_media.media_handlers(receive=..., send=...)'
        )


class _ErrorBodies:
    """Middleware that has an error body sent as JSON where a schema can't carry it.

    NOTE: An error serializer could do it too, but there is no telling whether the app
    has set one of its own, and it would be replaced. A middleware replaces nothing.

    NOTE: It does not see an error that the ``process_response()`` of a middleware added
    before it raises, nor, in an app with ``independent_middleware=False``, one from the
    ``process_request()`` of such a middleware. There, a client that prefers the type of
    the schema gets a 500 without a body.
    """

    def __init__(self, schemas: Mapping[str, HTTPHandler]) -> None:
        self._schemas = schemas
        self._json = JSONHandler()

    def process_response(
        self, req: Any, resp: Any, resource: object, req_succeeded: bool
    ) -> None:
        if not req_succeeded and not self._is_carried(resp):
            if falcon.MEDIA_JSON not in resp.options.media_handlers:
                resp.data = self._json.serialize(resp.media, falcon.MEDIA_JSON)
            resp.content_type = falcon.MEDIA_JSON

    async def process_response_async(
        self, req: Any, resp: Any, resource: object, req_succeeded: bool
    ) -> None:
        self.process_response(req, resp, resource, req_succeeded)

    def _is_carried(self, resp: Any) -> bool:
        handler = self._schemas.get(resp.content_type)
        media = resp.media
        if handler is None or media is None:
            return True
        # NOTE: Its title alone may fit a schema by chance, and would come out as a
        #   message that means something else.
        if isinstance(media, dict) and 'title' in media and media.keys() <= _ERROR_KEYS:
            return False
        try:
            handler.encode(media)
        except UnserializableMedia:
            return False
        return True


_ERROR_KEYS = {'title', 'description', 'code', 'link'}
