from __future__ import annotations

from collections.abc import Callable
import io
import json
import os
import subprocess
import sys
from typing import Any, NamedTuple

import pytest

from falcon_media.command import main

Distribute = Callable[..., Any]


class Result(NamedTuple):
    """The outcome of a command."""

    code: int
    out: str
    err: str

    def words(self) -> list[list[str]]:
        return [line.split() for line in self.out.splitlines()]

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Result]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """A function that runs a command."""

    def run(*argv: str) -> Result:
        code = main(argv)
        return Result(code, *capsys.readouterr())

    return run


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulate that no subcommand is installed."""
    monkeypatch.setattr('falcon_media.command.distributions', list)


SHOUT = """
    from falcon_media.command import Subcommand

    def run(argv):
        print(*argv)
        return len(argv)

    shout = Subcommand('Say it aloud.', run)
"""


@pytest.fixture
def shout(distribute: Distribute) -> None:
    """Install a subcommand."""
    distribute(
        'acme-shout',
        group='falcon_media.commands.v1',
        handlers={'shout': 'acme_shout:shout', 'mute': 'acme_shout:mute'},
        modules={'acme_shout': SHOUT},
    )


# ------------------------------------------------------------------------ subcommands


@pytest.mark.usefixtures('shout')
def test_a_subcommand_is_given_the_arguments_after_its_name(run: Run) -> None:
    assert run('shout', 'a', '--help') == (2, 'a --help\n', '')


@pytest.mark.usefixtures('shout')
def test_help_lists_the_subcommands_and_survives_a_broken_one(run: Run) -> None:
    result = run('--help')
    assert result.code == 0
    lines = result.words()
    assert ['shout', 'Say', 'it', 'aloud.'] in lines
    assert ['mute', 'Broken:', 'AttributeError:'] in [line[:3] for line in lines]
    assert ['list', 'List', 'the', 'installed'] in [line[:4] for line in lines]


@pytest.mark.usefixtures('shout')
def test_a_broken_subcommand_says_what_is_wrong(run: Run) -> None:
    result = run('mute')
    assert result.code == 2
    assert result.err.startswith('falcon-media: mute cannot be loaded: AttributeError')


def test_unreadable_metadata_hides_no_subcommand(
    run: Run, distribute: Distribute
) -> None:
    distribute('acme-odd', entry_points=b'\xff')
    assert 'doctor' in run('--help').out


@pytest.mark.usefixtures('alone')
@pytest.mark.parametrize(
    ('argv', 'cure'),
    [
        (('doctor', '--json'), "pip install 'falcon-media[cli]'"),
        (('bench', 'chat.json'), "pip install 'falcon-media[cli]'"),
        (('new', '--help'), "pip install 'falcon-media[new]'"),
        (('lab',), "pip install 'falcon-media[lab]'"),
    ],
)
def test_a_missing_subcommand_says_what_to_install(
    run: Run, argv: tuple[str, ...], cure: str
) -> None:
    assert run(*argv) == (2, '', f'falcon-media: {argv[0]} is not installed: {cure}\n')


@pytest.mark.usefixtures('alone')
def test_the_help_says_what_to_install(run: Run) -> None:
    result = run('--help')
    assert result.code == 0
    assert "new Not installed: pip install 'falcon-media[new]'." in ' '.join(
        result.out.split()
    )


@pytest.mark.parametrize(
    ('argv', 'message'),
    [
        (('lsit',), "falcon-media: unknown command 'lsit'. Did you mean 'list'?"),
        (('--lsit',), 'falcon-media: '),
        (('list', '--josn'), 'falcon-media: Unrecognized arguments: --josn'),
        (('list', 'cbor'), 'falcon-media: Unrecognized arguments: cbor'),
        ((), 'falcon-media: '),
    ],
)
def test_wrong_arguments_get_one_line(
    run: Run, argv: tuple[str, ...], message: str
) -> None:
    result = run(*argv)
    assert result.code == 2
    assert not result.out
    assert result.err.startswith(message)
    assert result.err.endswith(' --help\n')
    assert result.err.count('\n') == 1


def test_version(run: Run) -> None:
    result = run('--version')
    assert result.code == 0
    assert result.out.startswith('falcon-media, version 0.')


def test_list_has_help_with_an_example(run: Run) -> None:
    result = run('list', '--help')
    assert result.code == 0
    assert 'Example: falcon-media list --json' in result.out


# -------------------------------------------------------------------------------- list


def test_as_json(run: Run) -> None:
    result = run('list', '--json')
    assert result.code == 0
    assert {
        *('name', 'payload_type', 'media_type', 'distribution', 'version', 'state'),
        'error',
    } <= result.json[0].keys()
    assert [row['state'] for row in result.json if row['name'] == 'json'] == ['loaded']


@pytest.fixture
def broken(distribute: Distribute) -> None:
    distribute('acme-broken', handlers={'aaa': 'no_such_module'})


@pytest.mark.usefixtures('broken')
def test_piped_it_is_a_plain_table(run: Run) -> None:
    head, *lines = run('list').words()
    assert head == ['NAME', 'PAYLOAD', 'MEDIA', 'TYPE', 'DISTRIBUTION', 'STATE']
    assert ['json', 'TEXT', 'application/json', 'falcon-media'] in [
        line[:4] for line in lines
    ]
    assert ['aaa', '-', '-', 'acme-broken', '1.0', 'broken'] in lines
    assert ['aaa', '(acme-broken):', 'ModuleNotFoundError:'] in [
        line[:3] for line in lines
    ]


@pytest.mark.usefixtures('broken')
def test_broken_plugins_are_listed_in_strict_mode(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('FALCON_MEDIA_STRICT', '1')
    assert 'broken' in [row['state'] for row in run('list', '--json').json]


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
def test_text_of_a_plugin_is_escaped_and_cut(run: Run) -> None:
    result = run('list')
    assert (result.out + result.err).replace('\n', '').isprintable()
    assert len(result.out) < 12_000
    assert r'aaa\x1b]0;title\x07\u202e' in result.out


@pytest.mark.usefixtures('hostile')
def test_text_of_a_plugin_is_complete_in_json(run: Run) -> None:
    (row,) = [
        row for row in run('list', '--json').json if row['name'] == f'aaa{HOSTILE}'
    ]
    assert row['version'] == f'1{HOSTILE}'
    assert len(row['error']) > 100_000


@pytest.mark.parametrize(
    ('summary', 'state'),
    [
        ("'\\ud800'", 'loaded'),
        ("'x' * 9000", 'loaded'),
        ("b'bytes'", 'broken'),
        ('3', 'broken'),
    ],
)
def test_a_summary_of_any_kind_leaves_valid_json(
    run: Run, distribute: Distribute, summary: str, state: str
) -> None:
    source = f"""
        import falcon, falcon_media

        @falcon_media.hookimpl
        def falcon_media_handlers():
            return [
                falcon_media.HandlerSpec(
                    name='loud',
                    payload_type=falcon.WebSocketPayloadType.TEXT,
                    media_type='text/x-loud',
                    factory=falcon_media.TextHandler,
                    summary={summary},
                )
            ]
    """
    distribute('acme', handlers={'loud': 'acme_loud'}, modules={'acme_loud': source})
    (row,) = [row for row in run('list', '--json').json if row['name'] == 'loud']
    assert row['state'] == state


# ---------------------------------------------------------------------- as a process


def test_the_output_need_not_be_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.StringIO()
    monkeypatch.setattr(sys, 'stdout', output)
    assert main(['list', '--json']) == 0
    assert json.loads(output.getvalue())


def test_python_dash_m() -> None:
    done = subprocess.run(
        [sys.executable, '-m', 'falcon_media', 'list', '--json'],
        capture_output=True,
        check=True,
        timeout=30,
    )
    assert 'json' in [row['name'] for row in json.loads(done.stdout)]


def test_list_imports_no_library_of_the_tools() -> None:
    code = 'from falcon_media.command import main; main(["list", "--json"])'
    loaded = 'import sys; print(*{"click", "copier", "rich"} & set(sys.modules))'
    done = subprocess.run(
        [sys.executable, '-c', f'{code}; {loaded}'],
        capture_output=True,
        check=True,
        timeout=30,
        text=True,
    )
    assert not done.stdout.splitlines()[-1]


@pytest.mark.parametrize('argv', [('list',), ('list', '--json')])
def test_a_reader_may_close_the_pipe(argv: tuple[str, ...]) -> None:
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


def test_a_reader_may_have_closed_the_pipe() -> None:
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
