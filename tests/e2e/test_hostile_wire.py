"""What a client that sends garbage sees, and what nobody else gets to see of it."""

from __future__ import annotations

from contextlib import suppress
import functools
import logging
from typing import Any, TYPE_CHECKING

import falcon
from falcon import WebSocketPayloadType
from falcon.asgi import App
from falcon.asgi import Request
from falcon.asgi import Response
from falcon.asgi import WebSocket
import pytest
from websockets.exceptions import ConnectionClosed

import falcon_media

if TYPE_CHECKING:
    from tests.e2e.conftest import Client
    from tests.e2e.conftest import Server

TEXT = WebSocketPayloadType.TEXT
BINARY = WebSocketPayloadType.BINARY

MALFORMED = (1007, 'Malformed payload')
UNSUPPORTED = (1003, 'Unsupported payload')
TOO_LARGE = (1009, 'Payload too large')

# NOTE: Part of the payloads, and so of no close reason and of no line in the log.
SECRET = 'hunter2'

MEGABYTE = 1024 * 1024
# NOTE: A tenth of the default, so that each server gets an answer soon.
LIMITS = falcon_media.Limits(max_items=26_000)
ITEMS = LIMITS.max_items

# NOTE: A message that can be nested, as can JSON: a string, a list or a mapping.
VALUE = falcon_media.use('protobuf', message='google.protobuf.struct_pb2:Value')
HANDLERS: dict[str, falcon_media.Use | str] = {
    'json': 'json',
    'orjson': 'orjson',
    'orjson-bytes': 'orjson-bytes',
    'rapidjson': 'rapidjson',
    'msgpack': 'msgpack',
    'cbor': 'cbor',
    'msgspec-json': 'msgspec-json',
    'msgspec-msgpack': 'msgspec-msgpack',
    'protobuf': VALUE,
}
VALID: dict[str, str | bytes] = {
    'json': '[1]',
    'orjson': '[1]',
    'orjson-bytes': b'[1]',
    'rapidjson': '[1]',
    'msgpack': b'\x91\x01',
    'cbor': b'\x81\x01',
    'msgspec-json': '[1]',
    'msgspec-msgpack': b'\x91\x01',
    'protobuf': b'\x1a\x02hi',
}


def json_payloads(handler: str) -> list[Any]:
    return [
        pytest.param(handler, payload, close, id=f'{handler}-{title}')
        for title, payload, close in (
            ('empty', '', MALFORMED),
            ('truncated', f'{{"{SECRET}": ', MALFORMED),
            ('trailing', f'1 "{SECRET}"', MALFORMED),
            ('NUL', f'1\0{SECRET}', MALFORMED),
            ('NaN', f'["{SECRET}", NaN]', MALFORMED),
            ('twice', f'{{"{SECRET}": 1, "{SECRET}": 2}}', MALFORMED),
            ('surrogate', f'["{SECRET}", "\\ud800"]', MALFORMED),
            ('big', f'"{SECRET}{"x" * MEGABYTE}"', TOO_LARGE),
            ('deep', '[' * 65 + f'"{SECRET}"' + ']' * 65, TOO_LARGE),
            ('many', f'["{SECRET}"{",1" * ITEMS}]', TOO_LARGE),
        )
    ]


def nested_values(levels: int) -> bytes:
    # NOTE: A Value that holds a ListValue that holds a Value, and so on: two messages
    #   a level, and lengths of less than 2**14 on two bytes.
    payload = b'\x1a\x07hunter2'
    for tag in (b'\x0a', b'\x32') * levels:
        size = len(payload)
        payload = tag + bytes([size & 0x7F | 0x80, size >> 7]) + payload
    return payload


