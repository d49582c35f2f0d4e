"""Loops over a call, and whose turn it is.

NOTE: pyperf and timeit are the models: a loop is calibrated until it is long beside the
    clock, and warmed up before it counts. They are not used because they finish one
    benchmark before they begin the next, each in processes of its own. What is compared
    here are the same rounds of several contestants, which takes them in turn in one
    process (and several processes, since the layout of memory differs by process).
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
"""Calls something that many times, and returns seconds of CPU for one of them."""


def make_loop(call: Callable[[Any], object], argument: Any) -> Loop:
    """Make the loop of a contestant.

    CPU time is measured and not wall time: what others do on the machine is no cost of
    a call.
    """

    def loop(times: int) -> float:
        begin = process_time()
        for _ in repeat(None, times):
            call(argument)
        return (process_time() - begin) / times

    return loop


def calibrate(loop: Loop, seconds: float) -> int:
    """Find how many calls take that long; it warms up what it calls.

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
        # NOTE: Straight to the number where the time can be told from the clock's own
        #   steps, and in small leaps before.
        times = (
            max(times + 1, round(times * 1.1 * seconds / took))
            if took > seconds / 10
            else times * 5
        )


def turns(
    contestants: Sequence[_Contestant], rounds: int
) -> Iterator[list[_Contestant]]:
    """Order the contestants of each round, in an order of its own.

    So that none of them always follows the same one, and what that left in the caches.
    """
    for number in range(rounds):
        yield Random(number).sample(contestants, len(contestants))  # noqa: S311  # no secret
