"""JSON for Falcon's WebSockets, by python-rapidjson: a plugin of falcon-media.

- What comes back is equal to what was sent, or it is not sent. A tuple becomes a list.
- Numbers are exact: integers of any size up to 4,300 digits, floats to the last bit.
- ``NaN``, ``Infinity``, numbers such as ``1.8e308``, duplicate keys, halves of
  surrogate pairs, and all that follows a NUL are refused.
- Bytes, iterators, dates, decimals and UUIDs are not sent, unless an option says how.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from importlib import metadata

from falcon import WebSocketPayloadType

from falcon_media import HandlerSpec
from falcon_media import hookimpl
from falcon_media_rapidjson.handler import RapidJSONHandler

__all__ = (
    'RapidJSONHandler',
    'falcon_media_diagnostics',
    'falcon_media_handlers',
)


@hookimpl
def falcon_media_handlers() -> Sequence[HandlerSpec]:
    """Describe the handler of this plugin."""
    return [
        HandlerSpec(
            name=RapidJSONHandler.name,
            payload_type=WebSocketPayloadType.TEXT,
            media_type='application/json',
            factory=RapidJSONHandler,
            summary='JSON, by python-rapidjson',
            requires=('python-rapidjson>=1.25',),
            annotate='falcon_media_tools.annotation.json_text:annotate_json',
        )
    ]


@hookimpl
def falcon_media_diagnostics() -> Mapping[str, str]:
    """Tell the version of the library."""
    return {'python-rapidjson': metadata.version('python-rapidjson')}
