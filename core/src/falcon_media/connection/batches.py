"""Send and receive several messages in one frame, on one connection."""

from __future__ import annotations

import asyncio
from collections import deque
import logging
from typing import Any, TYPE_CHECKING

import falcon
from falcon import WebSocketPayloadType

from falcon_media.connection.eager_tasks import start
from falcon_media.connection.eager_tasks import was_cancelled
from falcon_media.errors import HookError
from falcon_media.errors import PayloadError
from falcon_media.errors import UnsupportedPayload
from falcon_media.limits import payload_size
from falcon_media.protocol.batching import Batching

if TYPE_CHECKING:
    from falcon.asgi import WebSocket

    from falcon_media.protocol.stats import Tally

__all__ = ('Batches',)


_TURN = 64
"""Messages of one frame that are received in a row before other tasks run.

NOTE: A long message counts as several, one more per 256 bytes or characters. The bound
    on keys holds per message, and one message of 12 KB can take 40 ms.
"""

_logger = logging.getLogger('falcon_media')


TEXT = WebSocketPayloadType.TEXT
BINARY = WebSocketPayloadType.BINARY


class Batches:
    """The batches of one connection: messages to be sent, and to be received.

    Args:
        ws (falcon.asgi.WebSocket): The connection.
        batching (Batching): The handler, framing and bounds.
        tally (Tally): The counters. Messages are counted one by one, bytes per frame.
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
        """Queue a part, to be sent in one frame with others.

        It waits only if a frame is full and has not been sent yet.

        Args:
            part (str | bytes): An encoded message, made by `batching`.
            size (int): Its size in bytes; of text, in UTF-8.

        Raises:
            falcon.WebSocketDisconnected: The client has disconnected; queued messages
                are lost.
            Exception: The server raised something else, with the same effect.
        """
        while not self.offer(part, size):
            await self.flush()

    def offer(self, part: str | bytes, size: int) -> bool:
        """Queue a part; return False if :meth:`put` would wait or raise."""
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
        """Send the queued messages, and wait until they are sent.

        Raises:
            falcon.WebSocketDisconnected: See :meth:`put`.
            Exception: See :meth:`put`.
        """
        self._start()
        if self._writer is not None and not self._writer.done():
            # NOTE: The task that waits here may be cancelled, while other tasks wait
            #   for the same writer. So don't await the writer itself.
            await asyncio.wait((self._writer,))
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def discard(self) -> None:
        """Drop the queued messages and the frame that is being sent."""
        self._take()
        if self._writer is not None:
            self._writer.cancel()

    async def receive(self) -> object:
        """Receive the next message, of this frame or the next one.

        Raises:
            PayloadError: The message is not valid in this format, or the frame can't be
                split. The next call returns the next message.
            falcon.WebSocketDisconnected: The client has disconnected.
        """
        received = self._received
        while not received:
            received.extend(self.batching.split(await self._receive_frame()))
            self._frame_count = len(received)
            self._received_in_turn = 0
        # NOTE: The loop of a responder may not wait for anything else.
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
                f'the subprotocol uses {payload_type.name} frames only',
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
            # NOTE: flush() raises it, which the next put() calls.
            _logger.debug('could not send queued messages', exc_info=True)
            self._take()
            self._failure = _as_failure(ex)


def _as_failure(ex: BaseException) -> Exception:
    """Convert a cancellation into an error, so that it does not cancel the caller."""
    if isinstance(ex, Exception):
        return ex
    failure = falcon.WebSocketDisconnected()
    failure.__cause__ = ex
    return failure
