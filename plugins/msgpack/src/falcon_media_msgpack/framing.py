"""Objects one after another, as the specification of MessagePack has it, told apart."""

from __future__ import annotations

from collections.abc import Callable

from msgpack import Unpacker

from falcon_media import Limits
from falcon_media.spi import message_pack_frame_check

__all__ = ('bounded_split', 'split')


def bounded_split(limits: Limits) -> Callable[[bytes, int], list[bytes]]:
    """Make :func:`split` with the bound on keys that are not text, for a whole frame.

    Args:
        limits (Limits): The budgets, which each message has.

    Returns:
        Callable: As :func:`split`; raises ``PayloadTooLarge`` too.
    """
    check_frame = message_pack_frame_check(limits)

    def split_within_bound(frame: bytes, most: int) -> list[bytes]:
        payloads = split(frame, most)
        check_frame(payloads)
        return payloads

    return split_within_bound


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
