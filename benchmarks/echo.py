"""Measure the CPU time of a message that a real server echoes."""

from __future__ import annotations

from contextlib import ExitStack

from benchmarks.apps.echo import CONTESTANTS
from benchmarks.apps.echo import EchoSite
from benchmarks.apps.echo import OF_FALCON
from benchmarks.apps.echo import path_of
from benchmarks.bench import Bench
from benchmarks.bench import Column
from benchmarks.bench import Context
from benchmarks.bench import Measured
from benchmarks.cells import Cell
from benchmarks.cells import Mismatch
from benchmarks.handlers import Entrant
from benchmarks.handlers import entrants
from benchmarks.messages import CHAT
from benchmarks.messages import Message
from benchmarks.messages import ORDER
from benchmarks.timing import turns
from benchmarks.wire.child import Child
from benchmarks.wire.client import Connect
from benchmarks.wire.client import Disconnect
from benchmarks.wire.client import Echo
from benchmarks.wire.client import run_client
from benchmarks.wire.frames import build_frame
from benchmarks.wire.frames import OPCODE_TEXT
from benchmarks.wire.server import Begin
from benchmarks.wire.server import End
from benchmarks.wire.server import run_server

__all__ = ('ECHO',)

_MESSAGES = (CHAT, ORDER)
_CLIENTS = 8
"""Number of connections, each with one message in flight."""

_BASELINE = 'bare ASGI'


def _run(context: Context) -> Measured:
    rounds, seconds = (2, 0.0) if context.quick else (15, 0.06)
    found = entrants(context.only)
    names = frozenset(entrant.name for entrant in found)
    cells = []
    with ExitStack() as stack:
        # NOTE: All servers run all the time, and one of them is busy.
        servers = {
            contestant: stack.enter_context(
                Child(
                    *(run_server, EchoSite, contestant, names, _MESSAGES),
                    cpu=context.cpus.server,
                )
            )
            for contestant in CONTESTANTS
        }
        client = stack.enter_context(Child(run_client, cpu=context.cpus.client))
        ports = {name: server.answer() for name, server in servers.items()}

        cases = [(entrant, message) for entrant in found for message in _MESSAGES]
        for number, (entrant, message) in enumerate(cases):
            context.progress(number, len(cases), f'{entrant.name}, {message.size}')
            cells.append(
                _Duel(entrant, message, servers, client, ports).cell(rounds, seconds)
            )
    return Measured(cells)


class _Duel:
    """One handler and one message, on all servers that support them."""

    def __init__(
        self,
        entrant: Entrant,
        message: Message,
        servers: dict[str, Child],
        client: Child,
        ports: dict[str, int],
    ) -> None:
        self._entrant = entrant
        self._message = message
        self._client = client
        self._servers = {
            contestant: server
            for contestant, server in servers.items()
            if entrant.is_like_falcon or contestant not in OF_FALCON
        }
        library = entrant.library(message)
        self._media = library.make(message.make())
        self._decode = library.decode
        payload = library.payload(self._media)
        self._frame = build_frame(payload, mask=b'\x1b\x2d\x3f\x51')
        for contestant in self._servers:
            client.ask(
                Connect(
                    contestant, ports[contestant], path_of(entrant, message), _CLIENTS
                )
            )

    def cell(self, rounds: int, seconds: float) -> Cell:
        """Run all turns, and disconnect."""
        for contestant in self._servers:
            self._check(contestant)
        messages = self._calibrate(seconds)
        cell = Cell({'handler': self._entrant.name, 'message': self._message.size})
        for order in turns(list(self._servers), rounds):
            cell.add({name: self._turn(name, messages) for name in order})
        self._client.ask(Disconnect())
        return cell

    def _check(self, contestant: str) -> None:
        """Check that each message is echoed unchanged; warms up the server too."""
        seen = self._client.ask(Echo(contestant, self._frame, 5 * _CLIENTS, keep=True))
        for opcode, payload in seen:
            is_text = opcode == OPCODE_TEXT
            if (
                is_text != self._entrant.is_text
                or self._decode(payload.decode() if is_text else payload) != self._media
            ):
                raise Mismatch(f'{contestant}, {self._entrant.name}: {payload[:200]!r}')

    def _calibrate(self, seconds: float) -> int:
        """Find the number of messages that keep the baseline busy for that long."""
        least = 2 * _CLIENTS
        if not seconds:
            return least
        return max(least, round(seconds / self._turn(_BASELINE, 50 * _CLIENTS)))

    def _turn(self, contestant: str, messages: int) -> float:
        server = self._servers[contestant]
        server.ask(Begin())
        self._client.ask(Echo(contestant, self._frame, messages))
        took: float = server.ask(End())
        return took / messages


ECHO = Bench(
    name='echo',
    summary='echo on uvicorn: server CPU for a message, beside bare ASGI and others',
    labels=('handler', 'message'),
    panel='message',
    baseline=_BASELINE,
    columns=(
        Column(_BASELINE, 'time'),
        *(Column(name, 'ratio') for name in CONTESTANTS if name != _BASELINE),
    ),
    run=_run,
)
