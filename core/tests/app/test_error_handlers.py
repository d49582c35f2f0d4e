"""Default error responses and logging.

Frames are tested end to end, on real servers.
"""

from __future__ import annotations

import logging
from typing import Any

import falcon
import falcon.asgi
import falcon.testing
import pytest

import falcon_media
from falcon_media import MediaError
from falcon_media import PayloadError
from falcon_media.app.http import http_handler
from falcon_media.protocol.hooks import receiving_hook

pytestmark = pytest.mark.filterwarnings('error')


class Echo:
    """Echoes what it receives."""

    async def on_websocket(self, req: Any, ws: Any) -> None:
        await ws.accept()
        while True:
            await ws.send_media(await ws.receive_media())


class Binary:
    """Receives only data."""

    async def on_websocket(self, req: Any, ws: Any) -> None:
        await ws.accept()
        await ws.receive_data()


class Sender:
    """Sends an unserializable object."""

    async def on_websocket(self, req: Any, ws: Any) -> None:
        await ws.accept()
        await ws.send_media({1})


class Raiser:
    """Raises an error of the tree in an HTTP request."""

    async def on_get(self, req: Any, resp: Any) -> None:
        raise {
            'malformed': falcon_media.MalformedPayload('x'),
            'unserializable': falcon_media.UnserializableMedia('x'),
        }[req.params['error']]


def create_app(resource: Any = None) -> Any:
    app = falcon.asgi.App()
    app.add_route('/', resource or Echo())
    falcon_media.install(app, text='json')
    return app


async def close_of(app: Any, payload: str | None) -> tuple[int, str]:
    async with (
        falcon.testing.ASGIConductor(app) as client,
        client.simulate_ws('/', spec_version='2.3') as ws,
    ):
        if payload is not None:
            await ws.send_text(payload)
        with pytest.raises(falcon.WebSocketDisconnected):
            await ws.receive_text()
    return ws.close_code or 0, ws.close_reason or ''


def run(app: Any, payload: str | None = '[1') -> tuple[int, str]:
    result: tuple[int, str] = falcon.async_to_sync(close_of, app, payload)
    return result


@pytest.mark.parametrize(
    ('resource', 'payload', 'close', 'line'),
    [
        (
            Echo(),
            '[1',
            (1007, 'Malformed payload'),
            (
                'json: TEXT payload of size 2: not well-formed (JSONDecodeError); '
                'closed with 1007; peer 127.0.0.1, route /'
            ),
        ),
        (
            Echo(),
            '"' + 'x' * 1_048_576 + '"',
            (1009, 'Payload too large'),
            '[max_size=1048576]; closed with 1009',
        ),
        (
            Echo(),
            '[' * 65 + ']' * 65,
            (1009, 'Payload too large'),
            '[max_depth=64]; closed with 1009',
        ),
        (Binary(), '[1]', (1003, 'Unsupported payload'), 'closed with 1003'),
    ],
)
def test_a_client_error_closes_with_its_code_and_logs_one_line(
    caplog: pytest.LogCaptureFixture,
    resource: Any,
    payload: str,
    close: tuple[int, str],
    line: str,
) -> None:
    with caplog.at_level(logging.INFO):
        assert run(create_app(resource), payload) == close
    (record,) = caplog.records
    assert record.levelname == 'WARNING'
    assert record.exc_info is None
    assert line in record.getMessage()


def test_an_app_error_is_logged_with_its_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert run(create_app(Sender()), None) == (1011, 'Internal Server Error')
    (record,) = caplog.records
    assert record.levelname == 'ERROR'
    assert record.exc_info is not None


class Hooked(falcon_media.TextHandler):
    """A handler whose hook fails."""

    def __init__(self) -> None:
        hook = receiving_hook(lambda _: 1 / 0, 'ext_hook')
        super().__init__(falcon_media.Codec(encode=str, decode=hook, unchecked=99))


def test_a_failing_hook_of_the_app_is_an_app_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = falcon.asgi.App()
    app.add_route('/', Echo())
    installed = falcon_media.install(app, text=Hooked())
    assert run(app, 'x') == (1011, 'Internal Server Error')
    (record,) = caplog.records
    assert record.levelname == 'ERROR'
    assert record.getMessage().startswith(
        'text: TEXT payload: ext_hook raised an exception (ZeroDivisionError); closed'
    )
    assert record.exc_info is not None
    error = record.exc_info[1]
    assert error is not None
    assert isinstance(error.__cause__, ZeroDivisionError)
    assert installed.stats()[0]['refused'] == {'HookError': 1}


