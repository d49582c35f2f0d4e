"""The connection between an app and its handlers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
import gc
from typing import Any, TYPE_CHECKING
import weakref

import falcon
from falcon import WebSocketPayloadType
from falcon.asgi import Request
from falcon.asgi import WebSocket

from falcon_media.app.routes import wanted_by
from falcon_media.connection.connection import Connection
from falcon_media.connection.connection import keep_connection
from falcon_media.connection.switches import take_switches
from falcon_media.errors import ConfigError
from falcon_media.errors import SetupError
from falcon_media.limits import Limits
from falcon_media.protocol.stats import refused_here
from falcon_media.protocol.stats import Tally
from falcon_media.selection.model import Bound
from falcon_media.selection.model import Choice
from falcon_media.selection.model import Chosen
from falcon_media.selection.model import DEFAULT
from falcon_media.selection.model import Handlers
from falcon_media.selection.model import RouteChoice
from falcon_media.selection.resolver import Resolver
from falcon_media.selection.table import HandlerTable

if TYPE_CHECKING:
    from falcon_media.app.http import HTTPHandler
    from falcon_media.app.http import KeptHandler
    from falcon_media.app.http import Targets

__all__ = ('Wiring',)

TEXT = WebSocketPayloadType.TEXT
BINARY = WebSocketPayloadType.BINARY


class Wiring:
    """The handlers of an app, and the places where they are installed.

    Args:
        app (falcon.App): The app.
        resolver (Resolver): Makes handlers.
        handlers (Handlers): The app's handlers.
        http (Mapping): Media type -> handler, for HTTP.

    Keyword Args:
        per_connection (bool): Whether handlers can be selected by connection.
        extensions (list): The extensions.

    Attributes:
        per_connection (bool): The same as the argument.
        extensions (list): The same as the argument.
        table (HandlerTable): The handlers.
        http (Mapping): The same as the argument.
        resolver (Resolver): The same as the argument.
        connections (weakref.WeakSet): The connections of the app.
        kept_tallies (dict): Media type -> name and counters of the app's own HTTP
            handlers.
    """

    def __init__(
        self,
        app: falcon.App[Any, Any],
        resolver: Resolver,
        handlers: Handlers,
        http: Mapping[str, Bound],
        *,
        per_connection: bool,
        extensions: list[object],
    ) -> None:
        self.table = HandlerTable(resolver, handlers)
        self.http = http
        self.resolver = resolver
        self.connections: weakref.WeakSet[Connection] = weakref.WeakSet()
        self._app = app
        self.per_connection = per_connection
        self.extensions = extensions
        self._is_routed = False
        self._tallies = {TEXT: handlers.text.tally, BINARY: handlers.binary.tally}
        self._targets: dict[Handlers, Targets] = {}
        self._http_tables: dict[str, object] = {}
        self.kept_tallies: dict[str, tuple[str, Tally]] = {}

    @property
    def is_switched(self) -> bool:
        """Whether handlers can be selected by route or connection.

        If not, a connection uses the app's handlers directly, without counting.
        """
        return (
            self.per_connection or bool(self.handlers.subprotocols) or self._is_routed
        )

    @property
    def handlers(self) -> Handlers:
        """The app's handlers."""
        return self.table.handlers

    def route(self, base: Handlers, wanted: RouteChoice) -> Handlers:
        """Return the handlers of a route; made once."""
        return self.table.route(base, wanted)

    def check_routes(self, app: falcon.App[Any, Any]) -> None:
        """Make the handlers of the routes of an app.

        Raises:
            SetupError: The handlers of a route can't be made.
        """
        self._is_routed, wanted = wanted_by(app)
        for choices in wanted:
            try:
                self.http_targets(reduce(self.route, choices, self.handlers))
            except SetupError:
                # NOTE: A deleted class is in cycles, so it may still be found.
                gc.collect()
                if choices in wanted_by(app)[1]:
                    raise

    def http_targets(self, handlers: Handlers) -> Targets | None:
        """Return the HTTP handlers of a route; ``None`` if they are the app's."""
        if self.table.is_app(handlers):
            return None
        targets = self._targets.get(handlers)
        if targets is None:
            from falcon_media.app.http import http_target
            from falcon_media.app.http import Targets

            self.keep_http()

            def make(handler: HTTPHandler | KeptHandler) -> HTTPHandler:
                return http_target(self.resolver, handler, handlers, self.http)

            targets = self._targets[handlers] = Targets(make)
        return targets

    def http_choices(self, wanted: RouteChoice, handlers: Handlers) -> list[Chosen]:
        """Describe the HTTP handlers of a route that has types or budgets."""
        targets = self._targets.get(handlers)
        if targets is None:
            return []
        from falcon_media.app.http import route_handlers

        budgets = handlers.budgets
        chosen = []
        for media_type, made in route_handlers(self._app, handlers, targets):
            bound = self.http.get(media_type)
            choice = bound.choice if bound else Choice(made.handler, DEFAULT)
            # NOTE: Budgets that were set with the handler take precedence.
            sources = {
                budget: source
                if bound is None
                or getattr(made.limits, budget) == getattr(budgets.limits, budget)
                else bound.limits_sources[budget]
                for budget, source in budgets.sources.items()
            }
            use = Bound(
                handler=made.handler,
                payload_type=made.handler.payload_type,
                choice=choice,
                limits_sources=sources,
                tally=made.tally,
                route=wanted.owner,
            )
            chosen.append(use.chosen(media_type))
        return chosen

    def keep_http(self, limits: Limits | None = None) -> None:
        """Wrap the app's own HTTP handlers, so that types and budgets apply to them.

        Args:
            limits (Limits): The budgets (default: only those of a route).
        """
        from falcon_media.app.http import keep_handlers

        keep_handlers(self._app, limits, self.kept_tallies)
        self._http_tables = {
            'req_options': self._app.req_options.media_handlers,
            'resp_options': self._app.resp_options.media_handlers,
        }

    def check_http(self) -> None:
        """Check that the app still has the HTTP handlers of ``install()``.

        Raises:
            ConfigError: The app has replaced a mapping of handlers.
        """
        for options, table in self._http_tables.items():
            if getattr(self._app, options).media_handlers is not table:
                raise ConfigError(
                    f'app.{options}.media_handlers was replaced after '
                    'falcon_media.install(), which disables its handlers, types and '
                    'budgets: replace it before install(), or '
                    f'assign a handler to app.{options}.media_handlers[...]'
                )

    def connect(
        self, req: Request, ws: WebSocket, present: Mapping[WebSocketPayloadType, Any]
    ) -> None:
        """Attach the handlers to a new connection.

        Args:
            req (falcon.asgi.Request): Its request.
            ws (falcon.asgi.WebSocket): The connection.
            present (Mapping): The present handlers of the app.
        """
        switches = take_switches() if self.is_switched else None
        connection = Connection(self.table, ws, switches)
        if switches is None:
            connection.handlers = self.table.with_assigned(present)
        keep_connection(req, connection)
        refused_here(self._tallies if switches is None else None)
        self.connections.add(connection)
