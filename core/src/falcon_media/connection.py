"""Negotiation by subprotocol, and the ``Peer`` that comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from typing import Any, Literal, Protocol, TYPE_CHECKING

import falcon
from falcon import WebSocketPayloadType

from falcon_media.adopt import refusing
from falcon_media.batching import Batches
from falcon_media.closing import close
from falcon_media.closing import end
from falcon_media.errors import ConfigError
from falcon_media.errors import PayloadError
from falcon_media.errors import SubprotocolNotSupported
from falcon_media.errors import UnserializableMedia
from falcon_media.limits import payload_size

if TYPE_CHECKING:
    from falcon.asgi import Request
    from falcon.asgi import WebSocket

    from falcon_media.batching import Batching
    from falcon_media.binding import BinarySwitch
    from falcon_media.binding import TextSwitch
    from falcon_media.handlers import Handler
    from falcon_media.installing import Installed
    from falcon_media.registry import Use
    from falcon_media.resolve import Bound
    from falcon_media.resolve import Handlers
    from falcon_media.routes import RouteChoice

__all__ = (
    'accept',
    'Connection',
    'connection_of',
    'keep_connection',
    'Peer',
    'select',
)

TEXT = WebSocketPayloadType.TEXT
BINARY = WebSocketPayloadType.BINARY

_SCOPE_KEY = 'falcon_media.connection'


class Slot(Protocol):
    """Where a handler stands, which may be another one for the next message."""

    bound: Bound


class Fixed:
    """A slot where there is no choice by connection."""

    __slots__ = ('bound',)

    def __init__(self, bound: Bound) -> None:
        self.bound = bound


class Connection:
    """The handlers of one WebSocket connection; kept in the ASGI scope.

    Attributes:
        installed (Installed): What was installed into its app.
        ws (falcon.asgi.WebSocket): The connection itself.
        handlers (Handlers): The handlers to choose from: the app's, or the route's.
        subprotocol (str | None): What was negotiated.
        closing (asyncio.Lock): Held while a peer closes the connection.
        turn (asyncio.Lock): Held while a frame is sent, whoever sends it: a peer, its
            batches, or a broadcast.
    """

    __slots__ = (
        '__weakref__',
        '_fallback',
        '_selected',
        '_switches',
        'closing',
        'handlers',
        'installed',
        'subprotocol',
        'turn',
        'ws',
    )

    def __init__(
        self,
        installed: Installed,
        ws: WebSocket,
        switches: tuple[TextSwitch, BinarySwitch] | None,
    ) -> None:
        self.installed = installed
        self.ws = ws
        self.handlers: Handlers = installed.handlers
        self.subprotocol: str | None = None
        self.closing = asyncio.Lock()
        self.turn = asyncio.Lock()
        self._switches = switches
        self._selected: set[WebSocketPayloadType] = set()
        self._fallback: Sequence[Bound] = ()

    def slot(self, payload_type: WebSocketPayloadType) -> Slot:
        """Where the handler in use for a payload type stands."""
        is_text = payload_type is TEXT
        if self._switches is not None:
            return self._switches[0 if is_text else 1]
        return Fixed(self.handlers.text if is_text else self.handlers.binary)

    def in_use(self, payload_type: WebSocketPayloadType) -> Bound:
        """The handler in use for a payload type."""
        return self.slot(payload_type).bound

    def spoken(self) -> list[Bound]:
        """The handlers that the client may send to: one, after negotiation."""
        if self.subprotocol is not None:
            return [self.handlers.subprotocols[self.subprotocol]]
        return [self.in_use(TEXT), self.in_use(BINARY)]

    def use_route(self, wanted: RouteChoice) -> None:
        """Change over to the handlers that a resource or a responder asks for."""
        if self._switches is None:
            raise ConfigError(
                f'{wanted.owner}: its @media_handlers was not found when the app '
                'started: put it above other decorators, or pass per_connection=True '
                'to falcon_media.install()'
            )
        self.handlers = self.installed.route(self.handlers, wanted)
        self.use(self.handlers.text)
        self.use(self.handlers.binary)

    def use(self, bound: Bound) -> None:
        """Change over to a handler, for its payload type."""
        if self._switches is None:
            raise ConfigError(
                'this app had no choice by connection when it started: pass '
                'subprotocols=, or per_connection=True, to falcon_media.install()'
            )
        self._switches[0 if bound.payload_type is TEXT else 1].use(bound)

    def select(self, bound: Bound) -> None:
        """Change over to a handler that a responder chose by itself.

        Where it has a type, the other payload type is not received without that, unless
        its handler was chosen so too.

        Raises:
            ConfigError: There is no choice by connection, or the subprotocol that was
                negotiated says how messages of this payload type stand in frames.
        """
        if self.subprotocol is not None:
            spoken = self.handlers.subprotocols[self.subprotocol]
            # NOTE: Messages may wait, and the client counts on the form of the frames.
            if spoken.batching and spoken.payload_type is bound.payload_type:
                raise ConfigError(
                    f'select() can not replace {spoken.choice.value} of subprotocol '
                    f'{self.subprotocol!r}, which puts many messages into one frame: '
                    'offer another subprotocol for this format, without batched()'
                )
        self.use(bound)
        self._selected.add(bound.payload_type)
        other = BINARY if bound.payload_type is TEXT else TEXT
        if self.subprotocol is None and other not in self._selected:
            handlers = self.handlers
            text, binary = self._fallback or (handlers.text, handlers.binary)
            kept = text if other is TEXT else binary
            if bound.receive is not None and bound.receive != kept.receive:
                kept = self.installed.send_only(kept)
            self.use(kept)

    def negotiate(
        self, prefer: Literal['client', 'server'], *, fall_back: bool
    ) -> Bound | None:
        """Change over to what the client and the server both speak.

        Returns:
            Bound | None: The handler; ``None`` for those of the app or the route, as
            they are.

        Raises:
            SubprotocolNotSupported: There is none, and it must not fall back.
            ConfigError: There is nothing to choose from.
        """
        supported = self.handlers.subprotocols
        if not supported and not fall_back:
            raise ConfigError(
                'no subprotocols to choose from: pass subprotocols= to '
                'falcon_media.install() or to @falcon_media.media_handlers()'
            )
        offered = self.ws.subprotocols
        first, second = (
            (offered, supported) if prefer == 'client' else (supported, offered)
        )
        self.subprotocol = next((name for name in first if name in second), None)
        if self.subprotocol is None:
            if fall_back:
                # NOTE: Without subprotocols, they are in use already.
                self._fallback = self.handlers.fallback if supported else ()
                for bound in self._fallback:
                    is_selected = bound.payload_type in self._selected
                    if bound.full is not None and not is_selected:
                        self.use(bound)
                return None
            raise SubprotocolNotSupported(
                'the client offers no subprotocol that is spoken here',
                offered=offered,
                supported=tuple(supported),
            )
        bound = supported[self.subprotocol]
        in_use = bound
        if bound.batching is not None:
            in_use = bound._replace(handler=bound.batching.one_message)
        self.use(in_use)
        other = BINARY if bound.payload_type is TEXT else TEXT
        self.use(bound._replace(handler=_refusing(other), payload_type=other))
        return bound


@cache
def _refusing(payload_type: WebSocketPayloadType) -> Handler:
    spoken = 'BINARY' if payload_type is TEXT else 'TEXT'
    return refusing(payload_type, f'the subprotocol speaks {spoken} alone')


def connection_of(req: Request) -> Connection:
    """The connection that a request belongs to.

    Raises:
        ConfigError: ``falcon_media.install()`` was not called for its app.
    """
    # NOTE: Not in req.context, which is of the app's own type: a dict, or slots.
    found = getattr(req, 'scope', {}).get(_SCOPE_KEY)
    if isinstance(found, Connection):
        return found
    raise ConfigError(
        'call falcon_media.install() on this app first: without it, its connections '
        'have no handlers to choose from'
    )


def keep_connection(req: Request, connection: Connection) -> None:
    """Keep a connection with its request, for :func:`connection_of`."""
    req.scope[_SCOPE_KEY] = connection


class Peer:
    """The other end of a connection, in the format that was chosen for it.

    Made by :func:`accept` and :func:`select`. Hashable, to be kept in a set.
    """

    __slots__ = (
        '__weakref__',
        '_batches',
        '_connection',
        '_payload_type',
        '_receiving',
        'send_payload',
        'slot',
        'turn',
    )

    def __init__(
        self,
        connection: Connection,
        payload_type: WebSocketPayloadType,
        batches: Batches | None = None,
    ) -> None:
        self._connection = connection
        self._payload_type = payload_type
        self._receiving = False
        self._batches = batches
        # PERF: For a broadcast, which takes them when the peer joins; each member then
        #   costs neither a property nor the frame of write().
        ws = connection.ws
        self.slot = connection.slot(payload_type)
        self.turn = connection.turn
        self.send_payload: Any = ws.send_text if payload_type is TEXT else ws.send_data

    @property
    def ws(self) -> WebSocket:
        """The WebSocket itself."""
        return self._connection.ws

    @property
    def handler(self) -> Handler:
        """The media handler for what is sent."""
        if self._batches is not None:
            return self._batches.batching.handler
        return self.slot.bound.handler

    @property
    def maker(self) -> Handler | Batching:
        """What makes what :meth:`write` takes: the handler, or its batching."""
        batches = self._batches
        return self.slot.bound.handler if batches is None else batches.batching

    @property
    def payload_type(self) -> WebSocketPayloadType:
        """The payload type of what is sent: TEXT or BINARY."""
        return self._payload_type

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that was negotiated, if one was."""
        return self._connection.subprotocol

    def __repr__(self) -> str:
        return (
            f'<Peer {self.handler.name} {self._payload_type.name} '
            f'subprotocol={self.subprotocol!r}>'
        )

    async def send(self, media: object) -> None:
        """Send an object, as TEXT or BINARY, as the handler needs.

        Where the subprotocol puts many messages into one frame, it may wait for others;
        see :func:`falcon_media.batched`.

        Raises:
            UnserializableMedia: The format can't carry it.
            falcon.WebSocketDisconnected: The client has left.
        """
        if self._batches is None:
            # PERF: `async with` takes three coroutines, and this one.
            await self.turn.acquire()
            try:
                await self.ws.send_media(media, self._payload_type)
            finally:
                self.turn.release()
        else:
            batching = self._batches.batching
            try:
                part = batching.part(batching.handler.serialize(media))
            except UnserializableMedia as ex:
                self.slot.bound.tally.refuse(ex)
                raise
            await self._batches.put(part, payload_size(part))

    async def flush(self) -> None:
        """Send what waits for others to come; does nothing where nothing does.

        Raises:
            falcon.WebSocketDisconnected: The client has left.
        """
        if self._batches is not None:
            await self._batches.flush()

    async def write(self, payload: str | bytes, size: int) -> None:
        """Send what was made for this peer already; see :class:`Prepared`.

        Args:
            payload (str | bytes): A payload, or a part of a frame, by :attr:`maker`.
            size (int): Its bytes; of a text, in UTF-8.

        Raises:
            falcon.WebSocketDisconnected: The client has left.
        """
        if self._batches is not None:
            await self._batches.put(payload, size)
            return
        async with self.turn:
            await self.send_payload(payload)
        tally = self.slot.bound.tally
        tally.sent += 1
        tally.sent_bytes += size

    def offer(self, payload: str | bytes, size: int) -> bool:
        """Do as :meth:`write`, if it need neither wait nor raise for that.

        Returns:
            bool: Whether it was done; it is only where it waits for others to come.
        """
        return self._batches is not None and self._batches.offer(payload, size)

    async def receive(self) -> object:
        """Receive the next object.

        Raises:
            PayloadError: What came is no object in this format. In a frame of many
                messages those before it have been received, and the next call gives
                the one after it; of a frame that can't be told apart, none.
            falcon.WebSocketDisconnected: The client has left.
            falcon.OperationNotAllowed: Another task is receiving already.
        """
        if self._receiving:
            raise falcon.OperationNotAllowed(
                'another task is receiving from this peer: one at a time'
            )
        self._receiving = True
        try:
            if self._batches is None:
                return await self.ws.receive_media()
            try:
                return await self._batches.receive()
            except PayloadError as ex:
                self.slot.bound.tally.refuse(ex)
                raise
        except falcon.WebSocketDisconnected:
            if self._batches is not None:
                self._batches.discard()
            # NOTE: Another task may be closing it. Falcon says so at once, and when a
            #   responder returns before the close frame is out, servers drop the frame.
            async with self._connection.closing:
                raise
        finally:
            self._receiving = False

    def __aiter__(self) -> AsyncIterator[object]:
        return self

    async def __anext__(self) -> object:
        try:
            return await self.receive()
        except falcon.WebSocketDisconnected:
            raise StopAsyncIteration from None

    async def close(
        self, code: int = 1000, reason: str | None = None, *, flush: bool = True
    ) -> None:
        """Close the connection; does nothing where it is closed.

        Args:
            code (int): A close code that an endpoint may send (RFC 6455, section 7.4):
                1000 to 1003, 1007 to 1014, or 3000 to 4999.
            reason (str): At most 123 bytes in UTF-8 (section 5.5).

        Keyword Args:
            flush (bool): Whether what waits is sent before (see :meth:`flush`). If not,
                it is dropped.

        Raises:
            ValueError: The code or the reason may not be sent. Some servers hang the
                client, or fail, if they are given it all the same.

        Note:
            Where the server refuses a code of the protocol's own, such as daphne, which
            sends 1000 and 3000 to 4999 alone, the client gets that code plus 3000: 4008
            for 1008. daphne sends no reason.
        """
        if not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):
            raise ValueError(
                f'close code {code} may not be sent: use 1000 to 1003, 1007 to 1014, '
                'or 3000 to 4999'
            )
        if reason is not None and len(reason.encode()) > 123:
            raise ValueError(
                f'the close reason takes {len(reason.encode())} bytes, and 123 is the '
                'most'
            )
        if self._batches is not None:
            if flush:
                # NOTE: Whatever it is, it has been logged, and what waited is lost.
                with suppress(Exception):
                    await self._batches.flush()
            self._batches.discard()
        async with self._connection.closing:
            await close(self.ws, code, reason)

    async def end(self, code: int, reason: str) -> str:
        """Close the connection whatever the server does, and drop what waits.

        Args:
            code (int): As for :meth:`close`.
            reason (str): Likewise.

        Returns:
            str: How it ended, for a log.
        """
        if self._batches is not None:
            self._batches.discard()
        async with self._connection.closing:
            return await end(self.ws, code, reason)


