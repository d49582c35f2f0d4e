"""JSON and MessagePack for Falcon's WebSockets, by msgspec: a plugin of falcon-media.

Importing it, and listing what it brings, imports no codec library.

- Messages of any shape: what comes back is equal to what was sent, or it is not sent.
- Messages of a type: msgspec decodes and validates them in one step, and what is sent
  is checked for being of the type.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from importlib import metadata

from falcon import WebSocketPayloadType

from falcon_media import HandlerSpec
from falcon_media import hookimpl
from falcon_media_msgspec.handler import MsgspecJSONHandler
from falcon_media_msgspec.handler import MsgspecMessagePackHandler

__all__ = ('MsgspecJSONHandler', 'MsgspecMessagePackHandler')

# NOTE: Before 0.21 sets leaked, and Structs with a __dict__ crashed CPython 3.13;
#   before 0.21.1 integers with constraints leaked.
_REQUIRES = ('msgspec>=0.21.1',)


@hookimpl
def falcon_media_handlers() -> Sequence[HandlerSpec]:
    """Describe the two handlers of this plugin."""
    return [
        HandlerSpec(
            name=MsgspecJSONHandler.name,
            payload_type=WebSocketPayloadType.TEXT,
            media_type='application/json',
            factory=MsgspecJSONHandler,
            summary='JSON, of any shape or of a type (msgspec)',
            requires=_REQUIRES,
            annotate='falcon_media_tools.annotation.json_text:annotate_json',
        ),
        HandlerSpec(
            name=MsgspecMessagePackHandler.name,
            payload_type=WebSocketPayloadType.BINARY,
            media_type='application/msgpack',
            factory=MsgspecMessagePackHandler,
            summary='MessagePack, of any shape or of a type (msgspec)',
            requires=_REQUIRES,
            aliases=('application/x-msgpack', 'application/vnd.msgpack'),
            annotate='falcon_media_tools.annotation.message_pack:annotate_msgpack',
        ),
    ]


@hookimpl
def falcon_media_diagnostics() -> Mapping[str, str]:
    """Tell the version of the codec library."""
    return {'msgspec': metadata.version('msgspec')}
