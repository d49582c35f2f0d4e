"""Close a connection with a code that its server supports, and report the outcome."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from falcon_media.connection.eager_tasks import was_cancelled

if TYPE_CHECKING:
    from falcon.asgi import WebSocket

__all__ = ('close', 'end')

_PATIENCE = 10.0
"""Seconds that a server may take to close, since it may wait for the client."""

_logger = logging.getLogger('falcon_media')


async def close(ws: WebSocket, code: int, reason: str | None = None) -> int:
    """Close a connection; do nothing if it is closed.

    Args:
        ws (falcon.asgi.WebSocket): The connection.
        code (int): The close code.
        reason (str): The close reason.

    Returns:
        int: The close code that the server accepted.

    Raises:
        Exception: The server raised it for a broken connection.
    """
    try:
        await ws.close(code, reason)
    except OSError:
        # NOTE: By the ASGI specification, the client has disconnected.
        raise
    except Exception:
        # NOTE: daphne refuses all codes but 1000 and 3000 to 4999, and the socket then
        #   stays open. No server tells beforehand which codes it supports.
        if not 1000 < code < 3000:
            raise
        code += 3000
        await ws.close(code, reason)
    return code


async def end(ws: WebSocket, code: int, reason: str) -> str:
    """Close a connection, and raise no error of its server.

    Args:
        ws (falcon.asgi.WebSocket): The connection.
        code (int): The close code.
        reason (str): The close reason.

    Returns:
        str: The outcome, for the log.
    """
    if ws.closed:
        return 'already closed'
    is_refused = ws.unaccepted
    try:
        async with asyncio.timeout(_PATIENCE):
            sent = await close(ws, code, reason)
    except TimeoutError:
        return f'not closed: the server did not finish within {_PATIENCE:.0f} s'
    except (Exception, asyncio.CancelledError) as ex:
        if was_cancelled(ex):
            raise
        _logger.debug('the server raised an exception on close', exc_info=True)
        if isinstance(ex, OSError):
            return 'the client disconnected first'
        return f'not closed: the server raised {type(ex).__name__}'
    if is_refused:
        return 'handshake refused with 403'
    if sent != code:
        return f'closed with {sent}, since the server does not send {code}'
    return f'closed with {sent}'
