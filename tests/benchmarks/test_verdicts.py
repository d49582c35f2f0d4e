from __future__ import annotations

from typing import Any

import pytest

from benchmarks.batching import BATCHING
from benchmarks.broadcast import BROADCAST
from benchmarks.cells import Cell
from benchmarks.cells import Fact
from benchmarks.codecs import CODECS
from benchmarks.echo import ECHO
from benchmarks.goals import Goal
from benchmarks.goals import GOALS
from benchmarks.startup import STARTUP
from benchmarks.verdicts import judge
from benchmarks.verdicts import Verdict

BENCHES = {bench.name: bench for bench in (CODECS, ECHO, BROADCAST, BATCHING, STARTUP)}


def goal(**fields: Any) -> Goal:
    defaults: dict[str, Any] = {
        'text': 'a goal',
        'bench': 'bench',
        'kind': 'ratio',
        'contestant': 'ours',
        'baseline': 'bare',
    }
    return Goal(**defaults | fields)


def cell(ours: list[float], bare: list[float], **labels: str) -> Cell:
    return Cell(labels, {'ours': ours, 'bare': bare})


def verdict(goal: Goal, *cells: Cell, facts: tuple[Fact, ...] = ()) -> Verdict:
    (found,) = judge([goal], {'bench': cells}, {'bench': facts})
    return found


THRICE = [1.0] * 3


@pytest.mark.parametrize(
    ('bound', 'state'),
    [
        ({'at_most': 1.25}, 'met'),
        ({'at_most': 1.2}, 'met'),
        ({'at_most': 1.15}, 'not met'),
        ({'at_least': 1.15}, 'met'),
        ({'at_least': 1.25}, 'not met'),
    ],
)
def test_a_bound_has_a_side(bound: dict[str, float], state: str) -> None:
    found = verdict(goal(**bound), cell([1.2] * 3, THRICE))
    assert (found.state, found.measured) == (state, '1.20x')


def test_a_difference_and_a_value_are_times() -> None:
    one = cell([1.1e-6] * 3, [1e-6] * 3)
    found = verdict(goal(kind='difference', at_most=80e-9), one)
    assert (found.state, found.measured) == ('not met', '100 ns')
    found = verdict(goal(kind='value', baseline='', at_most=2e-6), one)
    assert (found.state, found.measured) == ('met', '1.10 us')


def test_one_cell_that_misses_it_is_enough_and_is_named_first() -> None:
    cells = [
        cell([1.0] * 3, THRICE, size='a'),
        cell([1.1] * 3, THRICE, size='b'),
        cell([1.9] * 3, THRICE, size='c'),
        cell([1.3] * 3, THRICE, size='d'),
    ]
    found = verdict(goal(at_most=1.15), *cells)
    assert found.state == 'not met'
    assert found.measured == '1.90x (c), 1.30x (d), 1.10x (b), 2 of 4 met'

    found = verdict(goal(at_least=1.2), *cells)
    assert found.state == 'not met'
    assert found.measured == '1.00x (a), 1.10x (b), 1.30x (d), 2 of 4 met'


def test_a_goal_is_for_some_cells() -> None:
    cells = [
        cell([1.0] * 3, THRICE, size='a', way='in'),
        cell([9.0] * 3, THRICE, size='b', way='in'),
        cell([1.0] * 3, THRICE, size='a', way='out'),
    ]
    found = verdict(goal(at_most=1.15, where={'size': 'a'}), *cells)
    assert (found.state, found.measured) == ('met', '1.00x (in), 1.00x (out)')


def test_what_was_not_measured_is_not_met() -> None:
    assert verdict(goal(at_most=1.0)).state == 'not measured'
    alone = Cell({}, {'ours': THRICE})
    assert verdict(goal(at_most=1.0), alone).state == 'not measured'
    elsewhere = cell(THRICE, THRICE, size='b')
    found = verdict(goal(at_most=1.0, where={'size': 'a'}), elsewhere)
    assert found.state == 'not measured'


# Of eleven rounds, the true median is between the second and the last but one.
SPREAD = [1.0, 1.1, 1.1, 1.2, 1.2, 1.2, 1.3, 1.3, 1.3, 1.4, 1.4]


@pytest.mark.parametrize(
    ('at_most', 'state', 'is_close'),
    [
        (1.05, 'not met', False),
        (1.15, 'not met', True),
        (1.25, 'met', True),
        (1.45, 'met', False),
    ],
)
def test_a_bound_that_the_median_may_reach_is_close(
    at_most: float, state: str, is_close: bool
) -> None:
    found = verdict(goal(at_most=at_most), cell(SPREAD, [1.0] * 11))
    assert (found.state, found.is_close) == (state, is_close)


@pytest.mark.parametrize(('at_most', 'is_close'), [(1.05, False), (1.15, True)])
def test_of_a_few_rounds_the_quartiles_have_to_do(
    at_most: float, is_close: bool
) -> None:
    few = cell([1.0, 1.1, 1.2, 1.3, 1.4], [1.0] * 5)
    assert verdict(goal(at_most=at_most), few).is_close == is_close


def test_it_is_not_close_where_another_cell_misses_it_clearly() -> None:
    spread = cell(SPREAD, [1.0] * 11, size='a')
    clear = cell([9.0] * 11, [1.0] * 11, size='b')
    assert not verdict(goal(at_most=1.15), spread, clear).is_close


@pytest.mark.parametrize(('holds', 'state'), [(True, 'met'), (False, 'not met')])
def test_a_fact_holds_or_not(holds: bool, state: str) -> None:
    fact_goal = goal(kind='fact', contestant='it is so')
    facts = (Fact('another', not holds, 'no'), Fact('it is so', holds, 'as seen'))
    found = verdict(fact_goal, facts=facts)
    assert (found.state, found.measured) == (state, 'as seen')
    assert verdict(fact_goal).state == 'not measured'


@pytest.mark.parametrize('one', GOALS, ids=lambda one: one.text)
def test_each_goal_is_about_what_its_bench_measures(one: Goal) -> None:
    assert one.source
    if one.kind == 'fact':
        return
    bench = BENCHES[one.bench]
    contestants = {column.contestant for column in bench.columns}
    assert one.contestant in contestants
    assert bool(one.baseline) == (one.kind != 'value')
    assert one.baseline in {*contestants, ''}
    assert {*one.where} <= {*bench.labels}
    assert (one.at_most is None) != (one.at_least is None)