def test_a_failing_hook_in_a_request_is_an_app_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Body:
        async def on_post(self, req: Any, resp: Any) -> None:
            await req.get_media()

    app = falcon.asgi.App()
    app.add_route('/', Body())
    app.req_options.media_handlers['text/hooked'] = http_handler(
        Hooked(), falcon_media.Limits()
    )
    falcon_media.install(app, text='json')
    response = falcon.testing.TestClient(app).simulate_post(
        '/', body='x', content_type='text/hooked'
    )
    assert response.status_code == 500
    (record,) = caplog.records
    assert record.levelname == 'ERROR'
    assert record.exc_info is not None


@pytest.mark.parametrize('first', [True, False])
@pytest.mark.parametrize(
    'error', [MediaError, PayloadError, falcon_media.MalformedPayload]
)
def test_an_error_handler_of_the_app_wins(
    first: bool, error: type[MediaError], caplog: pytest.LogCaptureFixture
) -> None:
    async def on_error(
        req: Any, resp: Any, ex: Any, params: Any, ws: Any = None
    ) -> None:
        await ws.close(4000 + ex.size)

    app = falcon.asgi.App()
    app.add_route('/', Echo())
    if first:
        app.add_error_handler(error, on_error)
    falcon_media.install(app, text='json')
    if not first:
        app.add_error_handler(error, on_error)
    assert run(app)[0] == 4002
    assert caplog.records == []


def test_a_responder_may_catch_the_error_and_continue() -> None:
    class Patient:
        async def on_websocket(self, req: Any, ws: Any) -> None:
            await ws.accept()
            for _ in range(2):
                try:
                    await ws.send_media(await ws.receive_media())
                except PayloadError as ex:
                    await ws.send_media({'error': ex.reason})

    async def talk() -> list[str]:
        async with (
            falcon.testing.ASGIConductor(create_app(Patient())) as client,
            client.simulate_ws('/', spec_version='2.3') as ws,
        ):
            answers = []
            for payload in ('nope', '[1]'):
                await ws.send_text(payload)
                answers.append(await ws.receive_text())
        return answers

    assert falcon.async_to_sync(talk) == ['{"error":"Malformed payload"}', '[1]']


@pytest.mark.parametrize(
    ('error', 'status'), [('malformed', 400), ('unserializable', 500)]
)
def test_the_same_errors_in_a_request(
    error: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    client = falcon.testing.TestClient(create_app(Raiser()))
    assert client.simulate_get('/', params={'error': error}).status_code == status
    # An app error is logged with its traceback, a client error without.
    assert [record.levelname for record in caplog.records] == ['ERROR'] * (
        status == 500
    )


def test_a_payload_type_error_in_a_request() -> None:
    class Odd:
        async def on_get(self, req: Any, resp: Any) -> None:
            raise falcon.PayloadTypeError

    client = falcon.testing.TestClient(create_app(Odd()))
    assert client.simulate_get('/').status_code == 415


def test_a_client_that_disconnects_first_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = create_app()
    sent: list[dict[str, Any]] = []
    events = [
        {'type': 'websocket.connect'},
        {'type': 'websocket.receive', 'text': '[1'},
    ]

    async def receive() -> dict[str, Any]:
        return events.pop(0)

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)
        if event['type'] == 'websocket.close':
            raise OSError('the client is gone')

    app.ws_options.max_receive_queue = 0
    scope = falcon.testing.create_scope_ws()
    scope['path'] = '/'
    with caplog.at_level(logging.DEBUG, logger='falcon_media'):
        falcon.async_to_sync(app, scope, receive, send)
    assert [event['type'] for event in sent] == ['websocket.accept', 'websocket.close']
    assert [record.levelname for record in caplog.records] == ['DEBUG', 'WARNING']
    assert 'the client disconnected first; peer' in caplog.text


def test_a_middleware_may_refuse_before_ours() -> None:
    class Strict:
        async def process_request_ws(self, req: Any, ws: Any) -> None:
            raise falcon_media.MalformedPayload('a header')

    app = falcon.asgi.App(middleware=[Strict()])
    app.add_route('/', Echo())
    installed = falcon_media.install(app, text='json')
    with pytest.raises(falcon.WebSocketDisconnected):
        run(app, None)
    assert installed.stats()[0]['refused'] == {}
