"""One message for many peers: encoded once for each handler, never held back by one.

PERF: A write is begun at once, and only a member that makes it wait gets a task, and a
    queue. With a task for each, it took 1.6 of bare ASGI sends (2 KB, CPython 3.11).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
import logging
from typing import Any, Literal, NamedTuple, TYPE_CHECKING

import falcon

from falcon_media.batching import Batching
from falcon_media.limits import payload_size
from falcon_media.tasks import begin
from falcon_media.tasks import in_one_step
from falcon_media.tasks import start

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from collections.abc import Iterable

    from falcon_media.connection import Peer
    from falcon_media.handlers import Handler

__all__ = ('Broadcast', 'Prepared')

TRY_AGAIN_LATER = 1013
"""Close code of RFC 6455's registry (IANA) for a member that can't keep up."""

_CLOSE_TIMEOUT = 10.0
"""Seconds."""

_logger = logging.getLogger('falcon_media')


class _Made(NamedTuple):
    """A payload, or a part of a frame; its size in bytes; and what made it."""

    payload: Any
    size: int
    maker: Handler | Batching


class Prepared:
    """An object that is encoded at most once for each handler.

    Args:
        media (object): The object; it must not change afterwards.
    """

    __slots__ = ('_made', 'media')

    def __init__(self, media: object) -> None:
        self.media = media
        # NOTE: By id, since a handler need not be hashable. It is kept with what it
        #   made, so that its id isn't used again.
        self._made: dict[int, _Made] = {}

    def payload(self, handler: Handler) -> str | bytes:
        """The payload in the format of a handler.

        Raises:
            UnserializableMedia: The format can't carry the object.
        """
        payload: str | bytes = self._made_by(handler).payload
        return payload

    async def send(self, peer: Peer) -> None:
        """Send it to a peer, in the peer's format.

        Raises:
            UnserializableMedia: The format can't carry the object.
            falcon.WebSocketDisconnected: The client has left.
        """
        payload, size, _ = self._made_by(peer.maker)
        await peer.write(payload, size)

    def made_for(self, members: Iterable[_Member]) -> list[tuple[_Member, _Made]]:
        """What each member is to be sent."""
        made = self._made
        found = []
        for member in members:
            maker = member.peer.maker
            found.append((member, made.get(id(maker)) or self._made_by(maker)))
        return found

    def _made_by(self, maker: Handler | Batching) -> _Made:
        made = self._made.get(id(maker))
        if made is None:
            payload: Any
            if isinstance(maker, Batching):
                payload = maker.part(self._made_by(maker.handler).payload)
            else:
                payload = maker.serialize(self.media)
            made = _Made(payload, payload_size(payload), maker)
            self._made[id(maker)] = made
        return made


class _Member:
    """A peer, and what waits to be written to it."""

    __slots__ = ('offer', 'peer', 'queue', 'task', 'write')

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.write = peer.write
        self.offer = peer.offer if isinstance(peer.maker, Batching) else None
        self.queue: deque[_Made] = deque()
        self.task: asyncio.Task[None] | None = None


class Broadcast:
    """A group of peers, of any formats, that are sent the same messages.

    Each member is sent all messages in order, from when it joined; messages of several
    senders in the same order as the others. A member that is gone is dropped. One that
    reads too slowly has up to `max_queue` messages waiting, and holds back nobody else.
    A payload that waits for many members is in memory once.

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
        self._tasks: set[asyncio.Task[None]] = set()

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

        Args:
            media (object): The object, or one that is prepared already.

        Raises:
            UnserializableMedia: One of the formats can't carry it.
        """
        prepared = media if isinstance(media, Prepared) else Prepared(media)
        prepared.made_for(self._members.values())
        return prepared

    async def send(self, media: object) -> None:
        """Send an object to all members.

        Returns when the server has it, or it waits in the member's queue.

        Args:
            media (object): The object, or what :meth:`prepare` made of it.

        Raises:
            UnserializableMedia: The format of one of the members can't carry it. Then
                nobody was sent it.
        """
        prepared = media if isinstance(media, Prepared) else Prepared(media)
        made = prepared.made_for(self._members.values())
        await in_one_step(partial(self._deliver, made))

    async def close(self) -> None:
        """Take all members out, and wait for what was under way for them to end."""
        for peer in list(self._members):
            self.leave(peer)
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _deliver(self, addressed: Iterable[tuple[_Member, _Made]]) -> None:
        members = self._members
        for member, made in addressed:
            if member.task is not None:
                self._enqueue(member, made)
            elif member.peer in members:
                payload, size, _ = made
                if member.offer is not None and member.offer(payload, size):
                    continue
                try:
                    rest = begin(member.write(payload, size))
                # NOTE: The task has not waited, so it is a future of the server's own
                #   that was cancelled.
                except (Exception, asyncio.CancelledError) as ex:  # noqa: BLE001  # see _drop()
                    self._drop(member, ex)
                else:
                    if rest is not None:
                        member.task = start(self._drain(member, rest))
                        self._keep(member.task)

    def _enqueue(self, member: _Member, made: _Made) -> None:
        queue = member.queue
        if len(queue) < self._max_queue:
            queue.append(made)
        elif self._on_full == 'drop_oldest':
            queue.popleft()
            queue.append(made)
        elif self._on_full == 'disconnect':
            self.leave(member.peer)
            closing = asyncio.create_task(self._close_slow(member.peer))
            self._keep(closing)

    async def _drain(self, member: _Member, rest: Awaitable[None]) -> None:
        try:
            await rest
            while member.queue:
                payload, size, _ = member.queue.popleft()
                await member.write(payload, size)
        # NOTE: Only this group cancels the task, when the member has left.
        except (Exception, asyncio.CancelledError) as ex:  # noqa: BLE001  # see _drop()
            self._drop(member, ex)
        finally:
            member.task = None

    def _drop(self, member: _Member, ex: BaseException) -> None:
        # NOTE: What a server raises for a connection that breaks is its own. It is the
        #   member's end, and not the sender's fault.
        if not isinstance(ex, falcon.WebSocketDisconnected):
            _logger.debug('a member of a broadcast broke off', exc_info=ex)
        if self._members.get(member.peer) is member:
            self.leave(member.peer)

    async def _close_slow(self, peer: Peer) -> None:
        # NOTE: A server may wait for the client to close as well, and it doesn't read.
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                await peer.close(TRY_AGAIN_LATER, 'Too slow', flush=False)
        except Exception:
            _logger.debug('a slow member of a broadcast broke off', exc_info=True)

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
