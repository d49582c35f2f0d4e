"""``falcon-media bench``."""

from __future__ import annotations

from dataclasses import asdict
from importlib.util import find_spec
import json
from pathlib import Path
import platform
from typing import Any

import click

from falcon_media.errors import SetupError
from falcon_media.printable import printable
from falcon_media.requirements import version_of
from falcon_media.suggestions import one_of
from falcon_media_tools.candidates import Candidates
from falcon_media_tools.candidates import candidates
from falcon_media_tools.candidates import parse_options
from falcon_media_tools.comparison import Budget
from falcon_media_tools.comparison import compare
from falcon_media_tools.comparison import Comparison
from falcon_media_tools.samples import read_sample
from falcon_media_tools.samples import SampleError
from falcon_media_tools.settings import handler_settings

__all__ = ('command',)

SECONDS = 3.0


@click.command(
    epilog='Example: falcon-media bench chat.json event.json --chart formats.svg',
)
@click.argument(
    'samples',
    metavar='SAMPLE...',
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
)
@click.option(
    '--handler',
    'names',
    metavar='NAME',
    multiple=True,
    help='Compare this handler; may be repeated (default: all installed ones).',
)
@handler_settings
@click.option(
    '--from',
    'source',
    metavar='NAME',
    default='json',
    show_default=True,
    help='The handler that decodes the samples.',
)
@click.option(
    '--baseline',
    metavar='NAME',
    help='The handler that ratios compare with (default: json, or else the first).',
)
@click.option(
    '--seconds',
    metavar='SECONDS',
    type=click.FloatRange(0, min_open=True),
    help=f'Time for each sample (default: {SECONDS:g}, unless there is --rounds).',
)
@click.option(
    '--rounds',
    metavar='NUMBER',
    type=click.IntRange(1),
    help='Rounds that count for each sample (default: as many as the time allows).',
)
@click.option(
    '--chart',
    metavar='FILE',
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help='Draw a chart: .svg or .png.',
)
@click.option('--json', 'as_json', is_flag=True, help='Print JSON.')
def command(
    *,
    samples: tuple[str, ...],
    names: tuple[str, ...],
    options: tuple[str, ...],
    config: str | None,
    source: str,
    baseline: str | None,
    seconds: float | None,
    rounds: int | None,
    chart: Path | None,
    as_json: bool,
) -> int:
    """Compare formats on your own messages.

    SAMPLE is a file with one message, in JSON unless --from names another format; - is
    standard input. Shows for each handler the size, before and after compression;
    values that are refused or come back changed; and the time to encode and decode,
    measured in rounds that take the handlers in turn.

    Exits with code 1 if no handler carries a sample.
    """
    if chart is not None:
        _check_chart(chart)
    try:
        given = parse_options(options)
        (reader,) = candidates([source], options=given, config=config).handlers.values()
        found = candidates(names, options=given, config=config)
        media = [read_sample(path, reader) for path in samples]
    except (SetupError, SampleError) as ex:
        raise click.UsageError(f'{str(ex).rstrip(".")}.') from ex
    if baseline is not None and baseline not in found.handlers:
        raise click.BadParameter(
            f'{baseline!r} is not one of the compared handlers. '
            f'{one_of(baseline, found.handlers)}.',
            param_hint='--baseline',
        )
    if seconds is None and rounds is None:
        seconds = SECONDS
    budget = Budget(seconds=seconds, rounds=rounds)
    from falcon_media_tools.progress import progress_of

    with progress_of(len(media)) as progress:
        comparisons = [
            compare(
                sample,
                found.handlers,
                baseline=baseline,
                budget=budget,
                progress=progress(sample.name),
            )
            for sample in media
        ]
    _show(found, comparisons, as_json=as_json)
    if chart is not None:
        from falcon_media_tools.chart import draw

        try:
            draw(comparisons, _versions(found), chart)
        except OSError as ex:
            raise click.UsageError(f'cannot write {chart}: {ex.strerror}.') from ex
    return 0 if all(comparison.speeds for comparison in comparisons) else 1


def _check_chart(path: Path) -> None:
    if path.suffix not in {'.svg', '.png'}:
        raise click.BadParameter(
            f'{str(path)!r} must end in .svg or .png.', param_hint='--chart'
        )
    if not path.parent.is_dir():
        raise click.BadParameter(
            f'folder {str(path.parent)!r} does not exist.', param_hint='--chart'
        )
    if find_spec('matplotlib') is None:
        raise click.UsageError(
            "--chart needs matplotlib: pip install 'falcon-media[bench]'."
        )


def _versions(found: Candidates) -> dict[str, str]:
    return {
        platform.python_implementation(): platform.python_version(),
        'falcon-media': version_of('falcon-media') or '?',
        **found.versions,
    }


def _show(found: Candidates, comparisons: list[Comparison], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(_as_json(found, comparisons), indent=2))
        return
    from falcon_media_tools import figures
    from falcon_media_tools.output import Screen

    screen = Screen()
    screen.line(
        ', '.join(
            printable(f'{label} {fact}') for label, fact in _versions(found).items()
        )
    )
    for name, why in found.absent.items():
        screen.line(f'skipped {name}: {why}')
    for comparison in comparisons:
        name, baseline = comparison.sample, comparison.baseline
        screen.heading(f'{name}: size' + f', ratios to {baseline}' * bool(baseline))
        screen.table(figures.SIZES_HEAD, figures.sizes(comparison))
        for line in figures.remarks(comparison):
            screen.line(line)
        if comparison.speeds:
            screen.heading(
                f'{name}: {comparison.clock}, ratios to {baseline} (rounds: '
                f'{comparison.rounds})'
            )
            screen.table(figures.TIMES_HEAD, figures.times(comparison))
    speeds = [speed for comparison in comparisons for speed in comparison.speeds]
    if speeds:
        screen.heading('How to read it')
        screen.line(figures.LEGEND)
    if not all(speed.is_settled for speed in speeds):
        screen.line(figures.UNSETTLED)


def _as_json(found: Candidates, comparisons: list[Comparison]) -> dict[str, Any]:
    shown = [asdict(comparison) for comparison in comparisons]
    for comparison in shown:
        for frame in comparison['frames']:
            # NOTE: JSON can't hold bytes; `falcon-media encode` shows them.
            del frame['payload']
    return {
        'versions': _versions(found),
        'absent': found.absent,
        'comparisons': shown,
    }
