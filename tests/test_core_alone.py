"""The core's wheel by itself, in an environment where nothing else was asked for."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path

Run = Callable[..., str]


def test_a_plugin_is_found_once_it_is_installed(
    tmp_path: Path, new_python: str, run_python: Run
) -> None:
    def run(*argv: str) -> str:
        return run_python(*argv, cwd=tmp_path, python=new_python)

    def names() -> list[str]:
        rows = json.loads(run('-m', 'falcon_media', 'list', '--json'))
        return [row['name'] for row in rows]

    run('-m', 'pip', 'install', 'falcon-media')
    assert names() == ['json']
    run('-m', 'pip', 'install', 'falcon-media-cbor')
    assert names() == ['json', 'cbor']
    imported = run('-X', 'importtime', '-m', 'falcon_media', 'list', '--json')
    assert ' falcon_media_cbor.handler' in imported
    assert not [line for line in imported.splitlines() if line.endswith(' cbor2')]