# NOTE: A container that says how long it is comes before what it holds.
BINARY_PAYLOADS = {
    'orjson-bytes': [
        ('truncated', b'["hunter2"', MALFORMED),
        ('UTF-8', b'["hunter2\xff"]', MALFORMED),
        ('integer', b'["hunter2",18446744073709551616]', MALFORMED),
        ('twice', b'{"hunter2":1,"hunter2":2}', MALFORMED),
        ('deep', b'[' * 65 + b'"hunter2"' + b']' * 65, TOO_LARGE),
    ],
    'msgpack': [
        ('empty', b'', MALFORMED),
        ('truncated', b'\x92\xa7hunter2', MALFORMED),
        ('trailing', b'\xa7hunter2\x01', MALFORMED),
        ('length', b'\xdb\xff\xff\xff\xffhunter2', MALFORMED),
        ('UTF-8', b'\x92\xa7hunter2\xa1\xff', MALFORMED),
        ('key', b'\x81\x01\xa7hunter2', UNSUPPORTED),
        ('twice', b'\x82\xa7hunter2\x01\xa7hunter2\x02', MALFORMED),
        ('extension', b'\xc7\x07\x05hunter2', UNSUPPORTED),
        ('big', b'\xc6\0\x10\0\0' + bytes(MEGABYTE), TOO_LARGE),
        ('deep', b'\x91' * 65 + b'\xa7hunter2', TOO_LARGE),
        ('many', b'\xdd\0\0\x65\x91' + b'\xc0' * (ITEMS + 1), TOO_LARGE),
    ],
    'cbor': [
        ('empty', b'', MALFORMED),
        ('truncated', b'\x82\x67hunter2', MALFORMED),
        ('trailing', b'\x67hunter2\x01', MALFORMED),
        ('length', b'\x7b\xff\xff\xff\xff\xff\xff\xff\xffhunter2', MALFORMED),
        ('UTF-8', b'\x82\x67hunter2\x61\xff', MALFORMED),
        ('twice', b'\xa2\x67hunter2\x01\x67hunter2\x02', MALFORMED),
        ('indefinite', b'\x9f\x67hunter2', MALFORMED),
        ('undefined', b'\x82\x67hunter2\xf7', UNSUPPORTED),
        ('simple', b'\x82\x67hunter2\xe5', UNSUPPORTED),
        ('tag', b'\xd8\x1e\x82\x671e99999\xf6', UNSUPPORTED),
        ('big', b'\x5a\0\x10\0\0' + bytes(MEGABYTE), TOO_LARGE),
        ('deep', b'\x81' * 65 + b'\x67hunter2', TOO_LARGE),
        ('many', b'\x9a\0\0\x65\x91' + b'\xf6' * (ITEMS + 1), TOO_LARGE),
    ],
    'protobuf': [
        ('truncated', b'\x1a\x09hunter2', MALFORMED),
        ('UTF-8', b'\x1a\x08hunter2\xff', MALFORMED),
        ('wire type', b'\x1f', MALFORMED),
        ('field', b'\x02\x07hunter2', MALFORMED),
        ('big', b'\x1a\x80\x80\x40' + bytes(MEGABYTE), TOO_LARGE),
        ('deep', nested_values(33), TOO_LARGE),
        ('many', b'\x32\xa2\x96\x03' + b'\x0a\0' * (ITEMS + 1), TOO_LARGE),
    ],
}

BINARY_PAYLOADS['msgspec-msgpack'] = [
    each for each in BINARY_PAYLOADS['msgpack'] if each[0] != 'key'
]

BAD = [
    *json_payloads('json'),
    *json_payloads('orjson'),
    *json_payloads('rapidjson'),
    *json_payloads('msgspec-json'),
    *(
        pytest.param(handler, payload, close, id=f'{handler}-{title}')
        for handler, payloads in BINARY_PAYLOADS.items()
        for title, payload, close in payloads
    ),
]


class Echo:
    """Send back what was received, in the same payload type."""

    def __init__(self, payload_type: WebSocketPayloadType) -> None:
        self._payload_type = payload_type

    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        await ws.accept()
        while True:
            await ws.send_media(await ws.receive_media(), self._payload_type)


