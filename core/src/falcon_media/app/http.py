"""Use media handlers for the bodies of HTTP requests and responses.

The budgets of messages apply to request bodies. A body that is refused raises one of
these errors:

=============================  ====================================================
empty body, not a message      400, ``falcon.MediaNotFoundError``
:class:`MalformedPayload`      400, ``falcon.MediaMalformedError``
:class:`PayloadTooLarge`       413, ``falcon.HTTPContentTooLarge``
:class:`UnsupportedPayload`    415, ``falcon.HTTPUnsupportedMediaType``
=============================  ====================================================

The exception on the left is the ``__cause__`` of the one on the right. The client gets
the reason; the log gets a line with the handler, the option that would accept the body,
and the library's exception. An object that can't be serialized is the app's fault, and
stays an :class:`UnserializableMedia`: Falcon logs its traceback and responds with 500.

Falcon uses the media handlers of an app beyond ``req.get_media()`` and ``resp.media``.
The handler of ``application/json`` also serves error bodies, server-sent events and
``req.get_param_as_json()``, so it must accept every object. The other handlers serve
error bodies for clients that prefer their type in ``Accept``; if a handler is bound to
a schema, these clients get JSON.
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
    """Add media handlers to the requests and responses of an app.

    They replace only handlers of the same media types. If one is bound to a schema, a
    middleware is added that sends error bodies as JSON instead.

    Args:
        app (falcon.App): The app, for WSGI or ASGI.
        handlers (Mapping[str, Handler]): The handler for each media type; an alias is
            another key. Parameters of a request's media type need no keys.
        limits (Limits): The budgets of handlers that set none.
        tallies (Mapping[str, Tally]): Media type -> counters of refused bodies
            (default: new ones).

    Raises:
        ConfigError: A key is not a media type, a value is not a handler, or the handler
            of ``application/json`` does not accept every object. The app is unchanged.
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
    # NOTE: If a client accepts several types equally, Falcon uses the first one for an
    #   error body. So types that can represent it come first.
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
    """Make a media handler for HTTP from one for WebSockets.

    Falcon accepts it in the options of requests and responses, and in those of
    multipart forms.

    Args:
        handler (Handler): The handler; put under the guard if it isn't.
        limits (Limits): The budgets, if the handler has none.
        tally (Tally): Counters of refused bodies (default: a new one).

    Returns:
        HTTPHandler: A new one.

    Raises:
        ConfigError: The object is not a handler; see :func:`falcon_media.install`.
    """
    is_text = isinstance(handler, TextBaseHandlerWS)
    payload_type = WebSocketPayloadType.TEXT if is_text else WebSocketPayloadType.BINARY
    return HTTPHandler(adopt(handler, payload_type, limits), tally)


class HTTPHandler(BaseHandler):
    """A media handler for HTTP around one for WebSockets.

    For TEXT handlers, a body is strict UTF-8 without a byte order mark, whatever
    charset the media type names.

    NOTE: In formats that have an empty payload, such as Protocol Buffers, an empty body
    is a message if the request has ``Content-Length: 0``. Without a length it is an
    error: the body may be incomplete, and under WSGI, Falcon reads a request without
    Content-Length as empty.

    Args:
        handler (Handler): The handler, under the guard.
        tally (Tally): Counters of refused bodies (default: a new one).

    Attributes:
        handler (Handler): The handler, under the guard.
        limits (Limits): Its budgets.
        tally (Tally): Its counters.
    """

    # PERF: Falcon has a private shortcut for handlers without await in an ASGI app. It
    #   saves 0.1 to 0.3 us of the 6 to 9 us of a small response without a server. For
    #   requests, it would read the whole body, whatever its size.

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
            # NOTE: Falcon's base class has more types; the guard accepts only bytes.
            self.encode = cast('Callable[[object], bytes]', handler.serialize)
            self._decode = handler.deserialize

    def serialize(self, media: object, content_type: str) -> bytes:
        """Serialize an object to a body, using the message type of the route, if any.

        Args:
            media (object): The object.
            content_type (str): Ignored.

        Returns:
            bytes: The body.

        Raises:
            UnserializableMedia: The format can't represent the object.
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

        It reads nothing if the length is over the budget, and at most one byte more
        than the budget otherwise.

        Args:
            stream (falcon.typing.ReadableIO): The body.
            content_type (str | None): Ignored.
            content_length (int | None): Its length, if it is known.

        Returns:
            object: The object.

        Raises:
            MediaNotFoundError: The body is empty.
            MediaMalformedError: The body is not well-formed, or not complete.
            HTTPContentTooLarge: It is over a budget.
            HTTPUnsupportedMediaType: It contains something that is not accepted.
            HTTPUnprocessableEntity: It is not valid for the message type.
        """
        media = self._receiver(stream).read(stream, content_length)
        _note_read(stream)
        return media

    def read(self, stream: ReadableIO, content_length: int | None) -> object:
        """Deserialize a body with this handler, whatever the route."""
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
        """Return how many bytes to read: all, or one over the budget if unknown."""
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
        # NOTE: If a client disconnects during its body, Falcon ends the stream there. A
        #   format without an end marker (Protocol Buffers) would accept the partial
        #   body. RFC 9112, section 6.3, calls it incomplete.
        # NOTE: Not `!=`: for a query parameter, Falcon passes the length in characters.
        if content_length is not None and len(data) < content_length:
            raise _malformed(
                f'shorter than its Content-Length of {content_length}',
                data,
                self.handler,
            )
        refused_here(None)
        return self._decode(data)

    def _empty(self, content_length: int | None) -> object:
        # NOTE: A body with Content-Length 0 may be a message, as in Protocol Buffers. A
        #   body of unknown length may be incomplete.
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
        # NOTE: The text after the colon names an option, for the log only.
        why = ex.detail.partition(': ')[0]
        if isinstance(ex, PayloadTooLarge):
            return falcon.HTTPContentTooLarge(title=ex.reason, description=why)
        if isinstance(ex, UnsupportedPayload):
            return falcon.HTTPUnsupportedMediaType(title=ex.reason, description=why)
        if isinstance(ex, InvalidPayload):
            return falcon.HTTPUnprocessableEntity(title=ex.reason)
        return _MalformedBody(ex, f'The request body is malformed: {why}.')


