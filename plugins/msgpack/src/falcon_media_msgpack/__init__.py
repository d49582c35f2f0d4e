"""MessagePack for Falcon's WebSockets: a plugin of falcon-media.

Importing it, and listing what it brings, imports no codec library.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from importlib import metadata
import sys

from falcon import WebSocketPayloadType

from falcon_media import HandlerSpec
from falcon_media import hookimpl
from falcon_media_msgpack.handler import MessagePackHandler

__all__ = ('MessagePackHandler',)


@hookimpl
def falcon_media_handlers() -> Sequence[HandlerSpec]:
    """Describe the one handler of this plugin."""
    return [
        HandlerSpec(
            name=MessagePackHandler.name,
            payload_type=WebSocketPayloadType.BINARY,
            media_type='application/msgpack',
            factory=MessagePackHandler,
            summary='MessagePack (msgpack)',
            # NOTE: Before 1.2.3 each map that is refused for its key leaks the value,
            #   and before 1.2.4 a payload of 10 KB could have 80 MB allocated.
            requires=('msgpack>=1.2.4',),
            aliases=('application/x-msgpack', 'application/vnd.msgpack'),
            annotate='falcon_media_tools.annotation.message_pack:annotate_msgpack',
        )
    ]


@hookimpl
def falcon_media_diagnostics() -> Mapping[str, str]:
    """Tell the version of the codec library, and what this interpreter does to it."""
    facts = {'msgpack': metadata.version('msgpack')}
    # NOTE: The library interns the keys of maps (python/cpython#113993).
    if (3, 12) <= sys.version_info < (3, 12, 7):
        facts['msgpack keys'] = 'never freed by CPython before 3.12.7'
    return facts
