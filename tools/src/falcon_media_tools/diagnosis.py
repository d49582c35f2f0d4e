"""The diagnosis of ``doctor``, as data."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
import os
from pathlib import Path
import platform
from typing import Any

import falcon
import falcon.asgi

from falcon_media.app.install import install
from falcon_media.app.installed import Installed
from falcon_media.errors import SetupError
from falcon_media.limits import Limits
from falcon_media.plugins.discovery import Policy
from falcon_media.plugins.registry import Registry
from falcon_media.plugins.registry import Row
from falcon_media.printable import printable
from falcon_media.requirements import version_of
from falcon_media.selection.config import select
from falcon_media.selection.model import Chosen
from falcon_media.selection.model import DEFAULT
from falcon_media_tools.findings import conflict
from falcon_media_tools.findings import failures
from falcon_media_tools.findings import Finding
from falcon_media_tools.findings import not_installed
from falcon_media_tools.findings import outdated
from falcon_media_tools.findings import unusable
from falcon_media_tools.findings import unused_speedups
from falcon_media_tools.inventory import libraries
from falcon_media_tools.inventory import LibraryInUse
from falcon_media_tools.inventory import unsafe
from falcon_media_tools.selected import assigned_later
from falcon_media_tools.selected import by_hand
from falcon_media_tools.selected import installed_in
from falcon_media_tools.selected import Limit
from falcon_media_tools.selected import limits_of
from falcon_media_tools.selected import unbounded_http
from falcon_media_tools.servers import Server
from falcon_media_tools.servers import servers
from falcon_media_tools.target import AppError

__all__ = ('diagnose', 'Diagnosis')

_CONFIG = 'falcon-media.toml'


@dataclass(slots=True, kw_only=True)
class Diagnosis:
    """The result of a diagnosis.

    Attributes:
        subject (str): The app, configuration or environment that was checked.
        versions (dict): Label -> version.
        handlers (list[Row]): The installed handlers.
        libraries (list[LibraryInUse]): The libraries that the handlers need.
        choices (list[Chosen]): The selected handlers.
        limits (list[Limit]): The budgets of the app, and those of handlers that differ.
        servers (list[Server]): The installed ASGI servers.
        problems (list[Finding]): Findings that make something fail, or unsafe.
        notes (list[Finding]): Other findings.
    """

    subject: str
    versions: dict[str, str] = field(default_factory=dict)
    handlers: list[Row] = field(default_factory=list)
    libraries: list[LibraryInUse] = field(default_factory=list)
    choices: list[Chosen] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    servers: list[Server] = field(default_factory=list)
    problems: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)


def diagnose(
    subject: str,
    *,
    app: falcon.App[Any, Any] | None = None,
    config: str | None = None,
    failure: SetupError | AppError | None = None,
) -> Diagnosis:
    """Check the installed and the selected handlers.

    Args:
        subject (str): A description of what is checked.

    Keyword Args:
        app (falcon.App): The app to check.
        config (str): Without an app: the file to check; the environment overrides it.
        failure (Exception): The exception that making the app raised, if any.

    Returns:
        Diagnosis: The result.
    """
    diagnosis = Diagnosis(subject=subject)
    installed = None
    if failure is None:
        try:
            installed = _selected(diagnosis, app, config)
        except SetupError as ex:
            failure = ex
    registry = installed.registry if installed else _registry(config)
    diagnosis.handlers = registry.rows()
    if isinstance(failure, SetupError):
        diagnosis.problems += failures(failure, registry)
    elif failure is not None:
        diagnosis.problems.append(
            Finding(
                f'the app does not start: {printable(failure)}',
                'fix the app at that line and run doctor again',
            )
        )
    _look_into_handlers(diagnosis, registry)
    _look_into_servers(diagnosis)
    if app is None and failure is None:
        _look_for_choices(diagnosis, config)
    return diagnosis


# --------------------------------------------------------------------------- Selected


def _selected(
    diagnosis: Diagnosis, app: falcon.App[Any, Any] | None, config: str | None
) -> Installed | None:
    if app is None:
        installed = install(falcon.asgi.App(), config=config)
    else:
        found = installed_in(app)
        if found is None:
            diagnosis.choices += by_hand(app)
            if not diagnosis.choices:
                diagnosis.problems.append(_UNUSED)
            return None
        assert isinstance(app, falcon.asgi.App)  # noqa: S101  # others have none
        diagnosis.notes += assigned_later(app, found)
        diagnosis.notes += unbounded_http(app, found)
        installed = found
    diagnosis.choices += installed.choices()
    diagnosis.limits += limits_of(installed)
    return installed


_UNUSED = Finding(
    'the app does not use falcon-media: install() was not called',
    "call falcon_media.install(app, text='...', binary='...')",
)


def _look_for_choices(diagnosis: Diagnosis, config: str | None) -> None:
    if config is not None or os.environ.get('FALCON_MEDIA_CONFIG'):
        return
    if Path(_CONFIG).is_file():
        diagnosis.notes.append(
            Finding(
                f'{_CONFIG} is in this folder but not in use',
                f"pass it: falcon_media.install(app, config='{_CONFIG}'), or "
                f'FALCON_MEDIA_CONFIG={_CONFIG}; for doctor: --config {_CONFIG}',
            )
        )
    elif all(choice['source'] == DEFAULT for choice in diagnosis.choices):
        diagnosis.notes.append(
            Finding(
                'no handler is selected: no app or configuration was given, and the '
                'environment names no handler',
                'pass --app MODULE:APP or --config FILE',
            )
        )


# -------------------------------------------------------------------------- Installed


def _registry(config: str | None) -> Registry:
    try:
        policy = select(config=config).policy
    except SetupError:
        policy = Policy.of(os.environ)
    return Registry.discover(policy._replace(strict=False))


def _look_into_handlers(diagnosis: Diagnosis, registry: Registry) -> None:
    diagnosis.versions = {
        'CPython': platform.python_version(),
        **{name: version_of(name) or '?' for name in ('falcon', 'falcon-media')},
        **registry.diagnostics(),
    }
    found: list[Finding] = []
    for record in registry.records:
        in_use = list(libraries(record))
        diagnosis.libraries += in_use
        if not all(library.version for library in in_use):
            # NOTE: Its diagnostics would only repeat that the library is missing.
            diagnosis.versions.pop(f'{record.distribution}:{record.name}', None)
        if record.state in ('broken', 'incompatible'):
            found.append(unusable(record))
        elif record.state == 'loaded':
            found += filter(None, map(unsafe, in_use))
    diagnosis.notes += filter(None, [unused_speedups()])
    diagnosis.notes += map(not_installed, registry.unknown_names)
    names = [record.distribution for record in registry.records]
    names += [library.name for library in diagnosis.libraries]
    diagnosis.notes += filter(None, map(outdated, dict.fromkeys(names)))
    picked = set(map(_picked, diagnosis.choices))
    conflicts = {
        str(row['error']): row['name']
        for row in diagnosis.handlers
        if row['state'] == 'conflict'
    }
    for error, name in conflicts.items():
        settled = diagnosis.notes if name in picked else found
        settled.append(conflict(error))
    # NOTE: Errors that keep the app from starting are already listed, with a location.
    told = ' '.join(finding.what for finding in diagnosis.problems)
    diagnosis.problems += [finding for finding in found if finding.what not in told]
    _look_at_budgets(diagnosis)


def _picked(choice: Chosen) -> str | None:
    """Return the name of a handler that was selected as ``distribution:name``."""
    name = (choice['asked'] or '').partition('(')[0]
    return name.rpartition(':')[2] if ':' in name else None


def _look_at_budgets(diagnosis: Diagnosis) -> None:
    used = {choice['handler'] for choice in diagnosis.choices}
    for row in diagnosis.handlers:
        if row['name'] in used and row['unenforced']:
            diagnosis.notes.append(
                Finding(
                    f'handler {row["name"]!r} is used but cannot enforce '
                    f'{", ".join(row["unenforced"])}',
                    'accept this format from trusted clients only',
                )
            )


def _look_into_servers(diagnosis: Diagnosis) -> None:
    sizes = [choice['limits']['max_size'] for choice in diagnosis.choices]
    diagnosis.servers = servers(max(sizes, default=Limits().max_size))
    silent = [server for server in diagnosis.servers if not server.has_websockets]
    for server in silent:
        finding = Finding(
            f'{server.name} {server.version} is installed without WebSocket support',
            'pip install websockets',
        )
        others = len(silent) < len(diagnosis.servers)
        (diagnosis.notes if others else diagnosis.problems).append(finding)
    if not diagnosis.servers:
        diagnosis.notes.append(
            Finding('no ASGI server is installed', "pip install 'uvicorn[standard]'")
        )
