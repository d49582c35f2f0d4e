"""Each way to close a connection ends it on every server, and the log is true."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
import logging
import threading
from typing import Any, TYPE_CHECKING

from falcon.asgi import App
from falcon.asgi import Request
from falcon.asgi import WebSocket
import pytest
from websockets.exceptions import ConnectionClosed

import falcon_media
from falcon_media import Broadcast

if TYPE_CHECKING:
    from tests.e2e.conftest import Server

TIMEOUT = 60

CODES = (1000, 1001, 1002, 1003, *range(1007, 1015), 3000, 3999, 4000, 4999)


@dataclass
class Reading:
    """The type of messages that the route for them takes."""

    celsius: float


class Refusing:
    """Run into an error of ours, and leave it to the default."""

    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        peer = await falcon_media.accept(req, ws, fallback=True)
        async for media in peer:
            await peer.send({1, 2} if media == 'a set' else media)


@falcon_media.media_handlers(receive=Reading)
class Typed(Refusing):
    pass


class OneType:
    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        await ws.accept()
        await ws.receive_text()


class Closing:
    """Close as the client asks, by the app's own call."""

    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        peer = await falcon_media.accept(req, ws, fallback=True)
        code: Any = await peer.receive()
        await peer.close(code, 'the reason')


class LongReason:
    def __init__(self) -> None:
        self.raised: list[str] = []

    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        peer = await falcon_media.accept(req, ws, fallback=True)
        try:
            await peer.close(4000, 'é' * 62)
        except ValueError as ex:
            self.raised.append(str(ex))
            await peer.close(4000, 'é' * 61 + '!')


def app_with(resource: Any, **options: Any) -> App[Any, Any]:
    app = App()
    app.add_route('/', resource)
    falcon_media.install(app, **options)
    return app


def lines(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.levelno >= logging.WARNING]


REFUSALS: dict[str, tuple[Any, str | bytes, int, str]] = {
    'malformed': (Refusing, '[1', 1007, 'Malformed payload'),
    'invalid': (Typed, '{"celsius": "warm"}', 1007, 'Invalid payload'),
    'unsupported': (OneType, b'\x01', 1003, 'Unsupported payload'),
    'too large': (Refusing, '[' * 65 + ']' * 65, 1009, 'Payload too large'),
    'unserializable': (Refusing, '"a set"', 1011, 'Internal Server Error'),
}


@pytest.mark.parametrize('name', REFUSALS)
def test_a_refusal_ends_the_connection(
    any_server: Server, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    resource, payload, code, reason = REFUSALS[name]
    app = app_with(resource(), text='json')
    expected = any_server.close(code, reason)
    with any_server.serving(app), any_server.connect() as client:
        client.send(payload)
        assert client.closed_with() == expected
    (record,) = lines(caplog)
    assert f'closed with {expected[0]}' in record.getMessage()


@pytest.mark.parametrize('code', CODES)
def test_an_app_closes_with_a_code(
    any_server: Server, caplog: pytest.LogCaptureFixture, code: int
) -> None:
    app = app_with(Closing(), text='json')
    with any_server.serving(app), any_server.connect() as client:
        client.send(str(code))
        assert client.closed_with() == any_server.close(code, 'the reason')
    assert not lines(caplog)


def test_a_reason_is_never_too_long_for_a_server(any_server: Server) -> None:
    resource = LongReason()
    app = app_with(resource, text='json')
    with any_server.serving(app), any_server.connect() as client:
        assert client.closed_with() == any_server.close(4000, 'é' * 61 + '!')
    assert 'has 124 bytes' in resource.raised[0]


class Room:
    """A group whose members say what is to be broadcast."""

    def __init__(self, **options: Any) -> None:
        self.group = Broadcast(**options)

    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        peer = await falcon_media.accept(req, ws, fallback=True)
        with self.group.member(peer):
            await peer.send('joined')
            async for media in peer:
                await self.group.send(media)


def test_who_sends_what_can_not_be_sent_is_closed_and_nobody_else_is(
    any_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    room = Room()
    expected = any_server.close(1011, 'Internal Server Error')
    with (
        any_server.serving(app_with(room)),
        any_server.connect() as hears,
        any_server.connect() as says,
    ):
        for client in (hears, says):
            assert client.recv() == '"joined"'
        says.send('"\\ud800"')
        assert says.closed_with() == expected
        hears.send('"still here"')
        assert hears.recv() == '"still here"'
    (record,) = lines(caplog)
    assert 'half a surrogate pair' in record.getMessage()
    assert f'closed with {expected[0]}' in record.getMessage()


class Flooding:
    """Send a client more than it reads, until it is dropped."""

    def __init__(self) -> None:
        self.group = Broadcast(max_queue=4)
        self.stopped = threading.Event()
        self.sent = 0

    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        peer = await falcon_media.accept(req, ws, fallback=True)
        flooding = asyncio.create_task(self.flood(peer))
        with self.group.member(peer):
            async for _ in peer:
                pass
        await flooding

    async def flood(self, peer: Any) -> None:
        media = 'x' * 2**16
        for self.sent in range(1024):
            if peer not in self.group:
                break
            await self.group.send(media)
        self.stopped.set()


def test_a_slow_member_is_closed(
    any_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    resource = Flooding()
    app = app_with(resource, text='json')
    expected = any_server.close(1013, 'Too slow')
    # NOTE: It stops to read after the first frame.
    with any_server.serving(app), any_server.connect(max_queue=1) as client:
        assert resource.stopped.wait(TIMEOUT)
        assert (resource.sent < 1023) == any_server.drops_slow_clients
        if any_server.drops_slow_clients:
            with suppress(ConnectionClosed):
                while True:
                    client.recv()
            assert client.closed_with() == expected
        else:
            client.vanish()
    if any_server.drops_slow_clients:
        (record,) = lines(caplog)
        assert f'closed with {expected[0]}' in record.getMessage()
