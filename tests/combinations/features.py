"""Every feature that uses a handler.

A feature joins by one more function with the decorator ``feature``. It is tried with
each kind of handler that has what it needs, chosen in each way that has it.
"""

from __future__ import annotations

from collections.abc import Callable
import json
import logging
from typing import Any, NamedTuple

import falcon
import pytest
from tests.combinations.making import Cell
from tests.combinations.making import Line
from tests.combinations.ways import MAX_DELAY

import falcon_media
from falcon_media import Broadcast
from falcon_media import Limits
from falcon_media import Prepared

__all__ = ('Feature', 'FEATURES')


class Feature(NamedTuple):
    """A feature, and how it is tried."""

    name: str
    needs: frozenset[str]
    attempt: Callable[[Cell], None]

    def __str__(self) -> str:
        return self.name


FEATURES: list[Feature] = []

_Attempt = Callable[[Cell], None]


def feature(needs: str = 'websocket') -> Callable[[_Attempt], _Attempt]:
    """Add a feature.

    Args:
        needs: What it asks of a kind, or of a way, with commas.
    """

    def add(attempt: _Attempt) -> _Attempt:
        words = frozenset(needs.split(', '))
        FEATURES.append(Feature(attempt.__name__, words, attempt))
        return attempt

    return add


# ------------------------------------------------------------------ Falcon's own calls


@feature()
def receive_media(cell: Cell) -> None:
    got = []

    async def script(line: Line) -> None:
        got.append(await line.ws.receive_media())

    client = cell.connect(script)
    client.send(cell.wire('żółw'))
    assert got == [cell.kind.unwrap('żółw')]
    assert client.close_code == 1000


@feature()
def send_media(cell: Cell) -> None:
    async def script(line: Line) -> None:
        await line.ws.send_media(cell.kind.wrap('żółw'), cell.kind.payload_type)

    client = cell.connect(script)
    assert client.frames == [cell.wire('żółw')]
    assert client.close_code == 1000


# ------------------------------------------------------------------------------- peers


@feature()
def peer_receives_and_sends(cell: Cell) -> None:
    got = []

    async def script(line: Line) -> None:
        async for message in line.peer:
            got.append(message)
            await line.peer.send(cell.kind.wrap('back'))
            await line.peer.flush()

    client = cell.connect(script)
    client.send(cell.wire('one'))
    client.send(cell.wire('two'))
    assert got == [cell.kind.unwrap('one'), cell.kind.unwrap('two')]
    assert client.frames == [cell.wire('back'), cell.wire('back')]
    client.end()


@feature()
def peer_knows_its_handler(cell: Cell) -> None:
    peers = []

    async def script(line: Line) -> None:
        peers.append(line.peer)

    client = cell.connect(script)
    (peer,) = peers
    assert peer.payload_type is cell.kind.payload_type
    assert peer.handler.serialize(cell.kind.wrap('x')) == cell.kind.wire('x')
    assert peer.handler.name in repr(peer)
    assert peer.subprotocol == client.subprotocol
    assert (client.subprotocol is not None) is ('subprotocol' in cell.way.has)


@feature()
def a_responder_catches_and_goes_on(cell: Cell) -> None:
    got: list[object] = []

    async def script(line: Line) -> None:
        try:
            got.append(await line.peer.receive())
        except falcon_media.MalformedPayload as ex:
            got.append(ex.payload_type)
        got.append(await line.peer.receive())

    client = cell.connect(script)
    client.send(_malformed(cell), cell.wire('x'))
    assert got == [cell.kind.payload_type, cell.kind.unwrap('x')]
    assert client.close_code == 1000
    assert not cell.lines.at(logging.WARNING)


# -------------------------------------------------------------------------- broadcasts


@feature()
def broadcast(cell: Cell) -> None:
    group = Broadcast()
    clients = [cell.join(group)[0] for _ in range(3)]
    cell.world.result(group.send(cell.kind.wrap('żółw')))
    cell.world.loop.advance(MAX_DELAY)
    for client in clients:
        assert client.frames == [cell.wire('żółw')]
        client.end()
    assert not len(group)
    assert not cell.lines.at(logging.WARNING)


@feature()
def broadcast_to_one_that_reads_later(cell: Cell) -> None:
    group = Broadcast()
    (slow, _), (fast, _) = cell.join(group), cell.join(group)
    slow.stall()
    for text in ('one', 'two', 'three'):
        cell.world.result(group.send(cell.kind.wrap(text)))
        cell.world.loop.advance(MAX_DELAY)
    one_each = [cell.wire(text) for text in ('one', 'two', 'three')]
    assert fast.frames == one_each
    assert slow.frames == []
    slow.read()
    assert slow.frames == (
        [cell.wire('one'), cell.wire('two', 'three')]
        if 'batches' in cell.way.has
        else one_each
    )
    for client in (slow, fast):
        client.end()


