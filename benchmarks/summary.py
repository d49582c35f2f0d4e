"""Reduce rounds to a median and its spread.

The contestants of a cell take turns, so disturbances of the machine (another process, a
change of the clock rate) affect all of them. Only values of the same round are
compared: the result is the median of the ratios within each round. A ratio of two
medians would compare different times.
"""

from __future__ import annotations

from benchmarks.cells import Cell
from falcon_media_tools.spread import Spread
from falcon_media_tools.spread import spread

__all__ = ('difference', 'duration', 'ratio', 'value')


def value(cell: Cell, contestant: str) -> Spread:
    """Return the seconds of an operation."""
    return spread(cell.rounds[contestant])


def ratio(cell: Cell, contestant: str, baseline: str) -> Spread:
    """Return the ratio to the baseline, round by round."""
    return spread(
        [
            one / other
            for one, other in zip(
                cell.rounds[contestant], cell.rounds[baseline], strict=True
            )
        ]
    )


def difference(cell: Cell, contestant: str, baseline: str) -> Spread:
    """Return the difference from the baseline in seconds, round by round."""
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
    """Format a time in a suitable unit, with three digits."""
    fitting = (one for one in _UNITS if abs(seconds) >= one[1])
    unit, size = next(fitting, _UNITS[-1])
    scaled = seconds / size
    digits = 0 if unit == 'ns' or abs(scaled) >= 100 else 1 if abs(scaled) >= 10 else 2
    return f'{scaled:.{digits}f} {unit}'
