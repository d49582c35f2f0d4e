"""The lab as a Falcon app, which uses the handlers that it shows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources

import falcon
from falcon.asgi import App
from falcon.asgi import Request
from falcon.asgi import Response
from falcon.asgi import WebSocket

import falcon_media
from falcon_media_tools.lab.formats import Formats
from falcon_media_tools.lab.formats import load_formats
from falcon_media_tools.lab.formats import Source
from falcon_media_tools.lab.gate import Gate
from falcon_media_tools.lab.message import MAX_TEXT
from falcon_media_tools.lab.page import Page
from falcon_media_tools.lab.provoke import closed_with
from falcon_media_tools.lab.timer import Timer

__all__ = ('create_app', 'MAX_FRAME')

MAX_FRAME = 6 * MAX_TEXT + 1024
"""The maximum frame size of the server: a message with every character escaped."""

MAX_PAGES = 4
MAX_WIRES = 16
TIMED_AT_ONCE = 1

_CONTROL = 'falcon-media.lab.v1'

_TYPES = {
    '.css': 'text/css; charset=utf-8',
    '.html': falcon.MEDIA_HTML,
    '.js': 'text/javascript; charset=utf-8',
    '.svg': 'image/svg+xml',
}


def create_app(
    source: Source | None = None, *, host: str = '127.0.0.1'
) -> App[Request, Response]:
    """Create the app of the lab.

    Args:
        source (Source): Options and budgets of the handlers.

    Keyword Args:
        host (str): The host name that the page may be requested by.

    Returns:
        falcon.asgi.App: The app, for an ASGI server to run.

    Raises:
        SetupError: The configuration or an option is invalid.
    """
    formats = load_formats(source or Source())
    app = App(middleware=[Gate(host)])
    files = _Files()
    app.add_route('/', files)
    app.add_route('/{name}', files, suffix='named')
    app.add_route('/lab', _Lab(formats, source or Source()))
    app.add_route('/wire', _Wire())
    falcon_media.install(
        app,
        subprotocols={key: format_.handler for key, format_ in formats.usable.items()},
    )
    return app


class _Files:
    """Serve the files of the page."""

    def __init__(self) -> None:
        folder = resources.files('falcon_media_tools.lab') / 'static'
        self._files = {
            file.name: (file.read_bytes(), media_type)
            for file in folder.iterdir()
            for suffix, media_type in _TYPES.items()
            if file.name.endswith(suffix)
        }

    async def on_get(self, req: Request, resp: Response) -> None:
        """Serve the page."""
        await self.on_get_named(req, resp, 'index.html')

    async def on_get_named(self, req: Request, resp: Response, name: str) -> None:
        """Serve a file of the page."""
        try:
            resp.data, resp.content_type = self._files[name]
        except KeyError:
            raise falcon.HTTPNotFound from None


class _Places:
    """Limit the number of connections."""

    def __init__(self, number: int) -> None:
        self._left = number

    @contextmanager
    def one(self) -> Iterator[bool]:
        """Take a place, and yield whether one was free."""
        self._left -= 1
        try:
            yield self._left >= 0
        finally:
            self._left += 1


async def _turn_away(peer: falcon_media.Peer) -> None:
    await peer.close(1013, 'Too many connections to the lab: close another page')


@falcon_media.media_handlers(
    subprotocols={_CONTROL: 'json'}, limits=falcon_media.Limits(max_size=MAX_FRAME)
)
class _Lab:
    """Answer the requests of the page."""

    def __init__(self, formats: Formats, source: Source) -> None:
        self._formats = formats
        self._source = source
        self._places = _Places(MAX_PAGES)
        self._turn = asyncio.Semaphore(TIMED_AT_ONCE)

    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        """Serve one open page."""
        peer = await falcon_media.accept(req, ws)

        async def provoke(subprotocol: str, data: bytes) -> tuple[int, str]:
            host, port = req.scope['server']
            return await closed_with(host, port, subprotocol, data)

        with self._places.one() as is_free:
            if is_free:
                timer = Timer(self._source, self._turn)
                await Page(peer, self._formats, timer, provoke).serve()
            else:
                await _turn_away(peer)


class _Wire:
    """Echo messages in the format of the connection."""

    def __init__(self) -> None:
        self._places = _Places(MAX_WIRES)

    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        """Echo each message."""
        peer = await falcon_media.accept(req, ws)
        with self._places.one() as is_free:
            if not is_free:
                await _turn_away(peer)
            async for media in peer:
                await peer.send(media)
