"""What goes over the wire, each way."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

import falcon
from falcon import WebSocketPayloadType
from falcon.asgi import App
from falcon.asgi import Request
from falcon.asgi import WebSocket
import msgpack
import pytest

import falcon_media

if TYPE_CHECKING:
    from tests.e2e.conftest import Server

EVENT = {'id': 7, 'text': 'žluťoučký 🐎', 'tags': ['a', None, True, 1.5]}
EVENT_JSON = '{"id":7,"text":"žluťoučký 🐎","tags":["a",null,true,1.5]}'
EVENT_MSGPACK = (
    b'\x83\xa2id\x07\xa4text\xb2\xc5\xbelu\xc5\xa5ou\xc4\x8dk\xc3\xbd \xf0\x9f\x90\x8e'
    b'\xa4tags\x94\xa1a\xc0\xc3\xcb?\xf8\0\0\0\0\0\0'
)


def test_each_way_to_send_has_its_frame_type(
    server: Server, app: App[Any, Any]
) -> None:
    class Sender:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            await ws.accept()
            await ws.send_text('text')
            await ws.send_data(b'bytes')
            await ws.send_data(bytearray(b'bytearray'))
            await ws.send_data(memoryview(b'memoryview'))
            await ws.send_media(EVENT)
            await ws.send_media(EVENT, WebSocketPayloadType.TEXT)
            await ws.send_media(EVENT, payload_type=WebSocketPayloadType.BINARY)

    app.add_route('/', Sender())
    with server.serving(app), server.connect() as client:
        # NOTE: The client gives a str for a TEXT frame, and bytes for a BINARY one.
        assert [client.recv() for _ in range(7)] == [
            'text',
            b'bytes',
            b'bytearray',
            b'memoryview',
            EVENT_JSON,
            EVENT_JSON,
            EVENT_MSGPACK,
        ]


def test_each_way_to_receive(server: Server, app: App[Any, Any]) -> None:
    received: list[object] = []

    class Receiver:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            await ws.accept()
            received.append(await ws.receive_text())
            received.append(await ws.receive_data())
            received.append(await ws.receive_media())
            received.append(await ws.receive_media())

    app.add_route('/', Receiver())
    with server.serving(app), server.connect() as client:
        client.send('text')
        client.send(b'bytes')
        client.send(EVENT_JSON)
        client.send(EVENT_MSGPACK)
        assert client.closed_with() == (1000, 'Normal Closure')
    assert received == ['text', b'bytes', EVENT, EVENT]


def test_fragments_are_one_message(server: Server, app: App[Any, Any]) -> None:
    received: list[object] = []

    class Receiver:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            await ws.accept()
            received.append(await ws.receive_media())
            received.append(await ws.receive_media())

    app.add_route('/', Receiver())
    with server.serving(app), server.connect() as client:
        client.send([EVENT_JSON[:9], EVENT_JSON[9:]])
        client.send([EVENT_MSGPACK[:9], EVENT_MSGPACK[9:]])
        client.closed_with()
    assert received == [EVENT, EVENT]


def test_a_wrong_payload_type_is_consumed(server: Server, app: App[Any, Any]) -> None:
    class Careful:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            await ws.accept()
            for receive in (ws.receive_text, ws.receive_data):
                # NOTE: A TypeError is what the proposal had; Falcon's is one.
                with pytest.raises(TypeError) as caught:
                    await receive()
                assert isinstance(caught.value, falcon.PayloadTypeError)
                await ws.send_media(await ws.receive_media())

    app.add_route('/', Careful())
    with server.serving(app), server.connect() as client:
        client.send(b'BINARY for receive_text()')
        client.send('1')
        assert client.recv() == '1'
        client.send('TEXT for receive_data()')
        client.send(b'\x02')
        assert client.recv() == '2'


@pytest.mark.parametrize('payload', ['{"id":', b'\x81\xa2id'])
def test_an_undecodable_payload_is_a_value_error(
    server: Server, app: App[Any, Any], payload: str | bytes
) -> None:
    class Careful:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            await ws.accept()
            # NOTE: In the proposal this was the json.JSONDecodeError of one library.
            with pytest.raises(ValueError, match='not well-formed') as caught:
                await ws.receive_media()
            assert isinstance(caught.value, falcon_media.MalformedPayload)
            await ws.send_media({'error': 'again, please'})
            await ws.send_media(await ws.receive_media())

    app.add_route('/', Careful())
    with server.serving(app), server.connect() as client:
        client.send(payload)
        assert client.recv() == '{"error":"again, please"}'
        client.send(msgpack.packb({'id': 7}))
        assert client.recv() == '{"id":7}'


@pytest.mark.parametrize('payload_type', list(WebSocketPayloadType))
def test_what_a_format_can_not_carry_is_a_type_error(
    server: Server, app: App[Any, Any], payload_type: WebSocketPayloadType
) -> None:
    class Careful:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            await ws.accept()
            with pytest.raises(TypeError) as caught:
                await ws.send_media({'it': object()}, payload_type)
            assert isinstance(caught.value, falcon_media.UnserializableMedia)
            await ws.send_media('still here')

    app.add_route('/', Careful())
    with server.serving(app), server.connect() as client:
        assert client.recv() == '"still here"'
