"""Messages to many clients in two formats: a site for each way to send them.

Half of the clients use each of the two formats for which Falcon has default handlers.
So all ways send payloads of the same size (and all except Falcon's the same bytes).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
import socket
from typing import Any

import falcon
from falcon import WebSocketPayloadType
import falcon.asgi

from benchmarks.messages import MESSAGES
from benchmarks.wire.child import need_files
from benchmarks.wire.frames import accept_key
from benchmarks.wire.frames import build_frame
from benchmarks.wire.server import ASGIApp
from benchmarks.wire.server import uvicorn_at
import falcon_media

__all__ = (
    'BATCH',
    'BATCHING_SITES',
    'FORMATS',
    'Frames',
    'MakeSite',
    'Members',
    'Send',
    'SITES',
)

FORMATS = ('json', 'msgpack')
"""Names of the handlers; the subprotocols are the same."""


@dataclass(frozen=True, slots=True)
class Members:
    """Ask for the number of clients that a message would be sent to."""


@dataclass(frozen=True, slots=True)
class Frames:
    """Ask for the number of frames for a number of messages."""

    messages: int


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message to all, a number of times. The answer comes when it is sent."""

    size: str
    messages: int


@cache
def media_of(size: str) -> dict[str, Any]:
    """Return the message of a size; made once, so that sending doesn't include it."""
    return MESSAGES[size].make()


@cache
def payloads(size: str) -> dict[str, Any]:
    """Return the payloads of a message, as falcon-media's handlers make them."""
    media = media_of(size)
    registry = falcon_media.Registry.discover()
    return {
        name: registry.build(name, None, falcon_media.Limits()).serialize(media)
        for name in FORMATS
    }


class _Site:
    """Base class of the sites."""

    def __init__(self, files: int) -> None:
        need_files(files)

    async def do(self, request: Any) -> object:
        """Count the members or the frames, or send."""
        match request:
            case Members():
                return self.members()
            case Frames(messages):
                return self.frames(messages)
            case Send(size, messages):
                for _ in range(messages):
                    await self.send(size)
        return None

    def frames(self, messages: int) -> int:
        """Return the number of frames for a number of messages."""
        return messages

    def members(self) -> int:
        """Return the number of clients that a message would be sent to."""
        raise NotImplementedError

    async def send(self, size: str) -> None:
        """Send the message of a size to all."""
        raise NotImplementedError


