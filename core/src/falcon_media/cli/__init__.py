"""The command line: ``python -m falcon_media``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import json

from falcon_media.registry import Registry
from falcon_media.registry import Row

__all__ = ('main',)

_COLUMNS = ('name', 'payload_type', 'media_type', 'distribution', 'version', 'state')


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        argv (Sequence[str]): Arguments (default: the process's).

    Returns:
        int: Exit code: 0, and 2 for wrong arguments (from argparse).
    """
    parser = argparse.ArgumentParser(
        prog='python -m falcon_media', description='Media handlers for Falcon.'
    )
    commands = parser.add_subparsers(dest='command', required=True)
    lister = commands.add_parser('list', help='list the handlers that are installed')
    lister.add_argument('--json', action='store_true', help='print JSON')
    arguments = parser.parse_args(argv)
    rows = Registry.discover().rows()
    print(json.dumps(rows, indent=2) if arguments.json else _table(rows))
    return 0


def _table(rows: Sequence[Row]) -> str:
    cells = [[str(row[column] or '-') for column in _COLUMNS] for row in rows]  # type: ignore[literal-required]  # the columns are keys of Row
    cells.insert(0, [column.replace('_', ' ').upper() for column in _COLUMNS])
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ['  '.join(map(str.ljust, line, widths)).rstrip() for line in cells]
    for row in rows:
        if row['error']:
            lines += ['', f'{row["name"]} ({row["distribution"]}): {row["error"]}']
    return '\n'.join(lines)
