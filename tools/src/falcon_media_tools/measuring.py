"""Encode and decode a message once with a handler: its size and its changes.

Times are measured in :mod:`falcon_media_tools.timing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from typing import cast
import zlib

from falcon_media.compare import Difference
from falcon_media.compare import differences
from falcon_media.errors import PayloadError
from falcon_media.errors import UnserializableMedia
from falcon_media.protocol.handlers import Handler

__all__ = ('as_bytes', 'deflated_size', 'Frame', 'send_and_receive', 'told')


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A message, as a handler sends and receives it.

    Attributes:
        handler (str): The handler.
        payload_type (str): ``'TEXT'`` or ``'BINARY'``.
        size (int | None): Bytes of the payload, without the header of the frame (2 to
            10 bytes from a server, the same in every format).
        deflated_size (int | None): The size after compression, see
            :func:`deflated_size`.
        refused (str | None): The error, if the handler can't encode the message.
        undecodable (str | None): The error, if the handler can't decode its own
            payload, which happens if that exceeds a budget.
        changes (list[Difference]): The changes of a round trip.
        payload (str | bytes | None): The payload. ``repr()`` omits it, and it is the
            only attribute that JSON can't always express.
    """

    handler: str
    payload_type: str
    size: int | None = None
    deflated_size: int | None = None
    refused: str | None = None
    undecodable: str | None = None
    changes: list[Difference] = field(default_factory=list)
    payload: str | bytes | None = field(default=None, repr=False)

    @property
    def is_carried(self) -> bool:
        """Whether it can be sent and received, changed or not."""
        return self.refused is None and self.undecodable is None


def send_and_receive(name: str, handler: Handler, media: object) -> Frame:
    """Encode a message and decode it again, once.

    Args:
        name (str): The name to show for the handler.
        handler (Handler): The handler, under the guard.
        media (object): The message.

    Returns:
        Frame: The result, or the reason why encoding failed.
    """
    payload_type = handler.payload_type.name
    try:
        # NOTE: The guard ensures the type.
        payload = cast('str | bytes', handler.serialize(media))
    except UnserializableMedia as ex:
        return Frame(handler=name, payload_type=payload_type, refused=told(ex))
    undecodable, changes = None, []
    try:
        changes = differences(media, handler.deserialize(payload))  # type: ignore[arg-type]  # a handler takes what it makes
    except PayloadError as ex:
        undecodable = told(ex)
    wire = as_bytes(payload)
    return Frame(
        handler=name,
        payload_type=payload_type,
        size=len(wire),
        deflated_size=deflated_size(wire),
        undecodable=undecodable,
        changes=changes,
        payload=payload,
    )


def as_bytes(payload: str | bytes) -> bytes:
    """Return the bytes of a payload on the wire; TEXT is UTF-8."""
    return payload.encode() if isinstance(payload, str) else payload


def deflated_size(payload: bytes) -> int:
    """Return the size of a payload after compression by ``permessage-deflate``.

    The message is compressed without context takeover. With it, which most servers and
    browsers agree on, messages similar to earlier ones of the connection get smaller.
    The level is zlib's default, as in uvicorn, Hypercorn, daphne and granian; the
    window is the largest, 32 KB.

    Args:
        payload (bytes): The payload.

    Returns:
        int: Bytes.
    """
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    flushed = deflate.compress(payload) + deflate.flush(zlib.Z_SYNC_FLUSH)
    # NOTE: The last four bytes, 00 00 FF FF, are not sent (RFC 7692, section 7.2.1).
    return len(flushed) - 4


def told(ex: PayloadError | UnserializableMedia) -> str:
    """Format an error in one line, including the error of the library.

    NOTE: Other error messages don't quote libraries, but here the message is the
    user's. It may come from a client, so control characters are escaped.
    """
    text = f'{ex}: {ex.cause}' if ex.cause and str(ex.cause) else str(ex)
    words = ' '.join(text.split())
    return ''.join(
        character if character.isprintable() else ascii(character)[1:-1]
        for character in words
    )
