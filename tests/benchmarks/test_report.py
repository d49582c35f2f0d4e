from __future__ import annotations

import io
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.bench import Bench
from benchmarks.bench import Column
from benchmarks.bench import Context
from benchmarks.bench import Measured
from benchmarks.cells import Cell
from benchmarks.goals import Goal
from benchmarks.report import goals_table
from benchmarks.report import results_table
from benchmarks.verdicts import Verdict


def run(context: Context) -> Measured:
    raise NotImplementedError


BENCH = Bench(
    name='bench',
    summary='a bench',
    labels=('handler', 'message'),
    panel='message',
    baseline='bare',
    columns=(
        Column('bare', 'time'),
        Column('ours', 'ratio'),
        Column('ours', 'difference'),
        Column('another', 'ratio'),
        Column('absent', 'ratio'),
    ),
    run=run,
)


def rows(table: Table) -> list[list[str]]:
    """The cells of a table as it is printed, the heading first."""
    output = io.StringIO()
    Console(file=output, width=200, markup=False).print(table)
    lines = [line for line in output.getvalue().splitlines() if line.strip()]
    rule = next(index for index, line in enumerate(lines) if '──' in line)
    return [line.split() for line in lines[rule + 1 :]]


def cell(handler: str, message: str, **rounds: Any) -> Cell:
    return Cell({'handler': handler, 'message': message}, rounds)


def test_a_row_has_what_is_measured_against_the_baseline() -> None:
    bare, ours = [1e-6, 2e-6, 4e-6], [1.5e-6, 3e-6, 8e-6]
    first = cell('cbor', '100 B', bare=bare, ours=ours)
    second = cell('cbor', '2 KB', bare=[1e-3], ours=[12.5e-3], another=[0.5e-3])
    third = cell('json', '2 KB', bare=[1.0], ours=[0.75])
    found = rows(results_table(BENCH, Measured([first, second, third])))
    assert found[:3] == [
        # The ratios are 1.5, 1.5 and 2, and the differences 0.5, 1 and 4 us.
        ['cbor', '100', 'B', '2.00', 'us', '1.50', '±0.12', '1.00', 'us', '-'],
        # Of what is the same as above nothing is said; nobody has an absent one.
        ['2', 'KB', '1.00', 'ms', '12.5', '±0.0', '11.5', 'ms', '0.50', '±0.00'],
        ['json', '2', 'KB', '1.00', 's', '0.75', '±0.00', '-250', 'ms', '-'],
    ]
    assert ' '.join(found[3]).startswith('1.00 ±0.00: times bare, median of same-round')


def test_a_goal_has_its_verdict() -> None:
    goal = Goal(text='fast', bench='bench', kind='ratio', contestant='ours')
    found = rows(
        goals_table(
            [
                Verdict(goal, 'met', False, '1.10x'),
                Verdict(goal, 'not met', True, '1.20x (cbor)'),
                Verdict(goal, 'not measured', False, ''),
            ]
        )
    )
    assert found == [
        ['fast', '1.10x', 'met'],
        ['fast', '1.20x', '(cbor)', 'not', 'met,', 'close'],
        ['fast', '-', 'not', 'measured'],
    ]
