"""Rounds on a clock that goes only when a task says so."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import gc
from itertools import pairwise
import time
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st
import pytest

from falcon_media.json.handler import JSONHandler
from falcon_media_tools.timing import Clock
from falcon_media_tools.timing import Operation
from falcon_media_tools.timing import Rounds
from falcon_media_tools.timing import Speed
from falcon_media_tools.timing import Task
from falcon_media_tools.timing import tasks_of
from falcon_media_tools.timing import this_thread


class Machine:
    """Tasks, and the clock that they move.

    ``load`` is by how much everything is slower at the moment; it changes between two
    rounds, when the wall is asked for the time.
    """

    def __init__(self, loads: Iterator[float] | None = None) -> None:
        self.now = 0
        self.calls: list[str] = []
        self._loads = loads
        self._load = 1.0

    def task(
        self, handler: str, nanoseconds: int, operation: Operation = 'encode'
    ) -> Task:
        def call(argument: object) -> None:
            self.now += round(nanoseconds * self._load)
            self.calls.append(handler)

        return Task(handler=handler, operation=operation, call=call, argument=None)

    def wall(self) -> float:
        self._load = next(self._loads) if self._loads else 1.0
        return self.now / 1e9

    def rounds(self, *tasks: Task, resolution: int = 1) -> Rounds:
        clock = Clock(name='fake', read=lambda: self.now, resolution=resolution)
        return Rounds(tasks, clock=clock, wall=self.wall)


def finish(run: Iterator[float]) -> list[float]:
    return list(run)


def by_name(speeds: list[Speed]) -> dict[str, Speed]:
    return {speed.handler: speed for speed in speeds}


MILLISECOND = 1_000_000


@given(st.integers(1, 50), st.integers(100_000, 10_000_000))
def test_a_ratio_is_measured(factor: int, cost: int) -> None:
    machine = Machine()
    rounds = machine.rounds(
        machine.task('base', cost), machine.task('slow', factor * cost)
    )
    finish(rounds.run(rounds=10))
    slow = by_name(rounds.speeds('base'))['slow']
    assert slow.ratio is not None
    assert slow.ratio.median == pytest.approx(factor)
    assert slow.ratio.interval == pytest.approx((factor, factor))
    assert slow.seconds.median == pytest.approx(factor * cost / 1e9)
    assert slow.is_settled


@given(st.lists(st.floats(1, 100), min_size=40, max_size=40))
def test_a_slow_round_does_not_change_the_ratios(
    loads: list[float],
) -> None:
    machine = Machine(iter(loads))
    rounds = machine.rounds(
        machine.task('base', 2 * MILLISECOND), machine.task('slow', 4 * MILLISECOND)
    )
    finish(rounds.run(rounds=20))
    slow = by_name(rounds.speeds('base'))['slow']
    assert slow.ratio is not None
    assert slow.ratio.quartiles == pytest.approx((2, 2))
    assert slow.is_settled


def test_a_ratio_that_jumps_is_not_settled() -> None:
    machine = Machine()
    # NOTE: Each sample begins with a call that is not timed.
    costs = iter([1, 1, 3, 3] * 1000)

    def call(argument: object) -> None:
        machine.now += next(costs) * MILLISECOND

    wild = Task(handler='wild', operation='encode', call=call, argument=None)
    rounds = machine.rounds(machine.task('base', MILLISECOND), wild)
    finish(rounds.run(rounds=20))
    found = by_name(rounds.speeds('base'))
    assert found['base'].is_settled
    assert not found['wild'].is_settled
    assert found['wild'].ratio is not None
    assert found['wild'].ratio.interval == pytest.approx((1, 3))


def test_too_few_rounds_settle_nothing_but_the_baseline() -> None:
    machine = Machine()
    rounds = machine.rounds(
        machine.task('base', MILLISECOND), machine.task('other', MILLISECOND)
    )
    finish(rounds.run(rounds=5))
    assert [speed.is_settled for speed in rounds.speeds('base')] == [True, False]


def test_ratios_are_of_the_same_operation() -> None:
    machine = Machine()
    rounds = machine.rounds(
        machine.task('base', 2 * MILLISECOND, 'encode'),
        machine.task('base', 8 * MILLISECOND, 'decode'),
        machine.task('other', 4 * MILLISECOND, 'encode'),
        machine.task('other', 4 * MILLISECOND, 'decode'),
    )
    finish(rounds.run(rounds=6))
    ratios = [speed.ratio for speed in rounds.speeds('base')]
    assert [ratio and ratio.median for ratio in ratios] == [1, 1, 2, 0.5]


def test_a_baseline_that_is_not_timed_gives_no_ratios() -> None:
    machine = Machine()
    rounds = machine.rounds(machine.task('other', MILLISECOND))
    finish(rounds.run(rounds=6))
    (speed,) = rounds.speeds('base')
    assert (speed.ratio, speed.is_settled) == (None, False)


@pytest.mark.parametrize(
    ('cost', 'resolution', 'loops'),
    [
        (MILLISECOND, 1, 1),
        (MILLISECOND - 1, 1, 2),
        (1000, 1, 1024),
        (MILLISECOND, 10_000, 16),
    ],
)
def test_a_sample_is_as_long_as_the_clock_needs(
    cost: int, resolution: int, loops: int
) -> None:
    machine = Machine()
    rounds = machine.rounds(machine.task('base', cost), resolution=resolution)
    finish(rounds.run(rounds=1))
    assert [speed.loops for speed in rounds.speeds('base')] == [loops]


def test_every_round_takes_each_in_turn_and_never_in_one_order_only() -> None:
    names = ['a', 'b', 'c', 'd']
    machine = Machine()
    rounds = machine.rounds(*(machine.task(name, MILLISECOND) for name in names))
    run = rounds.run(rounds=13)
    for _ in names:
        next(run)
    machine.calls.clear()
    finish(run)
    # NOTE: Each sample is of two calls, of which one is timed.
    assert machine.calls[::2] == machine.calls[1::2]
    calls = machine.calls[::2]
    assert len(calls) == 64
    turns = [calls[start : start + 4] for start in range(0, 64, 4)]
    assert all(sorted(turn) == names for turn in turns)
    for name in names:
        before = {one for turn in turns for one, two in pairwise(turn) if two == name}
        assert len(before) >= 2
        assert {turn.index(name) for turn in turns} == {0, 1, 2, 3}


# ---------------------------------------------------------------------------- budgets


def test_rounds_are_counted_after_the_warm_up() -> None:
    machine = Machine()
    rounds = machine.rounds(machine.task('base', MILLISECOND))
    used = finish(rounds.run(rounds=4))
    assert rounds.count == 4
    assert used == [0, 0, 0, 0, 0.25, 0.5, 0.75, 1]


def test_the_first_rounds_do_not_count() -> None:
    machine = Machine()
    costs = iter([50, 50, 40, 40, 30, 30, 20, 20, *[1] * 100])

    def call(argument: object) -> None:
        machine.now += next(costs) * MILLISECOND

    task = Task(handler='base', operation='encode', call=call, argument=None)
    rounds = machine.rounds(task)
    finish(rounds.run(rounds=6))
    (speed,) = rounds.speeds('base')
    assert speed.seconds.interval == (0.001, 0.001)


def test_time_ends_it() -> None:
    machine = Machine()
    rounds = machine.rounds(machine.task('base', 10 * MILLISECOND))
    used = finish(rounds.run(seconds=0.2))
    assert used[-1] == 1
    assert used == sorted(used)
    # NOTE: A sample is of two calls.
    assert machine.now == 200 * MILLISECOND
    assert rounds.count == 10 - 1 - 3


def test_it_does_not_end_before_a_round_counts() -> None:
    machine = Machine()
    rounds = machine.rounds(machine.task('base', 100 * MILLISECOND))
    finish(rounds.run(seconds=0.001))
    assert rounds.count == 1


def test_it_can_be_interrupted_and_continued() -> None:
    machine = Machine()
    rounds = machine.rounds(
        machine.task('base', MILLISECOND), machine.task('other', MILLISECOND)
    )
    run = rounds.run(rounds=2)
    next(run)
    assert rounds.count == 0
    run.close()
    finish(rounds.run(rounds=2))
    assert rounds.count == 2
    finish(rounds.run(rounds=5))
    assert rounds.count == 5


def test_there_are_no_results_before_a_round_counts() -> None:
    machine = Machine()
    rounds = machine.rounds(machine.task('base', MILLISECOND))
    assert rounds.speeds('base') == []
    next(rounds.run(rounds=2))
    assert rounds.speeds('base') == []


def test_without_tasks_it_ends_at_once() -> None:
    rounds = Machine().rounds()
    assert finish(rounds.run(seconds=1)) == []
    assert rounds.speeds('base') == []


# -------------------------------------------------------------------- the real machine


@pytest.mark.parametrize('enabled', [True, False])
def test_the_collector_rests_while_a_sample_is_taken(enabled: bool) -> None:
    machine = Machine()
    states = []

    def call(argument: object) -> None:
        states.append(gc.isenabled())
        machine.now += MILLISECOND

    task = Task(handler='base', operation='encode', call=call, argument=None)
    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        finish(machine.rounds(task).run(rounds=1))
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()
    # NOTE: The first call is not timed.
    assert not any(states[1:])


def test_a_sample_finds_the_caches_as_the_task_itself_left_them() -> None:
    machine = Machine()
    last: list[str] = []

    def task(name: str) -> Task:
        def call(argument: object) -> None:
            machine.now += (1 if last[-1:] == [name] else 100) * MILLISECOND
            last.append(name)

        return Task(handler=name, operation='encode', call=call, argument=None)

    rounds = machine.rounds(task('base'), task('other'))
    finish(rounds.run(rounds=6))
    for speed in rounds.speeds('base'):
        assert speed.seconds.interval == (0.001, 0.001)


def test_a_handler_on_a_real_clock() -> None:
    handler = JSONHandler()
    rounds = Rounds(tasks_of('json', handler, [1, 2], '[1,2]'))
    finish(rounds.run(rounds=2))
    encode, decode = rounds.speeds('json')
    assert (encode.operation, decode.operation) == ('encode', 'decode')
    for speed in (encode, decode):
        assert 0 < speed.seconds.median < 1
        assert speed.loops > 1


@pytest.mark.parametrize(
    ('resolution', 'name', 'read'),
    [
        (1e-9, 'CPU time', time.thread_time_ns),
        (1e-6, 'CPU time', time.thread_time_ns),
        (15.6e-3, 'wall time', time.perf_counter_ns),
    ],
)
def test_a_coarse_clock_is_not_read(
    monkeypatch: pytest.MonkeyPatch,
    resolution: float,
    name: str,
    read: Callable[[], int],
) -> None:
    def info(which: str) -> SimpleNamespace:
        coarse = which == 'thread_time'
        return SimpleNamespace(resolution=resolution if coarse else 1e-10)

    monkeypatch.setattr(time, 'get_clock_info', info)
    clock = this_thread()
    assert (clock.name, clock.read) == (name, read)
    assert clock.resolution == (1000 if resolution == 1e-6 else 1)
