"""Batches, with clients whose frames the test can delay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from collections.abc import Awaitable
from collections.abc import Callable
from contextlib import asynccontextmanager
import copy
import math
from typing import Any

from core.tests.typed_messages import Item
from core.tests.typed_messages import Order
import falcon
import falcon.asgi
from falcon.media import BinaryBaseHandlerWS
from falcon.media import TextBaseHandlerWS
import falcon.testing
import pytest

import falcon_media
from falcon_media import batched
from falcon_media import BinaryHandler
from falcon_media import Broadcast
from falcon_media import BYTE_LINES
from falcon_media import Codec
from falcon_media import ConfigError
from falcon_media import Framing
from falcon_media import HookError
from falcon_media import InvalidPayload
from falcon_media import LINES
from falcon_media import MalformedPayload
from falcon_media import media_handlers
from falcon_media import PayloadTooLarge
from falcon_media import TextHandler
from falcon_media import UnserializableMedia
from falcon_media import UnsupportedPayload
from falcon_media import use
from falcon_media.connection.peer import outgoing_of

BOUND = 10
"""Seconds after which whatever is waited for has failed. Nothing waits that long."""

NEVER = 3600.0

Responder = Callable[[Any], Awaitable[None]]


class Client:
    """A client at the level of ASGI."""

    def __init__(self) -> None:
        self.frames: list[Any] = []
        self.close_code: int | None = None
        self.failure: BaseException | None = None
        self.came = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self.events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.events.put_nowait({'type': 'websocket.connect'})

    async def send(self, event: dict[str, Any]) -> None:
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        if event['type'] == 'websocket.send':
            self.frames.append(event.get('text', event.get('bytes')))
            self.came.set()
        elif event['type'] == 'websocket.close':
            self.close_code = event['code']

    async def has_frames(self, count: int) -> None:
        while len(self.frames) < count:
            self.came.clear()
            await self.came.wait()

    def say(self, frame: str | bytes) -> None:
        kind = 'text' if isinstance(frame, str) else 'bytes'
        self.events.put_nowait({'type': 'websocket.receive', kind: frame})

    def leave(self) -> None:
        self.events.put_nowait({'type': 'websocket.disconnect', 'code': 1001})


def app_of(responder: Responder, handler: object = 'json', **bounds: Any) -> Any:
    class Resource:
        async def on_websocket(self, req: Any, ws: Any) -> None:
            await responder(await falcon_media.accept(req, ws))

    app = falcon.asgi.App()
    app.add_route('/', Resource())
    bounds = {'max_delay': NEVER, **bounds}
    falcon_media.install(
        app, subprotocols={'batch': batched(handler, **bounds), 'plain': handler}
    )
    return app


@asynccontextmanager
async def connected(
    responder: Responder,
    handler: object = 'json',
    protocol: str = 'batch',
    **bounds: Any,
) -> AsyncIterator[Client]:
    """A connection to an app that ends with the block and leaves no task behind."""
    async with asyncio.timeout(BOUND):
        client = Client()
        scope = falcon.testing.create_scope_ws(subprotocols=[protocol])  # type: ignore[arg-type]  # as simulate_ws() has it
        app = app_of(responder, handler, **bounds)
        call = asyncio.create_task(app(scope, client.events.get, client.send))
        yield client
        client.leave()
        await call
        await settle()
        names = [task.get_coro().__qualname__ for task in asyncio.all_tasks()]  # type: ignore[union-attr]  # a coroutine
        assert not [name for name in names if name.startswith(('Batches', 'Broad'))]


def run(
    responder: Responder, *frames: str | bytes, handler: object = 'json', **bounds: Any
) -> Client:
    """Run a responder to its end, with a client that sends some frames."""

    async def main() -> Client:
        ended = asyncio.Event()

        async def respond(peer: Any) -> None:
            try:
                await responder(peer)
            finally:
                ended.set()

        async with connected(respond, handler, **bounds) as client:
            for frame in frames:
                client.say(frame)
            await ended.wait()
        return client

    return asyncio.run(main())


def caused() -> Exception:
    error = RuntimeError('by an assertion')
    error.__cause__ = AssertionError('the cause')
    return error


@pytest.mark.xfail(
    strict=True,
    raises=(AssertionError, ExceptionGroup),
    reason='what fails in a responder has to fail the test',
)
@pytest.mark.parametrize(
    'error',
    [AssertionError('alone'), ExceptionGroup('', [AssertionError('of it')]), caused()],
    ids=['alone', 'in a group', 'as a cause'],
)
def test_an_assertion_of_a_responder_fails_the_test(error: Exception) -> None:
    async def responder(peer: Any) -> None:
        raise error

    run(responder)


async def settle() -> None:
    """Run all tasks that are ready."""
    for _ in range(20):
        await asyncio.sleep(0)


# ----------------------------------------------------------------------------- Sending


def test_a_full_frame_is_sent() -> None:
    async def responder(peer: Any) -> None:
        for number in range(7):
            await peer.send(number)
        await peer.flush()
        await peer.flush()

    client = run(responder, max_count=3)
    assert client.frames == ['0\n1\n2\n', '3\n4\n5\n', '6\n']


def test_a_frame_is_within_its_byte_limit() -> None:
    async def responder(peer: Any) -> None:
        for media in ('aaaa', 'bbbb', 'ž' * 10, 'c', 'd', 'eeee', 'x'):
            await peer.send(media)
        await peer.flush()

    client = run(responder, max_bytes=14)
    # NOTE: A message that is larger than a frame is sent alone.
    assert client.frames == [
        '"aaaa"\n"bbbb"\n',
        f'"{"ž" * 10}"\n',
        '"c"\n"d"\n',
        '"eeee"\n"x"\n',
    ]


def test_a_frame_is_sent_after_its_delay() -> None:
    async def main() -> None:
        async def responder(peer: Any) -> None:
            await peer.send(1)
            await peer.send(2)
            assert client.frames == []
            await client.has_frames(1)
            await peer.send(3)
            await client.has_frames(2)
            ended.set()

        ended = asyncio.Event()
        async with connected(responder, max_delay=0) as client:
            await ended.wait()
        assert client.frames == ['1\n2\n', '3\n']

    asyncio.run(main())


def test_only_the_unserializable_message_is_refused() -> None:
    async def responder(peer: Any) -> None:
        await peer.send(1)
        with pytest.raises(UnserializableMedia, match='json'):
            await peer.send({1, 2})
        await peer.send(2)
        await peer.flush()

    assert run(responder).frames == ['1\n2\n']


def test_a_payload_that_would_be_split_is_refused() -> None:
    async def responder(peer: Any) -> None:
        with pytest.raises(UnserializableMedia, match=r'pretty: .*more than one line'):
            await peer.send(1)
        await peer.flush()

    codec = Codec(encode='<\n{}\n>'.format, decode=len, unchecked=0)
    handler = TextHandler(codec, name='pretty')
    handler.framing = falcon_media.LINES
    assert run(responder, handler=handler).frames == []


def test_a_prepared_message_joins_the_batch() -> None:
    async def responder(peer: Any) -> None:
        await peer.send(1)
        assert peer.handler.name == 'json'
        await falcon_media.Prepared({'a': 'ž'}).send(peer)
        await peer.flush()

    assert run(responder).frames == ['1\n{"a":"ž"}\n']


def test_an_empty_flush_does_nothing() -> None:
    async def main() -> None:
        async def responder(peer: Any) -> None:
            await peer.send(1)
            await peer.flush()
            outgoing = outgoing_of(peer)
            assert outgoing.maker is peer.handler
            assert not outgoing.offer('2', 1)
            await peer.close()

        async with connected(responder, protocol='plain') as client:
            await client.has_frames(1)
        assert client.frames == ['1']

    asyncio.run(main())


def test_close_sends_waiting_messages() -> None:
    async def responder(peer: Any) -> None:
        await peer.send(1)
        await peer.close(3000)

    client = run(responder)
    assert client.frames == ['1\n']
    assert client.close_code == 3000


def test_close_may_drop_waiting_messages() -> None:
    async def responder(peer: Any) -> None:
        await peer.send(1)
        await peer.close(flush=False)

    client = run(responder)
    assert client.frames == []
    assert client.close_code == 1000


def test_a_slow_client_blocks_its_sender_after_one_frame() -> None:
    async def main() -> None:
        async def responder(peer: Any) -> None:
            client.gate.clear()
            for number in range(9):
                await peer.send(number)
                sent.append(number)
            await peer.close()

        sent: list[int] = []
        async with connected(responder, max_count=3) as client:
            await settle()
            assert 2 <= sent[-1] <= 5
            client.gate.set()
            await settle()
        assert client.frames == ['0\n1\n2\n', '3\n4\n5\n', '6\n7\n8\n']

    asyncio.run(main())


def test_a_cancelled_sender_loses_no_messages() -> None:
    async def main() -> None:
        async def responder(peer: Any) -> None:
            client.gate.clear()
            await peer.send(1)
            flushing = asyncio.create_task(peer.flush())
            await settle()
            flushing.cancel()
            await settle()
            assert flushing.cancelled()
            client.gate.set()
            await peer.send(2)
            await peer.close()
            ended.set()

        ended = asyncio.Event()
        async with connected(responder) as client:
            await ended.wait()
        assert client.frames == ['1\n', '2\n']

    asyncio.run(main())


def test_waiting_messages_are_dropped_when_the_client_disconnects() -> None:
    async def responder(peer: Any) -> None:
        client = clients[0]
        client.gate.clear()
        await peer.send(1)
        flushing = asyncio.create_task(peer.flush())
        await settle()
        await peer.send(2)
        client.leave()
        async for _ in peer:
            pass
        await flushing
        await peer.send(3)
        with pytest.raises(falcon.WebSocketDisconnected):
            await peer.flush()
        await peer.close()

    clients: list[Client] = []

    async def main() -> None:
        ended = asyncio.Event()

        async def respond(peer: Any) -> None:
            await responder(peer)
            ended.set()

        async with connected(respond) as client:
            clients.append(client)
            await ended.wait()
        assert client.frames == []

    asyncio.run(main())


def test_a_failure_is_raised_by_the_next_send() -> None:
    async def main() -> None:
        async def responder(peer: Any) -> None:
            client.failure = RuntimeError('Unexpected ASGI message')
            await peer.send(1)
            await settle()
            # NOTE: Neither the message whose send raises nor the first is queued.
            with pytest.raises(RuntimeError, match='Unexpected'):
                await peer.send(2)
            client.failure = None
            await peer.send(3)
            await peer.flush()
            ended.set()

        ended = asyncio.Event()
        async with connected(responder, max_delay=0) as client:
            await ended.wait()
        assert client.frames == ['3\n']

    asyncio.run(main())


@pytest.mark.parametrize('call', ['flush', 'send'])
def test_a_send_that_the_server_cancels_is_a_failure(call: str) -> None:
    async def main() -> None:
        async def responder(peer: Any) -> None:
            client.failure = asyncio.CancelledError()
            await peer.send(1)
            await settle()
            with pytest.raises(falcon.WebSocketDisconnected) as caught:
                await (peer.flush() if call == 'flush' else peer.send(2))
            assert isinstance(caught.value.__cause__, asyncio.CancelledError)
            client.failure = None
            await peer.send(3)
            await peer.flush()
            ended.set()

        ended = asyncio.Event()
        async with connected(responder, max_delay=0) as client:
            await ended.wait()
        assert client.frames == ['3\n']

    asyncio.run(main())


def test_a_frame_waits_for_other_frames() -> None:
    async def main() -> None:
        async def responder(peer: Any) -> None:
            async with outgoing_of(peer).turn:
                await peer.send(1)
                await peer.send(2)
                await settle()
                assert client.frames == []
            await peer.flush()
            ended.set()

        ended = asyncio.Event()
        async with connected(responder, max_delay=0) as client:
            await ended.wait()
        assert client.frames == ['1\n2\n']

    asyncio.run(main())


def test_close_after_a_failure() -> None:
    async def responder(peer: Any) -> None:
        client = clients[0]
        client.failure = RuntimeError('Unexpected ASGI message')
        await peer.send(1)
        await settle()
        client.failure = None
        await peer.close(3000)

    clients: list[Client] = []

    async def main() -> None:
        ended = asyncio.Event()

        async def respond(peer: Any) -> None:
            await responder(peer)
            ended.set()

        async with connected(respond, max_delay=0) as client:
            clients.append(client)
            await ended.wait()
        assert client.frames == []
        assert client.close_code == 3000

    asyncio.run(main())


# --------------------------------------------------------------------------- Receiving


def test_each_message_of_a_frame_is_received_separately() -> None:
    received: list[object] = []

    async def responder(peer: Any) -> None:
        received.extend([await peer.receive() for _ in range(4)])

    run(responder, '1\n[2]\n', '"3"', '4\r\n')
    assert received == [1, [2], '3', 4]


def test_an_error_takes_the_place_of_its_message() -> None:
    outcomes: list[object] = []

    async def responder(peer: Any) -> None:
        for _ in range(7):
            try:
                outcomes.append(await peer.receive())
            except falcon_media.PayloadError as ex:
                outcomes.append(type(ex))

    run(responder, '1\n{"a"\n3\n', '\n', '4\n' * 5, b'5', '6', max_received=4)
    assert outcomes == [
        *(1, MalformedPayload, 3),
        *(MalformedPayload, PayloadTooLarge, UnsupportedPayload, 6),
    ]


async def errors_of(peer: Any, count: int) -> list[falcon_media.MediaError]:
    errors: list[falcon_media.MediaError] = []
    for _ in range(count):
        try:
            await peer.receive()
        except falcon_media.MediaError as ex:
            errors.append(ex)
    return errors


def test_an_error_says_which_message_of_a_frame_it_is_about() -> None:
    errors: list[Any] = []

    async def responder(peer: Any) -> None:
        errors.extend(await errors_of(peer, 7))

    run(responder, '1\n\n2\n{\n', '{\n', '4\n[\n')
    assert [error.message_number for error in errors] == [2, 4, None, 2]
    assert str(errors[0]) == (
        'json: TEXT payload of size 0: message 2: not well-formed (JSONDecodeError)'
    )
    assert str(errors[2]) == (
        'json: TEXT payload of size 1: not well-formed (JSONDecodeError)'
    )
    assert str(copy.copy(errors[0])) == str(errors[0])


def test_a_message_that_fails_in_the_app_has_its_number() -> None:
    errors: list[Any] = []

    async def responder(peer: Any) -> None:
        errors.extend(await errors_of(peer, 2))

    def decode(payload: str) -> object:
        raise HookError('hook raised an exception')

    codec: Codec[str] = Codec(encode=str, decode=decode, unchecked=9)
    run(responder, '1\n2\n', handler=TextHandler(codec, framing=LINES, name='x'))
    assert [str(error) for error in errors] == [
        f'x: TEXT payload: message {number}: hook raised an exception'
        for number in (1, 2)
    ]


@pytest.mark.parametrize('number', [None, 3])
def test_a_framing_may_say_which_message_an_error_is_about(number: int | None) -> None:
    errors: list[Any] = []

    async def responder(peer: Any) -> None:
        errors.extend(await errors_of(peer, 1))

    def split(frame: str, most: int) -> list[str]:
        ex: Any = EOFError()
        if number is not None:
            ex.message_number = number
        raise ex

    run(responder, '1', framing=Framing(split=split))
    assert [error.message_number for error in errors] == [number]


def test_a_frame_is_within_the_budgets_of_a_message() -> None:
    async def responder(peer: Any) -> None:
        with pytest.raises(PayloadTooLarge) as caught:
            await peer.receive()
        assert caught.value.limit == 'max_size'
        assert await peer.receive() == 1

    limits = falcon_media.Limits(max_size=10)
    run(
        responder, '1\n' * 6, '1\n' * 5, handler=falcon_media.use('json', limits=limits)
    )


def test_a_frame_without_a_message_is_malformed() -> None:
    async def responder(peer: Any) -> None:
        with pytest.raises(MalformedPayload, match='an empty frame'):
            await peer.receive()

    run(responder, '')


@pytest.mark.parametrize(
    ('message', 'count', 'fewest'), [('1', 1000, 10), (f'"{"a" * 16_000}"', 20, 9)]
)
def test_a_receiver_lets_other_tasks_run(message: str, count: int, fewest: int) -> None:
    turns = received = 0

    async def responder(peer: Any) -> None:
        nonlocal received

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        await peer.receive()
        before = turns
        for _ in range(count - 1):
            await peer.receive()
        received = turns - before
        task.cancel()
        await asyncio.wait([task])

    run(responder, f'{message}\n' * count)
    assert received >= fewest


# ------------------------------------------------------------------ Messages of a type


TYPED = use('json', receive=Order, send=Item)


def test_each_message_of_a_frame_is_of_the_type() -> None:
    outcomes: list[object] = []

    async def responder(peer: Any) -> None:
        assert str(peer.handler.types) == 'receive Order, send Item'
        for _ in range(6):
            try:
                outcomes.append(await peer.receive())
            except InvalidPayload as ex:
                outcomes.append(ex.path)
            except MalformedPayload as ex:
                outcomes.append(type(ex))
        await peer.send(Item('a', 1.0))
        with pytest.raises(UnserializableMedia, match='not valid for the type'):
            await peer.send(Order(1))
        await peer.send(Item('b'))
        await peer.flush()

    client = run(
        responder,
        '{"id":1}\n{"id":"2"}\n{"id":3,"items":[{"name":"a"}]}\n',
        '{"id":4,"notes":{"a":null}}\n{"id"\n{"id":6}\n',
        handler=TYPED,
    )
    assert outcomes == [
        *(Order(1), '$.id', Order(3, [Item('a')])),
        *('$.notes[...]', MalformedPayload, Order(6)),
    ]
    assert client.frames == ['{"name":"a","price":1.0}\n{"name":"b","price":0.0}\n']


def test_an_invalid_message_closes_after_the_messages_before_it() -> None:
    received: list[object] = []

    async def responder(peer: Any) -> None:
        received.append(await peer.receive())
        received.append(await peer.receive())

    client = run(responder, '{"id":1}\n{"id":[]}\n{"id":3}\n', handler=TYPED)
    assert received == [Order(1)]
    assert client.close_code == 1007


def test_a_route_has_batches_of_its_types() -> None:
    @media_handlers(receive=Order, send=Item)
    class Shop:
        async def on_websocket(self, req: Any, ws: Any) -> None:
            peer = await falcon_media.accept(req, ws)
            assert await peer.receive() == Order(1)
            with pytest.raises(InvalidPayload):
                await peer.receive()
            assert await peer.receive() == Order(3)
            await peer.send(Item('a', 0.5))
            await peer.close()

    async def main() -> Client:
        app = falcon.asgi.App()
        app.add_route('/', Shop())
        falcon_media.install(
            app, subprotocols={'batch': batched('json', max_delay=NEVER)}
        )
        client = Client()
        client.say('{"id":1}\n{"id":null}\n{"id":3}')
        scope = falcon.testing.create_scope_ws(subprotocols=['batch'])  # type: ignore[arg-type]  # as simulate_ws() has it
        async with asyncio.timeout(BOUND):
            await app(scope, client.events.get, client.send)
        return client

    client = asyncio.run(main())
    assert client.frames == ['{"name":"a","price":0.5}\n']
    assert client.close_code == 1000


def test_falcons_own_calls_are_of_the_types_as_well() -> None:
    async def responder(peer: Any) -> None:
        await peer.ws.send_media(Item('a', 0.5))
        assert await peer.ws.receive_media() == Order(1)
        with pytest.raises(InvalidPayload):
            await peer.ws.receive_media()

    client = run(responder, '{"id":1}\n', '{}\n', handler=TYPED)
    assert client.frames == ['{"name":"a","price":0.5}\n']


# ------------------------------------------------------------------------ Plain Falcon


def test_falcons_own_calls_are_of_frames_of_one_message() -> None:
    async def responder(peer: Any) -> None:
        await peer.ws.send_media({'a': 1})
        assert await peer.ws.receive_media() == 1
        with pytest.raises(UnsupportedPayload, match=r'peer\.receive\(\)'):
            await peer.ws.receive_media()
        with pytest.raises(MalformedPayload):
            await peer.ws.receive_media()

    assert run(responder, '1\n', '1\n2\n', '{').frames == ['{"a":1}\n']


class JSONBytes(BinaryHandler):
    """JSON in bytes that counts its encodings."""

    name = 'json-bytes'
    framing = BYTE_LINES

    def __init__(self) -> None:
        self.encoded = 0
        super().__init__(
            Codec(encode=self._encode, decode=lambda payload: payload, unchecked=0)
        )

    def _encode(self, media: object) -> bytes:
        self.encoded += 1
        return str(media).encode()


def test_a_binary_format_is_batched() -> None:
    async def responder(peer: Any) -> None:
        await peer.send(1)
        await peer.send(2)
        assert [await peer.receive(), await peer.receive()] == [b'3', b'4']
        with pytest.raises(UnsupportedPayload, match=r'TEXT payload: .* BINARY frames'):
            await peer.receive()
        await peer.ws.send_media(5, falcon.WebSocketPayloadType.BINARY)
        await peer.close()

    assert run(responder, b'3\n4\n', '5', handler=JSONBytes()).frames == [
        b'5\n',
        b'1\n2\n',
    ]


class Foreign(BinaryBaseHandlerWS):
    """A handler that is written for Falcon alone."""

    framing = BYTE_LINES

    def serialize(self, media: object) -> bytes:
        return str(media).encode()

    def deserialize(self, payload: bytes) -> object:
        return payload


def test_a_handler_that_is_put_under_the_guard() -> None:
    async def responder(peer: Any) -> None:
        await peer.send(1)
        await peer.flush()

    assert run(responder, handler=Foreign()).frames == [b'1\n']


# -------------------------------------------------------------------------- Broadcasts


def test_a_broadcast_to_members_with_batches_and_without() -> None:
    async def main() -> None:
        group = Broadcast(max_queue=2)
        handler = JSONBytes()

        async def responder(peer: Any) -> None:
            with group.member(peer):
                async for _ in peer:
                    pass

        async with (
            connected(responder, handler, max_count=2) as batch,
            connected(responder, handler, 'plain') as plain,
            connected(responder, handler, max_count=2) as slow,
        ):
            await settle()
            handler.encoded = 0
            slow.gate.clear()
            for number in range(3):
                await group.send(number)
                await settle()
            assert handler.encoded == 3
            assert plain.frames == [b'0', b'1', b'2']
            assert batch.frames == [b'0\n1\n']
            for number in range(3, 9):
                await group.send(number)
                await settle()
            assert batch.frames == [b'0\n1\n', b'2\n3\n', b'4\n5\n', b'6\n7\n']
            # NOTE: A frame in flight, a frame that waits, and two in the queue.
            assert len(group) == 2
            slow.gate.set()
            await settle()
            assert slow.frames in ([], [b'0\n1\n'])
            assert slow.close_code == 1013
            prepared = group.prepare(9)
            assert prepared.payload(handler) == b'9'
            await group.send(prepared)
            await settle()
            assert batch.frames[4:] == [b'8\n9\n']
            assert plain.frames[-1] == b'9'
        await group.close()

    asyncio.run(main())


def test_messages_are_counted_instead_of_frames() -> None:
    rows: list[Any] = []

    async def responder(peer: Any) -> None:
        await peer.send(1)
        await peer.send(2)
        await peer.flush()
        await peer.receive()
        await peer.receive()

    async def main() -> None:
        app = app_of(responder)
        installed = falcon_media.Installed(app.ws_options.media_handlers.wiring)
        client = Client()
        client.say('30\n40\n')
        scope = falcon.testing.create_scope_ws(subprotocols=['batch'])  # type: ignore[arg-type]  # as simulate_ws() has it
        await app(scope, client.events.get, client.send)
        rows.extend(installed.stats())

    asyncio.run(main())
    row = next(row for row in rows if row['subprotocol'] == 'batch')
    assert (row['sent'], row['sent_bytes']) == (2, 4)
    assert (row['received'], row['received_bytes']) == (2, 6)


# --------------------------------------------------------------------------- Selection


@pytest.mark.parametrize(
    ('bounds', 'message'),
    [
        ({'max_delay': -1}, 'max_delay must be a number of seconds, not -1'),
        ({'max_delay': math.inf}, 'max_delay must be'),
        ({'max_delay': True}, 'max_delay must be'),
        ({'max_delay': '5 ms'}, 'max_delay must be'),
        ({'max_count': 0}, 'max_count must be a positive integer, not 0'),
        ({'max_bytes': 1.5}, 'max_bytes must be'),
        ({'max_received': True}, 'max_received must be'),
    ],
)
def test_invalid_bounds_are_refused(bounds: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        batched('json', **bounds)


def test_a_handler_without_framing_is_refused() -> None:
    class Plain(TextBaseHandlerWS):
        name = 'plain'

    with pytest.raises(ConfigError, match=r'subprotocols.*: plain can not put several'):
        falcon_media.install(falcon.asgi.App(), subprotocols={'a': batched(Plain())})


SEMICOLONS = falcon_media.Framing(
    split=lambda frame, most: frame.split(';', most)[:-1],
    part=lambda payload: f'{payload};',
)


class Lined(TextHandler):
    """A format whose subclasses inherit its framing, as most do."""

    name = 'lined'

    def __init__(self) -> None:
        super().__init__(
            Codec(encode=str, decode=int, unchecked=9), framing=falcon_media.LINES
        )


class Semicolons(Lined):
    framing = SEMICOLONS


class StillSemicolons(Semicolons):
    """A subclass without framing."""


class Alone(Lined):
    framing = None


@pytest.mark.parametrize('cls', [Semicolons, StillSemicolons])
def test_the_framing_of_a_subclass_wins(cls: Any) -> None:
    assert cls().framing is SEMICOLONS
    assert Lined().framing is falcon_media.LINES
    assert Alone().framing is None


@pytest.mark.parametrize('handler', ['json', Lined(), use('json', type=int)])
def test_a_framing_for_one_subprotocol(handler: Any) -> None:
    async def echo(peer: falcon_media.Peer) -> None:
        await peer.send(await peer.receive())
        await peer.send(await peer.receive())
        await peer.flush()
        await peer.receive()

    async def run() -> None:
        async with connected(echo, handler, framing=SEMICOLONS) as client:
            client.say('1;2;')
            await client.has_frames(1)
            assert client.frames == ['1;2;']

    asyncio.run(run())


def test_a_framing_is_shown_and_checked() -> None:
    assert str(batched('json', framing=SEMICOLONS)) == 'batched(json, framing=...)'
    wrong: Any = 'lines'
    with pytest.raises(ConfigError, match=r"framing must be .*Framing, not 'lines'"):
        falcon_media.install(
            falcon.asgi.App(), subprotocols={'a': batched('json', framing=wrong)}
        )


def test_batching_is_only_for_subprotocols() -> None:
    with pytest.raises(ConfigError, match=r'argument text: batched\(\) works only'):
        falcon_media.install(falcon.asgi.App(), text=batched('json'))


def test_an_unknown_handler_is_refused() -> None:
    with pytest.raises(
        falcon_media.HandlerNotFound, match=r'subprotocols\.a: no media'
    ):
        falcon_media.install(falcon.asgi.App(), subprotocols={'a': batched('nobody')})


def test_batches_can_be_configured() -> None:
    installed = falcon_media.install(
        falcon.asgi.App(),
        config={
            'subprotocols': {
                'plain': 'json',
                'batch': {'batched': 'json', 'max_count': 20, 'max_delay': 0.1},
            }
        },
    )
    assert 'batched(json, max_delay=0.1, max_count=20) (TEXT)' in installed.describe()
    bound = installed.handlers.subprotocols['batch']
    assert bound.batching is not None
    assert bound.batching.bounds == batched('json', max_delay=0.1, max_count=20)
    # NOTE: A broadcast encodes with a shared handler once.
    assert bound.handler is installed.handlers.subprotocols['plain'].handler


def test_all_errors_of_a_configuration_are_raised_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        falcon_media.install(
            falcon.asgi.App(),
            config={
                'subprotocols': {
                    'a': {'batched': 'json', 'max_cuont': 20},
                    'b': {'batched': 'json', 'max_count': 0},
                    'c': {'batched': ''},
                    'd': {'max_count': 1},
                }
            },
        )
    lines = str(caught.value).splitlines()
    assert len(lines) == 4
    assert (
        "subprotocols.a.max_cuont = 20: unknown key. Did you mean 'max_count'"
        in lines[0]
    )
    assert 'subprotocols.b: batched: max_count must be a positive' in lines[1]
    assert "subprotocols.c.batched = ''" in lines[2]
    assert 'subprotocols.d' in lines[3]
