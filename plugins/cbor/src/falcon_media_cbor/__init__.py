"""CBOR (RFC 8949) for Falcon's WebSockets: a plugin of falcon-media.

Importing it, and listing what it brings, does not import cbor2.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from importlib import metadata

from falcon import WebSocketPayloadType

from falcon_media import HandlerSpec
from falcon_media import hookimpl
from falcon_media_cbor.annotation import annotate_cbor
from falcon_media_cbor.handler import CBORHandler

__all__ = ('CBORHandler',)


@hookimpl
def falcon_media_handlers() -> Sequence[HandlerSpec]:
    """Describe the one handler of this plugin."""
    return [
        HandlerSpec(
            name=CBORHandler.name,
            payload_type=WebSocketPayloadType.BINARY,
            media_type='application/cbor',
            factory=CBORHandler,
            summary='CBOR (RFC 8949), with dates, UUIDs and big integers',
            requires=('cbor2>=6.2',),
            annotate=annotate_cbor,
        )
    ]


@hookimpl
def falcon_media_diagnostics() -> Mapping[str, str]:
    """Tell the version of the codec library."""
    return {'cbor2': metadata.version('cbor2')}
