"""Show the progress of a bench: a bar on a terminal, or a line now and then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn
from rich.progress import MofNCompleteColumn
from rich.progress import Progress as Bar
from rich.progress import TextColumn
from rich.progress import TimeElapsedColumn

from benchmarks.bench import Progress

__all__ = ('telling',)

_EVERY = 10.0
"""The least seconds between two lines."""


@contextmanager
def telling(console: Console, name: str) -> Iterator[Progress]:
    """Show the progress of a bench while the context lasts."""
    if not console.is_terminal:
        yield _lines(console, name)
        return
    columns = (
        TextColumn('{task.fields[name]}'),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn('{task.description}'),
    )
    # NOTE: The bar has its own thread, in a process that only waits.
    with Bar(*columns, console=console, transient=True, refresh_per_second=2) as bar:
        task = bar.add_task('', name=name, total=None)

        def tell(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=what)

        yield tell


def _lines(console: Console, name: str) -> Progress:
    told = -_EVERY

    def tell(done: int, total: int, what: str) -> None:
        nonlocal told
        if monotonic() - told >= _EVERY:
            told = monotonic()
            console.print(f'{name}: {done}/{total}, {what}')

    return tell
