"""The definition of a bench, its context and its results."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from benchmarks.cells import Cell
from benchmarks.cells import Fact

__all__ = ('Bench', 'Column', 'Context', 'Cpus', 'Measured', 'Progress')


class Cpus(NamedTuple):
    """The CPUs of the two sides; ``None`` if a process can't be pinned."""

    server: int | None
    client: int | None


class Progress(Protocol):
    """Reports the progress of a bench."""

    def __call__(self, done: int, total: int, what: str) -> None:
        """Report a step.

        Args:
            done (int): Number of finished steps.
            total (int): Number of all steps.
            what (str): The current step.
        """


@dataclass(frozen=True)
class Context:
    """The context in which a bench runs.

    Attributes:
        quick (bool): Whether this is a test of the bench, with meaningless figures.
        only (frozenset): Names of the handlers to measure; empty for all.
        cpus (Cpus): Where the two sides run.
        progress (Progress): Called for each step.
    """

    quick: bool
    only: frozenset[str]
    cpus: Cpus
    progress: Progress


class Measured(NamedTuple):
    """The results of a bench.

    Attributes:
        cells (Sequence): The timings.
        facts (Sequence): Facts that hold or not.
        notes (Sequence): Notes for readers.
        is_broken (bool): Whether the bench did not finish.
    """

    cells: Sequence[Cell] = ()
    facts: Sequence[Fact] = ()
    notes: Sequence[str] = ()
    is_broken: bool = False


class Column(NamedTuple):
    """A contestant in the tables and in the chart of a bench.

    Attributes:
        contestant (str): Its name.
        show (str): ``'time'``, ``'ratio'`` or ``'difference'`` (from the baseline).
    """

    contestant: str
    show: Literal['time', 'ratio', 'difference']


@dataclass(frozen=True)
class Bench:
    """A bench, and how its results are shown.

    Attributes:
        name (str): Name to select it by.
        summary (str): One line.
        labels (Sequence): Labels of its cells, in the order of the table.
        panel (str): The label that separates the panels of the chart.
        baseline (str): The contestant that the others are compared with.
        columns (Sequence): The columns of the table.
        chart (str): The content of the chart: the ``'ratio'`` of each contestant to the
            baseline, or the ``'time'`` of each.
        run (Callable): Runs it.
    """

    name: str
    summary: str
    labels: Sequence[str]
    panel: str
    baseline: str
    columns: Sequence[Column]
    run: Callable[[Context], Measured]
    chart: Literal['ratio', 'time'] = 'ratio'
