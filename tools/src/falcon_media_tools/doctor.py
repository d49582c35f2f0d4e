"""``falcon-media doctor``."""

from __future__ import annotations

from dataclasses import asdict
import json
import os
from pathlib import Path

import click

from falcon_media.errors import SetupError
from falcon_media.printable import printable
from falcon_media_tools.diagnosis import diagnose
from falcon_media_tools.diagnosis import Diagnosis
from falcon_media_tools.target import AppError
from falcon_media_tools.target import load_app
from falcon_media_tools.target import NoSuchApp

__all__ = ('command',)


@click.command(
    epilog='Example: falcon-media doctor --app chat:app',
)
@click.option(
    '--app',
    metavar='MODULE:APP',
    help='Check this app. It is imported as by a server that is started here; APP may '
    'be a function that returns it.',
)
@click.option(
    '--config',
    metavar='FILE',
    type=click.Path(exists=True, dir_okay=False),
    help='Check this configuration: a TOML file, as for install(). With --app, the app '
    'gets it through FALCON_MEDIA_CONFIG.',
)
@click.option('--json', 'as_json', is_flag=True, help='Print JSON.')
def command(*, app: str | None, config: str | None, as_json: bool) -> int:
    """Show which handlers are used, and why.

    Shows the installed handlers, those selected for the app, each route and each
    subprotocol, the source of each choice, the limits in force, and the limits of the
    server. Without options, it checks the environment.

    Exits with code 1 if there is a problem; each problem is shown with its cure.
    """
    diagnosis = _diagnosis(app, config)
    if as_json:
        print(json.dumps(asdict(diagnosis), indent=2))
    else:
        _show(diagnosis)
    return 1 if diagnosis.problems else 0


def _diagnosis(name: str | None, config: str | None) -> Diagnosis:
    if name is None:
        return diagnose(config or 'the environment', config=config)
    if config is not None:
        os.environ['FALCON_MEDIA_CONFIG'] = config
    try:
        return diagnose(f'app {name}', app=load_app(name))
    except NoSuchApp as ex:
        raise click.BadParameter(f'{ex}.', param_hint='--app') from ex
    except (AppError, SetupError) as ex:
        return diagnose(f'app {name}', failure=ex)


def _show(diagnosis: Diagnosis) -> None:
    from falcon_media.command import cells
    from falcon_media.command import HEAD
    from falcon_media.selection.model import described
    from falcon_media_tools.output import Screen

    screen = Screen()
    versions = (
        printable(f'{label} {fact}') for label, fact in diagnosis.versions.items()
    )
    screen.line(', '.join(versions))
    screen.heading('Installed')
    screen.table(HEAD, map(cells, diagnosis.handlers))
    if diagnosis.libraries:
        screen.heading('Libraries')
        screen.table(
            ('library', 'version', 'needed', 'safe from', 'for'),
            [
                (
                    library.name,
                    printable(library.version or 'missing', 60),
                    library.needed or '-',
                    library.safe or '-',
                    library.handler,
                )
                for library in diagnosis.libraries
            ],
        )
    if diagnosis.choices:
        screen.heading(f'Selected by {diagnosis.subject}')
        screen.table(
            ('for', 'handler', 'chosen by'),
            [
                (kind, handler, _from_here(source))
                for kind, handler, source in map(described, diagnosis.choices)
            ],
            wrap=True,
        )
    if diagnosis.limits:
        others = 'other ' if any(limit['of'] for limit in diagnosis.limits) else ''
        screen.heading('Limits')
        screen.table(
            ('budget', 'value', 'of', 'set by'),
            [
                (
                    limit['budget'],
                    str(limit['value']),
                    limit['of'] or f'every {others}handler',
                    _from_here(limit['source']),
                )
                for limit in diagnosis.limits
            ],
        )
    if diagnosis.servers:
        screen.heading('Servers')
        for server in diagnosis.servers:
            for note in server.notes:
                screen.line(f'{server.name} {server.version} {note}')
    screen.heading('Findings')
    for problem in diagnosis.problems:
        screen.entry('problem', problem.what, problem.cure)
    for finding in diagnosis.notes:
        screen.entry('note', finding.what, finding.cure)
    if not diagnosis.problems:
        screen.line('no problem found')


def _from_here(source: str) -> str:
    # NOTE: An app may name its files by full path.
    return source.removeprefix(f'{Path.cwd()}{os.sep}')
