"""An event feed per account: page through it by HTTP, follow it by WebSocket.

``GET /{account_id}/messages?after=0&limit=20`` returns a page of events as JSON. A
WebSocket on the same path streams events as they are posted, and answers requests::

    {"kind": "post", "author": "ann", "text": "hello"}     posts an event
    {"kind": "replay", "after": 3}                         sends what came after event 3

The app knows nothing of formats. A client that offers the subprotocol ``events.text``
or ``events.binary`` is sent messages of that payload type, and the media handlers that
``create_app()`` is given do the rest.

Run it with ``uvicorn --factory event_feed:create_app``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from collections.abc import Mapping
from typing import Any, TypeVar

import falcon
from falcon import WebSocketPayloadType
from falcon.asgi import App
from falcon.asgi import Request
from falcon.asgi import Response
from falcon.asgi import WebSocket
from falcon.media import BinaryBaseHandlerWS
from falcon.media import TextBaseHandlerWS

import falcon_media

__all__ = ('create_app', 'Feed')

PAGE = 100
"""The most events that are handed out at once."""

Event = dict[str, object]
_T = TypeVar('_T')


class Feed:
    """The events of one account, in memory."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._posted = asyncio.Condition()

    def __len__(self) -> int:
        return len(self._events)

    def page(self, after: int, limit: int = PAGE) -> list[Event]:
        """Return at most so many of the events that came after one of them."""
        return self._events[after : after + limit]

    async def post(self, author: str, text: str) -> None:
        """Add an event, and wake up whoever waits for one."""
        event_id = len(self._events) + 1
        self._events.append(
            {'kind': 'event', 'id': event_id, 'author': author, 'text': text}
        )
        async with self._posted:
            self._posted.notify_all()

    async def wait(self, after: int) -> list[Event]:
        """Wait for events that come after one of them."""
        async with self._posted:
            await self._posted.wait_for(lambda: len(self._events) > after)
        return self.page(after)


class Messages:
    """The resource behind ``/{account_id}/messages``."""

    def __init__(
        self,
        feeds: Mapping[str, Feed],
        subprotocols: Mapping[str, WebSocketPayloadType],
    ) -> None:
        self._feeds = feeds
        self._subprotocols = subprotocols
        self._default = next(iter(subprotocols.values()))

    async def on_get(self, req: Request, resp: Response, account_id: str) -> None:
        """Page through the events of an account."""
        feed = self._feeds.get(account_id)
        if feed is None:
            raise falcon.HTTPNotFound

        after = req.get_param_as_int('after', min_value=0, default=0)
        limit = req.get_param_as_int('limit', min_value=1, max_value=PAGE, default=20)
        events = feed.page(after, limit)
        resp.media = {'events': events, 'next': after + len(events)}

    async def on_websocket(self, req: Request, ws: WebSocket, account_id: str) -> None:
        """Stream the events of an account, and answer requests."""
        feed = self._feeds.get(account_id)
        if feed is None:
            # NOTE: Before accept(), this refuses the handshake with a 403.
            await ws.close()
            return

        # NOTE: Offers come in the client's order of preference.
        known = [name for name in ws.subprotocols if name in self._subprotocols]
        chosen = known[0] if known else None
        payload_type = self._subprotocols[chosen] if chosen else self._default
        position = len(feed)
        await ws.accept(chosen)

        await until_one_ends(
            stream(ws, feed, position, payload_type),
            answer(ws, feed, payload_type),
        )


async def stream(
    ws: WebSocket, feed: Feed, position: int, payload_type: WebSocketPayloadType
) -> None:
    """Send the events that come after a position in the feed."""
    # NOTE: A client is this position, and no queue of its own: one that reads slowly
    #   falls behind, and costs no memory.
    while True:
        for event in await feed.wait(position):
            await ws.send_media(event, payload_type)
            position += 1


async def answer(ws: WebSocket, feed: Feed, payload_type: WebSocketPayloadType) -> None:
    """Receive requests and answer them, until the client disconnects."""
    while True:
        # NOTE: This raises when the client disconnects, or sends what is no object in
        #   the chosen format. Neither needs a word here: Falcon ends the connection,
        #   and falcon_media.install() has told it with which close code.
        request = await ws.receive_media()
        try:
            await carry_out(request, ws, feed, payload_type)
        except ValueError as ex:
            await ws.send_media({'kind': 'error', 'text': str(ex)}, payload_type)


async def carry_out(
    request: object, ws: WebSocket, feed: Feed, payload_type: WebSocketPayloadType
) -> None:
    """Do what one request asks for."""
    kind = field(request, 'kind', str)
    if kind == 'post':
        await feed.post(field(request, 'author', str), field(request, 'text', str))
    elif kind == 'replay':
        for event in feed.page(max(0, field(request, 'after', int))):
            await ws.send_media(event, payload_type)
    else:
        raise ValueError("kind must be 'post' or 'replay'")


def field(media: object, name: str, expected: type[_T]) -> _T:
    """Return a field of a mapping, or of a Protocol Buffers message."""
    # NOTE: A media handler promises an object, and not that it has the shape we need.
    if isinstance(media, Mapping):
        value = media.get(name)
    else:
        value = getattr(media, name, None)
    if type(value) is not expected:
        raise ValueError(f'{name} must be of type {expected.__name__}')
    return value


async def until_one_ends(*coroutines: Coroutine[Any, Any, None]) -> None:
    """Run coroutines in parallel until one of them ends, then cancel the others."""
    # NOTE: A task group would raise an ExceptionGroup, and Falcon chooses its error
    #   handler by the class of the exception.
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


def create_app(
    text: object = 'json',
    binary: object = None,
    feeds: Mapping[str, Feed] | None = None,
) -> App[Request, Response]:
    """Make the app.

    Args:
        text: The media handler for TEXT payloads: the name of an installed one, a
            ``falcon_media.use(...)``, or an instance; ``None`` to speak BINARY alone.
        binary: The same for BINARY payloads.
        feeds (Mapping): The accounts, each with its feed.

    Returns:
        falcon.asgi.App: The app, for an ASGI server to run.
    """
    subprotocols = {}
    if text is not None:
        subprotocols['events.text'] = WebSocketPayloadType.TEXT
    if binary is not None:
        subprotocols['events.binary'] = WebSocketPayloadType.BINARY

    app = App()
    falcon_media.install(
        app,
        # NOTE: Falcon's base classes can do nothing, so a client that sends a payload
        #   type that is not spoken here is refused.
        text=TextBaseHandlerWS() if text is None else text,
        binary=BinaryBaseHandlerWS() if binary is None else binary,
    )
    messages = Messages(feeds or {'ann': Feed(), 'bob': Feed()}, subprotocols)
    app.add_route('/{account_id}/messages', messages)
    return app
