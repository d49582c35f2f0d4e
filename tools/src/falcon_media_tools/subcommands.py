"""The subcommands that the entry points name; each is imported when it runs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
import sys

from falcon_media.command import PROGRAM
from falcon_media.command import Subcommand
from falcon_media.printable import printable

__all__ = ('bench', 'decode', 'doctor', 'encode', 'lab', 'new')

_LONGEST = 4000
"""The maximum length of an error message: several plugins may contribute to it."""


def _run(
    name: str, module: str, extra: str, needs: Sequence[str], argv: Sequence[str]
) -> int:
    path = f'{PROGRAM} {name}'
    wants_help = not {'-h', '--help'}.isdisjoint(argv)
    if not all(map(find_spec, ['click', 'rich', *(() if wants_help else needs)])):
        return _fail(
            f"a required package is missing: pip install '{PROGRAM}[{extra}]'", path
        )
    import click

    command: click.Command = import_module(f'falcon_media_tools.{module}').command
    try:
        code = command.main(
            list(argv),
            prog_name=path,
            standalone_mode=False,
            help_option_names=['-h', '--help'],
        )
    except click.ClickException as ex:
        message = ' '.join(ex.format_message().split())
        end = '' if message.endswith(('.', '?', ')')) else '.'
        return _fail(f'{message}{end} See: {path} --help', path, ex.exit_code)
    except click.Abort:
        return _fail('interrupted', path, 130)
    return int(code or 0)


def _fail(message: str, path: str, code: int = 2) -> int:
    print(f'{path}: {printable(message, _LONGEST)}', file=sys.stderr)
    return code


def _subcommand(
    name: str,
    summary: str,
    *,
    module: str | None = None,
    extra: str = 'cli',
    needs: Sequence[str] = (),
) -> Subcommand:
    return Subcommand(summary, partial(_run, name, module or name, extra, needs))


doctor = _subcommand('doctor', 'Show which handlers are used, and why.')
decode = _subcommand('decode', 'Show the value and the bytes of a frame.')
encode = _subcommand('encode', 'Make a frame from JSON.')
bench = _subcommand('bench', 'Compare formats on your own messages.')
lab = _subcommand(
    'lab',
    'Try a message in every installed format, in the browser.',
    module='lab.command',
    extra='lab',
    needs=('uvicorn', 'websockets'),
)
new = _subcommand(
    'new',
    'Create a package for your own handler.',
    extra='new',
    needs=('copier',),
)
