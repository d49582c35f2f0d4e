"""Responders that need ``install()``.

A module of its own, since Falcon tells in which file a responder is, and
``falcon_media.app.routes`` knows by that which ones are decorated.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

from falcon_media.connection.connection import connection_of

__all__ = ('install_first',)


def install_first(responder: Any) -> Any:
    """Make a responder raise where ``install()`` was not called for the app.

    Args:
        responder (Callable): An ``on_websocket`` responder.

    Returns:
        Callable: The same, for a connection of an app with handlers of ours.
    """

    @wraps(responder)
    async def on_websocket(
        self: object, req: Any, ws: Any, *args: Any, **params: Any
    ) -> Any:
        connection_of(req)
        return await responder(self, req, ws, *args, **params)

    return on_websocket
