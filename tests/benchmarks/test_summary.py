from __future__ import annotations

import pytest

from benchmarks.cells import Cell
from benchmarks.summary import difference
from benchmarks.summary import duration
from benchmarks.summary import ratio
from benchmarks.summary import value


def cell(**rounds: list[float]) -> Cell:
    return Cell({}, dict(rounds))


def test_a_ratio_is_that_of_each_round() -> None:
    # The machine is ten times slower in some rounds. The ratio of the medians would be
    # 30 / 10 or so; in each round it is 2.
    slow_and_fast = cell(ours=[2.0, 20.0, 20.0, 2.0], bare=[1.0, 10.0, 10.0, 1.0])
    found = ratio(slow_and_fast, 'ours', 'bare')
    assert (found.median, found.quartiles) == (2.0, (2.0, 2.0))
    assert ratio(slow_and_fast, 'bare', 'ours').median == 0.5

    crossed = cell(ours=[3.0, 30.0, 30.0], bare=[1.0, 20.0, 15.0])
    found = ratio(crossed, 'ours', 'bare')
    assert (found.median, found.quartiles) == (2.0, (1.75, 2.5))


def test_a_difference_is_that_of_each_round() -> None:
    drifting = cell(ours=[11.0, 21.0, 31.0], bare=[10.0, 20.0, 30.0])
    found = difference(drifting, 'ours', 'bare')
    assert (found.median, found.quartiles) == (1.0, (1.0, 1.0))
    assert difference(drifting, 'bare', 'ours').median == -1.0


def test_rounds_that_do_not_belong_together_are_an_error() -> None:
    uneven = cell(ours=[1.0, 2.0], bare=[1.0])
    for compare in (ratio, difference):
        with pytest.raises(ValueError, match='shorter'):
            compare(uneven, 'ours', 'bare')


def test_a_value_is_that_of_one_contestant() -> None:
    assert value(cell(ours=[1.0, 2.0, 3.0], bare=[9.0] * 3), 'ours').median == 2.0


@pytest.mark.parametrize(
    ('seconds', 'text'),
    [
        (0.0, '0 ns'),
        (4.4e-8, '44 ns'),
        (-1.92e-7, '-192 ns'),
        (1.5e-6, '1.50 us'),
        (2.04e-5, '20.4 us'),
        (3.27e-4, '327 us'),
        (0.0256, '25.6 ms'),
        (1.0, '1.00 s'),
    ],
)
def test_a_duration_has_the_unit_that_suits_it(seconds: float, text: str) -> None:
    assert duration(seconds) == text
