"""Time handlers on a message in interleaved rounds.

A round takes one sample of every task, so that disturbances (another process, a warmer
chip) affect all of them. Ratios are taken within a round and then combined. pyperf
doesn't fit: it runs one benchmark to its end before the next, each in its own
processes, and so compares times that are minutes apart. On the other hand, its
processes average out what differs between starts of Python (memory layout, the hash
seed); these rounds can't.

A task is the method of the handler, as Falcon binds it: the library call and the guard.
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
"""The number of rounds at the beginning that don't count."""

SAMPLE = 1_000_000
"""The minimum duration of a sample in nanoseconds; it repeats the call."""

SETTLED = 0.1
"""The maximum width of the interval of a reliable ratio, relative to the ratio."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A clock to time tasks with.

    Attributes:
        name (str): Its name.
        read (Callable): Returns the time in nanoseconds.
        resolution (int): Its resolution in nanoseconds.
    """

    name: str
    read: Callable[[], int]
    resolution: int


def this_thread() -> Clock:
    """Return the CPU clock of this thread, or the wall clock if that is too coarse.

    Encoding and decoding never wait, so their cost is CPU time. The CPU clock stops
    while another process or thread has the CPU.
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
    """A call to time.

    Attributes:
        handler (str): Name of the handler.
        operation (str): ``'encode'`` or ``'decode'``.
        call (Callable): The function to call.
        argument: Its argument.
    """

    handler: str
    operation: Operation
    call: Callable[[Any], object]
    argument: Any


def tasks_of(
    name: str, handler: Handler, media: object, payload: str | bytes | None
) -> Iterator[Task]:
    """Yield the tasks of a handler: encode a message, and decode its payload."""
    yield Task(handler=name, operation='encode', call=handler.serialize, argument=media)
    yield Task(
        handler=name, operation='decode', call=handler.deserialize, argument=payload
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """The time of a task.

    Attributes:
        handler (str): The handler.
        operation (str): ``'encode'`` or ``'decode'``.
        seconds (Spread): The time of one call.
        ratio (Spread | None): The ratio to the time of the baseline for the same
            operation in the same round; ``None`` if the baseline was not timed.
        is_settled (bool): Whether the ratio is reliable: the width of its interval is
            at most a tenth of it. For the baseline itself, it is 1 and always reliable.
        loops (int): Calls in each sample.
    """

    handler: str
    operation: Operation
    seconds: Spread
    ratio: Spread | None
    is_settled: bool
    loops: int


class Rounds:
    """Time tasks in interleaved rounds.

    Args:
        tasks (Iterable[Task]): The tasks.

    Keyword Args:
        clock (Clock): The clock (default: :func:`this_thread`).
        wall (Callable): The wall clock in seconds, for the budget of :meth:`run`.
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
        """The number of rounds that count so far."""
        return len(self._rounds)

    def run(
        self, *, seconds: float | None = None, rounds: int | None = None
    ) -> Generator[float]:
        """Time the tasks; the generator can be closed at any time, and run again.

        It ends after the round that uses up one of the budgets, and not before one
        round counts.

        Keyword Args:
            seconds (float): The time budget, warm-up included (default: unlimited).
            rounds (int): The number of rounds that count (default: unlimited).

        Yields:
            float: The used part of the budget, from 0 to 1.
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
        """Return the results so far.

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
        # NOTE: Garbage collection would be charged to a task at random.
        gc.disable()
        try:
            # NOTE: Not timed, since another task has filled the caches before.
            #   PERF: cbor decodes 184 KB in 2.2 ms; without this, in 2.4 to 3.6 ms,
            #   depending on the load of the machine.
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
    """Make CPython keep 32 MB of free memory from now on.

    CPython returns an arena to the system when it is empty, so in an idle process it
    may do that in every call. On a server, no arena is ever empty.

    PERF: json encodes 201 KB in 3.2 ms; without this, in an otherwise idle process, in
        4.0 to 4.2 ms, with 252 page faults a call.
    """
    blocks = [bytes(_BLOCK) for _ in range(_HELD // _BLOCK)]
    return blocks[:: _ARENA // _BLOCK // 2]


_BLOCK = 400
_ARENA = 1024 * 1024
_HELD = 32 * _ARENA


def _order(count: int, number: int) -> Sequence[int]:
    """Return the order of tasks in a round.

    Each pair of rounds starts with another task, and every second round runs backwards.

    NOTE: In a fixed order, a task would always run after the same other one, with the
    caches as that leaves them.
    """
    first = number // 2 % count
    order = [*range(first, count), *range(first)]
    return order[::-1] if number % 2 else order


def _is_settled(ratio: Spread) -> bool:
    if ratio.interval is None:
        return False
    low, high = ratio.interval
    return high - low <= SETTLED * ratio.median
