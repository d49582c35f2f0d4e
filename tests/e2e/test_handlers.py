"""Each media handler in an app, against a client that has the bare library alone."""

from __future__ import annotations

import json
from typing import Any, TYPE_CHECKING

import cbor2
from falcon import WebSocketPayloadType
from falcon.asgi import App
from falcon.asgi import Request
from falcon.asgi import WebSocket
import msgpack
import orjson
import pytest
import rapidjson

from events_pb2 import Event
import falcon_media
from falcon_media_cbor import CBORHandler
from falcon_media_msgpack import MessagePackHandler
from falcon_media_msgspec import MsgspecJSONHandler
from falcon_media_msgspec import MsgspecMessagePackHandler
from falcon_media_orjson import OrjsonBytesHandler
from falcon_media_orjson import OrjsonHandler
from falcon_media_protobuf import ProtobufHandler
from falcon_media_rapidjson import RapidJSONHandler

if TYPE_CHECKING:
    from tests.e2e.conftest import Server

TEXT = WebSocketPayloadType.TEXT
BINARY = WebSocketPayloadType.BINARY

FIELDS: dict[str, Any] = {'kind': 'post', 'author': 'ann', 'text': 'hi'}
# NOTE: Tag and length in front of each string; see the field numbers in events.proto.
FIELDS_PROTOBUF = b'\x0a\x04post\x1a\x03ann\x22\x02hi'


def plain_falcon(app: App[Any, Any]) -> None:
    app.ws_options.media_handlers[TEXT] = RapidJSONHandler()
    app.ws_options.media_handlers[BINARY] = ProtobufHandler(message=Event)


def installed_by_name(app: App[Any, Any]) -> None:
    protobuf = falcon_media.use('protobuf', message='events_pb2:Event')
    falcon_media.install(app, text='rapidjson', binary=protobuf)


def installed_by_instance(app: App[Any, Any]) -> None:
    handler = ProtobufHandler(message='events_pb2:Event')
    falcon_media.install(app, text=RapidJSONHandler(), binary=handler)


def plain_falcon_after_install(app: App[Any, Any]) -> None:
    falcon_media.install(app, text='json', binary='cbor')
    plain_falcon(app)


@pytest.mark.parametrize(
    'add_handlers',
    [
        plain_falcon,
        installed_by_name,
        installed_by_instance,
        plain_falcon_after_install,
    ],
)
def test_rapidjson_for_text_and_protobuf_for_binary(
    server: Server, add_handlers: Any
) -> None:
    received: list[object] = []

    class Resource:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            await ws.accept()
            for payload_type in (TEXT, BINARY):
                received.append(await ws.receive_media())
                await ws.send_media(received[-1], payload_type)
            await ws.send_media(FIELDS, BINARY)

    app = App()
    add_handlers(app)
    app.add_route('/', Resource())
    with server.serving(app), server.connect() as client:
        client.send(rapidjson.dumps(FIELDS))
        assert client.recv() == '{"kind":"post","author":"ann","text":"hi"}'
        client.send(FIELDS_PROTOBUF)
        assert client.recv() == FIELDS_PROTOBUF
        assert client.recv() == FIELDS_PROTOBUF
    assert received == [FIELDS, Event(**FIELDS)]


MEDIA = {'id': 2**40, 'text': 'žluť', 'tags': ['a', None, True, 1.5], 'sub': {}}


@pytest.mark.parametrize('by_name', [True, False])
@pytest.mark.parametrize(
    ('name', 'handler', 'encode', 'decode'),
    [
        ('orjson', OrjsonHandler, json.dumps, json.loads),
        ('orjson-bytes', OrjsonBytesHandler, orjson.dumps, json.loads),
        ('rapidjson', RapidJSONHandler, json.dumps, json.loads),
        ('msgpack', MessagePackHandler, msgpack.packb, msgpack.unpackb),
        ('cbor', CBORHandler, cbor2.dumps, cbor2.loads),
        ('msgspec-json', MsgspecJSONHandler, json.dumps, json.loads),
        (
            'msgspec-msgpack',
            MsgspecMessagePackHandler,
            msgpack.packb,
            msgpack.unpackb,
        ),
    ],
)
def test_a_bare_library_understands_each_handler(
    server: Server, name: str, handler: Any, encode: Any, decode: Any, by_name: bool
) -> None:
    class Echo:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            await ws.accept()
            await ws.send_media(await ws.receive_media(), payload_type)

    request = encode(MEDIA)
    payload_type = TEXT if isinstance(request, str) else BINARY
    app = App()
    chosen = name if by_name else handler()
    if payload_type is TEXT:
        falcon_media.install(app, text=chosen)
    else:
        falcon_media.install(app, binary=chosen)
    app.add_route('/', Echo())
    with server.serving(app), server.connect() as client:
        client.send(request)
        answer = client.recv()
    assert type(answer) is type(request)
    assert decode(answer) == MEDIA


def test_the_json_of_the_core(server: Server) -> None:
    class Echo:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            await ws.accept()
            await ws.send_media(await ws.receive_media())

    app = App()
    falcon_media.install(app, text='json')
    app.add_route('/', Echo())
    with server.serving(app), server.connect() as client:
        client.send(json.dumps(MEDIA))
        answer = client.recv()
    assert json.loads(answer) == MEDIA


def test_each_app_has_handlers_of_its_own(server: Server) -> None:
    class Greeter:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            await ws.accept()
            await ws.send_media([1], BINARY)

    for name, payload in (('cbor', b'\x81\x01'), ('msgpack', b'\x91\x01')):
        app = App()
        falcon_media.install(app, binary=name)
        app.add_route('/', Greeter())
        with server.serving(app), server.connect() as client:
            assert client.recv() == payload
