"""A selection -> a Falcon app."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from copy import copy
from functools import reduce
import gc
import os
from typing import Any, TYPE_CHECKING, TypeAlias
import weakref

import falcon
from falcon import WebSocketPayloadType
from falcon.asgi import App
from falcon.asgi import Request
from falcon.asgi import WebSocket
from falcon.asgi import WebSocketOptions

from falcon_media.adopt import wrapped
from falcon_media.binding import ConnectionHandlers
from falcon_media.binding import take_switches
from falcon_media.config import Choice
from falcon_media.config import DEFAULT
from falcon_media.config import gather
from falcon_media.config import Selection
from falcon_media.connection import Connection
from falcon_media.connection import connection_of
from falcon_media.connection import keep_connection
from falcon_media.errors import ConfigError
from falcon_media.errors import SetupError
from falcon_media.limits import Limits
from falcon_media.refusal import add_error_handlers
from falcon_media.registry import Registry
from falcon_media.resolve import Bound
from falcon_media.resolve import Chosen
from falcon_media.resolve import described
from falcon_media.resolve import Handlers
from falcon_media.resolve import own_budgets
from falcon_media.resolve import Resolver
from falcon_media.resolve import send_only
from falcon_media.routes import is_anything_decorated
from falcon_media.routes import route_choices
from falcon_media.routes import RouteChoice
from falcon_media.routes import wanted_by
from falcon_media.stats import Count
from falcon_media.stats import refused_here
from falcon_media.stats import Tally

if TYPE_CHECKING:
    from falcon_media.http import HTTPHandler
    from falcon_media.http import KeptHandler
    from falcon_media.http import Targets

__all__ = ('install', 'Installed')

TEXT = WebSocketPayloadType.TEXT
BINARY = WebSocketPayloadType.BINARY

_Chosen: TypeAlias = tuple[str, Handlers | WebSocketPayloadType | None]


class Installed:
    """What was installed into an app.

    Attributes:
        handlers (Handlers): The app's handlers, where a route or a connection has no
            others.
        registry (Registry): What is installed on this machine.
        http (Mapping): Media type -> handler, for HTTP.
        selection (Selection): The settings that all this was made of.
        extensions (list): The extensions that were given.
        per_connection (bool): Whether a choice by connection was asked for.
        refused_handshakes (int): Connections that were refused since no subprotocol
            fitted.
    """

    def __init__(
        self,
        resolver: Resolver,
        handlers: Handlers,
        http: Mapping[str, Bound],
        app: falcon.App[Any, Any],
        *,
        per_connection: bool,
        extensions: list[object],
    ) -> None:
        self.handlers = handlers
        self.selection = resolver.selection
        self.extensions = extensions
        self.per_connection = per_connection
        self.registry = resolver.registry
        self.http = http
        self.refused_handshakes = 0
        self._resolver = resolver
        self._per_connection = per_connection or bool(handlers.subprotocols)
        self._is_routed = False
        self._tallies = {TEXT: handlers.text.tally, BINARY: handlers.binary.tally}
        self._routes: dict[tuple[Handlers, RouteChoice], Handlers] = {}
        self._chosen: dict[_Chosen, Bound] = {}
        self._assigned: dict[WebSocketPayloadType, Bound] = {}
        self._send_only: dict[int, Bound] = {}
        self._targets: dict[Handlers, Targets] = {}
        self._app = app
        self._http_tables: dict[str, object] = {}
        self._kept_tallies: dict[str, tuple[str, Tally]] = {}
        self._connections: weakref.WeakSet[Connection] = weakref.WeakSet()

    @property
    def limits(self) -> Limits:
        """The budgets of handlers that have none of their own."""
        return self.handlers.budgets.limits

    @property
    def is_switched(self) -> bool:
        """Whether a handler may be chosen by route or connection.

        If not, a connection is bound to the app's handlers themselves, and nothing is
        counted on the way.
        """
        return self._per_connection or self._is_routed

    def __repr__(self) -> str:
        chosen = [
            f'text={self.handlers.text.handler.name!r}',
            f'binary={self.handlers.binary.handler.name!r}',
        ]
        if self.handlers.subprotocols:
            chosen.append(f'subprotocols={list(self.handlers.subprotocols)}')
        if self.http:
            names = dict.fromkeys(bound.handler.name for bound in self.http.values())
            chosen.append(f'http={list(names)}')
        return f'<Installed {" ".join(chosen)}>'

    def choices(self) -> list[Chosen]:
        """What is selected for the app, for HTTP, and for each route that differs.

        Returns:
            list[Chosen]: One for each handler in each of its uses.
        """
        own: list[Chosen] = []
        for (_, wanted), handlers in self._routes.items():
            answers_sockets, answers_http = wanted.answers()
            own += [
                bound.chosen()
                for bound in handlers.all()
                if answers_sockets and bound.route == wanted.owner
            ]
            if answers_http:
                own += self._http_choices(wanted, handlers)
        return [
            *(bound.chosen() for bound in self.handlers.all()),
            *(bound.chosen(media_type) for media_type, bound in self.http.items()),
            *own,
        ]

    def _http_choices(self, wanted: RouteChoice, handlers: Handlers) -> list[Chosen]:
        targets = self._targets.get(handlers)
        if targets is None:
            return []
        from falcon_media.http import route_handlers

        budgets = handlers.budgets
        chosen = []
        for media_type, made in route_handlers(self._app, handlers, targets):
            bound = self.http.get(media_type)
            choice = bound.choice if bound else Choice(made.handler, DEFAULT)
            # NOTE: What was chosen with the handler itself goes before.
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

    def budgets(self) -> dict[str, Choice]:
        """The budgets of handlers that have none of their own, and their sources."""
        selection = self._resolver.selection
        return {
            budget: Choice(int(getattr(selection.limits, budget)), source)
            for budget, source in selection.limits_sources.items()
        }

    def describe(self) -> str:
        """Tell what is selected, and where each choice comes from.

        Returns:
            str: Lines for people; not a format to be read by programs.
        """
        choices = self.choices()
        budgets = self.budgets()
        lines = [described(choice) for choice in choices]
        lines += [
            ('limit', f'{budget} = {chosen.value}', chosen.source)
            for budget, chosen in budgets.items()
        ]
        # NOTE: A dict, since a handler for HTTP has a line for each of its media types.
        lines += dict.fromkeys(
            (f'limit of {described(choice)[0]}', f'{budget} = {own.value}', own.source)
            for choice in choices
            for budget, own in own_budgets(choice, budgets)
        )
        widths = [max(len(line[column]) for line in lines) for column in (0, 1)]
        return '\n'.join(
            f'{kind:{widths[0]}}  {shown:{widths[1]}}  {source}'
            for kind, shown, source in lines
        )

    def stats(self) -> list[Count]:
        """Count who speaks what: connections that are open, messages, bytes, refusals.

        Returns:
            list[Count]: One for each handler in each of its uses. Messages and bytes
            are counted where handlers may be chosen by route or connection (see
            `per_connection` of :func:`install`), and ``None`` elsewhere. Of the
            handlers that the app has for HTTP itself, those that budgets or types have
            refused something of.
        """
        uses = {id(bound.tally): bound for bound in self._all_bound()}
        served: dict[int, str] = {}
        for media_type, bound in self.http.items():
            served.setdefault(id(bound.tally), media_type)
            uses[id(bound.tally)] = bound
        open_connections = dict.fromkeys(uses, 0)
        for connection in list(self._connections):
            if connection.ws.ready:
                for bound in connection.spoken():
                    key = id(bound.tally)
                    uses.setdefault(key, bound)
                    open_connections[key] = open_connections.get(key, 0) + 1
        counts = [
            Count(
                handler=bound.handler.name,
                payload_type=bound.payload_type.name,
                subprotocol=bound.subprotocol,
                media_type=served.get(key),
                route=bound.route,
                connections=open_connections[key],
                received=bound.tally.received if counts else None,
                received_bytes=bound.tally.received_bytes if counts else None,
                sent=bound.tally.sent if counts else None,
                sent_bytes=bound.tally.sent_bytes if counts else None,
                refused=dict(bound.tally.refused),
                dropped=bound.tally.dropped,
                too_slow=bound.tally.too_slow,
            )
            for key, bound in uses.items()
            for counts in (self.is_switched and key not in served,)
        ]
        counts += [
            Count(
                handler=name,
                payload_type=BINARY.name,
                subprotocol=None,
                media_type=media_type,
                route=None,
                connections=0,
                received=None,
                received_bytes=None,
                sent=None,
                sent_bytes=None,
                refused=dict(tally.refused),
                dropped=0,
                too_slow=0,
            )
            for media_type, (name, tally) in self._kept_tallies.items()
            if tally.refused
        ]
        return counts

    def check_routes(self, app: falcon.App[Any, Any]) -> None:
        """Make the handlers that the routes of an app ask for.

        Raises:
            SetupError: A route asks for what can't be had.
        """
        self._is_routed, wanted = wanted_by(app)
        for choices in wanted:
            try:
                self.http_targets(reduce(self.route, choices, self.handlers))
            except SetupError:
                # NOTE: A class is in cycles, so one that is gone may still be found.
                gc.collect()
                if choices in wanted_by(app)[1]:
                    raise

    def route(self, base: Handlers, wanted: RouteChoice) -> Handlers:
        """The handlers of a route; made once."""
        key = (base, wanted)
        handlers = self._routes.get(key)
        if handlers is None:
            handlers = self._routes[key] = self._resolver.route(base, wanted)
        return handlers

    def http_targets(self, handlers: Handlers) -> Targets | None:
        """The HTTP handlers of a route; ``None`` where they are those of the app."""
        if handlers.types is None and handlers.budgets is self.handlers.budgets:
            return None
        targets = self._targets.get(handlers)
        if targets is None:
            from falcon_media.http import Targets

            self.keep_http()

            def make(handler: HTTPHandler | KeptHandler) -> HTTPHandler:
                return self._resolver.http_target(handler, handlers, self.http)

            targets = self._targets[handlers] = Targets(make)
        return targets

    def keep_http(self, limits: Limits | None = None) -> None:
        """Put the HTTP handlers of the app where types and budgets reach them.

        Args:
            limits (Limits): The budgets (default: none but those of a route).
        """
        from falcon_media.http import keep_handlers

        keep_handlers(self._app, limits, self._kept_tallies)
        self._http_tables = {
            'req_options': self._app.req_options.media_handlers,
            'resp_options': self._app.resp_options.media_handlers,
        }

    def check_http(self) -> None:
        """Check that the app has the handlers for HTTP that it had at ``install()``.

        Raises:
            ConfigError: It has replaced a mapping of them.
        """
        for options, table in self._http_tables.items():
            if getattr(self._app, options).media_handlers is not table:
                raise ConfigError(
                    f'app.{options}.media_handlers was replaced after '
                    'falcon_media.install(), so that neither its handlers nor its '
                    'types and budgets are in force: replace it before install(), or '
                    f'assign a handler to app.{options}.media_handlers[...]'
                )

    def named(self, value: Any, handlers: Handlers) -> Bound:
        """A handler that a responder chooses by itself; made once for each name.

        Args:
            value (str | Use | Handler): The handler.
            handlers (Handlers): Those of the route, for its types of messages and its
                budgets.
        """
        is_app = handlers.types is None and handlers.budgets is self.handlers.budgets
        key: _Chosen = (value, None if is_app else handlers)
        bound = self._chosen.get(key) if isinstance(value, str) else None
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
            # NOTE: One made for a single connection is counted with others of its name.
            if not isinstance(value, str):
                key = (handler.name, handler.payload_type)
            kept = self._chosen.setdefault(key, bound)
            if kept is not bound:
                bound = bound._replace(tally=kept.tally)
        return bound

    def bound(self, payload_type: WebSocketPayloadType, handler: Any) -> Bound:
        """The handler that the app has for a payload type, whoever assigned it."""
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

    def send_only(self, bound: Bound) -> Bound:
        """A use of a handler in which it only sends; made once."""
        if bound.full is not None:
            return bound
        # NOTE: By its id, which stays its own: what is made keeps the bound itself.
        made = self._send_only.get(id(bound))
        if made is None:
            made = self._send_only[id(bound)] = send_only(bound)
        return made

    def connect(
        self, req: Request, ws: WebSocket, present: Mapping[WebSocketPayloadType, Any]
    ) -> None:
        """Begin a connection.

        Args:
            req (falcon.asgi.Request): Its request.
            ws (falcon.asgi.WebSocket): The connection.
            present (Mapping): The handlers that the app has.
        """
        switches = take_switches() if self.is_switched else None
        connection = Connection(self, ws, switches)
        if switches is None:
            connection.handlers = self._with_assigned(present)
        keep_connection(req, connection)
        refused_here(self._tallies if switches is None else None)
        self._connections.add(connection)

    def _with_assigned(self, present: Mapping[WebSocketPayloadType, Any]) -> Handlers:
        handlers = self.handlers
        text = self.bound(TEXT, present.get(TEXT))
        binary = self.bound(BINARY, present.get(BINARY))
        if text is not handlers.text or binary is not handlers.binary:
            handlers = copy(handlers)
            handlers.text, handlers.binary = text, binary
        return handlers

    def _all_bound(self) -> list[Bound]:
        every = [self.handlers, *self._routes.values()]
        return [
            *(bound for handlers in every for bound in handlers.all()),
            *self._chosen.values(),
            *self._assigned.values(),
        ]


class _Middleware:
    """What hands each connection its handlers."""

    def __init__(self, handlers: ConnectionHandlers) -> None:
        self._handlers = handlers

    async def process_startup(
        self, scope: Mapping[str, Any], event: Mapping[str, Any]
    ) -> None:
        self._handlers.start()
        self._handlers.installed.check_http()

    async def process_request_ws(self, req: Request, ws: WebSocket) -> None:
        self._handlers.check_place()
        self._handlers.is_started = True
        self._handlers.installed.connect(req, ws, self._handlers)

    async def process_resource_ws(
        self, req: Request, ws: WebSocket, resource: object, params: dict[str, Any]
    ) -> None:
        for wanted in route_choices(type(resource)):
            connection_of(req).use_route(wanted)

    async def process_resource(
        self, req: Request, resp: Any, resource: object, params: dict[str, Any]
    ) -> None:
        _begin_request(self._handlers.installed, req, resp, resource)


class _SyncMiddleware:
    """The same for the requests of a WSGI app.

    Attributes:
        installed (Installed): What was installed into the app last.
    """

    installed: Installed

    def process_resource(
        self, req: Any, resp: Any, resource: object, params: dict[str, Any]
    ) -> None:
        _begin_request(self.installed, req, resp, resource)


# NOTE: By the id of the app, which has no weak reference; it keeps the middleware.
_added: weakref.WeakValueDictionary[int, _SyncMiddleware] = (
    weakref.WeakValueDictionary()
)


def _begin_request(installed: Installed, req: Any, resp: Any, resource: object) -> None:
    installed.check_http()
    # PERF: Most apps have no decorated resource.
    if not is_anything_decorated():
        return
    from falcon_media.http import begin_request

    current = begin_request(installed, req, resp)
    for wanted in route_choices(type(resource)):
        current.use_route(wanted)


def install(
    app: falcon.App[Any, Any] | App[Any, Any],
    *,
    text: object = None,
    binary: object = None,
    limits: Limits | None = None,
    subprotocols: Mapping[str, object] | None = None,
    http: Iterable[object] | None = None,
    config: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    per_connection: bool = False,
    extensions: Iterable[object] = (),
) -> Installed:
    """Give an app its media handlers.

    A handler is given as the name of an installed one, as ``falcon_media.use(...)``
    with options, or as an instance. Where `text` or `binary` is chosen nowhere, the
    handler that the app has stays, under the guard.

    What is not given here is taken from the environment (``FALCON_MEDIA_TEXT``,
    ``FALCON_MEDIA_BINARY``, ...), then from the configuration.

    Everything that can go wrong goes wrong here, and the app is left as it was. Error
    handlers are added for the default behaviour; those of the app's own win.

    A second call for an app changes the settings that it names, in its arguments, its
    environment or its file. All others stay those of the first: handlers that were
    chosen by name are made again, with the budgets that are in force now.

    Args:
        app (falcon.asgi.App | falcon.App): The app; a WSGI app can have `http` alone.

    Keyword Args:
        text (str | Use | object): Handler for TEXT payloads.
        binary (str | Use | object): Handler for BINARY payloads.
        limits (Limits): The budgets, for each handler that has none of its own.
        subprotocols (Mapping): Subprotocol -> handler, in the server's order, for
            :func:`falcon_media.accept`.
        http (Iterable): Handlers that also serve HTTP requests and responses, under
            their media types.
        config (str | PathLike | Mapping): A TOML file: ``falcon-media.toml``, or
            ``pyproject.toml`` with a table ``[tool.falcon-media]``; or its contents.
            Without it, ``FALCON_MEDIA_CONFIG`` may name a file.
        per_connection (bool): Whether :func:`falcon_media.select` is used, and messages
            are counted, in an app that has no choice by subprotocol or route. Costs a
            Python frame a message.
        extensions (Iterable[object]): Modules or objects with hooks around building a
            handler; or plugins, where no metadata of packages is installed (a frozen
            app).

    Returns:
        Installed: What was selected.

    Raises:
        HandlerNotFound: No handler of that name and payload type is installed.
        HandlerConflict: Several distributions bring one of that name.
        HandlerLoadError: The handler is there, but can't be used.
        ConfigError: A wrong argument, option or configuration; the object given is no
            handler; or several of all these, one a line.
    """
    if not isinstance(app, falcon.App):
        raise ConfigError(f'install() takes a falcon.asgi.App, not {app!r}')
    before = _installed_in(app)
    selection = gather(
        text=text,
        binary=binary,
        limits=limits,
        subprotocols=subprotocols,
        http=http,
        config=config,
        under=_kept(app, before),
    )
    if not isinstance(extensions, Iterable):
        raise ConfigError(f'extensions= takes a list of extensions, not {extensions!r}')
    extensions = list(extensions)
    if before is not None:
        known = set(map(id, extensions))
        extensions += [one for one in before.extensions if id(one) not in known]
        per_connection = per_connection or before.per_connection
    registry = Registry.discover(selection.policy, extensions=extensions)
    registry.warn()
    resolver = Resolver(registry, selection)
    if not isinstance(app, App):
        return _install_wsgi(app, resolver, extensions)
    # NOTE: items(), since a subscript of ours gives a switch.
    table = dict(app.ws_options.media_handlers.items())
    made = resolver.app(_present(table))
    installed = Installed(
        resolver, *made, app, per_connection=per_connection, extensions=extensions
    )
    _put_into(app, installed)
    return installed


def _put_into(app: App[Any, Any], installed: Installed) -> None:
    handlers = installed.handlers
    table = app.ws_options.media_handlers
    place = ConnectionHandlers.of(app)
    with _or_as_it_was(app, app.ws_options):
        installed.check_routes(app)
        _add_http(app, installed)
        add_error_handlers(app)
        present = {TEXT: handlers.text.handler, BINARY: handlers.binary.handler}
        # NOTE: Not `or`: it is a dict, which may be empty.
        put = ConnectionHandlers(app, table) if place is None else place
        try:
            put.put({**dict(table.items()), **present})
            if place is None:
                # NOTE: The last step, since a middleware can't be taken out again.
                app.add_middleware(_Middleware(put))
        except BaseException:
            if place is None:
                ConnectionHandlers.forget(app)
            raise
        put.installed = installed


@contextmanager
def _or_as_it_was(app: falcon.App[Any, Any], *others: Any) -> Iterator[None]:
    """Give an app the handlers back that it had, where anything within fails."""
    places = (app.req_options, app.resp_options, *others)
    tables = [
        (place, place.media_handlers, dict(place.media_handlers.items()))
        for place in places
    ]
    # NOTE: Those of a first install() are changed in their place.
    states = [
        (state, state.copy())
        for _, _, handlers in tables
        for handler in handlers.values()
        if isinstance(state := getattr(handler, '__dict__', None), dict)
    ]
    try:
        yield
    except BaseException:
        for place, table, handlers in tables:
            table.clear()
            table.update(handlers)
            place.media_handlers = table
        for state, earlier in states:
            state.update(earlier)
        raise


def _installed_in(app: falcon.App[Any, Any]) -> Installed | None:
    place = ConnectionHandlers.of(app) if isinstance(app, App) else _added.get(id(app))
    return None if place is None else place.installed


def _kept(app: falcon.App[Any, Any], before: Installed | None) -> Selection | None:
    """The settings that an app has, where the next ``install()`` names no others."""
    if before is None:
        return None
    assigned: dict[str, Any] = {}
    if isinstance(app, App):
        table = dict(app.ws_options.media_handlers.items())
        chosen = before.handlers
        for setting, bound in (('text', chosen.text), ('binary', chosen.binary)):
            handler = table.get(bound.payload_type)
            if handler is not bound.handler:
                assigned[setting] = wrapped(handler)
    return before.selection.under_assigned(assigned)


def _present(
    table: Mapping[WebSocketPayloadType, Any],
) -> dict[WebSocketPayloadType, Choice]:
    """The handlers that an app has, where none are chosen."""
    return {
        payload_type: Choice(wrapped(table[payload_type]), DEFAULT)
        for payload_type in (TEXT, BINARY)
    }


def _install_wsgi(
    app: falcon.App[Any, Any], resolver: Resolver, extensions: list[object]
) -> Installed:
    selection = resolver.selection
    for choice in (
        selection.text,
        selection.binary,
        *selection.subprotocols.values(),
    ):
        if choice is not None:
            raise ConfigError(
                f'{choice.source}: WebSockets need a falcon.asgi.App; a WSGI app can '
                'have http= alone'
            )
    made = resolver.app(_present(WebSocketOptions().media_handlers))
    installed = Installed(
        resolver, *made, app, per_connection=False, extensions=extensions
    )
    with _or_as_it_was(app):
        installed.check_routes(app)
        _add_http(app, installed)
        middleware = _added.get(id(app))
        if middleware is None:
            middleware = _SyncMiddleware()
            app.add_middleware(middleware)
            _added[id(app)] = middleware
        middleware.installed = installed
    return installed


def _add_http(app: falcon.App[Any, Any], installed: Installed) -> None:
    if installed.http:
        # PERF: Most apps have none.
        from falcon_media.http import add_http_handlers

        add_http_handlers(
            app,
            {media_type: bound.handler for media_type, bound in installed.http.items()},
            installed.limits,
            {media_type: bound.tally for media_type, bound in installed.http.items()},
        )
        # NOTE: Bodies of JSON and of forms come to such an app as well.
        installed.keep_http(installed.limits)
