"""Medians with confidence intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from itertools import takewhile
from math import comb
from statistics import quantiles

__all__ = ('interval', 'Spread', 'spread')

# NOTE: 95 % lie between the two ends, so one in 40 lies beyond each.
_BEYOND = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The median of some rounds, with its spread.

    Attributes:
        median (float): The median of the rounds.
        quartiles (tuple[float, float]): The lower and the upper quartile.
        interval (tuple[float, float] | None): The confidence interval of the median, of
            at least 95 %; ``None`` if there are too few rounds.
        rounds (int): The number of rounds.
    """

    median: float
    quartiles: tuple[float, float]
    interval: tuple[float, float] | None
    rounds: int

    @property
    def width(self) -> float:
        """Half the interquartile range, relative to the median."""
        low, high = self.quartiles
        return (high - low) / 2 / self.median


def spread(values: Sequence[float]) -> Spread:
    """Combine the values of all rounds.

    Args:
        values (Sequence[float]): One for each round; at least one.

    Returns:
        Spread: Their median, and its spread.
    """
    # NOTE: Before CPython 3.13, quantiles() refuses a single value.
    several = values if len(values) > 1 else [*values, *values]
    low, middle, high = quantiles(several, n=4, method='inclusive')
    return Spread(
        median=middle,
        quartiles=(low, high),
        interval=interval(values),
        rounds=len(values),
    )


def interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Return a confidence interval of the median, from the order of the values alone.

    It assumes no distribution: times have a long tail to the right, for which a normal
    distribution would mislead. A value is below the true median in half of the cases,
    so the number of such values is binomial (the sign test). The interval is exact and
    needs no resampling, so the same values always give the same interval.

    Args:
        values (Sequence[float]): One for each round.

    Returns:
        tuple | None: The ends of the interval; ``None`` for less than six values, whose
        whole range does not reach that confidence.
    """
    count = len(values)
    ways = accumulate(comb(count, below) for below in range(count))
    rank = sum(1 for _ in takewhile(lambda some: _BEYOND * some <= 2**count, ways))
    if not rank:
        return None
    ordered = sorted(values)
    return ordered[rank - 1], ordered[count - rank]
