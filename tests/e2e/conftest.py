"""A real server in a thread, and a real client, for the end-to-end tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import closing
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
import socket
import sys
import threading
from typing import Any

from falcon.asgi import App
from falcon.asgi import Request
from falcon.asgi import Response
from falcon.asgi import WebSocket
import pytest
import uvicorn
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect

import falcon_media

TIMEOUT = 60
"""Seconds after which whatever is waited for has failed. Nothing waits that long."""

EXAMPLES = Path(__file__).parents[2] / 'docs' / 'examples'

# NOTE: What Python does for a program that is run from there.
sys.path.append(str(EXAMPLES))


class Client(ClientConnection):
    """A client that never waits without an end."""

    def recv(  # type: ignore[override]  # one signature for the overloads of the base
        self, timeout: float | None = TIMEOUT, decode: bool | None = None
    ) -> str | bytes:
        """Receive a message: ``str`` for a TEXT frame, ``bytes`` for a BINARY one."""
        return super().recv(timeout, decode)

    def closed_with(self) -> tuple[int, str]:
        """Wait until the server closes, and return its close code and reason."""
        with pytest.raises(ConnectionClosed) as caught:
            self.recv()
        received = caught.value.rcvd
        assert received is not None, 'the server left without a close frame'
        return received.code, received.reason

    def vanish(self) -> None:
        """Drop the connection without a closing handshake."""
        self.socket.shutdown(socket.SHUT_RDWR)


async def pass_on(
    req: Request,
    resp: Response | None,
    ex: Exception,
    params: dict[str, Any],
    ws: WebSocket | None = None,
) -> None:
    """Leave an exception to the server."""
    raise ex


class Server:
    """A server on a port of its own, which serves one app at a time.

    Attributes:
        address (str): Host and port.
        drops_slow_clients (bool): Whether a send waits for a client that reads slowly,
            so that a broadcast finds out.
    """

    drops_slow_clients = True

    def __init__(self) -> None:
        self._app: Any = None
        self._calls = 0
        self._failures: list[BaseException] = []
        self._idle = threading.Condition()
        # NOTE: It listens from here on, so that a client may connect at any time.
        self._listener = socket.create_server(('127.0.0.1', 0))
        host, port = self._listener.getsockname()
        self.port: int = port
        self.address = f'{host}:{port}'
        self._thread = threading.Thread(target=self._run, name=repr(self))

    def __repr__(self) -> str:
        return type(self).__name__.lower()

    def start(self) -> None:
        """Start to serve, and wait until it does."""
        self._thread.start()
        self._wait_until_ready()

    def stop(self) -> None:
        """Stop, and wait for the thread to end."""
        self._request_stop()
        self._thread.join(TIMEOUT)
        assert not self._thread.is_alive(), 'the server did not stop'

    def close(self, code: int, reason: str) -> tuple[int, str]:
        """Tell which close code and reason a client gets for those of ours."""
        return code, reason

    def _run(self) -> None:
        raise NotImplementedError

    def _request_stop(self) -> None:
        raise NotImplementedError

    def _wait_until_ready(self) -> None:
        """Wait until it listens, where it does not take over the listener."""

    def _poll(self) -> None:
        for _ in range(100 * TIMEOUT):
            with socket.socket() as client:
                if client.connect_ex(('127.0.0.1', self.port)) == 0:
                    return
            # NOTE: No server tells when it listens.
            self._thread.join(0.01)
        pytest.fail('the server did not start')

    @contextmanager
    def serving(self, app: App[Any, Any]) -> Iterator[None]:
        """Serve an app; at the end, wait for its last responder to return.

        An assertion that fails in a responder fails the test.
        """
        app.add_error_handler(AssertionError, pass_on)
        self._app = app
        self._failures.clear()
        yield
        with self._idle:
            idle = self._idle.wait_for(lambda: not self._calls, TIMEOUT)
        assert idle, 'a responder outlived its client'
        for failure in self._failures:
            raise failure

    @contextmanager
    def connect(self, path: str = '/', **options: Any) -> Iterator[Client]:
        """Connect a client; options are those of ``websockets``."""
        with connect(
            f'ws://{self.address}{path}',
            create_connection=Client,
            compression=None,
            proxy=None,
            **options,
        ) as client:
            assert isinstance(client, Client)
            yield client

    def get(self, path: str) -> tuple[int, bytes]:
        """Send a GET request, and return the status code and the body."""
        connection = HTTPConnection(self.address, timeout=TIMEOUT)
        with closing(connection):
            connection.request('GET', path)
            response = connection.getresponse()
            return response.status, response.read()

    async def _serve_current(self, scope: Any, receive: Any, send: Any) -> None:
        if scope['type'] == 'lifespan':
            # NOTE: It is of the server, and the apps come and go.
            while (await receive())['type'] == 'lifespan.startup':
                await send({'type': 'lifespan.startup.complete'})
            await send({'type': 'lifespan.shutdown.complete'})
            return
        with self._idle:
            self._calls += 1
        try:
            await self._app(scope, receive, send)
        except (AssertionError, pytest.fail.Exception) as ex:
            self._failures.append(ex)
            raise
        finally:
            with self._idle:
                self._calls -= 1
                self._idle.notify_all()


class Uvicorn(Server):
    """uvicorn, with one of its WebSocket implementations."""

    def __init__(self, ws: str) -> None:
        self._ws = ws
        super().__init__()
        config = uvicorn.Config(
            self._serve_current,
            interface='asgi3',
            http='h11',
            loop='asyncio',
            lifespan='off',
            log_config=None,
            timeout_graceful_shutdown=TIMEOUT,
            ws=ws,
            # NOTE: Behind a full queue the oldest implementation does not see that the
            #   client has closed, and waits for ten seconds.
            ws_max_queue=2000,
        )
        self._uvicorn = uvicorn.Server(config)

    def __repr__(self) -> str:
        return f'uvicorn {self._ws}'

    def _run(self) -> None:
        with self._listener:
            asyncio.run(self._uvicorn.serve(sockets=[self._listener]))

    def _request_stop(self) -> None:
        self._uvicorn.should_exit = True


class Hypercorn(Server):
    """Hypercorn, in an event loop of its own."""

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        from hypercorn.asyncio import serve
        from hypercorn.config import Config

        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        config = Config()
        config.bind = [f'fd://{self._listener.detach()}']
        config.errorlog = None
        config.graceful_timeout = TIMEOUT
        await serve(self._serve_current, config, shutdown_trigger=self._stopping.wait)

    def _request_stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)


class Granian(Server):
    """Granian, embedded in an event loop of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._listener.close()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        from granian.constants import Interfaces
        from granian.server.embed import Server as Embedded

        self._loop = asyncio.get_running_loop()
        self._granian = Embedded(
            self._serve_current,
            port=self.port,
            interface=Interfaces.ASGINL,
            log_enabled=False,
        )
        await self._granian.serve()

    def _wait_until_ready(self) -> None:
        self._poll()

    def _request_stop(self) -> None:
        self._loop.call_soon_threadsafe(self._granian.stop)


