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
    """The other end of a connection, with the format selected for it.

    :func:`accept` and :func:`select` return one. It is hashable.
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
        """The media handler for sending."""
        if self._batches is not None:
            return self._batches.batching.handler
        return self._outgoing.slot.bound.handler

    @property
    def payload_type(self) -> WebSocketPayloadType:
        """The payload type for sending: TEXT or BINARY."""
        return self._payload_type

    @property
    def subprotocol(self) -> str | None:
        """The negotiated subprotocol, if any."""
        return self._connection.subprotocol

    def __repr__(self) -> str:
        return (
            f'<Peer {self.handler.name} {self._payload_type.name} '
            f'subprotocol={self.subprotocol!r}>'
        )

    async def send(self, media: object) -> None:
        """Send an object, as TEXT or BINARY depending on the handler.

        If the subprotocol batches messages, the message may wait for others; see
        :func:`falcon_media.batched`.

        Raises:
            UnserializableMedia: The format can't represent the object.
            falcon.WebSocketDisconnected: The client has disconnected.
        """
        if self._batches is None:
            # PERF: `async with` takes three coroutines, this takes one.
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
        """Send batched messages that are waiting; do nothing if there are none.

        Raises:
            falcon.WebSocketDisconnected: The client has disconnected.
        """
        if self._batches is not None:
            await self._batches.flush()

    async def receive(self) -> object:
        """Receive the next object.

        Raises:
            PayloadError: The payload is not valid in this format. In a frame with
                several messages, the next call returns the next message; a frame that
                can't be split is dropped as a whole.
            falcon.WebSocketDisconnected: The client has disconnected.
            falcon.OperationNotAllowed: Another task is already receiving.
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
            # NOTE: Another task may be closing the connection. Falcon raises before the
            #   close frame is sent, and servers drop the frame if the responder returns
            #   first.
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
        """Close the connection; do nothing if it is closed.

        Args:
            code (int): A close code that an endpoint may send (RFC 6455, section 7.4):
                1000 to 1003, 1007 to 1014, or 3000 to 4999.
            reason (str): At most 123 bytes in UTF-8 (section 5.5).

        Keyword Args:
            flush (bool): Whether to send waiting messages first (see :meth:`flush`). If
                not, they are dropped.

        Raises:
            ValueError: The code or the reason is not allowed. With these, some servers
                fail or leave the client waiting.

        Note:
            daphne supports only 1000 and 3000 to 4999, and sends no reason. If a server
            refuses a code, the client gets that code plus 3000: 4008 for 1008.
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
                # NOTE: The error has been logged, and the waiting messages are lost.
                with suppress(Exception):
                    await self._batches.flush()
            self._batches.discard()
        async with self._connection.closing:
            await close(self.ws, code, reason)


def outgoing_of(peer: Peer) -> Outgoing:
    """Return the sender of encoded messages to a peer, for a broadcast."""
    return peer._outgoing  # noqa: SLF001  # internal access, hidden from users


async def accept(
    req: Request,
    ws: WebSocket,
    *,
    prefer: Literal['client', 'server'] = 'client',
    fallback: bool | WebSocketPayloadType = False,
    headers: Any = None,
) -> Peer:
    """Accept a connection with a subprotocol that both ends support.

    Afterwards, ``ws.receive_media()`` and ``ws.send_media()`` with the peer's payload
    type use the format of the subprotocol, in all tasks. Frames of the other type are
    refused with 1003.

    Args:
        req (falcon.asgi.Request): The request.
        ws (falcon.asgi.WebSocket): The connection.

    Keyword Args:
        prefer (str): The order of preference: the ``'client'``'s, as RFC 6455 suggests,
            or the ``'server'``'s, which is that of the configuration.
        fallback (bool | falcon.WebSocketPayloadType): Without a common subprotocol,
            accept without one and use the handlers of the route or the app. The peer
            then sends TEXT, or the payload type that is given here.
        headers: For :meth:`falcon.asgi.WebSocket.accept`.

    Returns:
        Peer: The other end.

    Raises:
        SubprotocolNotSupported: The two ends share no subprotocol. By default, the
            client gets 403, and the reason is logged once.
        ConfigError: No subprotocols are configured.
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
    """Select a handler for a connection that the responder accepts itself.

    It replaces the handler of its payload type, from the next message on. The handler
    of the other payload type stays.

    Args:
        req (falcon.asgi.Request): The request.
        handler (str | Use | Handler): As for :func:`falcon_media.install`.

    Returns:
        Peer: The other end, which sends with that handler.

    Raises:
        SetupError: The handler can't be found or made.
        ConfigError: The app has no handlers per connection (see ``per_connection`` of
            :func:`falcon_media.install`), or :func:`accept` has negotiated a
            subprotocol that batches messages of this payload type (see
            :func:`falcon_media.batched`).
    """
    connection = connection_of(req)
    bound = connection.table.selected(handler, connection.handlers)
    connection.select(bound)
    return Peer(connection, bound.payload_type)
