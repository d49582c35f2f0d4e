"""Broadcasts, with clients whose frames the test can delay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from collections.abc import Callable
from collections.abc import Iterable
from contextlib import asynccontextmanager
from functools import partial
import json
import logging
from typing import Any

import falcon
from falcon import WebSocketPayloadType
import falcon.asgi
import falcon.media
import falcon.testing
import pytest

import falcon_media
from falcon_media import BinaryHandler
from falcon_media import Broadcast

TEXT = WebSocketPayloadType.TEXT

BOUND = 10
"""Seconds after which whatever is waited for has failed. Nothing waits that long."""


class JSONBytes(BinaryHandler):
    """JSON in bytes that counts its encodings, and does not support every object."""

    name = 'json-bytes'

    def __init__(self) -> None:
        self.encoded = 0

    def serialize(self, media: object) -> bytes:
        self.encoded += 1
        if media == 'text only':
            raise TypeError(media)
        return json.dumps(media).encode()

    def deserialize(self, payload: bytes) -> object:
        return json.loads(payload)


class Client:
    """A client at the level of ASGI."""

    def __init__(self, subprotocol: str) -> None:
        self.subprotocol = subprotocol
        self.received: list[Any] = []
        self.close_code: int | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.gone = False
        self.raises: BaseException | None = None
        self.raises_for: Callable[[dict[str, Any]], object] = bool
        self.raises_late = False
        self.is_written_to = False
        self.overlaps = 0
        self.patience: float | None = None
        self.meanwhile: Callable[[], object] = int
        self.events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.events.put_nowait({'type': 'websocket.connect'})

    async def send(self, event: dict[str, Any]) -> None:
        self.meanwhile()
        if not self.raises_late:
            self.fail(event)
        if event['type'] == 'websocket.send':
            self.overlaps += self.is_written_to
            self.is_written_to = True
        try:
            async with asyncio.timeout(self.patience):
                await self.gate.wait()
        finally:
            self.is_written_to = False
        if self.raises_late:
            self.fail(event)
        if self.gone:
            raise OSError('the client is gone')
        if event['type'] == 'websocket.send':
            frame: Any = event.get('text', event.get('bytes'))
            self.received.append(json.loads(frame))
            assert isinstance(frame, bytes if self.subprotocol == 'bytes' else str)
        elif event['type'] == 'websocket.close':
            self.close_code = event['code']

    def fail(self, event: dict[str, Any]) -> None:
        if self.raises is not None and self.raises_for(event):
            raise self.raises


class Hall:
    """A resource that adds each client to a broadcast."""

    def __init__(self, group: Broadcast) -> None:
        self.group = group
        self.peers: dict[str, Any] = {}
        self.joined = asyncio.Condition()

    async def on_websocket(self, req: Any, ws: Any) -> None:
        peer = await falcon_media.accept(req, ws)
        with self.group.member(peer):
            async with self.joined:
                self.peers[req.get_param('name')] = peer
                self.joined.notify_all()
            async for _ in peer:
                pass


class World:
    """An app, its broadcast and its clients."""

    def __init__(self, **options: Any) -> None:
        self.group = Broadcast(**options)
        self.hall = Hall(self.group)
        self.binary = JSONBytes()
        self.app = falcon.asgi.App()
        self.app.add_route('/', self.hall)
        self.installed = falcon_media.install(
            self.app, subprotocols={'text': 'json', 'bytes': self.binary}
        )
        # NOTE: The checks of install() don't count.
        self.binary.encoded = 0
        self.calls: dict[Client, asyncio.Task[None]] = {}

    async def connect(self, name: str, subprotocol: str = 'text') -> Client:
        client = Client(subprotocol)
        scope = falcon.testing.create_scope_ws(
            query_string=f'name={name}',
            subprotocols=[subprotocol],  # type: ignore[arg-type]  # as simulate_ws() has it
        )
        call = self.app(scope, client.events.get, client.send)
        self.calls[client] = asyncio.create_task(call)
        async with self.hall.joined:
            await self.hall.joined.wait_for(lambda: name in self.hall.peers)
        return client

    async def disconnect(self, client: Client) -> None:
        client.events.put_nowait({'type': 'websocket.disconnect', 'code': 1001})
        await self.calls.pop(client)


@asynccontextmanager
async def world(**options: Any) -> AsyncIterator[World]:
    """A world that leaves no task behind."""
    async with asyncio.timeout(BOUND):
        before = asyncio.all_tasks()
        made = World(**options)
        yield made
        for client in list(made.calls):
            client.gate.set()
            await made.disconnect(client)
        await made.group.close()
        assert asyncio.all_tasks() == before


async def settle() -> None:
    """Run all tasks that are ready."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_each_format_is_encoded_once() -> None:
    async def run() -> None:
        async with world() as w:
            clients = [
                await w.connect(str(number), ('text', 'bytes')[number % 2])
                for number in range(6)
            ]
            assert len(w.group) == 6
            assert w.hall.peers['0'] in w.group
            await w.group.send({'a': 1})
            await settle()
            assert [client.received for client in clients] == [[{'a': 1}]] * 6
            assert w.binary.encoded == 1
            counts = {row['handler']: row for row in w.installed.stats()}
            assert counts['json-bytes']['sent'] == 3
            assert counts['json-bytes']['sent_bytes'] == 3 * len('{"a": 1}')

    asyncio.run(run())


