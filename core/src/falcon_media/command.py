"""The command ``falcon-media``: ``list`` and the installed subcommands."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import EntryPoint
from io import TextIOWrapper
import json
import os
import sys
from typing import NamedTuple, NoReturn

from falcon_media.plugins.discovery import Policy
from falcon_media.plugins.registry import Registry
from falcon_media.plugins.registry import Row
from falcon_media.printable import one_line
from falcon_media.printable import printable
from falcon_media.requirements import distributions
from falcon_media.requirements import version_of
from falcon_media.suggestions import one_of

__all__ = ('cells', 'GROUP', 'HEAD', 'main', 'PROGRAM', 'Subcommand', 'table')

PROGRAM = 'falcon-media'

GROUP = 'falcon_media.commands.v1'
"""Entry point group of subcommands; each entry is a :class:`Subcommand`."""

HEAD = ('name', 'payload', 'media type', 'distribution', 'state')

_KNOWN = {
    'doctor': 'cli',
    'decode': 'cli',
    'encode': 'cli',
    'bench': 'cli',
    'lab': 'lab',
    'new': 'new',
}
"""Subcommand -> the extra of falcon-media that installs it."""

_WIDEST = 60
"""Maximum characters in a cell, since text of a plugin may have any length."""


class Subcommand(NamedTuple):
    """A subcommand, as an entry point provides it.

    Attributes:
        summary (str): One line for the help.
        run (Callable): Takes the arguments after the name; returns the exit code.
    """

    summary: str
    run: Callable[[Sequence[str]], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        argv (Sequence[str]): Arguments (default: those of the process).

    Returns:
        int: Exit code: 0; 1 if a command found a problem; 2 for wrong arguments or a
        subcommand that is not installed.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    if isinstance(sys.stdout, TextIOWrapper):
        # NOTE: Escape characters that the encoding lacks, as on standard error.
        sys.stdout.reconfigure(errors='backslashreplace')
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # pragma: no cover  # in a process without an output
        # NOTE: The reader has closed the pipe, as `head` does. Buffered output must not
        #   raise again at exit (CPython, "Note on SIGPIPE").
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def _run(argv: Sequence[str]) -> int:
    installed = _installed()
    if argv and argv[0] in installed:
        try:
            subcommand: Subcommand = installed[argv[0]].load()
        except Exception as ex:  # noqa: BLE001  # a third-party package
            return _fail(f'{argv[0]} cannot be loaded: {one_line(ex)}')
        return subcommand.run(argv[1:])
    if argv and argv[0] in _KNOWN:
        return _fail(f'{argv[0]} is not installed: {_cure(argv[0])}')
    names = ['list', *dict.fromkeys([*_KNOWN, *installed])]
    if argv and argv[0] != 'list' and not argv[0].startswith('-'):
        return _fail(
            f'unknown command {argv[0]!r}. {one_of(argv[0], names)}. '
            f'See: {PROGRAM} --help'
        )
    parser = _Parser(
        prog=PROGRAM,
        description='Inspect and try media handlers for Falcon.',
        epilog='Every command has --help, with an example.',
    )
    version = f'{PROGRAM}, version {version_of(PROGRAM) or "?"}'
    parser.add_argument('--version', action='version', version=version)
    commands = parser.add_subparsers(
        metavar='COMMAND', required=True, parser_class=_Parser
    )
    listing = commands.add_parser(
        'list',
        help='List the installed handlers.',
        description='List the installed handlers, and say why one cannot be used. No '
        'codec library is imported.',
        epilog='Example: falcon-media list --json',
    )
    listing.add_argument('--json', action='store_true', help='Print JSON.')
    if set(argv) & {'-h', '--help'} and argv[0] != 'list':
        for name in names[1:]:
            commands.add_parser(name, help=_summary(installed, name))
    try:
        arguments = parser.parse_args(argv)
    except SystemExit as ex:
        return int(ex.code or 0)
    _list(as_json=arguments.json)
    return 0


def _installed() -> dict[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for distribution in distributions():
        # NOTE: Unreadable metadata must not hide other subcommands; `list` reports it
        #   if it belongs to a plugin.
        with suppress(Exception):
            for entry_point in distribution.entry_points.select(group=GROUP):
                found.setdefault(entry_point.name, entry_point)
    return found


def _summary(installed: Mapping[str, EntryPoint], name: str) -> str:
    if name not in installed:
        return f'Not installed: {_cure(name)}.'
    try:
        summary: str = installed[name].load().summary
    # NOTE: One broken subcommand must not break the help of the others.
    except Exception as ex:  # noqa: BLE001  # see NOTE
        return printable(f'Broken: {one_line(ex)}', _WIDEST)
    return summary


def _cure(name: str) -> str:
    return f"pip install '{PROGRAM}[{_KNOWN[name]}]'"


def _fail(message: str) -> int:
    print(f'{PROGRAM}: {printable(message)}', file=sys.stderr)
    return 2


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        message = f'{message[:1].upper()}{message[1:]}'
        self.exit(2, f'{self.prog}: {message}. See: {self.prog} --help\n')


# -------------------------------------------------------------------------------- list


def _list(*, as_json: bool) -> None:
    # NOTE: List broken plugins even if FALCON_MEDIA_STRICT is set.
    policy = Policy.of(os.environ)._replace(strict=False)
    rows = Registry.discover(policy).rows()
    if as_json:
        print(json.dumps(rows, indent=2))
    else:
        print('\n'.join([*table(HEAD, map(cells, rows)), *_reasons(rows)]))


def cells(row: Row) -> tuple[str, ...]:
    """Return the cells of a row, under :data:`HEAD`."""
    cells = (
        row['name'],
        row['payload_type'] or '-',
        row['media_type'] or '-',
        f'{row["distribution"]} {row["version"]}',
        row['state'],
    )
    return tuple(printable(cell, _WIDEST) for cell in cells)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Format a table as plain text, one line for each row."""
    lines = [[title.upper() for title in head], *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ['  '.join(map(str.ljust, line, widths)).rstrip() for line in lines]


def _reasons(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        if row['error']:
            yield ''
            name, distribution = (
                printable(text, _WIDEST) for text in (row['name'], row['distribution'])
            )
            yield f'{name} ({distribution}): {printable(row["error"])}'
