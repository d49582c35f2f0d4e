"""From accept to the end of a connection, whoever ends it."""

from __future__ import annotations

import asyncio
import itertools
import logging
from typing import Any, TYPE_CHECKING

import falcon
from falcon.asgi import App
from falcon.asgi import Request
from falcon.asgi import Response
from falcon.asgi import WebSocket
import pytest
from websockets.exceptions import InvalidStatus

import falcon_media

if TYPE_CHECKING:
    from tests.e2e.conftest import Server


def test_an_implicit_close_is_1000(server: Server, app: App[Any, Any]) -> None:
    class Returns:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            await ws.accept()

    app.add_route('/', Returns())
    with server.serving(app), server.connect() as client:
        assert client.closed_with() == (1000, 'Normal Closure')


def test_a_repeated_close_does_nothing(server: Server, app: App[Any, Any]) -> None:
    class ClosesTwice:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            await ws.accept()
            await ws.close(4000, 'enough')
            assert ws.closed
            await ws.close(4001, 'not sent')

    app.add_route('/', ClosesTwice())
    with server.serving(app), server.connect() as client:
        assert client.closed_with() == (4000, 'enough')


@pytest.mark.parametrize('abruptly', [False, True])
def test_receiving_from_a_client_that_left(
    server: Server, app: App[Any, Any], abruptly: bool
) -> None:
    closed = []

    class Receiver:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            await ws.accept()
            with pytest.raises(falcon.WebSocketDisconnected):
                await ws.receive_media()
            closed.append((ws.ready, ws.closed))
            await ws.close()

    app.add_route('/', Receiver())
    with server.serving(app), server.connect() as client:
        if abruptly:
            client.vanish()
    assert closed == [(False, True)]


@pytest.mark.parametrize('abruptly', [False, True])
def test_sending_to_a_client_that_left(
    server: Server, app: App[Any, Any], abruptly: bool
) -> None:
    sent: list[int] = []

    class Sender:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            await ws.accept()
            with pytest.raises(falcon.WebSocketDisconnected):
                await self.count(ws)
            assert not ws.ready

        async def count(self, ws: WebSocket) -> None:
            for number in itertools.count():
                await ws.send_media(number)
                sent.append(number)
                await asyncio.sleep(0)

    app.add_route('/', Sender())
    # NOTE: A client that stops reading has no room for the server's close frame.
    with server.serving(app), server.connect(max_queue=None) as client:
        assert client.recv() == '0'
        if abruptly:
            client.vanish()
    assert sent


