"""The chat example: one room, every format, and each member hears it in its own."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import ExitStack
import json
from typing import Any, NamedTuple, TYPE_CHECKING
from urllib.request import Request
from urllib.request import urlopen

import cbor2
import falcon
import msgpack
import pytest
from websockets.exceptions import InvalidStatus

import chat
from events_pb2 import Event
import falcon_media

if TYPE_CHECKING:
    from tests.e2e.conftest import Client
    from tests.e2e.conftest import Server


class Format(NamedTuple):
    """How a client speaks, with the bare library."""

    path: str
    subprotocol: str | None
    frame: type
    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


def decode_event(payload: bytes) -> dict[str, Any]:
    return {
        field.name: value for field, value in Event.FromString(payload).ListFields()
    }


FORMATS = {
    'json': Format('/rooms/lobby', 'chat.v1.json', str, json.dumps, json.loads),
    'msgpack': Format(
        '/rooms/lobby', 'chat.v1.msgpack', bytes, msgpack.packb, msgpack.unpackb
    ),
    'cbor': Format('/rooms/lobby', 'chat.v1.cbor', bytes, cbor2.dumps, cbor2.loads),
    'protobuf': Format(
        '/rooms/lobby/devices',
        None,
        bytes,
        lambda media: Event(**media).SerializeToString(),
        decode_event,
    ),
}


@pytest.fixture
def chat_server(server: Server) -> Iterator[Server]:
    with server.serving(chat.create_app()):
        yield server


def join(stack: ExitStack, server: Server, format_: Format) -> Client:
    offered = format_.subprotocol
    client = stack.enter_context(
        server.connect(format_.path, subprotocols=[offered] if offered else None)
    )
    assert client.subprotocol == offered
    return client


def test_each_member_hears_the_others_in_its_own_format(chat_server: Server) -> None:
    with ExitStack() as stack:
        members = {name: join(stack, chat_server, FORMATS[name]) for name in FORMATS}
        for number, (name, format_) in enumerate(FORMATS.items(), start=1):
            said = {'author': name, 'text': f'hello in {name}'}
            members[name].send(format_.encode(said))
            for listener, member in members.items():
                frame = member.recv()
                assert type(frame) is FORMATS[listener].frame
                assert FORMATS[listener].decode(frame) == {
                    'kind': 'event',
                    'id': number,
                    **said,
                }


@pytest.mark.parametrize('offered', [['chat.v9'], None])
def test_who_speaks_nothing_in_common_is_refused(
    chat_server: Server, offered: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        pytest.raises(InvalidStatus, match='403'),
        chat_server.connect('/rooms/lobby', subprotocols=offered),
    ):
        pass
    lines = [record for record in caplog.records if record.name == 'falcon_media']
    assert [line.levelname for line in lines] == ['WARNING']
    assert 'supported chat.v1.cbor, chat.v1.msgpack, chat.v1.json' in caplog.text


@pytest.mark.parametrize(
    ('name', 'payload', 'code'),
    [
        ('json', '{"author": ', 1007),
        ('msgpack', b'\xc1', 1007),
        ('cbor', b'\xff', 1007),
        ('protobuf', b'\x0a\xff', 1007),
        ('cbor', '{}', 1003),
        ('json', b'{}', 1003),
        ('json', '[' * 9 + ']' * 9, 1009),
        ('msgpack', b'\xc6\x00\x00\x50\x00' + bytes(20480), 1009),
    ],
)
def test_one_bad_payload_ends_one_connection(
    chat_server: Server, name: str, payload: Any, code: int
) -> None:
    with ExitStack() as stack:
        bad = join(stack, chat_server, FORMATS[name])
        good = join(stack, chat_server, FORMATS['json'])
        bad.send(payload)
        assert bad.closed_with()[0] == code
        good.send('{"author": "good", "text": "still here"}')
        assert json.loads(good.recv())['text'] == 'still here'


def test_a_message_of_the_wrong_shape_is_answered(chat_server: Server) -> None:
    with ExitStack() as stack:
        member = join(stack, chat_server, FORMATS['json'])
        for said in ('[]', '{"author": 1, "text": ""}'):
            member.send(said)
            assert json.loads(member.recv())['kind'] == 'error'


@pytest.mark.parametrize(
    ('accept', 'decode'),
    [
        ('application/json', json.loads),
        ('application/cbor', cbor2.loads),
        ('application/msgpack', msgpack.unpackb),
        ('text/html, application/cbor;q=0.5', cbor2.loads),
        ('*/*', json.loads),
    ],
)
def test_the_history_by_http(chat_server: Server, accept: str, decode: Any) -> None:
    with ExitStack() as stack:
        member = join(stack, chat_server, FORMATS['cbor'])
        member.send(cbor2.dumps({'author': 'ann', 'text': 'é'}))
        event = cbor2.loads(bytes(member.recv()))  # type: ignore[arg-type]  # a BINARY frame
        request = Request(  # http it is
            f'http://{chat_server.address}/rooms/lobby/history',
            headers={'Accept': accept},
        )
        with urlopen(request, timeout=10) as response:  # noqa: S310  # http it is
            assert decode(response.read()) == {'events': [event]}


def test_a_room_that_is_not_there(chat_server: Server) -> None:
    status, _ = chat_server.get('/rooms/nowhere/history')
    assert status == falcon.util.http_status_to_code(falcon.HTTP_NOT_FOUND)


def test_what_an_operator_sees() -> None:
    app = chat.create_app()
    installed = falcon_media.install(app, config=chat.CONFIG)
    lines = installed.describe().splitlines()
    assert any('chat.v1.cbor' in line and 'chat.toml' in line for line in lines)
    assert any('BINARY of Rooms.on_websocket_devices' in line for line in lines)
