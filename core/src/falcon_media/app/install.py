"""Install a selection of handlers into a Falcon app."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
import os
from typing import Any, TYPE_CHECKING
import weakref

import falcon
from falcon import WebSocketPayloadType
from falcon.asgi import App
from falcon.asgi import WebSocketOptions

from falcon_media.app.connection_handlers import ConnectionHandlers
from falcon_media.app.error_handlers import add_error_handlers
from falcon_media.app.installed import Installed
from falcon_media.app.middleware import Middleware
from falcon_media.app.middleware import SyncMiddleware
from falcon_media.app.wiring import Wiring
from falcon_media.errors import ConfigError
from falcon_media.limits import Limits
from falcon_media.plugins.registry import Registry
from falcon_media.protocol.wrapping import wrapped
from falcon_media.selection.config import gather
from falcon_media.selection.config import under_assigned
from falcon_media.selection.model import Choice
from falcon_media.selection.model import DEFAULT
from falcon_media.selection.model import Selection
from falcon_media.selection.resolver import Resolver

if TYPE_CHECKING:
    pass

__all__ = ('install',)

TEXT = WebSocketPayloadType.TEXT
BINARY = WebSocketPayloadType.BINARY


# NOTE: Keyed by id, since an app can't be weakly referenced; it keeps the middleware.
_added: weakref.WeakValueDictionary[int, SyncMiddleware] = weakref.WeakValueDictionary()


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

    A handler is the name of an installed one, ``falcon_media.use(...)`` with options,
    or an instance. If `text` or `binary` is not set anywhere, the app keeps its
    handler, under the guard.

    Arguments override the environment (``FALCON_MEDIA_TEXT``, ``FALCON_MEDIA_BINARY``,
    ...), which overrides the configuration.

    All mistakes raise here, and the app is then unchanged. Default error handlers are
    added; those that the app registers win.

    A second call for an app changes the settings that its arguments, environment or
    file name. The other settings stay: handlers that were selected by name are made
    again, with the new budgets.

    Args:
        app (falcon.asgi.App | falcon.App): The app; a WSGI app supports only `http`.

    Keyword Args:
        text (str | Use | object): Handler for TEXT payloads.
        binary (str | Use | object): Handler for BINARY payloads.
        limits (Limits): The budgets of handlers that set none.
        subprotocols (Mapping): Subprotocol -> handler, in the server's order, for
            :func:`falcon_media.accept`.
        http (Iterable): Handlers that also serve HTTP requests and responses, under
            their media types.
        config (str | PathLike | Mapping): A TOML file: ``falcon-media.toml``, or
            ``pyproject.toml`` with a table ``[tool.falcon-media]``; or its contents.
            Without it, ``FALCON_MEDIA_CONFIG`` may name a file.
        per_connection (bool): Whether to enable :func:`falcon_media.select` and message
            counters in an app without subprotocols and routes with handlers. It costs
            one Python frame per message.
        extensions (Iterable[object]): Modules or objects with hooks around building a
            handler; or plugins, if no package metadata is installed (a frozen app).

    Returns:
        Installed: The installed handlers.

    Raises:
        HandlerNotFound: No handler of that name and payload type is installed.
        HandlerConflict: Several distributions provide one of that name.
        HandlerLoadError: The handler is installed, but can't be used.
        ConfigError: An argument, option or configuration is wrong, or an object is not
            a handler; or there are several errors, one per line.
    """
    if not isinstance(app, falcon.App):
        raise ConfigError(f'install() expects a falcon.asgi.App, not {app!r}')
    before = _wiring_of(app)
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
        raise ConfigError(
            f'extensions= expects a list of extensions, not {extensions!r}'
        )
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
    # NOTE: items(), since a subscript of our mapping returns a switch.
    table = dict(app.ws_options.media_handlers.items())
    made = resolver.app(_present(table))
    wiring = Wiring(
        app, resolver, *made, per_connection=per_connection, extensions=extensions
    )
    _put_into(app, wiring)
    return Installed(wiring)


def _put_into(app: App[Any, Any], wiring: Wiring) -> None:
    handlers = wiring.handlers
    table = app.ws_options.media_handlers
    place = ConnectionHandlers.of(app)
    with _or_as_it_was(app, app.ws_options):
        wiring.check_routes(app)
        _add_http(app, wiring)
        add_error_handlers(app)
        present = {TEXT: handlers.text.handler, BINARY: handlers.binary.handler}
        # NOTE: Not `or`: it is a dict, which may be empty.
        put = ConnectionHandlers(app, table) if place is None else place
        try:
            put.put({**dict(table.items()), **present})
            if place is None:
                # NOTE: The last step, since a middleware can't be removed again.
                app.add_middleware(Middleware(put))
        except BaseException:
            if place is None:
                ConnectionHandlers.forget(app)
            raise
        put.wiring = wiring


@contextmanager
def _or_as_it_was(app: falcon.App[Any, Any], *others: Any) -> Iterator[None]:
    """Restore the handlers of an app if the block raises."""
    places = (app.req_options, app.resp_options, *others)
    tables = [
        (place, place.media_handlers, dict(place.media_handlers.items()))
        for place in places
    ]
    # NOTE: A second install() changes handlers of the first one in place.
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


def _wiring_of(app: falcon.App[Any, Any]) -> Wiring | None:
    place = ConnectionHandlers.of(app) if isinstance(app, App) else _added.get(id(app))
    return None if place is None else place.wiring


def _kept(app: falcon.App[Any, Any], before: Wiring | None) -> Selection | None:
    """Return the settings that a further ``install()`` keeps unless it sets them."""
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
    return under_assigned(before.resolver.selection, assigned)


def _present(
    table: Mapping[WebSocketPayloadType, Any],
) -> dict[WebSocketPayloadType, Choice]:
    """Return the present handlers of an app, used where none are selected."""
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
                f'{choice.source}: WebSockets need a falcon.asgi.App; a WSGI app '
                'supports only http='
            )
    made = resolver.app(_present(WebSocketOptions().media_handlers))
    wiring = Wiring(app, resolver, *made, per_connection=False, extensions=extensions)
    with _or_as_it_was(app):
        wiring.check_routes(app)
        _add_http(app, wiring)
        middleware = _added.get(id(app))
        if middleware is None:
            middleware = SyncMiddleware()
            app.add_middleware(middleware)
            _added[id(app)] = middleware
        middleware.wiring = wiring
    return Installed(wiring)


def _add_http(app: falcon.App[Any, Any], wiring: Wiring) -> None:
    if wiring.http:
        # PERF: Most apps have none.
        from falcon_media.app.http import add_http_handlers

        limits = wiring.handlers.budgets.limits
        add_http_handlers(
            app,
            {media_type: bound.handler for media_type, bound in wiring.http.items()},
            limits,
            {media_type: bound.tally for media_type, bound in wiring.http.items()},
        )
        # NOTE: An app with HTTP handlers also receives JSON and form bodies.
        wiring.keep_http(limits)
