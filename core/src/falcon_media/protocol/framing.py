"""Many messages in one frame: the form that a format has for that.

Newline-delimited JSON, MessagePack objects one after another, a CBOR sequence (RFC
8742), Protocol Buffers with their lengths. A framing works on payloads that are encoded
already, and each of them goes through its handler, with all budgets, as if it had come
alone.
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
    """How a format puts many messages into one frame: one part after another.

    Attributes:
        split: Takes a frame and a number; returns its payloads. Once there are more
            than that number it may stop: the frame is refused. It takes linear time,
            does not recurse, and raises what decoding may raise for a frame that can't
            be told apart; a payload that is wrong in itself is not its business. An
            exception may have an attribute ``message_number`` (int): which message of
            the frame it is about, from 1.
        part: Takes a payload; returns what stands for it in a frame. ``None`` where
            that is the payload itself.
    """

    split: Callable[[_Payload, int], list[_Payload]]
    part: Callable[[_Payload], _Payload] | None = None


def _lines(newline: _Payload) -> Framing[_Payload]:
    def part(payload: _Payload) -> _Payload:
        if newline in payload:
            raise UnserializableMedia('it takes more than one line')
        return payload + newline

    def split(frame: _Payload, most: int) -> list[_Payload]:
        lines = frame.split(newline, most)
        # NOTE: The last newline may be missing. An empty line is a payload like others,
        #   and no JSON: a receiver may ignore it, and a peer that sends one has lost a
        #   message.
        if not lines[-1]:
            del lines[-1]
        return lines

    return Framing(split=split, part=part)


LINES: Framing[str] = _lines('\n')
"""Newline-delimited: for JSON, and whatever else can be written in one line."""
BYTE_LINES: Framing[bytes] = _lines(b'\n')
"""The same in bytes."""
