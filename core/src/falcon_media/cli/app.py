"""The commands as one program (click); imports those that are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
import sys

import click

from falcon_media.cli.commands import COMMANDS
from falcon_media.cli.commands import PROGRAM
from falcon_media.config import one_of
from falcon_media.libraries import version_of
from falcon_media.printable import printable

__all__ = ('run',)

_LONGEST = 4000
"""Characters of an error: several plugins may have a part in it."""


class _Commands(click.Group):
    """The commands, each imported when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            if ctx.resilient_parsing or cmd_name.startswith('-'):
                return None
            ctx.fail(f'there is no command {cmd_name!r}. {one_of(cmd_name, COMMANDS)}.')
        command: click.Command = import_module(entry.module).command
        return command


@click.group(
    cls=_Commands,
    context_settings={'help_option_names': ['-h', '--help']},
    epilog='Every command has --help, with an example.',
)
@click.version_option(version_of(PROGRAM) or '?')
def _program() -> None:
    """Media handlers for Falcon: what is installed, what is used, and why."""


def run(argv: Sequence[str]) -> int:
    """Run a command.

    Args:
        argv (Sequence[str]): Arguments.

    Returns:
        int: Exit code.
    """
    entry = COMMANDS.get(argv[0]) if argv else None
    wants_help = not {'-h', '--help'}.isdisjoint(argv)
    if entry and not wants_help and not all(map(find_spec, entry.needs)):
        return _fail(f'{argv[0]} needs more than is installed: {entry.cure}')
    try:
        code = _program.main(list(argv), prog_name=PROGRAM, standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as ex:
        ex.show()
        return ex.exit_code
    except click.ClickException as ex:
        context = getattr(ex, 'ctx', None)
        path = context.command_path if context else PROGRAM
        message = ' '.join(ex.format_message().split())
        end = '' if message.endswith(('.', '?', ')')) else '.'
        return _fail(f'{message}{end} See: {path} --help', path=path, code=ex.exit_code)
    except click.Abort:
        return _fail('interrupted', code=130)
    return int(code or 0)


def _fail(message: str, *, path: str = PROGRAM, code: int = 2) -> int:
    print(f'{path}: {printable(message, _LONGEST)}', file=sys.stderr)
    return code
