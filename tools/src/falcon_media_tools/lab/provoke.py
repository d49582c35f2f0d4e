"""Send what no browser can send: a TEXT frame that is not UTF-8."""

from __future__ import annotations

import asyncio
from contextlib import suppress

__all__ = ('closed_with',)

_PATIENCE = 5


async def closed_with(
    host: str, port: int, subprotocol: str, data: bytes
) -> tuple[int, str]:
    """Send a TEXT frame to the lab over a new connection.

    Args:
        host (str): The host that the lab listens on.
        port (int): The port that it listens on.
        subprotocol (str): The subprotocol to request.
        data (bytes): The payload.

    Returns:
        tuple: The close code and reason; 1006 if the lab doesn't close the connection.
    """
    from websockets.asyncio.client import connect
    from websockets.typing import Subprotocol

    name = f'[{host}]' if ':' in host else host
    async with connect(
        f'ws://{name}:{port}/wire',
        subprotocols=[Subprotocol(subprotocol)],
        compression=None,
        proxy=None,
        open_timeout=_PATIENCE,
        close_timeout=_PATIENCE,
    ) as client:
        await client.send(data, text=True)
        with suppress(TimeoutError):
            await asyncio.wait_for(client.wait_closed(), _PATIENCE)
        return client.close_code or 1006, client.close_reason or ''