class RawSite(_Site):
    """Frames that are built in advance, written to the transports: the lower bound.

    Args:
        files (int): Number of open files that it needs.
        deflate (bool): Whether the frames are compressed, once and for all clients.
    """

    def __init__(self, files: int, deflate: bool) -> None:
        super().__init__(files)
        self._deflate = deflate
        self._transports: dict[asyncio.Transport, str] = {}
        self._frames: dict[str, dict[str, bytes]] = {}

    @asynccontextmanager
    async def serving(self, listener: socket.socket) -> AsyncIterator[None]:
        """Answer handshakes only."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: _Handshake(self._transports, deflate=self._deflate), sock=listener
        )
        yield
        server.close()
        for transport in self._transports:
            transport.abort()

    def members(self) -> int:
        """Return the number of clients."""
        return len(self._transports)

    async def send(self, size: str) -> None:
        """Write the frames."""
        if size not in self._frames:
            self._frames[size] = {
                name: build_frame(payload, deflated=self._deflate)
                for name, payload in payloads(size).items()
            }
        frames = self._frames[size]
        for transport, name in self._transports.items():
            transport.write(frames[name])


class _Handshake(asyncio.Protocol):
    def __init__(
        self, transports: dict[asyncio.Transport, str], *, deflate: bool
    ) -> None:
        self._transports = transports
        self._deflate = deflate
        self._head = b''

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # of a socket
        self._transport = transport

    def connection_lost(self, ex: Exception | None) -> None:
        self._transports.pop(self._transport, None)

    def data_received(self, data: bytes) -> None:
        self._head += data
        if not self._head.endswith(b'\r\n\r\n'):
            return
        lines = self._head.decode('latin-1').split('\r\n')[1:]
        fields = {
            name.lower(): value
            for name, _, value in (line.partition(': ') for line in lines)
        }
        name = fields['sec-websocket-protocol']
        answer = [
            'HTTP/1.1 101 Switching Protocols',
            'Upgrade: websocket',
            'Connection: Upgrade',
            f'Sec-WebSocket-Accept: {accept_key(fields["sec-websocket-key"])}',
            f'Sec-WebSocket-Protocol: {name}',
        ]
        if self._deflate:
            answer.append(
                'Sec-WebSocket-Extensions: permessage-deflate; '
                'server_no_context_takeover'
            )
        self._transport.write('\r\n'.join([*answer, '', '']).encode())
        self._transports[self._transport] = name


class _UvicornSite(_Site):
    """Base class of the sites on uvicorn."""

    app: ASGIApp

    @asynccontextmanager
    async def serving(self, listener: socket.socket) -> AsyncIterator[None]:
        """Serve the app by uvicorn."""
        async with uvicorn_at(listener, self.app):
            yield


class BareSite(_UvicornSite):
    """The same bytes, passed to the server for each client."""

    def __init__(self, files: int, deflate: bool) -> None:
        super().__init__(files)
        self.app = self._serve
        self._sends: dict[Callable[[Any], Any], str] = {}
        self._events: dict[str, dict[str, Any]] = {}

    def members(self) -> int:
        """Return the number of clients."""
        return len(self._sends)

    async def send(self, size: str) -> None:
        """Send to one client after another."""
        if size not in self._events:
            self._events[size] = {
                name: {
                    'type': 'websocket.send',
                    'text' if isinstance(payload, str) else 'bytes': payload,
                }
                for name, payload in payloads(size).items()
            }
        events = self._events[size]
        for send, name in self._sends.items():
            await send(events[name])

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        (name,) = scope['subprotocols']
        await send({'type': 'websocket.accept', 'subprotocol': name})
        self._sends[send] = name
        await receive()
        del self._sends[send]


class BroadcastSite(_UvicornSite):
    """``falcon_media.Broadcast``."""

    def __init__(self, files: int, deflate: bool) -> None:
        super().__init__(files)
        self.group = falcon_media.Broadcast()
        app: falcon.asgi.App[Any, Any] = falcon.asgi.App()
        app.add_route('/', self)
        falcon_media.install(
            app, subprotocols={name: self.chosen(name) for name in FORMATS}
        )
        self.app = app

    def chosen(self, name: str) -> object:
        """Return the argument of ``falcon_media.install()`` for a handler."""
        return name

    def members(self) -> int:
        """Return the number of clients."""
        return len(self.group)

    async def send(self, size: str) -> None:
        """Broadcast the message."""
        await self.group.send(media_of(size))

    async def on_websocket(
        self, req: falcon.asgi.Request, ws: falcon.asgi.WebSocket
    ) -> None:
        """Be a member until the client disconnects."""
        peer = await falcon_media.accept(req, ws)
        with self.group.member(peer):
            async for _ in peer:
                """Ignore messages: clients send none."""


class LoopSite(_UvicornSite):
    """``ws.send_media()`` for each client, with Falcon's own handlers."""

    def __init__(self, files: int, deflate: bool) -> None:
        super().__init__(files)
        self._clients: dict[falcon.asgi.WebSocket, WebSocketPayloadType] = {}
        app: falcon.asgi.App[Any, Any] = falcon.asgi.App()
        app.add_route('/', self)
        self.install(app)
        self.app = app

    def install(self, app: falcon.asgi.App[Any, Any]) -> None:
        """Keep Falcon's handlers."""

    def members(self) -> int:
        """Return the number of clients."""
        return len(self._clients)

    async def send(self, size: str) -> None:
        """Send to one client after another."""
        media = media_of(size)
        for ws, payload_type in self._clients.items():
            await ws.send_media(media, payload_type)

    async def on_websocket(
        self, req: falcon.asgi.Request, ws: falcon.asgi.WebSocket
    ) -> None:
        """Be in the list until the client disconnects."""
        (name,) = ws.subprotocols
        await ws.accept(name)
        self._clients[ws] = (
            WebSocketPayloadType.TEXT
            if name == FORMATS[0]
            else WebSocketPayloadType.BINARY
        )
        try:
            await ws.receive_media()
        except falcon.WebSocketDisconnected:
            return
        finally:
            del self._clients[ws]


class OurLoopSite(LoopSite):
    """The same loop, with falcon-media's handlers."""

    def install(self, app: falcon.asgi.App[Any, Any]) -> None:
        """Install falcon-media's handlers."""
        falcon_media.install(app, text=FORMATS[0], binary=FORMATS[1])


class BatchedSite(BroadcastSite):
    """``falcon_media.Broadcast``, to clients that take many messages in a frame."""

    def chosen(self, name: str) -> object:
        """Return it with bounds that put all messages into one frame."""
        # NOTE: The frame is sent as soon as it has the last message.
        return falcon_media.batched(name, max_delay=60, max_count=BATCH)

    def frames(self, messages: int) -> int:
        """Return the number of batches."""
        return messages // BATCH


BATCH = 20
"""Messages in a frame."""

MakeSite = Callable[[int, bool], _Site]

SITES: dict[str, MakeSite] = {
    'raw write': RawSite,
    'bare ASGI': BareSite,
    'Broadcast': BroadcastSite,
    'send_media loop': OurLoopSite,
    'Falcon loop': LoopSite,
}
"""Ways to send a message, by name."""

BATCHING_SITES: dict[str, MakeSite] = {
    'frame by frame': BroadcastSite,
    'batched': BatchedSite,
}
"""Ways to send several, by name."""
