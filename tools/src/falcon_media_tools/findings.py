"""Findings of ``doctor``: a problem and its cure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata

from falcon_media.errors import SetupError
from falcon_media.limits import SPEEDUPS
from falcon_media.limits import speedups
from falcon_media.plugins.discovery import Record
from falcon_media.plugins.discovery import UNREADABLE
from falcon_media.plugins.registry import Registry
from falcon_media.plugins.registry import UnknownName
from falcon_media.printable import printable
from falcon_media.requirements import installed_library
from falcon_media.requirements import left_behind
from falcon_media.requirements import name_and_version
from falcon_media.requirements import version_of

__all__ = (
    'conflict',
    'cure',
    'failures',
    'Finding',
    'not_installed',
    'outdated',
    'unusable',
    'unused_speedups',
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem or a note.

    Attributes:
        what (str): The problem.
        cure (str): The action to take.
    """

    what: str
    cure: str


def failures(error: SetupError, registry: Registry) -> Iterator[Finding]:
    """Split a setup error into findings.

    Args:
        error (SetupError): The error of ``install()``, with one problem per line.
        registry (Registry): The installed handlers.

    Yields:
        Finding: One for each problem.
    """
    for line in str(error).splitlines():
        for record in registry.records:
            if record.failure in line:
                yield _finding(line, cure(record))
                break
        else:
            yield _split(line)


def unusable(record: Record) -> Finding:
    """Report a handler that can't be loaded."""
    what = f'{record.failure}: {printable(record.error)}'
    return _finding(what, cure(record))


def conflict(error: str) -> Finding:
    """Report a handler that several distributions provide."""
    return _split(error)


def not_installed(unknown: UnknownName) -> Finding:
    """Report a name in a list of plugins that matches nothing installed."""
    if unknown.meant is not None:
        return _split(str(unknown))
    return Finding(str(unknown), f'install it, or remove it from {unknown.source}')


def cure(record: Record) -> str:
    """Return the cure for an unusable handler."""
    name, error = printable(record.distribution), str(record.error)
    if record.state == 'blocked':
        verb = 'add it to' if error.startswith('not') else 'remove it from'
        return f'{verb} {error.rpartition("in ")[2]}'
    if record.state == 'incompatible':
        return f'pip install --upgrade falcon-media {name}'
    missing = [
        library.cure
        for spec in record.specs
        for library in map(installed_library, spec.requires)
        if not library.is_met
    ]
    if missing:
        return ' && '.join(missing)
    cure = f'pip install --upgrade {name}, or report it to its authors'
    if record.name == UNREADABLE and record.cause is not None:
        cure = f'pip install --force-reinstall {name}'
    return f'{cure}; until then, set FALCON_MEDIA_BLOCK={name}'


def outdated(name: str) -> Finding | None:
    """Report metadata that an upgrade of a distribution left behind."""
    versions = {name_and_version(one)[1] for one in left_behind(name)}
    if not versions:
        return None
    name, others = printable(name), printable(', '.join(sorted(versions)))
    return Finding(
        f'{name} {printable(version_of(name))} is installed, but the metadata of '
        f'{others} is left over; some tools report that version',
        f'delete the .dist-info folder of {name} {others}',
    )


def unused_speedups() -> Finding | None:
    """Report that falcon-media-speedups is installed but not in use."""
    library = installed_library(SPEEDUPS)
    if library.version is None or speedups() is not None:
        return None
    files = metadata.files(SPEEDUPS)
    if files is not None and not any(file.suffix in ('.so', '.pyd') for file in files):
        return Finding(
            f'{SPEEDUPS} {library.version} was built without a compiler; all checks '
            'run in Python',
            'install a C compiler, then rebuild it: pip install '
            f'--force-reinstall --no-deps --no-cache-dir --no-binary {SPEEDUPS} '
            f'{SPEEDUPS}',
        )
    return Finding(
        f'{SPEEDUPS} {library.version} is installed but cannot be used; all checks '
        'run in Python',
        f'pip install --upgrade falcon-media {SPEEDUPS}',
    )


def _finding(what: str, cure: str) -> Finding:
    # NOTE: The error of an app that does not start includes the cure.
    return Finding(what.removesuffix(f': {cure}'), cure)


def _split(line: str) -> Finding:
    # NOTE: Our errors state the problem first, then what to do.
    what, _, hint = line.partition('. ')
    if not hint and ': expected ' in what:
        what, _, expected = what.rpartition(': expected ')
        hint = f'give {expected}'
    place = line.partition(': ')[0] if ': ' in line else 'the setting'
    return Finding(what, hint or f'correct {place}')
