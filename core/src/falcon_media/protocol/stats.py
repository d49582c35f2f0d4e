"""Per-handler usage counters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextvars import ContextVar
from threading import Lock
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from falcon import WebSocketPayloadType

    from falcon_media.errors import MediaError

__all__ = ('Count', 'count_refused', 'refused_here', 'Tally')


class Count(TypedDict):
    """The counters of one handler in one of its uses, since the app started.

    - ``media_type``: The media type over HTTP; the first one, if there are several.
    - ``connections``: Connections that are open now.
    - Messages and bytes: ``None`` if they are not counted (see
      :func:`falcon_media.install`).
    - ``refused``: Payloads and objects that ended in an error, by the name of the
      error, whether or not the app caught it.
    - ``dropped``: Messages that a broadcast left out for a slow member.
    - ``too_slow``: Members that a broadcast closed with 1013.
    """

    handler: str
    payload_type: str
    subprotocol: str | None
    media_type: str | None
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

    PERF: Slots of one object, which only the thread of the event loop increments. A
        lock would cost more than all the rest.

    Attributes:
        received (int): Messages received.
        received_bytes (int): Their payloads, in bytes.
        sent (int): Messages sent.
        sent_bytes (int): Their payloads, in bytes.
        refused (Counter): Messages that ended in an error, by the name of the error.
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

    def refuse(self, error: MediaError) -> None:
        """Count an error, unless it has been counted already."""
        # NOTE: The threads of a WSGI server share the tally of a handler.
        with _lock:
            if not error.is_counted:
                error.is_counted = True
                self.refused[type(error).__name__] += 1


_lock = Lock()

_tallies: ContextVar[Mapping[WebSocketPayloadType, Tally] | None] = ContextVar(
    'falcon_media_tallies', default=None
)


def refused_here(tallies: Mapping[WebSocketPayloadType, Tally] | None) -> None:
    """Set the counters for errors in this task, and in the tasks that it starts.

    NOTE: Used by apps without a choice of handlers, whose connections are bound to the
        handlers themselves. In other apps the switches count, and this is set to
        ``None``, since the context may be that of an earlier connection.
    """
    _tallies.set(tallies)


def count_refused(error: MediaError, payload_type: WebSocketPayloadType) -> None:
    """Count an error where it is made; see :func:`refused_here`."""
    tallies = _tallies.get()
    if tallies is not None:
        tallies[payload_type].refuse(error)
