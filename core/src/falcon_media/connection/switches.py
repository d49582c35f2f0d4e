"""Change the handlers of one connection, through Falcon's public interface.

Falcon makes its ``WebSocket`` before any middleware runs. For this it subscripts
``app.ws_options.media_handlers`` once with TEXT and then once with BINARY, and keeps
the methods ``serialize`` and ``deserialize`` of the results. ``ConnectionHandlers``
returns a new pair of switches there, and passes the pair in a context variable to the
middleware that runs next in the same task. The middleware stores it with the request,
so the handlers of a connection never depend on the task that sends.

Falcon does not document this; ``core/tests/connection/test_switches.py`` pins it.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, TYPE_CHECKING, TypeAlias

from falcon import WebSocketPayloadType

from falcon_media.errors import MediaError
from falcon_media.limits import utf8_size
from falcon_media.selection.model import Bound

if TYPE_CHECKING:
    pass

__all__ = (
    'BinarySwitch',
    'take_switches',
    'TextSwitch',
)


class _Switch:
    """A stand-in for a media handler that can change after Falcon has bound it.

    Attributes:
        bound (Bound): The handler in use.
    """

    __slots__ = ('_deserialize', '_serialize', '_tally', 'bound')

    def __init__(self, bound: Bound) -> None:
        self.use(bound)

    def use(self, bound: Bound) -> None:
        """Switch to a handler, from the next message on."""
        self.bound = bound
        self._tally = bound.tally
        self._serialize: Any = bound.handler.serialize
        self._deserialize: Any = bound.handler.deserialize


class TextSwitch(_Switch):
    """A switch for TEXT."""

    __slots__ = ()

    def serialize(self, media: object) -> str:
        """Serialize with the handler in use."""
        tally = self._tally
        try:
            payload: str = self._serialize(media)
        except MediaError as ex:
            tally.refuse(ex)
            raise
        tally.sent += 1
        tally.sent_bytes += utf8_size(payload)
        return payload

    def deserialize(self, payload: str) -> object:
        """Deserialize with the handler in use."""
        tally = self._tally
        tally.received += 1
        tally.received_bytes += utf8_size(payload)
        try:
            return self._deserialize(payload)
        except MediaError as ex:
            tally.refuse(ex)
            raise


class BinarySwitch(_Switch):
    """A switch for BINARY."""

    __slots__ = ()

    def serialize(self, media: object) -> bytes:
        """Serialize with the handler in use."""
        tally = self._tally
        try:
            payload: bytes = self._serialize(media)
        except MediaError as ex:
            tally.refuse(ex)
            raise
        tally.sent += 1
        tally.sent_bytes += len(payload)
        return payload

    def deserialize(self, payload: bytes) -> object:
        """Deserialize with the handler in use."""
        tally = self._tally
        tally.received += 1
        tally.received_bytes += len(payload)
        try:
            return self._deserialize(payload)
        except MediaError as ex:
            tally.refuse(ex)
            raise


_Switches: TypeAlias = tuple[TextSwitch, BinarySwitch | None]

_pending: ContextVar[_Switches | None] = ContextVar(
    'falcon_media_switches', default=None
)


def give_switch(bound: Bound) -> TextSwitch | BinarySwitch:
    """Make a switch for the connection that this task is about to handle."""
    if bound.payload_type is WebSocketPayloadType.TEXT:
        text = TextSwitch(bound)
        _pending.set((text, None))
        return text
    binary = BinarySwitch(bound)
    pending = _pending.get()
    if pending is not None:
        _pending.set((pending[0], binary))
    return binary


def take_switches() -> tuple[TextSwitch, BinarySwitch]:
    """Return the switches of the connection that this task has begun to handle.

    Raises:
        RuntimeError: Falcon no longer binds its handlers as described above.
    """
    pending = _pending.get()
    _pending.set(None)
    if pending is None or pending[1] is None:
        raise RuntimeError(
            'falcon-media does not support the way in which this release of Falcon '
            'binds media handlers: install another release of Falcon or falcon-media'
        )
    return pending[0], pending[1]
