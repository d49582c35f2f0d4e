from __future__ import annotations

from collections.abc import Callable
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
