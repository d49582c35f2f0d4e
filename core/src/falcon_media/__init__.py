"""Media handlers for Falcon's WebSockets, as plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from falcon_media.late_names import late_names

if TYPE_CHECKING:
    from falcon_media.app.install import install
    from falcon_media.app.installed import Installed
    from falcon_media.app.routes import media_handlers
    from falcon_media.connection.broadcast import Broadcast
    from falcon_media.connection.broadcast import Prepared
    from falcon_media.connection.peer import accept
    from falcon_media.connection.peer import Peer
    from falcon_media.connection.peer import select
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
    from falcon_media.limits import Limits
    from falcon_media.plugins.registry import Registry
    from falcon_media.plugins.use import Use
    from falcon_media.plugins.use import use
    from falcon_media.protocol.batching import Batched
    from falcon_media.protocol.batching import batched
    from falcon_media.protocol.framing import BYTE_LINES
    from falcon_media.protocol.framing import Framing
    from falcon_media.protocol.framing import LINES
    from falcon_media.protocol.guard import Codec
    from falcon_media.protocol.handlers import BinaryHandler
    from falcon_media.protocol.handlers import Handler
    from falcon_media.protocol.handlers import TextHandler
    from falcon_media.protocol.markers import hookimpl
    from falcon_media.protocol.spec import HandlerSpec

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
    'app.install': ('install',),
    'app.installed': ('Installed',),
    'app.routes': ('media_handlers',),
    'connection.broadcast': ('Broadcast', 'Prepared'),
    'connection.peer': ('accept', 'Peer', 'select'),
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
    'limits': ('Limits',),
    'plugins.registry': ('Registry',),
    'plugins.use': ('Use', 'use'),
    'protocol.batching': ('Batched', 'batched'),
    'protocol.framing': ('BYTE_LINES', 'Framing', 'LINES'),
    'protocol.guard': ('Codec',),
    'protocol.handlers': ('BinaryHandler', 'Handler', 'TextHandler'),
    'protocol.markers': ('hookimpl',),
    'protocol.spec': ('HandlerSpec',),
}
"""Module -> its public names: the imports above, at run time."""

if not TYPE_CHECKING:  # pragma: no branch  # always, at run time
    # NOTE: With __getattr__, a type checker would accept any name. The submodules make
    #   `falcon_media.errors.MediaError` work after `import falcon_media`.
    __getattr__, __dir__ = late_names(
        __name__, _NAMES_IN, submodules=('errors', 'limits', 'spi')
    )
