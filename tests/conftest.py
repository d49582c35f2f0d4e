"""Processes of their own, with the wheels that were built."""

from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path
import shutil
import subprocess
import sys
import venv

import pytest


@pytest.fixture(scope='session')
def run_python() -> Callable[..., str]:
    """A function that runs Python, and finds the wheels for pip; returns the output."""
    wheels = os.environ.get('WHEELS')
    if wheels is None:
        pytest.skip('WHEELS is no folder with the wheels; nox has one')

    def run(*argv: str, cwd: Path, python: str = sys.executable) -> str:
        environ = {
            name: value
            for name, value in os.environ.items()
            # NOTE: Nox in nox takes no options from outside.
            if not name.startswith(('NOX', 'PYTEST_', 'FALCON_MEDIA_'))
        }
        places = filter(None, [wheels, environ.get('PIP_FIND_LINKS')])
        done = subprocess.run(
            [python, *argv],
            cwd=cwd,
            # NOTE: For nox, which takes uv where it is found, and for pip.
            env={
                **environ,
                'PIP_FIND_LINKS': ' '.join(places),
                'UV_FIND_LINKS': wheels,
            },
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.returncode == 0, f'{done.stdout}\n{done.stderr}'
        return done.stdout + (done.stderr if '-X' in argv else '')

    return run


@pytest.fixture(scope='session')
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that has pip, and nothing else; to copy."""
    folder = tmp_path_factory.mktemp('venv')
    venv.create(folder, with_pip=True)
    return folder


@pytest.fixture
def new_python(environment: Path, tmp_path: Path) -> str:
    """The Python of an environment that has pip, and nothing else."""
    folder = tmp_path / 'venv'
    shutil.copytree(environment, folder, symlinks=True)
    return str(folder / 'bin/python')
