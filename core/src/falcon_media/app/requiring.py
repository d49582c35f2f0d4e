"""Responders that need ``install()``.

This is a separate module because ``falcon_media.app.routes`` recognises decorated
responders by their source file, which Falcon reports.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

from falcon_media.connection.connection import connection_of

__all__ = ('install_first',)


def install_first(responder: Any) -> Any:
    """Make a responder raise if ``install()`` was not called for the app.

    Args:
        responder (Callable): An ``on_websocket`` responder.

    Returns:
        Callable: The responder, with the check.
    """

    @wraps(responder)
    async def on_websocket(
        self: object, req: Any, ws: Any, *args: Any, **params: Any
    ) -> Any:
        connection_of(req)
        return await responder(self, req, ws, *args, **params)

    return on_websocket
