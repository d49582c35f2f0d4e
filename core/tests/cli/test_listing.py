from __future__ import annotations

from collections.abc import Callable
import sys
from typing import Any, TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from core.tests.cli.conftest import Run

Distribute = Callable[..., Any]


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
@pytest.mark.parametrize('columns', [80, 120])
def test_on_a_terminal_it_fits(
    run: Run, on_terminal: Callable[[int], None], columns: int
) -> None:
    on_terminal(columns)
    result = run('list')
    head, *lines = result.words()
    assert head == ['NAME', 'PAYLOAD', 'MEDIA', 'TYPE', 'DISTRIBUTION', 'STATE']
    assert ['aaa', '-', '-', 'acme-broken', '1.0', 'broken'] in lines
    assert max(map(len, result.out.splitlines())) <= columns


@pytest.mark.usefixtures('broken')
def test_it_lists_what_is_broken_where_all_must_load(
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
@pytest.mark.parametrize('argv', [('list',), ('doctor',)])
@pytest.mark.parametrize('place', ['pipe', 'terminal', 'core alone'])
def test_the_words_of_a_plugin_are_escaped_and_cut(
    run: Run,
    on_terminal: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
    argv: tuple[str, ...],
    place: str,
) -> None:
    if place == 'terminal':
        on_terminal(120)
    elif place == 'core alone':
        monkeypatch.setitem(sys.modules, 'rich', None)
    result = run(*argv)
    assert (result.out + result.err).replace('\n', '').isprintable()
    assert len(result.out) < 12_000
    if argv == ('list',):
        assert r'aaa\x1b]0;title\x07\u202e' in result.out


@pytest.mark.usefixtures('hostile')
@pytest.mark.parametrize('command', ['list', 'doctor'])
def test_as_json_the_words_of_a_plugin_are_whole(run: Run, command: str) -> None:
    result = run(command, '--json')
    rows = result.json if command == 'list' else result.json['handlers']
    (row,) = [row for row in rows if row['name'] == f'aaa{HOSTILE}']
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
