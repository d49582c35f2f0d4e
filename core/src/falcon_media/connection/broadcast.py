"""Send one message to many peers: encode once per handler, and wait for no slow peer.

PERF: One task writes to the members in turn. It becomes the task of the first member
    that makes it wait, and another task continues with the rest. A broadcast takes 1.15
    of bare ASGI sends (2 KB, 1,000 members, CPython 3.13), of which half is Falcon's;
    with an eager task for each member it takes 1.3.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
import logging
from typing import Any, Literal, NamedTuple, TYPE_CHECKING

from falcon_media.connection.eager_tasks import begin
from falcon_media.connection.eager_tasks import in_one_step
from falcon_media.connection.eager_tasks import was_cancelled
from falcon_media.connection.peer import outgoing_of
from falcon_media.connection.peer import Peer
from falcon_media.errors import UnserializableMedia
from falcon_media.limits import payload_size
from falcon_media.protocol.batching import Batching

if TYPE_CHECKING:
    from collections.abc import Iterable

    from falcon_media.connection.connection import Slot
    from falcon_media.protocol.handlers import Handler
    from falcon_media.protocol.stats import Tally
    from falcon_media.selection.model import Bound

__all__ = ('Broadcast', 'Prepared')

TRY_AGAIN_LATER = 1013
"""Close code of the IANA registry of RFC 6455, for a member that is too slow."""

_logger = logging.getLogger('falcon_media')


class _Made(NamedTuple):
    """A payload or part of a frame, its size in bytes, and its encoder."""

    payload: Any
    size: int
    maker: Handler | Batching


class Prepared:
    """An object that is encoded at most once per handler.

    Args:
        media (object): The object; do not change it afterwards.
    """

    __slots__ = ('_made', 'media')

    def __init__(self, media: object) -> None:
        self.media = media
        # NOTE: Keyed by id, since a handler may be unhashable. The handler is kept
        #   with its payload, so that its id isn't reused.
        self._made: dict[int, _Made] = {}

    def payload(self, handler: Handler) -> str | bytes:
        """Encode the object with a handler; return the payload.

        Raises:
            UnserializableMedia: The format can't represent the object.
        """
        payload: str | bytes = self._made_by(handler, None).payload
        return payload

    async def send(self, peer: Peer) -> None:
        """Send the object to a peer, in the peer's format.

        Raises:
            UnserializableMedia: The format can't represent the object.
            falcon.WebSocketDisconnected: The client has disconnected.
        """
        outgoing = outgoing_of(peer)
        payload, size, _ = self._made_by(outgoing.maker, outgoing.slot)
        await outgoing.write(payload, size)

    def shares(self, members: Iterable[_Member]) -> list[_Share]:
        """Group the members by payload, and encode each payload."""
        # NOTE: Keyed by id, since a choice holds options of the app, which may be
        #   unhashable.
        users: dict[int, tuple[Bound | Batching, list[_Member]]] = {}
        for member in members:
            used = member.batching or member.slot.bound
            try:
                users[id(used)][1].append(member)
            except KeyError:
                users[id(used)] = used, [member]
        return [
            _Share(self._made_by(used, found[0].slot), None, found)
            if isinstance(used, Batching)
            else _Share(self._made_by(used.handler, found[0].slot), used.tally, found)
            for used, found in users.values()
        ]

    def _made_by(self, maker: Handler | Batching, slot: Slot | None) -> _Made:
        made = self._made.get(id(maker))
        if made is None:
            try:
                payload: Any
                if isinstance(maker, Batching):
                    payload = maker.part(self._made_by(maker.handler, slot).payload)
                else:
                    payload = maker.serialize(self.media)
            except UnserializableMedia as ex:
                # NOTE: Count it for the peer whose format can't represent it.
                if slot is not None:
                    slot.bound.tally.refuse(ex)
                raise
            made = _Made(payload, payload_size(payload), maker)
            self._made[id(maker)] = made
        return made


class _Member:
    """A peer and its queue.

    PERF: Everything that a message needs is an attribute here. With a thousand
        connections, one more object per connection misses the processor's cache.
    """

    __slots__ = (
        *('batching', 'left', 'outgoing', 'peer', 'queue', 'send', 'slot', 'task'),
        'turn',
    )

    def __init__(self, peer: Peer) -> None:
        outgoing = outgoing_of(peer)
        maker = outgoing.maker
        self.peer = peer
        self.outgoing = outgoing
        self.batching = maker if isinstance(maker, Batching) else None
        self.slot = outgoing.slot
        self.send = outgoing.send_payload
        self.turn = outgoing.turn
        self.queue: deque[_Made] = deque()
        self.task: asyncio.Task[None] | None = None
        self.left = False


class _Share:
    """Members that get the same bytes, and the progress of sending.

    Attributes:
        made (_Made): The bytes.
        tally (Tally | None): The counters; ``None`` for batches, which count alone.
        remaining (Iterator): The members that are still to be written to.
        member (_Member | None): The member that is being written to.
    """

    __slots__ = ('made', 'member', 'remaining', 'tally')

    def __init__(
        self, made: _Made, tally: Tally | None, members: Iterable[_Member]
    ) -> None:
        self.made = made
        self.tally = tally
        self.remaining = iter(members)
        self.member: _Member | None = None


class Broadcast:
    """A group of peers, in any formats, that receive the same messages.

    Each member receives all messages since it joined, in the same order as the others.
    A member that disconnects is removed. A slow member has a queue of up to `max_queue`
    messages, and delays no other member. A payload in several queues is in memory once.

    Keyword Args:
        max_queue (int): Length of the queue of a member (default 64).
        on_full (str): Action if the queue is full: ``'disconnect'`` (the default)
            closes the connection with 1013 (Try Again Later); ``'drop_oldest'`` and
            ``'drop_newest'`` drop a message.

    Raises:
        ValueError: An argument is invalid.
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
        """Add a peer for the length of a ``with`` block; use it in responders."""
        self.join(peer)
        try:
            yield
        finally:
            self.leave(peer)

    def join(self, peer: Peer) -> None:
        """Add a peer; it receives all messages from now on."""
        self._members.setdefault(peer, _Member(peer))

    def leave(self, peer: Peer) -> None:
        """Remove a peer and drop its queue; do nothing if it is not a member."""
        member = self._members.pop(peer, None)
        if member is None:
            return
        member.left = True
        member.queue.clear()
        if member.task is not None and member.task is not asyncio.current_task():
            member.task.cancel()

    def prepare(self, media: object) -> Prepared:
        """Encode an object for the handlers of all members, without sending it.

        Args:
            media (object): The object, or a prepared one.

        Raises:
            UnserializableMedia: One of the formats can't represent it.
        """
        prepared = media if isinstance(media, Prepared) else Prepared(media)
        prepared.shares(self._members.values())
        return prepared

    async def send(self, media: object) -> None:
        """Send an object to all members.

        It returns when, for each member, the server has the message or it is queued.

        Args:
            media (object): The object, or the result of :meth:`prepare`.

        Raises:
            UnserializableMedia: The format of a member can't represent it. It was then
                sent to no member.
        """
        prepared = media if isinstance(media, Prepared) else Prepared(media)
        shares = prepared.shares(self._members.values())
        await in_one_step(partial(self._deliver, shares))

    async def close(self) -> None:
        """Remove all members, and wait until the pending writes to them end."""
        for peer in list(self._members):
            self.leave(peer)
        # NOTE: A task that is cancelled before its first step does nothing, and one of
        #   them may have to close a member.
        await asyncio.sleep(0)
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _deliver(self, shares: Iterable[_Share]) -> None:
        for share in shares:
            while (task := begin(self._write_to_each(share))) is not None:
                member, share.member = share.member, None
                assert member is not None  # noqa: S101  # it is what waits
                member.task = task
                self._keep(task)

    async def _write_to_each(self, share: _Share) -> None:
        made, tally = share.made, share.tally
        payload, size, _ = made
        for member in share.remaining:
            if member.left:
                continue
            if member.task is not None:
                self._enqueue(member, made)
                continue
            share.member = member
            try:
                if tally is not None:
                    # NOTE: Another broadcast, or its responder, may be writing to it.
                    await member.turn.acquire()
                    try:
                        await member.send(payload)
                    finally:
                        member.turn.release()
                    tally.sent += 1
                    tally.sent_bytes += size
                elif not member.outgoing.offer(payload, size):
                    await member.outgoing.write(payload, size)
            # NOTE: The broadcast cancels writes to a member that left. Without a wait,
            #   a CancelledError comes from a cancelled future of the server.
            except (Exception, asyncio.CancelledError) as ex:  # noqa: BLE001  # see _drop()
                self._drop(member, ex)
            # NOTE: The write has waited, so this task is the member's; see _deliver().
            if share.member is not member:
                await self._drain(member)
                return

    def _enqueue(self, member: _Member, made: _Made) -> None:
        queue = member.queue
        if len(queue) < self._max_queue:
            queue.append(made)
            return
        tally = member.slot.bound.tally
        if self._on_full == 'disconnect':
            tally.too_slow += 1
            waiting = len(queue)
            self.leave(member.peer)
            why = f'it reads too slowly ({waiting} queued)'
            self._end(member.peer, TRY_AGAIN_LATER, 'Too slow', why)
            return
        tally.dropped += 1
        if self._on_full == 'drop_oldest':
            queue.popleft()
            queue.append(made)

    async def _drain(self, member: _Member) -> None:
        try:
            while member.queue:
                payload, size, _ = member.queue.popleft()
                await member.outgoing.write(payload, size)
        # NOTE: Only this broadcast cancels the task, when the member leaves.
        except (Exception, asyncio.CancelledError) as ex:  # noqa: BLE001  # see _drop()
            self._drop(member, ex)
        finally:
            member.task = None

    def _drop(self, member: _Member, ex: BaseException) -> None:
        """Remove a member after a failed write."""
        # NOTE: If it has left, the broadcast itself has cancelled the write.
        if member.left:
            return
        self.leave(member.peer)
        if was_cancelled(ex):  # pragma: no cover  # the event loop is being closed
            return
        # NOTE: Each server raises its own exceptions for a broken connection. They end
        #   the membership, and are not the sender's fault.
        _logger.debug('could not write to a broadcast member', exc_info=ex)
        # NOTE: After a disconnect, some servers raise what Falcon does not know.
        if member.peer.ws.closed:
            return
        error = UnserializableMedia
        # NOTE: Batches raise Falcon's exception if the server cancels the write.
        why = f'the server raised {type(ex.__cause__ or ex).__name__}'
        self._end(member.peer, error.close_code, error.reason, why)

    def _end(self, peer: Peer, code: int, reason: str, why: str) -> None:
        """Close the connection of a removed peer, and log it."""
        self._keep(asyncio.create_task(_end(peer, code, reason, why)))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _end(peer: Peer, code: int, reason: str, why: str) -> None:
    outcome = 'closing was cancelled'
    try:
        outcome = await outgoing_of(peer).end(code, reason)
    finally:
        _logger.warning('%r was dropped from a broadcast: %s; %s', peer, why, outcome)
