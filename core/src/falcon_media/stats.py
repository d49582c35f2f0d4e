"""What an operator can count: who still speaks what."""

from __future__ import annotations

from collections import Counter
from typing import TypedDict

__all__ = ('Count', 'Tally')


class Count(TypedDict):
    """The counters of one handler in one of its uses, since the app started.

    ``connections`` are those open now. Messages and bytes are ``None`` where nothing
    is counted: see :func:`falcon_media.install`. ``dropped`` are messages that a
    broadcast left out for a slow member, and ``too_slow`` members that it closed with
    1013.
    """

    handler: str
    payload_type: str
    subprotocol: str | None
    route: str | None
    connections: int
    received: int | None
    received_bytes: int | None
    sent: int | None
    sent_bytes: int | None
    refused: dict[str, int]
    dropped: int
    too_slow: int


class Tally:
    """The counters of one handler in one of its uses.

    PERF: Slots of one object, added to by the event loop's thread alone. A lock would
        cost more than all the rest.

    Attributes:
        received (int): Messages received.
        received_bytes (int): Their payloads, in bytes.
        sent (int): Messages sent.
        sent_bytes (int): Their payloads, in bytes.
        refused (Counter): Messages that ended in an error which closed the connection,
            by the name of the error.
        dropped (int): Messages that a broadcast left out for a slow member.
        too_slow (int): Members that a broadcast closed because they read too slowly.
    """

    __slots__ = (
        'dropped',
        'received',
        'received_bytes',
        'refused',
        'sent',
        'sent_bytes',
        'too_slow',
    )

    def __init__(self) -> None:
        self.received = 0
        self.received_bytes = 0
        self.sent = 0
        self.sent_bytes = 0
        self.refused: Counter[str] = Counter()
        self.dropped = 0
        self.too_slow = 0
