"""Many messages in one frame, on connections whose subprotocol says so."""

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
    """A handler with the bounds of its batches; see :func:`batched`."""

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
    """Have a subprotocol put many messages into one frame.

    A message that is sent waits until one of the bounds is reached. The form is the
    format's own: newline-delimited JSON, MessagePack objects one after another, a CBOR
    sequence, Protocol Buffers with their lengths.

    Args:
        handler (str | Use | object): As for :func:`falcon_media.install`.

    Keyword Args:
        max_delay (float): Seconds that a message may wait (default 0.005). With 0, what
            is sent without waiting in between goes into one frame.
        max_count (int): Messages in a frame that is sent (default 64).
        max_bytes (int): Bytes in a frame that is sent (default 65,536); a message that
            is larger goes alone.
        max_received (int): Messages in a frame that is received (default 1,024). Its
            size is bounded by ``max_size``, as that of any other.
        framing (Framing): How a frame holds many messages (default: the handler's
            ``framing``).

    Returns:
        Batched: To pass in ``subprotocols=``.

    Raises:
        ConfigError: A bound can't be used.
    """
    return Batched(handler, max_delay, max_count, max_bytes, max_received, framing)


class Batching:
    """A handler's batches within their bounds; made once, when the app starts.

    Args:
        handler (Handler): A handler under the guard.
        bounds (Batched): The bounds.

    Attributes:
        handler (Handler): For each message alone.
        bounds (Batched): The bounds.
        one_message (Handler): For frames of one message, which is what
            ``ws.send_media()`` and ``ws.receive_media()`` can do.
        part: Payload -> what stands for it in a frame.
        split: Frame -> payloads; raises nothing but a ``PayloadError``.

    Raises:
        ConfigError: The format has no form for many messages.
    """

    def __init__(self, handler: Handler, bounds: Batched) -> None:
        framing: Any = bounds.framing or handler.framing
        if framing is None:
            raise ConfigError(
                f'{handler.name} can not put several messages into one frame: choose '
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
                    'a frame of several messages: receive it by peer.receive()'
                )
            return handler.deserialize(payloads[0])

        codec: Codec[Any] = Codec(
            encode=lambda media: part(handler.serialize(media)),
            decode=decode,
            unchecked=handler.limits.max_size,
            # NOTE: The parts have been checked.
            is_utf8=True,
        )
        cls: Any = TextHandler if handler.payload_type is TEXT else BinaryHandler
        made: Handler = cls(codec, handler.limits, name=handler.name)
        return made
