"""Undocumented behaviour of Falcon that falcon-media relies on.

If one of these tests fails after an update of Falcon, see ``connection/switches.py``
and ``app/connection_handlers.py``.
"""

from __future__ import annotations

from contextvars import ContextVar
import re
import subprocess
import sys
from textwrap import dedent
from typing import Any

import falcon
import falcon.asgi
from falcon.media import TextBaseHandlerWS
import falcon.testing
import pytest

import falcon_media
from falcon_media.connection.switches import take_switches

TEXT = falcon.WebSocketPayloadType.TEXT
BINARY = falcon.WebSocketPayloadType.BINARY


class Handler:
    """A handler that records when it is bound."""

    def __init__(self, log: list[Any], payload: str | bytes) -> None:
        self.log = log
        self.payload = payload

    @property
    def serialize(self) -> Any:
        self.log.append('serialize')
        return lambda media: self.payload

    @property
    def deserialize(self) -> Any:
        self.log.append('deserialize')
        return str


def test_how_falcon_binds_the_handlers_of_a_connection() -> None:
    log: list[Any] = []
    variable: ContextVar[str] = ContextVar('variable', default='unset')

    class Table(dict[Any, Any]):
        def __getitem__(self, key: Any) -> Any:
            log.append(key)
            variable.set('set')
            return Handler(log, '' if key is TEXT else b'')

    class Middleware:
        async def process_request_ws(self, req: Any, ws: Any) -> None:
            log.append(f'middleware: {variable.get()}')

    class Resource:
        async def on_websocket(self, req: Any, ws: Any) -> None:
            await ws.accept()
            for payload_type in (TEXT, BINARY, TEXT):
                await ws.send_media(1, payload_type)
            # NOTE: Falcon's client loses what it hasn't read when the app closes first.
            await ws.receive_text()

    app = falcon.asgi.App(middleware=[Middleware()])
    app.add_route('/', Resource())
    app.ws_options.media_handlers = Table()

    async def run() -> None:
        async with (
            falcon.testing.ASGIConductor(app) as client,
            client.simulate_ws('/') as ws,
        ):
            await ws.receive_text()

    falcon.async_to_sync(run)
    # TEXT once, then BINARY once, before any middleware and in its context; and nothing
    # after that, whatever is sent.
    assert log == [
        TEXT, 'serialize', 'deserialize',
        BINARY, 'serialize', 'deserialize',
        'middleware: set',
    ]  # fmt: skip  # in its order


def test_an_unknown_release_of_falcon_is_an_error() -> None:
    with pytest.raises(
        RuntimeError, match='install another release of Falcon or falcon-media'
    ):
        take_switches()


def run_plain_app(body: str) -> None:
    """Run a program in a separate process, where no resource is decorated."""
    source = dedent("""
        import falcon, falcon.asgi, falcon.testing, falcon_media
        TEXT = falcon.WebSocketPayloadType.TEXT
        BINARY = falcon.WebSocketPayloadType.BINARY
        app = falcon.asgi.App()
    """) + dedent(body)
    subprocess.run(
        [sys.executable, '-W', 'error', '-c', source], check=True, timeout=60
    )


def test_an_app_without_choice_uses_its_handlers_directly() -> None:
    run_plain_app("""
        installed = falcon_media.install(app, text='json')
        assert not installed.is_switched
        table = app.ws_options.media_handlers
        assert table[TEXT] is installed.handlers.text.handler
        assert table[BINARY] is installed.handlers.binary.handler
        row = installed.stats()[0]
        assert row['received'] is row['sent'] is None
        assert row['connections'] == 0
    """)


@pytest.mark.parametrize(
    'settings', ["subprotocols={'a': 'json'}", 'per_connection=True']
)
def test_an_app_with_choice_gives_each_connection_switches(settings: str) -> None:
    run_plain_app(f"""
        installed = falcon_media.install(app, text='json', {settings})
        assert installed.is_switched
        table = app.ws_options.media_handlers
        assert table[BINARY].bound is installed.handlers.binary
        assert table[TEXT] is not table[TEXT]
        assert table[TEXT].serialize([1]) == '[1]'
        assert dict(table.items())[TEXT] is installed.handlers.text.handler
    """)


def test_a_decorated_resource_is_a_choice() -> None:
    run_plain_app("""
        installed = falcon_media.install(app)
        assert not installed.is_switched
        @falcon_media.media_handlers(text='json')
        class Resource:
            async def on_websocket(self, req, ws): ...
        class Derived(Resource): ...
        assert not installed.is_switched
        app.add_route('/', Derived())
        app.ws_options.media_handlers[TEXT]
        assert installed.is_switched
    """)


@pytest.mark.parametrize('resource', ['Resource', 'Derived'])
def test_a_decorated_responder_under_a_hook_is_a_choice(
    resource: str,
) -> None:
    run_plain_app(f"""
        async def check(req, ws, resource, params): ...
        class Resource:
            @falcon.before(check)
            @falcon_media.media_handlers(text=falcon_media.use('json', allow_nan=True))
            async def on_websocket_a(self, req, ws): ...
        class Derived(Resource): ...
        app.add_route('/', {resource}(), suffix='a')
        installed = falcon_media.install(app)
        assert installed.is_switched
        assert 'TEXT of Resource.on_websocket_a' in installed.describe()
    """)


