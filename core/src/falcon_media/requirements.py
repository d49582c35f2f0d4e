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
"""The version of a distribution that does not state one."""


class Library(NamedTuple):
    """A distribution that a handler needs.

    Attributes:
        name (str): Its name.
        lowest (str): The lowest version that will do; empty for any.
        version (str | None): The version that is installed; ``None`` for none.
    """

    name: str
    lowest: str
    version: str | None

    @property
    def is_met(self) -> bool:
        """Whether what is installed will do."""
        return self.version is not None and release(self.version) >= release(
            self.lowest
        )

    @property
    def cure(self) -> str:
        """The command that installs what will do."""
        requirement = f'{self.name}>={self.lowest}' if self.lowest else self.name
        return f"pip install '{requirement}'"


def installed_library(requirement: str) -> Library:
    """Look up a requirement.

    Args:
        requirement (str): ``'name'`` or ``'name>=version'``.

    Returns:
        Library: What is needed, and what there is.
    """
    name, _, lowest = requirement.partition('>=')
    return Library(name, lowest, version_of(name))


def version_of(name: str) -> str | None:
    """Look up the version of an installed distribution.

    Unlike ``importlib.metadata.version()``, it raises nothing, and is not misled by
    what an upgrade has left behind.

    Args:
        name (str): Name of the distribution.

    Returns:
        str | None: Its version, :data:`UNKNOWN` where it states none; ``None`` where it
        is not installed, or was installed without its metadata.
    """
    from importlib import metadata

    try:
        # NOTE: Without the field it is None, in some versions of CPython.
        version = metadata.version(name) or UNKNOWN
    except metadata.PackageNotFoundError:
        return None
    except Exception:  # noqa: BLE001  # damaged metadata, in ways of each CPython
        version = UNKNOWN
    found = list(distributions(name))
    return name_and_version(in_force(found))[1] if len(found) > 1 else version


def distributions(name: str | None = None) -> Iterator[Distribution]:
    """List the installed distributions, and skip what can not be listed.

    Args:
        name (str): Only those of this name (default: all).

    Yields:
        Distribution: In the order in which Python looks for modules.
    """
    # PERF: See discovery.py.
    from importlib import metadata

    found = iter(metadata.distributions(name=name))
    failed = 0
    # NOTE: A finder of somebody else's may raise anything. Those after it are still
    #   asked; one that raises forever is left.
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
    """Read the name and the version that a distribution states.

    Args:
        distribution (Distribution): Any, however damaged.

    Returns:
        tuple[str, str]: ``'unknown'`` and :data:`UNKNOWN` where it does not state both.
    """
    # NOTE: Not Distribution.metadata: what that does with a file that is missing or
    #   damaged depends on the version of CPython.
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
    """Tell which of several distributions of one name is the one that is imported.

    An upgrade may leave the metadata of the old version in place: ``pip install
    --target`` does.

    Args:
        found (Sequence[Distribution]): At least one, in the order in which Python looks
            for modules.

    Returns:
        Distribution: One in the first folder: the one whose files are as it has
        recorded them. Where several are, or none, the highest version of these.
    """
    if len(found) == 1:
        return found[0]
    there = _beside(found[0], found)
    candidates = [one for one in there if _is_intact(one)] or there
    return max(candidates, key=lambda one: release(name_and_version(one)[1]))


def left_behind(name: str) -> list[Distribution]:
    """List the metadata of other versions beside that of the one that is imported.

    Args:
        name (str): Name of the distribution.

    Returns:
        list[Distribution]: What an upgrade has left, and may be deleted.
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
    """The release segment of a version, to be compared; empty where there is none."""
    match = re.match(r'\d+(\.\d+)*', version)
    return tuple(int(part) for part in match[0].split('.')) if match else ()


def _beside(one: Distribution, found: Sequence[Distribution]) -> list[Distribution]:
    folder = str(one.locate_file(''))
    return [other for other in found if str(other.locate_file('')) == folder]


def _is_intact(distribution: Distribution) -> bool:
    from base64 import urlsafe_b64encode
    from hashlib import sha256

    # NOTE: Those in its .dist-info are its own in any case.
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