@feature()
def broadcast_leaves_out_one_that_is_gone(cell: Cell) -> None:
    group = Broadcast()
    (gone, _), (here, _) = cell.join(group), cell.join(group)
    gone.vanish()
    for text in ('one', 'two', 'three'):
        cell.world.result(group.send(cell.kind.wrap(text)))
        cell.world.loop.advance(MAX_DELAY)
    assert len(here.frames) == 3
    assert len(group) == 1
    for client in (gone, here):
        client.end()
    assert not cell.lines.at(logging.WARNING)


@feature()
def broadcast_of_what_nobody_can_be_sent(cell: Cell) -> None:
    group = Broadcast()
    clients = [cell.join(group)[0] for _ in range(2)]
    with pytest.raises(falcon_media.UnserializableMedia):
        cell.world.result(group.send(object()))
    cell.world.result(group.send(cell.kind.wrap('x')))
    cell.world.loop.advance(MAX_DELAY)
    for client in clients:
        assert client.frames == [cell.wire('x')]
        client.end()


@feature('websocket, lone')
def broadcast_of_half_a_surrogate_pair(cell: Cell) -> None:
    group = Broadcast()
    other, _ = cell.join(group)

    async def script(line: Line) -> None:
        with group.member(line.peer):
            async for message in line.peer:
                await group.send(message)

    client = cell.connect(script)
    client.send(str(cell.kind.lone))
    assert client.close_code == 1011
    assert not client.frames
    assert not other.frames
    assert len(group) == 1
    other.end()


@feature()
def prepared(cell: Cell) -> None:
    group = Broadcast()
    client, peer = cell.join(group)
    made = Prepared(cell.kind.wrap('x'))
    assert made.payload(peer.handler) == cell.kind.wire('x')
    assert made.payload(peer.handler) is made.payload(peer.handler)
    cell.world.result(made.send(peer))
    cell.world.result(peer.flush())
    cell.world.result(group.send(made))
    cell.world.loop.advance(MAX_DELAY)
    cell.world.result(group.send(group.prepare(cell.kind.wrap('y'))))
    cell.world.loop.advance(MAX_DELAY)
    assert client.frames == [cell.wire('x'), cell.wire('x'), cell.wire('y')]
    client.end()


# ----------------------------------------------------------------------------- batches


@feature('websocket, batches')
def batches_sent(cell: Cell) -> None:
    client, peer = cell.join()
    for text in ('one', 'two'):
        cell.world.result(peer.send(cell.kind.wrap(text)))
    assert not client.frames
    cell.world.loop.advance(MAX_DELAY / 2)
    assert not client.frames
    cell.world.loop.advance(MAX_DELAY)
    assert client.frames == [cell.wire('one', 'two')]
    cell.world.result(peer.send(cell.kind.wrap('three')))
    cell.world.result(peer.flush())
    assert client.frames[1:] == [cell.wire('three')]
    client.end()


@feature('websocket, batches')
def batches_received(cell: Cell) -> None:
    got = []

    async def script(line: Line) -> None:
        got.extend([message async for message in line.peer])

    client = cell.connect(script)
    client.send(cell.wire('one', 'two'), cell.wire('three'))
    client.end()
    assert got == [cell.kind.unwrap(text) for text in ('one', 'two', 'three')]


@feature('websocket, batches')
def batches_are_not_for_receive_media(cell: Cell) -> None:
    async def script(line: Line) -> None:
        await line.ws.receive_media()

    client = cell.connect(script)
    client.send(cell.wire('one', 'two'))
    assert client.close_code == 1003


# ------------------------------------------------------------------------------ errors


@feature()
def a_malformed_payload(cell: Cell) -> None:
    client = _refused(cell, _malformed(cell))
    assert (client.close_code, client.close_reason) == (1007, 'Malformed payload')
    _one_warning(cell)


@feature('websocket, invalid')
def an_invalid_payload(cell: Cell) -> None:
    assert cell.kind.invalid is not None
    payload = cell.kind.invalid
    if 'batches' in cell.way.has:
        assert cell.kind.frame is not None
        payload = cell.kind.frame([payload])
    client = _refused(cell, payload)
    assert (client.close_code, client.close_reason) == (1007, 'Invalid payload')
    _one_warning(cell)


@feature()
def a_payload_over_the_budget(cell: Cell) -> None:
    cell.remake(Limits(max_size=20))
    client = _refused(cell, cell.wire('too long for 20 bytes'))
    assert (client.close_code, client.close_reason) == (1009, 'Payload too large')
    _one_warning(cell)
    got: list[object] = []

    async def script(line: Line) -> None:
        got.append(await line.peer.receive())

    cell.connect(script).send(cell.wire('ok'))
    assert got == [cell.kind.unwrap('ok')]


@feature('websocket, one type')
def a_frame_of_the_other_type_beside_a_subprotocol(cell: Cell) -> None:
    _refuses_the_other_type(cell)


@feature('websocket, one side, typed')
def a_frame_of_the_other_type_beside_a_type(cell: Cell) -> None:
    # NOTE: It has no type, and so it would be an object that nobody expects.
    _refuses_the_other_type(cell)


def _refuses_the_other_type(cell: Cell) -> None:
    is_text = 'text' in cell.kind.has
    client = _refused(cell, b'\xa1\x65value\x61x' if is_text else '{"value":"x"}')
    assert (client.close_code, client.close_reason) == (1003, 'Unsupported payload')
    _one_warning(cell)


