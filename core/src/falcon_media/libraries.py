"""What a handler needs of other distributions, and what is installed of it."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ('installed_library', 'Library', 'release')


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
    # PERF: See discovery.py.
    from importlib import metadata

    name, _, lowest = requirement.partition('>=')
    try:
        return Library(name, lowest, metadata.version(name))
    except metadata.PackageNotFoundError:
        return Library(name, lowest, None)


def release(version: str) -> tuple[int, ...]:
    """The release segment of a version, to be compared; empty where there is none."""
    match = re.match(r'\d+(\.\d+)*', version)
    return tuple(int(part) for part in match[0].split('.')) if match else ()
