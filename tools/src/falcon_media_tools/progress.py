"""A progress bar on a terminal."""

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
"""Seconds between two updates."""


@contextmanager
def progress_of(count: int) -> Iterator[Begin]:
    """Show a progress bar on standard error, if that is a terminal.

    Args:
        count (int): The number of steps.

    Yields:
        Callable: Call it with the name of a step when the step begins. It returns a
        function; call that with the part of the step that is done, from 0 to 1.
    """
    if not sys.stderr.isatty():
        yield lambda _name: lambda _part: None
        return
    # NOTE: Without the refresh thread, which would compete for the interpreter during
    #   a measurement.
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
