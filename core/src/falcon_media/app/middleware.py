"""Middleware that gives connections and requests their handlers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TYPE_CHECKING

from falcon.asgi import Request
from falcon.asgi import WebSocket

from falcon_media.app.connection_handlers import ConnectionHandlers
from falcon_media.app.routes import is_anything_decorated
from falcon_media.app.routes import route_choices
from falcon_media.app.wiring import Wiring
from falcon_media.connection.connection import connection_of
from falcon_media.protocol.stats import refused_here

if TYPE_CHECKING:
    pass

__all__ = ('Middleware', 'SyncMiddleware')


class Middleware:
    """Assigns handlers to each connection and request."""

    def __init__(self, handlers: ConnectionHandlers) -> None:
        self._handlers = handlers

    async def process_startup(
        self, scope: Mapping[str, Any], event: Mapping[str, Any]
    ) -> None:
        """Check the routes when the app starts."""
        self._handlers.start()
        self._handlers.wiring.check_http()

    async def process_request_ws(self, req: Request, ws: WebSocket) -> None:
        """Attach the handlers to a new connection."""
        self._handlers.check_place()
        self._handlers.is_started = True
        self._handlers.wiring.connect(req, ws, self._handlers)

    async def process_resource_ws(
        self, req: Request, ws: WebSocket, resource: object, params: dict[str, Any]
    ) -> None:
        """Switch to the handlers of the connection's route."""
        for wanted in route_choices(type(resource)):
            connection_of(req).use_route(wanted)

    async def process_resource(
        self, req: Request, resp: Any, resource: object, params: dict[str, Any]
    ) -> None:
        """Switch to the types and budgets of the request's route."""
        _begin_request(self._handlers.wiring, req, resp, resource)


class SyncMiddleware:
    """Assigns handlers to each request of a WSGI app.

    Attributes:
        wiring (Wiring): The handlers that were installed last.
    """

    wiring: Wiring

    def process_resource(
        self, req: Any, resp: Any, resource: object, params: dict[str, Any]
    ) -> None:
        """Switch to the types and budgets of the request's route."""
        _begin_request(self.wiring, req, resp, resource)


def _begin_request(wiring: Wiring, req: Any, resp: Any, resource: object) -> None:
    wiring.check_http()
    # NOTE: A server may call the app in the context of a connection that came before.
    refused_here(None)
    # PERF: Most apps have no decorated resource.
    if not is_anything_decorated():
        return
    from falcon_media.app.http import begin_request

    current = begin_request(wiring, req, resp)
    for wanted in route_choices(type(resource)):
        current.use_route(wanted)
