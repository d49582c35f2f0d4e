"""How long handlers take for a message, compared in pairs.

A round takes one sample of every task, so that whatever the machine does meanwhile
(another process, a warmer chip) meets all of them; ratios are taken within a round, and
only then brought together. That is why pyperf doesn't fit: it runs one benchmark to its
end before the next, in processes of their own, and so compares minutes that are apart.
What its processes would average out, and these rounds can't, is what differs from one
start of Python to the next: where memory lies, and the hash seed.

A task is the handler's own method, as Falcon binds it: the library call and the guard.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Generator
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
import gc
from itertools import repeat
import time
from typing import Any, Literal, TypeAlias

from falcon_media.protocol.handlers import Handler
from falcon_media_tools.spread import Spread
from falcon_media_tools.spread import spread

__all__ = ('Clock', 'Operation', 'Rounds', 'Speed', 'Task', 'tasks_of', 'this_thread')

Operation: TypeAlias = Literal['encode', 'decode']

WARM_UP = 3
"""Rounds at the beginning that don't count, whatever they show."""

SAMPLE = 1_000_000
"""Nanoseconds that a sample takes, at least; it repeats the call until it does."""

SETTLED = 0.1
"""How wide the interval of a ratio may be, as a part of it, to be relied on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """What times are read from.

    Attributes:
        name (str): What to call it.
        read (Callable): The time in nanoseconds.
        resolution (int): Nanoseconds that it may be off.
    """

    name: str
    read: Callable[[], int]
    resolution: int


def this_thread() -> Clock:
    """The CPU time of this thread, or the time of the wall where that is too coarse.

    Encoding and decoding wait for nothing, so what they cost is CPU time; while another
    process or thread has the CPU, it stands still.
    """
    resolution = round(time.get_clock_info('thread_time').resolution * 1e9)
    if resolution * 1000 <= SAMPLE:
        return Clock(
            name='CPU time', read=time.thread_time_ns, resolution=max(resolution, 1)
        )
    resolution = round(time.get_clock_info('perf_counter').resolution * 1e9)
    return Clock(
        name='wall time', read=time.perf_counter_ns, resolution=max(resolution, 1)
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """Something to time.

    Attributes:
        handler (str): Whose it is.
        operation (str): ``'encode'`` or ``'decode'``.
        call (Callable): What is called.
        argument: What with.
    """

    handler: str
    operation: Operation
    call: Callable[[Any], object]
    argument: Any


def tasks_of(
    name: str, handler: Handler, media: object, payload: str | bytes | None
) -> Iterator[Task]:
    """What there is to time: a message encoded, and its payload decoded."""
    yield Task(handler=name, operation='encode', call=handler.serialize, argument=media)
    yield Task(
        handler=name, operation='decode', call=handler.deserialize, argument=payload
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """How long a task takes.

    Attributes:
        handler (str): The handler.
        operation (str): ``'encode'`` or ``'decode'``.
        seconds (Spread): Of one call.
        ratio (Spread | None): To the baseline's time for the same operation in the same
            round; ``None`` where the baseline has none.
        is_settled (bool): Whether the ratio can be relied on: there is an interval, no
            wider than a tenth of it. The baseline's own is 1.
        loops (int): Calls in each sample.
    """

    handler: str
    operation: Operation
    seconds: Spread
    ratio: Spread | None
    is_settled: bool
    loops: int


class Rounds:
    """Tasks that are timed in turns.

    Args:
        tasks (Iterable[Task]): What to time.

    Keyword Args:
        clock (Clock): What to time it by (default: :func:`this_thread`).
        wall (Callable): Seconds of the wall, for the budget of :meth:`run`.
    """

    def __init__(
        self,
        tasks: Iterable[Task],
        *,
        clock: Clock | None = None,
        wall: Callable[[], float] = time.monotonic,
    ) -> None:
        self.clock = clock or this_thread()
        _hold_memory()
        self._tasks = tuple(tasks)
        self._wall = wall
        self._loops: list[int] = []
        self._seen = 0
        self._rounds: list[dict[Task, float]] = []

    @property
    def count(self) -> int:
        """Rounds that count so far."""
        return len(self._rounds)

    def run(
        self, *, seconds: float | None = None, rounds: int | None = None
    ) -> Generator[float]:
        """Time the tasks, as a generator that may be left at any time.

        It ends at the first round that is beyond one of the budgets, and not before one
        round counts.

        Keyword Args:
            seconds (float): Time that it may take, warm-up included (default: any).
            rounds (int): Rounds that count (default: any).

        Yields:
            float: How much of the budget is used, from 0 to 1.
        """
        start = self._wall()
        for task in self._tasks[len(self._loops) :]:
            self._loops.append(self._calibrate(task))
            yield self._used(start, seconds, rounds)
        used = 0.0
        while self._tasks and (used < 1 or not self._rounds):
            self._round()
            used = self._used(start, seconds, rounds)
            yield used

    def speeds(self, baseline: str) -> list[Speed]:
        """What was found so far.

        Args:
            baseline (str): The handler to compare with.

        Returns:
            list[Speed]: One for each task; none before one round counts.
        """
        if not self._rounds:
            return []
        base = {
            task.operation: task for task in self._tasks if task.handler == baseline
        }
        return [
            self._speed(task, loops, base.get(task.operation))
            for task, loops in zip(self._tasks, self._loops, strict=True)
        ]

    def _used(self, start: float, seconds: float | None, rounds: int | None) -> float:
        used = [0.0]
        if seconds is not None:
            used.append((self._wall() - start) / seconds)
        if rounds is not None:
            used.append(len(self._rounds) / rounds)
        return min(max(used), 1.0)

    def _calibrate(self, task: Task) -> int:
        enough = max(SAMPLE, 1000 * self.clock.resolution)
        loops = 1
        while self._sample(task, loops) < enough:
            loops *= 2
        return loops

    def _round(self) -> None:
        found: dict[Task, float] = {}
        for index in _order(len(self._tasks), self._seen):
            task, loops = self._tasks[index], self._loops[index]
            found[task] = self._sample(task, loops) / loops / 1e9
        self._seen += 1
        if self._seen > WARM_UP:
            self._rounds.append(found)

    def _sample(self, task: Task, loops: int) -> int:
        read, call, argument = self.clock.read, task.call, task.argument
        collects = gc.isenabled()
        # NOTE: Whose turn it is when the collector runs would be chance.
        gc.disable()
        try:
            # NOTE: Not timed: it finds the caches as another task has left them.
            #   PERF: cbor decodes 184 KB in 2.2 ms; without this it took 2.4 to 3.6, by
            #   what else the machine did.
            call(argument)
            start = read()
            for _ in repeat(None, loops):
                call(argument)
            return read() - start
        finally:
            if collects:
                gc.enable()

    def _speed(self, task: Task, loops: int, base: Task | None) -> Speed:
        ratio = None
        if base is not None:
            ratio = spread([found[task] / found[base] for found in self._rounds])
        return Speed(
            handler=task.handler,
            operation=task.operation,
            seconds=spread([found[task] for found in self._rounds]),
            ratio=ratio,
            is_settled=ratio is not None and (task is base or _is_settled(ratio)),
            loops=loops,
        )


@cache
def _hold_memory() -> Sequence[bytes]:
    """Have CPython keep 32 MB that are free, from now on.

    It gives an arena back to the system when nothing is left in it, and so may do in
    every call what it doesn't on a server, where something is left everywhere.

    PERF: json encodes 201 KB in 3.2 ms; or in 4.0 to 4.2, with 252 page faults a call,
        where nothing else is in memory.
    """
    blocks = [bytes(_BLOCK) for _ in range(_HELD // _BLOCK)]
    return blocks[:: _ARENA // _BLOCK // 2]


_BLOCK = 400
_ARENA = 1024 * 1024
_HELD = 32 * _ARENA


def _order(count: int, number: int) -> Sequence[int]:
    """Whose turn it is: another one begins, and every second round goes backwards.

    NOTE: In the same order each time, one task would always find the caches as the same
    other one has left them.
    """
    first = number // 2 % count
    order = [*range(first, count), *range(first)]
    return order[::-1] if number % 2 else order


def _is_settled(ratio: Spread) -> bool:
    if ratio.interval is None:
        return False
    low, high = ratio.interval
    return high - low <= SETTLED * ratio.median
