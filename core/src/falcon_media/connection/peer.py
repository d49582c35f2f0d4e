"""The other end of a connection: ``accept``, ``select`` and ``Peer``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Literal, TYPE_CHECKING

import falcon
from falcon import WebSocketPayloadType

from falcon_media.connection.batches import Batches
from falcon_media.connection.closing import close
from falcon_media.connection.connection import Connection
from falcon_media.connection.connection import connection_of
from falcon_media.connection.outgoing import Outgoing
from falcon_media.errors import PayloadError
from falcon_media.errors import UnserializableMedia
from falcon_media.limits import payload_size

if TYPE_CHECKING:
    from falcon.asgi import Request
    from falcon.asgi import WebSocket

    from falcon_media.plugins.use import Use
    from falcon_media.protocol.handlers import Handler

__all__ = (
    'accept',
    'outgoing_of',
    'Peer',
    'select',
)

TEXT = WebSocketPayloadType.TEXT


class Peer:
    """The other end of a connection, in the format that was chosen for it.

    Made by :func:`accept` and :func:`select`. Hashable, to be kept in a set.
    """

    __slots__ = (
        '__weakref__',
        '_batches',
        '_connection',
        '_outgoing',
        '_payload_type',
        '_receiving',
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
        self._outgoing = Outgoing(connection, payload_type, batches)

    @property
    def ws(self) -> WebSocket:
        """The WebSocket itself."""
        return self._connection.ws

    @property
    def handler(self) -> Handler:
        """The media handler for what is sent."""
        if self._batches is not None:
            return self._batches.batching.handler
        return self._outgoing.slot.bound.handler

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
            turn = self._outgoing.turn
            await turn.acquire()
            try:
                await self.ws.send_media(media, self._payload_type)
            finally:
                turn.release()
        else:
            batching = self._batches.batching
            try:
                part = batching.part(batching.handler.serialize(media))
            except UnserializableMedia as ex:
                self._outgoing.slot.bound.tally.refuse(ex)
                raise
            await self._batches.put(part, payload_size(part))

    async def flush(self) -> None:
        """Send what waits for others to come; does nothing where nothing does.

        Raises:
            falcon.WebSocketDisconnected: The client has left.
        """
        if self._batches is not None:
            await self._batches.flush()

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
                'another task is already receiving from this peer: receive in one task'
            )
        self._receiving = True
        try:
            if self._batches is None:
                return await self.ws.receive_media()
            try:
                return await self._batches.receive()
            except PayloadError as ex:
                self._outgoing.slot.bound.tally.refuse(ex)
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
                f'the close reason has {len(reason.encode())} bytes in UTF-8; the '
                'maximum is 123'
            )
        if self._batches is not None:
            if flush:
                # NOTE: Whatever it is, it has been logged, and what waited is lost.
                with suppress(Exception):
                    await self._batches.flush()
            self._batches.discard()
        async with self._connection.closing:
            await close(self.ws, code, reason)


def outgoing_of(peer: Peer) -> Outgoing:
    """Return the way of encoded messages to a peer, for a broadcast."""
    return peer._outgoing  # noqa: SLF001  # a friend of the class, which users don't see


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
    bound = connection.table.selected(handler, connection.handlers)
    connection.select(bound)
    return Peer(connection, bound.payload_type)
