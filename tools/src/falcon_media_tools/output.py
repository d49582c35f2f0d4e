"""Human-readable output: rich on a terminal, plain text everywhere else."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
from itertools import islice

from rich.console import Console
from rich.highlighter import ReprHighlighter
from rich.pretty import pretty_repr
from rich.table import Table
from rich.text import Text

from falcon_media.command import table as plain_table
from falcon_media.printable import printable
from falcon_media_tools.dump import Line

__all__ = ('Screen',)

_STYLES = {
    'loaded': 'green',
    'blocked': 'yellow',
    'broken': 'bold red',
    'conflict': 'bold red',
    'incompatible': 'bold red',
    'problem': 'bold red',
    'note': 'yellow',
    'error': 'bold red',
    'missing': 'bold red',
    'cure': 'bold green',
}


class Screen:
    """Print headings, tables, values and dumps.

    Text is wrapped and coloured on a terminal, unless ``NO_COLOR`` or ``FORCE_COLOR``
    (see no-color.org) says otherwise. Elsewhere, lines are printed unwrapped.

    Args:
        most_lines (int): The maximum number of lines of a value or a dump (default:
            unlimited).
    """

    def __init__(self, *, most_lines: int | None = None) -> None:
        self._most_lines = most_lines
        self._console = Console(highlight=False, emoji=False, markup=False)
        self._is_terminal = self._console.is_terminal

    def heading(self, title: str) -> None:
        """Begin a section."""
        title = _printable(title)
        print()
        if self._is_terminal:
            self._console.print(Text(title, style='bold underline'))
        else:
            print(title)

    def line(self, line: str) -> None:
        """Show a line of text."""
        line = _printable(line)
        if self._is_terminal:
            self._console.print(Text(line))
        else:
            print(line)

    def table(
        self,
        head: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        wrap: bool = False,
    ) -> None:
        """Show a table; the first column is not wrapped, unless `wrap` says so."""
        rows = [[*map(_printable, row)] for row in rows]
        if not self._is_terminal:
            print('\n'.join(plain_table(head, rows)))
            return
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for title in head:
            table.add_column(title.upper(), header_style='bold', overflow='fold')
        table.columns[0].no_wrap = not wrap
        for row in rows:
            table.add_row(*(Text(cell, style=_STYLES.get(cell, '')) for cell in row))
        self._console.print(table)

    def entry(self, label: str, what: str, cure: str) -> None:
        """Show a finding and its cure."""
        indent = '' if self._is_terminal else '  '
        self.facts([(label, what), (f'{indent}cure', cure)])

    def facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """Show labelled facts."""
        facts = [(_printable(label), _printable(fact)) for label, fact in facts]
        if not self._is_terminal:
            for label, fact in facts:
                print(f'{label}: {fact}')
            return
        grid = Table.grid(padding=(0, 1))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow='fold')
        for label, fact in facts:
            grid.add_row(Text(label, style=_STYLES.get(label, 'bold')), Text(fact))
        self._console.print(grid)

    def value(self, media: object) -> None:
        """Show the representation of an object."""
        width = self._console.width if self._is_terminal else _WIDTH
        shown = pretty_repr(media, max_width=width, indent_size=2, max_depth=_DEEPEST)
        highlight = ReprHighlighter()
        lines = iter(shown.splitlines())
        for line in islice(lines, self._most_lines):
            if self._is_terminal:
                # NOTE: Line breaks of the console would look like those of the object.
                self._console.print(highlight(Text(line)), soft_wrap=True)
            else:
                print(line)
        self._tell_of_more(lines)

    def dump(self, lines: Iterable[Line], *, last: bool = False) -> None:
        """Show the bytes of a payload.

        Args:
            lines (Iterable[Line]): The bytes with their meaning.
            last (bool): Whether to show the last lines instead of the first.
        """
        if last:
            every = [*lines]
            shown = every[-(self._most_lines or len(every)) :]
            if len(shown) < len(every):
                self.line(f'... {len(every) - len(shown)} lines before; {_ALL}')
            lines = shown
        rest = iter(lines)
        for line in islice(rest, self._most_lines):
            self._dump_line(line)
        self._tell_of_more(rest)

    def _dump_line(self, line: Line) -> None:
        offset = '' if line.offset is None else str(line.offset)
        data = f'{offset:>6}  {line.hex:<23}'
        if not self._is_terminal:
            print(f'{data}  {line.text}'.rstrip())
            return
        style = 'bold red' if line.fault else ''
        row = Text.assemble((data, style or 'cyan'), '  ', (line.text, style))
        self._console.print(row, no_wrap=True, overflow='ellipsis')

    def _tell_of_more(self, rest: Iterable[object]) -> None:
        if more := sum(1 for _ in rest):
            self.line(f'... {more} more lines; {_ALL}')


def _printable(text: str) -> str:
    # NOTE: The text may come from a file, an app or a plugin. Callers limit the length
    #   of a plugin's text.
    return printable(text, len(text))


_WIDTH = 88
# NOTE: pretty_repr() recurses; deeper output would be unreadable.
_DEEPEST = 200
_ALL = '--lines 0 shows all'
