"""The table of what becomes of each kind of Python value, for people.

In a document it stands between two marks::

    <!-- fidelity:begin -->
    <!-- fidelity:end -->
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from falcon_media_testing.declaration import Declaration
from falcon_media_testing.failure import ContractFailure
from falcon_media_testing.outcomes import NOWHERE
from falcon_media_testing.outcomes import Row
from falcon_media_testing.outcomes import rows
from falcon_media_testing.watch import Unwatched

__all__ = ('check_table', 'fidelity_table', 'make_table', 'write_table')

BEGIN = '<!-- fidelity:begin -->\n'
END = '<!-- fidelity:end -->'
_WRITE = (
    'To write the table: '
    'python -m falcon_media_testing.fidelity --write tests/test_contract.py'
)


def fidelity_table(contract: Declaration) -> str:
    """Make the table of what becomes of each kind of Python value, in Markdown.

    Args:
        contract (Declaration): An instance of the contract class.

    Returns:
        str: Its lines.
    """
    return make_table(contract, Unwatched())


def make_table(contract: Declaration, watch: Unwatched) -> str:
    """Make the table, with the cases noted."""
    found = [row for row in rows(contract, watch) if row.outcome != NOWHERE]
    with_option = {row.probe.name: row for row in found if row.option}
    has_where = any(row.probe.where for row in found)
    head = ['Python value', *(['field'] * has_where), 'comes back']
    head += ['with an option'] * bool(with_option)
    lines: list[_Line] = []
    for row in found:
        if row.option:
            continue
        cells = [*([row.probe.where] * has_where), row.outcome]
        if with_option:
            cells.append(_with_option(with_option.get(row.probe.name)))
        line = _Line([row.probe.label], cells, row.probe.group)
        if not lines or not lines[-1].takes(line):
            lines.append(line)
    rule = ' | '.join(['---'] * len(head))
    return '\n'.join([f'| {" | ".join(head)} |', f'| {rule} |', *map(str, lines), ''])


def _with_option(row: Row | None) -> str:
    return f'{row.outcome} with `{row.option}`' if row else ''


@dataclass
class _Line:
    """A line of the table, for neighbours that share their fate."""

    labels: list[str]
    cells: list[str]
    group: str

    def takes(self, other: _Line) -> bool:
        """Take another line's labels, if it says the same of the same kind."""
        if not self.group or (self.group, self.cells) != (other.group, other.cells):
            return False
        # NOTE: What they begin with is said once: of 53 bits, 64 bits.
        first, label = self.labels[0].split(), other.labels[0].split()
        while len(label) > 1 and first[:1] == label[:1]:
            del first[0], label[0]
        self.labels.append(' '.join(label))
        return True

    def __str__(self) -> str:
        return f'| {" | ".join([", ".join(self.labels), *self.cells])} |'


def check_table(document: Path, expected: str) -> None:
    """Compare the table in a document.

    Raises:
        ContractFailure: It is missing, or says something else.
    """
    _, begin, rest = document.read_text('utf-8').partition(BEGIN)
    written, end, _ = rest.partition(END)
    if not begin or not end:
        raise ContractFailure(
            f'{document} has no place for the table of values.',
            f'Put these two lines where the table belongs:\n{BEGIN}{END}\n{_WRITE}',
        )
    if written != expected:
        diff = unified_diff(
            written.splitlines(),
            expected.splitlines(),
            document.name,
            'what was tried',
            lineterm='',
        )
        raise ContractFailure(
            '\n'.join([f'The table in {document} differs from what was tried:', *diff]),
            _WRITE,
        )


def write_table(document: Path, expected: str) -> None:
    """Put the table into a document that has a place for it."""
    before, begin, rest = document.read_text('utf-8').partition(BEGIN)
    _, end, after = rest.partition(END)
    if begin and end:
        document.write_text(f'{before}{begin}{expected}{end}{after}', 'utf-8')
