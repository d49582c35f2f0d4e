"""Other ASGI servers, and a load of members in mixed formats, on each of them.

The chat example runs as an operator would run it, in a process of its own.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import AsyncExitStack
from contextlib import contextmanager
from contextlib import suppress
import itertools
import os
from pathlib import Path
import signal
import socket
import subprocess
import sys
import threading
from typing import Any

import pytest
from tests.e2e.test_chat import FORMATS
from websockets.asyncio.client import connect

EXAMPLES = Path(__file__).parents[2] / 'docs' / 'examples'
TIMEOUT = 60

MEMBERS = 100
MESSAGES = 100
"""Each is heard by all members: 10,000 frames."""

APP = 'from chat import create_app\napp = create_app()\n'

UVICORN = ('uvicorn', '--host=127.0.0.1', '--port={port}', 'chat_app:app')
COMMANDS = {
    'uvicorn-websockets': (*UVICORN, '--ws=websockets'),
    'uvicorn-websockets-sansio': (*UVICORN, '--ws=websockets-sansio'),
    'uvicorn-wsproto': (*UVICORN, '--ws=wsproto'),
    'hypercorn': ('hypercorn', '--bind=127.0.0.1:{port}', 'chat_app:app'),
    'granian': (
        *('granian', '--interface=asgi', '--host=127.0.0.1', '--port={port}'),
        'chat_app:app',
    ),
    'daphne': ('daphne', '--bind=127.0.0.1', '--port={port}', 'chat_app:app'),
}


@contextmanager
def running(command: tuple[str, ...], folder: Path) -> Iterator[tuple[int, deque[str]]]:
    """Run a server until the block ends; gives its port, and what it prints."""
    (folder / 'chat_app.py').write_text(APP)
    with socket.create_server(('127.0.0.1', 0)) as taken:
        port = taken.getsockname()[1]
    arguments = [argument.format(port=port) for argument in command]
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name(arguments[0])), *arguments[1:]],
        cwd=folder,
        env={
            **os.environ,
            'PYTHONPATH': os.pathsep.join([str(folder), str(EXAMPLES)]),
            'PYTHONUNBUFFERED': '1',
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    lines: deque[str] = deque(maxlen=1000)
    watchdog = threading.Timer(TIMEOUT, os.killpg, [process.pid, signal.SIGKILL])
    watchdog.start()
    reader = threading.Thread(target=lines.extend, args=[process.stdout])
    reader.start()
    try:
        while not is_listening(port):
            # NOTE: No server tells its parent when it listens; what they print comes
            #   before, or from another process. The watchdog ends this.
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.02)
                pytest.fail(f'the server did not start:\n{"".join(lines)}')
        yield port, lines
    finally:
        watchdog.cancel()
        # NOTE: A server may have workers, which are to end with it.
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        reader.join(10)
        process.stdout.close()


def is_listening(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(('127.0.0.1', port)) == 0


async def load(port: int) -> dict[str, int]:
    """Let the members talk; each checks that it hears all, in its format."""
    names = list(itertools.islice(itertools.cycle(FORMATS), MEMBERS))
    heard = dict.fromkeys(FORMATS, 0)
    async with AsyncExitStack() as stack:
        members = []
        for name in names:
            format_ = FORMATS[name]
            client = await stack.enter_async_context(
                connect(
                    f'ws://127.0.0.1:{port}{format_.path}',
                    subprotocols=[format_.subprotocol] if format_.subprotocol else None,  # type: ignore[list-item]  # a NewType of str
                    compression=None,
                    proxy=None,
                    max_queue=None,
                )
            )
            members.append((name, client))

        missing = 0
        all_heard = asyncio.Event()

        async def listen(name: str, client: Any) -> None:
            nonlocal missing
            format_ = FORMATS[name]
            expected = set(range(1, MESSAGES + 1))
            while expected:
                frame = await client.recv()
                assert type(frame) is format_.frame
                event = format_.decode(frame)
                expected.remove(event['id'])
                assert event['text'] == f'from {event["author"]}'
                heard[name] += 1
                missing -= 1
                if not missing:
                    all_heard.set()

        listeners = [asyncio.create_task(listen(*member)) for member in members]
        # NOTE: Members of all formats talk, and their responders' tasks send to all.
        for name, client in members[: MESSAGES // 10]:
            said = {'author': name, 'text': f'from {name}'}
            # NOTE: Fewer than may wait for a member that reads slowly.
            missing = 10 * MEMBERS
            all_heard.clear()
            for _ in range(10):
                await client.send(FORMATS[name].encode(said))
            await all_heard.wait()
        await asyncio.gather(*listeners)
    return heard


@pytest.mark.parametrize('name', COMMANDS)
def test_every_member_hears_every_message_in_its_own_format(
    name: str, tmp_path: Path
) -> None:
    with running(COMMANDS[name], tmp_path) as (port, lines):
        heard = asyncio.run(asyncio.wait_for(load(port), TIMEOUT))
        assert heard == dict.fromkeys(FORMATS, MEMBERS * MESSAGES // len(FORMATS))
    assert not [line for line in lines if 'Traceback' in line]