def test_an_unhandled_disconnect_is_worth_a_debug_line(
    server: Server, app: App[Any, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, 'falcon')

    class Receiver:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            await ws.accept()
            await ws.receive_media()

    app.add_route('/', Receiver())
    with server.serving(app), server.connect():
        pass
    lines = [record for record in caplog.records if record.name.startswith('falcon')]
    assert [record.levelname for record in lines] == ['DEBUG']
    assert 'WebSocket client disconnected' in lines[0].getMessage()


def test_an_error_handler_gets_the_websocket(
    server: Server, app: App[Any, Any]
) -> None:
    class QuotaExceeded(Exception):
        pass

    seen = []

    async def close_politely(
        req: Request,
        resp: Response | None,
        ex: Exception,
        params: dict[str, Any],
        ws: WebSocket | None = None,
    ) -> None:
        assert ws is not None
        seen.append((resp, params))
        await ws.send_media({'error': str(ex)})
        await ws.close(4029)

    class Resource:
        async def on_websocket(
            self, req: Request, ws: WebSocket, account_id: str
        ) -> None:
            await ws.accept()
            raise QuotaExceeded('come back tomorrow')

    app.add_error_handler(QuotaExceeded, close_politely)
    app.add_route('/{account_id}', Resource())
    with server.serving(app), server.connect('/ann') as client:
        assert client.recv() == '{"error":"come back tomorrow"}'
        assert client.closed_with() == (4029, '')
    assert seen == [(None, {'account_id': 'ann'})]


@pytest.mark.parametrize(
    ('error', 'close'),
    [
        (falcon.HTTPForbidden(), (3403, 'Forbidden')),
        (falcon.HTTPStatus(falcon.HTTP_202), (3202, 'Accepted')),
        (ZeroDivisionError('oops'), (1011, 'Internal Server Error')),
    ],
)
def test_other_errors_after_accept_are_falcons(
    server: Server,
    app: App[Any, Any],
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    close: tuple[int, str],
) -> None:
    class Resource:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            await ws.accept()
            raise error

    app.add_route('/', Resource())
    with server.serving(app), server.connect() as client:
        assert client.closed_with() == close
    assert [record.name for record in caplog.records] == ['falcon']
    has_traceback = caplog.records[0].exc_info is not None
    assert has_traceback == (close[0] == 1011)


class Recorder:
    """Middleware that writes down what it is called with."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    async def process_request_ws(self, req: Request, ws: WebSocket) -> None:
        assert ws.unaccepted
        self.calls.append(('request', req.path))

    async def process_resource_ws(
        self, req: Request, ws: WebSocket, resource: object, params: dict[str, Any]
    ) -> None:
        self.calls.append(('resource', req.path, type(resource).__name__, params))


def test_middleware_has_both_hooks(server: Server, app: App[Any, Any]) -> None:
    class Resource:
        async def on_websocket(
            self, req: Request, ws: WebSocket, account_id: str
        ) -> None:
            await ws.accept()
            await ws.send_media({'account': account_id})

    recorder = Recorder()
    app.add_middleware(recorder)
    app.add_route('/{account_id}', Resource())
    with server.serving(app), server.connect('/ann') as client:
        assert client.recv() == '{"account":"ann"}'
    assert recorder.calls == [
        ('request', '/ann'),
        ('resource', '/ann', 'Resource', {'account_id': 'ann'}),
    ]


def test_middleware_may_refuse(server: Server, app: App[Any, Any]) -> None:
    class Gate:
        async def process_request_ws(self, req: Request, ws: WebSocket) -> None:
            raise falcon.HTTPForbidden

    class Resource:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            raise NotImplementedError

    app.add_middleware(Gate())
    app.add_route('/', Resource())
    with server.serving(app), pytest.raises(InvalidStatus), server.connect():
        pytest.fail('the handshake was accepted')


def test_a_sink_takes_websockets(server: Server, app: App[Any, Any]) -> None:
    async def sink(
        req: Request,
        resp: Response | None,
        ws: WebSocket | None = None,
        **params: str,
    ) -> None:
        assert resp is None
        assert ws is not None
        await ws.accept()
        await ws.send_media(await ws.receive_media())

    recorder = Recorder()
    app.add_middleware(recorder)
    app.add_sink(sink, '/sink')
    with server.serving(app), server.connect('/sink/any') as client:
        client.send(b'\x07')
        assert client.recv() == '7'
    assert recorder.calls == [('request', '/sink/any')]


def test_a_source_and_a_sink_in_parallel(server: Server, app: App[Any, Any]) -> None:
    ends = []

    class Resource:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            await ws.accept()
            inbox: asyncio.Queue[object] = asyncio.Queue()

            async def sink() -> None:
                while True:
                    inbox.put_nowait(await ws.receive_media())

            async def source() -> None:
                await ws.send_media('hello')
                while ws.ready:
                    await ws.send_media({'you said': await inbox.get()})

            tasks = [asyncio.create_task(sink()), asyncio.create_task(source())]
            done, pending = await asyncio.wait(
                tasks, return_when=asyncio.FIRST_COMPLETED
            )
            for task in pending:
                task.cancel()
            ends.extend(await asyncio.gather(*tasks, return_exceptions=True))
            assert done == {tasks[0]}

    app.add_route('/', Resource())
    with server.serving(app), server.connect() as client:
        assert client.recv() == '"hello"'
        client.send('1')
        client.send('2')
        assert client.recv() == '{"you said":1}'
        assert client.recv() == '{"you said":2}'
    assert [type(end) for end in ends] == [
        falcon.WebSocketDisconnected,
        asyncio.CancelledError,
    ]


def test_a_bad_payload_in_a_parallel_task_closes_as_in_a_responder(
    server: Server, app: App[Any, Any]
) -> None:
    class Resource:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            await ws.accept()
            await asyncio.create_task(ws.receive_media())

    app.add_route('/', Resource())
    with server.serving(app), server.connect() as client:
        client.send('nonsense')
        assert client.closed_with() == (1007, falcon_media.MalformedPayload.reason)
