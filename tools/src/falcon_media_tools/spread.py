"""Medians, and how far they can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from itertools import takewhile
from math import comb
from statistics import quantiles

__all__ = ('interval', 'Spread', 'spread')

# NOTE: 95 % lie between the two ends, so one in 40 beyond each.
_BEYOND = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """What a number of rounds found.

    Attributes:
        median (float): The median of the rounds.
        quartiles (tuple[float, float]): Between these are the middle half of the
            rounds.
        interval (tuple[float, float] | None): Between these is the true median, with a
            confidence of at least 95 %; ``None`` where the rounds are too few to tell.
        rounds (int): How many there were.
    """

    median: float
    quartiles: tuple[float, float]
    interval: tuple[float, float] | None
    rounds: int

    @property
    def width(self) -> float:
        """Half the distance of the quartiles, as a part of the median."""
        low, high = self.quartiles
        return (high - low) / 2 / self.median


def spread(values: Sequence[float]) -> Spread:
    """Bring the values of all rounds together.

    Args:
        values (Sequence[float]): One for each round; at least one.

    Returns:
        Spread: Their median, and its spread.
    """
    # NOTE: Of a single value there are none, before CPython 3.13.
    several = values if len(values) > 1 else [*values, *values]
    low, middle, high = quantiles(several, n=4, method='inclusive')
    return Spread(
        median=middle,
        quartiles=(low, high),
        interval=interval(values),
        rounds=len(values),
    )


def interval(values: Sequence[float]) -> tuple[float, float] | None:
    """A confidence interval of the median, from the order of the values alone.

    It assumes no distribution: times have a long tail to the right, where a normal one
    would mislead. A value is below the true median in one case of two, so the number of
    those that are is binomial (the sign test). It is exact and needs no resampling, so
    the same values give the same interval.

    Args:
        values (Sequence[float]): One for each round.

    Returns:
        tuple | None: Lowest and highest; ``None`` for less than six values, whose whole
        range is no interval of that confidence yet.
    """
    count = len(values)
    ways = accumulate(comb(count, below) for below in range(count))
    rank = sum(1 for _ in takewhile(lambda some: _BEYOND * some <= 2**count, ways))
    if not rank:
        return None
    ordered = sorted(values)
    return ordered[rank - 1], ordered[count - rank]
