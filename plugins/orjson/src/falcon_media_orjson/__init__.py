"""JSON for Falcon's WebSockets, by orjson: a plugin of falcon-media.

- Two handlers: `orjson` for TEXT, and `orjson-bytes` for BINARY, which is JSON in UTF-8
  and does without the detour by way of ``str``.
- What comes back is equal to what was sent, or it is not sent. A tuple becomes a list.
- Integers are those of 64 bits, with or without a sign. The library makes floats of
  others that it receives; here they are refused.
- ``NaN``, ``Infinity``, numbers such as ``1e400``, duplicate keys and halves of
  surrogate pairs are refused.
- Dataclasses, dates and times, members of enums and UUIDs are not sent, unless an
  option says so.

Importing it, and listing what it brings, does not import orjson.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from importlib import metadata

from falcon import WebSocketPayloadType

from falcon_media import HandlerSpec
from falcon_media import hookimpl
from falcon_media_orjson.handler import OrjsonBytesHandler
from falcon_media_orjson.handler import OrjsonHandler

__all__ = (
    'OrjsonBytesHandler',
    'OrjsonHandler',
    'falcon_media_diagnostics',
    'falcon_media_handlers',
)


@hookimpl
def falcon_media_handlers() -> Sequence[HandlerSpec]:
    """Describe the two handlers of this plugin."""
    return [
        HandlerSpec(
            name=OrjsonHandler.name,
            payload_type=WebSocketPayloadType.TEXT,
            media_type='application/json',
            factory=OrjsonHandler,
            summary='JSON, by orjson',
            requires=('orjson>=3.11.6',),
            annotate='falcon_media_tools.annotation.json_text:annotate_json',
        ),
        HandlerSpec(
            name=OrjsonBytesHandler.name,
            payload_type=WebSocketPayloadType.BINARY,
            media_type='application/json',
            factory=OrjsonBytesHandler,
            summary='JSON in binary frames, by orjson',
            requires=('orjson>=3.11.6',),
            annotate='falcon_media_tools.annotation.json_text:annotate_json',
        ),
    ]


@hookimpl
def falcon_media_diagnostics() -> Mapping[str, str]:
    """Tell the version of the library."""
    return {'orjson': metadata.version('orjson')}
