"""The table of what becomes of each kind of Python value."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from testing.tests.bad_contracts import contract
from testing.tests.test_points import failure_of
from testing.tests.test_points import said

from falcon_media_testing import fidelity_table
from falcon_media_testing import Loosened
from falcon_media_testing import Probe
from falcon_media_testing.fidelity import main

PROBES = (
    Probe('int', '`int`', lambda: [1]),
    Probe('bytes', '`bytes`', lambda: [b'a']),
    Probe('tuple', '`tuple`', lambda: [(1,)]),
    Probe('bool', '`bool` in Swedish', lambda: ['ja']),
)
TABLE = """\
| Python value | comes back |
| --- | --- |
| `int` | equal |
| `bytes` | refused |
| `tuple` | changed: `list` |
| `bool` in Swedish | equal |
"""
README = """\
# Some package

<!-- fidelity:begin -->
{table}<!-- fidelity:end -->

The end.
"""


def made(**declared: Any) -> Any:
    return contract('kept', **{'probes': PROBES, 'cant_carry': {'bytes'}, **declared})


def as_escapes(text: str) -> str:
    return text


def test_the_table() -> None:
    assert fidelity_table(made()) == TABLE


def test_an_option_that_is_written_otherwise() -> None:
    loosened = {'int': Loosened({'ensure_ascii': True}, text='escapes=YES')}
    assert '| equal with `escapes=YES` |' in fidelity_table(made(loosened=loosened))


@pytest.mark.parametrize(
    ('options', 'change', 'cell'),
    [
        ({'ensure_ascii': True}, None, 'equal with `ensure_ascii=True`'),
        ({'ensure_ascii': False}, as_escapes, 'equal with `ensure_ascii=False`'),
    ],
)
def test_a_column_for_options(
    options: Mapping[str, Any], change: Any, cell: str
) -> None:
    table = fidelity_table(made(loosened={'int': Loosened(options, change)}))
    head, _, first, second, *_ = table.splitlines()
    assert head == '| Python value | comes back | with an option |'
    assert first == f'| `int` | equal | {cell} |'
    assert second == '| `bytes` | refused |  |'


def test_neighbours_that_share_their_fate_share_a_row() -> None:
    probes = [
        Probe('a', '`int` of 8 bits', lambda: [1], 'integers'),
        Probe('b', '`int` of 16 bits', lambda: [1], 'integers'),
        Probe('c', 'enum', lambda: [1], 'integers'),
        Probe('bytes', '`bytes`', lambda: [b'a'], 'integers'),
        Probe('d', '`int` of 64 bits', lambda: [1], 'integers'),
        Probe('e', '`int` of 99 bits', lambda: [1], 'others'),
        Probe('f', '`bool`', lambda: [True]),
        Probe('g', '`None`', lambda: [None]),
    ]
    table = fidelity_table(made(probes=probes, changes={}))
    assert table.splitlines()[2:] == [
        '| `int` of 8 bits, 16 bits, enum | equal |',
        '| `bytes` | refused |',
        '| `int` of 64 bits | equal |',
        '| `int` of 99 bits | equal |',
        '| `bool` | equal |',
        '| `None` | equal |',
    ]


def test_a_column_for_fields() -> None:
    probes = (Probe('a', '`int`', lambda: [1], where='`int32`'), PROBES[0])
    head, _, first, second = fidelity_table(
        made(probes=probes, cant_carry=())
    ).splitlines()
    assert head == '| Python value | field | comes back |'
    assert first == '| `int` | `int32` | equal |'
    assert second == '| `int` |  | equal |'


def test_what_has_no_place_has_no_row() -> None:
    assert fidelity_table(made(places=lambda *_: ())).count('\n') == 2


def with_readme(folder: Path, text: str) -> Any:
    readme = folder / 'README.md'
    readme.write_text(text)
    return made(readme=readme)


def test_a_readme_that_says_the_same(tmp_path: Path) -> None:
    with_readme(tmp_path, README.format(table=TABLE)).test_table_in_the_readme()


def test_a_readme_that_says_something_else(tmp_path: Path) -> None:
    text = README.format(table=TABLE.replace('refused', 'equal'))
    said(
        failure_of(with_readme(tmp_path, text), 'test_table_in_the_readme'),
        'The table in the README says what the contract says.',
        'README.md differs from what was tried:',
        '-| `bytes` | equal | +| `bytes` | refused |',
        'python -m falcon_media_testing.fidelity --write',
    )


@pytest.mark.parametrize('text', ['# Title', '<!-- fidelity:begin -->\n'])
def test_a_readme_without_a_place(tmp_path: Path, text: str) -> None:
    said(
        failure_of(with_readme(tmp_path, text), 'test_table_in_the_readme'),
        'README.md has no place for the table of values.',
        'Put these two lines where the table belongs: <!-- fidelity:begin -->',
    )


CONTRACT = """
from pathlib import Path
from testing.tests.bad_contracts import KeptContract
from testing.tests.test_fidelity import PROBES

class TestKept(KeptContract):
    probes = PROBES
    cant_carry = {{'bytes'}}
    readme = {readme}
"""


@pytest.mark.parametrize(
    ('before', 'after'),
    [
        (README.format(table='old\n'), README.format(table=TABLE)),
        ('# No place', '# No place'),
    ],
)
def test_the_command_writes_it(tmp_path: Path, before: str, after: str) -> None:
    readme, path = tmp_path / 'README.md', tmp_path / 'test_contract.py'
    path.write_text(CONTRACT.format(readme='Path(__file__).parent / "README.md"'))
    readme.write_text(before)
    assert main([str(path), '--write']) == 0
    assert readme.read_text() == after


def test_the_command_prints_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / 'test_contract.py'
    path.write_text(CONTRACT.format(readme=None))
    assert main([str(path)]) == 0
    assert capsys.readouterr().out == f'kept\n\n{TABLE}\n'
    assert main([str(path), '--write']) == 0
