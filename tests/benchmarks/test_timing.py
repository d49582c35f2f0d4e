from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from benchmarks.timing import calibrate
from benchmarks.timing import make_loop
from benchmarks.timing import turns


def test_a_loop_calls_as_often_as_it_is_told() -> None:
    calls: list[str] = []
    loop = make_loop(calls.append, 'argument')
    assert loop(5) >= 0
    assert calls == ['argument'] * 5


def test_a_loop_tells_what_one_call_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([10.0, 12.0])
    monkeypatch.setattr('benchmarks.timing.process_time', lambda: next(clock))
    assert make_loop(abs, -1)(8) == 0.25


@pytest.mark.parametrize('per_call', [1e-8, 3e-6, 0.002, 0.7])
def test_a_loop_is_calibrated_to_the_time_it_shall_take(per_call: float) -> None:
    times = calibrate(lambda times: per_call, 0.005)
    assert times * per_call >= 0.005
    # And not much longer, where one call is not longer by itself.
    assert times == 1 or times * per_call < 0.03


def test_a_clock_with_coarse_steps_does_not_end_it_early() -> None:
    def loop(times: int) -> float:
        return (times * 1e-6 // 0.001) * 0.001 / times

    assert calibrate(loop, 0.005) * 1e-6 >= 0.005


def test_everyone_has_a_turn_in_each_round() -> None:
    rounds = list(turns('abcd', 50))
    assert len(rounds) == 50
    assert all(sorted(order) == ['a', 'b', 'c', 'd'] for order in rounds)


def test_nobody_always_follows_the_same_one() -> None:
    followed = Counter(pair for order in turns('abcd', 200) for pair in pairwise(order))
    assert len(followed) == 12
    assert max(followed.values()) < 2 * min(followed.values())


def test_the_order_of_turns_is_the_same_in_each_run() -> None:
    assert list(turns('abcd', 20)) == list(turns('abcd', 20))
