"""Output for people: rich on a terminal, and plain text everywhere else."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from falcon_media.cli import text

__all__ = ('Screen',)

_STYLES = {
    'loaded': 'green',
    'blocked': 'yellow',
    'broken': 'bold red',
    'conflict': 'bold red',
    'incompatible': 'bold red',
    'problem': 'bold red',
    'note': 'yellow',
}


class Screen:
    """What a command prints to.

    On a terminal, text is wrapped and coloured (``NO_COLOR`` and ``FORCE_COLOR`` say
    otherwise, see no-color.org); else lines are as long as they are.
    """

    def __init__(self) -> None:
        self._console = Console(highlight=False, emoji=False, markup=False)
        self._is_terminal = self._console.is_terminal

    def heading(self, title: str) -> None:
        """Begin a section."""
        print()
        if self._is_terminal:
            self._console.print(Text(title, style='bold underline'))
        else:
            print(title)

    def line(self, line: str) -> None:
        """Show a line of text."""
        if self._is_terminal:
            self._console.print(Text(line))
        else:
            print(line)

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Show a table; the first column is never wrapped."""
        if not self._is_terminal:
            print('\n'.join(text.table(head, rows)))
            return
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for title in head:
            table.add_column(title.upper(), header_style='bold', overflow='fold')
        table.columns[0].no_wrap = True
        for row in rows:
            table.add_row(*(Text(cell, style=_STYLES.get(cell, '')) for cell in row))
        self._console.print(table)

    def entry(self, label: str, what: str, cure: str) -> None:
        """Show something that was found, and what can be done about it."""
        if not self._is_terminal:
            print(f'{label}: {what}')
            print(f'  cure: {cure}')
            return
        grid = Table.grid(padding=(0, 1))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow='fold')
        grid.add_row(Text(label, style=_STYLES.get(label, '')), Text(what))
        grid.add_row(Text('cure', style='bold green'), Text(cure))
        self._console.print(grid)
