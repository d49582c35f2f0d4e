"""Fake distributions: real metadata and modules, in a directory put on sys.path."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
import sys
from textwrap import dedent

import pytest

Distribute = Callable[..., Path]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ('PLUGINS', 'BLOCK', 'STRICT'):
        monkeypatch.delenv(f'FALCON_MEDIA_{variable}', raising=False)


@pytest.fixture
def distribute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Distribute]:
    """A function that installs a fake distribution for the length of the test."""
    before = set(sys.modules)

    def write(
        name: str,
        *,
        version: str = '1.0',
        handlers: dict[str, str] | None = None,
        modules: dict[str, str] | None = None,
        group: str = 'falcon_media.handlers.v1',
        metadata: str | bytes | None = None,
        entry_points: bytes | None = None,
    ) -> Path:
        root = tmp_path / name
        info = root / f'{name.replace("-", "_")}-{version}.dist-info'
        info.mkdir(parents=True)
        if metadata is None:
            metadata = f'Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n'
        if metadata:
            data = metadata.encode() if isinstance(metadata, str) else metadata
            (info / 'METADATA').write_bytes(data)
        lines = [f'{key} = {value}' for key, value in (handlers or {}).items()]
        if entry_points is None:
            entry_points = '\n'.join([f'[{group}]', *lines]).encode()
        (info / 'entry_points.txt').write_bytes(entry_points)
        for module, source in (modules or {}).items():
            (root / f'{module}.py').write_text(dedent(source))
        monkeypatch.syspath_prepend(root)
        return root

    yield write
    for module in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[module], '__file__', '')):
            del sys.modules[module]
