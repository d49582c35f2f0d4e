"""The installed handlers, and Falcon's own for the same formats."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from falcon import WebSocketPayloadType
from falcon.media import JSONHandlerWS
from falcon.media import MessagePackHandlerWS

from benchmarks.libraries import LIBRARIES
from benchmarks.libraries import Library
from benchmarks.messages import Message
import falcon_media

__all__ = ('Entrant', 'entrants', 'left_out')

TEXT = WebSocketPayloadType.TEXT

OPTIONS: dict[str, Callable[[Message], Mapping[str, Any]]] = {
    'protobuf': lambda message: {'message': message.protobuf_type()}
}
"""Handler -> its required options."""

OF_FALCON: dict[str, Callable[[], Any]] = {
    'json': JSONHandlerWS,
    'msgpack': MessagePackHandlerWS,
}
"""Handler -> Falcon's default handler with the same library."""


@cache
def _registry() -> falcon_media.Registry:
    return falcon_media.Registry.discover()


@dataclass(frozen=True)
class Entrant:
    """An installed handler with a bare library call to compare with.

    Attributes:
        name (str): Name of the handler.
        is_text (bool): Whether its payloads are TEXT.
        media_type (str): Media type of its format.
    """

    name: str
    is_text: bool
    media_type: str

    @property
    def payload_type(self) -> WebSocketPayloadType:
        """TEXT or BINARY."""
        return TEXT if self.is_text else WebSocketPayloadType.BINARY

    @property
    def is_like_falcon(self) -> bool:
        """Tell whether Falcon has a default handler for the format and payload type."""
        default = 'application/json' if self.is_text else 'application/msgpack'
        return self.media_type == default

    def use(self, message: Message, **options: Any) -> falcon_media.Use:
        """Make the argument of ``falcon_media.install()`` for a message."""
        needed = OPTIONS[self.name](message) if self.name in OPTIONS else {}
        return falcon_media.use(self.name, **needed, **options)

    def handler(self, message: Message, **options: Any) -> falcon_media.Handler:
        """Make the handler for a message."""
        chosen = self.use(message, **options)
        return _registry().build(chosen, None, falcon_media.Limits())

    def typed(self, message: Message) -> falcon_media.Handler | None:
        """Make a handler bound to the type of the message, if possible."""
        try:
            return self.handler(message, type=message.struct_type())
        except falcon_media.ConfigError:
            return None

    def library(self, message: Message) -> Library:
        """Return the bare calls of its library."""
        return LIBRARIES[self.name](message)

    def falcon(self, message: Message) -> dict[str, Any]:
        """Make Falcon's own handlers for the format.

        Returns:
            dict: ``'Falcon'``: the one with the same library, if there is one.
            ``'Falcon default'``: the default one, if it has another library.
        """
        if self.name in OF_FALCON:
            return {'Falcon': OF_FALCON[self.name]()}
        handlers: dict[str, Any] = {}
        if self.media_type == 'application/json':
            handlers['Falcon default'] = JSONHandlerWS()
            if self.is_text:
                library = self.library(message)
                payload: Callable[[Any], Any] = library.payload
                handlers['Falcon'] = JSONHandlerWS(payload, library.decode)
        elif self.media_type == 'application/msgpack':
            handlers['Falcon default'] = MessagePackHandlerWS()
        return handlers


def entrants(only: frozenset[str] = frozenset()) -> list[Entrant]:
    """List the installed handlers, in the order of ``LIBRARIES``."""
    rows = _registry().rows()
    usable = {row['name'] for row in rows if row['state'] == 'loaded'}
    found = []
    for name in LIBRARIES:
        if name in usable and (not only or name in only):
            spec = _registry().find(name, None)
            found.append(
                Entrant(
                    name,
                    is_text=spec.payload_type is TEXT,
                    media_type=spec.media_type,
                )
            )
    return found


def left_out() -> dict[str, str]:
    """Return the handlers that no bench measures, with the reasons."""
    rows = _registry().rows()
    reasons = {
        row['name']: row['error'] or 'no bare library call is known for it'
        for row in rows
        if row['state'] != 'loaded' or row['name'] not in LIBRARIES
    }
    names = {row['name'] for row in rows}
    return reasons | {
        name: 'it is not installed' for name in LIBRARIES if name not in names
    }
