"""Our side of the wire, by the command line; and the other one, in Node."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import io
import json
import os
from pathlib import Path
import subprocess
from typing import Any, NamedTuple

import pytest

from falcon_media.command import main

PEER = Path(__file__).with_name('peer.cjs')


class Ours(NamedTuple):
    """A handler, as ``falcon-media`` runs it.

    Attributes:
        encode (Callable): A message in the tagged form -> a frame.
        decode (Callable): The other way.
    """

    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]


class Theirs(NamedTuple):
    """What came back from Node.

    Attributes:
        frames (list[bytes]): Of the messages to encode.
        messages (list): Of the frames to decode, in the tagged form.
    """

    frames: list[bytes]
    messages: list[Any]


@pytest.fixture
def ours(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Callable[..., Ours]:
    """A function that names one of our handlers."""

    def run(command: str, *argv: str, given: bytes) -> bytes:
        monkeypatch.setattr('sys.stdin', io.TextIOWrapper(io.BytesIO(given)))
        code = main([command, *argv])
        out, err = capsysbinary.readouterr()
        assert (code, err) == (0, b'')
        return out

    def choose(handler: str, *options: str) -> Ours:
        argv = ['--handler', handler]
        for option in options:
            argv += ['--option', option]

        def encode(message: Any) -> bytes:
            return run('encode', *argv, given=json.dumps(message).encode())

        def decode(frame: bytes) -> Any:
            document = run('decode', *argv, '--input=raw', '--json', given=frame)
            return json.loads(document)['value']

        return Ours(encode, decode)

    return choose


@pytest.fixture
def theirs() -> Callable[..., Theirs]:
    """A function that has Node encode messages, and decode frames."""
    if 'NODE_PACKAGES' not in os.environ:
        pytest.skip('the packages for Node are installed by nox -s node')

    def ask(
        format_name: str,
        *,
        messages: Sequence[Any] = (),
        frames: Sequence[bytes] = (),
        **options: object,
    ) -> Theirs:
        work = {
            'format': format_name,
            'options': options,
            'encode': messages,
            'decode': [frame.hex() for frame in frames],
        }
        done = subprocess.run(
            ['node', str(PEER)],  # noqa: S607  # node is where it is
            input=json.dumps(work).encode(),
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr.decode()
        answer = json.loads(done.stdout)
        return Theirs([*map(bytes.fromhex, answer['encode'])], answer['decode'])

    return ask