class _MalformedBody(falcon.MediaMalformedError):
    """Falcon's error without the text of its cause, which is only for the log."""

    def __init__(self, error: PayloadError, why: str) -> None:
        super().__init__(str(error.handler))
        self.title = error.reason
        self._why = why

    @property
    def description(self) -> str:
        return self._why

    @description.setter
    def description(self, value: str | None) -> None:
        # NOTE: The constructor of Falcon's class sets it.
        pass


def _read_on(stream: ReadableIO, data: bytes, wanted: int) -> bytes:
    # NOTE: A stream may return fewer bytes than requested. Only an empty result means
    #   that it has ended.
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
        # NOTE: RFC 8259, section 8.1, lets a JSON parser decide.
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
    """The HTTP handlers of a route, one for each handler of the app.

    Args:
        make (Callable): Makes the route's handler for a handler of the app.
    """

    def __init__(
        self, make: Callable[[HTTPHandler | KeptHandler], HTTPHandler]
    ) -> None:
        self._make = make
        # NOTE: Keyed by id; the handler is kept too, so that its id isn't reused.
        self._made: dict[int, tuple[BaseHandler, HTTPHandler]] = {}

    def of(self, handler: HTTPHandler | KeptHandler) -> HTTPHandler:
        """Return the handler of the route; made once."""
        found = self._made.get(id(handler))
        if found is None:
            found = self._made[id(handler)] = handler, self._make(handler)
        return found[1]


class Routes(Protocol):
    """The source of the handlers of a route.

    Attributes:
        handlers (Handlers): The app's handlers.
    """

    @property
    def handlers(self) -> Handlers: ...

    def route(self, base: Handlers, wanted: RouteChoice) -> Handlers:
        """Return the handlers of a route."""

    def http_targets(self, handlers: Handlers) -> Targets | None:
        """Return the HTTP handlers of a route; ``None`` if they are the app's."""


class Current:
    """The current request of a task or thread, and its route.

    NOTE: Nothing clears it. The handlers of the route apply only to the body or the
        response object of this same request. So a context that is reused for the next
        request, an error body or a form part can't be mistaken for it.

    Args:
        routes (Routes): The handlers of the app and of its routes.
        req (falcon.Request): The request.
        resp (falcon.Response): Its response.

    Attributes:
        handlers (Handlers): The handlers of the route, or the app's.
    """

    __slots__ = ('_routes', '_targets', 'handlers', 'req', 'resp')

    def __init__(self, routes: Routes, req: Any, resp: Any) -> None:
        self.handlers = routes.handlers
        self._routes = routes
        self.req = req
        self.resp = resp
        self._targets: Targets | None = None

    def use_route(self, wanted: RouteChoice) -> None:
        """Switch to the types and budgets of a route.

        Raises:
            ConfigError: The body was already read without them. Falcon caches the
                object, so the responder would get that one.
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
        """Return whether the route's handlers apply to a stream."""
        return self._targets is not None and self._is_body(stream)

    def note_read(self, stream: object) -> None:
        """Note that a body has been read."""
        _read.set((stream, self._targets if self._is_body(stream) else None))

    def _is_body(self, stream: object) -> bool:
        req = self.req
        return stream is req.stream or stream is getattr(req, 'bounded_stream', None)

    def sends(self, media: object) -> bool:
        """Return whether an object is the route's response, and not an error body."""
        if self._targets is None or self.handlers.types is None:
            return False
        resp = self.resp
        return resp.media is media and not (
            isinstance(media, dict) and resp.status_code >= _FIRST_ERROR
        )

    def target(self, handler: HTTPHandler | KeptHandler) -> HTTPHandler:
        """Return the route's handler for a handler of the app.

        Call it only if :meth:`reads` or :meth:`sends` is true.
        """
        assert self._targets is not None  # noqa: S101  # as they say
        return self._targets.of(handler)


