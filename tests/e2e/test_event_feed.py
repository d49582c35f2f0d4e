"""The example app."""

from __future__ import annotations

from collections.abc import Callable
import json
from typing import Any, TYPE_CHECKING

import cbor2
from falcon.asgi import App
import pytest
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from event_feed import create_app
from event_feed import Feed
from events_pb2 import Event
import falcon_media

if TYPE_CHECKING:
    from tests.e2e.conftest import Client
    from tests.e2e.conftest import Server

PATH = '/ann/messages'
TEXT = [Subprotocol('events.text')]
BINARY = [Subprotocol('events.binary')]
HELLO: dict[str, Any] = {'kind': 'post', 'author': 'ann', 'text': 'hello'}


@pytest.fixture
def feed() -> App[Any, Any]:
    """The app, with a feed that nobody else writes to."""
    return create_app(text='rapidjson', binary='cbor')


def event(number: int, text: str = 'hello') -> dict[str, Any]:
    return {'kind': 'event', 'id': number, 'author': 'ann', 'text': text}


def test_an_event_reaches_everyone_in_the_format_they_speak(
    server: Server, feed: App[Any, Any]
) -> None:
    with (
        server.serving(feed),
        server.connect(PATH, subprotocols=TEXT) as in_json,
        server.connect(PATH, subprotocols=BINARY) as in_cbor,
        server.connect(PATH) as by_default,
        server.connect('/bob/messages') as elsewhere,
    ):
        in_json.send(json.dumps(HELLO))
        in_cbor.send(cbor2.dumps(HELLO | {'text': 'hi'}))
        clients: list[tuple[Client, Callable[[Any], Any]]] = [
            (in_json, json.loads),
            (in_cbor, cbor2.loads),
            (by_default, json.loads),
        ]
        for client, decode in clients:
            events = [decode(client.recv()) for _ in range(2)]
            assert sorted(each['text'] for each in events) == ['hello', 'hi']
            assert [each['id'] for each in events] == [1, 2]
        with pytest.raises(TimeoutError):
            elsewhere.recv(timeout=0)
        assert in_json.subprotocol == 'events.text'
        assert in_cbor.subprotocol == 'events.binary'


def test_pages(server: Server, feed: App[Any, Any]) -> None:
    with server.serving(feed):
        assert server.get(PATH) == (200, b'{"events": [], "next": 0}')
        with server.connect(PATH) as client:
            for number in range(3):
                client.send(json.dumps(HELLO | {'text': str(number)}))
                client.recv()
        status, body = server.get(f'{PATH}?after=1&limit=1')
        assert status == 200
        assert json.loads(body) == {'events': [event(2, '1')], 'next': 2}
        status, body = server.get(f'{PATH}?after=2')
        assert json.loads(body) == {'events': [event(3, '2')], 'next': 3}
        assert server.get(f'{PATH}?after=-1')[0] == 400
        assert server.get(f'{PATH}?limit=1000')[0] == 400


def test_a_client_gets_what_comes_after_it_and_may_ask_for_the_rest(
    server: Server, feed: App[Any, Any]
) -> None:
    with server.serving(feed):
        with server.connect(PATH) as early:
            early.send(json.dumps(HELLO))
            early.recv()
        with server.connect(PATH) as late:
            late.send(json.dumps(HELLO))
            assert json.loads(late.recv()) == event(2)
            late.send(json.dumps({'kind': 'replay', 'after': 0}))
            assert [json.loads(late.recv()) for _ in range(2)] == [event(1), event(2)]


def test_an_unknown_account(server: Server, feed: App[Any, Any]) -> None:
    with server.serving(feed):
        assert server.get('/eve/messages')[0] == 404
        with pytest.raises(InvalidStatus, match='403'), server.connect('/eve/messages'):
            pytest.fail('the handshake was accepted')


@pytest.mark.parametrize(
    ('request_media', 'complaint'),
    [
        ([1, 2], 'kind must be of type str'),
        ({}, 'kind must be of type str'),
        ({'kind': 'sing'}, "kind must be 'post' or 'replay'"),
        ({'kind': 'post', 'author': 'ann'}, 'text must be of type str'),
        ({'kind': 'replay', 'after': True}, 'after must be of type int'),
    ],
)
def test_a_request_that_makes_no_sense_is_answered(
    server: Server, feed: App[Any, Any], request_media: object, complaint: str
) -> None:
    with server.serving(feed), server.connect(PATH) as client:
        client.send(json.dumps(request_media))
        assert json.loads(client.recv()) == {'kind': 'error', 'text': complaint}
        client.send(json.dumps(HELLO))
        assert json.loads(client.recv()) == event(1)


def test_protocol_buffers_alone(server: Server) -> None:
    app = create_app(
        text=None,
        binary=falcon_media.use('protobuf', message='events_pb2:Event'),
        feeds={'ann': Feed()},
    )
    with server.serving(app), server.connect(PATH) as client:
        client.send(Event(**HELLO).SerializeToString())
        assert client.recv() == Event(**event(1)).SerializeToString()
        client.send(Event(kind='sing').SerializeToString())
        complaint = Event(kind='error', text="kind must be 'post' or 'replay'")
        assert client.recv() == complaint.SerializeToString()


@pytest.mark.parametrize(
    ('text', 'binary', 'payload'), [('json', None, b'\xa0'), (None, 'cbor', '{}')]
)
def test_a_payload_type_that_is_not_spoken(
    server: Server, text: str | None, binary: str | None, payload: str | bytes
) -> None:
    app = create_app(text, binary)
    with server.serving(app), server.connect(PATH) as client:
        client.send(payload)
        assert client.closed_with() == (1003, 'Unsupported payload')


def test_a_client_that_goes_leaves_nothing_behind(
    server: Server, feed: App[Any, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with server.serving(feed), server.connect(PATH) as stays:
        with server.connect(PATH) as leaves:
            leaves.send(json.dumps(HELLO))
            leaves.recv()
        with server.connect(PATH) as vanishes:
            vanishes.vanish()
        stays.send(json.dumps(HELLO))
        assert [json.loads(stays.recv()) for _ in range(2)] == [event(1), event(2)]
    assert not caplog.records


def test_garbage_ends_one_connection(
    server: Server, feed: App[Any, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with server.serving(feed), server.connect(PATH) as stays:
        with server.connect(PATH) as garbles:
            garbles.send('{"kind": "po')
            assert garbles.closed_with() == (1007, 'Malformed payload')
        stays.send(json.dumps(HELLO))
        assert json.loads(stays.recv()) == event(1)
    assert [record.levelname for record in caplog.records] == ['WARNING']
