"""What ``falcon-media new`` writes is green as it is, with the wheels that were built.

Each task of its noxfile runs in an environment of its own, which takes a while.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
import subprocess
import sys
import venv

import pytest

WHEELS = os.environ.get('WHEELS')

pytestmark = pytest.mark.skipif(
    WHEELS is None, reason='WHEELS is no folder with the wheels; nox has one'
)

# NOTE: Beyond what has a default; and a library, which is one that is small.
ANSWERS = {
    'text': ('falcon-media-yaml',),
    'binary': ('acme-bson', '--payload', 'binary', '--library', 'packaging>=24'),
}


@pytest.fixture(scope='module', params=ANSWERS)
def package(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A package as it was written, and nothing else."""
    folder = tmp_path_factory.mktemp('new')
    answers = ANSWERS[request.param]
    run('-m', 'falcon_media', 'new', *answers, '--yes', cwd=folder)
    return folder / answers[0]


def run(*argv: str, cwd: Path, python: str = sys.executable) -> str:
    """Run Python, with the wheels for pip to find."""
    environ = {
        name: value
        for name, value in os.environ.items()
        # NOTE: Nox in nox takes no options from outside.
        if not name.startswith(('NOX', 'PYTEST_', 'FALCON_MEDIA_'))
    }
    places = filter(None, [WHEELS, environ.get('PIP_FIND_LINKS')])
    done = subprocess.run(
        [python, *argv],
        cwd=cwd,
        env={**environ, 'PIP_FIND_LINKS': ' '.join(places)},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, f'{done.stdout}\n{done.stderr}'
    return done.stdout


@pytest.mark.parametrize('payload', ['text', 'binary'])
def test_long_names_fit(payload: str, tmp_path: Path) -> None:
    run(
        *('-m', 'falcon_media', 'new', 'a' * 32, '--name', 'b' * 20),
        *('--library', f'{"c" * 46}>=12', '--media-type', f'd/{"e" * 48}'),
        *('--payload', payload, '--directory', 'here', '--yes'),
        cwd=tmp_path,
    )
    run('-m', 'nox', '-s', 'lint', cwd=tmp_path / 'here')


@pytest.mark.parametrize('task', ['tests', 'lint', 'types'])
def test_it_is_green(package: Path, task: str) -> None:
    before = {path: path.read_bytes() for path in package.rglob('*') if path.is_file()}
    run('-m', 'nox', '-s', task, cwd=package)
    assert {path: path.read_bytes() for path in before} == before


def test_it_is_built_installed_and_used(package: Path, tmp_path: Path) -> None:
    run('-m', 'nox', '-s', 'build', cwd=package)
    (wheel,) = package.glob('dist/*.whl')
    assert list(package.glob('dist/*.tar.gz'))

    venv.create(tmp_path / 'venv', with_pip=True)
    python = str(tmp_path / 'venv/bin/python')
    run('-m', 'pip', 'install', str(wheel), cwd=tmp_path, python=python)
    listed = run('-m', 'falcon_media', 'list', '--json', cwd=tmp_path, python=python)
    rows = {row['distribution']: row for row in json.loads(listed)}
    row = rows[package.name]
    assert (row['state'], row['error']) == ('loaded', None)

    program = PROGRAM.format(kind=row['payload_type'].lower(), name=row['name'])
    shown = run('-c', program, cwd=tmp_path, python=python)
    assert shown.strip() == "{'a': [1, None]}"


PROGRAM = """
import falcon
import falcon.asgi
import falcon_media

app = falcon.asgi.App()
falcon_media.install(app, {kind}='{name}')
handler = app.ws_options.media_handlers[falcon.WebSocketPayloadType['{kind}'.upper()]]
print(handler.deserialize(handler.serialize({{'a': (1, None)}})))
"""
