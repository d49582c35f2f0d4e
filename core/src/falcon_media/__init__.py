"""Media handlers for Falcon's WebSockets, as plugins."""

from __future__ import annotations

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
from falcon_media.install import install
from falcon_media.install import Installed
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
