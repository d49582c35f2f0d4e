"""The requirements of handlers, and the installed versions."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
import re
from typing import NamedTuple, TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import Distribution

__all__ = (
    'distributions',
    'in_force',
    'installed_library',
    'left_behind',
    'Library',
    'name_and_version',
    'release',
    'UNKNOWN',
    'version_of',
)

UNKNOWN = '?'
"""Version of a distribution whose metadata does not state one."""


class Library(NamedTuple):
    """A distribution that a handler requires.

    Attributes:
        name (str): Its name.
        lowest (str): The lowest supported version; empty for any.
        version (str | None): The installed version; ``None`` if not installed.
    """

    name: str
    lowest: str
    version: str | None

    @property
    def is_met(self) -> bool:
        """Whether the installed version satisfies the requirement."""
        return self.version is not None and release(self.version) >= release(
            self.lowest
        )

    @property
    def cure(self) -> str:
        """The command that installs a suitable version."""
        requirement = f'{self.name}>={self.lowest}' if self.lowest else self.name
        return f"pip install '{requirement}'"


def installed_library(requirement: str) -> Library:
    """Look up a requirement.

    Args:
        requirement (str): ``'name'`` or ``'name>=version'``.

    Returns:
        Library: The requirement, with the installed version.
    """
    name, _, lowest = requirement.partition('>=')
    return Library(name, lowest, version_of(name))


def version_of(name: str) -> str | None:
    """Look up the version of an installed distribution.

    Unlike ``importlib.metadata.version()``, it never raises, and ignores metadata that
    an upgrade left behind.

    Args:
        name (str): Name of the distribution.

    Returns:
        str | None: Its version; :data:`UNKNOWN` if the metadata does not state one;
        ``None`` if it is not installed, or its metadata is missing.
    """
    from importlib import metadata

    try:
        # NOTE: Some versions of CPython return None if the field is missing.
        version = metadata.version(name) or UNKNOWN
    except metadata.PackageNotFoundError:
        return None
    except Exception:  # noqa: BLE001  # damaged metadata, in ways of each CPython
        version = UNKNOWN
    found = list(distributions(name))
    return name_and_version(in_force(found))[1] if len(found) > 1 else version


def distributions(name: str | None = None) -> Iterator[Distribution]:
    """Yield the installed distributions, and skip those that fail.

    Args:
        name (str): Yield only distributions of this name (default: all).

    Yields:
        Distribution: In the order in which Python looks for modules.
    """
    # PERF: See discovery.py.
    from importlib import metadata

    found = iter(metadata.distributions(name=name))
    failed = 0
    # NOTE: A third-party finder may raise anything. Continue with the next one, but
    #   stop if a finder keeps raising.
    while failed < 2:
        try:
            distribution = next(found)
        except StopIteration:
            return
        except Exception:  # noqa: BLE001  # see NOTE
            failed += 1
        else:
            failed = 0
            yield distribution


def name_and_version(distribution: Distribution) -> tuple[str, str]:
    """Read the name and version from the metadata of a distribution.

    Args:
        distribution (Distribution): The distribution; its metadata may be damaged.

    Returns:
        tuple[str, str]: Both; ``'unknown'`` and :data:`UNKNOWN` if either is missing.
    """
    # NOTE: The behaviour of Distribution.metadata for a missing or damaged file depends
    #   on the version of CPython.
    try:
        text = distribution.read_text('METADATA') or distribution.read_text('PKG-INFO')
    except Exception:  # noqa: BLE001  # a finder may raise anything
        text = None
    fields: dict[str, str] = {}
    for line in (text or '').partition('\n\n')[0].split('\n'):
        key, _, value = line.partition(':')
        fields.setdefault(key.lower(), value.strip())
    name, version = fields.get('name'), fields.get('version')
    return (name, version) if name and version else ('unknown', UNKNOWN)


def in_force(found: Sequence[Distribution]) -> Distribution:
    """Find the distribution that is imported, among several of one name.

    An upgrade may leave the metadata of the old version in place: ``pip install
    --target`` does.

    Args:
        found (Sequence[Distribution]): At least one, in the order in which Python looks
            for modules.

    Returns:
        Distribution: One in the first folder whose files match its record; if several
        or none match, the highest version of these.
    """
    if len(found) == 1:
        return found[0]
    there = _beside(found[0], found)
    candidates = [one for one in there if _is_intact(one)] or there
    return max(candidates, key=lambda one: release(name_and_version(one)[1]))


def left_behind(name: str) -> list[Distribution]:
    """List the metadata that an upgrade left beside the imported version.

    Args:
        name (str): Name of the distribution.

    Returns:
        list[Distribution]: Old versions, whose metadata may be deleted.
    """
    found = list(distributions(name))
    if len(found) < 2:
        return []
    imported = in_force(found)
    version = name_and_version(imported)[1]
    return [
        one for one in _beside(imported, found) if name_and_version(one)[1] != version
    ]


def release(version: str) -> tuple[int, ...]:
    """Parse the release segment of a version; empty if there is none."""
    match = re.match(r'\d+(\.\d+)*', version)
    return tuple(int(part) for part in match[0].split('.')) if match else ()


def _beside(one: Distribution, found: Sequence[Distribution]) -> list[Distribution]:
    folder = str(one.locate_file(''))
    return [other for other in found if str(other.locate_file('')) == folder]


def _is_intact(distribution: Distribution) -> bool:
    from base64 import urlsafe_b64encode
    from hashlib import sha256

    # NOTE: Files in .dist-info belong to the distribution in any case.
    try:
        files = [
            file
            for file in distribution.files or ()
            if file.hash is not None
            and file.hash.mode == 'sha256'
            and not file.parts[0].endswith('.dist-info')
        ]
        return bool(files) and all(
            urlsafe_b64encode(sha256(file.read_binary()).digest())
            == f'{file.hash.value}='.encode()  # type: ignore[union-attr]  # see above
            for file in files
        )
    except Exception:  # noqa: BLE001  # a record may hold anything
        return False
