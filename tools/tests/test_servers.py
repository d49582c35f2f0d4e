from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from typing import TYPE_CHECKING

import pytest

from falcon_media_tools.servers import servers

if TYPE_CHECKING:
    from tools.tests.conftest import Run

Having = Callable[..., None]


@pytest.fixture
def having(monkeypatch: pytest.MonkeyPatch) -> Having:
    """A function that says which servers and libraries of theirs are installed."""
    real = metadata.version

    def install(**versions: str) -> None:
        def version(name: str) -> str:
            if name in versions:
                return versions[name]
            if name in ('uvicorn', 'hypercorn', 'daphne', 'granian'):
                raise metadata.PackageNotFoundError(name)
            if name in ('websockets', 'wsproto'):
                raise metadata.PackageNotFoundError(name)
            return real(name)

        monkeypatch.setattr(metadata, 'version', version)

    return install


@pytest.mark.parametrize(
    ('server', 'max_size', 'environ', 'note'),
    [
        (
            'uvicorn',
            1_048_576,
            {},
            (
                'buffers up to 16777216 bytes of each message (--ws-max-size), but the '
                'app accepts only 1048576: set --ws-max-size to 1048576'
            ),
        ),
        (
            'uvicorn',
            1_048_576,
            {'UVICORN_WS_MAX_SIZE': '1048576'},
            (
                'refuses messages over 1048576 bytes (UVICORN_WS_MAX_SIZE), as the app '
                'does'
            ),
        ),
        (
            'daphne',
            4_194_304,
            {},
            (
                'refuses messages over 1048576 bytes (--websocket-max-message-size), '
                'but the app accepts up to 4194304'
            ),
        ),
        (
            'granian',
            1_048_576,
            {},
            'has no setting for the size of a message; a built-in limit applies',
        ),
    ],
)
def test_the_size_of_a_message(
    having: Having, server: str, max_size: int, environ: dict[str, str], note: str
) -> None:
    having(**{server: '1.0', 'wsproto': '1.0'})
    (found,) = servers(max_size, environ)
    assert (found.name, found.version, found.notes[0]) == (server, '1.0', note)


def test_uvicorn_inflates(having: Having) -> None:
    having(uvicorn='1.0', websockets='1.0')
    (found,) = servers(1)
    assert found.has_websockets
    assert '--ws-per-message-deflate false' in found.notes[1]


@pytest.mark.parametrize(
    ('others', 'code', 'kind'), [({}, 1, 'problems'), ({'daphne': '1.0'}, 0, 'notes')]
)
def test_uvicorn_without_websockets(
    having: Having, run: Run, others: dict[str, str], code: int, kind: str
) -> None:
    having(uvicorn='1.0', **others)
    result = run('doctor', '--json')
    assert result.code == code
    assert {
        'what': 'uvicorn 1.0 is installed without WebSocket support',
        'cure': 'pip install websockets',
    } in result.json[kind]


def test_no_server(having: Having, run: Run) -> None:
    having()
    result = run('doctor', '--json')
    assert result.code == 0
    assert result.json['servers'] == []
    assert 'no ASGI server is installed' in [
        note['what'] for note in result.json['notes']
    ]


def test_empty_sections_have_no_heading(
    having: Having, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    having()
    monkeypatch.setenv('FALCON_MEDIA_PLUGINS', '')
    lines = run('doctor').out.splitlines()
    assert 'Servers' not in lines
    assert 'Libraries' not in lines
    assert 'note: no ASGI server is installed' in lines
