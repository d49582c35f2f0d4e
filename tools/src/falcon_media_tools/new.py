"""``falcon-media new``."""

from __future__ import annotations

import json
from pathlib import Path
import sys

import click

from falcon_media.command import PROGRAM
from falcon_media.plugins.discovery import Policy
from falcon_media.plugins.registry import Registry
from falcon_media.requirements import release
from falcon_media.requirements import version_of

__all__ = ('command',)

_TEMPLATE = Path(__file__).parent / 'template'


@click.command(
    epilog="Example: falcon-media new falcon-media-yaml --library 'PyYAML>=6' --yes",
)
@click.argument('distribution')
@click.option(
    '--payload',
    type=click.Choice(['text', 'binary']),
    help='Type of the frames (default: text).',
)
@click.option(
    '--name', help='Name of the handler (default: the part after falcon-media-).'
)
@click.option(
    '--library',
    metavar='NAME>=VERSION',
    help='The codec library that it needs (default: none).',
)
@click.option(
    '--media-type',
    metavar='TYPE/SUBTYPE',
    help='Media type of the format (default: application/x-NAME).',
)
@click.option('--author', help='Name of the author.')
@click.option(
    '--directory',
    type=click.Path(file_okay=False, path_type=Path),
    help='Target folder (default: ./DISTRIBUTION).',
)
@click.option('--yes', is_flag=True, help='Use defaults instead of asking questions.')
@click.option('--json', 'as_json', is_flag=True, help='Print JSON.')
def command(
    *,
    distribution: str,
    directory: Path | None,
    yes: bool,
    as_json: bool,
    **answers: str | None,
) -> None:
    """Create a package for your own handler.

    DISTRIBUTION is its name, such as falcon-media-yaml. The command asks for everything
    else that is not given.

    The package is complete: handler, plugin, tests by the contract kit, README,
    changelog, licence, nox, ruff, mypy, CI. It starts as a handler for JSON, and its
    tests pass.
    """
    directory = directory or Path(distribution)
    if directory.is_dir() and any(directory.iterdir()):
        raise click.UsageError(
            f'{directory} exists and is not empty: choose another --directory.'
        )
    if not yes and not sys.stdin.isatty():
        raise click.UsageError('cannot ask questions without a terminal: add --yes.')
    given = {key: value for key, value in answers.items() if value is not None}
    made = _copy(directory, {'distribution': distribution, **given}, defaults=yes)
    if as_json:
        print(json.dumps({'directory': str(directory), **made}, indent=2))
    else:
        print(_NEXT.format(directory=directory, **made))


_NEXT = """\
{directory}: a {payload} handler, {name!r}. It handles JSON until you change it.

  cd {directory}
  python3 -m pip install nox
  python3 -m nox               # tests, lint and types

If pip cannot find falcon-media, set PIP_FIND_LINKS to a folder with its wheels.
Start in src/{package}/handler.py, and in tests/test_contract.py, which
states the expected behaviour."""


def _copy(directory: Path, given: dict[str, str], *, defaults: bool) -> dict[str, str]:
    import copier

    taken = [
        record.name
        for record in Registry.discover(Policy()).records
        if record.distribution != given['distribution']
    ]
    try:
        worker = copier.run_copy(
            str(_TEMPLATE),
            directory,
            data={**given, 'taken': taken, 'core': _compatible(PROGRAM)},
            defaults=defaults,
            quiet=True,
        )
    except ValueError as ex:
        # NOTE: The message of a validator in copier.yml.
        raise click.UsageError(f'{str(ex).rpartition("question ")[2]}.') from ex
    answers = worker.answers.combined
    return {key: str(answers[key]) for key in _ANSWERS}


_ANSWERS = (
    *('distribution', 'payload', 'name', 'library', 'media_type', 'author'),
    *('package', 'class_name'),
)


def _compatible(distribution: str) -> str:
    """Return the range of versions compatible with the installed one."""
    major, minor, *_ = release(version_of(distribution) or '0.1')
    above = f'{major + 1}' if major else f'0.{minor + 1}'
    return f'>={major}.{minor},<{above}'
