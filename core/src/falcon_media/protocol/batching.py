"""Many messages in one frame, for subprotocols that are set up so."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import fields
import math
from typing import Any, TYPE_CHECKING

from falcon import WebSocketPayloadType

from falcon_media.errors import ConfigError
from falcon_media.errors import UnsupportedPayload
from falcon_media.protocol.framing import Framing
from falcon_media.protocol.guard import Codec
from falcon_media.protocol.guard import guard_framing
from falcon_media.protocol.handlers import BinaryHandler
from falcon_media.protocol.handlers import Handler
from falcon_media.protocol.handlers import TextHandler

if TYPE_CHECKING:
    pass

__all__ = (
    'Batched',
    'batched',
    'Batching',
)

TEXT = WebSocketPayloadType.TEXT
BINARY = WebSocketPayloadType.BINARY


@dataclass(frozen=True, slots=True)
class Batched:
    """A handler with the bounds of its batches: see :func:`batched`."""

    handler: Any
    max_delay: float = 0.005
    max_count: int = 64
    max_bytes: int = 65_536
    max_received: int = 1_024
    framing: Framing[Any] | None = None

    def __post_init__(self) -> None:
        delay = self.max_delay
        if (
            not isinstance(delay, int | float)
            or isinstance(delay, bool)
            or not 0 <= delay < math.inf
        ):
            raise ConfigError(
                f'batched: max_delay must be a number of seconds, not {delay!r}'
            )
        for name in ('max_count', 'max_bytes', 'max_received'):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ConfigError(
                    f'batched: {name} must be a positive integer, not {value!r}'
                )

    def __str__(self) -> str:
        changed = [
            f'{field.name}={getattr(self, field.name)!r}'
            for field in fields(self)
            if field.name not in ('handler', 'framing')
            and getattr(self, field.name) != field.default
        ]
        if self.framing is not None:
            changed.append('framing=...')
        shown = getattr(self.handler, 'name', self.handler)
        return f'batched({", ".join([str(shown), *changed])})'


def batched(
    handler: object,
    /,
    *,
    max_delay: float = 0.005,
    max_count: int = 64,
    max_bytes: int = 65_536,
    max_received: int = 1_024,
    framing: Framing[Any] | None = None,
) -> Batched:
    """Make a subprotocol put many messages into one frame.

    A message waits until one of the bounds is reached. The form depends on the format:
    newline-delimited JSON, concatenated MessagePack objects, a CBOR sequence, or
    length-delimited Protocol Buffers.

    Args:
        handler (str | Use | object): As for :func:`falcon_media.install`.

    Keyword Args:
        max_delay (float): Seconds that a message may wait (default 0.005). With 0,
            messages that are sent without waiting in between share a frame.
        max_count (int): Messages in a frame that is sent (default 64).
        max_bytes (int): Bytes in a frame that is sent (default 65,536). A larger
            message gets its own frame.
        max_received (int): Messages in a frame that is received (default 1,024). Its
            size is bounded by ``max_size``, like that of any frame.
        framing (Framing): How a frame holds many messages (default: the handler's
            ``framing``).

    Returns:
        Batched: To pass in ``subprotocols=``.

    Raises:
        ConfigError: A bound is invalid.
    """
    return Batched(handler, max_delay, max_count, max_bytes, max_received, framing)


class Batching:
    """The batches of a handler, within their bounds. Made once, when the app starts.

    Args:
        handler (Handler): A handler under the guard.
        bounds (Batched): The bounds.

    Attributes:
        handler (Handler): Encodes and decodes each message.
        bounds (Batched): The bounds.
        one_message (Handler): For frames of one message: ``ws.send_media()`` and
            ``ws.receive_media()`` support no others.
        part: Payload -> its part of a frame.
        split: Frame -> payloads; raises only a ``PayloadError``.

    Raises:
        ConfigError: The format can't put many messages into one frame.
    """

    def __init__(self, handler: Handler, bounds: Batched) -> None:
        framing: Any = bounds.framing or handler.framing
        if framing is None:
            raise ConfigError(
                f'{handler.name} can not put several messages into one frame: select '
                'it without batched(), or pass framing= to batched()'
            )
        if not isinstance(framing, Framing):
            raise ConfigError(
                f'{handler.name}: framing must be a falcon_media.Framing, not '
                f'{framing!r}'
            )
        self.handler = handler
        self.bounds = bounds
        part, split = guard_framing(
            framing,
            handler.codec,
            name=handler.name,
            payload_type=handler.payload_type,
            limits=handler.limits,
            most=bounds.max_received,
        )
        self.part: Any = part
        self.split: Any = split
        self.one_message = self._make_one_message()

    def _make_one_message(self) -> Handler:
        handler: Any = self.handler
        split, part = self.split, self.part

        def decode(frame: Any) -> object:
            payloads = split(frame)
            if len(payloads) > 1:
                raise UnsupportedPayload(
                    'several messages in one frame: receive them with peer.receive()'
                )
            return handler.deserialize(payloads[0])

        codec: Codec[Any] = Codec(
            encode=lambda media: part(handler.serialize(media)),
            decode=decode,
            unchecked=handler.limits.max_size,
            # NOTE: The parts have been checked already.
            is_utf8=True,
        )
        cls: Any = TextHandler if handler.payload_type is TEXT else BinaryHandler
        made: Handler = cls(codec, handler.limits, name=handler.name)
        return made
