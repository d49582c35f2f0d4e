"""A media handler for Falcon's WebSockets: ``yaml``.

A plugin of falcon-media. Importing it, and listing what it brings, imports no codec
library.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import metadata

from falcon import WebSocketPayloadType
from falcon_media import HandlerSpec, hookimpl

from falcon_media_yaml.handler import YAMLHandler

__all__ = ['YAMLHandler']


@hookimpl
def falcon_media_handlers() -> Sequence[HandlerSpec]:
    """Describe the one handler of this plugin."""
    return [
        HandlerSpec(
            name=YAMLHandler.name,
            payload_type=WebSocketPayloadType.TEXT,
            media_type='application/yaml',
            factory=YAMLHandler,
            summary='YAML 1.1, without aliases and tags',
            requires=('PyYAML>=6.0.1',),
        )
    ]


@hookimpl
def falcon_media_diagnostics() -> Mapping[str, str]:
    """Tell the version of the codec library."""
    library = 'PyYAML'
    return {library: metadata.version(library)}
