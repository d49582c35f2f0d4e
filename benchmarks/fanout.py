"""Compare ways to send messages from one server to many connections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from contextlib import ExitStack
import json
from typing import Any, NamedTuple

import msgpack

from benchmarks.apps.broadcast import FORMATS
from benchmarks.apps.broadcast import Frames
from benchmarks.apps.broadcast import MakeSite
from benchmarks.apps.broadcast import Members
from benchmarks.apps.broadcast import Send
from benchmarks.bench import Context
from benchmarks.cells import Cell
from benchmarks.cells import Mismatch
from benchmarks.messages import Message
from benchmarks.timing import turns
from benchmarks.wire.child import Child
from benchmarks.wire.client import Connect
from benchmarks.wire.client import Receive
from benchmarks.wire.client import run_client
from benchmarks.wire.frames import OPCODE_TEXT
from benchmarks.wire.server import Begin
from benchmarks.wire.server import End
from benchmarks.wire.server import run_server

__all__ = ('Case', 'CONNECTIONS', 'measure')

CONNECTIONS = 1_000
_QUICK_CONNECTIONS = 40


class Case(NamedTuple):
    """The messages to send, their receivers, and the number of repetitions.

    Attributes:
        message (Message): The message.
        formats (tuple): The formats of the connections, in equal parts.
        deflate (bool): Whether the message is compressed.
        rounds (int): Number of turns of each way.
        turns (int): Number of operations in a turn.
        messages (int): Number of messages sent at once, in one operation.
    """

    message: Message
    formats: tuple[str, ...]
    deflate: bool
    rounds: int
    turns: int = 1
    messages: int = 1


def measure(
    context: Context, cases: Sequence[Case], sites: Mapping[str, MakeSite]
) -> list[Cell]:
    """Measure the CPU time of the server until all clients have the messages.

    Args:
        context (Context): The context of the bench.
        cases (Sequence): The cases.
        sites (Mapping): The ways to send, by name.

    Returns:
        list[Cell]: One for each case, with seconds for one operation.
    """
    connections = _QUICK_CONNECTIONS if context.quick else CONNECTIONS
    steps = sum(case.rounds for case in cases)
    done = 0
    cells = []
    for case in cases:
        cell = Cell(
            {
                'message': case.message.size,
                'formats': ' + '.join(case.formats),
                'deflate': 'on' if case.deflate else 'off',
                'connections': str(connections),
            }
        )
        what = ', '.join(cell.labels.values())
        with _groups(case, sites, connections, context) as groups:
            for group in groups.values():
                context.progress(done, steps, f'{what}: connecting')
                group.connect(connections)
                group.check()
            for order in turns(list(groups), case.rounds):
                context.progress(done, steps, what)
                done += 1
                cell.add({name: groups[name].turn() for name in order})
        cells.append(cell)
    return cells


@contextmanager
def _groups(
    case: Case, sites: Mapping[str, MakeSite], connections: int, context: Context
) -> Iterator[dict[str, _Group]]:
    with ExitStack() as stack:
        # NOTE: Each way has its own processes on both sides: a thousand connections add
        #   to the work and the open files of a server.
        groups = {}
        for name, make in sites.items():
            server = stack.enter_context(
                Child(
                    *(run_server, make, connections + 64, case.deflate),
                    cpu=context.cpus.server,
                )
            )
            client = stack.enter_context(Child(run_client, cpu=context.cpus.client))
            groups[name] = _Group(name, case, server, client)
        yield groups


def _unpack(payload: bytes) -> list[Any]:
    unpacker = msgpack.Unpacker()
    unpacker.feed(payload)
    return list(unpacker)


_DECODE: dict[str, Callable[[bytes], list[Any]]] = {
    'json': lambda payload: [json.loads(line) for line in payload.splitlines()],
    'msgpack': _unpack,
}
"""Format -> function that lists the messages of a frame."""


class _Group:
    """A way to send, with its clients."""

    def __init__(self, name: str, case: Case, server: Child, client: Child) -> None:
        self._name = name
        self._case = case
        self._server = server
        self._client = client
        self._connections = 0
        self._frames = 0

    def connect(self, connections: int) -> None:
        """Connect all clients, and wait until the app has registered them."""
        port = self._server.answer()
        formats = self._case.formats
        for number, name in enumerate(formats):
            # NOTE: In equal parts; the first formats get the remainder.
            count = (connections + len(formats) - 1 - number) // len(formats)
            self._connections += self._client.ask(
                Connect(name, port, '/', count, name, self._case.deflate)
            )
        self._frames = self._server.ask(Frames(self._case.messages))
        while self._server.ask(Members()) < self._connections:
            continue

    def check(self) -> None:
        """Check that each client gets the messages in its format."""
        sent = [self._case.message.make()] * self._case.messages
        counts = Counter[str]()
        for (opcode, payload), count in self._send(keep=True).items():
            name = FORMATS[0] if opcode == OPCODE_TEXT else FORMATS[1]
            messages = _DECODE[name](payload)
            if messages != sent[: len(messages)]:
                raise Mismatch(f'{self._name}: {payload[:200]!r}')
            counts[name] += count * len(messages)
        expected = self._connections * self._case.messages
        if counts.total() != expected or {*counts} != {*self._case.formats}:
            raise Mismatch(f'{self._name}: {counts} instead of {expected} messages')

    def turn(self) -> float:
        """Measure the CPU seconds of one operation."""
        self._server.ask(Begin())
        for _ in range(self._case.turns):
            self._send()
        took: float = self._server.ask(End())
        return took / self._case.turns

    def _send(self, *, keep: bool = False) -> Counter[tuple[int, bytes]]:
        case = self._case
        self._client.tell(Receive(case.formats, self._frames, keep))
        self._server.ask(Send(case.message.size, case.messages))
        seen: Counter[tuple[int, bytes]] = self._client.answer()
        return seen
