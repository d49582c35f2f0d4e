"""Make the handlers of an app, its routes and its connections, each of them once."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from copy import copy
from typing import Any, TypeAlias

from falcon import WebSocketPayloadType

from falcon_media.protocol.stats import Tally
from falcon_media.selection.model import Bound
from falcon_media.selection.model import Choice
from falcon_media.selection.model import Handlers
from falcon_media.selection.model import RouteChoice
from falcon_media.selection.model import send_only
from falcon_media.selection.resolver import Resolver

__all__ = ('HandlerTable',)

TEXT = WebSocketPayloadType.TEXT
BINARY = WebSocketPayloadType.BINARY

_Selected: TypeAlias = tuple[str, Handlers | WebSocketPayloadType | None]


class HandlerTable:
    """The handlers of an app, its routes and its connections.

    Args:
        resolver (Resolver): Makes the missing handlers.
        handlers (Handlers): The app's handlers.

    Attributes:
        handlers (Handlers): The app's handlers, unless a route or a connection has
            others.
        refused_handshakes (int): Number of connections that were refused for lack of a
            common subprotocol.
    """

    def __init__(self, resolver: Resolver, handlers: Handlers) -> None:
        self.handlers = handlers
        self.refused_handshakes = 0
        self._resolver = resolver
        self._routes: dict[tuple[Handlers, RouteChoice], Handlers] = {}
        self._selected: dict[_Selected, Bound] = {}
        self._assigned: dict[WebSocketPayloadType, Bound] = {}
        self._send_only: dict[int, Bound] = {}

    def route(self, base: Handlers, wanted: RouteChoice) -> Handlers:
        """Return the handlers of a route; made once."""
        key = (base, wanted)
        handlers = self._routes.get(key)
        if handlers is None:
            handlers = self._routes[key] = self._resolver.route(base, wanted)
        return handlers

    def selected(self, value: Any, handlers: Handlers) -> Bound:
        """Return a handler that a responder selects; made once per name.

        Args:
            value (str | Use | Handler): The handler.
            handlers (Handlers): The handlers of the route, for its message types and
                budgets.
        """
        key: _Selected = (value, None if self.is_app(handlers) else handlers)
        bound = self._selected.get(key) if isinstance(value, str) else None
        if bound is None:
            choice = Choice(value, 'falcon_media.select()')
            handler, sources = self._resolver.make(
                choice, None, handlers.budgets, handlers.types
            )
            bound = Bound(
                handler=handler,
                payload_type=handler.payload_type,
                choice=choice,
                limits_sources=sources,
                tally=Tally(),
            )
            # NOTE: Handlers of one name share counters, also those for one connection.
            if not isinstance(value, str):
                key = (handler.name, handler.payload_type)
            kept = self._selected.setdefault(key, bound)
            if kept is not bound:
                bound = bound._replace(tally=kept.tally)
        return bound

    def of_app(self, payload_type: WebSocketPayloadType, handler: Any) -> Bound:
        """Return the app's handler of a payload type, installed or assigned later."""
        handlers = self.handlers
        bound = handlers.text if payload_type is TEXT else handlers.binary
        if bound.handler is handler:
            return bound
        assigned = self._assigned.get(payload_type)
        if assigned is None or assigned.choice.value is not handler:
            choice = Choice(handler, 'assigned to media_handlers')
            made, sources = self._resolver.make(choice, payload_type, handlers.budgets)
            assigned = self._assigned[payload_type] = Bound(
                handler=made,
                payload_type=payload_type,
                choice=choice,
                limits_sources=sources,
                tally=Tally(),
            )
        return assigned

    def with_assigned(self, present: Mapping[WebSocketPayloadType, Any]) -> Handlers:
        """Return the app's handlers, including those that were assigned later."""
        handlers = self.handlers
        text = self.of_app(TEXT, present.get(TEXT))
        binary = self.of_app(BINARY, present.get(BINARY))
        if text is not handlers.text or binary is not handlers.binary:
            handlers = copy(handlers)
            handlers.text, handlers.binary = text, binary
        return handlers

    def send_only(self, bound: Bound) -> Bound:
        """Return a send-only use of a handler; made once."""
        if bound.full is not None:
            return bound
        # NOTE: Keyed by id; the value keeps the bound, so that its id isn't reused.
        made = self._send_only.get(id(bound))
        if made is None:
            made = self._send_only[id(bound)] = send_only(bound)
        return made

    def is_app(self, handlers: Handlers) -> bool:
        """Return whether handlers have the types and budgets of the app."""
        return handlers.types is None and handlers.budgets is self.handlers.budgets

    def routes(self) -> Iterator[tuple[RouteChoice, Handlers]]:
        """Yield the settings and handlers of each route."""
        for (_, wanted), handlers in self._routes.items():
            if not wanted.is_gone:
                yield wanted, handlers

    def all(self) -> list[Bound]:
        """List all uses of all handlers."""
        every = [self.handlers, *self._routes.values()]
        return [
            *(bound for handlers in every for bound in handlers.all()),
            *self._selected.values(),
            *self._assigned.values(),
        ]
