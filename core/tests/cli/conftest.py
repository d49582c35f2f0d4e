"""Run a command, as if it were typed."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
import re
from typing import Any, NamedTuple

import pytest

from falcon_media.cli import main

Distribute = Callable[..., Path]

PLUGIN = """
    import falcon
    import falcon_media

    class Handler(falcon_media.TextHandler):
        def __init__(self, *, volume=1, limits=None):
            codec = falcon_media.Codec(encode=repr, decode=str, unchecked=0)
            super().__init__(codec, limits, name={name!r})

    @falcon_media.hookimpl
    def falcon_media_handlers():
        return [
            falcon_media.HandlerSpec(
                name={name!r},
                payload_type=falcon.WebSocketPayloadType.TEXT,
                media_type='text/{name}',
                factory=Handler,
                summary='Loud',
                {more}
            )
        ]
"""


class Result(NamedTuple):
    """What a command ended in."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def words(self) -> list[list[str]]:
        """The words of each line."""
        return [line.split() for line in self.out.splitlines()]


Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def _no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ('FORCE_COLOR', 'NO_COLOR', 'TTY_COMPATIBLE', 'COLUMNS'):
        monkeypatch.delenv(variable, raising=False)
    for variable in ('CONFIG', 'TEXT', 'BINARY', 'HTTP', 'SUBPROTOCOLS'):
        monkeypatch.delenv(f'FALCON_MEDIA_{variable}', raising=False)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """A function that runs a command."""

    def run(*argv: str) -> Result:
        code = main(argv)
        captured = capsys.readouterr()
        # NOTE: Without the codes that make a terminal show colours.
        return Result(code, re.sub(r'\x1b\[[\d;]*m', '', captured.out), captured.err)

    return run


@pytest.fixture
def on_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """A function that makes rich believe in a terminal of some columns."""

    def pretend(columns: int) -> None:
        monkeypatch.setenv('FORCE_COLOR', '1')
        monkeypatch.setenv('TERM', 'xterm')
        monkeypatch.setenv('COLUMNS', str(columns))

    return pretend


@pytest.fixture
def plugin(distribute: Distribute) -> Callable[..., None]:
    """A function that installs a plugin with one handler for TEXT."""

    def install(name: str, *, distribution: str | None = None, more: str = '') -> None:
        distribution = distribution or f'acme-{name}'
        module = distribution.replace('-', '_')
        distribute(
            distribution,
            handlers={name: module},
            modules={module: PLUGIN.format(name=name, more=more)},
        )

    return install
