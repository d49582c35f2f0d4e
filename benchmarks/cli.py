"""The command line of the benchmarks."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from datetime import UTC
from importlib import metadata
import json
from pathlib import Path
import re
from time import monotonic
from typing import Any

from rich.console import Console

from benchmarks.batching import BATCHING
from benchmarks.bench import Bench
from benchmarks.bench import Context
from benchmarks.bench import Measured
from benchmarks.broadcast import BROADCAST
from benchmarks.cells import Mismatch
from benchmarks.cells import Skipped
from benchmarks.charts import draw
from benchmarks.codecs import CODECS
from benchmarks.echo import ECHO
from benchmarks.goals import GOALS
from benchmarks.handlers import entrants
from benchmarks.machine import busy
from benchmarks.machine import cpus
from benchmarks.machine import describe
from benchmarks.machine import load
from benchmarks.progress import telling
from benchmarks.report import console
from benchmarks.report import goals_table
from benchmarks.report import results_table
from benchmarks.startup import STARTUP
from benchmarks.verdicts import judge
from benchmarks.verdicts import Verdict
from falcon_media.limits import SPEEDUPS

__all__ = ('main',)

BENCHES = {bench.name: bench for bench in (CODECS, ECHO, BROADCAST, BATCHING, STARTUP)}
RESULTS = Path(__file__).parent / 'results'


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benches.

    Returns:
        int: The exit status: 1 if a bench did not finish. Bad figures are not a
        failure.
    """
    parser = _parser()
    options = parser.parse_args(argv)
    out = console()
    if options.list:
        for bench in BENCHES.values():
            out.print(f'{bench.name:12}{bench.summary}')
        return 0

    if unknown := set(options.bench) - BENCHES.keys():
        parser.error(f'no bench {", ".join(unknown)}: there are {", ".join(BENCHES)}')
    handlers = [entrant.name for entrant in entrants()]
    if unknown := set(options.handler).difference(handlers):
        known = ', '.join(handlers)
        parser.error(f'no handler {", ".join(unknown)}: there are {known}')
    chosen = [BENCHES[name] for name in options.bench or BENCHES]
    if problem := busy():
        out.print(f'Note: {problem}. Expect wider spreads than on an idle machine.')
    if options.quick:
        out.print('Note: --quick only tests the benches; its figures are meaningless.')
    began, started = monotonic(), describe(_packages())
    results = {bench.name: _run(bench, options, out) for bench in chosen}
    verdicts = judge(
        [goal for goal in GOALS if goal.bench in results],
        {name: measured.cells for name, measured in results.items()},
        {name: measured.facts for name, measured in results.items()},
    )
    out.print(goals_table(verdicts))
    seconds = round(monotonic() - began, 1)
    folder = options.out or RESULTS / f'{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}'
    machine = started | {'load_average_after': load(), 'seconds': seconds}
    _write(folder, chosen, results, verdicts, machine, quick=options.quick)
    compiled = f'{SPEEDUPS} {started["packages"].get(SPEEDUPS, "is not installed")}'
    out.print(
        f'{started["cpu"]}, Python {started["python"]["version"]}, {compiled}; '
        f'{seconds} s; '
        f'load average {started["load_average"]} before, {load()} after'
    )
    out.print(f'Written to {folder}', soft_wrap=True)
    return int(any(measured.is_broken for measured in results.values()))


def _run(bench: Bench, options: argparse.Namespace, out: Console) -> Measured:
    with telling(out, bench.name) as progress:
        context = Context(
            quick=options.quick,
            only=frozenset(options.handler),
            cpus=cpus(),
            progress=progress,
        )
        try:
            measured = bench.run(context)
        except Skipped as ex:
            measured = Measured(notes=[f'skipped: {ex}'])
        except (Mismatch, RuntimeError) as ex:
            measured = Measured(notes=[f'failed: {ex}'], is_broken=True)
    if measured.cells:
        out.print(results_table(bench, measured))
    for note in (*measured.notes, *(fact.detail for fact in measured.facts)):
        out.print(f'{bench.name}: {note}')
    return measured


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks',
        description='Measure the cost of falcon-media. See docs/benchmarks.md.',
    )
    parser.add_argument(
        'bench', nargs='*', help=f'the benches to run (default: {", ".join(BENCHES)})'
    )
    parser.add_argument('--list', action='store_true', help='list the benches')
    parser.add_argument(
        '--quick',
        action='store_true',
        help='test all benches in seconds, with meaningless figures',
    )
    parser.add_argument(
        '--handler',
        action='append',
        default=[],
        metavar='NAME',
        help='measure only this handler (repeat for several)',
    )
    parser.add_argument(
        '--out', type=Path, metavar='FOLDER', help='folder for the results'
    )
    return parser


def _packages() -> set[str]:
    """List the installed distributions that are measured, and their dependencies."""
    handlers = metadata.entry_points(group='falcon_media.handlers.v1')
    ours = {point.dist.name for point in handlers if point.dist} | {'falcon-media'}
    libraries = {
        name[0]
        for package in ours
        for requirement in metadata.requires(package) or ()
        if 'extra' not in requirement and (name := re.match(r'[\w.-]+', requirement))
    }
    others = {'litestar', 'starlette', 'uvicorn', 'websockets', SPEEDUPS}
    return ours | libraries | others


def _write(
    folder: Path,
    chosen: Sequence[Bench],
    results: Mapping[str, Measured],
    verdicts: Sequence[Verdict],
    machine: Mapping[str, Any],
    *,
    quick: bool,
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    document = {
        'quick': quick,
        'machine': machine,
        'benches': {
            name: {
                'baseline': BENCHES[name].baseline,
                'cells': [cell.as_json() for cell in measured.cells],
                'facts': [fact.as_json() for fact in measured.facts],
                'notes': list(measured.notes),
            }
            for name, measured in results.items()
        },
        'goals': [
            {
                'goal': verdict.goal.text,
                'source': verdict.goal.source,
                'state': verdict.state,
                'is_close': verdict.is_close,
                'measured': verdict.measured,
            }
            for verdict in verdicts
        ],
    }
    text = json.dumps(document, ensure_ascii=False, indent=1)
    (folder / 'results.json').write_text(text + '\n', 'utf-8')
    caption = f'{machine["cpu"]}, Python {machine["python"]["version"]}'
    for bench in chosen:
        if results[bench.name].cells:
            draw(bench, results[bench.name], folder / f'{bench.name}.svg', caption)
