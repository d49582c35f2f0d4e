"""Rounds to a number and its spread.

Contestants of a cell take turns, so what the machine does meanwhile (another process, a
change of the clock rate) happens to all of them. Only values of one round are compared:
the ratio is taken within each round, and the median of these ratios is what is told. A
ratio of two medians would compare what happened at different times.
"""

from __future__ import annotations

from benchmarks.cells import Cell
from falcon_media_tools.spread import Spread
from falcon_media_tools.spread import spread

__all__ = ('difference', 'duration', 'ratio', 'value')


def value(cell: Cell, contestant: str) -> Spread:
    """Seconds that an operation took."""
    return spread(cell.rounds[contestant])


def ratio(cell: Cell, contestant: str, baseline: str) -> Spread:
    """How many times the baseline an operation took, round by round."""
    return spread(
        [
            one / other
            for one, other in zip(
                cell.rounds[contestant], cell.rounds[baseline], strict=True
            )
        ]
    )


def difference(cell: Cell, contestant: str, baseline: str) -> Spread:
    """How many seconds more than the baseline an operation took, round by round."""
    return spread(
        [
            one - other
            for one, other in zip(
                cell.rounds[contestant], cell.rounds[baseline], strict=True
            )
        ]
    )


_UNITS = (('s', 1.0), ('ms', 1e-3), ('us', 1e-6), ('ns', 1e-9))


def duration(seconds: float) -> str:
    """Write a time in the unit that suits it, with three digits."""
    fitting = (one for one in _UNITS if abs(seconds) >= one[1])
    unit, size = next(fitting, _UNITS[-1])
    scaled = seconds / size
    digits = 0 if unit == 'ns' or abs(scaled) >= 100 else 1 if abs(scaled) >= 10 else 2
    return f'{scaled:.{digits}f} {unit}'
