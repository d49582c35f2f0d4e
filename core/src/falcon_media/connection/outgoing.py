"""Send encoded messages to one peer."""

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

    PERF: A broadcast copies its attributes when a peer joins, which saves a property
        and the frame of :meth:`write` per member and message.

    Args:
        connection (Connection): The connection.
        payload_type (falcon.WebSocketPayloadType): TEXT or BINARY.
        batches (Batches | None): The batches, if frames have several messages.

    Attributes:
        batches (Batches | None): The same as the argument.
        slot (Slot): The slot of the handler in use.
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
        """The encoder for :meth:`write`: the handler, or its batching."""
        batches = self.batches
        return self.slot.bound.handler if batches is None else batches.batching

    async def write(self, payload: str | bytes, size: int) -> None:
        """Send an encoded message.

        Args:
            payload (str | bytes): A payload or part of a frame, made by :attr:`maker`.
            size (int): Its size in bytes; of text, in UTF-8.

        Raises:
            falcon.WebSocketDisconnected: The client has disconnected.
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
        """Queue a message in the batches, if that neither waits nor raises.

        Returns:
            bool: Whether it was queued; always false without batches.
        """
        return self.batches is not None and self.batches.offer(payload, size)

    async def end(self, code: int, reason: str) -> str:
        """Close the connection and drop queued messages; raise no error of the server.

        Args:
            code (int): The close code.
            reason (str): The close reason.

        Returns:
            str: The outcome, for the log.
        """
        if self.batches is not None:
            self.batches.discard()
        async with self._connection.closing:
            return await end(self._connection.ws, code, reason)
