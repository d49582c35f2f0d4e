"""Apps in which a handler of some kind is chosen in some way."""

from __future__ import annotations

from collections.abc import Awaitable
from collections.abc import Callable
from itertools import count
import os
from pathlib import Path
import tempfile
from typing import Any, NamedTuple
from unittest import mock

import falcon.asgi
from tests.combinations.harness import Client
from tests.combinations.harness import Lines
from tests.combinations.harness import logged
from tests.combinations.harness import Payload
from tests.combinations.harness import World
from tests.combinations.kinds import Kind
from tests.combinations.ways import Setting
from tests.combinations.ways import Way

import falcon_media
from falcon_media import Limits

__all__ = ('Cell', 'Line', 'Made', 'make')


class Line(NamedTuple):
    """A connection, as its responder has it."""

    req: Any
    ws: Any
    peer: falcon_media.Peer


Script = Callable[[Line], Awaitable[object]]

_numbers = count()


class Made:
    """An app, with a resource whose responder runs a script of the test.

    Attributes:
        app (falcon.asgi.App): The app.
        installed (Installed): What was installed into it.
        setting (Setting): What was chosen.
        script (Script): What the next connection is to do.
        posted (list): What was posted.
    """

    def __init__(
        self,
        way: Way,
        kind: Kind,
        limits: Limits | None = None,
        prepare: Callable[[Any], object] = id,
    ) -> None:
        self.script: Script | None = None
        self.posted: list[object] = []
        with tempfile.TemporaryDirectory() as folder:
            self.setting = setting = Setting(kind, limits, Path(folder))
            way.choose(setting)
            self.app: Any = falcon.asgi.App()
            prepare(self.app)
            self.app.add_route('/', self._resource())
            self.app.add_route('/other', _Other(self))
            with mock.patch.dict(os.environ, setting.environ):
                self.installed = falcon_media.install(self.app, **setting.arguments)
        if setting.assigned is not None:
            table: Any = self.app.ws_options.media_handlers
            table[kind.payload_type] = setting.assigned

    def _resource(self) -> object:
        made = self
        setting = self.setting

        async def accept(req: Any, ws: Any) -> Any:
            kind = setting.kind
            return await falcon_media.accept(req, ws, fallback=kind.payload_type)

        async def on_websocket(self: object, req: Any, ws: Any) -> None:
            peer = await (setting.accept or accept)(req, ws)
            assert made.script is not None
            await made.script(Line(req, ws, peer))

        async def on_post(self: object, req: Any, resp: Any) -> None:
            made.posted.append(await req.get_media())
            resp.content_type = setting.kind.media_type
            resp.media = setting.kind.wrap('answer')

        # NOTE: Falcon tells the names of resources, and so each app has its own.
        name = f'Door{next(_numbers)}'
        on_websocket.__qualname__ = f'{name}.on_websocket'
        responder = on_websocket
        if setting.responder is not None:
            responder = setting.responder(on_websocket)
        members = {'on_websocket': responder, 'on_post': on_post}
        resource = type(name, (), members)
        if setting.resource is not None:
            resource = setting.resource(resource)
        return resource()


class _Other:
    """A route without a choice of its own."""

    def __init__(self, made: Made) -> None:
        self._made = made

    async def on_websocket(self, req: Any, ws: Any) -> None:
        await ws.accept()
        await ws.send_media(await ws.receive_media())


_cached: dict[tuple[Way, str, Limits | None], Made] = {}


def make(way: Way, kind: Kind, limits: Limits | None = None) -> Made:
    """Make an app, once for all tests: it takes as long as a hundred messages."""
    key = (way, kind.name, limits)
    if key not in _cached:
        _cached[key] = Made(way, kind, limits)
    return _cached[key]


class Cell:
    """A kind of handler, chosen in a way, for one feature to be tried with.

    Attributes:
        way (Way): The way.
        kind (Kind): The kind.
        world (World): Where connections are.
        made (Made): The app.
        lines (Lines): What was logged.
    """

    def __init__(self, way: Way, kind: Kind, world: World | None = None) -> None:
        self.way = way
        self.kind = kind
        self.made = make(way, kind)
        self.world = world or World()
        self.lines = Lines()

    @property
    def installed(self) -> Any:
        """What was installed."""
        return self.made.installed

    def remake(self, limits: Limits | None = None, **more: Any) -> None:
        """Take an app with other budgets, or one of its own."""
        if more:
            self.made = Made(self.way, self.kind, limits, **more)
        else:
            self.made = make(self.way, self.kind, limits)

    def connect(self, script: Script, path: str = '/') -> Client:
        """Connect a client, to whom a script is run."""
        self.made.script = script
        return self.world.connect(self.made.app, path, self.made.setting.offered)

    def join(self, *groups: falcon_media.Broadcast) -> tuple[Client, falcon_media.Peer]:
        """Connect a client that joins groups, and stays."""
        peers: list[falcon_media.Peer] = []

        async def stay(line: Line) -> None:
            peers.append(line.peer)
            for group in groups:
                group.join(line.peer)
            try:
                async for _ in line.peer:
                    pass
            finally:
                for group in groups:
                    group.leave(line.peer)

        client = self.connect(stay)
        return client, peers[0]

    def wire(self, *texts: str) -> Payload:
        """What a frame with messages looks like on this connection."""
        payloads: list[Any] = [self.kind.wire(text) for text in texts]
        if 'batches' in self.way.has:
            assert self.kind.frame is not None
            return self.kind.frame(payloads)
        payload: Payload
        (payload,) = payloads
        return payload

    def counts(self) -> dict[str, Any]:
        """The counters of the kind's uses, added up."""
        total: dict[str, Any] = {}
        rows = self.installed.stats()
        for row in rows:
            if row['payload_type'] != self.kind.payload_type.name:
                continue
            for key in ('received', 'received_bytes', 'sent', 'sent_bytes'):
                if row[key] is not None:
                    total[key] = total.get(key, 0) + row[key]
            for key, number in row['refused'].items():
                total[key] = total.get(key, 0) + number
            total['connections'] = total.get('connections', 0) + row['connections']
        return total

    def attempt(self, feature: Callable[[Cell], None]) -> None:
        """Try a feature, and see that nothing is left."""
        with logged(self.lines):
            try:
                feature(self)
            finally:
                self.world.close()
        self.world.check()