async def accept(
    req: Request,
    ws: WebSocket,
    *,
    prefer: Literal['client', 'server'] = 'client',
    fallback: bool | WebSocketPayloadType = False,
    headers: Any = None,
) -> Peer:
    """Accept a connection in a subprotocol that both ends speak.

    From then on ``ws.receive_media()``, and ``ws.send_media()`` with the peer's payload
    type, speak the format that goes with it, whichever task calls them; frames of the
    other type are refused with 1003.

    Args:
        req (falcon.asgi.Request): The request.
        ws (falcon.asgi.WebSocket): The connection.

    Keyword Args:
        prefer (str): Whose order decides: the ``'client'``'s, as RFC 6455 suggests, or
            the ``'server'``'s, which is that of the configuration.
        fallback (bool | falcon.WebSocketPayloadType): Where nothing fits, accept
            without a subprotocol and speak the handlers of the route or the app; the
            peer then sends TEXT, or what is given here.
        headers: For :meth:`falcon.asgi.WebSocket.accept`.

    Returns:
        Peer: The other end.

    Raises:
        SubprotocolNotSupported: Nothing fits. By default, the client is answered 403,
            and the log says why, once.
        ConfigError: There are no subprotocols to choose from.
    """
    connection = connection_of(req)
    bound = connection.negotiate(prefer, fall_back=fallback is not False)
    await ws.accept(connection.subprotocol, headers)
    if bound is not None:
        batches = None
        if bound.batching is not None:
            batches = Batches(ws, bound.batching, bound.tally, connection.turn)
        return Peer(connection, bound.payload_type, batches)
    is_type = isinstance(fallback, WebSocketPayloadType)
    return Peer(connection, fallback if is_type else TEXT)  # type: ignore[arg-type]  # as is_type says


def select(req: Request, handler: str | Use | Handler) -> Peer:
    """Choose a handler for a connection that the responder accepts by itself.

    It takes the place of the present one for its payload type, beginning with the next
    message; the other payload type stays as it is.

    Args:
        req (falcon.asgi.Request): The request.
        handler (str | Use | Handler): As for :func:`falcon_media.install`.

    Returns:
        Peer: The other end, sending by that handler.

    Raises:
        SetupError: The handler can't be had.
        ConfigError: The app has no choice by connection: see ``per_connection`` of
            :func:`falcon_media.install`. Or :func:`accept` has negotiated a subprotocol
            with :func:`falcon_media.batched` for this payload type, whose frames the
            client expects.
    """
    connection = connection_of(req)
    bound = connection.installed.named(handler, connection.handlers)
    connection.select(bound)
    return Peer(connection, bound.payload_type)
