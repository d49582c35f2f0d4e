"""An event loop whose clock stands still, and clients at the level of ASGI.

Nothing waits for the wall clock: a test runs the loop until nobody has anything to do,
and looks. Falcon's own test client checks no frame types, and knows no client that
stops reading; this one does, and it notices two sends at once on one socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
import logging
import selectors
from typing import Any, TypeAlias

import falcon.asgi
import falcon.testing

__all__ = ('Client', 'Lines', 'logged', 'VirtualLoop', 'World')

Payload: TypeAlias = str | bytes


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop that stops when it is idle, with a clock that the test moves."""

    def __init__(self) -> None:
        self._now = 0.0
        self._until = 0.0
        self._timers: list[asyncio.TimerHandle] = []
        super().__init__(_Selector(self))

    def time(self) -> float:
        """Return the seconds that the test has let pass."""
        return self._now

    def call_at(  # type: ignore[override]  # the arguments of any callback
        self, when: float, callback: Any, *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Remember each timer, which :meth:`timers` may be asked for."""
        timer = super().call_at(when, callback, *args, context=context)
        self._timers = [*self.timers(), timer]
        return timer

    def timers(self) -> list[asyncio.TimerHandle]:
        """Return the timers that have yet to run."""
        return [
            timer
            for timer in self._timers
            if not timer.cancelled() and timer.when() > self._now
        ]

    def step(self) -> None:
        """Run what is ready, once."""
        self.call_soon(self.stop)
        self.run_forever()

    def settle(self) -> None:
        """Run until there is nothing to do but to wait."""
        self.advance(0)

    def advance(self, seconds: float) -> None:
        """Run for a time; each timer on the way runs at its own time."""
        self._until = self._now + seconds
        self.run_forever()

    def idle(self, timeout: float | None) -> None:
        """Let the time pass until the next timer, or stop."""
        if timeout is not None and self._now + timeout <= self._until:
            self._now += timeout
        else:
            self._now = self._until
            self.stop()


class _Selector(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout > 0:
            self._loop.idle(timeout)
        return super().select(0)


class World:
    """An event loop, the connections to apps in it, and all that went wrong there.

    Attributes:
        loop (VirtualLoop): The event loop.
        faults (list[str]): Breaches of ASGI, and errors that nobody retrieved.
    """

    def __init__(self) -> None:
        self.loop = VirtualLoop()
        self.loop.set_exception_handler(self._on_error)
        self.faults: list[str] = []
        self._left: set[asyncio.Task[Any]] = set()

    def connect(
        self,
        app: falcon.asgi.App[Any, Any],
        path: str = '/',
        subprotocols: Iterable[str] = (),
        query: str = '',
    ) -> Client:
        """Connect a client, and let it come as far as it does."""
        client = Client(self, app, path, subprotocols, query)
        self.loop.settle()
        return client

    def run(self, coroutine: Any) -> asyncio.Task[Any]:
        """Begin a coroutine in a task, and run until nobody has anything to do."""
        task = self.loop.create_task(coroutine)
        self.loop.settle()
        return task

    def result(self, coroutine: Any) -> Any:
        """Run a coroutine to its end, which needs nothing from outside."""
        return self.run(coroutine).result()

    def tasks(self) -> set[asyncio.Task[Any]]:
        """The tasks that have not ended."""
        return asyncio.all_tasks(self.loop)

    def close(self) -> None:
        """Close the loop, whatever is left in it."""
        self._left = self.tasks()
        for task in self._left:
            task.cancel()
        self.loop.settle()
        self.loop.close()

    def check(self) -> None:
        """Check that there was no fault, and after the close, that no task was left."""
        assert not self.faults
        assert not self._left

    def _on_error(
        self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]
    ) -> None:
        self.faults.append(f'{context.get("message")}: {context.get("exception")!r}')


class Client:
    """A client, as an ASGI server shows it to an app.

    Attributes:
        call (asyncio.Task): The call of the app.
        frames (list): Payloads received.
        is_accepted (bool): Whether the app has accepted.
        subprotocol (str | None): What it has accepted.
        close_code (int | None): The close code that was received.
        close_reason (str | None): The close reason.
        is_gone (bool): Whether it has left: sends then raise ``OSError``.
        failure (Exception | None): What a frame that is sent raises.
    """

    def __init__(
        self,
        world: World,
        app: falcon.asgi.App[Any, Any],
        path: str,
        subprotocols: Iterable[str],
        query: str,
    ) -> None:
        self.frames: list[Payload] = []
        self.is_accepted = False
        self.subprotocol: str | None = None
        self.close_code: int | None = None
        self.close_reason: str | None = None
        self.is_gone = False
        self.failure: Exception | None = None
        self._is_sending = False
        self._world = world
        self._reads = asyncio.Event()
        self._reads.set()
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._events.put_nowait({'type': 'websocket.connect'})
        scope = falcon.testing.create_scope_ws(
            path=path,
            query_string=query,
            # NOTE: Since this version there is a close reason.
            spec_version='2.3',
            subprotocols=list(subprotocols),  # type: ignore[arg-type]  # as simulate_ws() has it
        )
        call: Any = app(scope, self._receive, self._send)
        self.call: asyncio.Task[None] = world.loop.create_task(call)

    @property
    def is_open(self) -> bool:
        """Whether both ends take it for open."""
        return (
            self.is_accepted
            and self.close_code is None
            and not self.is_gone
            and not self.call.done()
        )

    def send(self, *payloads: Payload) -> None:
        """Send frames, and let the app come as far as it does."""
        for payload in payloads:
            key = 'text' if isinstance(payload, str) else 'bytes'
            self._events.put_nowait({'type': 'websocket.receive', key: payload})
        self._world.loop.settle()

    def stall(self) -> None:
        """Stop reading: the app's next send waits."""
        self._reads.clear()

    def read(self) -> None:
        """Read on, all there is."""
        self._reads.set()
        self._world.loop.settle()

    def leave(self, code: int = 1001) -> None:
        """Close the connection, and see the app's call end."""
        self.vanish()
        self._events.put_nowait({'type': 'websocket.disconnect', 'code': code})
        self._world.loop.settle()

    def vanish(self) -> None:
        """Break off: a send raises, and nothing is there to be received yet."""
        self.is_gone = True
        self._reads.set()
        self._world.loop.settle()

    def end(self) -> None:
        """Leave, and check that the app's call ends, without an error."""
        self.leave()
        if not self.call.done():
            self._fault('the call of the app did not end')
            self.call.cancel()
            self._world.loop.settle()
        elif not self.call.cancelled() and self.call.exception() is not None:
            self._fault(f'the call of the app ended in {self.call.exception()!r}')

    async def _receive(self) -> dict[str, Any]:
        return await self._events.get()

    async def _send(self, event: dict[str, Any]) -> None:
        # NOTE: A close may overtake: nobody waits for a client that reads no more.
        is_frame = event['type'] == 'websocket.send'
        if is_frame and self._is_sending:
            self._fault('two sends at once on one socket')
        self._is_sending = self._is_sending or is_frame
        try:
            await self._reads.wait()
            if self.is_gone:
                raise OSError('the client is gone')
            if is_frame and self.failure is not None:
                raise self.failure
            self._take(event)
        finally:
            if is_frame:
                self._is_sending = False

    def _take(self, event: dict[str, Any]) -> None:
        kind = event['type']
        if self.close_code is not None:
            # NOTE: As the ASGI specification wants it.
            raise OSError('the connection is closed')
        if kind == 'websocket.accept':
            self.is_accepted = True
            self.subprotocol = event.get('subprotocol')
        elif kind == 'websocket.close':
            self.close_code = event.get('code', 1000)
            self.close_reason = event.get('reason')
            # NOTE: A client answers, and its server says so.
            self._events.put_nowait(
                {'type': 'websocket.disconnect', 'code': self.close_code}
            )
        elif not self.is_accepted:
            self._fault(f'{kind} before the accept')
        else:
            self._take_frame(event)

    def _take_frame(self, event: dict[str, Any]) -> None:
        text, data = event.get('text'), event.get('bytes')
        if isinstance(text, str) and data is None:
            # NOTE: A real server raises this too.
            text.encode()
            self.frames.append(text)
        elif isinstance(data, bytes) and text is None:
            self.frames.append(data)
        else:
            self._fault(f'neither TEXT nor BINARY: {event!r}')

    def _fault(self, what: str) -> None:
        self._world.faults.append(what)


class Lines(logging.Handler):
    """The lines of a log."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self.records.append(record)

    def at(self, level: int) -> list[str]:
        """The messages of a level or above it."""
        return [
            record.getMessage() for record in self.records if record.levelno >= level
        ]


@contextmanager
def logged(lines: Lines) -> Iterator[None]:
    """Keep the lines of our logger and of Falcon's, and show them to nobody else."""
    loggers = [logging.getLogger(name) for name in ('falcon_media', 'falcon')]
    before = [(logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        logger.addHandler(lines)
    try:
        yield
    finally:
        for logger, (level, propagates) in zip(loggers, before, strict=True):
            logger.setLevel(level)
            logger.propagate = propagates
            logger.removeHandler(lines)
