"""Draw the comparison as a chart (matplotlib)."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from falcon_media_tools.comparison import Comparison
from falcon_media_tools.figures import quantity
from falcon_media_tools.figures import ratio_number
from falcon_media_tools.timing import Operation

__all__ = ('draw',)

# NOTE: Grey, and a blue of Okabe and Ito's palette (2008). All kinds of colour vision
#   distinguish them, and so does print, where the grey is lighter.
_BASELINE, _OTHER, _FAINT = '#929CA3', '#0072B2', '#D5DADD'
_INK, _GREY = '#1B1F22', '#5F6B73'


@dataclass(frozen=True, slots=True)
class _Bar:
    """A bar of a panel; without a value, only its text."""

    handler: str
    value: float | None
    text: str
    inner: float | None = None
    error: tuple[float, float] | None = None


def draw(
    comparisons: Sequence[Comparison], versions: Mapping[str, str], path: Path
) -> None:
    """Draw a row of panels for each message: size, time to encode, time to decode.

    Args:
        comparisons (Sequence[Comparison]): The results.
        versions (Mapping[str, str]): The versions that were measured.
        path (Path): The file; its suffix sets the format.
    """
    with mpl.rc_context(
        {
            'figure.facecolor': 'white',
            'font.family': 'sans-serif',
            'font.size': 10,
            'svg.fonttype': 'none',
            'svg.hashsalt': 'falcon-media',
            'text.color': _INK,
            'text.parse_math': False,
            'ytick.color': _INK,
        }
    ):
        _figure(comparisons, versions).savefig(
            path, dpi=144, metadata={'Date': None} if path.suffix == '.svg' else None
        )


def _figure(comparisons: Sequence[Comparison], versions: Mapping[str, str]) -> Figure:
    # NOTE: Rows have fixed heights, in inches.
    heights = [_ROW_HEAD + _BAR * len(comparison.frames) for comparison in comparisons]
    small_print = wrap(_small_print(comparisons, versions), 170)
    height = _HEAD + sum(heights) + _FOOT + _LINE * len(small_print)
    figure = Figure(figsize=(_WIDTH, height))
    figure.text(
        *(_MARGIN / _WIDTH, 1 - 0.38 / height),
        'What a message costs in each format',
        fontsize=15,
        fontweight='bold',
    )
    figure.text(
        *(_MARGIN / _WIDTH, 1 - 0.65 / height),
        'Shorter is better. The baseline is grey; in parentheses is the ratio to it. '
        'Whiskers hold the median with a confidence of 95 %.',
        color=_GREY,
    )
    top = height - _HEAD
    for comparison, row in zip(comparisons, heights, strict=True):
        _draw_row(figure, comparison, top=top, bottom=top - row)
        top -= row
    figure.text(
        *(_MARGIN / _WIDTH, 0.2 / height),
        '\n'.join(small_print),
        fontsize=8,
        color=_GREY,
    )
    return figure


_WIDTH, _MARGIN, _GAP = 12.0, 0.3, 0.3
_NAME, _LETTER = 1.2, 0.085
_HEAD, _FOOT, _LINE, _ROW_HEAD, _BAR = 0.9, 0.4, 0.15, 0.8, 0.36


def _draw_row(
    figure: Figure, comparison: Comparison, *, top: float, bottom: float
) -> None:
    width, height = figure.get_size_inches()
    figure.text(
        *(_MARGIN / width, (top - 0.22) / height),
        comparison.sample,
        fontsize=12,
        fontweight='bold',
    )
    longest = max(len(frame.handler) for frame in comparison.frames)
    names = max(_NAME, _LETTER * longest)
    each = (width - 2 * _MARGIN - names - 2 * _GAP) / 3
    panels = (
        ('Bytes, and bytes compressed (dark)', list(_size_bars(comparison))),
        (f'Encode, {comparison.clock}', list(_time_bars(comparison, 'encode'))),
        (f'Decode, {comparison.clock}', list(_time_bars(comparison, 'decode'))),
    )
    for column, (title, bars) in enumerate(panels):
        left = _MARGIN + names + column * (each + _GAP)
        axes = figure.add_axes(
            (
                left / width,
                (bottom + 0.2) / height,
                each / width,
                (top - bottom - _ROW_HEAD) / height,
            )
        )
        _draw_panel(axes, title, bars, comparison.baseline)
        if column:
            axes.set_yticklabels([])


def _size_bars(comparison: Comparison) -> Iterator[_Bar]:
    for frame in comparison.frames:
        size, deflated = frame.size, frame.deflated_size
        if size is None or deflated is None:
            yield _Bar(frame.handler, None, 'not carried')
        else:
            text = f'{size:,} / {deflated:,}'
            yield _Bar(frame.handler, size, text, inner=deflated)


def _time_bars(comparison: Comparison, operation: Operation) -> Iterator[_Bar]:
    speeds = {
        speed.handler: speed
        for speed in comparison.speeds
        if speed.operation == operation
    }
    for frame in comparison.frames:
        speed = speeds.get(frame.handler)
        if speed is None:
            yield _Bar(frame.handler, None, 'not timed')
            continue
        text = quantity(speed.seconds.median)
        if speed.ratio is not None and frame.handler != comparison.baseline:
            mark = '' if speed.is_settled else '?'
            text += f' ({ratio_number(speed.ratio.median)}{mark})'
        yield _Bar(
            frame.handler, speed.seconds.median, text, error=speed.seconds.interval
        )


def _small_print(comparisons: Sequence[Comparison], versions: Mapping[str, str]) -> str:
    counts = [comparison.rounds for comparison in comparisons]
    rounds = '-'.join(map(str, sorted({min(counts), max(counts)})))
    on = ', '.join(f'{label} {fact}' for label, fact in versions.items())
    said = f'{on}; medians (rounds: {rounds})'
    if all(speed.is_settled for one in comparisons for speed in one.speeds):
        return said
    return f'{said}; ?: the interval of the ratio is too wide to rely on it'


def _draw_panel(
    axes: Axes, title: str, bars: Sequence[_Bar], baseline: str | None
) -> None:
    longest = max((bar.value for bar in bars if bar.value), default=1.0)
    axes.set_title(title, loc='left', fontsize=10, color=_GREY)
    for row, bar in enumerate(bars):
        colour = _BASELINE if bar.handler == baseline else _OTHER
        end = 0.0
        if bar.value is not None:
            end = bar.value
            axes.barh(row, bar.value, height=0.62, color=colour)
        if bar.inner is not None:
            # NOTE: The outer bar becomes the faint one.
            axes.patches[-1].set_alpha(0.35)
            axes.barh(row, bar.inner, height=0.62, color=colour)
            end = max(end, bar.inner)
        if bar.error is not None:
            low, high = bar.error
            axes.hlines(row, low, high, color=_INK, linewidth=1.2)
            axes.vlines([low, high], row - 0.14, row + 0.14, color=_INK, linewidth=1.2)
            end = max(end, high)
        axes.text(end + longest * 0.02, row, bar.text, va='center', fontsize=9)
    axes.set_yticks(range(len(bars)), [bar.handler for bar in bars])
    axes.set_ylim(len(bars) - 0.5, -0.5)
    # NOTE: Room for the text behind the longest bar.
    axes.set_xlim(0, longest * 1.62)
    axes.set_xticks([])
    axes.tick_params(length=0)
    for side in ('top', 'right', 'bottom'):
        axes.spines[side].set_visible(False)
    axes.spines['left'].set_color(_FAINT)