_FIRST_ERROR = 400

_current: ContextVar[Current | None] = ContextVar('falcon_media_request', default=None)

# NOTE: The body that was read last, and the route's handlers that read it.
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
    """Set the current request of this task or thread."""
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
    """A wrapper that applies budgets and types to the app's own HTTP handler.

    Otherwise it behaves as the handler does.

    Args:
        handler (BaseHandler): The handler.
        tally (Tally): Counters of refused bodies (default: a new one).

    Attributes:
        wrapped (BaseHandler): The handler.
        tally (Tally): Its counters.
        bounded (HTTPHandler | None): The handler that applies the app's budgets.
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
        """Whether it is Falcon's own JSON handler."""
        return isinstance(self.wrapped, JSONHandler)

    def within(self, limits: Limits) -> HTTPHandler | None:
        """Apply budgets to the bodies that the handler receives.

        NOTE: How a custom handler reads a body is unknown, and it may read in pieces.
            So it stays without budgets, and this returns ``None``.
        """
        if not isinstance(self.wrapped, _BUFFERED):
            return None
        return _BoundedHandler(self.wrapped, limits, self.tally)

    def serialize(self, media: object, content_type: str) -> Any:
        """Serialize with the handler, or with the message type of the route."""
        return self._sender(media).serialize(media, content_type)

    async def serialize_async(self, media: object, content_type: str) -> Any:
        """Serialize with the handler, or with the message type of the route."""
        return await self._sender(media).serialize_async(media, content_type)

    def deserialize(
        self,
        stream: ReadableIO,
        content_type: str | None,
        content_length: int | None,
    ) -> object:
        """Deserialize with the handler under budgets, or with the route's type."""
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
        """Deserialize with the handler under budgets, or with the route's type."""
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
    """Yield the HTTP handlers of a route that has types or budgets.

    Args:
        app (falcon.App): The app.
        handlers (Handlers): The handlers of the route.
        targets (Targets): The HTTP handlers of the route.

    Yields:
        tuple: Media type and handler, for the selected media types and JSON.
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
    """One of Falcon's handlers, with budgets for the bodies it receives."""

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
        # NOTE: Raise the same error as without budgets. Falcon's error takes its
        #   description from its cause.
        raise error


def keep_handlers(
    app: falcon.App[Any, Any],
    limits: Limits | None = None,
    tallies: dict[str, tuple[str, Tally]] | None = None,
) -> None:
    """Wrap the app's own HTTP handlers, so that budgets and types apply to them.

    NOTE: Multipart forms are left out: they return a stream of parts with limits of its
        own, and not a message.

    Args:
        app (falcon.App): The app, for WSGI or ASGI.
        limits (Limits): The budgets of Falcon's own handlers (default: only those of a
            route).
        tallies (dict[str, tuple[str, Tally]]): Media type -> name of its handler, and
            its counters; missing entries are added (default: none).
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
    """Make the HTTP handler of a route for a handler of the app.

    Args:
        resolver (Resolver): Makes the handler.
        handler (HTTPHandler | KeptHandler): The handler of the app.
        handlers (Handlers): The handlers of the route, for its types and budgets.
        served (Mapping): The handlers that were selected for HTTP.

    Returns:
        HTTPHandler: A new one; it refuses all bodies if its format does not support
        the message type.
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
    # NOTE: With one key that is not a media type, Falcon ignores `Accept` for all error
    #   bodies.
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
        # NOTE: The budgets are too small for the sample, which is not a schema.
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
    """Middleware that sends an error body as JSON if a schema can't represent it.

    NOTE: An error serializer would replace one that the app has set, and Falcon does
    not tell whether it has. A middleware replaces nothing.

    NOTE: It misses errors from ``process_response()`` of a middleware that was added
    before it. In an app with ``independent_middleware=False``, it also misses errors
    from ``process_request()`` of that middleware. In these cases, a client that prefers
    the type of the schema gets a 500 without a body.
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
        # NOTE: The title alone may match a schema by chance, and would be sent as a
        #   message with another meaning.
        if isinstance(media, dict) and 'title' in media and media.keys() <= _ERROR_KEYS:
            return False
        try:
            handler.encode(media)
        except UnserializableMedia:
            return False
        return True


_ERROR_KEYS = {'title', 'description', 'code', 'link'}
