"""Many messages in one frame, on connections whose subprotocol says so."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from dataclasses import fields
import logging
import math
from typing import Any, TYPE_CHECKING

import falcon
from falcon import WebSocketPayloadType

from falcon_media.errors import ConfigError
from falcon_media.errors import HookError
from falcon_media.errors import PayloadError
from falcon_media.errors import UnsupportedPayload
from falcon_media.framing import Framing
from falcon_media.guard import Codec
from falcon_media.guard import guard_framing
from falcon_media.handlers import BinaryHandler
from falcon_media.handlers import Handler
from falcon_media.handlers import TextHandler
from falcon_media.limits import payload_size
from falcon_media.tasks import start
from falcon_media.tasks import was_cancelled

if TYPE_CHECKING:
    from falcon.asgi import WebSocket

    from falcon_media.stats import Tally

__all__ = ('Batched', 'batched', 'Batches', 'Batching')

TEXT = WebSocketPayloadType.TEXT
BINARY = WebSocketPayloadType.BINARY

_TURN = 64
"""Messages of one frame that are received in a row, before other tasks have a turn.

NOTE: A long message counts as several, one more for each 256 bytes or characters. The
    bound on keys holds for each message, and one of 12 KB can take 40 ms.
"""

_logger = logging.getLogger('falcon_media')


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
        part, split = guard_framing(framing, handler, bounds.max_received)
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


class Batches:
    """The batches of one connection: what waits to be sent, and to be received.

    Args:
        ws (falcon.asgi.WebSocket): The connection.
        batching (Batching): What to do.
        tally (Tally): Where to count. Messages are counted one by one, and bytes by
            the frame.
        turn (asyncio.Lock): Held while a frame is sent.
    """

    __slots__ = (
        '_failure',
        '_frame_count',
        '_parts',
        '_received',
        '_received_in_turn',
        '_size',
        '_tally',
        '_timer',
        '_turn',
        '_writer',
        '_ws',
        'batching',
    )

    def __init__(
        self, ws: WebSocket, batching: Batching, tally: Tally, turn: asyncio.Lock
    ) -> None:
        self._ws = ws
        self.batching = batching
        self._tally = tally
        self._parts: list[Any] = []
        self._size = 0
        self._timer: asyncio.TimerHandle | None = None
        self._writer: asyncio.Task[None] | None = None
        self._failure: Exception | None = None
        self._turn = turn
        self._received: deque[Any] = deque()
        self._received_in_turn = 0
        self._frame_count = 0

    async def put(self, part: str | bytes, size: int) -> None:
        """Send a part with those that are to come, or that were there before.

        Waits only where a frame is full and has not been sent yet.

        Args:
            part (str | bytes): As `batching` has made it.
            size (int): Its bytes; of a text, in UTF-8.

        Raises:
            falcon.WebSocketDisconnected: The client has left; what waited is lost.
            Exception: Likewise, whatever else the server raises.
        """
        while not self.offer(part, size):
            await self.flush()

    def offer(self, part: str | bytes, size: int) -> bool:
        """Do as :meth:`put`, unless it would have to wait, or raise."""
        bounds = self.batching.bounds
        if self._is_full(size):
            self._start()
            if self._is_full(size):  # pragma: no branch  # a task may begin at once
                return False
        if self._failure is not None:
            return False
        self._parts.append(part)
        self._size += size
        if len(self._parts) >= bounds.max_count or self._size >= bounds.max_bytes:
            self._start()
        elif self._timer is None and not self._is_writing():
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(bounds.max_delay, self._start)
        return True

    async def flush(self) -> None:
        """Send what waits, and wait until it is sent.

        Raises:
            falcon.WebSocketDisconnected: As :meth:`put`.
            Exception: Likewise.
        """
        self._start()
        if self._writer is not None and not self._writer.done():
            # NOTE: Whoever waits here may be cancelled. What he waits for may be of
            #   others.
            await asyncio.wait((self._writer,))
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def discard(self) -> None:
        """Drop what waits to be sent, and what is under way."""
        self._take()
        if self._writer is not None:
            self._writer.cancel()

    async def receive(self) -> object:
        """Receive the next message, of this frame or the next one.

        Raises:
            PayloadError: It is no object in this format, or the frame none that can be
                told apart. The next call gives the message after it.
            falcon.WebSocketDisconnected: The client has left.
        """
        received = self._received
        while not received:
            received.extend(self.batching.split(await self._receive_frame()))
            self._frame_count = len(received)
            self._received_in_turn = 0
        # NOTE: A responder need not wait for anything else in its loop.
        if self._received_in_turn >= _TURN:
            self._received_in_turn = 0
            await asyncio.sleep(0)
        payload = received.popleft()
        self._received_in_turn += 1 + len(payload) // 256
        self._tally.received += 1
        try:
            return self.batching.handler.deserialize(payload)
        except (PayloadError, HookError) as ex:
            if self._frame_count > 1:
                ex.message_number = self._frame_count - len(received)
            raise

    async def _receive_frame(self) -> str | bytes:
        payload_type = self.batching.handler.payload_type
        frame: str | bytes
        try:
            if payload_type is TEXT:
                frame = await self._ws.receive_text()
            else:
                frame = await self._ws.receive_data()
        except falcon.PayloadTypeError:
            raise UnsupportedPayload(
                f'the subprotocol speaks {payload_type.name} alone',
                handler=self.batching.handler.name,
                payload_type=BINARY if payload_type is TEXT else TEXT,
            ) from None
        self._tally.received_bytes += payload_size(frame)
        return frame

    def _take(self) -> tuple[list[Any], int]:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        taken = self._parts, self._size
        self._parts, self._size = [], 0
        return taken

    def _is_full(self, size: int) -> bool:
        bounds = self.batching.bounds
        return bool(self._parts) and (
            len(self._parts) >= bounds.max_count or self._size + size > bounds.max_bytes
        )

    def _is_writing(self) -> bool:
        return self._writer is not None and not self._writer.done()

    def _start(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._parts and not self._is_writing():
            self._writer = start(self._write())

    async def _write(self) -> None:
        is_text = self.batching.handler.payload_type is TEXT
        try:
            while self._parts:
                async with self._turn:
                    parts, size = self._take()
                    if is_text:
                        await self._ws.send_text(''.join(parts))
                    else:
                        await self._ws.send_data(b''.join(parts))
                self._tally.sent += len(parts)
                self._tally.sent_bytes += size
        except (Exception, asyncio.CancelledError) as ex:
            if was_cancelled(ex):
                raise
            # NOTE: Whoever waits for this, or sends next, is told.
            _logger.debug('messages that had waited were not sent', exc_info=True)
            self._take()
            self._failure = _as_failure(ex)


def _as_failure(ex: BaseException) -> Exception:
    """Turn a cancellation, which would end whoever is told of it, into an error."""
    if isinstance(ex, Exception):
        return ex
    failure = falcon.WebSocketDisconnected()
    failure.__cause__ = ex
    return failure
