"""Messages of a type, in each format: valid, invalid, and made to do harm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import datetime as dt
import json
import logging
from typing import Annotated, Any, ClassVar, NamedTuple, TYPE_CHECKING

import cbor2
from falcon import WebSocketPayloadType
from falcon.asgi import App
from falcon.asgi import Request
from falcon.asgi import WebSocket
from google.protobuf.struct_pb2 import Value
from google.protobuf.wrappers_pb2 import StringValue
import msgpack
from msgspec import Meta
from msgspec import Struct
import pytest

from events_pb2 import Event as EventMessage
import falcon_media

if TYPE_CHECKING:
    from tests.e2e.conftest import Client
    from tests.e2e.conftest import Server

TEXT = WebSocketPayloadType.TEXT
BINARY = WebSocketPayloadType.BINARY

INVALID = (1007, 'Invalid payload')
MALFORMED = (1007, 'Malformed payload')
TOO_LARGE = (1009, 'Payload too large')

# NOTE: Part of the payloads, and so of no close reason and of no line in the log.
SECRET = 'hunter2'


class Item(Struct):
    """A part of an order."""

    name: Annotated[str, Meta(max_length=20)]
    price: Annotated[float, Meta(ge=0)]


class Buy(Struct, tag='buy', forbid_unknown_fields=True):
    """One command."""

    items: list[Item]
    notes: dict[str, int] = {}
    due: dt.date | None = None
    inner: Buy | None = None


class Ask(Struct, tag='ask'):
    """Another one."""

    id: int


@dataclass
class Bill:
    """What is sent."""

    total: float
    names: list[str]


class Format(NamedTuple):
    """How a client speaks, with the bare library."""

    payload_type: WebSocketPayloadType
    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


JSON = Format(TEXT, json.dumps, json.loads)
MESSAGEPACK = Format(BINARY, msgpack.packb, msgpack.unpackb)
FORMATS = {
    'json': JSON,
    'orjson': JSON,
    'orjson-bytes': Format(
        BINARY, lambda media: json.dumps(media).encode(), json.loads
    ),
    'rapidjson': JSON,
    'msgspec-json': JSON,
    'msgpack': MESSAGEPACK,
    'msgspec-msgpack': MESSAGEPACK,
    'cbor': Format(BINARY, cbor2.dumps, cbor2.loads),
}

each_format = pytest.mark.parametrize('name', FORMATS)


class Shop:
    """Answers each command; the types are those of the app, or of the route."""

    def __init__(self, payload_type: WebSocketPayloadType) -> None:
        self._payload_type = payload_type
        self.errors: list[falcon_media.PayloadError] = []

    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        await ws.accept()
        while True:
            await self.answer(ws, await ws.receive_media())

    async def on_websocket_patient(self, req: Request, ws: WebSocket) -> None:
        await ws.accept()
        while True:
            try:
                command = await ws.receive_media()
            except falcon_media.PayloadError as ex:
                self.errors.append(ex)
                await ws.send_text(type(ex).__name__)
            else:
                await self.answer(ws, command)

    async def answer(self, ws: WebSocket, command: object) -> None:
        bill = Bill(0.0, [])
        if isinstance(command, Buy):
            bill.total = sum(item.price for item in command.items)
            bill.names = [item.name for item in command.items]
        else:
            assert isinstance(command, Ask)
        await ws.send_media(bill, self._payload_type)


def app_with(name: str) -> tuple[App[Any, Any], Shop]:
    payload_type = FORMATS[name].payload_type
    chosen = falcon_media.use(name, receive=Buy | Ask, send=Bill)
    app, shop = App(), Shop(payload_type)
    if payload_type is TEXT:
        falcon_media.install(app, text=chosen)
    else:
        falcon_media.install(app, binary=chosen)
    app.add_route('/', shop)
    app.add_route('/patient', shop, suffix='patient')
    return app, shop


ORDER = {
    'type': 'buy',
    'items': [{'name': 'pump', 'price': 2.5}, {'name': 'seal', 'price': 1}],
    'notes': {'a': 1},
    'due': '2026-03-14',
}
BILL = {'total': 3.5, 'names': ['pump', 'seal']}


def nested(levels: int, inner: Any) -> Any:
    for _ in range(levels):
        inner = {'type': 'buy', 'items': [], 'inner': inner}
    return inner


# NOTE: Each with the path that the app is told.
WRONG: dict[str, tuple[Any, str | None]] = {
    'not an object': ([SECRET], '$'),
    'nothing in it': ({}, '$'),
    'no tag': ({'items': [], SECRET: 1}, '$'),
    'another tag': ({'type': SECRET, 'items': []}, '$.type'),
    'a tag of another type': ({'type': 1, 'items': []}, '$.type'),
    'a field that is missing': ({'type': 'buy', 'notes': {SECRET: 1}}, '$'),
    'a field too many': ({'type': 'buy', 'items': [], SECRET: 1}, '$'),
    'a field that looks like a path': (
        {'type': 'buy', 'items': [], f'{SECRET}` - at `$.items': 1},
        None,
    ),
    'text for a number': (
        {'type': 'buy', 'items': [{'name': 'a', 'price': SECRET}]},
        '$.items[0].price',
    ),
    'a number for text': (
        {'type': 'buy', 'items': [{'name': 'a', 'price': 1}, {'name': 1, 'price': 1}]},
        '$.items[1].name',
    ),
    'a number out of range': (
        {'type': 'buy', 'items': [{'name': 'a', 'price': -1}]},
        '$.items[0].price',
    ),
    'text that is too long': (
        {'type': 'buy', 'items': [{'name': SECRET * 140_000, 'price': 1}]},
        '$.items[0].name',
    ),
    'a value of a mapping': (
        {'type': 'buy', 'items': [], 'notes': {SECRET: None}},
        '$.notes[...]',
    ),
    'a number with a fraction': ({'type': 'ask', 'id': 1.5}, '$.id'),
    'a date that there is not': (
        {'type': 'buy', 'items': [], 'due': '2026-02-30'},
        '$.due',
    ),
    'deep within': (
        nested(20, {'type': 'buy', 'items': SECRET}),
        '$' + '.inner' * 20 + '.items',
    ),
}


def exchange(client: Client, form: Format) -> None:
    client.send(form.encode(ORDER))
    assert form.decode(client.recv()) == BILL
    client.send(form.encode({'type': 'ask', 'id': 2**63}))
    assert form.decode(client.recv()) == {'total': 0.0, 'names': []}


@each_format
def test_what_is_valid_is_answered(server: Server, name: str) -> None:
    app, _ = app_with(name)
    with server.serving(app), server.connect() as client:
        exchange(client, FORMATS[name])


@each_format
@pytest.mark.parametrize('what', WRONG)
def test_what_is_not_valid(
    server: Server, caplog: pytest.LogCaptureFixture, name: str, what: str
) -> None:
    form = FORMATS[name]
    media, path = WRONG[what]
    payload = form.encode(media)
    app, shop = app_with(name)
    with server.serving(app):
        with server.connect() as client:
            client.send(payload)
            assert client.closed_with() == INVALID
        with server.connect('/patient') as client:
            client.send(payload)
            assert client.recv() == 'InvalidPayload'
            exchange(client, form)
    (error,) = shop.errors
    assert isinstance(error, falcon_media.InvalidPayload)
    assert error.path == path
    assert error.size == len(payload)
    assert SECRET not in caplog.text
    (record,) = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert (f', at {path};' in record.getMessage()) is (path is not None)


@each_format
def test_what_is_malformed_or_too_deep_is_no_matter_of_types(
    server: Server, name: str
) -> None:
    form = FORMATS[name]
    wrong = form.encode({'type': 'ask', 'id': SECRET})
    deep = form.encode(nested(70, {'type': SECRET}))
    app, _ = app_with(name)
    with server.serving(app):
        for payload, close in (
            (wrong[:-1], MALFORMED),
            (wrong + wrong[-1:], MALFORMED),
            (deep, TOO_LARGE),
        ):
            with server.connect() as client:
                client.send(payload)
                assert client.closed_with() == close


@pytest.mark.parametrize('name', ['json', 'rapidjson', 'msgspec-json'])
@pytest.mark.parametrize('number', ['NaN', 'Infinity', '1e400', '-1e999'])
def test_no_number_of_json_that_is_not_finite(
    server: Server, name: str, number: str
) -> None:
    app, _ = app_with(name)
    with server.serving(app), server.connect() as client:
        client.send(
            f'{{"type":"buy","items":[{{"name":"{SECRET}","price":{number}}}]}}'
        )
        assert client.closed_with() == MALFORMED


@each_format
def test_what_is_sent_is_of_the_type(
    server: Server, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    class Mistaken(Shop):
        async def answer(self, ws: WebSocket, command: object) -> None:
            await ws.send_media({'total': 1.0, 'names': []}, self._payload_type)

    app, _ = app_with(name)
    app.add_route('/wrong', Mistaken(FORMATS[name].payload_type))
    with server.serving(app), server.connect('/wrong') as client:
        client.send(FORMATS[name].encode(ORDER))
        assert client.closed_with() == (1011, 'Internal Server Error')
    assert 'a dict does not match Bill' in caplog.text


# ------------------------------------------------------------- By route, and negotiated


def test_one_route_many_formats(server: Server) -> None:
    @falcon_media.media_handlers(receive=Buy | Ask, send=Bill)
    class Negotiated(Shop):
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            peer = await falcon_media.accept(req, ws)
            self._payload_type = peer.payload_type
            async for command in peer:
                await self.answer(ws, command)

    app = App()
    falcon_media.install(app, subprotocols={f'shop.{name}': name for name in FORMATS})
    app.add_route('/', Negotiated(TEXT))
    with server.serving(app):
        for name, form in FORMATS.items():
            offers = [f'shop.{name}']
            with server.connect(subprotocols=offers) as client:
                exchange(client, form)
                client.send(form.encode({'type': SECRET}))
                assert client.closed_with() == INVALID


# --------------------------------------------------------------------- Protocol Buffers


def test_message_types_by_subprotocol_and_by_route(server: Server) -> None:
    class Echo:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            peer = await falcon_media.accept(req, ws, fallback=BINARY)
            message: Any = await peer.receive()
            assert type(message) is self.expected[peer.subprotocol]
            await peer.send(self.reply or message)

        expected: ClassVar[dict[str | None, type]] = {
            'events': EventMessage,
            'texts': StringValue,
        }
        reply: Any = None

    @falcon_media.media_handlers(receive=EventMessage, send=StringValue)
    class Translated(Echo):
        expected: ClassVar[dict[str | None, type]] = {None: EventMessage}
        reply = StringValue(value='done')

    use = falcon_media.use
    app = App()
    falcon_media.install(
        app,
        binary=use('protobuf', type=StringValue),
        subprotocols={
            'events': use('protobuf', type='events_pb2:Event'),
            'texts': use('protobuf', message=StringValue),
        },
    )
    app.add_route('/', Echo())
    app.add_route('/translated', Translated())
    event = EventMessage(kind='post', author='ann').SerializeToString()
    text = StringValue(value='hello').SerializeToString()
    with server.serving(app):
        for offer, payload in (('events', event), ('texts', text)):
            with server.connect(subprotocols=[offer]) as client:
                client.send(payload)
                assert client.recv() == payload
        with server.connect('/translated') as client:
            client.send(event)
            assert client.recv() == b'\x0a\x04done'
        with server.connect('/translated') as client:
            client.send(b'\x0a\xff')
            assert client.closed_with() == MALFORMED


def test_a_oneof(server: Server) -> None:
    class Echo:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            await ws.accept()
            while True:
                value: Any = await ws.receive_media()
                kinds.append(value.WhichOneof('kind'))
                await ws.send_media(value, BINARY)

    kinds: list[str] = []
    app = App()
    falcon_media.install(app, binary=falcon_media.use('protobuf', type=Value))
    app.add_route('/', Echo())
    values = [Value(string_value='a'), Value(number_value=1.5), Value(bool_value=True)]
    with server.serving(app), server.connect() as client:
        for value in values:
            client.send(value.SerializeToString())
            assert client.recv() == value.SerializeToString()
    assert kinds == ['string_value', 'number_value', 'bool_value']


def test_a_format_that_can_not_have_the_types_is_not_spoken(server: Server) -> None:
    @falcon_media.media_handlers(receive=Buy | Ask, send=Bill)
    class Negotiated(Shop):
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            await falcon_media.accept(req, ws, fallback=True)
            await self.answer(ws, await ws.receive_media())

    value = falcon_media.use('protobuf', type=Value)
    app = App()
    app.add_route('/', Negotiated(TEXT))
    falcon_media.install(
        app, text='json', binary=value, subprotocols={'value': value, 'json': 'json'}
    )
    with server.serving(app):
        for offers in (['value'], ['value', 'json'], None):
            with server.connect(subprotocols=offers) as client:
                spoken = 'json' if offers and 'json' in offers else None
                assert client.subprotocol == spoken
                client.send(json.dumps(ORDER))
                assert client.recv() == json.dumps(BILL, separators=(',', ':'))
            with server.connect(subprotocols=offers) as client:
                client.send(Value(bool_value=True).SerializeToString())
                assert client.closed_with() == (1003, 'Unsupported payload')


def test_types_that_no_handler_of_a_route_can_have() -> None:
    @falcon_media.media_handlers(receive=Value)
    class NotForJSON(Shop): ...

    app = App()
    app.add_route('/', NotForJSON(TEXT))
    with pytest.raises(falcon_media.ConfigError, match='is a protobuf message class'):
        falcon_media.install(app, text='json', binary='cbor')


def test_a_handler_of_a_route_that_can_not_have_its_types() -> None:
    @falcon_media.media_handlers(binary='protobuf', receive=Buy)
    class NotForProtobuf(Shop): ...

    app = App()
    app.add_route('/', NotForProtobuf(BINARY))
    with pytest.raises(falcon_media.ConfigError, match='a message class that protoc'):
        falcon_media.install(app, text='json')
