"""How a format puts many messages into one frame.

Newline-delimited JSON, concatenated MessagePack objects, a CBOR sequence (RFC 8742),
length-delimited Protocol Buffers. A framing works on encoded payloads. Each of them
still goes through its handler, with all budgets, as if it had come alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from falcon_media.errors import UnserializableMedia

__all__ = ('BYTE_LINES', 'Framing', 'LINES')

_Payload = TypeVar('_Payload', str, bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing(Generic[_Payload]):
    """How a format puts many messages into one frame, one part after another.

    Attributes:
        split: Takes a frame and a number, and returns the payloads in the frame. It may
            stop after more than that number, since the frame is refused then. It must
            take linear time and must not recurse. For a frame that can't be split it
            raises any exception that decoding may raise, optionally with an attribute
            ``message_number`` (int): the number of the message at fault, from 1. It
            need not check the payloads.
        part: Takes a payload, and returns its part of a frame. ``None`` if that is the
            payload itself.
    """

    split: Callable[[_Payload, int], list[_Payload]]
    part: Callable[[_Payload], _Payload] | None = None


def _lines(newline: _Payload) -> Framing[_Payload]:
    def part(payload: _Payload) -> _Payload:
        if newline in payload:
            raise UnserializableMedia('the payload has more than one line')
        return payload + newline

    def split(frame: _Payload, most: int) -> list[_Payload]:
        lines = frame.split(newline, most)
        # NOTE: The last newline may be missing. An empty line is kept as a payload, so
        #   that the JSON handler refuses it: it may stand for a message that was lost.
        if not lines[-1]:
            del lines[-1]
        return lines

    return Framing(split=split, part=part)


LINES: Framing[str] = _lines('\n')
"""Newline-delimited text, for JSON and other formats that fit in one line."""
BYTE_LINES: Framing[bytes] = _lines(b'\n')
"""Newline-delimited bytes."""
