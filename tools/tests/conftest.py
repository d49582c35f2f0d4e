"""Run a command, as if it were typed."""

from __future__ import annotations

from collections.abc import Callable
import io
import json
from pathlib import Path
import re
from typing import Any, NamedTuple

import core.tests.conftest
import pytest

from falcon_media.command import main

clean_environment = core.tests.conftest.clean_environment
distribute = core.tests.conftest.distribute

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

MUTE = """
    @falcon_media.hookimpl
    def falcon_media_diagnostics():
        raise ModuleNotFoundError('no library')
"""


class Result(NamedTuple):
    """The result of a command."""

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

    def install(
        name: str,
        *,
        distribution: str | None = None,
        more: str = '',
        tells: bool = True,
    ) -> None:
        distribution = distribution or f'acme-{name}'
        module = distribution.replace('-', '_')
        source = PLUGIN if tells else f'{PLUGIN}{MUTE}'
        distribute(
            distribution,
            handlers={name: module},
            modules={module: source.format(name=name, more=more)},
        )

    return install


LITERAL = """
    import ast
    import falcon
    import falcon_media
    from falcon_media.protocol.annotation import Fault, walk

    class Handler(falcon_media.BinaryHandler):
        name = 'literal'

        def __init__(self, *, loud: bool = False, limits=None):
            limits = limits or falcon_media.Limits()
            if not isinstance(loud, bool):
                raise falcon_media.ConfigError(f'loud must be a bool, not {loud!r}')
            print('made')
            codec = falcon_media.Codec(
                encode=lambda media: repr(media).encode(), decode=decode, unchecked=0
            )
            super().__init__(codec, limits)

    def decode(payload):
        if b'?' in payload:
            raise falcon_media.UnsupportedPayload('a question')
        if b'!' in payload:
            raise ValueError('no\\nexclamations')
        if payload.count(b'"') == 4:
            raise falcon_media.MalformedPayload('a thing twice')
        if payload == b'"deep"':
            media = []
            for _ in range(100_000):
                media = [media]
            return media
        return ast.literal_eval(payload.decode())

    def plain(media):
        return {'was': 'a set'} if isinstance(media, set) else media

    def annotate(payload, options):
        return walk(payload, steps)

    def steps(cursor):
        while cursor.left:
            cursor.depth = cursor.pos
            byte = cursor.take(1)
            if byte == b'!':
                raise Fault('this is too loud')
            if byte == b'"':
                cursor.take(cursor.payload.find(b'"', cursor.pos) + 1 - cursor.pos)
            yield cursor.span(f'byte {byte.decode()}')

    @falcon_media.hookimpl
    def falcon_media_handlers():
        return [
            falcon_media.HandlerSpec(
                name='literal',
                payload_type=falcon.WebSocketPayloadType.BINARY,
                media_type='',
                factory=Handler,
                summary='Literals of Python',
                annotate=annotate,
                plain=plain,
            )
        ]
"""


@pytest.fixture
def literal(distribute: Distribute) -> None:
    """Install a handler of bytes."""
    distribute(
        'acme-literal',
        handlers={'literal': 'acme_literal'},
        modules={'acme_literal': LITERAL},
    )


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """A function that says what standard input holds."""

    def type_in(data: bytes) -> None:
        monkeypatch.setattr('sys.stdin', io.TextIOWrapper(io.BytesIO(data)))

    return type_in
