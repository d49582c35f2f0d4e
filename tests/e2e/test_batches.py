"""Many messages in one frame, on real servers, with real clients."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from falcon.asgi import App
from falcon.asgi import Request
from falcon.asgi import WebSocket
from msgspec import Struct
import pytest
from websockets.typing import Subprotocol

from events_pb2 import Event as EventMessage
import falcon_media
from falcon_media import batched
from falcon_media import InvalidPayload
from falcon_media import MalformedPayload
from falcon_media import UnserializableMedia

if TYPE_CHECKING:
    from tests.e2e.conftest import Server

NEVER = 3600.0

MESSAGES = ({'kind': 'event', 'id': 1}, {'kind': 'event', 'id': 2, 'text': 'žluť'})
JSON = '{"kind":"event","id":1}\n{"kind":"event","id":2,"text":"žluť"}\n'
MESSAGEPACK = (
    bytes.fromhex(
        '82 a46b696e64 a56576656e74 a26964 01'
        '83 a46b696e64 a56576656e74 a26964 02 a474657874 a6c5be6c75c5a5'
    ),
    b'\x82\xa1a\x01\xa1a\x02',
)
FRAMES: dict[str, tuple[Any, Any]] = {
    'json': (JSON, '{"kind"\n'),
    'rapidjson': (JSON, 'nil\n'),
    'msgspec-json': (JSON, '{"kind":1,"kind":1}\n'),
    'msgpack': MESSAGEPACK,
    'msgspec-msgpack': MESSAGEPACK,
    'cbor': (
        bytes.fromhex(
            'a2 646b696e64 656576656e74 626964 01'
            'a3 646b696e64 656576656e74 626964 02 6474657874 66c5be6c75c5a5'
        ),
        b'\x61\xff',
    ),
    'protobuf': (
        bytes.fromhex('09 0a056576656e74 1001 11 0a056576656e74 1002 2206c5be6c75c5a5'),
        b'\x02\x0f\x01',
    ),
}


class Echo:
    """Sends back what was received, as the batch it was received in."""

    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        peer = await falcon_media.accept(req, ws)
        for _ in MESSAGES:
            await peer.send(await peer.receive())
        await peer.flush()
        # NOTE: What comes before the one that is malformed is received.
        await peer.receive()
        with pytest.raises(MalformedPayload):
            await peer.receive()
        await peer.send(MESSAGES[0])
        await peer.receive()
        await peer.receive()


@pytest.mark.parametrize('name', FRAMES)
def test_both_ways(server: Server, name: str) -> None:
    options: dict[str, Any] = {'message': EventMessage} if name == 'protobuf' else {}
    app = App()
    app.add_route('/', Echo())
    falcon_media.install(
        app,
        subprotocols={
            'batch': batched(falcon_media.use(name, **options), max_delay=0.001)
        },
    )
    frame, malformed = FRAMES[name]
    with (
        server.serving(app),
        server.connect(subprotocols=[Subprotocol('batch')]) as client,
    ):
        client.send(frame)
        assert client.recv() == frame
        first = frame[: len(frame) - len(rest_of(frame, name))]
        client.send(first + malformed)
        # NOTE: Nothing but its time sends this one.
        assert client.recv() == first
        client.send(first + malformed)
        assert client.closed_with() == (1007, 'Malformed payload')


def rest_of(frame: str | bytes, name: str) -> str | bytes:
    """The second message of a frame."""
    if isinstance(frame, str):
        return frame.split('\n', 1)[1]
    starts = {'orjson-bytes': b'\n', 'cbor': b'\xa3', 'protobuf': b'\x11'}
    second = frame.index(starts.get(name, b'\x83')) + (name == 'orjson-bytes')
    return frame[second:]


class Event(Struct, omit_defaults=True):
    """What is received."""

    kind: str
    id: int
    text: str = ''


class Receipt(Struct):
    """What is sent."""

    seen: int


@pytest.mark.parametrize('name', [name for name in FRAMES if name != 'protobuf'])
def test_messages_of_a_type(server: Server, name: str) -> None:
    outcomes: list[object] = []

    class Desk:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            peer = await falcon_media.accept(req, ws)
            for _ in range(3):
                try:
                    event: Any = await peer.receive()
                except InvalidPayload as ex:
                    outcomes.append(ex.path)
                    # NOTE: What is not of the type is refused alone as well.
                    with pytest.raises(UnserializableMedia):
                        await peer.send(Event('event', 3))
                else:
                    outcomes.append(event)
                    await peer.send(Receipt(event.id))
            await peer.flush()
            await peer.receive()

    app = App()
    app.add_route('/', Desk())
    types: Any = {'receive': Event, 'send': Receipt}
    falcon_media.install(
        app,
        subprotocols={
            'batch': batched(falcon_media.use(name, **types), max_delay=NEVER)
        },
    )
    alone = falcon_media.install(App(), subprotocols={'batch': batched(name)})
    batching = alone.handlers.subprotocols['batch'].batching
    assert batching is not None

    def frame_of(*messages: object) -> Any:
        parts = [batching.part(batching.handler.serialize(it)) for it in messages]
        return parts[0][:0].join(parts)

    with (
        server.serving(app),
        server.connect(subprotocols=[Subprotocol('batch')]) as client,
    ):
        client.send(frame_of(MESSAGES[0], {'kind': 'event', 'id': 'x'}, MESSAGES[1]))
        assert client.recv() == frame_of({'seen': 1}, {'seen': 2})
        client.send(frame_of({'kind': 1, 'id': 1}))
        assert client.closed_with() == (1007, 'Invalid payload')
    assert outcomes == [Event('event', 1), '$.id', Event('event', 2, 'žluť')]


def test_the_same_message_to_members_with_batches_and_without(server: Server) -> None:
    group = falcon_media.Broadcast()

    class Hall:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            peer = await falcon_media.accept(req, ws)
            with group.member(peer):
                async for media in peer:
                    await group.send(media)

    app = App()
    app.add_route('/', Hall())
    falcon_media.install(
        app,
        config={
            'subprotocols': {
                'chat.json': 'json',
                'chat.json.batch': {'batched': 'json', 'max_count': 3},
                'chat.cbor.batch': {
                    'batched': 'cbor',
                    'max_count': 3,
                    'max_delay': NEVER,
                },
            }
        },
    )
    with (
        server.serving(app),
        server.connect(subprotocols=[Subprotocol('chat.cbor.batch')]) as cbor,
        server.connect(subprotocols=[Subprotocol('chat.json')]) as json,
    ):
        for number in range(3):
            json.send(str(number))
        assert [json.recv() for _ in range(3)] == ['0', '1', '2']
        assert cbor.recv() == b'\0\x01\x02'


def test_too_many_messages_in_a_frame(server: Server) -> None:
    class Sink:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            async for _ in await falcon_media.accept(req, ws):
                pass

    app = App()
    app.add_route('/', Sink())
    falcon_media.install(app, subprotocols={'batch': batched('json', max_received=9)})
    with (
        server.serving(app),
        server.connect(subprotocols=[Subprotocol('batch')]) as client,
    ):
        client.send('1\n' * 9)
        client.send('1\n' * 10)
        assert client.closed_with() == (1009, 'Payload too large')
