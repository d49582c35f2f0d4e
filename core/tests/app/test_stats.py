"""Counters of connections, requests and errors."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import falcon
import falcon.asgi
import falcon.testing
import pytest

import falcon_media
from falcon_media import Limits
from falcon_media import PayloadError
from falcon_media import UnserializableMedia
from falcon_media.app.http import http_handler
from falcon_media.connection.switches import BinarySwitch
from falcon_media.protocol.stats import Tally


class Patient:
    """Catches the errors of its connections, and continues."""

    async def on_websocket(self, req: Any, ws: Any) -> None:
        await ws.accept(next(iter(ws.subprotocols), None))
        await self.answer(ws, ws.receive_media, ws.send_media)

    async def answer(self, ws: Any, receive: Any, send: Any) -> None:
        while True:
            try:
                await send(await receive())
            except PayloadError as ex:
                await ws.send_text(ex.reason)
            except UnserializableMedia:
                await ws.send_text('unserializable')


class PatientPeer(Patient):
    async def on_websocket(self, req: Any, ws: Any) -> None:
        peer = await falcon_media.accept(req, ws)
        await self.answer(ws, peer.receive, peer.send)


class PatientTask(Patient):
    """Receives in a separate task."""

    async def on_websocket(self, req: Any, ws: Any) -> None:
        await asyncio.create_task(super().on_websocket(req, ws))


class Sends:
    """Sends an unserializable object, and continues."""

    async def on_websocket(self, req: Any, ws: Any) -> None:
        await ws.accept()
        with pytest.raises(UnserializableMedia):
            await ws.send_media({'a': {1, 2}})
        await ws.send_text('caught')
        # NOTE: If the server closes at once, Falcon's client loses the message.
        await ws.receive_text()


def talk(app: Any, *payloads: str, offers: tuple[str, ...] = ()) -> list[str]:
    async def run() -> list[str]:
        client = falcon.testing.ASGIConductor(app)
        async with (
            client,
            client.simulate_ws('/', subprotocols=offers, spec_version='2.3') as ws,
        ):
            answers = []
            for payload in payloads:
                await ws.send_text(payload)
                answers.append(await ws.receive_text())
            if not payloads:
                answers.append(await ws.receive_text())
        return answers

    return falcon.async_to_sync(run)


def create_app(resource: Any, **settings: Any) -> tuple[Any, falcon_media.Installed]:
    app = falcon.asgi.App()
    app.add_route('/', resource)
    return app, falcon_media.install(app, **{'text': 'json', **settings})


def refused(installed: falcon_media.Installed) -> list[dict[str, int]]:
    return [row['refused'] for row in installed.stats() if row['refused']]


@pytest.mark.parametrize('resource', [Patient(), PatientTask()])
@pytest.mark.parametrize('per_connection', [False, True])
def test_errors_that_a_responder_catches_are_counted_once(
    resource: Any, per_connection: bool
) -> None:
    app, installed = create_app(resource, per_connection=per_connection)
    answers = talk(app, '?', '[1]', '[' * 65 + ']' * 65, '?')
    assert answers == [
        'Malformed payload',
        '[1]',
        'Payload too large',
        'Malformed payload',
    ]
    assert refused(installed) == [{'MalformedPayload': 2, 'PayloadTooLarge': 1}]


@pytest.mark.parametrize('chosen', ['json', falcon_media.batched('json')])
def test_errors_that_are_caught_from_a_peer_are_counted_once(chosen: Any) -> None:
    app, installed = create_app(PatientPeer(), subprotocols={'v1': chosen})
    assert talk(app, '?', '!', offers=('v1',)) == ['Malformed payload'] * 2
    assert refused(installed) == [{'MalformedPayload': 2}]


def test_a_typed_message_is_counted_by_the_error_that_the_responder_sees() -> None:
    chosen = falcon_media.use('json', type=dict[str, int])
    app, installed = create_app(Patient(), text=chosen)
    talk(app, '{"a": "b"}', '?')
    assert refused(installed) == [{'InvalidPayload': 1, 'MalformedPayload': 1}]


@pytest.mark.parametrize('per_connection', [False, True])
def test_an_object_that_can_not_be_sent_is_counted_once(per_connection: bool) -> None:
    app, installed = create_app(Sends(), per_connection=per_connection)
    assert talk(app, 'thanks') == ['caught']
    assert refused(installed) == [{'UnserializableMedia': 1}]


@pytest.mark.parametrize('way', ['send', 'write', 'broadcast'])
@pytest.mark.parametrize('is_batched', [False, True])
def test_an_object_that_no_peer_can_receive_is_counted(
    way: str, is_batched: bool
) -> None:
    group = falcon_media.Broadcast()

    class Room:
        async def on_websocket(self, req: Any, ws: Any) -> None:
            peer = await falcon_media.accept(req, ws)
            media = {'a': {1, 2}}
            prepared = falcon_media.Prepared(media)
            ways: Any = {
                'send': (peer.send, media),
                'write': (prepared.send, peer),
                'broadcast': (group.send, media),
            }
            send, given = ways[way]
            with group.member(peer), pytest.raises(UnserializableMedia):
                await send(given)
            with pytest.raises(UnserializableMedia):
                prepared.payload(peer.handler)
            await ws.send_text('caught')
            await ws.receive_text()

    app = falcon.asgi.App()
    app.add_route('/', Room())
    chosen = falcon_media.batched('json') if is_batched else 'json'
    installed = falcon_media.install(app, subprotocols={'a': chosen})
    assert talk(app, offers=('a',)) == ['caught']
    assert refused(installed) == [{'UnserializableMedia': 1}]


def test_apps_in_one_process_have_separate_counters() -> None:
    app, installed = create_app(Patient())
    _, other = create_app(Patient())
    talk(app, '?')
    assert refused(installed) == [{'MalformedPayload': 1}]
    assert refused(other) == []


class Body:
    def on_post(self, req: Any, resp: Any) -> None:
        req.get_media()


class AsyncBody:
    async def on_post(self, req: Any, resp: Any) -> None:
        await req.get_media()


class FailingHook(falcon_media.TextHandler):
    def __init__(self) -> None:
        def decode(payload: str) -> object:
            raise falcon_media.HookError('a hook failed')

        super().__init__(falcon_media.Codec(encode=str, decode=decode, unchecked=9))


@pytest.mark.parametrize(
    ('kind', 'resource'), [(falcon.App, Body()), (falcon.asgi.App, AsyncBody())]
)
def test_refused_bodies_are_counted_by_media_type(kind: Any, resource: Any) -> None:
    app = kind()
    app.add_route('/', resource)
    installed = falcon_media.install(app, http=['json'], limits=Limits(max_size=9))
    client = falcon.testing.TestClient(app)
    for body in ('?', '[]', '"0123456789"', '?'):
        client.simulate_post('/', body=body, content_type='application/json')
    (row,) = [row for row in installed.stats() if row['media_type']]
    assert row['media_type'] == 'application/json'
    assert row['refused'] == {'MalformedPayload': 2, 'PayloadTooLarge': 1}
    assert row['received'] is None


def test_a_hook_that_fails_in_a_request_is_counted() -> None:
    tally = Tally()
    handler = http_handler(FailingHook(), Limits(), tally)
    app = falcon.App()
    app.add_route('/', Body())
    app.req_options.media_handlers['text/hook'] = handler
    client = falcon.testing.TestClient(app)
    assert client.simulate_post('/', body='x', content_type='text/hook').status == (
        falcon.HTTP_500
    )
    assert tally.refused == {'HookError': 1}


def test_a_reused_context_does_not_count_for_another_connection() -> None:
    """A server or a test may call an app in one task several times."""
    plain, first = create_app(Patient())
    switched, second = create_app(Patient(), per_connection=True, http=['json'])
    switched.add_route('/body', AsyncBody())

    async def serve(app: Any) -> None:
        events = [
            {'type': 'websocket.connect'},
            {'type': 'websocket.receive', 'text': '?'},
            {'type': 'websocket.disconnect', 'code': 1000},
        ]

        async def receive() -> Any:
            return events.pop(0)

        async def send(event: Any) -> None:
            """Drop it."""

        scope = falcon.testing.create_scope_ws(spec_version='2.3')
        with contextlib.suppress(falcon.WebSocketDisconnected):
            await app(scope, receive, send)

    async def post() -> None:
        events = [{'type': 'http.request', 'body': b'?', 'more_body': False}]

        async def receive() -> Any:
            return events.pop(0)

        async def send(event: Any) -> None:
            """Drop it."""

        headers = {'Content-Type': 'application/json', 'Content-Length': '1'}
        scope = falcon.testing.create_scope(
            method='POST', path='/body', headers=headers, content_length=1
        )
        await switched(scope, receive, send)

    async def run() -> None:
        await serve(plain)
        await serve(switched)
        await serve(plain)
        await post()

    falcon.async_to_sync(run)
    assert refused(first) == [{'MalformedPayload': 2}]
    assert refused(second) == [{'MalformedPayload': 1}] * 2


def test_errors_of_binary_switches_are_counted() -> None:
    class Bytes(falcon_media.BinaryHandler):
        def __init__(self) -> None:
            codec = falcon_media.Codec(encode=bytes, decode=int, unchecked=9)
            super().__init__(codec, framing=falcon_media.BYTE_LINES)

    assert Bytes().framing is falcon_media.BYTE_LINES
    bound = falcon_media.install(falcon.asgi.App(), binary=Bytes()).handlers.binary
    switch = BinarySwitch(bound)
    with pytest.raises(falcon_media.MalformedPayload):
        switch.deserialize(b'x')
    with pytest.raises(UnserializableMedia):
        switch.serialize('x')
    assert bound.tally.refused == {'MalformedPayload': 1, 'UnserializableMedia': 1}