def test_a_hidden_decorator_is_an_error() -> None:
    run_plain_app("""
        import functools, logging
        def logged(responder):
            @functools.wraps(responder)
            async def wrapper(self, req, ws):
                return await responder(self, req, ws)
            return wrapper
        class Resource:
            @logged
            @falcon_media.media_handlers(text='json')
            async def on_websocket(self, req, ws): ...
        app.add_route('/', Resource())
        falcon_media.install(app)
        records = []
        logging.getLogger('falcon_media').addFilter(records.append)
        async def run():
            async with falcon.testing.ASGIConductor(app) as client:
                try:
                    async with client.simulate_ws('/'): ...
                except falcon.WebSocketDisconnected: ...
        falcon.async_to_sync(run)
        assert 'Resource.on_websocket: its @media_handlers' in records[0].getMessage()
        assert 'put it above other decorators' in records[0].getMessage()
    """)


@pytest.mark.parametrize('per_connection', [False, True])
def test_assigning_a_handler_afterwards(per_connection: bool) -> None:
    class Upper(falcon.media.TextBaseHandlerWS):
        def serialize(self, media: object) -> str:
            return str(media).upper()

        def deserialize(self, payload: str) -> object:
            return payload

    class Echo:
        async def on_websocket(self, req: Any, ws: Any) -> None:
            await ws.accept()
            while True:
                await ws.send_media(await ws.receive_media())

    app = falcon.asgi.App()
    app.add_route('/', Echo())
    falcon_media.install(app, per_connection=per_connection)
    app.ws_options.media_handlers[TEXT] = Upper()

    async def run() -> list[str]:
        heard = []
        async with (
            falcon.testing.ASGIConductor(app) as client,
            client.simulate_ws('/') as ws,
        ):
            await ws.send_text('a')
            heard.append(await ws.receive_text())
        return heard

    assert falcon.async_to_sync(run) == ['A']


def test_a_second_install_changes_only_its_settings() -> None:
    app = falcon.asgi.App()
    first = falcon_media.install(app, text='json')
    table = app.ws_options.media_handlers
    second = falcon_media.install(app, per_connection=True)
    assert app.ws_options.media_handlers is table
    assert second.handlers.text.choice == first.handlers.text.choice
    assert second.is_switched


# -------------------------------------------------- The app's mapping that was replaced


def replaced_mapping(app: Any) -> None:
    app.ws_options.media_handlers = dict(app.ws_options.media_handlers)


def replaced_options(app: Any) -> None:
    app.ws_options = falcon.asgi.WebSocketOptions()


REPLACED = r'media_handlers was replaced after falcon_media\.install\(\)'
SETTINGS: list[Any] = [{}, {'text': 'json'}, {'subprotocols': {'v1': 'json'}}]


class Accepts:
    async def on_websocket(self, req: Any, ws: Any) -> None:
        await ws.accept()
        await ws.send_media(await ws.receive_media())


def app_with(settings: dict[str, Any]) -> Any:
    app = falcon.asgi.App()
    app.add_route('/', Accepts())
    falcon_media.install(app, **settings)
    return app


@pytest.mark.parametrize('settings', SETTINGS)
@pytest.mark.parametrize('replace', [replaced_mapping, replaced_options])
def test_an_app_whose_mapping_was_replaced_does_not_start(
    replace: Any, settings: dict[str, Any]
) -> None:
    app = app_with(settings)
    replace(app)

    async def run() -> None:
        async with falcon.testing.ASGIConductor(app):
            """Never reached."""

    with pytest.raises(RuntimeError, match=REPLACED):
        falcon.async_to_sync(run)


@pytest.mark.parametrize('settings', SETTINGS)
@pytest.mark.parametrize('replace', [replaced_mapping, replaced_options])
def test_a_replaced_mapping_is_an_error_at_the_handshake(
    replace: Any, settings: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        app = app_with(settings)
        client = falcon.testing.ASGIConductor(app)
        async with client:
            replace(app)
            with pytest.raises(falcon.WebSocketDisconnected):
                async with client.simulate_ws('/'):
                    """Never reached."""

    falcon.async_to_sync(run)
    assert re.search(REPLACED, caplog.text)


@pytest.mark.parametrize('replace', [replaced_mapping, replaced_options])
def test_a_second_install_takes_a_replaced_mapping_over(replace: Any) -> None:
    app = app_with({'text': 'json'})
    replace(app)
    installed = falcon_media.install(app, subprotocols={'v1': 'json'})

    async def run() -> str:
        async with (
            falcon.testing.ASGIConductor(app) as client,
            client.simulate_ws('/', spec_version='2.3') as ws,
        ):
            await ws.send_text('[1]')
            answer: str = await ws.receive_text()
        return answer

    assert falcon.async_to_sync(run) == '[1]'
    assert app.ws_options.media_handlers.wiring.handlers is installed.handlers


def test_a_handler_that_is_assigned_later_is_under_the_guard() -> None:
    class Plain(TextBaseHandlerWS):
        def serialize(self, media: object) -> str:
            return str(media)

        def deserialize(self, payload: str | bytes) -> object:
            raise LookupError

    app = app_with({'text': 'json'})
    app.ws_options.media_handlers[TEXT] = Plain()
    with pytest.raises(falcon_media.MalformedPayload):
        app.ws_options.media_handlers[TEXT].deserialize('x')
