"""CPU time and memory that a payload costs.

No clock on the wall, and no bound that depends on the machine: where four times the
work takes eight times as long, and that is noticeable, the cost grows faster than the
payload.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import gc
import time
import tracemalloc
from typing import Any, NamedTuple

from falcon_media_testing.failure import show_payload
from falcon_media_testing.watch import Unwatched

__all__ = ('Growth', 'growth', 'refused_late')

_TIMES = 4
_TOO_FAST = 2 * _TIMES
_UNNOTICED_SECONDS = 0.1
_ENOUGH_SECONDS = 0.25
_REPEATED = 3

Call = Callable[[Any], object]


class Growth(NamedTuple):
    """A cost that grows faster than the payload.

    Attributes:
        size (int): The size of the larger one of two payloads.
        seconds (float): CPU time that it took.
        size_before (int): The size of the smaller one.
        seconds_before (float): CPU time that it took.
    """

    size: int
    seconds: float
    size_before: int
    seconds_before: float

    def __str__(self) -> str:
        times = self.seconds / self.seconds_before
        return (
            f'{self.size_before:,} took {self.seconds_before:.3f} s of CPU time, and '
            f'{self.size:,} took {self.seconds:.3f} s: {times:.1f} times as long, for '
            f'{_TIMES} times as many.'
        )


def growth(
    counts: Sequence[int], make: Callable[[int], Any], call: Call
) -> Growth | None:
    """Measure whether the cost of a payload grows faster than its size.

    Args:
        counts (Sequence[int]): Sizes to try, each four times the one before.
        make (Callable): Makes a payload of a size; ``None`` if there is none.
        call (Callable): Takes the payload.

    Returns:
        Growth | None: ``None`` if it does not.
    """
    before, smaller, seconds_before = 0, None, 0.0
    for count in counts:
        payload = make(count)
        if payload is None:
            return None
        seconds = _cpu_seconds(call, payload)
        if before and _is_too_fast(seconds, seconds_before):
            # NOTE: Whatever else the machine does only adds to a time, so the least of
            #   several is the nearest to the true one.
            seconds = min(seconds, *_repeated(call, payload))
            seconds_before = min(seconds_before, *_repeated(call, smaller))
            if _is_too_fast(seconds, seconds_before):  # pragma: no branch  # by machine
                return Growth(count, seconds, before, seconds_before)
        if seconds > _ENOUGH_SECONDS:  # pragma: no cover  # by machine
            return None
        before, smaller, seconds_before = count, payload, seconds
    return None


def _is_too_fast(seconds: float, seconds_before: float) -> bool:
    return seconds > _UNNOTICED_SECONDS and seconds > _TOO_FAST * seconds_before


def _repeated(call: Call, payload: Any) -> list[float]:
    return [_cpu_seconds(call, payload) for _ in range(_REPEATED - 1)]


def _cpu_seconds(call: Call, payload: Any) -> float:
    # NOTE: The collector is slower, the more there is of other tests.
    is_collecting = gc.isenabled()
    gc.disable()
    try:
        start = time.process_time()
        call(payload)
        return time.process_time() - start
    finally:
        if is_collecting:
            gc.enable()


_LARGE = 5_000
_COPIES = 12


def refused_late(
    codec: Any, payload: Any, watch: Unwatched, copies: int = _COPIES
) -> str:
    """Tell whether a codec refuses a payload before it makes an object of it.

    Args:
        codec (Codec): The codec; its guard is not asked.
        payload (str | bytes): What has to be refused.
        watch (Unwatched): Where to note the case.
        copies (int): How many times its size in memory may be taken.

    Returns:
        str: How it was accepted, or refused too late; empty if it was neither.
    """
    watch.case('what is over a budget, without the guard', payload)
    tracemalloc.start()
    try:
        if codec.check_payload is not None:
            codec.check_payload(payload)
        codec.decode(payload)
    except Exception:  # noqa: BLE001  # the library's own way to refuse it
        size = len(payload)
        peak = tracemalloc.get_traced_memory()[1]
        # NOTE: A few copies of the payload, and none of what is in it: an empty list
        #   is a byte or two on the wire, and 56 or more in memory.
        if size < _LARGE or peak <= copies * size:
            return ''
        return (
            f'{show_payload(payload)} was refused only after {peak:,} bytes of memory '
            'had been taken.'
        )
    else:
        return f'{show_payload(payload)} became an object.'
    finally:
        tracemalloc.stop()
