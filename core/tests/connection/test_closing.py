"""Closing a connection on servers that refuse codes, raise, hang or disconnect."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
import logging
from typing import Any

import falcon.asgi
import falcon.testing
import pytest

import falcon_media
from falcon_media.connection import closing

Event = dict[str, Any]


class Server:
    """A server at the level of ASGI, whose client sends something malformed."""

    def __init__(self, fail: Callable[[Event], BaseException | None]) -> None:
        self.fail = fail
        self.tried: list[int] = []
        self.closed: int | None = None
        self.hangs = asyncio.Event()
        self.events: list[Event] = [
            {'type': 'websocket.connect'},
            {'type': 'websocket.receive', 'text': '[1'},
        ]

    async def receive(self) -> Event:
        if not self.events:
            await asyncio.Event().wait()
        return self.events.pop(0)

    async def send(self, event: Event) -> None:
        if event['type'] != 'websocket.close':
            return
        self.tried.append(event['code'])
        failure = self.fail(event)
        if failure is HANG:
            self.hangs.set()
            await asyncio.Event().wait()
        if failure is not None:
            raise failure
        self.closed = event['code']


class Receives:
    async def on_websocket(self, req: Any, ws: Any) -> None:
        peer = await falcon_media.accept(req, ws, fallback=True)
        await peer.receive()


class Closes:
    async def on_websocket(self, req: Any, ws: Any) -> None:
        peer = await falcon_media.accept(req, ws, fallback=True)
        await peer.close(int(req.get_param('code')))


class RefusesBeforeItAccepts:
    async def on_websocket(self, req: Any, ws: Any) -> None:
        raise falcon_media.MalformedPayload('a query')


class ClosesAndRaises:
    async def on_websocket(self, req: Any, ws: Any) -> None:
        peer = await falcon_media.accept(req, ws, fallback=True)
        try:
            await peer.receive()
        finally:
            await peer.close(4000)


async def serve(server: Server, resource: Any, query: str = '') -> None:
    app = falcon.asgi.App()
    app.add_route('/', resource)
    falcon_media.install(app)
    # NOTE: Falcon's task would take the first cancellation for its own.
    app.ws_options.max_receive_queue = 0
    scope = falcon.testing.create_scope_ws(query_string=query)
    await app(scope, server.receive, server.send)


def as_daphne(event: Event) -> BaseException | None:
    if 1000 < event['code'] < 3000:
        return Exception('invalid close code (must be 1000 or from [3000, 4999])')
    return None


def as_any(event: Event) -> BaseException | None:
    return None


HANG = TimeoutError()


def hangs(event: Event) -> BaseException | None:
    return HANG


def always(ex: BaseException) -> Callable[[Event], BaseException]:
    return lambda event: ex


@pytest.mark.parametrize(
    ('resource', 'fail', 'closed', 'outcome'),
    [
        (Receives, as_any, 1007, 'closed with 1007'),
        (
            Receives,
            as_daphne,
            4007,
            'closed with 4007, since the server does not send 1007',
        ),
        (Receives, always(OSError()), None, 'the client disconnected first'),
        (
            Receives,
            always(RuntimeError()),
            None,
            'not closed: the server raised RuntimeError',
        ),
        (
            Receives,
            always(asyncio.CancelledError()),
            None,
            'not closed: the server raised CancelledError',
        ),
        (RefusesBeforeItAccepts, as_any, 1007, 'handshake refused with 403'),
        (ClosesAndRaises, as_any, 4000, 'already closed'),
    ],
)
def test_the_log_says_how_a_refusal_ended(
    caplog: pytest.LogCaptureFixture,
    resource: Any,
    fail: Any,
    closed: int | None,
    outcome: str,
) -> None:
    server = Server(fail)
    asyncio.run(asyncio.wait_for(serve(server, resource()), 10))
    assert server.closed == closed
    (line,) = [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.WARNING
    ]
    assert f'; {outcome}; peer' in line


def test_a_server_that_does_not_finish_times_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(closing, '_PATIENCE', 0)
    asyncio.run(asyncio.wait_for(serve(Server(hangs), Receives()), 10))
    assert '; not closed: the server did not finish within 0 s; peer' in caplog.text


def test_a_refusal_is_logged_even_if_its_task_is_cancelled(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def run() -> None:
        server = Server(hangs)
        call = asyncio.create_task(serve(server, Receives()))
        await server.hangs.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    asyncio.run(asyncio.wait_for(run(), 10))
    assert '; closing was cancelled; peer' in caplog.text


@pytest.mark.parametrize('code', [1001, 1008, 1013, 1014])
def test_an_unsupported_close_code_is_sent_plus_3000(code: int) -> None:
    server = Server(as_daphne)
    asyncio.run(serve(server, Closes(), f'code={code}'))
    assert (server.tried, server.closed) == ([code, code + 3000], code + 3000)


@pytest.mark.parametrize('code', [1000, 3000, 4999])
def test_a_code_that_every_server_supports_is_tried_once(code: int) -> None:
    server = Server(always(RuntimeError('broken')))
    with pytest.raises(RuntimeError, match='broken'):
        asyncio.run(serve(server, Closes(), f'code={code}'))
    assert code + 3000 not in server.tried
