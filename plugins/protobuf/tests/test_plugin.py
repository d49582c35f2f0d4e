"""What the plugin tells of itself."""

from __future__ import annotations

from importlib import metadata

from falcon import WebSocketPayloadType

import falcon_media_protobuf
from falcon_media_protobuf import ProtobufHandler


def test_the_spec() -> None:
    (spec,) = falcon_media_protobuf.falcon_media_handlers()
    assert spec.name == ProtobufHandler.name == 'protobuf'
    assert spec.payload_type is WebSocketPayloadType.BINARY
    assert spec.media_type == 'application/x-protobuf'
    assert spec.aliases == ('application/protobuf', 'application/vnd.google.protobuf')
    assert spec.factory is ProtobufHandler
    assert spec.summary
    assert spec.requires == ('protobuf>=6.33.5',)
    assert spec.unenforced == ()


def test_the_public_names() -> None:
    assert falcon_media_protobuf.__all__ == ('ProtobufHandler',)


def test_the_diagnostics() -> None:
    assert falcon_media_protobuf.falcon_media_diagnostics() == {
        'protobuf': metadata.version('protobuf')
    }
