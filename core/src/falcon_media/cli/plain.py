"""What the command line does on the core alone: ``list``, and how to get the rest."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import json
import sys
from typing import NoReturn

from falcon_media.cli.commands import COMMANDS
from falcon_media.cli.commands import PROGRAM
from falcon_media.cli.rows import cells
from falcon_media.cli.rows import HEAD
from falcon_media.cli.rows import installed
from falcon_media.cli.rows import reasons
from falcon_media.cli.text import table

__all__ = ('run',)


def run(argv: Sequence[str]) -> int:
    """Run a command.

    Args:
        argv (Sequence[str]): Arguments.

    Returns:
        int: Exit code.
    """
    wants_help = not {'-h', '--help'}.isdisjoint(argv)
    if argv and not wants_help and argv[0] in COMMANDS.keys() - {'list'}:
        print(
            f'{PROGRAM} {argv[0]} needs more than the core: {COMMANDS[argv[0]].cure}',
            file=sys.stderr,
        )
        return 2
    parser = _Parser(prog=PROGRAM, description='Media handlers for Falcon.')
    commands = parser.add_subparsers(dest='command', required=True)
    for name, entry in COMMANDS.items():
        needs = '' if name == 'list' else f' ({entry.cure})'
        summary = f'{entry.summary}{needs}'
        command = commands.add_parser(name, help=summary, description=summary)
        if name == 'list':
            command.add_argument('--json', action='store_true', help='Print JSON.')
    try:
        arguments = parser.parse_args(argv)
    except SystemExit as ex:
        return int(ex.code or 0)
    rows = installed()
    if arguments.json:
        print(json.dumps(rows, indent=2))
    else:
        print('\n'.join([*table(HEAD, map(cells, rows)), *reasons(rows)]))
    return 0


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f'{self.prog}: {message} (see: {self.prog} --help)\n')
