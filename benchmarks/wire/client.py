"""The load client: sockets, and frames that are built in advance.

It must be cheap compared to the server, or the server would wait for it. So it masks
once, decodes nothing, and reads only the headers of received frames.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
import selectors
import socket

from benchmarks.wire.child import need_files
from benchmarks.wire.child import Pipe
from benchmarks.wire.frames import accept_key
from benchmarks.wire.frames import FrameReader

__all__ = ('Connect', 'Disconnect', 'Echo', 'Receive', 'run_client')

_KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
"""The key in RFC 6455, section 1.3. A fixed one is enough for our own servers."""

_CHUNK = 262_144
_TIMEOUT = 60.0
"""The most seconds without data from a server."""


@dataclass(frozen=True, slots=True)
class Connect:
    """Connect a group of clients. The answer is their number.

    Attributes:
        group (str): The name of the group.
        port (int): The port of the server, on the loopback interface.
        path (str): The path.
        count (int): Number of clients.
        subprotocol (str | None): The subprotocol that they offer.
        deflate (bool): Whether they offer permessage-deflate.
    """

    group: str
    port: int
    path: str
    count: int
    subprotocol: str | None = None
    deflate: bool = False


@dataclass(frozen=True, slots=True)
class Echo:
    """Send a frame from all clients of a group, again after each answer.

    The answer has the received messages, as for :class:`Receive`.
    """

    group: str
    frame: bytes
    messages: int
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Receive:
    """Wait until each client of the groups has received a number of messages.

    The answer is a ``Counter`` of the messages (opcode, payload); empty without `keep`.
    """

    groups: tuple[str, ...]
    messages: int
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Close all clients. The answer is their number."""


_Request = Connect | Echo | Receive | Disconnect
_Seen = Counter[tuple[int, bytes]]


class _Client:
    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.reader = FrameReader()

    def receive(self) -> None:
        data = self.socket.recv(_CHUNK)
        if not data:
            raise ConnectionError('the server closed a connection')
        self.reader.feed(data)


def run_client(pipe: Pipe) -> None:
    """Process requests until ``None`` arrives."""
    groups: dict[str, list[_Client]] = {}
    try:
        while (request := pipe.recv()) is not None:
            pipe.send(_do(request, groups))
    finally:
        _do(Disconnect(), groups)


def _do(request: _Request, groups: dict[str, list[_Client]]) -> object:
    match request:
        case Connect():
            need_files(sum(map(len, groups.values())) + request.count + 64)
            group = groups.setdefault(request.group, [])
            group += [_connect(request) for _ in range(request.count)]
            return len(group)
        case Echo():
            return _echo(request, groups[request.group])
        case Receive():
            clients = [client for name in request.groups for client in groups[name]]
            return _receive(clients, request.messages, keep=request.keep)
        case Disconnect():
            clients = [client for group in groups.values() for client in group]
            groups.clear()
            for client in clients:
                client.socket.close()
            return len(clients)


def _connect(request: Connect) -> _Client:
    connection = socket.create_connection(('127.0.0.1', request.port), _TIMEOUT)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    lines = [
        f'GET {request.path} HTTP/1.1',
        f'Host: 127.0.0.1:{request.port}',
        'Upgrade: websocket',
        'Connection: Upgrade',
        f'Sec-WebSocket-Key: {_KEY}',
        'Sec-WebSocket-Version: 13',
    ]
    if request.subprotocol:
        lines.append(f'Sec-WebSocket-Protocol: {request.subprotocol}')
    if request.deflate:
        lines.append('Sec-WebSocket-Extensions: permessage-deflate')
    connection.sendall('\r\n'.join([*lines, '', '']).encode())

    head = b''
    while b'\r\n\r\n' not in head:
        data = connection.recv(_CHUNK)
        if not data:
            break
        head += data
    head, _, rest = head.partition(b'\r\n\r\n')
    text = head.decode('latin-1')
    if not text.startswith('HTTP/1.1 101 ') or accept_key(_KEY) not in text:
        raise ConnectionError(f'{request} was answered {text!r}')
    if ('permessage-deflate' in text) != request.deflate:
        raise ConnectionError(f'{request} was answered {text!r}: deflate')
    client = _Client(connection)
    client.reader.feed(rest)
    return client


def _echo(request: Echo, clients: list[_Client]) -> _Seen:
    active = clients[: request.messages]
    frame, left = request.frame, request.messages - len(active)
    waiting = len(active)
    with selectors.DefaultSelector() as selector:
        for client in active:
            client.reader.kept = [] if request.keep else None
            selector.register(client.socket, selectors.EVENT_READ, client)
            client.socket.sendall(frame)
        while waiting:
            for client in _ready(selector):
                before = client.reader.count
                client.receive()
                if client.reader.count == before:
                    continue
                if left:
                    left -= 1
                    client.socket.sendall(frame)
                else:
                    waiting -= 1
    return _take_kept(active)


def _receive(clients: list[_Client], messages: int, *, keep: bool) -> _Seen:
    with selectors.DefaultSelector() as selector:
        for client in clients:
            client.reader.kept = [] if keep else None
            selector.register(client.socket, selectors.EVENT_READ, client)
        goals = {client: client.reader.count + messages for client in clients}
        while goals:
            for client in _ready(selector):
                client.receive()
                if client.reader.count >= goals[client]:
                    del goals[client]
                    selector.unregister(client.socket)
    return _take_kept(clients)


def _ready(selector: selectors.BaseSelector) -> list[_Client]:
    events = selector.select(_TIMEOUT)
    if not events:
        raise TimeoutError(f'nothing came in {_TIMEOUT:.0f} s')
    return [key.data for key, _ in events]


def _take_kept(clients: list[_Client]) -> _Seen:
    seen: _Seen = Counter()
    for client in clients:
        seen.update(client.reader.kept or ())
        client.reader.kept = None
    return seen
