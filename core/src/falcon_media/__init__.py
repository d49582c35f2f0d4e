"""Media handlers for Falcon's WebSockets, as plugins.

PERF: Each of the names below is imported when it is asked for (PEP 562): a plugin needs
    a few of them, an app whose connections speak one format most, and no process all.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from falcon_media.batching import Batched
    from falcon_media.batching import batched
    from falcon_media.broadcast import Broadcast
    from falcon_media.broadcast import Prepared
    from falcon_media.connection import accept
    from falcon_media.connection import Peer
    from falcon_media.connection import select
    from falcon_media.errors import ConfigError
    from falcon_media.errors import HandlerConflict
    from falcon_media.errors import HandlerLoadError
    from falcon_media.errors import HandlerNotFound
    from falcon_media.errors import HookError
    from falcon_media.errors import InvalidPayload
    from falcon_media.errors import MalformedPayload
    from falcon_media.errors import MediaError
    from falcon_media.errors import PayloadError
    from falcon_media.errors import PayloadTooLarge
    from falcon_media.errors import SetupError
    from falcon_media.errors import SubprotocolNotSupported
    from falcon_media.errors import UnserializableMedia
    from falcon_media.errors import UnsupportedPayload
    from falcon_media.framing import BYTE_LINES
    from falcon_media.framing import Framing
    from falcon_media.framing import LINES
    from falcon_media.guard import Codec
    from falcon_media.handlers import BinaryHandler
    from falcon_media.handlers import Handler
    from falcon_media.handlers import HandlerSpec
    from falcon_media.handlers import TextHandler
    from falcon_media.hookspecs import hookimpl
    from falcon_media.installing import install
    from falcon_media.installing import Installed
    from falcon_media.limits import Limits
    from falcon_media.registry import Registry
    from falcon_media.registry import Use
    from falcon_media.registry import use
    from falcon_media.routes import media_handlers

__all__ = (
    'BYTE_LINES',
    'Batched',
    'BinaryHandler',
    'Broadcast',
    'Codec',
    'ConfigError',
    'Framing',
    'Handler',
    'HandlerConflict',
    'HandlerLoadError',
    'HandlerNotFound',
    'HandlerSpec',
    'HookError',
    'Installed',
    'InvalidPayload',
    'LINES',
    'Limits',
    'MalformedPayload',
    'MediaError',
    'PayloadError',
    'PayloadTooLarge',
    'Peer',
    'Prepared',
    'Registry',
    'SetupError',
    'SubprotocolNotSupported',
    'TextHandler',
    'UnserializableMedia',
    'UnsupportedPayload',
    'Use',
    'accept',
    'batched',
    'hookimpl',
    'install',
    'media_handlers',
    'select',
    'use',
)

_NAMES_IN = {
    'batching': ('Batched', 'batched'),
    'broadcast': ('Broadcast', 'Prepared'),
    'connection': ('accept', 'Peer', 'select'),
    'errors': (
        'ConfigError',
        'HandlerConflict',
        'HandlerLoadError',
        'HandlerNotFound',
        'HookError',
        'InvalidPayload',
        'MalformedPayload',
        'MediaError',
        'PayloadError',
        'PayloadTooLarge',
        'SetupError',
        'SubprotocolNotSupported',
        'UnserializableMedia',
        'UnsupportedPayload',
    ),
    'framing': ('BYTE_LINES', 'Framing', 'LINES'),
    'guard': ('Codec',),
    'handlers': ('BinaryHandler', 'Handler', 'HandlerSpec', 'TextHandler'),
    'hookspecs': ('hookimpl',),
    'installing': ('install', 'Installed'),
    'limits': ('Limits',),
    'registry': ('Registry', 'Use', 'use'),
    'routes': ('media_handlers',),
}
"""Module -> what is public of it: the imports above, for the interpreter."""

_MODULE_OF = {name: module for module, names in _NAMES_IN.items() for name in names}


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _import(name: str) -> object:
    # NOTE: `falcon_media.limits.media_check`, after `import falcon_media` alone.
    if name in _NAMES_IN:
        return import_module(f'{__name__}.{name}')
    if name not in _MODULE_OF:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    value = getattr(import_module(f'{__name__}.{_MODULE_OF[name]}'), name)
    globals()[name] = value
    return value


if not TYPE_CHECKING:  # pragma: no branch  # always, at run time
    # NOTE: A type checker would take any name at all for one of this module.
    __getattr__ = _import
