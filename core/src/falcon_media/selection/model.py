"""A selection of handlers, as data."""

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
    """What was chosen for one setting, and where.

    Attributes:
        value: A name, a :class:`~falcon_media.Use`, or a handler.
        source: Where the choice comes from, for people.
    """

    value: Any
    source: str


class Selection:
    """What an app is to be given.

    Attributes:
        text (Choice | None): Handler for TEXT.
        binary (Choice | None): Handler for BINARY.
        limits (Limits): The budgets.
        limits_sources (dict): Budget -> where it was set.
        options (dict): Handler name -> options for whenever it is chosen by name.
        subprotocols (dict): Subprotocol -> the handler that speaks it.
        http (tuple): Handlers for HTTP.
        policy (Policy): Which plugins may be used.
        layers (list): Where the settings stand, the nearest place first; see
            :mod:`falcon_media.selection.config`.
        problems (list[str]): What is wrong with the form of the settings.
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
    """One choice of a handler.

    ``route`` is the resource or responder that it is for, ``subprotocol`` what selects
    it, and ``media_type`` what it serves over HTTP; ``asked`` is the name, with
    options, that it was chosen by, and ``None`` for an instance. ``types`` names the
    types of its messages, if it is bound to some, and ``limits_sources`` says where
    each of its budgets was set. Where it ``is_sent_only``, what is received is refused:
    it has no type of messages, and the handler beside it has.
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
    """Budgets, and where each of them was set."""

    limits: Limits
    sources: Mapping[str, str]

    def under(self, limits: Limits, source: str) -> Budgets:
        """Make the budgets of a nearer layer over these."""
        sources = {**self.sources, **dict.fromkeys(limits.named, source)}
        return Budgets(limits.over(self.limits), sources)


class Bound(NamedTuple):
    """A handler in one of its uses.

    Attributes:
        handler (Handler): An instance, under the guard.
        payload_type (falcon.WebSocketPayloadType): What it is used for.
        choice (Choice): What it was made of, and where that was chosen.
        limits_sources (Mapping): Budget -> where it was set.
        tally (Tally): Its counters.
        subprotocol (str | None): The subprotocol that selects it.
        route (str | None): The resource or responder that it belongs to.
        batching (Batching | None): How it puts many messages into one frame, if that is
            what the subprotocol says.
        full (Bound | None): The same with a handler that also receives, where this one
            only sends; see :func:`send_only`.
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
        """The type of what is received, if it has one."""
        types = self.handler.types
        return None if types is None or self.full else types.receive

    def chosen(self, media_type: str | None = None) -> Chosen:
        """Tell what was chosen.

        Args:
            media_type (str | None): Where it serves HTTP: for which.
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
    """Tell of a choice what it is for, what was chosen, and where; for people."""
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
    """Make a use of a handler in which it only sends.

    A responder that expects messages of a type gets no other object: where a handler
    has a type and the one beside it has not, what comes for that one is refused.
    """
    handler = sending_only(
        bound.handler, 'messages have a type here that its handler does not support'
    )
    return bound._replace(handler=handler, full=bound)


def own_budgets(
    choice: Chosen, app: Mapping[str, Choice]
) -> Iterator[tuple[str, Choice]]:
    """Yield the budgets of a handler that are not those of the app, and their sources.

    Args:
        choice (Chosen): The handler.
        app (Mapping): Budget -> the app's.
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
        budgets (Budgets): Those of handlers that have none of their own.
        types (Types | None): The types of messages that a route asks for.
        fallback (tuple): For a client without a subprotocol, in their place: those for
            TEXT and BINARY, or where all subprotocols have a type that one of these
            does not have, the same to send only.
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
        """All of them."""
        return [self.text, self.binary, *self.subprotocols.values()]


class RouteChoice:
    """What a resource or a responder asks for; ``None`` is what the app has.

    Attributes:
        owner (str): Name of the class or function, for messages.
        module (str): Name of its module.
        text: See :func:`media_handlers`; likewise the others.
        binary: See there.
        limits: See there.
        subprotocols: See there.
        receive: See there.
        send: See there.
        resource (weakref | None): The resource class, where that is what is decorated.
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

    def answers(self) -> tuple[bool, bool]:
        """Tell by the names of its responders whether it answers WebSockets, and HTTP.

        Both are true where that can't be told.
        """
        resource = self.resource and self.resource()
        names = dir(resource) if resource else [self.owner.rpartition('.')[2]]
        responders = [name for name in names if name.startswith('on_')]
        sockets = [name for name in responders if name.startswith('on_websocket')]
        if not responders:
            return True, True
        return bool(sockets), len(sockets) < len(responders)
