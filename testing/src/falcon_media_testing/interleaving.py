"""One call interrupted by another: what threads do to each other, without the luck.

Threads switch where they like, and so a fault shows up in one run out of many. Here a
call stops at a line of our choice, another one runs from its beginning to its end in a
thread of its own, and the first one goes on. That is done for one line after another.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
import sys
import threading
from types import FrameType
from typing import Any, TypeAlias

__all__ = ('interrupted', 'lines_of', 'stopped')

Call: TypeAlias = Callable[[], Any]

_LOCKED_SECONDS = 0.05


def lines_of(call: Call, within: str = '') -> int:
    """Count the lines of Python that a call runs.

    Args:
        call (Callable): The call.
        within (str): Folder of the files whose lines count (default: all).
    """
    lines, _ = _traced(call, 0, int, within)
    return lines


def interrupted(
    call: Call, other: Call, at: int, within: str = ''
) -> tuple[Future[Any], Future[Any]]:
    """Interrupt a call by another one.

    Args:
        call (Callable): The call.
        other (Callable): The other one. Where it waits for a lock that the first one
            holds, that goes on before it has ended.
        at (int): The line to interrupt it at; the first one is 1. Where there is none,
            the other one follows.
        within (str): Folder of the files whose lines count (default: all).

    Returns:
        tuple: What became of each.
    """
    other_ended: Future[Any] = Future()
    thread = threading.Thread(target=_call, args=(other, other_ended), daemon=True)

    def begin() -> None:  # pragma: no cover  # called by the trace function
        thread.start()
        thread.join(_LOCKED_SECONDS)

    lines, ended = _traced(call, at, begin, within)
    if lines < at:
        thread.start()
    thread.join()
    return ended, other_ended


def stopped(call: Call, at: int, within: str) -> tuple[bool, Future[Any]]:
    """Raise ``KeyboardInterrupt`` at a line of a call, as Ctrl-C does.

    Args:
        call (Callable): The call.
        at (int): The line; the first one is 1.
        within (str): Folder of the files whose lines count.

    Returns:
        tuple: Whether the call came to that line, and what became of it.
    """

    def interrupt() -> None:  # pragma: no cover  # called by the trace function
        raise KeyboardInterrupt

    lines, ended = _traced(call, at, interrupt, within)
    return lines >= at, ended


def _traced(
    call: Call, at: int, event_at: Call, within: str = ''
) -> tuple[int, Future[Any]]:
    """Run a call in a thread of its own, and do something at one of its lines.

    Returns:
        tuple: The number of lines, and what became of the call.
    """
    lines = 0
    ended: Future[Any] = Future()

    def trace(
        frame: FrameType, event: str, arg: object
    ) -> Any:  # pragma: no cover  # takes the place of coverage's own
        nonlocal lines
        if event == 'line' and frame.f_code.co_filename.startswith(within):
            lines += 1
            if lines == at:
                event_at()
        return trace

    def run() -> None:  # pragma: no cover  # see above
        before = sys.gettrace()
        sys.settrace(trace)
        try:
            result = call()
        except BaseException as ex:  # noqa: BLE001  # for who asks for the result
            sys.settrace(before)
            ended.set_exception(ex)
        else:
            sys.settrace(before)
            ended.set_result(result)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join()
    return lines, ended


def _call(call: Call, ended: Future[Any]) -> None:
    try:
        ended.set_result(call())
    except BaseException as ex:  # noqa: BLE001  # for who asks for the result
        ended.set_exception(ex)
