"""An echo app for each contestant: receive, decode, encode and send a message.

The apps use the library calls of :mod:`benchmarks.libraries`, except falcon-media's,
which use its handlers, and Falcon's, which use Falcon's own. The path selects the
handler and the message.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
import socket
from typing import Any, NoReturn

from falcon import WebSocketPayloadType
import falcon.asgi

from benchmarks.handlers import Entrant
from benchmarks.handlers import entrants
from benchmarks.messages import Message
from benchmarks.wire.server import ASGIApp
from benchmarks.wire.server import uvicorn_at
import falcon_media

__all__ = ('CONTESTANTS', 'EchoSite', 'OF_FALCON', 'path_of')

Case = tuple[Entrant, Message]


def path_of(entrant: Entrant, message: Message) -> str:
    """Return the path for a handler and a message."""
    return f'/{entrant.name}/{message.type_name.lower()}'


class EchoSite:
    """The app of a contestant, for handlers and messages.

    Args:
        contestant (str): Its name.
        names (frozenset): Names of the handlers.
        messages (tuple): The messages.
    """

    def __init__(
        self, contestant: str, names: frozenset[str], messages: tuple[Message, ...]
    ) -> None:
        cases = [
            (entrant, message) for entrant in entrants(names) for message in messages
        ]
        self._app = CONTESTANTS[contestant](cases)

    def serving(self, listener: socket.socket) -> AbstractAsyncContextManager[None]:
        """Serve the app by uvicorn."""
        return uvicorn_at(listener, self._app)

    async def do(self, request: Any) -> NoReturn:
        """Refuse any other request."""
        raise ValueError(request)


# ---------------------------------------------------------------------------- bare ASGI


def bare_asgi(cases: list[Case]) -> ASGIApp:
    """Make an app with only the server and the library."""
    return _mounted(
        {
            path_of(entrant, message): _bare_echo(entrant, message)
            for entrant, message in cases
        }
    )


def _bare_echo(entrant: Entrant, message: Message) -> ASGIApp:
    library = entrant.library(message)
    encode, decode = library.payload, library.decode
    key = 'text' if entrant.is_text else 'bytes'

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({'type': 'websocket.accept'})
        while (event := await receive())['type'] == 'websocket.receive':
            await send({'type': 'websocket.send', key: encode(decode(event[key]))})

    return app


# ------------------------------------------------------------------------------- Falcon


class _Echo:
    def __init__(self, payload_type: WebSocketPayloadType) -> None:
        self._payload_type = payload_type

    async def on_websocket(
        self, req: falcon.asgi.Request, ws: falcon.asgi.WebSocket
    ) -> None:
        await ws.accept()
        payload_type = self._payload_type
        try:
            while True:
                await ws.send_media(await ws.receive_media(), payload_type)
        except falcon.WebSocketDisconnected:
            return


def falcon_media_app(cases: list[Case], *, queue: int | None = None) -> ASGIApp:
    """Make a Falcon app with falcon-media's handlers."""

    def install(app: Any, entrant: Entrant, message: Message) -> None:
        chosen = entrant.use(message)
        if entrant.is_text:
            falcon_media.install(app, text=chosen)
        else:
            falcon_media.install(app, binary=chosen)

    return _falcon_apps(cases, install, queue)


def falcon_app(cases: list[Case], *, queue: int | None = None) -> ASGIApp:
    """Make a Falcon app with Falcon's default handlers."""

    def install(app: Any, entrant: Entrant, message: Message) -> None:
        """Keep Falcon's handlers."""

    return _falcon_apps(
        [(entrant, message) for entrant, message in cases if entrant.is_like_falcon],
        install,
        queue,
    )


def _falcon_apps(
    cases: list[Case],
    install: Callable[[Any, Entrant, Message], None],
    queue: int | None,
) -> ASGIApp:
    apps: dict[str, ASGIApp] = {}
    for entrant, message in cases:
        app: falcon.asgi.App[Any, Any] = falcon.asgi.App()
        app.add_route(path_of(entrant, message), _Echo(entrant.payload_type))
        if queue is not None:
            app.ws_options.max_receive_queue = queue
        install(app, entrant, message)
        apps[path_of(entrant, message)] = app
    return _mounted(apps)


# ----------------------------------------------------------------------- the neighbours


def starlette_app(cases: list[Case]) -> ASGIApp:
    """Make a Starlette app that calls the library itself."""
    from starlette.applications import Starlette
    from starlette.routing import WebSocketRoute
    from starlette.websockets import WebSocket
    from starlette.websockets import WebSocketDisconnect

    def endpoint(entrant: Entrant, message: Message) -> Any:
        library = entrant.library(message)
        encode: Any = library.payload
        decode = library.decode

        async def echo_text(ws: WebSocket) -> None:
            await ws.accept()
            try:
                while True:
                    await ws.send_text(encode(decode(await ws.receive_text())))
            except WebSocketDisconnect:
                return

        async def echo_bytes(ws: WebSocket) -> None:
            await ws.accept()
            try:
                while True:
                    await ws.send_bytes(encode(decode(await ws.receive_bytes())))
            except WebSocketDisconnect:
                return

        return echo_text if entrant.is_text else echo_bytes

    return Starlette(
        routes=[
            WebSocketRoute(path_of(entrant, message), endpoint(entrant, message))
            for entrant, message in cases
        ]
    )


def litestar_app(cases: list[Case]) -> ASGIApp:
    """Make a Litestar app that calls the library itself."""
    from litestar import Litestar
    from litestar import websocket
    from litestar.connection import WebSocket
    from litestar.exceptions import WebSocketDisconnect

    def handler(entrant: Entrant, message: Message) -> Any:
        library = entrant.library(message)
        encode: Any = library.payload
        decode = library.decode

        async def echo_text(socket: WebSocket[Any, Any, Any]) -> None:
            await socket.accept()
            try:
                while True:
                    await socket.send_text(encode(decode(await socket.receive_text())))
            except WebSocketDisconnect:
                return

        async def echo_bytes(socket: WebSocket[Any, Any, Any]) -> None:
            await socket.accept()
            try:
                while True:
                    await socket.send_bytes(
                        encode(decode(await socket.receive_bytes()))
                    )
            except WebSocketDisconnect:
                return

        chosen = echo_text if entrant.is_text else echo_bytes
        # NOTE: Litestar resolves names in annotations in the module.
        names = {'WebSocket': WebSocket, 'Any': Any}
        return websocket(path_of(entrant, message), signature_namespace=names)(chosen)

    app: ASGIApp = Litestar(
        route_handlers=[handler(entrant, message) for entrant, message in cases],
        logging_config=None,
        openapi_config=None,
    )
    return app


def _mounted(apps: dict[str, ASGIApp]) -> ASGIApp:
    async def dispatch(scope: Any, receive: Any, send: Any) -> None:
        await apps[scope['path']](scope, receive, send)

    return dispatch


CONTESTANTS: dict[str, Callable[[list[Case]], ASGIApp]] = {
    'bare ASGI': bare_asgi,
    'falcon-media': falcon_media_app,
    'falcon-media, queue 0': partial(falcon_media_app, queue=0),
    'Falcon default': falcon_app,
    'Falcon default, queue 0': partial(falcon_app, queue=0),
    'Starlette': starlette_app,
    'Litestar': litestar_app,
}
"""The apps by name; queue 0 is Falcon's option ``max_receive_queue=0``."""

OF_FALCON = frozenset({'Falcon default', 'Falcon default, queue 0'})
"""The apps that exist only for formats with a handler in Falcon."""
