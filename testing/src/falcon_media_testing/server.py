"""A real server, and real clients for it, in the process of the tests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from contextlib import contextmanager
from http.client import HTTPConnection
import socket
import threading
from typing import Any

import uvicorn
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect

from falcon_media_testing.failure import ContractFailure

__all__ = ('Client', 'Server', 'serving')


class Client:
    """A WebSocket client that never waits without an end."""

    def __init__(self, connection: ClientConnection, timeout: float) -> None:
        self._connection = connection
        self._timeout = timeout

    def send(self, payload: str | bytes) -> None:
        """Send a TEXT frame (``str``) or a BINARY one (``bytes``)."""
        self._connection.send(payload)

    def receive(self) -> str | bytes | tuple[int, str]:
        """Receive a frame, or the code and the reason that the server closes with."""
        try:
            return self._connection.recv(self._timeout)
        except ConnectionClosed as ex:
            return (ex.rcvd.code, ex.rcvd.reason) if ex.rcvd else (1006, '')


class Server:
    """A server that is running.

    Attributes:
        address (str): Host and port.
        timeout (float): Seconds after which whatever is waited for has failed.
    """

    def __init__(self, address: str, timeout: float) -> None:
        self.address = address
        self.timeout = timeout

    @contextmanager
    def connect(self) -> Iterator[Client]:
        """Connect a client to the WebSocket at the root."""
        with connect(
            f'ws://{self.address}/',
            compression=None,
            proxy=None,
            open_timeout=self.timeout,
            close_timeout=self.timeout / 4,
        ) as connection:
            yield Client(connection, self.timeout)

    def post(
        self, body: bytes, media_type: str, path: str = '/'
    ) -> tuple[int, str | None, bytes]:
        """Send a POST request; return the status, the media type and the body."""
        connection = HTTPConnection(self.address, timeout=self.timeout)
        with closing(connection):
            connection.request(
                'POST',
                path,
                body,
                {'Content-Type': media_type, 'Accept': media_type},
            )
            response = connection.getresponse()
            return response.status, response.getheader('Content-Type'), response.read()


@contextmanager
def serving(app: Any, timeout: float) -> Iterator[Server]:
    """Serve an app on uvicorn, in a thread, on a port of its own.

    Args:
        app (falcon.asgi.App): The app.
        timeout (float): Seconds after which whatever is waited for has failed.

    Raises:
        ContractFailure: Something has been waited for.
    """
    # NOTE: It listens from here on, so that a client may connect at any time.
    with socket.create_server(('127.0.0.1', 0)) as listener:
        host, port = listener.getsockname()
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                interface='asgi3',
                loop='asyncio',
                lifespan='off',
                log_config=None,
                timeout_graceful_shutdown=1,
                ws='websockets-sansio',
            )
        )
        # NOTE: A handler that hangs is not waited for when the process ends.
        thread = threading.Thread(
            target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True
        )
        thread.start()
        try:
            yield Server(f'{host}:{port}', timeout)
        except TimeoutError as ex:
            raise ContractFailure(
                f'A server with the handler did not answer within {timeout:g} seconds.',
                'The handler blocks in the thread of the server: look for a lock, a '
                'thread or an event loop that it waits for. If the format is that '
                'slow, raise `patience` in the contract.',
            ) from ex
        finally:
            server.should_exit = True
            thread.join(timeout)