class Daphne(Server):
    """daphne, in the reactor of this process."""

    drops_slow_clients = False

    def __init__(self) -> None:
        super().__init__()
        self._listener.close()

    def close(self, code: int, reason: str) -> tuple[int, str]:
        """Tell which close code and reason a client gets for those of ours."""
        return (code if code == 1000 or code >= 3000 else code + 3000), ''

    def _run(self) -> None:
        from twisted.internet import asyncioreactor

        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        asyncioreactor.install(loop)  # type: ignore[no-untyped-call]  # it has no types
        from daphne.server import Server as DaphneServer  # type: ignore[import-untyped]  # likewise

        endpoint = f'tcp:port={self.port}:interface=127.0.0.1'
        DaphneServer(
            self._serve_current,
            endpoints=[endpoint],
            signal_handlers=False,
            # NOTE: It has a limit of 1 MiB of its own, and drops the connection.
            websocket_max_message_size=16 * 2**20,
            websocket_max_frame_size=16 * 2**20,
        ).run()
        loop.close()

    def _wait_until_ready(self) -> None:
        self._poll()

    def _request_stop(self) -> None:
        from twisted.internet import reactor

        installed: Any = reactor
        installed.callFromThread(installed.stop)


LEGACY = pytest.mark.filterwarnings(
    # Deprecated and in use: it is tested for as long as uvicorn has it.
    'ignore:.*websockets. implementation is deprecated',
    # What it stands on is deprecated as well,
    'ignore:websockets.legacy is deprecated:DeprecationWarning',
    # and warns at each connection of how uvicorn uses it.
    'ignore:remove second argument of ws_handler:DeprecationWarning',
)

UVICORN = [
    pytest.param('websockets', marks=LEGACY),
    'websockets-sansio',
    'wsproto',
]
OTHERS: dict[str, Callable[[], Server]] = {
    'hypercorn': Hypercorn,
    'granian': Granian,
    'daphne': Daphne,
}


@pytest.fixture(scope='session')
def servers() -> Iterator[Callable[[str], Server]]:
    """A function that gives a running server, which is started once."""
    running: dict[str, Server] = {}

    def running_server(name: str) -> Server:
        if name not in running:
            made = OTHERS[name]() if name in OTHERS else Uvicorn(name)
            made.start()
            running[name] = made
        return running[name]

    yield running_server
    for server in running.values():
        server.stop()


@pytest.fixture(scope='session', params=UVICORN)
def server(request: pytest.FixtureRequest, servers: Callable[[str], Server]) -> Server:
    """A running server, for each of uvicorn's WebSocket implementations."""
    return servers(request.param)


@pytest.fixture(scope='session', params=[*UVICORN, *OTHERS])
def any_server(
    request: pytest.FixtureRequest, servers: Callable[[str], Server]
) -> Server:
    """A running server, for each that the docs name."""
    return servers(request.param)


@pytest.fixture
def app() -> App[Any, Any]:
    """An app with the handlers of two plugins."""
    app = App()
    falcon_media.install(app, text='rapidjson', binary='msgpack')
    return app
