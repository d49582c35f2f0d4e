"""Measure handlers against bare library calls, and against Falcon's own handlers.

The rounds come from several processes, since the memory layout of a process affects the
time of a call, and doesn't change during its life.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.bench import Bench
from benchmarks.bench import Column
from benchmarks.bench import Context
from benchmarks.bench import Measured
from benchmarks.cells import Cell
from benchmarks.cells import Mismatch
from benchmarks.handlers import Entrant
from benchmarks.handlers import entrants
from benchmarks.handlers import left_out
from benchmarks.messages import CHAT
from benchmarks.messages import Message
from benchmarks.messages import ORDER
from benchmarks.messages import REPORT
from benchmarks.timing import calibrate
from benchmarks.timing import make_loop
from benchmarks.timing import turns
from benchmarks.wire.child import Child
from benchmarks.wire.child import Pipe

__all__ = ('CODECS',)

_MESSAGES = (CHAT, ORDER, REPORT)
_DIRECTIONS = ('encode', 'decode')

_BASELINE = 'library'

_Call = tuple[Callable[[Any], Any], Any]
"""A call and its argument."""


def _run(context: Context) -> Measured:
    workers, rounds, seconds = (1, 2, 0.0002) if context.quick else (3, 9, 0.005)
    cases = [
        (entrant, message)
        for entrant in entrants(context.only)
        for message in _MESSAGES
    ]
    cells: dict[tuple[str, ...], Cell] = {}
    for worker in range(workers):
        arguments = (cases, rounds, seconds)
        with Child(_work, *arguments, cpu=context.cpus.server) as child:
            for number, (entrant, message) in enumerate(cases):
                context.progress(
                    worker * len(cases) + number,
                    workers * len(cases),
                    f'{entrant.name}, {message.size}',
                )
                found: list[Cell] = child.answer()
                for cell in found:
                    kept = cells.setdefault(tuple(cell.labels.values()), cell)
                    if kept is not cell:
                        for contestant, values in cell.rounds.items():
                            kept.rounds[contestant] += values
    notes = [f'{name} is left out: {reason}' for name, reason in left_out().items()]
    return Measured([*cells.values()], notes=() if context.only else notes)


def _work(
    pipe: Pipe, cases: list[tuple[Entrant, Message]], rounds: int, seconds: float
) -> None:
    for entrant, message in cases:
        pipe.send(
            [
                _measure(entrant, message, direction, rounds, seconds)
                for direction in _DIRECTIONS
            ]
        )


def _measure(
    entrant: Entrant, message: Message, direction: str, rounds: int, seconds: float
) -> Cell:
    calls = (_encoders if direction == 'encode' else _decoders)(entrant, message)
    loops = {name: make_loop(*call) for name, call in calls.items()}
    times = {name: calibrate(loop, seconds) for name, loop in loops.items()}
    cell = Cell(
        {
            'handler': entrant.name,
            'message': message.size,
            'direction': direction,
        }
    )
    for order in turns(list(loops), rounds):
        cell.add({name: loops[name](times[name]) for name in order})
    return cell


def _encoders(entrant: Entrant, message: Message) -> dict[str, _Call]:
    library = entrant.library(message)
    media = library.make(message.make())
    calls: dict[str, _Call] = {
        _BASELINE: (library.encode, media),
        'falcon-media': (entrant.handler(message).serialize, media),
    }
    if library.frame:
        calls['library, as str'] = (library.frame, media)
    for name, handler in entrant.falcon(message).items():
        calls[name] = (handler.serialize, message.make())
    typed: Any = entrant.typed(message)
    if typed:
        struct = typed.deserialize(library.payload(media))
        calls['typed'] = (typed.serialize, struct)
        if library.typed_decode:
            calls['library, typed'] = (library.encode, struct)
    for name, (encode, argument) in calls.items():
        if library.decode(encode(argument)) != media:
            raise Mismatch(f'{name}, {entrant.name}, {message.size}: encode')
    return calls


def _decoders(entrant: Entrant, message: Message) -> dict[str, _Call]:
    library = entrant.library(message)
    media = library.make(message.make())
    handler = entrant.handler(message)
    payload: Any = handler.serialize(media)
    calls: dict[str, _Call] = {
        _BASELINE: (library.decode, payload),
        'falcon-media': (handler.deserialize, payload),
    }
    for name, other in entrant.falcon(message).items():
        # NOTE: Falcon's JSON handler takes TEXT, even if ours takes BINARY.
        is_text = entrant.media_type == 'application/json'
        given = payload.decode() if is_text and not entrant.is_text else payload
        calls[name] = (other.deserialize, given)
    for name, (decode, argument) in calls.items():
        if decode(argument) != media:
            raise Mismatch(f'{name}, {entrant.name}, {message.size}: decode')
    typed: Any = entrant.typed(message)
    if typed:
        import msgspec

        if msgspec.to_builtins(typed.deserialize(payload)) != media:
            raise Mismatch(f'typed, {entrant.name}, {message.size}: decode')
        calls['typed'] = (typed.deserialize, payload)
        if library.typed_decode:
            typed_decode = library.typed_decode(message.struct_type())
            calls['library, typed'] = (typed_decode, payload)
    return calls


CODECS = Bench(
    name='codecs',
    summary="a handler beside the bare library call, and beside Falcon's own",
    labels=('handler', 'message', 'direction'),
    panel='direction',
    baseline=_BASELINE,
    columns=(
        Column(_BASELINE, 'time'),
        Column('falcon-media', 'ratio'),
        Column('falcon-media', 'difference'),
        Column('library, as str', 'ratio'),
        Column('Falcon', 'ratio'),
        Column('Falcon default', 'ratio'),
        Column('library, typed', 'ratio'),
        Column('typed', 'ratio'),
    ),
    run=_run,
)
