from __future__ import annotations

from collections.abc import Callable
import json
import subprocess
import sys
from typing import Any

import pytest

from falcon_media.cli import main

Distribute = Callable[..., Any]


def test_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['list', '--json']) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {
        'name',
        'payload_type',
        'media_type',
        'distribution',
        'version',
        'state',
        'error',
    } <= set(rows[0])
    assert [row['state'] for row in rows if row['name'] == 'json'] == ['loaded']


def test_list_as_a_table(
    capsys: pytest.CaptureFixture[str], distribute: Distribute
) -> None:
    distribute('acme-broken', handlers={'aaa': 'no_such_module'})
    assert main(['list']) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        'NAME',
        'PAYLOAD',
        'TYPE',
        'MEDIA',
        'TYPE',
        'DISTRIBUTION',
        'VERSION',
        'STATE',
    ]
    assert any(line.split()[:2] == ['json', 'TEXT'] for line in lines)
    assert any(line.startswith('aaa (acme-broken): ModuleNotF') for line in lines)


@pytest.mark.parametrize('arguments', [[], ['lsit']])
def test_wrong_arguments(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert 'usage: python -m falcon_media' in capsys.readouterr().err


def test_python_dash_m() -> None:
    done = subprocess.run(
        [sys.executable, '-m', 'falcon_media', 'list', '--json'],
        capture_output=True,
        check=True,
        timeout=30,
    )
    assert 'json' in [row['name'] for row in json.loads(done.stdout)]
