"""Compare the results of a run with the goals."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Literal, NamedTuple

from benchmarks.cells import Cell
from benchmarks.cells import Fact
from benchmarks.goals import Goal
from benchmarks.summary import difference
from benchmarks.summary import duration
from benchmarks.summary import ratio
from benchmarks.summary import value
from falcon_media_tools.spread import Spread

__all__ = ('judge', 'Verdict')


class Verdict(NamedTuple):
    """The result of a run for a goal.

    Attributes:
        goal (Goal): The goal.
        state (str): ``'met'``, ``'not met'``, or ``'not measured'``.
        is_close (bool): Whether the bound is within the confidence interval of the
            median, so that another run may differ.
        measured (str): The figures, worst first.
    """

    goal: Goal
    state: Literal['met', 'not met', 'not measured']
    is_close: bool
    measured: str


def judge(
    goals: Iterable[Goal],
    cells: Mapping[str, Sequence[Cell]],
    facts: Mapping[str, Sequence[Fact]],
) -> list[Verdict]:
    """Compare goals with results.

    Args:
        goals (Iterable[Goal]): The goals.
        cells (Mapping): Bench -> its cells.
        facts (Mapping): Bench -> its facts.

    Returns:
        list[Verdict]: One for each goal. A goal is met if it is met in all its cells.
    """
    return [
        _fact(goal, facts.get(goal.bench, ()))
        if goal.kind == 'fact'
        else _figure(goal, cells.get(goal.bench, ()))
        for goal in goals
    ]


def _fact(goal: Goal, facts: Sequence[Fact]) -> Verdict:
    for fact in facts:
        if fact.name == goal.contestant:
            state: Literal['met', 'not met'] = 'met' if fact.holds else 'not met'
            return Verdict(goal, state, False, fact.detail)
    return Verdict(goal, 'not measured', False, '')


_SHOWN = 3
"""Number of figures to show for a goal."""


def _figure(goal: Goal, cells: Sequence[Cell]) -> Verdict:
    found = [
        (cell, _spread(goal, cell))
        for cell in cells
        if cell.is_at(goal.where)
        and {goal.contestant, goal.baseline or goal.contestant} <= cell.rounds.keys()
    ]
    if not found:
        return Verdict(goal, 'not measured', False, '')
    is_less_better = goal.at_least is None
    bound = goal.at_most if goal.at_least is None else goal.at_least
    assert bound is not None, goal  # noqa: S101  # each goal has one of the two
    found.sort(key=lambda one: one[1].median, reverse=is_less_better)
    met = [
        spread.median <= bound if is_less_better else spread.median >= bound
        for _, spread in found
    ]
    figures = [
        _figure_text(goal, spread) + (f' ({_where(cell, goal)})' if found[1:] else '')
        for cell, spread in found[:_SHOWN]
    ]
    if len(found) > _SHOWN:
        figures.append(f'{sum(met)} of {len(found)} met')
    # NOTE: If the goal is missed, show the cells that miss it; else the closest.
    decisive = [
        spread for (_, spread), is_met in zip(found, met, strict=True) if not is_met
    ] or [found[0][1]]
    return Verdict(
        goal,
        'met' if all(met) else 'not met',
        all(_may_be(bound, spread) for spread in decisive),
        ', '.join(figures),
    )


def _may_be(value: float, spread: Spread) -> bool:
    """Tell whether the true median may be a value, by these rounds."""
    low, high = spread.interval or spread.quartiles
    return low <= value <= high


def _spread(goal: Goal, cell: Cell) -> Spread:
    match goal.kind:
        case 'ratio':
            return ratio(cell, goal.contestant, goal.baseline)
        case 'difference':
            return difference(cell, goal.contestant, goal.baseline)
        case _:
            return value(cell, goal.contestant)


def _figure_text(goal: Goal, spread: Spread) -> str:
    if goal.kind == 'ratio':
        return f'{spread.median:.2f}x'
    return duration(spread.median)


def _where(cell: Cell, goal: Goal) -> str:
    """Return the labels that the goal leaves open."""
    told = {label for label, one in goal.where.items() if isinstance(one, str)}
    return ', '.join(one for label, one in cell.labels.items() if label not in told)
