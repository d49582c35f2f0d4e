"""Messages one after another, each behind its length, as protobuf's own libraries do.

See https://protobuf.dev/programming-guides/techniques/#streaming.
"""

from __future__ import annotations

from falcon_media import MalformedPayload
from falcon_media import PayloadError
from falcon_media_protobuf.wire import varint

__all__ = ('part', 'split')

_LONGEST = 5
"""Bytes that a length takes at the most; a message has less than 2 GiB."""


def part(payload: bytes) -> bytes:
    """Put a message behind its length."""
    return varint(len(payload)) + payload


def split(frame: bytes, most: int) -> list[bytes]:
    """Tell the messages of a frame apart.

    Args:
        frame (bytes): The frame.
        most (int): How many are looked for; what follows is one more.

    Returns:
        list[bytes]: A payload for each.

    Raises:
        MalformedPayload: The last one is cut off, or a length is none.
    """
    size = len(frame)
    payloads: list[bytes] = []
    position = 0
    while position < size and len(payloads) < most:
        try:
            length = frame[position]
            position += 1
            if length >= 0x80:
                length, position = _length(frame, position - 1)
            end = position + length
            if end > size:
                raise MalformedPayload('the last message is cut off')
        except PayloadError as ex:
            ex.message_number = len(payloads) + 1
            raise
        payloads.append(frame[position:end])
        position = end
    if position < size:
        payloads.append(frame[position:])
    return payloads


def _length(frame: bytes, position: int) -> tuple[int, int]:
    """Read a length, and return where it ends."""
    length = 0
    for index, byte in enumerate(frame[position : position + _LONGEST]):
        length |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return length, position + index + 1
    raise MalformedPayload('a length that does not end')
