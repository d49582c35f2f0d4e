"""What is installed, as rows of a table."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import os

from falcon_media.discovery import Policy
from falcon_media.printable import printable
from falcon_media.registry import Registry
from falcon_media.registry import Row

__all__ = ('cells', 'HEAD', 'installed', 'reasons')

_WIDEST = 60
"""Characters of a cell; what a plugin says of itself may have any length."""

HEAD = ('name', 'payload', 'media type', 'distribution', 'state')


def installed() -> list[Row]:
    """Describe each handler that is installed, also where ``FALCON_MEDIA_STRICT`` is.

    Returns:
        list[Row]: See :meth:`falcon_media.Registry.rows`.
    """
    # NOTE: To list what is broken is what this is for.
    return Registry.discover(Policy.of(os.environ)._replace(strict=False)).rows()


def cells(row: Row) -> tuple[str, ...]:
    """The cells of a row, under `HEAD`."""
    cells = (
        row['name'],
        row['payload_type'] or '-',
        row['media_type'] or '-',
        f'{row["distribution"]} {row["version"]}',
        row['state'],
    )
    return tuple(printable(cell, _WIDEST) for cell in cells)


def reasons(rows: Iterable[Row]) -> Iterator[str]:
    """Lines that say why something can't be used."""
    for row in rows:
        if row['error']:
            yield ''
            name, distribution = (
                printable(text, _WIDEST) for text in (row['name'], row['distribution'])
            )
            yield f'{name} ({distribution}): {printable(row["error"])}'
