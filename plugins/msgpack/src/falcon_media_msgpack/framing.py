"""Objects one after another, as the specification of MessagePack has it, told apart."""

from __future__ import annotations

from msgpack import Unpacker

__all__ = ('split',)


def split(frame: bytes, most: int) -> list[bytes]:
    """Tell the objects of a frame apart, without making them.

    Args:
        frame (bytes): The frame.
        most (int): How many are looked for; what follows is one more.

    Returns:
        list[bytes]: A payload for each.

    Raises:
        Exception: Whatever the library raises, for what is cut off or no object.
    """
    size = len(frame)
    unpacker = Unpacker(max_buffer_size=size, read_size=size)
    unpacker.feed(frame)
    payloads: list[bytes] = []
    start = 0
    while start < size and len(payloads) < most:
        try:
            unpacker.skip()
        except Exception as ex:
            ex.message_number = len(payloads) + 1  # type: ignore[attr-defined]  # see falcon_media.Framing
            raise
        end = unpacker.tell()
        payloads.append(frame[start:end])
        start = end
    if start < size:
        payloads.append(frame[start:])
    return payloads
