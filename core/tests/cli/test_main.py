from __future__ import annotations

import io
import json
import os
from pathlib import Path
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from falcon_media.cli import main

if TYPE_CHECKING:
    from core.tests.cli.conftest import Run

COMMANDS = ('list', 'doctor', 'decode', 'encode', 'bench', 'lab', 'new')

LOADED = (
    'import sys; print(*{"click", "copier", "matplotlib", "rich"} & set(sys.modules))'
)


@pytest.fixture
def core_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the core were installed without the extra."""
    monkeypatch.setitem(sys.modules, 'rich', None)


# ---------------------------------------------------------------------- all commands


def test_help_lists_the_commands_and_what_they_are_for(run: Run) -> None:
    result = run('--help')
    assert result.code == 0
    for command in COMMANDS:
        assert any(line[:1] == [command] and line[2:] for line in result.words())


@pytest.mark.parametrize('command', COMMANDS)
def test_each_command_has_help_with_an_example(run: Run, command: str) -> None:
    result = run(command, '--help')
    assert result.code == 0
    assert result.out.startswith(f'Usage: falcon-media {command} ')
    assert 'Example: ' in result.out
    assert f'falcon-media {command} ' in result.out.rpartition('Example: ')[2]
    assert max(map(len, result.out.splitlines())) <= 80


def test_no_command_is_a_cry_for_help(run: Run) -> None:
    result = run()
    assert result.code == 2
    assert 'doctor' in result.err


@pytest.mark.parametrize(
    ('argv', 'message'),
    [
        (('lsit',), "falcon-media: there is no command 'lsit'. Did you mean 'list'?"),
        (('--lsit',), 'falcon-media: No such option'),
        (('list', '--josn'), 'falcon-media list: No such option'),
        (('list', 'cbor'), 'falcon-media list: Got unexpected extra argument (cbor)'),
    ],
)
def test_wrong_arguments_get_one_line(
    run: Run, argv: tuple[str, ...], message: str
) -> None:
    result = run(*argv)
    assert result.code == 2
    assert not result.out
    assert result.err.startswith(message)
    assert argv[-1] in result.err
    assert result.err.endswith(' --help\n')
    assert result.err.count('\n') == 1


def test_version(run: Run) -> None:
    result = run('--version')
    assert result.code == 0
    assert result.out.startswith('falcon-media, version 0.')


def test_an_output_that_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.StringIO()
    monkeypatch.setattr(sys, 'stdout', output)
    assert main(['list', '--json']) == 0
    assert json.loads(output.getvalue())


def test_completion_of_an_unknown_command_is_empty(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        '_FALCON_MEDIA_COMPLETE': 'bash_complete',
        'COMP_WORDS': 'falcon-media lsit --',
        'COMP_CWORD': '2',
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as caught:
        run()
    assert caught.value.code == 0


# ------------------------------------------------------------------------- the core


@pytest.mark.usefixtures('core_alone')
def test_the_core_alone_lists(run: Run) -> None:
    assert run('list').words()[0] == [
        *('NAME', 'PAYLOAD', 'MEDIA', 'TYPE', 'DISTRIBUTION', 'STATE')
    ]
    assert 'json' in [row['name'] for row in run('list', '--json').json]


@pytest.mark.usefixtures('core_alone')
@pytest.mark.parametrize(
    ('argv', 'cure'),
    [
        (('doctor', '--json'), "pip install 'falcon-media[cli]'"),
        (('bench', 'chat.json'), "pip install 'falcon-media[cli]'"),
        (('new', 'falcon-media-yaml'), "pip install 'falcon-media[new]'"),
    ],
)
def test_the_core_alone_says_what_to_install(
    run: Run, argv: tuple[str, ...], cure: str
) -> None:
    result = run(*argv)
    assert result.code == 2
    assert result.err == f'falcon-media {argv[0]} needs more than the core: {cure}\n'


@pytest.mark.usefixtures('core_alone')
@pytest.mark.parametrize('argv', [(), ('lsit',), ('list', 'cbor')])
def test_the_core_alone_gives_one_line_for_wrong_arguments(
    run: Run, argv: tuple[str, ...]
) -> None:
    result = run(*argv)
    assert result.code == 2
    assert result.err.startswith('falcon-media')
    assert result.err.endswith('(see: falcon-media --help)\n')
    assert result.err.count('\n') == 1


@pytest.mark.usefixtures('core_alone')
def test_the_help_of_the_core_alone_says_what_to_install(run: Run) -> None:
    result = run('--help')
    assert result.code == 0
    assert "pip install 'falcon-media[new]'" in ' '.join(result.out.split())


def test_a_missing_template_tool_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, 'copier', None)
    result = run('new', 'falcon-media-yaml')
    assert result.code == 2
    assert result.err == (
        'falcon-media: new needs more than is installed: '
        "pip install 'falcon-media[new]'\n"
    )


@pytest.mark.parametrize(
    ('command', 'library'), [('new', 'copier'), ('lab', 'uvicorn')]
)
def test_a_command_shows_its_help_without_what_it_needs_to_run(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: str, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    assert run(command, '--help').out.startswith(f'Usage: falcon-media {command} ')


@pytest.mark.usefixtures('core_alone')
def test_on_the_core_alone_the_help_of_a_command_says_what_to_install(run: Run) -> None:
    result = run('new', '--help')
    assert result.code == 0
    assert 'Start a package with a handler of your own.' in result.out
    assert "pip install 'falcon-media[new]'" in ' '.join(result.out.split())


# ---------------------------------------------------------------------- as a process


def test_python_dash_m() -> None:
    done = subprocess.run(
        [sys.executable, '-m', 'falcon_media', 'list', '--json'],
        capture_output=True,
        check=True,
        timeout=30,
    )
    assert 'json' in [row['name'] for row in json.loads(done.stdout)]


@pytest.mark.parametrize(
    ('code', 'loaded'),
    [
        ('import falcon_media', ''),
        ('from falcon_media.cli import main; main(["list", "--json"])', 'click'),
    ],
)
def test_what_is_not_needed_is_not_imported(code: str, loaded: str) -> None:
    done = subprocess.run(
        [sys.executable, '-c', f'{code}; {LOADED}'],
        capture_output=True,
        check=True,
        timeout=30,
        text=True,
    )
    assert done.stdout.splitlines()[-1] == loaded


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


@pytest.mark.parametrize('argv', [('list',), ('list', '--json')])
def test_a_reader_that_leaves(argv: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, 'wb') as stdout:
        done = subprocess.run(
            [sys.executable, '-m', 'falcon_media', *argv],
            stdout=stdout,
            stderr=subprocess.PIPE,
            check=False,
            timeout=30,
            text=True,
        )
    assert (done.returncode, done.stderr) == (1, '')


def test_a_reader_that_has_left() -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    try:
        done = subprocess.run(
            [sys.executable, '-m', 'falcon_media', 'list', '--json'],
            stdout=theirs,
            stderr=subprocess.PIPE,
            timeout=30,
            check=False,
        )
    finally:
        os.close(theirs)
    assert (done.returncode, done.stderr) == (1, b'')
