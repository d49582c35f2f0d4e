"""Draw results as SVG charts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter
from matplotlib.ticker import LogLocator
from matplotlib.ticker import NullLocator

from benchmarks.bench import Bench
from benchmarks.bench import Measured
from benchmarks.cells import Cell
from benchmarks.summary import ratio
from benchmarks.summary import value

__all__ = ('draw',)

# NOTE: Keep text as text, and make equal files of equal results.
mpl.rcParams.update({'svg.fonttype': 'none', 'svg.hashsalt': 'falcon-media'})

_COLORS = ('#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000')
"""The palette of Okabe and Ito, which is safe for color-blind readers."""
_MARKERS = 'osD^vPX'


def draw(bench: Bench, measured: Measured, path: Path, caption: str) -> None:
    """Draw the results of a bench: one panel for each value of a label.

    A line is a cell, a mark is the median of a contestant, and its bar goes from
    quartile to quartile.

    Args:
        bench (Bench): The bench.
        measured (Measured): The results.
        path (Path): The file to write.
        caption (str): The machine.
    """
    panels = list(dict.fromkeys(cell.labels[bench.panel] for cell in measured.cells))
    contestants = list(
        dict.fromkeys(
            column.contestant
            for column in bench.columns
            if (bench.chart == 'time' or column.contestant != bench.baseline)
            and any(column.contestant in cell.rounds for cell in measured.cells)
        )
    )
    parted = [
        [cell for cell in measured.cells if cell.labels[bench.panel] == panel]
        for panel in panels
    ]
    height = 2.0 + 0.08 * len(contestants) * max(map(len, parted))
    figure = Figure(figsize=(6.5 * len(panels), height))
    figure.set_layout_engine('constrained')
    axes: Sequence[Axes] = figure.subplots(1, len(panels), squeeze=False)[0]
    for axis, panel, cells in zip(axes, panels, parted, strict=True):
        _draw_panel(axis, bench, cells, contestants)
        axis.set_title(panel, loc='left', fontsize=10)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc='outside lower center', ncols=len(labels), frameon=False
    )
    figure.suptitle(f'{bench.summary}\n{caption}', fontsize=10)
    figure.savefig(path, format='svg', metadata={'Date': None})


def _draw_panel(
    axis: Axes, bench: Bench, cells: Sequence[Cell], contestants: Sequence[str]
) -> None:
    low, high = 1.0, 1.0
    for number, contestant in enumerate(contestants):
        lines = [line for line, cell in enumerate(cells) if contestant in cell.rounds]
        points = [_point(bench, cells[line], contestant) for line in lines]
        low = min([low, *(point.low for point in points)])
        high = max([high, *(point.high for point in points)])
        # NOTE: One below another, so that equal marks don't hide each other.
        offset = (number - (len(contestants) - 1) / 2) * 0.8 / len(contestants)
        axis.errorbar(
            [point.median for point in points],
            [line + offset for line in lines],
            xerr=[
                [point.median - point.low for point in points],
                [point.high - point.median for point in points],
            ],
            fmt=_MARKERS[number % len(_MARKERS)],
            color=_COLORS[number % len(_COLORS)],
            markersize=4,
            linewidth=1,
            label=contestant,
        )
    unit = 'ms'
    if bench.chart == 'ratio':
        axis.axvline(1, color='#808080', linewidth=1)
        unit = f'times {bench.baseline}'
        if high > _WIDE * low:
            unit += ', logarithmic'
            axis.set_xscale('log')
            steps = (1, 3) if high > _WIDEST * low else (1, 1.5, 2, 3, 5)
            axis.xaxis.set_major_locator(LogLocator(subs=steps))
            axis.xaxis.set_minor_locator(NullLocator())
            axis.xaxis.set_major_formatter(FormatStrFormatter('%g'))
    else:
        axis.set_xlim(left=0)
    axis.set_xlabel(f'{unit}; less is better')
    axis.set_yticks(
        range(len(cells)),
        [
            ', '.join(cell.labels[name] for name in bench.labels if name != bench.panel)
            for cell in cells
        ],
    )
    axis.set_ylim(len(cells) - 0.5, -0.5)
    for line in range(1, len(cells)):
        axis.axhline(line - 0.5, color='#e0e0e0', linewidth=0.5)
    axis.grid(axis='x', color='#e0e0e0', linewidth=0.5)
    axis.set_axisbelow(True)


_WIDE = 4
"""Ratio of greatest to least value from which the scale is logarithmic."""
_WIDEST = 40
"""Ratio from which a logarithmic scale has room for only two ticks a decade."""


class _Point(NamedTuple):
    """The position of a mark, and the ends of its bar."""

    median: float
    low: float
    high: float


def _point(bench: Bench, cell: Cell, contestant: str) -> _Point:
    if bench.chart == 'ratio':
        found = ratio(cell, contestant, bench.baseline)
        return _Point(found.median, *found.quartiles)
    found = value(cell, contestant)
    return _Point(*(1e3 * seconds for seconds in (found.median, *found.quartiles)))
