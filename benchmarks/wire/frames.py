"""Frames of RFC 6455, as far as a load client and a bare server need them."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha1
import struct
import zlib

__all__ = ('accept_key', 'build_frame', 'FrameReader', 'inflate', 'OPCODE_TEXT')

_GUID = b'258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
"""Section 1.3."""

OPCODE_TEXT = 0x1
_OPCODE_BINARY = 0x2
_FIN, _RSV1, _MASKED = 0x80, 0x40, 0x80
_TAIL = b'\x00\x00\xff\xff'
"""The tail that RFC 7692, section 7.2, removes from a deflated message."""


def accept_key(key: str) -> str:
    """Compute ``Sec-WebSocket-Accept`` for a ``Sec-WebSocket-Key``."""
    digest = sha1(key.encode() + _GUID, usedforsecurity=False).digest()
    return b64encode(digest).decode()


def build_frame(
    payload: str | bytes, *, mask: bytes | None = None, deflated: bool = False
) -> bytes:
    """Build the frame of a message.

    Args:
        payload (str | bytes): TEXT or BINARY.

    Keyword Args:
        mask (bytes | None): The masking key of a client: four bytes.
        deflated (bool): Whether it is compressed, without context (RFC 7692).

    Returns:
        bytes: The frame.
    """
    data = payload.encode() if isinstance(payload, str) else payload
    first = _FIN | (OPCODE_TEXT if isinstance(payload, str) else _OPCODE_BINARY)
    if deflated:
        compressor = zlib.compressobj(wbits=-12, memLevel=5)
        data = compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)
        data = data.removesuffix(_TAIL)
        first |= _RSV1
    size = len(data)
    masked = _MASKED if mask else 0
    if size < 126:
        header = struct.pack('!BB', first, masked | size)
    elif size < 2**16:
        header = struct.pack('!BBH', first, masked | 126, size)
    else:
        header = struct.pack('!BBQ', first, masked | 127, size)
    if mask:
        key = int.from_bytes((mask * (size // 4 + 1))[:size])
        return header + mask + (int.from_bytes(data) ^ key).to_bytes(size)
    return header + data


def inflate(data: bytes) -> bytes:
    """Inflate the first message of a connection."""
    return zlib.decompressobj(wbits=-15).decompress(data + _TAIL)


class FrameReader:
    """Counts the messages from a server, and reads only their headers.

    Attributes:
        count (int): Number of complete messages.
        kept (list | None): Their opcodes and inflated payloads; ``None`` (the default)
            to keep none.
    """

    __slots__ = ('_head', '_kept', '_rest', 'count', 'kept')

    def __init__(self) -> None:
        self.count = 0
        self.kept: list[tuple[int, bytes]] | None = None
        self._head = b''
        self._rest = 0
        self._kept = bytearray()

    def feed(self, data: bytes) -> None:
        """Process received bytes.

        Raises:
            ValueError: The frame is not a whole message. The servers are set up to send
                nothing else.
        """
        if self._head:
            data = self._head + data
            self._head = b''
        position, end = 0, len(data)
        while position < end:
            if not self._rest:
                size = self._begin(data, position)
                if not size:
                    self._head = data[position:]
                    return
                position += size
            taken = min(self._rest, end - position)
            if self.kept is not None:
                self._kept += data[position : position + taken]
            position += taken
            self._rest -= taken
            if not self._rest:
                self._end()

    def _begin(self, data: bytes, position: int) -> int:
        """Read a header; return its size, or 0 if it is incomplete."""
        if len(data) < position + 2:
            return 0
        first, size = data[position], data[position + 1]
        whole = (_FIN | OPCODE_TEXT, _FIN | _OPCODE_BINARY)
        if first & ~_RSV1 not in whole or not 0 < size < _MASKED:
            raise ValueError(f'the server sent a frame that begins with {first:#x}')
        length = 2
        if size >= 126:
            wide = 2 if size == 126 else 8
            length += wide
            if len(data) < position + length:
                return 0
            size = int.from_bytes(data[position + 2 : position + length])
        self._rest = size
        if self.kept is not None:
            self._kept = bytearray([first])
        return length

    def _end(self) -> None:
        self.count += 1
        if self.kept is not None:
            first, payload = self._kept[0], bytes(self._kept[1:])
            if first & _RSV1:
                payload = inflate(payload)
            self.kept.append((first & 0xF, payload))
