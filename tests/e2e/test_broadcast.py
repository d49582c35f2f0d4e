r"""A broadcast to a crowd of which some stall, some vanish, and some come and go.

It is of 80 members and 100 messages. For the 1,000 that a release is tried with, and
the curve::

    FALCON_MEDIA_CROWD=1000 FALCON_MEDIA_MESSAGES=500 \
        python3 -m nox -r -s "tests(e2e)" -- -s -k crowd -o faulthandler_timeout=600
"""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
import resource
import socket
import sys
import time
from typing import Any

from falcon.asgi import App
from falcon.asgi import Request
from falcon.asgi import WebSocket
import pytest
import uvicorn

import falcon_media
from falcon_media import batched
from falcon_media import Broadcast

CROWD = int(os.environ.get('FALCON_MEDIA_CROWD', '80'))
MESSAGES = int(os.environ.get('FALCON_MEDIA_MESSAGES', '100'))
BOUND = 90 + CROWD * MESSAGES / 2000
"""Seconds after which it has failed."""

AHEAD = 10
"""Messages that the healthy members may be behind."""

PADDING = 'x' * 4000

PAGE = resource.getpagesize()


class Hall:
    """Where the members are, and how far the first of them has heard."""

    def __init__(self, group: Broadcast) -> None:
        self.group = group
        self.acknowledged = -1
        self.heard = asyncio.Condition()
        self.joined = 0

    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        peer = await falcon_media.accept(req, ws)
        self.joined += 1
        with self.group.member(peer):
            async for media in peer:
                async with self.heard:
                    self.acknowledged = int(str(media))
                    self.heard.notify_all()

    async def has_heard(self, number: int) -> None:
        async with self.heard:
            await self.heard.wait_for(lambda: self.acknowledged >= number)


def memory() -> float:
    """The memory of this process, in MiB."""
    pages = int(Path('/proc/self/statm').read_text('ascii').split()[1])
    return pages * PAGE / 2**20


async def hold(group: Broadcast, ws: str) -> dict[str, Any]:
    """Serve a crowd, send it the messages, and tell what came of it."""
    hall = Hall(group)
    app = App()
    app.add_route('/', hall)
    falcon_media.install(
        app,
        subprotocols={
            **{name: name for name in ('json', 'msgpack', 'cbor')},
            **{
                f'{name}.batch': batched(name, max_count=5)
                for name in ('json', 'msgpack', 'cbor')
            },
        },
    )
    listener = socket.create_server(('127.0.0.1', 0), backlog=CROWD)
    # NOTE: Of what the kernel holds for a client, the server learns nothing.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            interface='asgi3',
            lifespan='off',
            log_config=None,
            ws=ws,
            ws_ping_interval=2.0,
            ws_ping_timeout=5.0,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=10,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    part = CROWD // 20
    crowd = await asyncio.create_subprocess_exec(
        *(sys.executable, str(Path(__file__).with_name('crowd.py'))),
        *map(str, (listener.getsockname()[1], CROWD - 4 * part, 2 * part, part, part)),
        stdout=asyncio.subprocess.PIPE,
        limit=2**30,
    )
    assert crowd.stdout is not None
    assert await crowd.stdout.readline() == b'ready\n'
    curve = []
    began = time.perf_counter()
    for number in range(MESSAGES):
        await hall.has_heard(number - AHEAD)
        last = number == MESSAGES - 1
        await group.send({'n': number, 'last': last, 'padding': PADDING})
        if number % max(MESSAGES // 20, 1) == 0 or last:
            tasks = len(asyncio.all_tasks())
            curve.append((number, round(memory(), 1), len(group), tasks))
    took = time.perf_counter() - began
    answer = json.loads(await crowd.stdout.readline())
    assert await crowd.wait() == 0
    server.should_exit = True
    await serving
    await group.close()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    return {
        **answer,
        'curve': curve,
        'took': took,
        'joined': hall.joined,
        'members': len(group),
        'tasks': [repr(task) for task in left],
    }


@pytest.mark.skipif(sys.platform != 'linux', reason='it reads /proc')
@pytest.mark.parametrize('ws', ['websockets-sansio', 'wsproto'])
@pytest.mark.parametrize('on_full', ['disconnect', 'drop_oldest'])
def test_a_crowd(ws: str, on_full: Any) -> None:
    async def run() -> dict[str, Any]:
        async with asyncio.timeout(BOUND):
            return await hold(Broadcast(max_queue=16, on_full=on_full), ws)

    found = asyncio.run(run())
    lines = [
        f'{CROWD} members, {MESSAGES} messages, {found["took"]:.1f} s; {ws}, {on_full}',
        f'joined: {found["joined"]}; closed with: {found["codes"]}',
        'message  memory (MiB)  members  tasks',
        *('{:7}  {:12}  {:7}  {:5}'.format(*row) for row in found['curve']),
    ]
    sys.stdout.write('\n'.join(['', *lines, '']))
    assert found['failed'] == []
    wrong = [
        subprotocol
        for subprotocol, numbers in found['heard']
        if numbers != list(range(MESSAGES))
    ]
    assert wrong == [], 'a healthy member has not heard all of them, in order'
    assert found['tasks'] == []
    assert found['members'] == 0
    # NOTE: What comes and goes leaves nothing behind; a stalled member holds a queue
    #   that is bounded, of payloads that it shares with the others.
    half = len(found['curve']) // 2
    memories = [row[1] for row in found['curve']]
    assert max(memories[half:]) - memories[half] < 16 + CROWD / 50
