"""Protocol Buffers for Falcon's WebSockets: a plugin of falcon-media.

Importing it, and listing what it brings, imports no protobuf library.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from importlib import metadata

from falcon import WebSocketPayloadType

from falcon_media import HandlerSpec
from falcon_media import hookimpl
from falcon_media.spi import Span
from falcon_media_protobuf.handler import ProtobufHandler
from falcon_media_protobuf.plain import fields_of

__all__ = ('ProtobufHandler',)


@hookimpl
def falcon_media_handlers() -> Sequence[HandlerSpec]:
    """Describe the one handler of this plugin."""
    return [
        HandlerSpec(
            name=ProtobufHandler.name,
            payload_type=WebSocketPayloadType.BINARY,
            media_type='application/x-protobuf',
            factory=ProtobufHandler,
            summary='Protocol Buffers, one message type (protobuf)',
            requires=('protobuf>=6.33.5',),
            aliases=('application/protobuf', 'application/vnd.google.protobuf'),
            annotate=_annotate,
            plain=fields_of,
        )
    ]


@hookimpl
def falcon_media_diagnostics() -> Mapping[str, str]:
    """Tell the version of the codec library."""
    return {'protobuf': metadata.version('protobuf')}


def _annotate(payload: bytes, options: Mapping[str, object]) -> Iterator[Span]:
    from falcon_media_protobuf.annotation import annotate_message

    return annotate_message(payload, options)