@feature()
def an_object_that_is_not_carried(cell: Cell) -> None:
    async def script(line: Line) -> None:
        await line.peer.send(object())

    client = cell.connect(script)
    assert (client.close_code, client.frames) == (1011, [])
    assert len(cell.lines.at(logging.ERROR)) == 1


@feature('websocket, lone')
def half_a_surrogate_pair(cell: Cell) -> None:
    async def script(line: Line) -> None:
        await line.peer.send(await line.peer.receive())

    client = cell.connect(script)
    client.send(str(cell.kind.lone))
    assert (client.close_code, client.frames) == (1011, [])


@feature()
def an_error_handler_of_the_app(cell: Cell) -> None:
    async def handle(req: Any, resp: Any, ex: Any, params: Any, ws: Any) -> None:
        await ws.close(4000)

    cell.remake(
        prepare=lambda app: app.add_error_handler(falcon_media.MalformedPayload, handle)
    )
    client = _refused(cell, _malformed(cell))
    assert client.close_code == 4000
    assert not cell.lines.at(logging.WARNING)


# ----------------------------------------------------------------------------- the app


@feature('websocket, counted')
def stats(cell: Cell) -> None:
    before = cell.counts()

    async def script(line: Line) -> None:
        await line.peer.receive()
        await line.peer.send(cell.kind.wrap('back'))
        await line.peer.flush()
        await line.peer.receive()

    client = cell.connect(script)
    client.send(cell.wire('x'))
    now = cell.counts()
    assert now['connections'] == before.get('connections', 0) + 1
    assert now['received'] - before.get('received', 0) == 1
    assert now['sent'] - before.get('sent', 0) == 1
    size = _size(cell.wire('x'))
    assert now['received_bytes'] - before.get('received_bytes', 0) == size
    assert now['sent_bytes'] - before.get('sent_bytes', 0) == _size(cell.wire('back'))
    client.send(_malformed(cell))
    now = cell.counts()
    assert now['MalformedPayload'] - before.get('MalformedPayload', 0) == 1
    assert now['connections'] == before.get('connections', 0)


@feature('websocket, described')
def describe(cell: Cell) -> None:
    setting = cell.made.setting
    told = [
        line
        for line in cell.installed.describe().splitlines()
        if cell.kind.words in line and setting.source in line
    ]
    assert told


@feature('websocket, local')
def another_route_is_as_it_was(cell: Cell) -> None:
    client = cell.world.connect(cell.made.app, '/other')
    if 'types' in cell.kind.has and cell.made.setting.arguments:
        # NOTE: There the app has the handler itself, without the type.
        client.end()
        return
    client.send('{"other": [1]}')
    assert [json.loads(frame) for frame in client.frames] == [{'other': [1]}]
    assert client.close_code == 1000


# ------------------------------------------------------------------------------- HTTP


@feature('http')
def http_carries(cell: Cell) -> None:
    answer = _post(cell, cell.kind.wire('żółw'))
    assert answer.status_code == 200
    assert cell.made.posted.pop() == cell.kind.unwrap('żółw')
    assert answer.headers['content-type'] == cell.kind.media_type
    assert answer.content == _bytes(cell.kind.wire('answer'))


@feature('http')
def http_refuses_the_malformed(cell: Cell) -> None:
    assert _post(cell, cell.kind.malformed).status_code == 400


@feature('http, invalid')
def http_refuses_the_invalid(cell: Cell) -> None:
    assert cell.kind.invalid is not None
    assert _post(cell, cell.kind.invalid).status_code == 422


@feature('http')
def http_refuses_what_is_over_the_budget(cell: Cell) -> None:
    cell.remake(Limits(max_size=20))
    assert _post(cell, cell.kind.wire('too long for 20 bytes')).status_code == 413
    assert _post(cell, cell.kind.wire('ok')).status_code == 200


# ------------------------------------------------------------------------------ helpers


def _post(cell: Cell, body: str | bytes) -> Any:
    client = falcon.testing.TestClient(cell.made.app)
    headers = {'content-type': str(cell.kind.media_type)}
    return client.simulate_post('/', body=_bytes(body), headers=headers)


def _bytes(payload: str | bytes) -> bytes:
    return payload.encode() if isinstance(payload, str) else payload


def _size(payload: str | bytes) -> int:
    return len(_bytes(payload))


def _malformed(cell: Cell) -> Any:
    if 'batches' in cell.way.has and cell.kind.payload_type.name == 'TEXT':
        return f'{cell.kind.malformed!s}\n'
    return cell.kind.malformed


def _refused(cell: Cell, payload: str | bytes) -> Any:
    async def script(line: Line) -> None:
        async for _ in line.peer:
            pass

    client = cell.connect(script)
    client.send(payload)
    assert client.call.done()
    return client


def _one_warning(cell: Cell) -> None:
    (line,) = cell.lines.at(logging.WARNING)
    assert 'closed with' in line
    assert all(record.exc_info is None for record in cell.lines.records[-1:])
