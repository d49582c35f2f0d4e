"""Plain text, for pipes and files: nothing is wrapped, cut, boxed or coloured."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence

__all__ = ('table',)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lay out a table, one line for each row.

    Args:
        head (Sequence[str]): Titles of the columns.
        rows (Iterable[Sequence[str]]): Cells.

    Returns:
        list[str]: Lines.
    """
    lines = [[title.upper() for title in head], *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ['  '.join(map(str.ljust, line, widths)).rstrip() for line in lines]
