"""How far a command is, on a terminal, for the one who waits."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
import sys
import time
from typing import TypeAlias

from rich.console import Console
from rich.progress import Progress

__all__ = ('progress_of',)

Begin: TypeAlias = Callable[[str], Callable[[float], None]]

_REFRESH = 0.1
"""Seconds between two pictures."""


@contextmanager
def progress_of(count: int) -> Iterator[Begin]:
    """Show a bar on standard error, where that is a terminal.

    Args:
        count (int): How many things there are to do.

    Yields:
        Callable: To be called with the name of the next thing when that begins. What it
        returns is to be called with the part of it that is done, from 0 to 1.
    """
    if not sys.stderr.isatty():
        yield lambda _name: lambda _part: None
        return
    # NOTE: Without the thread that would refresh it, and want the interpreter while
    #   something is timed.
    with Progress(
        console=Console(stderr=True),
        auto_refresh=False,
        transient=True,
    ) as bar:
        task = bar.add_task('', total=count)
        begun = 0
        shown = float('-inf')

        def begin(name: str) -> Callable[[float], None]:
            nonlocal begun
            before, begun = begun, begun + 1

            def done(part: float) -> None:
                nonlocal shown
                bar.update(task, description=name, completed=before + part)
                if time.monotonic() > shown + _REFRESH:
                    bar.refresh()
                    shown = time.monotonic()

            return done

        yield begin
