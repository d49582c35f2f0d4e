"""One message for many peers: encoded once for each handler, never held back by one.

PERF: One task writes to a member after the other. It becomes the task of the first one
    that makes it wait, and another task goes on with the rest. A broadcast takes 1.15
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
"""Close code of RFC 6455's registry (IANA) for a member that can't keep up."""

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
        payload: str | bytes = self._made_by(handler, None).payload
        return payload

    async def send(self, peer: Peer) -> None:
        """Send it to a peer, in the peer's format.

        Raises:
            UnserializableMedia: The format can't carry the object.
            falcon.WebSocketDisconnected: The client has left.
        """
        outgoing = outgoing_of(peer)
        payload, size, _ = self._made_by(outgoing.maker, outgoing.slot)
        await outgoing.write(payload, size)

    def shares(self, members: Iterable[_Member]) -> list[_Share]:
        """What is to be sent to whom."""
        # NOTE: By id, since a choice holds the options of the app, which need not be
        #   hashable.
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
                # NOTE: It is counted where the format of a peer can't carry it.
                if slot is not None:
                    slot.bound.tally.refuse(ex)
                raise
            made = _Made(payload, payload_size(payload), maker)
            self._made[id(maker)] = made
        return made


class _Member:
    """A peer, and what waits to be written to it.

    PERF: What is looked up for each message is here. Of a thousand connections, another
        object of each is not in the processor's cache.
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
    """Members that are sent the same bytes, and how far they have been.

    Attributes:
        made (_Made): What they are sent.
        tally (Tally | None): Where to count them; batches count by themselves.
        remaining (Iterator): Those whose turn is yet to come.
        member (_Member | None): The one whose turn it is.
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
        member.left = True
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
        prepared.shares(self._members.values())
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
        shares = prepared.shares(self._members.values())
        await in_one_step(partial(self._deliver, shares))

    async def close(self) -> None:
        """Take all members out, and wait for what was under way for them to end."""
        for peer in list(self._members):
            self.leave(peer)
        # NOTE: A task that is cancelled before its first step does nothing, and there
        #   may be one that is to close a member.
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
                    # NOTE: Another group, or its responder, may be writing to it.
                    await member.turn.acquire()
                    try:
                        await member.send(payload)
                    finally:
                        member.turn.release()
                    tally.sent += 1
                    tally.sent_bytes += size
                elif not member.outgoing.offer(payload, size):
                    await member.outgoing.write(payload, size)
            # NOTE: A member that has left is cancelled by the group. One that has not
            #   waited met a future of the server's own that was cancelled.
            except (Exception, asyncio.CancelledError) as ex:  # noqa: BLE001  # see _drop()
                self._drop(member, ex)
            # NOTE: It has waited, and this task is its own now; see _deliver().
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
        # NOTE: Only this group cancels the task, when the member has left.
        except (Exception, asyncio.CancelledError) as ex:  # noqa: BLE001  # see _drop()
            self._drop(member, ex)
        finally:
            member.task = None

    def _drop(self, member: _Member, ex: BaseException) -> None:
        """Take out a member that could not be written to."""
        # NOTE: Where it has left, the group itself has cancelled what was under way.
        if member.left:
            return
        self.leave(member.peer)
        if was_cancelled(ex):  # pragma: no cover  # the event loop is being closed
            return
        # NOTE: What a server raises for a connection that breaks is its own. It is the
        #   member's end, and not the sender's fault.
        _logger.debug('could not write to a broadcast member', exc_info=ex)
        # NOTE: Not every server raises what Falcon knows, when the client has left.
        if member.peer.ws.closed:
            return
        error = UnserializableMedia
        # NOTE: Batches raise an exception of Falcon's for what the server cancels.
        why = f'the server raised {type(ex.__cause__ or ex).__name__}'
        self._end(member.peer, error.close_code, error.reason, why)

    def _end(self, peer: Peer, code: int, reason: str, why: str) -> None:
        """Close the connection of a peer that was a member, and log it."""
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
