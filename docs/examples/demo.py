"""Serve the lab, and the event feed in every installed format, and talk to that.

The lab is a page to try messages and attacks on; ``falcon-media lab`` serves it alone.
Each media handler that falcon-media finds gets an app of its own; the apps share one
feed, so that all formats see what is posted in any of them. A client for each format,
written with the bare codec library, posts the same event and waits until it comes back.
Then the server goes on until Ctrl-C. With ``--check`` it ends there, and the exit
status says whether all went well.
"""

from __future__ import annotations

import argparse
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
import json
import logging
import socket
import sys
import textwrap
import threading
import time
from typing import Any, TypeAlias
import webbrowser

import uvicorn
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from event_feed import create_app
from event_feed import Feed
import falcon_media
from falcon_media_tools.lab import app as lab

OPTIONS: dict[str, dict[str, Any]] = {'protobuf': {'message': 'events_pb2:Event'}}
"""What some handlers can't be made without."""

POST = {'kind': 'post', 'author': 'ann', 'text': 'Reactor 3 is up'}
"""What each client sends."""

TIMEOUT = 10
"""Seconds within which a client must have its answer, and the server must stop."""

Codec: TypeAlias = tuple[Callable[[Any], str | bytes], Callable[[Any], Any]]
"""How a client encodes, and decodes."""

ASGIApp: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]


# ------------------------------------------------------------------------- the clients


def json_codec() -> Codec:
    """Speak JSON with the standard library."""
    return json.dumps, json.loads


def json_bytes_codec() -> Codec:
    """Speak JSON in binary frames."""
    return lambda media: json.dumps(media).encode(), json.loads


def msgpack_codec() -> Codec:
    """Speak MessagePack with msgpack."""
    import msgpack

    return msgpack.packb, msgpack.unpackb


def cbor_codec() -> Codec:
    """Speak CBOR with cbor2."""
    import cbor2

    return cbor2.dumps, cbor2.loads


def protobuf_codec() -> Codec:
    """Speak Protocol Buffers with the class that protoc made from events.proto."""
    from events_pb2 import Event

    def encode(fields: Mapping[str, Any]) -> bytes:
        return Event(**fields).SerializeToString()

    def decode(payload: bytes) -> dict[str, object]:
        fields = Event.FromString(payload).ListFields()
        return {field.name: value for field, value in fields}

    return encode, decode


CLIENTS: dict[str, Callable[[], Codec]] = {
    'json': json_codec,
    'orjson': json_codec,
    'orjson-bytes': json_bytes_codec,
    'rapidjson': json_codec,
    'msgpack': msgpack_codec,
    'cbor': cbor_codec,
    'msgspec-json': json_codec,
    'msgspec-msgpack': msgpack_codec,
    'protobuf': protobuf_codec,
}
"""A client for each handler that ``--check`` requires."""


@dataclass
class Exchange:
    """A row of the table: a handler, and what happened when a client talked to it."""

    handler: str
    payload_type: str = '-'
    sent: int = 0
    received: int = 0
    seconds: float = 0.0
    came_back: str = ''
    error: str | None = None


def talk(address: str, row: Exchange) -> None:
    """Post an event in one format, and wait until it comes back."""
    encode, decode = CLIENTS[row.handler]()
    request = encode(POST)
    with connect(
        f'ws://{address}/{row.handler}/ann/messages',
        subprotocols=[Subprotocol(f'events.{row.payload_type.lower()}')],
        # NOTE: The sizes in the table are those of the payloads themselves.
        compression=None,
        proxy=None,
        open_timeout=TIMEOUT,
    ) as client:
        begin = time.perf_counter()
        client.send(request)
        answer = client.recv(TIMEOUT)
        row.seconds = time.perf_counter() - begin

    # NOTE: A client of websockets sends a str as TEXT and bytes as BINARY, and gives
    #   the same back.
    if isinstance(answer, str) != (row.payload_type == 'TEXT'):
        raise TypeError(f'{type(answer).__name__} came back')
    event = decode(answer)
    if event != POST | {'kind': 'event', 'id': event['id']}:
        raise ValueError(f'{event} came back')
    row.sent, row.received = size(request), size(answer)
    row.came_back = f'event {event["id"]}: {event["text"]}'


def size(payload: str | bytes) -> int:
    """Return how many bytes a payload takes in its frame."""
    return len(payload.encode() if isinstance(payload, str) else payload)


# -------------------------------------------------------------------------- the server


