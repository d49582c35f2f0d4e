"""The demo, run as its users run it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import json
import os
from pathlib import Path
import re
import signal
import subprocess
import sys
import threading
from typing import IO

import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

DEMO = Path(__file__).parents[2] / 'docs' / 'examples' / 'demo.py'
COMMAND = [sys.executable, '-W', 'error', str(DEMO)]
TIMEOUT = 30


def check(**environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, '--check'],
        env=os.environ | environ,
        capture_output=True,
        check=False,
        text=True,
        timeout=TIMEOUT,
    )


def test_the_table_has_a_row_for_each_handler() -> None:
    done = check()
    assert (done.returncode, done.stderr) == (0, '')
    _, _, heading, rule, *rows = done.stdout.splitlines()
    assert rule == '-' * 80
    assert re.split('  +', heading) == [
        *('handler', 'payload type', 'sent', 'received', 'took', 'came back')
    ]
    pattern = re.compile(
        r'([\w-]+) +(TEXT|BINARY) +\d+ B +\d+ B +\d+\.\d\d ms  '
        r'event (\d): Reactor 3 is up'
    )
    assert [pattern.fullmatch(row).groups() for row in rows] == [  # type: ignore[union-attr]  # a row that does not match fails the test
        ('json', 'TEXT', '1'),
        ('orjson', 'TEXT', '2'),
        ('orjson-bytes', 'BINARY', '3'),
        ('rapidjson', 'TEXT', '4'),
        ('msgpack', 'BINARY', '5'),
        ('cbor', 'BINARY', '6'),
        ('msgspec-json', 'TEXT', '7'),
        ('msgspec-msgpack', 'BINARY', '8'),
        ('protobuf', 'BINARY', '9'),
    ]
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_a_handler_that_is_not_there_fails_the_check() -> None:
    done = check(FALCON_MEDIA_PLUGINS='falcon-media-rapidjson')
    assert (done.returncode, done.stderr) == (1, '')
    assert re.search(r'^rapidjson .* event 2:', done.stdout, re.MULTILINE)
    for name in ('msgpack', 'cbor', 'msgspec-json', 'msgspec-msgpack', 'protobuf'):
        assert re.search(rf'^{name} .* FAILED, see below$', done.stdout, re.MULTILINE)
        assert re.search(rf'^{name}: .+$', done.stdout, re.MULTILINE)


@contextmanager
def running_demo() -> Iterator[subprocess.Popen[str]]:
    # NOTE: A shell has its background jobs ignore Ctrl-C, and theirs inherit that.
    ignored = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        process = subprocess.Popen(
            COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    finally:
        signal.signal(signal.SIGINT, ignored)
    with process:
        timer = threading.Timer(TIMEOUT, process.kill)
        timer.start()
        try:
            yield process
        finally:
            timer.cancel()
            process.kill()


def read_until(stream: IO[str] | None, text: str) -> str:
    assert stream is not None
    for line in stream:
        if text in line:
            return line
    pytest.fail(f'no line with {text!r}')


def test_it_serves_until_ctrl_c() -> None:
    with running_demo() as demo:
        line = read_until(demo.stdout, 'http://')
        (address,) = re.findall(r'http://(\S+)/', line)
        line = read_until(demo.stdout, 'ws://')
        (url,) = re.findall(r'ws://\S+/json/ann/messages', line)
        with (
            connect(url, proxy=None) as client,
            connect(
                f'ws://{address}/lab',
                subprotocols=[Subprotocol('falcon-media.lab.v1')],
                proxy=None,
            ) as lab,
        ):
            hello = json.loads(lab.recv(TIMEOUT))
            assert {handler['error'] for handler in hello['handlers']} == {None}
            lab.send(json.dumps({'type': 'measure', 'id': 1, 'text': '{}'}))
            while json.loads(lab.recv(TIMEOUT))['type'] != 'timing':
                pass

            client.send(json.dumps({'kind': 'replay', 'after': 3}))
            events = [json.loads(client.recv(TIMEOUT)) for _ in range(2)]
            assert [event['id'] for event in events] == [4, 5]

            # NOTE: With clients connected, so that there is something to stop.
            demo.send_signal(signal.SIGINT)
            _, errors = demo.communicate(timeout=TIMEOUT)
    assert (demo.returncode, errors) == (0, '')
