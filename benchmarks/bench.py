"""What a bench is, and what it is given to run."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from benchmarks.cells import Cell
from benchmarks.cells import Fact

__all__ = ('Bench', 'Column', 'Context', 'Cpus', 'Measured', 'Progress')


class Cpus(NamedTuple):
    """Which CPU is whose; ``None`` where a process can't be tied to one."""

    server: int | None
    client: int | None


class Progress(Protocol):
    """Tells how far a bench is."""

    def __call__(self, done: int, total: int, what: str) -> None:
        """Tell.

        Args:
            done (int): Steps that are done.
            total (int): Steps that there are.
            what (str): What is done now.
        """


@dataclass(frozen=True)
class Context:
    """What a bench is given.

    Attributes:
        quick (bool): Whether it is a test of the bench, whose figures mean nothing.
        only (frozenset): Names of the handlers to measure; empty for all.
        cpus (Cpus): Where the two sides run.
        progress (Progress): To be told of each step.
    """

    quick: bool
    only: frozenset[str]
    cpus: Cpus
    progress: Progress


class Measured(NamedTuple):
    """What a bench returns.

    Attributes:
        cells (Sequence): What took turns.
        facts (Sequence): What holds or not.
        notes (Sequence): What a reader has to know besides.
        is_broken (bool): Whether it could not be run to its end.
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
        name (str): To select it by.
        summary (str): One line.
        labels (Sequence): Labels of its cells, in the order of the table.
        panel (str): The label that parts the panels of the chart.
        baseline (str): The contestant that the others are compared with.
        columns (Sequence): What the table shows of them.
        chart (str): Whether the chart has the ``'ratio'`` of each contestant to the
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