class Unhashable(JSONBytes):
    """A handler that compares by value, and so is unhashable."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unhashable)

    __hash__ = None  # type: ignore[assignment]  # as Python does for such a class


USE = falcon_media.use('json', ensure_ascii=False)


class Room:
    """A resource that adds each client to a broadcast, with any kind of selection."""

    def __init__(self, group: Broadcast) -> None:
        self.group = group
        self.joined = asyncio.Event()

    async def on_websocket(self, req: Any, ws: Any) -> None:
        peer = await self.peer(req, ws)
        with self.group.member(peer):
            self.joined.set()
            async for _ in peer:
                pass

    async def peer(self, req: Any, ws: Any) -> Any:
        return await falcon_media.accept(req, ws, fallback=True)


class Selecting(Room):
    async def peer(self, req: Any, ws: Any) -> Any:
        await ws.accept()
        return falcon_media.select(req, USE)


class SelectingUnhashable(Room):
    async def peer(self, req: Any, ws: Any) -> Any:
        await ws.accept()
        return falcon_media.select(req, Unhashable())


@falcon_media.media_handlers(text=USE)
class Decorated(Room):
    pass


@falcon_media.media_handlers(subprotocols={'v1': USE})
class DecoratedSubprotocols(Room):
    pass


class DecoratedResponder(Room):
    @falcon_media.media_handlers(text=USE)
    async def on_websocket(self, req: Any, ws: Any) -> None:
        await super().on_websocket(req, ws)


WAYS: dict[str, tuple[type[Room], dict[str, Any]]] = {
    'app': (Room, {'text': USE}),
    'app, by connection': (Room, {'text': USE, 'per_connection': True}),
    'app, configured': (
        Room,
        {'config': {'text': 'json', 'handlers': {'json': {'ensure_ascii': False}}}},
    ),
    'route': (Decorated, {}),
    'subprotocols of a route': (DecoratedSubprotocols, {}),
    'responder': (DecoratedResponder, {}),
    'subprotocol': (Room, {'subprotocols': {'v1': USE}}),
    'subprotocol, unhashable': (Room, {'subprotocols': {'v1': Unhashable()}}),
    'batches': (Room, {'subprotocols': {'v1': falcon_media.batched(USE, max_delay=0)}}),
    'select()': (Selecting, {'per_connection': True}),
    'select(), unhashable': (SelectingUnhashable, {'per_connection': True}),
}


@pytest.mark.parametrize('way', WAYS)
def test_a_member_may_join_with_any_selection(way: str) -> None:
    async def run() -> None:
        resource, options = WAYS[way]
        room = resource(Broadcast())
        app = falcon.asgi.App()
        app.add_route('/', room)
        falcon_media.install(app, **options)
        client = Client('bytes' if 'unhashable' in way else 'v1')
        scope = falcon.testing.create_scope_ws(subprotocols=['v1'])  # type: ignore[arg-type]  # as simulate_ws() has it
        call = asyncio.create_task(app(scope, client.events.get, client.send))
        await room.joined.wait()
        room.group.prepare({'n': 1})
        await room.group.send({'n': 1})
        await settle()
        client.events.put_nowait({'type': 'websocket.disconnect', 'code': 1001})
        await call
        assert client.received == [{'n': 1}]

    asyncio.run(asyncio.wait_for(run(), BOUND))


def test_only_handlers_in_use_encode() -> None:
    async def run() -> None:
        async with world() as w:
            client = await w.connect('a')
            await w.group.send('text only')
            await settle()
            assert client.received == ['text only']
            assert w.binary.encoded == 0

    asyncio.run(run())


def test_an_object_that_one_format_can_not_represent_reaches_nobody() -> None:
    async def run() -> None:
        async with world() as w:
            text = await w.connect('a')
            await w.connect('b', 'bytes')
            with pytest.raises(falcon_media.UnserializableMedia):
                await w.group.send('text only')
            await settle()
            assert text.received == []

    asyncio.run(run())


def test_a_disconnected_member_is_removed() -> None:
    async def run() -> None:
        async with world() as w:
            gone = await w.connect('gone')
            stays = await w.connect('stays')
            gone.gone = True
            for number in range(2):
                await w.group.send(number)
                await settle()
            assert len(w.group) == 1
            assert stays.received == [0, 1]
            gone.gone = False

    asyncio.run(run())


def test_a_member_with_any_connection_error_is_removed() -> None:
    async def run() -> None:
        async with world() as w:
            breaks, stays = await w.connect('breaks'), await w.connect('stays')
            breaks.raises = RuntimeError('Unexpected ASGI message')
            await w.group.send(1)
            await settle()
            assert len(w.group) == 1
            assert stays.received == [1]

    asyncio.run(run())


@pytest.mark.parametrize(
    ('on_full', 'heard'),
    [('drop_oldest', [0, 2, 3, 4, 5]), ('drop_newest', [0, 1, 2, 3, 4])],
)
def test_a_slow_member_misses_messages_and_delays_no_other(
    on_full: str, heard: list[int]
) -> None:
    async def run() -> None:
        async with world(max_queue=4, on_full=on_full) as w:
            slow = await w.connect('slow')
            fast = await w.connect('fast', 'bytes')
            slow.gate.clear()
            for number in range(6):
                await w.group.send(number)
                await settle()
                assert fast.received == list(range(number + 1))
            slow.gate.set()
            await settle()
            assert slow.received == heard
            await w.group.send(6)
            await settle()
            assert slow.received == [*heard, 6]
            counts = {row['handler']: row for row in w.installed.stats()}
            assert counts['json']['dropped'] == 1
            assert counts['json']['too_slow'] == 0
            assert counts['json-bytes']['dropped'] == 0

    asyncio.run(run())


@pytest.mark.parametrize('slow', [(0,), (0, 1), (1, 2, 5), (5,), range(6)])
def test_waiting_members_delay_no_other_and_get_all_in_order(
    slow: Iterable[int],
) -> None:
    async def run() -> None:
        async with world() as w:
            clients = [
                await w.connect(str(number), ('text', 'bytes')[number % 2])
                for number in range(6)
            ]
            before = asyncio.all_tasks()
            for number in slow:
                clients[number].gate.clear()
            for message in range(3):
                await w.group.send(message)
                await settle()
            for number, client in enumerate(clients):
                assert client.received == ([] if number in slow else [0, 1, 2])
            for number in slow:
                clients[number].gate.set()
                await settle()
                assert clients[number].received == [0, 1, 2]
            assert asyncio.all_tasks() == before
            await w.group.send(3)
            await settle()
            assert [client.received for client in clients] == [[0, 1, 2, 3]] * 6
            counts = {row['handler']: row['sent'] for row in w.installed.stats()}
            assert counts['json'] == counts['json-bytes'] == 12

    asyncio.run(run())


def test_a_member_may_disconnect_while_it_waits() -> None:
    async def run() -> None:
        async with world() as w:
            gone, slow = await w.connect('gone'), await w.connect('slow')
            gone.gate.clear()
            slow.gate.clear()
            await w.group.send(1)
            await w.group.send(2)
            await settle()
            gone.gone = True
            gone.gate.set()
            slow.gate.set()
            await settle()
            assert len(w.group) == 1
            assert gone.received == []
            assert slow.received == [1, 2]
            gone.gone = False

    asyncio.run(run())


def test_a_member_may_disconnect_while_its_queue_is_sent() -> None:
    async def run() -> None:
        async with world() as w:
            gone, stays = await w.connect('gone'), await w.connect('stays')
            gone.gate.clear()
            for number in range(3):
                await w.group.send(number)
                await settle()
            gone.raises = OSError('the client is gone')
            gone.gate.set()
            await settle()
            assert len(w.group) == 1
            assert gone.received == [0]
            assert stays.received == [0, 1, 2]

    asyncio.run(run())


def test_a_slow_member_is_disconnected() -> None:
    async def run() -> None:
        async with world(max_queue=2) as w:
            slow = await w.connect('slow')
            slow.gate.clear()
            for number in range(4):
                await w.group.send(number)
                await settle()
            assert len(w.group) == 0
            slow.gate.set()
            await settle()
            assert slow.close_code == 1013
            assert slow.received == []
            counts = {row['handler']: row for row in w.installed.stats()}
            assert counts['json']['too_slow'] == 1
            assert counts['json']['dropped'] == 0

    asyncio.run(run())


def test_a_responder_does_not_return_before_its_member_is_closed() -> None:
    async def run() -> None:
        async with world(max_queue=1) as w:
            slow = await w.connect('slow')
            slow.gate.clear()
            for number in range(3):
                await w.group.send(number)
                await settle()
            # NOTE: A server drops unsent frames when its app has returned.
            assert not w.calls[slow].done()
            slow.gate.set()
            await settle()
            assert w.calls[slow].done()
            assert slow.close_code == 1013

    asyncio.run(run())


def test_a_slow_member_that_can_not_be_closed() -> None:
    async def run() -> None:
        async with world(max_queue=1) as w:
            slow = await w.connect('slow')
            slow.gate.clear()
            for number in range(3):
                await w.group.send(number)
                await settle()
            slow.gone = True
            slow.gate.set()
            await settle()
            assert slow.close_code is None
            slow.gone = False

    asyncio.run(run())


def test_close_ends_pending_writes() -> None:
    async def run() -> None:
        async with world(max_queue=1) as w:
            slow, waiting = await w.connect('slow'), await w.connect('waiting')
            slow.gate.clear()
            for number in range(3):
                await w.group.send(number)
                await settle()
            waiting.gate.clear()
            await w.group.send(3)
            await settle()
            await w.group.close()
            assert len(w.group) == 0
            assert slow.received == []
            assert waiting.received == [0, 1, 2]

    asyncio.run(run())


def test_joining_and_leaving_while_a_broadcast_runs() -> None:
    async def run() -> None:
        async with world(max_queue=100) as w:
            constant = await w.connect('constant')

            async def send_all() -> None:
                for number in range(50):
                    await w.group.send(number)

            sender = asyncio.create_task(send_all())
            for number in range(10):
                client = await w.connect(f'passing {number}', 'bytes')
                await w.disconnect(client)
                assert client.received == sorted(client.received)
            await sender
            await settle()
            assert constant.received == list(range(50))
            assert len(w.group) == 1

    asyncio.run(run())


def test_a_member_that_leaves_while_it_is_written_to() -> None:
    async def run() -> None:
        async with world() as w:
            slow = await w.connect('slow')
            peer = w.hall.peers['slow']
            slow.gate.clear()
            await w.group.send(1)
            await w.group.send(2)
            await settle()
            w.group.leave(peer)
            w.group.leave(peer)
            slow.gate.set()
            await settle()
            assert slow.received == []

    asyncio.run(run())


def test_a_member_that_leaves_before_it_is_written_to() -> None:
    async def run() -> None:
        async with world() as w:
            leaves, stays = await w.connect('leaves'), await w.connect('stays')
            sending = asyncio.create_task(w.group.send(1))
            await asyncio.sleep(0)
            w.group.leave(w.hall.peers['leaves'])
            await sending
            await settle()
            # NOTE: If tasks start eagerly, the frame has been written.
            assert leaves.received in ([], [1])
            assert stays.received == [1]

    asyncio.run(run())


def test_a_member_that_leaves_while_another_one_is_written_to() -> None:
    async def run() -> None:
        async with world() as w:
            first, leaves, stays = [await w.connect(name) for name in 'abc']
            first.meanwhile = partial(w.group.leave, w.hall.peers['b'])
            await w.group.send(1)
            await settle()
            assert leaves.received == []
            assert first.received == stays.received == [1]

    asyncio.run(run())


def test_a_cancelled_sender_has_sent_to_all_or_none() -> None:
    async def run() -> None:
        async with world() as w:
            clients = [await w.connect(str(number)) for number in range(3)]
            sending = asyncio.create_task(w.group.send(1))
            await asyncio.sleep(0)
            sending.cancel()
            await settle()
            heard = [client.received for client in clients]
            assert heard in ([[]] * 3, [[1]] * 3)
            await w.group.send(2)
            await settle()
            assert [client.received[-1] for client in clients] == [2] * 3

    asyncio.run(run())


def test_a_timeout_of_the_server_does_not_reach_the_sender() -> None:
    async def run() -> None:
        async with world() as w:
            slow, fast = await w.connect('slow'), await w.connect('fast')
            slow.patience = 0.001
            slow.gate.clear()

            async def send() -> None:
                await w.group.send(1)
                await asyncio.Event().wait()

            sender = asyncio.create_task(send())
            done, _ = await asyncio.wait([sender], timeout=0.05)
            assert not done
            sender.cancel()
            assert fast.received == [1]
            assert slow.received == []

    asyncio.run(run())


def test_a_future_of_the_server_that_was_cancelled() -> None:
    async def run() -> None:
        async with world() as w:
            breaks, stays = await w.connect('breaks'), await w.connect('stays')
            breaks.raises = asyncio.CancelledError()
            await w.group.send(1)
            await settle()
            assert len(w.group) == 1
            assert stays.received == [1]

    asyncio.run(run())


def test_a_prepared_message_can_be_sent_by_the_app() -> None:
    async def run() -> None:
        async with world() as w:
            text, data = await w.connect('a'), await w.connect('b', 'bytes')
            prepared = w.group.prepare([1])
            for peer in w.hall.peers.values():
                await prepared.send(peer)
                await prepared.send(peer)
            assert text.received == data.received == [[1], [1]]
            assert w.binary.encoded == 1

    asyncio.run(run())


# ---------------------------------------------------------------- Members that are lost


def is_frame(event: dict[str, Any]) -> bool:
    return bool(event['type'] == 'websocket.send')


def is_code_of_the_protocol(event: dict[str, Any]) -> bool:
    """Return whether daphne raises for a close code."""
    return bool(event['type'] == 'websocket.close' and 1000 < event['code'] < 3000)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.WARNING
    ]


BROKEN = [
    RuntimeError('Unexpected ASGI message'),
    UnicodeEncodeError('utf-8', 'hunter2', 0, 1, 'surrogates not allowed'),
    asyncio.CancelledError(),
]


@pytest.mark.parametrize('ex', BROKEN, ids=repr)
@pytest.mark.parametrize('has_waited', [False, True])
def test_a_member_whose_server_raises_is_closed_and_logged_once(
    caplog: pytest.LogCaptureFixture, ex: BaseException, has_waited: bool
) -> None:
    async def run() -> None:
        async with world() as w:
            breaks, stays = await w.connect('breaks'), await w.connect('stays')
            breaks.raises, breaks.raises_for = ex, is_frame
            if has_waited:
                breaks.raises_late = True
                breaks.gate.clear()
            for number in range(3):
                await w.group.send(number)
                await settle()
            breaks.gate.set()
            await settle()
            assert breaks.close_code == 1011
            assert stays.received == [0, 1, 2]
            assert len(w.group) == 1

    asyncio.run(run())
    (line,) = warnings(caplog)
    assert type(ex).__name__ in line
    assert 'closed with 1011' in line
    assert 'hunter2' not in line


@pytest.mark.parametrize('ex', BROKEN, ids=repr)
def test_a_member_may_fail_while_its_queue_is_sent(
    caplog: pytest.LogCaptureFixture, ex: BaseException
) -> None:
    async def run() -> None:
        async with world() as w:
            breaks = await w.connect('breaks')
            breaks.gate.clear()
            for number in range(3):
                await w.group.send(number)
                await settle()
            breaks.meanwhile = lambda: setattr(breaks, 'raises', ex)
            breaks.raises_for = is_frame
            breaks.gate.set()
            await settle()
            assert (breaks.received, breaks.close_code) == ([0], 1011)

    asyncio.run(run())
    assert len(warnings(caplog)) == 1


@pytest.mark.parametrize('ex', BROKEN, ids=repr)
def test_a_member_that_can_not_be_closed_is_logged(
    caplog: pytest.LogCaptureFixture, ex: BaseException
) -> None:
    async def run() -> None:
        async with world() as w:
            breaks = await w.connect('breaks')
            breaks.raises = ex
            await w.group.send(1)
            await settle()
            assert len(w.group) == 0
            breaks.raises = None

    asyncio.run(run())
    (line,) = warnings(caplog)
    assert f'not closed: the server raised {type(ex).__name__}' in line


@pytest.mark.parametrize('ex', BROKEN, ids=repr)
def test_a_member_with_batches_breaks_with_the_message_after(
    caplog: pytest.LogCaptureFixture, ex: BaseException
) -> None:
    async def run() -> None:
        async with world() as w:
            falcon_media.install(
                w.app, subprotocols={'text': falcon_media.batched('json', max_delay=0)}
            )
            breaks = await w.connect('breaks')
            breaks.raises, breaks.raises_for = ex, is_frame
            for number in range(2):
                await w.group.send(number)
                # NOTE: A timer starts the batch.
                await asyncio.sleep(0.001)
                await settle()
            assert (len(w.group), breaks.close_code) == (0, 1011)

    asyncio.run(run())
    (line,) = warnings(caplog)
    assert type(ex).__name__ in line


def test_a_disconnected_member_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def run() -> None:
        async with world() as w:
            # NOTE: Not every server raises OSError here.
            for name, ex in (('a', OSError()), ('b', RuntimeError())):
                client = await w.connect(name)
                client.raises, client.raises_late = ex, True
                client.gate.clear()
                await w.group.send(1)
                left = asyncio.create_task(w.disconnect(client))
                await asyncio.sleep(0)
                client.gate.set()
                await left
                await settle()
            assert len(w.group) == 0

    asyncio.run(run())
    assert warnings(caplog) == []


def test_a_server_that_refuses_codes_of_the_protocol_gets_the_nearest_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def run() -> None:
        async with world(max_queue=1) as w:
            slow, breaks = await w.connect('slow'), await w.connect('breaks')
            slow.raises = breaks.raises = Exception('invalid close code')
            slow.raises_for = is_code_of_the_protocol
            breaks.raises_for = lambda event: (
                is_frame(event) or is_code_of_the_protocol(event)
            )
            slow.gate.clear()
            for number in range(3):
                await w.group.send(number)
                await settle()
            slow.gate.set()
            await settle()
            assert (slow.close_code, breaks.close_code) == (4013, 4011)

    asyncio.run(run())
    broken, slow = warnings(caplog)
    assert 'closed with 4011, since the server does not send 1011' in broken
    assert 'reads too slowly (1 queued); closed with 4013' in slow


def test_a_slow_member_is_closed_even_if_the_broadcast_closes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def run() -> None:
        async with world(max_queue=1) as w:
            slow = await w.connect('slow')
            slow.gate.clear()
            for number in range(3):
                await w.group.send(number)
            slow.gate.set()
            await w.group.close()
            await settle()
            assert slow.close_code is not None

    asyncio.run(run())
    assert len(warnings(caplog)) == 1


def test_tasks_that_the_loop_cancels_at_its_end_are_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def run() -> None:
        w = World()
        slow = await w.connect('slow')
        slow.gate.clear()
        for number in range(3):
            await w.group.send(number)
        await settle()

    asyncio.run(run())
    assert warnings(caplog) == []


# --------------------------------------------------------------- One writer of a socket


def test_a_member_that_leaves_and_joins_again_is_written_to_by_one_task() -> None:
    async def run() -> None:
        async with world() as w:
            client = await w.connect('a')
            peer = w.hall.peers['a']
            client.gate.clear()
            for number in range(3):
                await w.group.send(number)
                w.group.leave(peer)
                w.group.join(peer)
                await w.group.send(number + 10)
            await settle()
            client.gate.set()
            await settle()
            assert client.overlaps == 0
            assert client.received == [12]

    asyncio.run(run())


def test_a_member_of_two_broadcasts_may_be_sent_to_directly() -> None:
    async def run() -> None:
        async with world() as w:
            client = await w.connect('a')
            peer, other = w.hall.peers['a'], Broadcast()
            other.join(peer)
            client.gate.clear()
            await w.group.send(1)
            await other.send(2)
            sending = [asyncio.create_task(peer.send(3)) for _ in range(2)]
            await settle()
            sending.append(asyncio.create_task(falcon_media.Prepared(4).send(peer)))
            await settle()
            sending.pop(1).cancel()
            await w.group.send(5)
            await other.send(6)
            await settle()
            client.gate.set()
            await asyncio.gather(*sending)
            await settle()
            assert client.overlaps == 0
            assert client.received[:2] == [1, 2]
            assert sorted(client.received) == [1, 2, 3, 4, 5, 6]
            await other.close()

    asyncio.run(run())


# ------------------------------------------------------------ Media that can't be sent


class Verbatim(falcon.media.TextBaseHandlerWS):
    """Sends text unchanged, as a custom handler may."""

    def serialize(self, media: Any) -> str:
        return json.dumps(media, ensure_ascii=False)

    def deserialize(self, payload: str) -> object:
        return json.loads(payload)


@pytest.mark.parametrize('guarded', [True, False])
def test_text_without_a_utf_8_form_reaches_nobody_and_raises(
    guarded: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        room = Room(Broadcast())
        app = falcon.asgi.App()
        app.add_route('/', room)
        if guarded:
            falcon_media.install(app)
        else:
            falcon_media.install(app, per_connection=True)
            app.ws_options.media_handlers[TEXT] = Verbatim()
        client = Client('text')
        call = asyncio.create_task(
            app(falcon.testing.create_scope_ws(), client.events.get, client.send)
        )
        await room.joined.wait()
        for sending in (room.group.send, room.group.prepare):
            with pytest.raises(
                falcon_media.UnserializableMedia, match='half a surrogate pair'
            ):
                await sending(['\ud800'])  # type: ignore[misc]  # prepare() raises first
        await room.group.send(['é'])
        await settle()
        client.events.put_nowait({'type': 'websocket.disconnect', 'code': 1001})
        await call
        assert client.received == [['é']]

    asyncio.run(asyncio.wait_for(run(), BOUND))
    assert warnings(caplog) == []


class Shouting(Verbatim):
    def serialize(self, media: Any) -> str:
        return json.dumps(media.upper())


@pytest.mark.parametrize('per_connection', [False, True])
def test_a_handler_that_was_assigned_later_is_used_for_a_broadcast_too(
    per_connection: bool,
) -> None:
    async def run() -> None:
        room = Room(Broadcast())
        app = falcon.asgi.App()
        app.add_route('/', room)
        installed = falcon_media.install(app, per_connection=per_connection)
        app.ws_options.media_handlers[TEXT] = Shouting()
        client = Client('text')
        call = asyncio.create_task(
            app(falcon.testing.create_scope_ws(), client.events.get, client.send)
        )
        await room.joined.wait()
        await room.group.send('quietly')
        await settle()
        assert 'Shouting' in [row['handler'] for row in installed.stats()]
        client.events.put_nowait({'type': 'websocket.disconnect', 'code': 1001})
        await call
        assert client.received == ['QUIETLY']

    asyncio.run(asyncio.wait_for(run(), BOUND))


def test_a_part_of_a_frame_that_can_not_be_made_reaches_nobody() -> None:
    class Split(JSONBytes):
        framing = falcon_media.BYTE_LINES

        def serialize(self, media: object) -> bytes:
            return json.dumps(media, indent=1).encode()

    async def run() -> None:
        async with world() as w:
            falcon_media.install(
                w.app,
                subprotocols={
                    'text': 'json',
                    'bytes': falcon_media.batched(Split(), max_delay=0),
                },
            )
            clients = [await w.connect('a'), await w.connect('b', 'bytes')]
            with pytest.raises(
                falcon_media.UnserializableMedia, match='more than one line'
            ):
                await w.group.send([1])
            await w.group.send(1)
            await settle()
            assert [client.received for client in clients] == [[1], [1]]

    asyncio.run(run())


@pytest.mark.parametrize(
    ('options', 'message'),
    [({'max_queue': 0}, 'max_queue must be'), ({'on_full': 'wait'}, 'on_full must be')],
)
def test_invalid_arguments_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Broadcast(**options)
