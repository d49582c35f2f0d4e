"""Print results on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks.bench import Bench
from benchmarks.bench import Column
from benchmarks.bench import Measured
from benchmarks.cells import Cell
from benchmarks.summary import difference
from benchmarks.summary import duration
from benchmarks.summary import ratio
from benchmarks.summary import value
from benchmarks.verdicts import Verdict

__all__ = ('console', 'goals_table', 'results_table')

_WIDTH = 132
"""Width of the output if it is not a terminal."""


def console() -> Console:
    """Make the console for the output."""
    found = Console(highlight=False, markup=False, emoji=False)
    if not found.is_terminal:
        found.width = _WIDTH
    return found


def results_table(bench: Bench, measured: Measured) -> Table:
    """Make the table of a bench, with a line for each cell."""
    table = _table(f'{bench.name}: {bench.summary}')
    table.caption = (
        f'1.00 ±0.00: times {bench.baseline}, median of same-round ratios, '
        'and half of their interquartile range'
    )
    shown = [
        column
        for column in bench.columns
        if any(column.contestant in cell.rounds for cell in measured.cells)
    ]
    for label in bench.labels:
        table.add_column(label, no_wrap=True)
    for column in shown:
        less = f' less {bench.baseline}' if column.show == 'difference' else ''
        heading = f'{column.contestant}{less}'
        widest = max(map(len, heading.split()))
        table.add_column(heading, justify='right', min_width=max(10, widest))
    before = [''] * len(bench.labels)
    for cell in measured.cells:
        labels = [cell.labels[label] for label in bench.labels]
        if before[0] not in ('', labels[0]):
            table.add_section()
        # NOTE: Labels that are the same as above are left out.
        same = next(
            number
            for number, pair in enumerate(zip(labels, before, strict=True))
            if pair[0] != pair[1]
        )
        table.add_row(
            *([''] * same + labels[same:]),
            *(_text(cell, column, bench.baseline) for column in shown),
        )
        before = labels
    return table


def goals_table(verdicts: Iterable[Verdict]) -> Table:
    """Make the table of the goals."""
    table = _table('goals')
    table.padding = (0, 1)
    table.add_column('goal', ratio=5)
    table.add_column('measured, worst first', ratio=5)
    table.add_column('', no_wrap=True)
    for verdict in verdicts:
        state = f'{verdict.state}, close' if verdict.is_close else verdict.state
        table.add_row(verdict.goal.text, verdict.measured or '-', state)
    return table


def _table(title: str) -> Table:
    return Table(
        title=title,
        title_justify='left',
        caption_justify='left',
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=0,
    )


def _text(cell: Cell, column: Column, baseline: str) -> str:
    if column.contestant not in cell.rounds:
        return '-'
    match column.show:
        case 'difference':
            spread = difference(cell, column.contestant, baseline)
            return duration(spread.median)
        case 'ratio':
            spread = ratio(cell, column.contestant, baseline)
            digits = 1 if spread.median >= 10 else 2
            low, high = spread.quartiles
            return f'{spread.median:.{digits}f} ±{(high - low) / 2:.{digits}f}'
        case _:
            return duration(value(cell, column.contestant).median)
