"""What ``falcon-media new`` writes is green as it is, with the wheels that were built.

Each task of its noxfile runs in an environment of its own, which is that of the same
task of the other packages too: what takes a while is to make it.
"""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
import shutil

import pytest

Run = Callable[..., str]

# NOTE: Beyond what has a default; and a library, which is one that is small.
ANSWERS = {
    'text': ('falcon-media-yaml',),
    'binary': ('acme-bson', '--payload', 'binary', '--library', 'packaging>=24'),
}


@pytest.fixture(scope='module')
def run_task(tmp_path_factory: pytest.TempPathFactory, run_python: Run) -> Run:
    """A function that runs a task of a package."""
    environments = tmp_path_factory.mktemp('environments')
    backend = 'uv' if shutil.which('uv') else 'virtualenv'

    def run(task: str, folder: Path) -> str:
        return run_python(
            *('-m', 'nox', '--default-venv-backend', backend),
            *('--reuse-existing-virtualenvs', '--envdir', str(environments)),
            *('--session', task),
            cwd=folder,
        )

    return run


@pytest.fixture(scope='module', params=ANSWERS)
def package(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    run_python: Run,
) -> Path:
    """A package as it was written, and nothing else."""
    folder = tmp_path_factory.mktemp('new')
    answers = ANSWERS[request.param]
    run_python('-m', 'falcon_media', 'new', *answers, '--yes', cwd=folder)
    return folder / answers[0]


@pytest.mark.parametrize('payload', ['text', 'binary'])
def test_long_names_fit(
    payload: str, tmp_path: Path, run_python: Run, run_task: Run
) -> None:
    run_python(
        *('-m', 'falcon_media', 'new', 'a' * 32, '--name', 'b' * 20),
        *('--library', f'{"c" * 46}>=12', '--media-type', f'd/{"e" * 48}'),
        *('--payload', payload, '--directory', 'here', '--yes'),
        cwd=tmp_path,
    )
    run_task('lint', tmp_path / 'here')


@pytest.mark.parametrize('task', ['tests', 'lint', 'types'])
def test_it_is_green(package: Path, task: str, run_task: Run) -> None:
    before = {path: path.read_bytes() for path in package.rglob('*') if path.is_file()}
    run_task(task, package)
    assert {path: path.read_bytes() for path in before} == before


def test_it_is_built_installed_and_used(
    package: Path, tmp_path: Path, new_python: str, run_python: Run, run_task: Run
) -> None:
    run_task('build', package)
    (wheel,) = package.glob('dist/*.whl')
    assert list(package.glob('dist/*.tar.gz'))

    def run(*argv: str) -> str:
        return run_python(*argv, cwd=tmp_path, python=new_python)

    run('-m', 'pip', 'install', str(wheel))
    rows = json.loads(run('-m', 'falcon_media', 'list', '--json'))
    (row,) = [row for row in rows if row['distribution'] == package.name]
    assert (row['state'], row['error']) == ('loaded', None)

    program = PROGRAM.format(kind=row['payload_type'].lower(), name=row['name'])
    assert run('-c', program).strip() == "{'a': [1, None]}"


PROGRAM = """
import falcon
import falcon.asgi
import falcon_media

app = falcon.asgi.App()
falcon_media.install(app, {kind}='{name}')
handler = app.ws_options.media_handlers[falcon.WebSocketPayloadType['{kind}'.upper()]]
print(handler.deserialize(handler.serialize({{'a': (1, None)}})))
"""
