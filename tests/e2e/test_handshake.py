"""Until the handshake is done: examine, refuse, accept."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

import falcon
from falcon.asgi import App
from falcon.asgi import Request
from falcon.asgi import Response
from falcon.asgi import WebSocket
import pytest
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

if TYPE_CHECKING:
    from tests.e2e.conftest import Server


def test_one_resource_serves_http_and_websocket(
    server: Server, app: App[Any, Any]
) -> None:
    class Messages:
        async def on_get(self, req: Request, resp: Response, account_id: str) -> None:
            resp.media = {'account': account_id}

        async def on_websocket(
            self, req: Request, ws: WebSocket, account_id: str
        ) -> None:
            await ws.accept()
            await ws.send_media({'account': account_id})

    app.add_route('/{account_id}/messages', Messages())
    with server.serving(app):
        assert server.get('/ann/messages') == (200, b'{"account": "ann"}')
        with server.connect('/bob/messages') as client:
            assert client.recv() == '{"account":"bob"}'


def test_headers_of_the_handshake(server: Server, app: App[Any, Any]) -> None:
    class Resource:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            await ws.accept(headers={'X-Seen': req.get_header('Authorization') or ''})

    app.add_route('/', Resource())
    with (
        server.serving(app),
        server.connect(additional_headers={'Authorization': 'Bearer b'}) as client,
    ):
        assert client.response is not None
        assert client.response.headers['X-Seen'] == 'Bearer b'


class ClosesFirst:
    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        await ws.close()


class ClosesFirstWithACode:
    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        await ws.close(4001, 'not you')


class Returns:
    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        return


class RaisesHTTPError:
    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        raise falcon.HTTPUnauthorized(title='not you')


class HasNoResponder:
    async def on_get(self, req: Request, resp: Response) -> None:
        raise NotImplementedError


@pytest.mark.parametrize(
    'resource',
    [ClosesFirst, ClosesFirstWithACode, Returns, RaisesHTTPError, HasNoResponder, None],
)
def test_a_refusal_is_an_empty_403(
    server: Server, app: App[Any, Any], resource: type | None
) -> None:
    if resource is not None:
        app.add_route('/', resource())
    with (
        server.serving(app),
        pytest.raises(InvalidStatus) as caught,
        server.connect(),
    ):
        pytest.fail('the handshake was accepted')
    response = caught.value.response
    assert response.status_code == 403
    assert not response.body


@pytest.mark.parametrize(
    ('offered', 'chosen'),
    [
        (['wamp', 'chat'], 'wamp'),
        (['chat', 'wamp'], 'chat'),
        (['mqtt', 'wamp'], 'wamp'),
        (['mqtt'], None),
        ([], None),
    ],
)
def test_subprotocols_come_in_the_clients_order(
    server: Server, app: App[Any, Any], offered: list[str], chosen: str | None
) -> None:
    seen: list[str] = []

    class Resource:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            seen.extend(ws.subprotocols)
            known = [name for name in ws.subprotocols if name in ('chat', 'wamp')]
            await ws.accept(subprotocol=known[0] if known else None)

    app.add_route('/', Resource())
    offers = [Subprotocol(name) for name in offered]
    with server.serving(app), server.connect(subprotocols=offers or None) as client:
        assert client.subprotocol == chosen
    assert seen == offered
