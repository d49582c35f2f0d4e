"""Handlers of one route: the ``media_handlers`` decorator."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from functools import wraps
import inspect
import sys
from typing import Any, cast, TypeVar
import weakref

import falcon
from falcon.asgi import WebSocket

from falcon_media.app import requiring
from falcon_media.connection.connection import connection_of
from falcon_media.errors import ConfigError
from falcon_media.limits import Limits
from falcon_media.selection.model import RouteChoice

__all__ = (
    'is_anything_decorated',
    'media_handlers',
    'route_choices',
    'wanted_by',
)

_Target = TypeVar('_Target', bound=Callable[..., Any])

_CLASS_ATTRIBUTE = 'falcon_media_handlers'

# NOTE: All decorated targets of this process. The decorator doesn't know the app, so
#   an app checks those of its routes when it starts.
_decorated: weakref.WeakSet[RouteChoice] = weakref.WeakSet()


def media_handlers(
    *,
    text: object = None,
    binary: object = None,
    limits: Limits | Mapping[str, int] | None = None,
    subprotocols: Mapping[str, object] | None = None,
    receive: object = None,
    send: object = None,
) -> Callable[[_Target], _Target]:
    """Set the handlers of a resource or a responder.

    The types and budgets also apply to its HTTP requests, in every media type.

    Names and options are checked when the app starts or at the first connection, never
    at the first message. A responder's settings override its resource's, which override
    the app's. A class inherits the settings of its bases: for each setting and each
    budget, the first class in its MRO that sets it counts.

    Args:
        text (str | Use | object): Handler for TEXT payloads, as for
            :func:`falcon_media.install`.
        binary (str | Use | object): Handler for BINARY payloads.
        limits (Limits | Mapping): The budgets of handlers that set none, including
            the app's handlers.
        subprotocols (Mapping): Subprotocol -> handler, for
            :func:`falcon_media.accept`; an empty one removes the app's.
        receive (type | str): The type of received messages in every format, or
            ``'package.module:Name'``. A handler that is selected here with its own type
            keeps it. A handler that is selected elsewhere, and does not support the
            type, is disabled on this route.
        send (type | str): The type of sent messages, as for `receive`.

    Returns:
        Callable: A decorator for a class or a responder.

    Raises:
        ConfigError: The target is something else, or no argument is given.
    """
    chosen: dict[str, Any] = {
        'text': text,
        'binary': binary,
        'limits': limits,
        'subprotocols': subprotocols,
        'receive': receive,
        'send': send,
    }
    if all(value is None for value in chosen.values()):
        raise ConfigError(
            'media_handlers() selects nothing: pass a handler, limits or a type'
        )

    def decorate(target: _Target) -> _Target:
        if isinstance(target, type):
            name = target.__qualname__
            choice = RouteChoice(
                owner=name,
                module=target.__module__,
                resource=weakref.ref(target),
                **chosen,
            )
            setattr(target, _CLASS_ATTRIBUTE, choice)
            _require_install(target)
            _decorated.add(choice)
            return target
        if not _may_be_responder(target):
            raise ConfigError(
                f'media_handlers() decorates a resource class or a responder '
                f'(async def on_websocket, on_post, ...), not {target!r}'
            )
        name = target.__qualname__
        choice = RouteChoice(owner=name, module=target.__module__, **chosen)
        _decorated.add(choice)
        return cast('_Target', _applying(choice, target))

    return decorate


def _may_be_responder(target: Any) -> bool:
    if not inspect.isfunction(target):
        return False
    is_named = target.__name__.startswith('on_')
    if not inspect.iscoroutinefunction(target):
        return is_named and not target.__name__.startswith('on_websocket')
    # NOTE: A sink is not a method, and has no resource.
    path = target.__qualname__.rpartition('.')[0]
    return is_named or (bool(path) and not path.endswith('<locals>'))


def _require_install(resource: type) -> None:
    """Make the responders of a class raise if ``install()`` was not called."""
    for name in dir(resource):
        responder = getattr(resource, name)
        # NOTE: Decorated responders raise already.
        if (
            name.startswith('on_websocket')
            and inspect.isfunction(responder)
            and inspect.iscoroutinefunction(responder)
            and responder.__code__.co_filename not in (__file__, requiring.__file__)
        ):
            setattr(resource, name, requiring.install_first(responder))


def _applying(choice: RouteChoice, responder: Any) -> Any:
    if not inspect.iscoroutinefunction(responder):

        @wraps(responder)
        def on_request(
            self: object, req: Any, resp: Any, *args: Any, **params: Any
        ) -> Any:
            _use_route(choice, req, resp)
            return responder(self, req, resp, *args, **params)

        return on_request

    @wraps(responder)
    async def on_either(
        self: object, req: Any, other: Any, *args: Any, **params: Any
    ) -> Any:
        _use_route(choice, req, other)
        return await responder(self, req, other, *args, **params)

    return on_either


def _use_route(choice: RouteChoice, req: Any, other: object) -> None:
    if isinstance(other, WebSocket):
        connection_of(req).use_route(choice)
        return
    # PERF: Most apps have no types or budgets for HTTP.
    from falcon_media.app.http import current_request

    current_request(req).use_route(choice)


def route_choices(resource: type) -> list[RouteChoice]:
    """List the settings of a resource class and its bases, the nearest one last.

    A setting of a nearer class, in the order of the MRO, overrides the others.
    """
    found = (vars(one).get(_CLASS_ATTRIBUTE) for one in reversed(resource.__mro__))
    return [choice for choice in found if isinstance(choice, RouteChoice)]


def is_anything_decorated() -> bool:
    """Return whether any resource or responder of this process is decorated."""
    return bool(_decorated)


def wanted_by(app: falcon.App[Any, Any]) -> tuple[bool, list[list[RouteChoice]]]:
    """Find the settings of the routes of an app.

    NOTE: Falcon reports the class names of routes and the source of responders, but not
        the objects. So all classes of one name in one file count as the app's. The
        handlers of an inherited responder are made at its first connection.

    Args:
        app (falcon.App): The app.

    Returns:
        tuple: Whether any route is decorated, and the settings of each resource or
        responder that was found, the nearest one last.
    """
    # PERF: Falcon reads the source of each responder.
    if not is_anything_decorated():
        return False, []
    from falcon.inspect import inspect_routes

    try:
        routes = inspect_routes(app)
    except TypeError:
        # NOTE: Falcon can't inspect a custom router.
        return bool(_decorated), []
    places = {
        (route.class_name, route.source_info.rpartition(':')[0]) for route in routes
    }
    # NOTE: A hook of Falcon replaces the responder that it decorates.
    sources = (__file__, falcon.before.__code__.co_filename)
    found = [
        (f'{route.class_name}.{method.function_name}', method.source_info)
        for route in routes
        for method in route.methods
        if method.source_info.startswith(sources)
    ]
    responders = {name for name, _ in found}
    wanted: list[list[RouteChoice]] = []
    for choice in list(_decorated):
        if choice.resource is not None:
            wanted += [
                route_choices(one)
                for one in _with_subclasses(choice.resource())
                if _is_at(one, places)
            ]
        elif responders & _responder_names(choice):
            wanted.append([choice])
    is_noticed = any(source.startswith(__file__) for _, source in found)
    return bool(wanted or is_noticed), wanted


def _responder_names(choice: RouteChoice) -> set[str]:
    """Return the names of a decorated responder in each class that has it."""
    *path, name = choice.owner.split('.')
    found: Any = sys.modules.get(choice.module)
    for part in path:
        found = getattr(found, part, None)
    # NOTE: A class that was defined in a function can't be found by name.
    found = found if isinstance(found, type) else None
    classes = {one.__name__ for one in _with_subclasses(found)} or set(path[-1:])
    return {f'{one}.{name}' for one in classes}


def _is_at(resource: type, places: set[tuple[str, str]]) -> bool:
    """Return whether a class has one of the names and files."""
    name = resource.__name__
    # NOTE: Falcon finds no source for a class that was made by a call, such as type().
    if (name, '') in places:
        return True
    try:
        return (name, inspect.getsourcefile(resource)) in places
    except (OSError, TypeError):
        # NOTE: It was defined without a file, such as in a console.
        return False


def _with_subclasses(resource: type | None) -> set[type]:
    """Return a class and its subclasses; nothing if the class is gone."""
    found: set[type] = set()
    classes = [] if resource is None else [resource]
    while classes:
        one = classes.pop()
        found.add(one)
        classes += one.__subclasses__()
    return found
