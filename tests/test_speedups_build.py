"""How falcon-media-speedups is built: with a compiler, without, and without a GIL."""

from __future__ import annotations

import os
from pathlib import Path
import shutil
import subprocess
import sys
import zipfile

import pytest

ROOT = Path(__file__).parent.parent
NO_GIL = """
import runpy, sys, sysconfig
sysconfig.get_config_vars()['Py_GIL_DISABLED'] = 1
sys.argv = ['setup.py', *sys.argv[1:]]
runpy.run_path('setup.py', run_name='__main__')
"""

needs_compiler = pytest.mark.skipif(
    not shutil.which('cc'), reason='there is no compiler of C'
)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return Path(
        shutil.copytree(
            ROOT / 'speedups',
            tmp_path / 'speedups',
            ignore=shutil.ignore_patterns('*.so', '*.egg-info', 'build'),
        )
    )


def build(source: Path, *command: str, **environ: str) -> tuple[str, list[str]]:
    """Build a wheel; return its tags, and the files of the package in it."""
    subprocess.run(
        [sys.executable, *command, '--quiet', 'bdist_wheel', '--dist-dir', 'dist'],
        cwd=source,
        env={**os.environ, **environ},
        check=True,
        capture_output=True,
        timeout=120,
    )
    (wheel,) = (source / 'dist').iterdir()
    names = zipfile.ZipFile(wheel).namelist()
    tags = wheel.stem.partition('-0.1.0-')[2]
    return tags, [name for name in names if '_checks' in name]


@needs_compiler
def test_with_a_compiler_one_wheel_serves_all_versions(source: Path) -> None:
    tags, files = build(source, 'setup.py')
    assert tags.startswith('cp311-abi3-')
    assert 'falcon_media_speedups/_checks.abi3.so' in files


def test_without_a_compiler_the_wheel_is_plain(source: Path) -> None:
    tags, files = build(source, 'setup.py', CC='false')
    assert tags == 'py3-none-any'
    assert files == ['falcon_media_speedups/_checks.pyi']


@needs_compiler
def test_without_a_gil_there_is_no_stable_abi(source: Path) -> None:
    tags, files = build(source, '-c', NO_GIL)
    version = f'cp{sys.version_info.major}{sys.version_info.minor}'
    assert tags.startswith(f'{version}-{version}-')
    assert any(file.endswith('.so') and 'abi3' not in file for file in files)
