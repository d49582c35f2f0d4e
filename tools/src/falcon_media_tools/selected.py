"""The handlers and budgets that an app uses, with the source of each choice."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, TypedDict

import falcon
import falcon.asgi
from falcon.inspect import inspect_routes

from falcon_media.app.connection_handlers import ConnectionHandlers
from falcon_media.app.http import HTTPHandler
from falcon_media.app.installed import Installed
from falcon_media.protocol.handlers import BinaryHandler
from falcon_media.protocol.handlers import Handler
from falcon_media.protocol.handlers import TextHandler
from falcon_media.selection.model import Chosen
from falcon_media.selection.model import described
from falcon_media.selection.model import own_budgets
from falcon_media_tools.findings import Finding

__all__ = (
    'assigned_later',
    'by_hand',
    'installed_in',
    'Limit',
    'limits_of',
    'unbounded_http',
)


class Limit(TypedDict):
    """A budget in force.

    ``of`` names the handler or route that it applies to; ``None`` means the whole app.
    """

    budget: str
    value: int
    of: str | None
    source: str


def installed_in(app: falcon.App[Any, Any]) -> Installed | None:
    """Return what ``install()`` installed in an ASGI app, including its routes.

    Raises:
        SetupError: A handler that a route selects is not available.
    """
    if isinstance(app, falcon.asgi.App):
        table = app.ws_options.media_handlers
        if isinstance(table, ConnectionHandlers):
            table.wiring.check_routes(app)
            return Installed(table.wiring)
    return None


def assigned_later(
    app: falcon.asgi.App[Any, Any], installed: Installed
) -> Iterable[Finding]:
    """Report handlers that were assigned after ``install()``."""
    known = [bound.handler for bound in installed.handlers.all()]
    for payload_type, handler in app.ws_options.media_handlers.items():
        if handler not in known:
            kind = payload_type.name
            yield Finding(
                f'{kind}: a {type(handler).__name__} was assigned to media_handlers '
                'after install() and replaces the installed handler',
                f'pass it as falcon_media.install(app, {kind.lower()}=...)',
            )


def unbounded_http(
    app: falcon.asgi.App[Any, Any], installed: Installed
) -> Iterator[Finding]:
    """Report a route that may read HTTP bodies without budgets."""
    if installed.http:
        return
    try:
        routes = inspect_routes(app)
    except TypeError:
        # NOTE: Falcon can't inspect a custom router.
        return
    for route in routes:
        for method in route.methods:
            if method.method in _WITH_BODY and not method.internal:
                yield Finding(
                    f'HTTP: {method.method} {route.path} may read a body with '
                    "Falcon's own media handlers, which have no budgets",
                    "pass http=['json'], or other handlers, to falcon_media.install()",
                )
                return


_WITH_BODY = ('PATCH', 'POST', 'PUT')


def limits_of(installed: Installed) -> list[Limit]:
    """List the budgets of an app, and those of handlers that differ."""
    app = installed.budgets()
    limits = [
        Limit(budget=budget, value=value, of=None, source=source)
        for budget, (value, source) in app.items()
    ]
    for choice in installed.choices():
        kind, shown, _ = described(choice)
        of = choice['route'] or f'{shown}, for {kind}'
        for budget, own in own_budgets(choice, app):
            limit = Limit(budget=budget, value=own.value, of=of, source=own.source)
            if limit not in limits:
                limits.append(limit)
    return limits


def by_hand(app: falcon.App[Any, Any]) -> list[Chosen]:
    """List our handlers that an app uses without ``install()``.

    NOTE: This includes those that ``install()`` gave to a WSGI app, which keeps no
    record of it.
    """
    choices = [
        _chosen(handler.handler, media_type, 'media_handlers')
        for media_type, handler in app.req_options.media_handlers.items()
        if isinstance(handler, HTTPHandler)
    ]
    if isinstance(app, falcon.asgi.App):
        choices += [
            _chosen(handler, None, 'ws_options.media_handlers')
            for handler in app.ws_options.media_handlers.values()
            if isinstance(handler, TextHandler | BinaryHandler) and handler.codec
        ]
    return choices


def _chosen(handler: Handler, media_type: str | None, source: str) -> Chosen:
    return Chosen(
        route=None,
        subprotocol=None,
        media_type=media_type,
        payload_type=handler.payload_type.name,
        handler=handler.name,
        asked=None,
        types=str(handler.types) if handler.types else None,
        source=source,
        limits=asdict(handler.limits.settled()),
        limits_sources=dict.fromkeys(asdict(handler.limits), source),
        is_sent_only=False,
    )
