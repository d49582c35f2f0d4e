from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path
import subprocess
import sys
from typing import Any, TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tools.tests.conftest import Run

SUBCOMMANDS = ('doctor', 'decode', 'encode', 'bench', 'lab', 'new')

Distribute = Callable[..., Any]


@pytest.mark.parametrize('name', SUBCOMMANDS)
def test_each_has_help_with_an_example(run: Run, name: str) -> None:
    result = run(name, '--help')
    assert result.code == 0
    assert result.out.startswith(f'Usage: falcon-media {name} ')
    assert f'falcon-media {name} ' in result.out.rpartition('Example: ')[2]
    assert max(map(len, result.out.splitlines())) <= 80
    assert run(name, '-h').out == result.out


def test_the_help_of_the_program_says_what_each_is_for(run: Run) -> None:
    lines = run('--help').words()
    for name in SUBCOMMANDS:
        assert any(line[:1] == [name] and line[2:] for line in lines)
        assert [name, 'Not'] not in [line[:2] for line in lines]


def test_wrong_arguments_get_one_line(run: Run) -> None:
    result = run('doctor', '--josn')
    assert result.code == 2
    assert not result.out
    assert result.err.startswith('falcon-media doctor: No such option')
    assert result.err.endswith('See: falcon-media doctor --help\n')
    assert result.err.count('\n') == 1


@pytest.mark.parametrize(
    ('name', 'library', 'extra'),
    [('new', 'copier', 'new'), ('lab', 'uvicorn', 'lab'), ('doctor', 'rich', 'cli')],
)
def test_a_missing_library_says_what_to_install(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, library: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    result = run(name)
    assert result.code == 2
    assert result.err == (
        f'falcon-media {name}: a required package is missing: '
        f"pip install 'falcon-media[{extra}]'\n"
    )


@pytest.mark.parametrize(('name', 'library'), [('new', 'copier'), ('lab', 'uvicorn')])
def test_help_needs_no_library_of_the_subcommand(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    assert run(name, '--help').out.startswith(f'Usage: falcon-media {name} ')


HOSTILE = '\x1b]0;title\x07\u202e'


@pytest.fixture
def hostile(distribute: Distribute) -> None:
    distribute(
        'acme-hostile',
        metadata=f'Name: acme{HOSTILE}{"n" * 5000}\nVersion: 1{HOSTILE}\n',
        handlers={f'aaa{HOSTILE}': 'acme_hostile'},
        modules={'acme_hostile': f'raise ValueError({HOSTILE!r} + "x" * 100_000)'},
    )


@pytest.mark.usefixtures('hostile')
@pytest.mark.parametrize('is_terminal', [False, True])
def test_the_words_of_a_plugin_are_escaped_and_cut(
    run: Run, on_terminal: Callable[[int], None], *, is_terminal: bool
) -> None:
    if is_terminal:
        on_terminal(120)
    result = run('doctor')
    assert (result.out + result.err).replace('\n', '').isprintable()
    assert len(result.out) < 12_000


@pytest.mark.usefixtures('hostile')
def test_as_json_the_words_of_a_plugin_are_whole(run: Run) -> None:
    rows = run('doctor', '--json').json['handlers']
    (row,) = [row for row in rows if row['name'] == f'aaa{HOSTILE}']
    assert len(row['error']) > 100_000


def test_an_output_that_has_no_word_for_it(tmp_path: Path) -> None:
    (tmp_path / 'chat.json').write_text('[1]')
    done = subprocess.run(
        [
            *(sys.executable, '-m', 'falcon_media', 'bench', 'chat.json'),
            *('--rounds', '1', '--handler', 'json'),
        ],
        capture_output=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, 'PYTHONIOENCODING': 'ascii'},
        timeout=30,
    )
    assert rb' \xb1' in done.stdout
    assert not done.stderr
