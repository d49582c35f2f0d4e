"""Clients of a broadcast, a thousand if need be, in a process of their own.

``python crowd.py PORT HEALTHY PASSING STALLED VANISHING`` connects them, says ``ready``
on its standard output, and goes on until the healthy ones have heard the last message.
Then it writes what they heard.

- The healthy ones read all there is. The first of them says so.
- Those passing leave after some messages, and come back.
- The stalled ones read nothing, ever.
- Those that vanish send half a frame, drop the connection, and come back.
"""

from __future__ import annotations

import asyncio
from collections import Counter
import json
import socket
import struct
import sys
from typing import Any

import cbor2
import msgpack

DECODERS: dict[str, Any] = {
    'json': json.loads,
    'msgpack': msgpack.unpackb,
    'cbor': cbor2.loads,
}
FORMATS = [*DECODERS, 'json.batch', 'msgpack.batch', 'cbor.batch']
MASK = bytes(4)
HALF_A_FRAME = b'\x82\xfe\x40\x00' + MASK + bytes(1000)
DROP = struct.pack('ii', 1, 0)
"""Value of SO_LINGER with which a close resets the connection."""

codes: Counter[int] = Counter()


class Member(asyncio.Protocol):
    """A client that reads, and how it wants to leave."""

    def __init__(self, subprotocol: str, *, stays: int, acknowledges: bool) -> None:
        self.subprotocol = subprotocol
        self.stays = stays
        self.acknowledges = acknowledges
        self.is_open = False
        self.numbers: list[int] = []
        self.buffer = b''
        self.joined = asyncio.get_running_loop().create_future()
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(handshake(self.subprotocol))

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.is_open:
            head, end, self.buffer = self.buffer.partition(b'\r\n\r\n')
            if not end:
                self.buffer = head
                return
            assert b' 101 ' in head, head
            self.is_open = True
            if not self.joined.done():
                self.joined.set_result(None)
        while (frame := self.take_frame()) is not None:
            self.frame_received(*frame)

    def connection_lost(self, exc: Exception | None) -> None:
        for future in (self.joined, self.ended):
            if not future.done():
                future.set_result(None)

    def take_frame(self) -> tuple[int, bytes] | None:
        buffer = self.buffer
        if len(buffer) < 2:
            return None
        size, start = buffer[1], 2
        if size >= 126:
            start = 4 if size == 126 else 10
            if len(buffer) < start:
                return None
            size = int.from_bytes(buffer[2:start])
        if len(buffer) < start + size:
            return None
        self.buffer = buffer[start + size :]
        return buffer[0] & 15, buffer[start : start + size]

    def frame_received(self, opcode: int, payload: bytes) -> None:
        if opcode == 9:
            self.say(10, payload)
        elif opcode == 8:
            codes[int.from_bytes(payload[:2])] += 1
            self.transport.close()
        else:
            for message in messages(self.subprotocol, payload):
                self.numbers.append(message['n'])
                self.stays -= 1
                if message['last'] or not self.stays:
                    self.transport.close()
            if self.acknowledges:
                self.say(1, str(self.numbers[-1]).encode())

    def say(self, opcode: int, payload: bytes) -> None:
        self.transport.write(
            bytes((0x80 | opcode, 0x80 | len(payload))) + MASK + payload
        )


def messages(subprotocol: str, payload: bytes) -> list[Any]:
    """Decode a frame, by means that are not those of the server."""
    name, _, batch = subprotocol.partition('.')
    if not batch:
        return [DECODERS[name](payload)]
    if name == 'json':
        return [*map(json.loads, payload.splitlines())]
    if name == 'msgpack':
        unpacker = msgpack.Unpacker()
        unpacker.feed(payload)
        return [*unpacker]
    sequence = b'\x9f' + payload + b'\xff'
    return [*cbor2.loads(sequence)]


def handshake(subprotocol: str) -> bytes:
    return (
        'GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n'
        'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n'
        f'Sec-WebSocket-Protocol: {subprotocol}\r\n\r\n'
    ).encode()


async def member(port: int, number: int, *, stays: int = -1) -> Member:
    """Connect a client, and wait until it is one."""
    subprotocol = FORMATS[number % len(FORMATS)]
    loop = asyncio.get_running_loop()
    _, made = await loop.create_connection(
        lambda: Member(subprotocol, stays=stays, acknowledges=number == 0),
        '127.0.0.1',
        port,
    )
    await made.joined
    return made


async def pass_by(port: int, number: int) -> None:
    for turn in range(10**9):
        await (await member(port, number + turn, stays=1 + (number + turn) % 9)).ended


async def stall(port: int, number: int) -> socket.socket:
    stalled = socket.socket()
    stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stalled.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(stalled, ('127.0.0.1', port))
    await loop.sock_sendall(stalled, handshake(FORMATS[number % len(FORMATS)]))
    return stalled


async def vanish(port: int, number: int) -> None:
    for turn in range(10**9):
        made = await member(port, number + turn, stays=1 + (number + turn) % 5)
        sock = made.transport.get_extra_info('socket')
        made.transport.write(HALF_A_FRAME)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, DROP)
        await asyncio.wait([made.ended], timeout=0.05)
        made.transport.abort()
        await made.ended


def tell(line: str) -> None:
    sys.stdout.write(f'{line}\n')
    sys.stdout.flush()


async def main(port: int, healthy: int, passing: int, stalled: int, gone: int) -> None:
    members = [await member(port, number) for number in range(healthy)]
    sockets = [await stall(port, number) for number in range(stalled)]
    others = [
        *(asyncio.create_task(pass_by(port, number)) for number in range(passing)),
        *(asyncio.create_task(vanish(port, number)) for number in range(gone)),
    ]
    tell('ready')
    await asyncio.gather(*(one.ended for one in members))
    for task in others:
        task.cancel()
    failed = [
        repr(ex)
        for ex in await asyncio.gather(*others, return_exceptions=True)
        if not isinstance(ex, asyncio.CancelledError)
    ]
    for one in sockets:
        one.close()
    heard = [(one.subprotocol, one.numbers) for one in members]
    tell(json.dumps({'heard': heard, 'failed': failed, 'codes': codes}))


if __name__ == '__main__':
    asyncio.run(main(*map(int, sys.argv[1:])))
