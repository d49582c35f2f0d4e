"""The way of encoded messages to one peer."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from falcon import WebSocketPayloadType

from falcon_media.connection.batches import Batches
from falcon_media.connection.closing import end
from falcon_media.connection.connection import Connection

if TYPE_CHECKING:
    from falcon_media.protocol.batching import Batching
    from falcon_media.protocol.handlers import Handler

__all__ = ('Outgoing',)


class Outgoing:
    """Sends encoded messages on a connection, one by one or in batches.

    PERF: A broadcast takes what it needs of it when a peer joins; each member then
        costs neither a property nor the frame of :meth:`write`.

    Args:
        connection (Connection): The connection.
        payload_type (falcon.WebSocketPayloadType): TEXT or BINARY.
        batches (Batches | None): Where many messages go into one frame.

    Attributes:
        batches (Batches | None): The same as the argument.
        slot (Slot): The place of the handler in use.
        turn (asyncio.Lock): Held while a frame is sent.
        send_payload (Callable): Sends a payload as a frame.
    """

    __slots__ = ('_connection', 'batches', 'send_payload', 'slot', 'turn')

    def __init__(
        self,
        connection: Connection,
        payload_type: WebSocketPayloadType,
        batches: Batches | None,
    ) -> None:
        ws = connection.ws
        is_text = payload_type is WebSocketPayloadType.TEXT
        self._connection = connection
        self.batches = batches
        self.slot = connection.slot(payload_type)
        self.turn = connection.turn
        self.send_payload: Any = ws.send_text if is_text else ws.send_data

    @property
    def maker(self) -> Handler | Batching:
        """What encodes for :meth:`write`: the handler, or its batching."""
        batches = self.batches
        return self.slot.bound.handler if batches is None else batches.batching

    async def write(self, payload: str | bytes, size: int) -> None:
        """Send what was encoded before.

        Args:
            payload (str | bytes): A payload, or a part of a frame, by :attr:`maker`.
            size (int): Its bytes; of a text, in UTF-8.

        Raises:
            falcon.WebSocketDisconnected: The client has left.
        """
        if self.batches is not None:
            await self.batches.put(payload, size)
            return
        async with self.turn:
            await self.send_payload(payload)
        tally = self.slot.bound.tally
        tally.sent += 1
        tally.sent_bytes += size

    def offer(self, payload: str | bytes, size: int) -> bool:
        """Do as :meth:`write`, unless that would wait or raise.

        Returns:
            bool: Whether it was done: only where the message waits for others to come.
        """
        return self.batches is not None and self.batches.offer(payload, size)

    async def end(self, code: int, reason: str) -> str:
        """Close the connection whatever the server does, and drop what waits.

        Args:
            code (int): The close code.
            reason (str): The close reason.

        Returns:
            str: How it ended, for a log.
        """
        if self.batches is not None:
            self.batches.discard()
        async with self._connection.closing:
            return await end(self._connection.ws, code, reason)
