from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
import pytest

from falcon_media_tools.spread import interval
from falcon_media_tools.spread import spread


# NOTE: Ranks as in the usual tables of intervals of the median, at 95 %.
@pytest.mark.parametrize(
    ('count', 'ranks'),
    [
        (6, (1, 6)),
        (8, (1, 8)),
        (9, (2, 8)),
        (10, (2, 9)),
        (20, (6, 15)),
        (50, (18, 33)),
        (100, (40, 61)),
        (2000, (956, 1045)),
    ],
)
def test_the_interval_is_that_of_the_tables(count: int, ranks: tuple[int, int]) -> None:
    assert interval(range(1, count + 1)) == ranks


@pytest.mark.parametrize('count', range(1, 6))
def test_too_few_rounds_give_no_interval(count: int) -> None:
    found = spread([3.0] * count)
    assert found.interval is None
    assert (found.median, found.quartiles, found.rounds) == (3, (3, 3), count)


@given(st.lists(st.floats(1e-9, 1e3), min_size=6))
def test_the_median_lies_within(values: list[float]) -> None:
    found = spread(values)
    assert found.interval is not None
    low, high = found.interval
    assert min(values) <= low <= found.median <= high <= max(values)
    assert spread(values[::-1]) == found


def test_one_wild_value_moves_little() -> None:
    calm = spread([10.0, 11, 12, 13, 14, 15, 16])
    wild = spread([10.0, 11, 12, 13, 14, 15, 16e6])
    assert (calm.median, calm.quartiles) == (wild.median, wild.quartiles)
    assert calm.width == wild.width == 1.5 / 13
