"""The installed ASGI servers, and how much of a message each buffers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import os

from falcon_media.requirements import version_of

__all__ = ('Server', 'servers')


@dataclass(slots=True, kw_only=True)
class Server:
    """An installed ASGI server.

    Attributes:
        name (str): Its name.
        version (str): Its version.
        has_websockets (bool): Whether it is installed with WebSocket support.
        notes (list[str]): Notes about serving the app with it.
    """

    name: str
    version: str
    has_websockets: bool
    notes: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Size:
    """The setting of a server for the size of a message, with its default."""

    setting: str
    default: int
    variable: str = ''


# NOTE: From the help texts and settings of uvicorn 0.54, Hypercorn 0.18, daphne 4.2
#   and granian 2.8.
_SIZES: dict[str, _Size | None] = {
    'uvicorn': _Size(
        setting='--ws-max-size',
        default=16_777_216,
        variable='UVICORN_WS_MAX_SIZE',
    ),
    'hypercorn': _Size(setting='websocket_max_message_size', default=16_777_216),
    'daphne': _Size(setting='--websocket-max-message-size', default=1_048_576),
    'granian': None,
}


def servers(max_size: int, environ: Mapping[str, str] = os.environ) -> list[Server]:
    """Find the installed servers.

    Args:
        max_size (int): The largest payload that any handler of the app accepts.
        environ (Mapping): Environment variables.

    Returns:
        list[Server]: The installed servers.
    """
    found = []
    for name, size in _SIZES.items():
        version = version_of(name)
        if version is not None:
            server = Server(name=name, version=version, has_websockets=True, notes=[])
            server.notes.append(_size_note(size, max_size, environ))
            if name == 'uvicorn':
                _look_into_uvicorn(server)
            found.append(server)
    return found


def _size_note(size: _Size | None, max_size: int, environ: Mapping[str, str]) -> str:
    if size is None:
        return 'has no setting for the size of a message; a built-in limit applies'
    held, setting = size.default, size.setting
    if environ.get(size.variable, '').isdecimal():
        held, setting = int(environ[size.variable]), size.variable
    if held == max_size:
        return f'refuses messages over {held} bytes ({setting}), as the app does'
    if held < max_size:
        return (
            f'refuses messages over {held} bytes ({setting}), but the app accepts up '
            f'to {max_size}'
        )
    return (
        f'buffers up to {held} bytes of each message ({setting}), but the app accepts '
        f'only {max_size}: set {size.setting} to {max_size}'
    )


def _look_into_uvicorn(server: Server) -> None:
    if version_of('websockets') is None and version_of('wsproto') is None:
        server.has_websockets = False
    else:
        server.notes.append(
            'decompresses a message before the full size is known: set '
            '--ws-per-message-deflate false if clients are not trusted and messages '
            'are small'
        )
