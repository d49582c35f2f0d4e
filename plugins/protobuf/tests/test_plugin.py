"""What the plugin tells of itself, and what it does not import to do so."""

from __future__ import annotations

from importlib import metadata
import json

from falcon import WebSocketPayloadType
from plugins.protobuf.tests import hostile

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


def test_the_entry_point() -> None:
    (entry_point,) = metadata.entry_points(
        group='falcon_media.handlers.v1', name='protobuf'
    )
    assert entry_point.load() is falcon_media_protobuf


def test_the_public_names() -> None:
    assert falcon_media_protobuf.__all__ == ('ProtobufHandler',)


def test_the_diagnostics() -> None:
    assert falcon_media_protobuf.falcon_media_diagnostics() == {
        'protobuf': metadata.version('protobuf')
    }


def test_protobuf_is_imported_by_the_first_handler_and_not_before() -> None:
    printed = hostile.run(
        """
        import json
        import sys
        import falcon_media_protobuf

        falcon_media_protobuf.falcon_media_handlers()
        falcon_media_protobuf.falcon_media_diagnostics()
        before = [name for name in sys.modules if name.startswith('google')]
        handler = falcon_media_protobuf.ProtobufHandler(
            message='google.protobuf.struct_pb2:Value'
        )
        payload = handler.serialize({'string_value': 'hi'})
        print(json.dumps([before, payload.hex(), 'google.protobuf' in sys.modules]))
        """
    )
    assert json.loads(printed) == [[], '1a026869', True]
