"""The handlers of one connection, and subprotocol negotiation."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cache
from typing import Literal, Protocol, TYPE_CHECKING

from falcon import WebSocketPayloadType

from falcon_media.errors import ConfigError
from falcon_media.errors import SubprotocolNotSupported
from falcon_media.protocol.wrapping import refusing

if TYPE_CHECKING:
    from falcon.asgi import Request
    from falcon.asgi import WebSocket

    from falcon_media.connection.switches import BinarySwitch
    from falcon_media.connection.switches import TextSwitch
    from falcon_media.protocol.handlers import Handler
    from falcon_media.selection.model import Bound
    from falcon_media.selection.model import Handlers
    from falcon_media.selection.model import RouteChoice
    from falcon_media.selection.table import HandlerTable

__all__ = (
    'Connection',
    'connection_of',
    'keep_connection',
)

TEXT = WebSocketPayloadType.TEXT
BINARY = WebSocketPayloadType.BINARY

_SCOPE_KEY = 'falcon_media.connection'


class Slot(Protocol):
    """A place for a handler, which may change between messages."""

    bound: Bound


class Fixed:
    """A slot whose handler never changes."""

    __slots__ = ('bound',)

    def __init__(self, bound: Bound) -> None:
        self.bound = bound


class Connection:
    """The handlers of one WebSocket connection; kept in the ASGI scope.

    Attributes:
        table (HandlerTable): The handlers of its app.
        ws (falcon.asgi.WebSocket): The connection itself.
        handlers (Handlers): The handlers of the route or the app.
        subprotocol (str | None): The negotiated subprotocol.
        closing (asyncio.Lock): Held while a peer closes the connection.
        turn (asyncio.Lock): Held while a peer, its batches or a broadcast sends a
            frame.
    """

    __slots__ = (
        '__weakref__',
        '_fallback',
        '_selected',
        '_switches',
        'closing',
        'handlers',
        'subprotocol',
        'table',
        'turn',
        'ws',
    )

    def __init__(
        self,
        table: HandlerTable,
        ws: WebSocket,
        switches: tuple[TextSwitch, BinarySwitch] | None,
    ) -> None:
        self.table = table
        self.ws = ws
        self.handlers: Handlers = table.handlers
        self.subprotocol: str | None = None
        self.closing = asyncio.Lock()
        self.turn = asyncio.Lock()
        self._switches = switches
        self._selected: set[WebSocketPayloadType] = set()
        self._fallback: Sequence[Bound] = ()

    def slot(self, payload_type: WebSocketPayloadType) -> Slot:
        """Return the slot of the handler in use for a payload type."""
        is_text = payload_type is TEXT
        if self._switches is not None:
            return self._switches[0 if is_text else 1]
        return Fixed(self.handlers.text if is_text else self.handlers.binary)

    def in_use(self, payload_type: WebSocketPayloadType) -> Bound:
        """Return the handler in use for a payload type."""
        return self.slot(payload_type).bound

    def spoken(self) -> list[Bound]:
        """List the handlers that the client may use: one, after negotiation."""
        if self.subprotocol is not None:
            return [self.handlers.subprotocols[self.subprotocol]]
        return [self.in_use(TEXT), self.in_use(BINARY)]

    def use_route(self, wanted: RouteChoice) -> None:
        """Switch to the handlers of a resource or a responder."""
        if self._switches is None:
            raise ConfigError(
                f'{wanted.owner}: its @media_handlers was not found when the app '
                'started: put it above other decorators, or pass per_connection=True '
                'to falcon_media.install()'
            )
        self.handlers = self.table.route(self.handlers, wanted)
        self.use(self.handlers.text)
        self.use(self.handlers.binary)

    def use(self, bound: Bound) -> None:
        """Switch to a handler for its payload type."""
        if self._switches is None:
            raise ConfigError(
                'this app has no handlers per connection: pass subprotocols=, or '
                'per_connection=True, to falcon_media.install()'
            )
        self._switches[0 if bound.payload_type is TEXT else 1].use(bound)

    def select(self, bound: Bound) -> None:
        """Switch to a handler that a responder selects.

        If it has a message type, messages of the other payload type are refused unless
        its handler has that type, or was selected too.

        Raises:
            ConfigError: The app has no handlers per connection, or the negotiated
                subprotocol puts several messages of this payload type into a frame.
        """
        if self.subprotocol is not None:
            spoken = self.handlers.subprotocols[self.subprotocol]
            # NOTE: Messages may be queued, and the client expects batched frames.
            if spoken.batching and spoken.payload_type is bound.payload_type:
                raise ConfigError(
                    f'select() cannot replace {spoken.choice.value} of subprotocol '
                    f'{self.subprotocol!r}, which puts many messages into one frame: '
                    'offer another subprotocol for this format, without batched()'
                )
        self.use(bound)
        self._selected.add(bound.payload_type)
        other = BINARY if bound.payload_type is TEXT else TEXT
        if self.subprotocol is None and other not in self._selected:
            handlers = self.handlers
            text, binary = self._fallback or (handlers.text, handlers.binary)
            kept = text if other is TEXT else binary
            if bound.receive is not None and bound.receive != kept.receive:
                kept = self.table.send_only(kept)
            self.use(kept)

    def negotiate(
        self, prefer: Literal['client', 'server'], *, fall_back: bool
    ) -> Bound | None:
        """Negotiate a subprotocol, and switch to its handler.

        Returns:
            Bound | None: The handler; ``None`` if the connection falls back to those of
            the route or the app.

        Raises:
            SubprotocolNotSupported: The two ends share no subprotocol, and no fallback.
            ConfigError: No subprotocols are configured.
        """
        supported = self.handlers.subprotocols
        if not supported and not fall_back:
            raise ConfigError(
                'no subprotocols are configured: pass subprotocols= to '
                'falcon_media.install() or to @falcon_media.media_handlers()'
            )
        offered = self.ws.subprotocols
        first, second = (
            (offered, supported) if prefer == 'client' else (supported, offered)
        )
        self.subprotocol = next((name for name in first if name in second), None)
        if self.subprotocol is None:
            if fall_back:
                # NOTE: Without subprotocols, the handlers are in use already.
                self._fallback = self.handlers.fallback if supported else ()
                for bound in self._fallback:
                    is_selected = bound.payload_type in self._selected
                    if bound.full is not None and not is_selected:
                        self.use(bound)
                return None
            raise SubprotocolNotSupported(
                'the client offers no supported subprotocol',
                offered=offered,
                supported=tuple(supported),
            )
        bound = supported[self.subprotocol]
        in_use = bound
        if bound.batching is not None:
            in_use = bound._replace(handler=bound.batching.one_message)
        self.use(in_use)
        other = BINARY if bound.payload_type is TEXT else TEXT
        self.use(bound._replace(handler=_refusing(other), payload_type=other))
        return bound


@cache
def _refusing(payload_type: WebSocketPayloadType) -> Handler:
    spoken = 'BINARY' if payload_type is TEXT else 'TEXT'
    return refusing(payload_type, f'the subprotocol uses {spoken} frames only')


def connection_of(req: Request) -> Connection:
    """Return the connection of a request.

    Raises:
        ConfigError: ``falcon_media.install()`` was not called for its app.
    """
    # NOTE: Not in req.context, whose type the app may set: a dict, or slots.
    found = getattr(req, 'scope', {}).get(_SCOPE_KEY)
    if isinstance(found, Connection):
        return found
    raise ConfigError(
        'call falcon_media.install() on this app first: without it, its connections '
        'have no handlers to choose from'
    )


def keep_connection(req: Request, connection: Connection) -> None:
    """Store a connection in its request, for :func:`connection_of`."""
    req.scope[_SCOPE_KEY] = connection
