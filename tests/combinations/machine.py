"""The life of an app, in any order: who has joined must receive, and nothing is left.

A behaviour joins by one more rule. ``python -m tests.combinations.machine`` runs it for
a time, and prints the seeds and what was tried.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from collections import defaultdict
from collections.abc import Callable
from collections.abc import Iterator
from functools import wraps
import gc
from itertools import count
import logging
import sys
import time
from typing import Any
import weakref

import falcon
from hypothesis import HealthCheck
from hypothesis import seed
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant
from hypothesis.stateful import precondition
from hypothesis.stateful import rule
from hypothesis.stateful import RuleBasedStateMachine
from hypothesis.stateful import run_state_machine_as_test
from tests.combinations.harness import Client
from tests.combinations.harness import Lines
from tests.combinations.harness import logged
from tests.combinations.harness import World
from tests.combinations.kinds import Kind
from tests.combinations.kinds import KINDS
from tests.combinations.model import ALONE
from tests.combinations.model import GroupModel
from tests.combinations.model import Membership
from tests.combinations.model import Model

import falcon_media
from falcon_media import Broadcast
from falcon_media import Prepared

__all__ = ('AppLife', 'tried')

MAX_DELAY = 0.5
MAX_COUNT = 3

GROUPS = (
    GroupModel(2, 'disconnect'),
    GroupModel(2, 'drop_oldest'),
    GroupModel(1, 'drop_newest'),
)

tried: Counter[str] = Counter()
"""How often each rule has run, in all examples of this process."""


def step(**strategies: Any) -> Callable[[Any], Any]:
    """Add a rule, and count how often it has run."""

    def add(function: Any) -> Any:
        @wraps(function)
        def counted(self: AppLife, **drawn: Any) -> None:
            tried['steps'] += 1
            tried[f'step {function.__name__}'] += 1
            function(self, **drawn)

        add_rule: Any = rule(**strategies)
        return add_rule(counted)

    return add


class Spoken:
    """A kind of handler, with batches or without, by its subprotocol."""

    def __init__(self, kind: Kind, *, is_batched: bool) -> None:
        self.kind = kind
        self.is_batched = is_batched
        self.name = f'{kind}.batch' if is_batched else str(kind)

    def choice(self) -> Any:
        """What its subprotocol selects."""
        choice = self.kind.choice()
        if not self.is_batched:
            return choice
        return falcon_media.batched(choice, max_delay=MAX_DELAY, max_count=MAX_COUNT)

    def frame(self, *payloads: Any) -> Any:
        """Put payloads into a frame."""
        if self.is_batched:
            assert self.kind.frame is not None
            return self.kind.frame(list(payloads))
        (payload,) = payloads
        return payload

    def __repr__(self) -> str:
        return self.name


SPOKEN = [
    Spoken(kind, is_batched=is_batched)
    for kind in KINDS
    for is_batched in (False, True)
    if kind.frame is not None or not is_batched
]


class Hall:
    """A resource: members receive until they leave, or their responder fails."""

    def __init__(self) -> None:
        self.life: AppLife

    async def on_websocket(self, req: Any, ws: Any) -> None:
        """Let a client in."""
        life = self.life
        peer = await falcon_media.accept(req, ws)
        person = life.entering
        person.peer = peer
        try:
            async for message in peer:
                person.received.append(message)
                if message == person.spoken.kind.unwrap('fail'):
                    await peer.send(object())
        finally:
            for group in life.groups:
                group.leave(peer)


def _make_app() -> tuple[Any, Any, Hall]:
    app: Any = falcon.asgi.App()
    hall = Hall()
    app.add_route('/', hall)
    subprotocols = {spoken.name: spoken.choice() for spoken in SPOKEN}
    return app, falcon_media.install(app, subprotocols=subprotocols), hall


class Person:
    """A client, its model, and what its responder has received."""

    def __init__(self, spoken: Spoken) -> None:
        self.spoken = spoken
        self.client: Client
        self.peer: falcon_media.Peer
        self.received: list[object] = []
        self.model = Model(MAX_COUNT if spoken.is_batched else None, MAX_DELAY)
        self.alone: list[tuple[str, asyncio.Task[None]]] = []

    @property
    def is_steady(self) -> bool:
        """Whether nothing has happened yet that ends its connection."""
        return not self.model.is_loose

    def has_ended(self) -> bool:
        """Return whether its call has ended, and all that was sent to it alone."""
        # NOTE: What they ended in keeps the peer alive, and is of no interest any more.
        tasks = [self.client.call, *(task for _, task in self.alone)]
        self.alone.clear()
        ended = all(task.done() for task in tasks)
        for task in tasks:
            _ignore(task)
        return ended

    def texts(self) -> dict[int, list[str]]:
        """What the client has received, by source."""
        found: dict[int, list[str]] = defaultdict(list)
        for frame in self.client.frames:
            for text in _texts(self.spoken, frame):
                found[int(text.partition(':')[0])].append(text)
        return found

    def __repr__(self) -> str:
        return f'<{self.spoken}>'


def _texts(spoken: Spoken, frame: Any) -> Iterator[str]:
    """Take a frame apart, knowing nothing but what each text looks like."""
    data = frame.encode() if isinstance(frame, str) else frame
    texts = []
    rest = data
    while (start := rest.find(b'#')) >= 0:
        end = rest.index(b'.', start)
        texts.append(rest[start + 1 : end].decode())
        rest = rest[end + 1 :]
    assert spoken.frame(*(spoken.kind.wire(f'#{text}.') for text in texts)) == frame
    yield from texts


class AppLife(RuleBasedStateMachine):
    """An app, its groups, and the clients that come and go."""

    made: tuple[Any, Any, Hall] | None = None

    def __init__(self) -> None:
        super().__init__()
        cls = type(self)
        if cls.made is None:
            cls.made = _make_app()
        self.app, self.installed, self.hall = cls.made
        self.hall.life = self
        self.world = World()
        self.lines = Lines()
        self.logged = logged(self.lines)
        self.logged.__enter__()
        self.groups = [
            Broadcast(max_queue=group.max_queue, on_full=group.on_full)
            for group in GROUPS
        ]
        self.people: list[Person] = []
        self.gone: list[Person] = []
        self.entering: Person
        self.numbers = count(1)
        self.warnings = 0
        # NOTE: A member of several groups that is closed since it reads too slowly may
        #   be too slow for the others as well, until its connection has ended.
        self.possible_warnings = 0
        self.errors = 0
        self.counted: Counter[str] = Counter()
        self.before = self._stats()
        tried['examples'] += 1

    # ------------------------------------------------------------------- connections

    @precondition(lambda self: len(self.people) < 6)
    @step(spoken=st.sampled_from(SPOKEN), groups=st.sets(st.sampled_from(range(3))))
    def connect(self, spoken: Spoken, groups: set[int]) -> None:
        """Connect a client, which joins some of the groups."""
        person = self.entering = Person(spoken)
        person.client = self.world.connect(self.app, subprotocols=[spoken.name])
        assert person.client.subprotocol == spoken.name
        self.people.append(person)
        for number in groups:
            self.groups[number].join(person.peer)
            person.model.groups.setdefault(number, Membership())

    @precondition(lambda self: self.people)
    @step(data=st.data(), number=st.sampled_from(range(3)))
    def join(self, data: st.DataObject, number: int) -> None:
        """Join a group, or stay in it."""
        person = self._one(data, lambda person: person.is_steady)
        if person is not None:
            self.groups[number].join(person.peer)
            person.model.groups.setdefault(number, Membership())

    @precondition(lambda self: self.people)
    @step(data=st.data(), number=st.sampled_from(range(3)))
    def leave_group(self, data: st.DataObject, number: int) -> None:
        """Leave a group, also while it writes to the client."""
        person = self._one(data)
        assert person is not None

        async def run() -> None:
            self.groups[number].leave(person.peer)

        self.world.result(run())
        person.model.leave(number)

    @precondition(lambda self: self.people)
    @step(data=st.data(), number=st.sampled_from(range(3)))
    def rejoin(self, data: st.DataObject, number: int) -> None:
        """Leave a group, join it again and send to it, all in one step."""
        person = self._one(data, lambda person: person.is_steady)
        if person is None:
            return
        group, text = self.groups[number], self._text(number)

        async def run() -> None:
            group.leave(person.peer)
            group.join(person.peer)
            await group.send(person.spoken.kind.wrap(f'#{text}.'))

        person.model.leave(number)
        person.model.groups[number] = Membership()
        carried = self._carried(number, person.spoken.kind)
        self._broadcast_done(self.world.run(run()), number, [text], carried)

    @precondition(lambda self: self.people)
    @step(data=st.data())
    def disconnect(self, data: st.DataObject) -> None:
        """Close the connection, from the client's side."""
        person = self._one(data)
        assert person is not None
        person.client.end()
        person.model.loosen()
        person.model.groups.clear()
        self.people.remove(person)
        self.gone.append(person)
        assert person.has_ended()

    @precondition(lambda self: self.people)
    @step(data=st.data())
    def vanish(self, data: st.DataObject) -> None:
        """Break off, and have nobody notice until something is sent."""
        person = self._one(data)
        assert person is not None
        person.model.loosen()
        person.client.vanish()

    @precondition(lambda self: self.people)
    @step(data=st.data())
    def shut_down(self, data: st.DataObject) -> None:
        """Cancel the call of the app, as a server does that ends."""
        person = self._one(data)
        assert person is not None
        person.model.loosen()
        person.client.call.cancel()
        self.world.loop.settle()
        assert person.client.call.done()

    @precondition(lambda self: self.people)
    @step(data=st.data())
    def stall(self, data: st.DataObject) -> None:
        """Stop reading."""
        person = self._one(data)
        assert person is not None
        if not person.client.is_gone:
            person.client.stall()
            person.model.is_stalled = True

    @precondition(lambda self: any(p.model.is_stalled for p in self.people))
    @step(data=st.data())
    def read(self, data: st.DataObject) -> None:
        """Read on."""
        person = self._one(data, lambda person: person.model.is_stalled)
        assert person is not None
        person.client.read()
        # NOTE: Of what several had waited to put into a batch, the last part waits for
        #   its time.
        self.world.loop.advance(MAX_DELAY)
        person.model.read()
        self._time_has_passed()
        if person.is_steady:
            for _, task in person.alone:
                assert task.done()
                assert task.exception() is None
            person.alone.clear()

    # --------------------------------------------------------------- what clients send

    @precondition(lambda self: self.people)
    @step(data=st.data(), number=st.integers(1, 3))
    def receive(self, data: st.DataObject, number: int) -> None:
        """Have a client send good messages, several in a frame where that can be."""
        person = self._one(data, lambda person: person.client.is_open)
        if person is None:
            return
        kind, before = person.spoken.kind, len(person.received)
        texts = [f'good {index}' for index in range(number)]
        payloads = [kind.wire(text) for text in texts]
        if person.spoken.is_batched:
            person.client.send(person.spoken.frame(*payloads))
        else:
            person.client.send(*payloads)
        if person.is_steady:
            assert person.received[before:] == [kind.unwrap(text) for text in texts]
            self.counted['received'] += number

    @precondition(lambda self: self.people)
    @step(data=st.data())
    def receive_malformed(self, data: st.DataObject) -> None:
        """Have a client send what is no message."""
        person = self._one(data, _can_be_refused)
        if person is not None:
            payload = person.spoken.kind.malformed
            if isinstance(payload, str) and person.spoken.is_batched:
                payload += '\n'
            self._refuse(person, payload, 1007, 'MalformedPayload')

    @precondition(lambda self: self.people)
    @step(data=st.data())
    def receive_other_type(self, data: st.DataObject) -> None:
        """Have a client send a frame of the other type."""
        person = self._one(data, _can_be_refused)
        if person is not None:
            is_text = person.peer.payload_type is falcon.WebSocketPayloadType.TEXT
            self._refuse(person, b'x' if is_text else 'x', 1003, 'UnsupportedPayload')

    @precondition(lambda self: self.people)
    @step(data=st.data())
    def fail(self, data: st.DataObject) -> None:
        """Have a responder send what is not carried, and not catch it."""
        person = self._one(data, _can_be_refused)
        # NOTE: Its send waits for what is sent before, and only then fails.
        if person is not None and not person.model.is_stalled:
            payload = person.spoken.frame(person.spoken.kind.wire('fail'))
            self._refuse(person, payload, 1011, 'UnserializableMedia')

    def _refuse(self, person: Person, payload: Any, code: int, error: str) -> None:
        if error == 'UnserializableMedia':
            self.errors += 1
        else:
            self.warnings += 1
        self.counted[error] += 1
        person.model.groups.clear()
        person.model.loosen(code)
        person.client.send(payload)
        if not person.model.is_stalled:
            assert person.client.close_code == code
            assert person.client.call.done()

    # ----------------------------------------------------------------- what is sent

    @precondition(lambda self: self.people)
    @step(data=st.data(), is_prepared=st.booleans())
    def send(self, data: st.DataObject, is_prepared: bool) -> None:
        """Send to one client alone."""
        person = self._one(data)
        assert person is not None
        text = self._text(ALONE)
        media = person.spoken.kind.wrap(f'#{text}.')
        peer = person.peer
        task = self.world.run(
            Prepared(media).send(peer) if is_prepared else peer.send(media)
        )
        is_sent = person.model.send(ALONE, text, self.world.loop.time())
        if not person.is_steady:
            person.alone.append((text, task))
        elif is_sent:
            assert task.done()
            assert task.exception() is None
        else:
            assert not task.done()
            person.model.alone.append(text)
            person.alone.append((text, task))

    @precondition(lambda self: any(p.model.alone for p in self.people))
    @step(data=st.data())
    def cancel_send(self, data: st.DataObject) -> None:
        """Cancel a send that waits."""
        person = self._one(data, lambda person: bool(person.model.alone))
        assert person is not None
        text, task = person.alone[_index(data, person.alone)]
        task.cancel()
        self.world.loop.settle()
        assert task.cancelled()
        person.alone.remove((text, task))
        person.model.alone.remove(text)

    @precondition(lambda self: self.people)
    @step(data=st.data())
    def send_unserializable(self, data: st.DataObject) -> None:
        """Send one client what is not carried, and catch it."""
        person = self._one(data, lambda person: person.is_steady)
        if person is not None and not person.model.is_stalled:
            task = self.world.run(person.peer.send(object()))
            assert isinstance(task.exception(), falcon_media.UnserializableMedia)
            self.counted['UnserializableMedia'] += 1

    @precondition(lambda self: self.people)
    @step(data=st.data())
    def flush(self, data: st.DataObject) -> None:
        """Have what waits for others be sent."""
        person = self._one(data, lambda person: person.is_steady)
        if person is not None:
            task = self.world.run(person.peer.flush())
            person.model.flush()
            assert task.done() is not bool(person.model.frame)
            task.add_done_callback(_ignore)

    @step(seconds=st.sampled_from([MAX_DELAY / 4, MAX_DELAY, 60.0]))
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.world.loop.advance(seconds)
        self._time_has_passed()

    @step(number=st.sampled_from(range(3)), kind=st.sampled_from(KINDS))
    def broadcast(self, number: int, kind: Kind) -> None:
        """Send to a group."""
        text = self._text(number)
        sending = self.world.run(self.groups[number].send(kind.wrap(f'#{text}.')))
        self._broadcast_done(sending, number, [text], self._carried(number, kind))

    @precondition(lambda self: any(p.is_steady for p in self.people))
    @step(number=st.sampled_from(range(3)), data=st.data(), size=st.integers(1, 5))
    def broadcast_in_a_row(self, number: int, data: st.DataObject, size: int) -> None:
        """Send messages to a group that its members can be sent, one after another."""
        kind = self._kind(data, number)
        texts = [self._text(number) for _ in range(size)]

        async def run() -> None:
            for text in texts:
                await self.groups[number].send(kind.wrap(f'#{text}.'))

        carried = self._carried(number, kind)
        sending = self.world.run(run())
        self._broadcast_done(sending, number, texts[: None if carried else 1], carried)

    @step(number=st.sampled_from(range(3)), data=st.data())
    def broadcast_by_two(self, number: int, data: st.DataObject) -> None:
        """Have two send to a group at once."""
        kind = self._kind(data, number)
        carried = self._carried(number, kind)
        texts = [self._text(number) for _ in range(2)]
        group = self.groups[number]
        first, second = [
            self.world.loop.create_task(group.send(kind.wrap(f'#{text}.')))
            for text in texts
        ]
        self.world.loop.settle()
        self._broadcast_done(first, number, [texts[0]], carried)
        self._broadcast_done(second, number, [texts[1]], carried)

    @step(kind=st.sampled_from(KINDS))
    def broadcast_to_all_groups(self, kind: Kind) -> None:
        """Encode once, and send to each group."""
        # NOTE: The source is in the text, and the text is one for all: a message for
        #   each group, then, of one that is prepared for it.
        for number, group in enumerate(self.groups):
            text = self._text(number)
            prepared = Prepared(kind.wrap(f'#{text}.'))
            sending = self.world.run(group.send(prepared))
            self._broadcast_done(sending, number, [text], self._carried(number, kind))

    @step(number=st.sampled_from(range(3)))
    def broadcast_unserializable(self, number: int) -> None:
        """Send to a group what no format carries."""
        is_empty = self._is_empty(number)
        sending = self.world.run(self.groups[number].send(object()))
        self._broadcast_done(sending, number, [], is_empty)

    @step(number=st.sampled_from(range(3)), is_prepared=st.booleans())
    def broadcast_half_a_surrogate_pair(self, number: int, is_prepared: bool) -> None:
        """Send to a group what has no UTF-8 form, and so nobody can be sent."""
        media: Any = {'value': '\ud800'}
        group = self.groups[number]
        media = Prepared(media) if is_prepared else media
        is_empty = self._is_empty(number)
        sending = self.world.run(group.send(media))
        self._broadcast_done(sending, number, [], is_empty)

    @step(number=st.sampled_from(range(3)), steps=st.integers(0, 3), data=st.data())
    def cancel_broadcast(self, number: int, steps: int, data: st.DataObject) -> None:
        """Cancel a sender: all were sent it, or none."""
        kind = self._kind(data, number)
        watched = [
            person
            for person in self.people
            if number in person.model.groups
            and person.is_steady
            and not person.model.is_stalled
            and not person.spoken.is_batched
        ]
        if not watched or not self._carried(number, kind):
            return
        text, before = self._text(number), len(watched[0].client.frames)
        sending = self.world.loop.create_task(
            self.groups[number].send(kind.wrap(f'#{text}.'))
        )
        for _ in range(steps):
            self.world.loop.step()
        sending.cancel()
        self.world.loop.settle()
        assert sending.done()
        if len(watched[0].client.frames) > before:
            self._was_broadcast(number, text)

    @step(number=st.sampled_from(range(3)))
    def close_group(self, number: int) -> None:
        """Close a group; it can be joined again."""
        self.world.result(self.groups[number].close())
        assert not len(self.groups[number])
        for person in self.people:
            person.model.leave(number)

    @precondition(lambda self: self.people)
    @step(number=st.sampled_from(range(3)), data=st.data())
    def break_server(self, number: int, data: st.DataObject) -> None:
        """Have the server raise for one member: it is closed, and it is logged."""

        def fits(person: Person) -> bool:
            model = person.model
            return (
                person.is_steady
                and model.max_count is None
                and not model.is_stalled
                and number in model.groups
            )

        person = self._one(data, fits)
        if person is None or not self._carried(number, person.spoken.kind):
            return
        text = self._text(number)
        person.client.failure = RuntimeError('a fault of the server')
        person.model.groups.clear()
        person.model.loosen(1011)
        self.warnings += 1
        media = person.spoken.kind.wrap(f'#{text}.')
        sending = self.world.run(self.groups[number].send(media))
        self._broadcast_done(sending, number, [text], is_carried=True)
        assert person.client.close_code == 1011

    # --------------------------------------------------------------------- what holds

    @invariant()
    def all_agree(self) -> None:
        """Compare with the model."""
        assert not self.world.faults
        for person in self.people:
            model, client = person.model, person.client
            assert model.agrees(person.texts()), (
                person,
                person.texts(),
                dict(model.certain),
                dict(model.possible),
            )
            if person.is_steady:
                assert client.close_code is None
                for number, group in enumerate(self.groups):
                    assert (person.peer in group) is (number in model.groups)
            elif model.close_code is not None:
                assert client.close_code in (None, model.close_code)
        for level, expected in (('WARNING', self.warnings), ('ERROR', self.errors)):
            lines = [
                record
                for record in self.lines.records
                if record.levelname == level and record.name == 'falcon_media'
            ]
            possible = self.possible_warnings if level == 'WARNING' else 0
            assert len(lines) <= expected + possible, [
                line.getMessage() for line in lines
            ]

    def teardown(self) -> None:
        """End all, and see that nothing is left."""
        # NOTE: What has failed may have left something behind in the app.
        type(self).made = None
        has_failed = sys.exception() is not None
        try:
            if not has_failed:
                self._end()
        finally:
            self.world.close()
            self.logged.__exit__(None, None, None)
        if not has_failed:
            self.world.check()
            type(self).made = self.app, self.installed, self.hall

    def _end(self) -> None:
        while self.people:
            self.gone.append(self.people.pop())
            self.gone[-1].client.read()
            self.gone[-1].client.end()
        self.world.loop.advance(60)
        assert all(person.has_ended() for person in self.gone)
        assert [len(group) for group in self.groups] == [0, 0, 0]
        left = self.world.tasks()
        assert not left, left
        assert not self.world.loop.timers()
        assert len(self.lines.at(logging.ERROR)) == self.errors
        lines = self.lines.at(logging.WARNING)
        expected = self.warnings + self.errors
        assert expected <= len(lines) <= expected + self.possible_warnings, lines
        stats = self._stats()
        for name in ('dropped', 'too_slow', *_ERRORS):
            number = stats[name] - self.before[name]
            assert number >= self.counted[name], (name, number, self.counted[name])
            assert number == self.counted[name] or self.possible_warnings, (
                name,
                number,
                self.counted[name],
            )
        peers = [weakref.ref(person.peer) for person in self.gone]
        self.gone.clear()
        self.lines.records.clear()
        self.__dict__.pop('entering', None)
        gc.collect()
        assert not [peer() for peer in peers if peer() is not None]
        assert self._stats()['connections'] == 0

    # ------------------------------------------------------------------------ helpers

    def _one(
        self, data: st.DataObject, fits: Callable[[Person], bool] | None = None
    ) -> Person | None:
        people = [person for person in self.people if fits is None or fits(person)]
        # NOTE: By number, since Hypothesis keeps what is drawn.
        return people[_index(data, people)] if people else None

    def _text(self, source: int) -> str:
        return f'{source}:{next(self.numbers)}'

    def _members(self, number: int) -> list[Person]:
        group = self.groups[number]
        return [person for person in self.people if person.peer in group]

    def _is_empty(self, number: int) -> bool:
        return not len(self.groups[number])

    def _kind(self, data: st.DataObject, number: int) -> Kind:
        """A kind that some member of a group speaks."""
        kinds = [person.spoken.kind for person in self._members(number)] or [KINDS[0]]
        return data.draw(st.sampled_from(kinds))

    def _carried(self, number: int, kind: Kind) -> bool:
        media = type(kind.wrap(''))
        return all(
            type(person.spoken.kind.wrap('')) is media
            for person in self._members(number)
        )

    def _broadcast_done(
        self,
        sending: asyncio.Task[None],
        number: int,
        texts: list[str],
        is_carried: bool,
    ) -> None:
        assert sending.done()
        if not is_carried:
            assert isinstance(sending.exception(), falcon_media.UnserializableMedia)
            return
        assert sending.exception() is None
        for text in texts:
            self._was_broadcast(number, text)

    def _was_broadcast(self, number: int, text: str) -> None:
        for person in self.people:
            if number in person.model.groups:
                what = person.model.broadcast(
                    number, GROUPS[number], text, self.world.loop.time()
                )
                if what is not None:
                    self.counted[what] += 1
                if what == 'too_slow':
                    self.warnings += 1
                    self.possible_warnings += len(person.model.groups)

    def _time_has_passed(self) -> None:
        for person in self.people:
            person.model.pass_time(self.world.loop.time())

    def _stats(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for row in self.installed.stats():
            found['dropped'] += row.get('dropped', 0)
            found['too_slow'] += row.get('too_slow', 0)
            found['connections'] += row['connections']
            found.update(row['refused'])
        return found


_ERRORS = ('MalformedPayload', 'UnsupportedPayload')


def _index(data: st.DataObject, found: list[Any]) -> int:
    return data.draw(st.integers(0, len(found) - 1))


def _can_be_refused(person: Person) -> bool:
    return person.is_steady and person.client.is_open


def _ignore(task: asyncio.Task[None]) -> None:
    if task.done() and not task.cancelled():
        task.exception()


def main() -> None:
    """Run for a time, one seed after another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seconds', type=float, default=60)
    parser.add_argument('--first-seed', type=int, default=0)
    parser.add_argument('--examples', type=int, default=100, help='for each seed')
    arguments = parser.parse_args()
    end = time.monotonic() + arguments.seconds
    chosen = settings(
        database=None,
        deadline=None,
        max_examples=arguments.examples,
        stateful_step_count=60,
        suppress_health_check=[*HealthCheck],
        print_blob=True,
    )
    gc.freeze()
    last = arguments.first_seed
    for last in count(arguments.first_seed):
        run_state_machine_as_test(seed(last)(AppLife), settings=chosen)
        if time.monotonic() > end:
            break
    print(f'seeds {arguments.first_seed} to {last}, no failure')
    for name, number in sorted(tried.items()):
        print(f'{number:9,}  {name}')


if __name__ == '__main__':
    main()
