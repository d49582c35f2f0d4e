"""Timed loops over a call, and the order of turns.

NOTE: Modelled on pyperf and timeit: a loop is calibrated until it is long compared to
    the resolution of the clock, and warmed up before it counts. They are not used since
    they finish one benchmark before the next, each in its own processes. Here the
    contestants take turns in the same rounds of one process (and in several processes,
    since the memory layout differs by process).
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from itertools import repeat
from random import Random
from time import get_clock_info
from time import process_time
from typing import Any, TypeVar

_RESOLUTION = get_clock_info('process_time').resolution

__all__ = ('calibrate', 'Loop', 'make_loop', 'turns')

_Contestant = TypeVar('_Contestant')

Loop = Callable[[int], float]
"""Makes that many calls, and returns the CPU seconds of one."""


def make_loop(call: Callable[[Any], object], argument: Any) -> Loop:
    """Make the loop of a contestant.

    It measures CPU time, not wall time, so that other processes don't count.
    """

    def loop(times: int) -> float:
        begin = process_time()
        for _ in repeat(None, times):
            call(argument)
        return (process_time() - begin) / times

    return loop


def calibrate(loop: Loop, seconds: float) -> int:
    """Find the number of calls that take that long. This warms up the call too.

    Args:
        loop (Loop): The loop.
        seconds (float): How long it shall take at least.

    Returns:
        int: The number of calls.
    """
    seconds = max(seconds, 100 * _RESOLUTION)
    times = 1
    while True:
        took = loop(times) * times
        if took >= seconds:
            return times
        # NOTE: Jump to the final number once the time is much longer than a step of the
        #   clock, and grow slowly before.
        times = (
            max(times + 1, round(times * 1.1 * seconds / took))
            if took > seconds / 10
            else times * 5
        )


def turns(
    contestants: Sequence[_Contestant], rounds: int
) -> Iterator[list[_Contestant]]:
    """Yield the contestants in a new random order for each round.

    So none of them always follows the same one, with the caches that it leaves.
    """
    for number in range(rounds):
        yield Random(number).sample(contestants, len(contestants))  # noqa: S311  # no secret
