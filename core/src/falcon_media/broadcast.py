"""One message for many peers: encoded once for each handler, never held back by one.

PERF: A server takes most frames without waiting. So a frame is written in the task of
    the sender until it would wait, and only a member that makes it wait gets a task of
    its own, and a queue. On CPython 3.11, which can't start a task eagerly, every
    frame takes a task.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
import logging
import sys
from typing import Any, Literal, TYPE_CHECKING

import falcon
from falcon import WebSocketPayloadType

from falcon_media.limits import utf8_size

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from falcon_media.connection import Peer
    from falcon_media.handlers import Handler

__all__ = ('Broadcast', 'Prepared')

TRY_AGAIN_LATER = 1013
"""Close code of RFC 6455's registry (IANA) for a member that can't keep up."""

_CLOSE_TIMEOUT = 10.0
"""Seconds."""

_logger = logging.getLogger('falcon_media')


class Prepared:
    """An object that is encoded at most once for each handler.

    Args:
        media (object): The object; it must not change afterwards.
    """

    __slots__ = ('_payloads', 'media')

    def __init__(self, media: object) -> None:
        self.media = media
        self._payloads: dict[int, tuple[Handler, str | bytes]] = {}

    def payload(self, handler: Handler) -> str | bytes:
        """The payload in the format of a handler.

        Raises:
            UnserializableMedia: The format can't carry the object.
        """
        found = self._payloads.get(id(handler))
        if found is None:
            # NOTE: The handler is kept with it, so that its id isn't used again.
            payload: Any = handler.serialize(self.media)
            found = self._payloads[id(handler)] = (handler, payload)
        return found[1]

    async def send(self, peer: Peer) -> None:
        """Send it to a peer, in the peer's format.

        Raises:
            UnserializableMedia: The format can't carry the object.
            falcon.WebSocketDisconnected: The client has left.
        """
        await _write(peer, self.payload(peer.handler))


async def _write(peer: Peer, payload: str | bytes) -> None:
    if peer.payload_type is WebSocketPayloadType.TEXT:
        assert isinstance(payload, str)  # noqa: S101  # the guard has seen to it
        await peer.ws.send_text(payload)
        size = utf8_size(payload)
    else:
        assert isinstance(payload, bytes)  # noqa: S101  # likewise
        await peer.ws.send_data(payload)
        size = len(payload)
    peer.count_sent(size)


class _Member:
    """A peer, and what waits to be written to it."""

    __slots__ = ('peer', 'queue', 'task')

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.queue: deque[str | bytes] = deque()
        self.task: asyncio.Task[None] | None = None


class Broadcast:
    """A group of peers, of any formats, that are sent the same messages.

    Each member is sent all messages in order, from when it joined. A member that is
    gone is dropped. One that reads too slowly has up to `max_queue` messages waiting,
    and holds back nobody else.

    Keyword Args:
        max_queue (int): Messages that may wait for one member (default 64).
        on_full (str): What happens to the member with one more: ``'disconnect'``
            (the default) closes it with 1013 (Try Again Later), ``'drop_oldest'``
            and ``'drop_newest'`` leave out a message.

    Raises:
        ValueError: An argument can't be used.
    """

    def __init__(
        self,
        *,
        max_queue: int = 64,
        on_full: Literal['disconnect', 'drop_oldest', 'drop_newest'] = 'disconnect',
    ) -> None:
        if max_queue < 1:
            raise ValueError(f'max_queue must be at least 1, not {max_queue!r}')
        if on_full not in ('disconnect', 'drop_oldest', 'drop_newest'):
            raise ValueError(
                "on_full must be 'disconnect', 'drop_oldest' or 'drop_newest', "
                f'not {on_full!r}'
            )
        self._max_queue = max_queue
        self._on_full = on_full
        self._members: dict[Peer, _Member] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, peer: object) -> bool:
        return peer in self._members

    @contextmanager
    def member(self, peer: Peer) -> Iterator[None]:
        """Join for the length of a ``with`` block: the way for a responder."""
        self.join(peer)
        try:
            yield
        finally:
            self.leave(peer)

    def join(self, peer: Peer) -> None:
        """Add a peer; it is sent what is broadcast from now on."""
        self._members.setdefault(peer, _Member(peer))

    def leave(self, peer: Peer) -> None:
        """Take a peer out; what waits for it is not sent. Does nothing if it is out."""
        member = self._members.pop(peer, None)
        if member is None:
            return
        member.queue.clear()
        if member.task is not None and member.task is not asyncio.current_task():
            member.task.cancel()

    def prepare(self, media: object) -> Prepared:
        """Encode an object for every handler in use, for whoever sends by himself.

        Raises:
            UnserializableMedia: One of the formats can't carry it.
        """
        prepared = Prepared(media)
        for peer in self._members:
            prepared.payload(peer.handler)
        return prepared

    async def send(self, media: object) -> None:
        """Send an object to all members.

        Returns when the server has it, or it waits in the member's queue.

        Args:
            media (object): The object.

        Raises:
            UnserializableMedia: The format of one of the members can't carry it. Then
                nobody was sent it.
        """
        prepared = self.prepare(media)
        for member in list(self._members.values()):
            payload = prepared.payload(member.peer.handler)
            if member.task is None:
                self._write(member, payload)
            elif len(member.queue) < self._max_queue:
                member.queue.append(payload)
            elif self._on_full == 'drop_oldest':
                member.queue.popleft()
                member.queue.append(payload)
            elif self._on_full == 'disconnect':
                self._disconnect(member.peer)
        # NOTE: So that what was started is under way, whatever the interpreter, and a
        #   sender in a loop lets the others have their turn.
        await asyncio.sleep(0)

    async def close(self) -> None:
        """Take all members out, and wait for what was under way for them to end."""
        tasks = [member.task for member in self._members.values() if member.task]
        for peer in list(self._members):
            self.leave(peer)
        for task in self._closing:
            task.cancel()
        await asyncio.gather(*tasks, *self._closing, return_exceptions=True)

    def _write(self, member: _Member, payload: str | bytes) -> None:
        task = _start(self._drain(member, payload))
        member.task = None if task.done() else task

    async def _drain(self, member: _Member, payload: str | bytes) -> None:
        try:
            await _write(member.peer, payload)
            while member.queue:
                await _write(member.peer, member.queue.popleft())
        except falcon.WebSocketDisconnected:
            self.leave(member.peer)
        except Exception:
            # NOTE: What a server raises for a connection that breaks is its own. It is
            #   the member's end, and not the sender's fault.
            _logger.debug('a member of a broadcast broke off', exc_info=True)
            self.leave(member.peer)
        finally:
            member.task = None

    def _disconnect(self, peer: Peer) -> None:
        self.leave(peer)
        task = asyncio.create_task(self._close_slow(peer))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _close_slow(self, peer: Peer) -> None:
        # NOTE: A server may wait for the client to close as well, and it doesn't read.
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                await peer.close(TRY_AGAIN_LATER, 'Too slow')
        except Exception:
            _logger.debug('a slow member of a broadcast broke off', exc_info=True)


def _start(coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    if sys.version_info >= (3, 12):  # pragma: no cover  # depends on the interpreter
        loop = asyncio.get_running_loop()
        return asyncio.Task(coroutine, loop=loop, eager_start=True)
    return asyncio.create_task(coroutine)  # pragma: no cover  # likewise
