"""A server in its own process, which reports its CPU time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from collections.abc import Awaitable
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
import gc
import socket
from time import process_time
from typing import Any, Protocol, TypeAlias

import uvicorn

from benchmarks.wire.child import Pipe

__all__ = ('ASGIApp', 'Begin', 'End', 'run_server', 'Site', 'uvicorn_at')

ASGIApp: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Begin:
    """Begin to measure, after a garbage collection. The answer is 0."""


@dataclass(frozen=True, slots=True)
class End:
    """End to measure. The answer is the CPU seconds since the beginning."""


class Site(Protocol):
    """The app of a server."""

    def serving(self, listener: socket.socket) -> Any:
        """Return an asynchronous context in which the app is served."""

    async def do(self, request: Any) -> object:
        """Process any other request."""


def run_server(pipe: Pipe, make: Callable[..., Site], *arguments: Any) -> None:
    """Serve a site until ``None`` arrives. The first answer is the port."""
    asyncio.run(_run(pipe, make(*arguments)))


async def _run(pipe: Pipe, site: Site) -> None:
    listener = socket.create_server(('127.0.0.1', 0), backlog=4096)
    async with site.serving(listener):
        pipe.send(listener.getsockname()[1])
        began = 0.0
        async for request in _requests(pipe):
            match request:
                case Begin():
                    gc.collect()
                    began = process_time()
                    pipe.send(0.0)
                case End():
                    pipe.send(process_time() - began)
                case _:
                    pipe.send(await site.do(request))


async def _requests(pipe: Pipe) -> AsyncIterator[object]:
    # NOTE: A reader in the event loop. A thread would compete for the interpreter with
    #   the measured code.
    queue: asyncio.Queue[object] = asyncio.Queue()

    def take() -> None:
        try:
            queue.put_nowait(pipe.recv())
        except (ConnectionError, EOFError):
            queue.put_nowait(None)

    loop = asyncio.get_running_loop()
    loop.add_reader(pipe.fileno(), take)
    try:
        while (request := await queue.get()) is not None:
            yield request
    finally:
        loop.remove_reader(pipe.fileno())


@asynccontextmanager
async def uvicorn_at(listener: socket.socket, app: ASGIApp) -> AsyncIterator[None]:
    """Serve an app by uvicorn while the context lasts."""
    config = uvicorn.Config(
        app,
        interface='asgi3',
        http='h11',
        # NOTE: The defaults of uvicorn without optional packages, explicit so that
        #   they are the same on every machine.
        loop='asyncio',
        ws='websockets-sansio',
        lifespan='off',
        log_level='error',
        # NOTE: No pings: only frames that are counted.
        ws_ping_interval=None,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = server.force_exit = True
        await task
