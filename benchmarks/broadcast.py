"""Measure the CPU time of a server that sends one message to many connections."""

from __future__ import annotations

from benchmarks.apps.broadcast import FORMATS
from benchmarks.apps.broadcast import SITES
from benchmarks.bench import Bench
from benchmarks.bench import Column
from benchmarks.bench import Context
from benchmarks.bench import Measured
from benchmarks.fanout import Case
from benchmarks.fanout import CONNECTIONS
from benchmarks.fanout import measure
from benchmarks.messages import FEED
from benchmarks.messages import ORDER

__all__ = ('BROADCAST',)

_JSON = FORMATS[:1]
"""The way of an app without falcon-media: ``ws.send_media(media)``."""

_CASES = (
    Case(ORDER, FORMATS, deflate=False, rounds=15, turns=5),
    Case(ORDER, _JSON, deflate=False, rounds=15, turns=5),
    Case(ORDER, FORMATS, deflate=True, rounds=9, turns=2),
    Case(FEED, FORMATS, deflate=False, rounds=9),
    Case(FEED, _JSON, deflate=False, rounds=7),
    Case(FEED, FORMATS, deflate=True, rounds=5),
)
_QUICK = (
    Case(ORDER, FORMATS, deflate=False, rounds=2),
    Case(FEED, FORMATS, deflate=True, rounds=2),
)


def _run(context: Context) -> Measured:
    cases = _QUICK if context.quick else _CASES
    return Measured(measure(context, cases, SITES))


BROADCAST = Bench(
    name='broadcast',
    summary=f'one message for {CONNECTIONS:,} connections: server CPU',
    labels=('message', 'formats', 'deflate', 'connections'),
    panel='message',
    baseline='bare ASGI',
    columns=(
        Column('bare ASGI', 'time'),
        Column('raw write', 'ratio'),
        Column('Broadcast', 'ratio'),
        Column('send_media loop', 'ratio'),
        Column('Falcon loop', 'ratio'),
    ),
    run=_run,
)
