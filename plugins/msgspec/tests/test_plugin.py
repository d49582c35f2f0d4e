"""What the plugin tells of itself."""

from __future__ import annotations

from importlib import metadata

import falcon

from falcon_media.protocol.spec import annotator_of
import falcon_media_msgspec
from falcon_media_msgspec import MsgspecJSONHandler
from falcon_media_msgspec import MsgspecMessagePackHandler
from falcon_media_tools.annotation.json_text import annotate_json
from falcon_media_tools.annotation.message_pack import annotate_msgpack


def test_the_hook_describes_two_handlers() -> None:
    json, messagepack = falcon_media_msgspec.falcon_media_handlers()
    assert json.name == MsgspecJSONHandler.name == 'msgspec-json'
    assert json.payload_type is falcon.WebSocketPayloadType.TEXT
    assert json.media_type == 'application/json'
    assert json.factory is MsgspecJSONHandler
    assert messagepack.name == MsgspecMessagePackHandler.name == 'msgspec-msgpack'
    assert messagepack.payload_type is falcon.WebSocketPayloadType.BINARY
    assert messagepack.media_type == 'application/msgpack'
    assert messagepack.factory is MsgspecMessagePackHandler
    assert json.requires == messagepack.requires
    assert json.unenforced == messagepack.unenforced == ()
    assert annotator_of(json) is annotate_json
    assert annotator_of(messagepack) is annotate_msgpack


def test_diagnostics_tell_the_version() -> None:
    facts = falcon_media_msgspec.falcon_media_diagnostics()
    assert facts == {'msgspec': metadata.version('msgspec')}
