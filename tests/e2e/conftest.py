"""A real server in a thread, and a real client, for the end-to-end tests."""

from __future__ import annotations

import asyncio
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

TIMEOUT = 10
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
    """A uvicorn on a port of its own, which serves one app at a time.

    Attributes:
        address (str): Host and port.
    """

    def __init__(self, ws: str) -> None:
        self._app: Any = None
        self._calls = 0
        self._failures: list[BaseException] = []
        self._idle = threading.Condition()
        # NOTE: It listens from here on, so that a client may connect at any time.
        self._listener = socket.create_server(('127.0.0.1', 0))
        host, port = self._listener.getsockname()
        self.address = f'{host}:{port}'
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
        self._thread = threading.Thread(target=self._run, name=f'uvicorn {ws}')

    def start(self) -> None:
        """Start to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait for the thread to end."""
        self._uvicorn.should_exit = True
        self._thread.join(TIMEOUT)
        assert not self._thread.is_alive(), 'the server did not stop'

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

    def _run(self) -> None:
        with self._listener:
            asyncio.run(self._uvicorn.serve(sockets=[self._listener]))

    async def _serve_current(self, scope: Any, receive: Any, send: Any) -> None:
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


LEGACY = pytest.mark.filterwarnings(
    # Deprecated and in use: it is tested for as long as uvicorn has it.
    'ignore:.*websockets. implementation is deprecated',
    # What it stands on is deprecated as well,
    'ignore:websockets.legacy is deprecated:DeprecationWarning',
    # and warns at each connection of how uvicorn uses it.
    'ignore:remove second argument of ws_handler:DeprecationWarning',
)


@pytest.fixture(
    scope='session',
    params=[
        pytest.param('websockets', marks=LEGACY),
        'websockets-sansio',
        'wsproto',
    ],
)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A running server, for each of uvicorn's WebSocket implementations."""
    server = Server(request.param)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def app() -> App[Any, Any]:
    """An app with the handlers of two plugins."""
    app = App()
    falcon_media.install(app, text='rapidjson', binary='msgpack')
    return app
