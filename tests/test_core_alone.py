"""The core's wheel by itself, in an environment where nothing else was asked for."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
import shutil

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


def test_without_any_metadata_what_is_built_in_works_and_plugins_are_passed(
    tmp_path: Path, new_python: str, run_python: Run
) -> None:
    def run(*argv: str) -> str:
        return run_python(*argv, cwd=tmp_path, python=new_python)

    run('-m', 'pip', 'install', 'falcon-media-cbor')
    for info in tmp_path.rglob('site-packages/*.dist-info'):
        shutil.rmtree(info)
    rows = json.loads(run('-m', 'falcon_media', 'list', '--json'))
    assert [(row['name'], row['version'], row['state']) for row in rows] == [
        ('json', '?', 'loaded')
    ]
    assert run('-c', FROZEN).split() == ['json', 'cbor', 'HandlerNotFound']


FROZEN = """
import falcon.asgi
import falcon_media
import falcon_media_cbor

app = falcon.asgi.App()
found = falcon_media.install(app, binary='cbor', extensions=[falcon_media_cbor])
print(*(row['name'] for row in found.registry.rows()))
try:
    falcon_media.install(falcon.asgi.App(), binary='cbor')
except falcon_media.SetupError as ex:
    print(type(ex).__name__)
"""
