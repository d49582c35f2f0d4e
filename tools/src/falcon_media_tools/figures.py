"""Format numbers and the tables of `bench`."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from math import floor
from math import log10

from falcon_media_tools.comparison import Comparison
from falcon_media_tools.measuring import Frame
from falcon_media_tools.spread import Spread
from falcon_media_tools.timing import Speed

__all__ = (
    'LEGEND',
    'quantity',
    'ratio_number',
    'remarks',
    'sizes',
    'SIZES_HEAD',
    'times',
    'TIMES_HEAD',
    'UNSETTLED',
)

SIZES_HEAD = ('handler', 'bytes', 'ratio', 'deflated', 'ratio', 'round trip')
TIMES_HEAD = ('handler', 'encode', 'ratio', 'decode', 'ratio')

LEGEND = (
    'Times are medians; ± is half the interquartile range. A ratio is the median of '
    'the ratios within each round, with its 95 % confidence interval in parentheses.'
)
UNSETTLED = (
    '? marks an unreliable ratio: its interval is wider than a tenth of it, or there '
    'were too few rounds. Use more --seconds, or a quieter machine.'
)

_UNITS = ((1.0, 's'), (1e-3, 'ms'), (1e-6, 'µs'))


def _number(value: float, digits: int = 3) -> str:
    """Format a number with a few significant digits and no exponent."""
    if not value:
        return '0'
    return f'{value:.{max(0, digits - 1 - floor(log10(abs(value))))}f}'


def quantity(seconds: float) -> str:
    """Format a time in a suitable unit."""
    for factor, unit in _UNITS:
        if seconds >= factor:
            return f'{_number(seconds / factor)} {unit}'
    return f'{_number(seconds / 1e-9)} ns'


def sizes(comparison: Comparison) -> list[tuple[str, ...]]:
    """Return the rows under `SIZES_HEAD`."""
    sizes_of = {
        frame.handler: (frame.size, frame.deflated_size) for frame in comparison.frames
    }
    base, deflated_base = sizes_of.get(comparison.baseline or '', (None, None))
    columns = [
        [frame.handler for frame in comparison.frames],
        _right(_count(frame.size) for frame in comparison.frames),
        _right(_size_ratio(frame.size, base) for frame in comparison.frames),
        _right(_count(frame.deflated_size) for frame in comparison.frames),
        _right(
            _size_ratio(frame.deflated_size, deflated_base)
            for frame in comparison.frames
        ),
        list(map(_round_trip, comparison.frames)),
    ]
    return list(zip(*columns, strict=True))


def times(comparison: Comparison) -> list[tuple[str, ...]]:
    """Return the rows under `TIMES_HEAD`."""
    encode = [speed for speed in comparison.speeds if speed.operation == 'encode']
    decode = [speed for speed in comparison.speeds if speed.operation == 'decode']
    columns = [
        [speed.handler for speed in encode],
        *(
            _right(map(cell, speeds))
            for speeds in (encode, decode)
            for cell in (_time, _time_ratio)
        ),
    ]
    return list(zip(*columns, strict=True))


def remarks(comparison: Comparison) -> Iterator[str]:
    """Yield a line for each message that is not carried, and for each change."""
    for frame in comparison.frames:
        if frame.refused:
            yield f'not carried: {frame.refused}'
        if frame.undecodable:
            yield f'not decodable: {frame.undecodable}'
        for change in frame.changes:
            yield f'changed by {frame.handler}: {change}'


def _size_ratio(size: int | None, base: int | None) -> str:
    """Format the ratio of a size to that of the baseline."""
    return ratio_number(size / base) if size is not None and base else '-'


def _count(size: int | None) -> str:
    return '-' if size is None else f'{size:,}'


def _round_trip(frame: Frame) -> str:
    if frame.refused:
        return 'not carried'
    if frame.undecodable:
        return 'not decodable'
    return 'changed' if frame.changes else 'equal'


def _time(speed: Speed) -> str:
    return f'{quantity(speed.seconds.median)} ±{speed.seconds.width:3.0%}'


def _time_ratio(speed: Speed) -> str:
    ratio = speed.ratio
    if ratio is None:
        return '-'
    mark = ' ' if speed.is_settled else '?'
    return f'{ratio_number(ratio.median)}{mark} {_interval(ratio):13}'


def _interval(ratio: Spread) -> str:
    if ratio.interval is None:
        return '(too few)'
    low, high = ratio.interval
    return f'({ratio_number(low)}-{ratio_number(high)})'


def ratio_number(value: float) -> str:
    """Format a ratio, short enough for a table of 80 columns."""
    return f'{value:.2f}' if value >= 0.1 else _number(value, 2)


def _right(cells: Iterable[str]) -> list[str]:
    cells = list(cells)
    width = max(map(len, cells), default=0)
    return [cell.rjust(width) for cell in cells]