def find_handlers() -> list[Exchange]:
    """Start a row for each handler that is installed, or that we have a client for."""
    rows = {name: Exchange(name, error='it is not installed') for name in CLIENTS}
    for found in falcon_media.Registry.discover().rows():
        name = found['name']
        rows[name] = Exchange(name, found['payload_type'] or '-', error=found['error'])
        if name not in CLIENTS:
            rows[name].came_back = '(no client for it here)'
    return list(rows.values())


def make_app(row: Exchange, feeds: Mapping[str, Feed]) -> ASGIApp:
    """Make the app that speaks one format."""
    chosen = falcon_media.use(row.handler, **OPTIONS.get(row.handler, {}))
    if row.payload_type == 'TEXT':
        return create_app(text=chosen, feeds=feeds)
    return create_app(text=None, binary=chosen, feeds=feeds)


def mount(apps: Mapping[str, ASGIApp], elsewhere: ASGIApp) -> ASGIApp:
    """Put apps side by side, each behind a prefix of its own; one has all the rest."""

    async def dispatch(scope: Any, receive: Any, send: Any) -> None:
        prefix, _, path = scope['path'].lstrip('/').partition('/')
        if prefix in apps:
            await apps[prefix](scope | {'path': f'/{path}'}, receive, send)
        else:
            await elsewhere(scope, receive, send)

    return dispatch


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve an app on a free port of the loopback interface, in a thread."""
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            ws='websockets-sansio',
            lifespan='off',
            log_level='warning',
            timeout_graceful_shutdown=1,
        )
    )
    # NOTE: It listens from here on, so that a client may connect at any time.
    listener = socket.create_server(('127.0.0.1', 0))
    thread = threading.Thread(
        target=server.run, kwargs={'sockets': [listener]}, daemon=True
    )
    thread.start()
    try:
        yield '{}:{}'.format(*listener.getsockname())
    finally:
        server.should_exit = True
        thread.join(TIMEOUT)


# --------------------------------------------------------------------------- the table

LAYOUT = '{:<16}{:<13}{:>5}{:>10}{:>10}  {}'
HEADINGS = ('handler', 'payload type', 'sent', 'received', 'took', 'came back')

WIDTH = 80

LAB = """\
The lab, for messages and attacks of your own, in the browser:
    http://{address}/
"""

NEXT = """
Serving until Ctrl-C. To page through the feed:
    http://{address}/json/ann/messages
To follow it, and to post to it:
    python -m websockets ws://{address}/json/ann/messages
    > {{"kind": "post", "author": "you", "text": "hello"}}
The same feed, a format each: {formats}
"""


def show(row: Exchange) -> None:
    """Print a row of the table."""
    cells = ('-', '-', '-')
    if row.sent:
        cells = (f'{row.sent} B', f'{row.received} B', f'{row.seconds * 1000:.2f} ms')
    came_back = 'FAILED, see below' if row.error else row.came_back
    print(LAYOUT.format(row.handler, row.payload_type, *cells, came_back), flush=True)


def open_lab(address: str) -> None:
    """Tell where the lab is, and show it to whoever sits there."""
    print(LAB.format(address=address), flush=True)
    if sys.stdout.isatty():
        webbrowser.open(f'http://{address}/')


def run(check: bool) -> int:
    """Run the demo, and return its exit status."""
    rows = find_handlers()
    feeds = {'ann': Feed()}
    apps = {}
    for row in rows:
        if row.handler in CLIENTS and not row.error:
            try:
                apps[row.handler] = make_app(row, feeds)
            except falcon_media.SetupError as ex:
                row.error = str(ex)

    with serving(mount(apps, lab.create_app())) as address:
        if not check:
            open_lab(address)
        print('A client in each format posts an event, and waits until it is back:\n')
        print(LAYOUT.format(*HEADINGS))
        print('-' * WIDTH)
        for row in rows:
            if row.handler in apps:
                try:
                    talk(address, row)
                except Exception as ex:  # noqa: BLE001  # whatever it is, it has a row
                    row.error = f'{type(ex).__name__}: {ex}'
            show(row)

        failed = [row for row in rows if row.error]
        for row in failed:
            print(textwrap.fill(f'{row.handler}: {row.error}', WIDTH))
        if not check:
            formats = ', '.join(f'/{name}' for name in apps)
            print(NEXT.format(address=address, formats=formats), flush=True)
            threading.Event().wait()
    return 1 if failed else 0


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--check', action='store_true', help='end after the table; 1 if a row failed'
    )
    logging.basicConfig(format='%(levelname)s %(name)s: %(message)s')
    try:
        sys.exit(run(parser.parse_args().check))
    except KeyboardInterrupt:
        print()
