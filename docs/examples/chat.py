"""A chat whose members speak different formats, and hear each other in their own.

A WebSocket on ``/rooms/{name}`` speaks JSON, MessagePack or CBOR, by the subprotocol
that the client offers: see ``chat.toml``. A WebSocket on ``/rooms/{name}/devices``
speaks Protocol Buffers, the message ``Event`` of ``events.proto``.
``GET /rooms/{name}/history`` answers in JSON, CBOR or MessagePack, by ``Accept``.

A member sends ``{"author": "ann", "text": "hello"}``; all members of the room are sent
``{"kind": "event", "id": 1, "author": "ann", "text": "hello"}``.

Run it with ``uvicorn --factory chat:create_app``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import falcon
from falcon import WebSocketPayloadType
from falcon.asgi import App
from falcon.asgi import Request
from falcon.asgi import Response
from falcon.asgi import WebSocket

from events_pb2 import Event
import falcon_media

__all__ = ('create_app', 'Room', 'Rooms')

CONFIG = Path(__file__).with_name('chat.toml')
KEPT = 100
"""The events that a room remembers."""

FORMATS = [falcon.MEDIA_JSON, 'application/cbor', 'application/msgpack']


class Room:
    """The members of a room, and what was said last."""

    def __init__(self) -> None:
        self.history: deque[dict[str, object]] = deque(maxlen=KEPT)
        self._members = falcon_media.Broadcast()
        self._last_id = 0

    async def talk(
        self, peer: falcon_media.Peer, read: Callable[[Any], tuple[str, str]]
    ) -> None:
        """Pass on what a member says, until the member leaves."""
        with self._members.member(peer):
            # NOTE: A payload that is no object in the member's format ends this loop
            #   with an error, and falcon_media.install() has told Falcon what that
            #   means: one line in the log, and a close code for the client.
            async for media in peer:
                try:
                    author, text = read(media)
                except ValueError as ex:
                    await peer.send({'kind': 'error', 'text': str(ex)})
                else:
                    await self.say(author, text)

    async def say(self, author: str, text: str) -> None:
        """Tell all members, each in its own format."""
        self._last_id += 1
        event: dict[str, object] = {
            'kind': 'event',
            'id': self._last_id,
            'author': author,
            'text': text,
        }
        # NOTE: Encoded once for each format. A member that has left is dropped, and one
        #   that reads too slowly holds back nobody else.
        await self._members.send(event)
        self.history.append(event)


class Rooms:
    """The resource behind ``/rooms/{name}``."""

    def __init__(self, rooms: Mapping[str, Room]) -> None:
        self._rooms = rooms

    async def on_websocket(self, req: Request, ws: WebSocket, name: str) -> None:
        """Let in a member that speaks one of the subprotocols."""
        peer = await falcon_media.accept(req, ws)
        await self._room(name).talk(peer, read_mapping)

    @falcon_media.media_handlers(
        binary=falcon_media.use('protobuf', message=Event), subprotocols={}
    )
    async def on_websocket_devices(
        self, req: Request, ws: WebSocket, name: str
    ) -> None:
        """Let in a member that speaks Protocol Buffers."""
        peer = await falcon_media.accept(req, ws, fallback=WebSocketPayloadType.BINARY)
        await self._room(name).talk(peer, read_event)

    async def on_get_history(self, req: Request, resp: Response, name: str) -> None:
        """Answer with what was said last, in the format that the client prefers."""
        resp.content_type = req.client_prefers(FORMATS) or falcon.MEDIA_JSON
        resp.media = {'events': list(self._room(name).history)}

    def _room(self, name: str) -> Room:
        if name not in self._rooms:
            raise falcon.HTTPNotFound
        return self._rooms[name]


def read_mapping(media: Any) -> tuple[str, str]:
    """Author and text of a message in JSON, MessagePack or CBOR."""
    # NOTE: A media handler promises an object, and not that it has the shape we need.
    if not isinstance(media, dict):
        raise ValueError('a message is an object with author and text')
    author, text = media.get('author'), media.get('text')
    if not isinstance(author, str) or not isinstance(text, str):
        raise ValueError('author and text must be strings')
    return author, text


def read_event(event: Event) -> tuple[str, str]:
    """Author and text of a message in Protocol Buffers."""
    return event.author, event.text


def create_app(rooms: Mapping[str, Room] | None = None) -> App[Request, Response]:
    """Make the app.

    Args:
        rooms (Mapping): The rooms by name.

    Returns:
        falcon.asgi.App: The app, for an ASGI server to run.
    """
    resource = Rooms(rooms or {'lobby': Room()})
    app = App()
    app.add_route('/rooms/{name}', resource)
    app.add_route('/rooms/{name}/devices', resource, suffix='devices')
    app.add_route('/rooms/{name}/history', resource, suffix='history')
    falcon_media.install(app, config=CONFIG)
    return app
