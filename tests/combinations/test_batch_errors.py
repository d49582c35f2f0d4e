"""Of a frame with several messages, each error says which one it is about."""

from __future__ import annotations

import asyncio
from typing import Any

import falcon.asgi
import falcon.testing
from google.protobuf.wrappers_pb2 import StringValue
import pytest

import falcon_media
from falcon_media import batched
from falcon_media import PayloadError
from falcon_media import use

HANDLERS: dict[str, Any] = {'protobuf': use('protobuf', type=StringValue)}


class Resource:
    """Receives until the client leaves, and keeps the errors."""

    def __init__(self) -> None:
        self.errors: list[PayloadError] = []

    async def on_websocket(self, req: Any, ws: Any) -> None:
        peer = await falcon_media.accept(req, ws)
        while not ws.closed:
            try:
                await peer.receive()
            except PayloadError as ex:
                self.errors.append(ex)
            except falcon.WebSocketDisconnected:
                return


@pytest.mark.parametrize(
    ('handler', 'frame', 'number'),
    [
        *((name, '1\n\n2', 2) for name in ('json', 'rapidjson', 'orjson')),
        ('msgspec-json', '1\n2\n\n', 3),
        ('orjson-bytes', b'1\n2\n{\n', 3),
        # Told apart by their lengths, and wrong in themselves.
        ('cbor', bytes.fromhex('01 02 f7 03'), 3),
        ('msgspec-msgpack', bytes.fromhex('01 c1'), 2),
        ('protobuf', bytes.fromhex('00 00 01 ff'), 3),
        # Not told apart: the rest of the frame is lost.
        ('cbor', bytes.fromhex('01 82 01'), 2),
        ('cbor', bytes.fromhex('01 02 ff 03'), 3),
        ('msgpack', bytes.fromhex('01 02 92 01'), 3),
        ('msgpack', bytes.fromhex('01 c1'), 2),
        ('msgspec-msgpack', bytes.fromhex('01 92 01'), 2),
        ('msgspec-msgpack', bytes.fromhex('01 dd ffffffff'), 2),
        ('protobuf', bytes.fromhex('00 05 61'), 2),
        ('protobuf', b'\0\0' + b'\xff' * 9, 3),
    ],
    ids=str,
)
def test_an_error_of_a_framing_numbers_the_message(
    handler: str, frame: str | bytes, number: int
) -> None:
    resource = Resource()
    app = falcon.asgi.App()
    app.add_route('/', resource)
    falcon_media.install(
        app, subprotocols={'a': batched(HANDLERS.get(handler, handler))}
    )

    async def main() -> None:
        async with (
            falcon.testing.ASGIConductor(app) as conductor,
            conductor.simulate_ws('/', subprotocols=['a']) as ws,
        ):
            if isinstance(frame, str):
                await ws.send_text(frame)
            else:
                await ws.send_data(frame)

    asyncio.run(main())
    (error,) = resource.errors
    assert error.message_number == number
    assert f': message {number}: ' in str(error)
