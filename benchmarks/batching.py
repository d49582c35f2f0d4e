"""Measure small messages to many connections, with one or many in a frame."""

from __future__ import annotations

from benchmarks.apps.broadcast import BATCH
from benchmarks.apps.broadcast import BATCHING_SITES
from benchmarks.apps.broadcast import FORMATS
from benchmarks.bench import Bench
from benchmarks.bench import Column
from benchmarks.bench import Context
from benchmarks.bench import Measured
from benchmarks.fanout import Case
from benchmarks.fanout import CONNECTIONS
from benchmarks.fanout import measure
from benchmarks.messages import CHAT

__all__ = ('BATCHING',)

_CASE = Case(CHAT, FORMATS, deflate=False, rounds=15, messages=BATCH)


def _run(context: Context) -> Measured:
    case = _CASE._replace(rounds=2) if context.quick else _CASE
    return Measured(measure(context, [case], BATCHING_SITES))


BATCHING = Bench(
    name='batching',
    summary=f'{BATCH} messages for {CONNECTIONS:,} connections: server CPU',
    labels=('message', 'formats', 'deflate', 'connections'),
    panel='message',
    baseline='frame by frame',
    columns=(Column('frame by frame', 'time'), Column('batched', 'ratio')),
    run=_run,
)
