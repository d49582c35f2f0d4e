"""Default error responses and logging.

By default, an app closes the connection with the close code of the error, and logs one
line. Neither contains text of a client or of a library.
"""

from __future__ import annotations

from collections.abc import Sequence
import logging
from typing import Any

import falcon
from falcon import WebSocketPayloadType
from falcon.asgi import App
from falcon.asgi import Request
from falcon.asgi import Response
from falcon.asgi import WebSocket

from falcon_media.connection.closing import end
from falcon_media.connection.connection import connection_of
from falcon_media.errors import ConfigError
from falcon_media.errors import HandledByDefault
from falcon_media.errors import MediaError
from falcon_media.errors import PayloadError
from falcon_media.errors import SubprotocolNotSupported
from falcon_media.errors import UnserializableMedia
from falcon_media.errors import UnsupportedPayload

__all__ = ('add_error_handlers',)

_logger = logging.getLogger('falcon_media')

_SHOWN = 8
_SHOWN_LENGTH = 64


def add_error_handlers(app: App[Any, Any]) -> None:
    """Add the default error handlers; those that the app registers win."""
    app.add_error_handler(HandledByDefault, _refuse)
    # PERF: See routes.py.
    from falcon.inspect import inspect_error_handlers

    # NOTE: Falcon's own error has no base class for a default, and the last
    #   registration wins.
    of_falcon = falcon.PayloadTypeError
    registered = [handler.error for handler in inspect_error_handlers(app)]
    if of_falcon.__name__ not in registered:
        app.add_error_handler(of_falcon, _refuse)


async def _refuse(
    req: Request,
    resp: Response | None,
    ex: Exception,
    params: dict[str, Any],
    ws: WebSocket | None = None,
) -> None:
    if isinstance(ex, falcon.PayloadTypeError):
        ex = UnsupportedPayload(
            'the responder expected a frame of the other type, TEXT or BINARY'
        )
    if ws is None:
        if isinstance(ex, PayloadError):
            raise falcon.HTTPError(ex.http_status, title=ex.reason)
        _logger.error('%s; %s', ex, _where(req), exc_info=ex)
        raise falcon.HTTPInternalServerError
    _count(req, ex)
    if isinstance(ex, SubprotocolNotSupported):
        _logger.warning(
            'no common subprotocol: offered %s; supported %s; %s',
            _shown(ex.offered),
            ', '.join(ex.supported),
            _where(req),
        )
        # NOTE: The server answers the handshake with 403.
        await end(ws, 1000, '')
        return
    error = ex if isinstance(ex, PayloadError) else UnserializableMedia
    outcome = 'closing was cancelled'
    try:
        outcome = await end(ws, error.close_code, error.reason)
    finally:
        # NOTE: One line per connection, since the connection ends here. A responder
        #   that catches the error and continues does its own logging.
        if error is ex:
            _logger.warning('%s; %s; %s', ex, outcome, _where(req))
        else:
            _logger.error('%s; %s; %s', ex, outcome, _where(req), exc_info=ex)


def _count(req: Request, ex: Exception) -> None:
    try:
        connection = connection_of(req)
    except ConfigError:
        return
    if isinstance(ex, SubprotocolNotSupported):
        connection.table.refused_handshakes += 1
    elif isinstance(ex, MediaError):  # pragma: no branch  # all that comes here is one
        payload_type = getattr(ex, 'payload_type', None) or WebSocketPayloadType.TEXT
        connection.in_use(payload_type).tally.refuse(ex)


def _where(req: Request) -> str:
    # NOTE: Log the template, since a path is text of the client, line breaks included.
    peer = req.remote_addr
    return (
        f'peer {peer if peer.isprintable() else ascii(peer)}, '
        f'route {req.uri_template or "unknown"}'
    )


def _shown(offered: Sequence[str]) -> str:
    """Format the list of a client for the log, escaped and shortened."""
    if not offered:
        return 'none'
    names = [ascii(name[:_SHOWN_LENGTH]) for name in offered[:_SHOWN]]
    more = len(offered) - len(names)
    return ', '.join(names) + (f' and {more} more' if more else '')
