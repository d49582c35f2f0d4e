"""Rooms whose members came in different ways, and speak different formats."""

from __future__ import annotations

from functools import cache
from itertools import combinations_with_replacement
from typing import Any, NamedTuple

import falcon.asgi
import pytest
from tests.combinations.harness import Client
from tests.combinations.harness import Lines
from tests.combinations.harness import logged
from tests.combinations.harness import World
from tests.combinations.kinds import Kind
from tests.combinations.kinds import KINDS
from tests.combinations.making import Cell
from tests.combinations.ways import MAX_DELAY
from tests.combinations.ways import WAYS

import falcon_media
from falcon_media import Broadcast


class Spoken(NamedTuple):
    """A kind of handler, as a subprotocol of one app."""

    kind: Kind
    is_batched: bool

    def __str__(self) -> str:
        return f'{self.kind}{".batch" if self.is_batched else ""}'

    def wire(self, text: str) -> Any:
        payload = self.kind.wire(text)
        if not self.is_batched:
            return payload
        assert self.kind.frame is not None
        return self.kind.frame([payload])


SPOKEN = [
    Spoken(kind, is_batched)
    for kind in KINDS
    for is_batched in (False, True)
    if kind.frame is not None or not is_batched
]
PAIRS = [*combinations_with_replacement(SPOKEN, 2)]


@cache
def app() -> Any:
    """An app that speaks everything."""
    made: Any = falcon.asgi.App()
    made.add_route('/', Hall())
    falcon_media.install(
        made,
        subprotocols={
            str(spoken): falcon_media.batched(spoken.kind.choice(), max_delay=MAX_DELAY)
            if spoken.is_batched
            else spoken.kind.choice()
            for spoken in SPOKEN
        },
    )
    return made


class Hall:
    group: Broadcast

    async def on_websocket(self, req: Any, ws: Any) -> None:
        peer = await falcon_media.accept(req, ws)
        with self.group.member(peer):
            async for message in peer:
                await self.group.send(message)


def test_no_pair_is_lost() -> None:
    assert len(PAIRS) == len(SPOKEN) * (len(SPOKEN) + 1) / 2 == 120


@pytest.mark.parametrize(('one', 'two'), PAIRS, ids=str)
def test_a_room_of_two(one: Spoken, two: Spoken) -> None:
    world = World()
    Hall.group = Broadcast()
    with logged(Lines()):
        try:
            clients = [
                (spoken, world.connect(app(), subprotocols=[str(spoken)]))
                for spoken in (one, two)
            ]
            for text in ('żółw', 'x'):
                for spoken in (one, two):
                    _send(world, spoken, text, clients)
            for _, client in clients:
                client.end()
            assert not len(Hall.group)
        finally:
            world.close()
    world.check()


def _send(
    world: World, sender: Spoken, text: str, clients: list[tuple[Spoken, Client]]
) -> None:
    """Have all members sent a message that the sender's kind can make."""
    before = [len(client.frames) for _, client in clients]
    media = sender.kind.wrap(text)
    carried = [_carries(spoken.kind, media) for spoken, _ in clients]
    sending = world.run(Hall.group.send(media))
    world.loop.advance(MAX_DELAY)
    if all(carried):
        assert sending.exception() is None
    else:
        assert isinstance(sending.exception(), falcon_media.UnserializableMedia)
    for (spoken, client), number in zip(clients, before, strict=True):
        expected = [spoken.wire(text)] if all(carried) else []
        assert client.frames[number:] == expected


def _carries(kind: Kind, media: object) -> bool:
    return type(media) is type(kind.wrap(''))


@pytest.mark.parametrize('kind', KINDS, ids=str)
def test_a_room_of_all_ways(kind: Kind) -> None:
    world = World()
    group = Broadcast()
    with logged(Lines()):
        try:
            cells = [
                Cell(way, kind, world)
                for way in WAYS
                if 'websocket' in way.has and way.needs <= kind.has
            ]
            clients = [(cell, cell.join(group)[0]) for cell in cells]
            world.result(group.send(kind.wrap('żółw')))
            world.loop.advance(MAX_DELAY)
            for cell, client in clients:
                assert client.frames == [cell.wire('żółw')]
                client.end()
            assert not len(group)
        finally:
            world.close()
    world.check()
