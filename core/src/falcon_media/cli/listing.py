"""``falcon-media list``."""

from __future__ import annotations

import json

import click

from falcon_media.cli.commands import COMMANDS
from falcon_media.cli.rows import cells
from falcon_media.cli.rows import HEAD
from falcon_media.cli.rows import installed
from falcon_media.cli.rows import reasons

__all__ = ('command',)


@click.command(
    short_help=COMMANDS['list'].summary,
    epilog='Example: falcon-media list --json',
)
@click.option('--json', 'as_json', is_flag=True, help='Print JSON.')
def command(*, as_json: bool) -> None:
    """List the handlers that are installed, and say why one can't be used.

    No codec library is imported. Ends with exit code 0, whatever there is to list; to
    have what is broken end in 1, use `falcon-media doctor`.
    """
    rows = installed()
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    from falcon_media.cli.output import Screen

    screen = Screen()
    screen.table(HEAD, map(cells, rows))
    for line in reasons(rows):
        screen.line(line)
