"""The codec libraries that handlers need, and their safe versions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from falcon_media.plugins.discovery import normalize
from falcon_media.plugins.discovery import Record
from falcon_media.requirements import installed_library
from falcon_media.requirements import release
from falcon_media_tools.findings import Finding

__all__ = ('libraries', 'LibraryInUse', 'SAFE_FROM', 'unsafe')

SAFE_FROM = {
    'cbor2': '6.2.0',
    'msgpack': '1.2.1',
    'msgspec': '0.21.1',
    'orjson': '3.11.6',
    'protobuf': '6.33.5',
}
"""The version of each library that fixed the last vulnerability a payload can use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryInUse:
    """A codec library that a handler needs.

    Attributes:
        name (str): The distribution.
        version (str | None): The installed version.
        needed (str | None): The lowest version that the handler supports.
        safe (str | None): The lowest version without known vulnerabilities, if earlier
            ones had any.
        handler (str): The handler.
    """

    name: str
    version: str | None
    needed: str | None
    safe: str | None
    handler: str


def libraries(record: Record) -> Iterator[LibraryInUse]:
    """List the libraries that the handlers of a plugin need."""
    for spec in record.specs:
        for library in map(installed_library, spec.requires):
            yield LibraryInUse(
                name=library.name,
                version=library.version,
                needed=library.lowest or None,
                safe=SAFE_FROM.get(normalize(library.name)),
                handler=spec.name,
            )


def unsafe(library: LibraryInUse) -> Finding | None:
    """Report a library with known vulnerabilities."""
    version, safe = library.version, library.safe
    if version is None or safe is None or release(version) >= release(safe):
        return None
    return Finding(
        f'{library.name} {version}, used by handler {library.handler!r}, has known '
        f'vulnerabilities, fixed in {safe}',
        f"pip install '{library.name}>={safe}'",
    )