class Forgiving:
    """Tell the client what it did wrong, and go on."""

    def __init__(self, payload_type: WebSocketPayloadType) -> None:
        self._payload_type = payload_type

    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        await ws.accept()
        while True:
            try:
                media = await ws.receive_media()
            except falcon_media.PayloadError as ex:
                await ws.send_text(f'{ex.close_code} {ex.reason}')
            else:
                await ws.send_media(media, self._payload_type)


def payload_type(handler: str) -> WebSocketPayloadType:
    return TEXT if isinstance(VALID[handler], str) else BINARY


@functools.cache
def app_with(handler: str) -> App[Any, Any]:
    app = App()
    kind = payload_type(handler)
    if kind is TEXT:
        falcon_media.install(app, text=HANDLERS[handler], limits=LIMITS)
    else:
        falcon_media.install(app, binary=HANDLERS[handler], limits=LIMITS)
    app.add_route('/', Echo(kind))
    app.add_route('/forgiving', Forgiving(kind))
    return app


def exchange(client: Client, handler: str) -> None:
    client.send(VALID[handler])
    assert client.recv() == VALID[handler]


def loud(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Return the records from WARNING on that an operator sees, of any server."""
    assert SECRET not in caplog.text
    return [
        record
        for record in caplog.records
        # NOTE: The client runs in this process, too.
        if record.levelno >= logging.WARNING and record.name != 'websockets.client'
    ]


def assert_one_line(caplog: pytest.LogCaptureFixture) -> None:
    (record,) = loud(caplog)
    assert (record.name, record.levelname) == ('falcon_media', 'WARNING')
    assert record.exc_info is None
    assert '\n' not in record.getMessage()


@pytest.mark.parametrize(('handler', 'payload', 'close'), BAD)
def test_a_bad_payload_ends_its_own_connection(
    any_server: Server,
    caplog: pytest.LogCaptureFixture,
    handler: str,
    payload: str | bytes,
    close: tuple[int, str],
) -> None:
    with any_server.serving(app_with(handler)), any_server.connect() as bystander:
        exchange(bystander, handler)
        with any_server.connect() as client:
            exchange(client, handler)
            client.send(payload)
            assert client.closed_with() == any_server.close(*close)
        exchange(bystander, handler)
        with any_server.connect() as client:
            exchange(client, handler)
    assert_one_line(caplog)


@pytest.mark.parametrize(('method', 'payload'), [('text', b'\x01'), ('data', '1')])
def test_the_wrong_frame_type(
    any_server: Server,
    app: App[Any, Any],
    caplog: pytest.LogCaptureFixture,
    method: str,
    payload: str | bytes,
) -> None:
    class Resource:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            await ws.accept()
            await (ws.receive_text if method == 'text' else ws.receive_data)()

    app.add_route('/', Resource())
    with any_server.serving(app), any_server.connect() as client:
        client.send(payload)
        assert client.closed_with() == any_server.close(*UNSUPPORTED)
    assert_one_line(caplog)


def test_text_that_is_no_utf_8_never_gets_to_a_handler(
    any_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    # NOTE: What the client sees (1007, or no close frame at all) and what is logged is
    #   up to the server.
    with any_server.serving(app_with('json')):
        with any_server.connect() as client:
            client.send(f'"{SECRET}'.encode() + b'\xff"', text=True)
            with pytest.raises(ConnectionClosed):
                client.recv()
        with any_server.connect() as client:
            exchange(client, 'json')
    assert not [each for each in caplog.records if each.name.startswith('falcon')]


def test_what_our_side_can_not_send(
    any_server: Server, app: App[Any, Any], caplog: pytest.LogCaptureFixture
) -> None:
    class Resource:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            await ws.accept()
            await ws.send_media({'rows': [SECRET, object()]})

    app.add_route('/', Resource())
    with any_server.serving(app), any_server.connect() as client:
        assert client.closed_with() == any_server.close(1011, 'Internal Server Error')
    (record,) = loud(caplog)
    assert record.name == 'falcon_media'


@pytest.mark.parametrize(('handler', 'payload', 'close'), BAD)
def test_a_responder_may_go_on(
    any_server: Server,
    caplog: pytest.LogCaptureFixture,
    handler: str,
    payload: str | bytes,
    close: tuple[int, str],
) -> None:
    with (
        any_server.serving(app_with(handler)),
        any_server.connect('/forgiving') as client,
    ):
        for _ in range(2):
            client.send(payload)
            assert client.recv() == '{} {}'.format(*close)
            exchange(client, handler)
    # NOTE: What a responder has dealt with is not worth a line of ours.
    assert not loud(caplog)


def test_a_thousand_bad_frames_that_a_responder_answers(
    any_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    app = app_with('rapidjson')
    with any_server.serving(app), any_server.connect('/forgiving') as client:
        for _ in range(1000):
            client.send(SECRET)
            assert client.recv() == '1007 Malformed payload'
        exchange(client, 'rapidjson')
    assert not loud(caplog)


def test_a_thousand_bad_frames_at_once_are_one_line(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    # NOTE: On uvicorn alone. Others may close the socket with frames unread, and what
    #   the client has not read yet is then lost, the close frame too.
    with server.serving(app_with('rapidjson')), server.connect() as client:
        with suppress(ConnectionClosed):
            for _ in range(1000):
                client.send(SECRET)
        assert client.closed_with() == server.close(*MALFORMED)
    assert_one_line(caplog)


def test_a_client_that_is_gone_when_it_is_to_be_closed(
    any_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    with any_server.serving(app_with('rapidjson')), any_server.connect() as client:
        client.send(SECRET)
        client.vanish()
    assert_one_line(caplog)


OWN_HANDLERS = [
    pytest.param(
        error,
        payload,
        before,
        id=f'{error.__name__}-{"before" if before else "after"}',
    )
    for error, payload in (
        (falcon_media.MalformedPayload, SECRET),
        (falcon_media.PayloadTooLarge, '[' * 65 + ']' * 65),
        (falcon_media.PayloadError, SECRET),
        (falcon_media.MediaError, SECRET),
        (falcon.PayloadTypeError, b'\x01'),
    )
    for before in (False, True)
]


@pytest.mark.parametrize(('error', 'payload', 'before'), OWN_HANDLERS)
def test_the_apps_own_error_handler_wins(
    any_server: Server,
    caplog: pytest.LogCaptureFixture,
    error: type[Exception],
    payload: str | bytes,
    before: bool,
) -> None:
    async def answer(
        req: Request,
        resp: Response | None,
        ex: Exception,
        params: dict[str, Any],
        ws: WebSocket | None = None,
    ) -> None:
        assert ws is not None
        assert isinstance(ex, error)
        await ws.send_text('ours')
        await ws.close(4000)

    class Resource:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            await ws.accept()
            if error is falcon.PayloadTypeError:
                await ws.receive_text()
            else:
                await ws.receive_media()

    app = App()
    if before:
        app.add_error_handler(error, answer)
    falcon_media.install(app, text='rapidjson')
    if not before:
        app.add_error_handler(error, answer)
    app.add_route('/', Resource())
    with any_server.serving(app), any_server.connect() as client:
        client.send(payload)
        assert client.recv() == 'ours'
        assert client.closed_with() == (4000, '')
    assert not loud(caplog)


def test_installing_twice_is_as_good_as_once(
    any_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    app = App()
    falcon_media.install(app, text='json')
    falcon_media.install(app, text='rapidjson')
    app.add_route('/', Echo(TEXT))
    with any_server.serving(app), any_server.connect() as client:
        exchange(client, 'rapidjson')
        client.send(SECRET)
        assert client.closed_with() == any_server.close(*MALFORMED)
    assert_one_line(caplog)
