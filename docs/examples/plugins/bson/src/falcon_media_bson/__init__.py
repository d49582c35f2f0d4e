"""A media handler for Falcon's WebSockets: ``bson``.

A plugin of falcon-media. Importing it, and listing what it brings, imports no codec
library.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import metadata

from falcon import WebSocketPayloadType
from falcon_media import HandlerSpec, hookimpl

from falcon_media_bson.handler import BSONHandler

__all__ = ['BSONHandler']


@hookimpl
def falcon_media_handlers() -> Sequence[HandlerSpec]:
    """Describe the one handler of this plugin."""
    return [
        HandlerSpec(
            name=BSONHandler.name,
            payload_type=WebSocketPayloadType.BINARY,
            media_type='application/bson',
            factory=BSONHandler,
            summary='BSON 1.1, with dates and UUIDs',
            requires=('pymongo>=4.9',),
        )
    ]


@hookimpl
def falcon_media_diagnostics() -> Mapping[str, str]:
    """Tell the version of the codec library."""
    library = 'pymongo'
    return {library: metadata.version(library)}
