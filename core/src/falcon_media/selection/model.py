"""Data types of a selection of handlers."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, NamedTuple, TypedDict
import weakref

from falcon import WebSocketPayloadType

from falcon_media.limits import Limits
from falcon_media.plugins.discovery import Policy
from falcon_media.plugins.use import Use
from falcon_media.protocol.batching import Batched
from falcon_media.protocol.batching import Batching
from falcon_media.protocol.handlers import Handler
from falcon_media.protocol.message_types import Types
from falcon_media.protocol.stats import Tally
from falcon_media.protocol.wrapping import REFUSING
from falcon_media.protocol.wrapping import sending_only

__all__ = (
    'Bound',
    'Budgets',
    'Choice',
    'Chosen',
    'described',
    'Handlers',
    'own_budgets',
    'RouteChoice',
    'Selection',
    'send_only',
)


DEFAULT = 'default'


class Choice(NamedTuple):
    """The value of one setting and its source.

    Attributes:
        value: A name, a :class:`~falcon_media.Use`, or a handler.
        source: The source of the value, for messages.
    """

    value: Any
    source: str


class Selection:
    """The settings of an app, merged from all sources.

    Attributes:
        text (Choice | None): Handler for TEXT.
        binary (Choice | None): Handler for BINARY.
        limits (Limits): The budgets.
        limits_sources (dict): Budget -> its source.
        options (dict): Handler name -> options, used if it is selected by name.
        subprotocols (dict): Subprotocol -> handler.
        http (tuple): Handlers for HTTP.
        policy (Policy): The plugins that may be used.
        layers (list): The sources of the settings, by precedence; see
            :mod:`falcon_media.selection.config`.
        problems (list[str]): Errors in the form of the settings.
    """

    def __init__(
        self,
        *,
        text: Choice | None,
        binary: Choice | None,
        limits: Limits,
        limits_sources: dict[str, str],
        options: dict[str, Choice],
        subprotocols: dict[str, Choice],
        http: tuple[Choice, ...],
        policy: Policy,
    ) -> None:
        self.text = text
        self.binary = binary
        self.limits = limits
        self.limits_sources = limits_sources
        self.options = options
        self.subprotocols = subprotocols
        self.http = http
        self.policy = policy
        self.layers: list[Any] = []
        self.problems: list[str] = []


class Chosen(TypedDict):
    """A report of one selected handler.

    ``route`` is its resource or responder, ``subprotocol`` the subprotocol that selects
    it, and ``media_type`` its media type for HTTP. ``asked`` is the configured name
    with options, ``None`` for an instance. ``types`` names its message types, if any,
    and ``limits_sources`` the source of each budget. If ``is_sent_only``, received
    messages are refused: the handler has no message type, and that of the other payload
    type has.
    """

    route: str | None
    subprotocol: str | None
    media_type: str | None
    payload_type: str
    handler: str
    asked: str | None
    types: str | None
    source: str
    limits: dict[str, int]
    limits_sources: dict[str, str]
    is_sent_only: bool


class Budgets(NamedTuple):
    """Budgets, and the source of each."""

    limits: Limits
    sources: Mapping[str, str]

    def under(self, limits: Limits, source: str) -> Budgets:
        """Return these budgets, overridden by those of a nearer layer."""
        sources = {**self.sources, **dict.fromkeys(limits.named, source)}
        return Budgets(limits.over(self.limits), sources)


class Bound(NamedTuple):
    """One use of a handler.

    Attributes:
        handler (Handler): An instance, under the guard.
        payload_type (falcon.WebSocketPayloadType): The payload type of this use.
        choice (Choice): The setting that it was made from, with its source.
        limits_sources (Mapping): Budget -> its source.
        tally (Tally): Its counters.
        subprotocol (str | None): The subprotocol that selects it.
        route (str | None): The resource or responder that it belongs to.
        batching (Batching | None): The batching of messages, if the subprotocol has
            one.
        full (Bound | None): If this use only sends, the one that also receives; see
            :func:`send_only`.
    """

    handler: Handler
    payload_type: WebSocketPayloadType
    choice: Choice
    limits_sources: Mapping[str, str]
    tally: Tally
    subprotocol: str | None = None
    route: str | None = None
    batching: Batching | None = None
    full: Bound | None = None

    @property
    def receive(self) -> Any:
        """The type of received messages, if any."""
        types = self.handler.types
        return None if types is None or self.full else types.receive

    def chosen(self, media_type: str | None = None) -> Chosen:
        """Report this use.

        Args:
            media_type (str | None): Its media type, if it serves HTTP.
        """
        value = self.choice.value
        return Chosen(
            route=self.route,
            subprotocol=self.subprotocol,
            media_type=media_type,
            payload_type=self.payload_type.name,
            handler=self.handler.name,
            asked=str(value) if isinstance(value, str | Use | Batched) else None,
            types=str(self.handler.types) if self.handler.types else None,
            source=self.choice.source,
            limits=_as_dict(self.handler.limits),
            limits_sources=dict(self.limits_sources),
            is_sent_only=self.full is not None,
        )


def described(choice: Chosen) -> tuple[str, str, str]:
    """Format the use, the handler and the source of a choice, for display."""
    kind = choice['payload_type']
    shown = choice['asked'] or choice['handler']
    if choice['media_type'] is not None:
        kind, shown = 'HTTP', f'{choice["media_type"]}: {choice["handler"]}'
    elif choice['subprotocol'] is not None:
        kind, shown = choice['subprotocol'], f'{shown} ({kind})'
    if choice['types'] is not None:
        shown = f'{shown}: {choice["types"]}'
    if choice['is_sent_only']:
        shown = f'{shown} (sent only)'
    if choice['route'] is not None:
        kind = f'{kind} of {choice["route"]}'
    return kind, shown, choice['source']


def send_only(bound: Bound) -> Bound:
    """Return a use of a handler that refuses received messages.

    A responder that expects messages of a type must not get other objects. So if the
    handler of one payload type has a message type, the other one without it only sends.
    """
    handler = sending_only(
        bound.handler, 'messages have a type here that its handler does not support'
    )
    return bound._replace(handler=handler, full=bound)


def own_budgets(
    choice: Chosen, app: Mapping[str, Choice]
) -> Iterator[tuple[str, Choice]]:
    """Yield the budgets of a handler that differ from the app's, and their sources.

    Args:
        choice (Chosen): The handler.
        app (Mapping): Budget -> that of the app.
    """
    if choice['handler'] == REFUSING:
        return
    for budget, value in choice['limits'].items():
        own = Choice(value, choice['limits_sources'][budget])
        if own != app[budget]:
            yield budget, own


def _as_dict(limits: Limits) -> dict[str, int]:
    return {budget: int(value) for budget, value in asdict(limits).items()}


class Handlers:
    """The handlers of an app, or of a route.

    Attributes:
        text (Bound): For TEXT.
        binary (Bound): For BINARY.
        subprotocols (Mapping[str, Bound]): By subprotocol, in the server's order.
        budgets (Budgets): The budgets of handlers that set none.
        types (Types | None): The message types of the route.
        fallback (list): The handlers for TEXT and BINARY of a client without a
            subprotocol. If all subprotocols have a message type, a handler without one
            of these types only sends.
    """

    __slots__ = ('binary', 'budgets', 'fallback', 'subprotocols', 'text', 'types')

    def __init__(
        self,
        text: Bound,
        binary: Bound,
        subprotocols: Mapping[str, Bound],
        budgets: Budgets,
        types: Types | None = None,
    ) -> None:
        self.text = text
        self.binary = binary
        self.subprotocols = subprotocols
        self.budgets = budgets
        self.types = types
        received = [bound.receive for bound in subprotocols.values() if bound]
        is_typed = bool(received) and None not in received
        self.fallback = [
            bound if not is_typed or bound.receive in received else send_only(bound)
            for bound in (text, binary)
            if bound
        ]

    def all(self) -> list[Bound]:
        """List all handlers."""
        return [self.text, self.binary, *self.subprotocols.values()]


class RouteChoice:
    """The settings of a resource or responder; ``None`` keeps the app's.

    Attributes:
        owner (str): Name of the class or function, for messages.
        module (str): Name of its module.
        text: See :func:`media_handlers`, as for the others.
        binary: See there.
        limits: See there.
        subprotocols: See there.
        receive: See there.
        send: See there.
        resource (weakref | None): The resource class, if a class is decorated.
    """

    def __init__(
        self,
        *,
        owner: str,
        module: str = '',
        resource: weakref.ref[type] | None = None,
        text: Any = None,
        binary: Any = None,
        limits: Limits | Mapping[str, int] | None = None,
        subprotocols: Mapping[str, Any] | None = None,
        receive: Any = None,
        send: Any = None,
    ) -> None:
        self.owner = owner
        self.module = module
        self.resource = resource
        self.text = text
        self.binary = binary
        self.limits = limits
        self.subprotocols = subprotocols
        self.receive = receive
        self.send = send

    @property
    def is_gone(self) -> bool:
        """Whether the decorated class no longer exists."""
        return self.resource is not None and self.resource() is None

    def answers(self) -> tuple[bool, bool]:
        """Return whether it has responders for WebSockets, and for HTTP.

        Both are true if this is unknown.
        """
        resource = self.resource and self.resource()
        names = dir(resource) if resource else [self.owner.rpartition('.')[2]]
        responders = [name for name in names if name.startswith('on_')]
        sockets = [name for name in responders if name.startswith('on_websocket')]
        if not responders:
            return True, True
        return bool(sockets), len(sockets) < len(responders)
