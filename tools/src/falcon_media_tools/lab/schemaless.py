"""Send any JSON in a format that needs a schema.

Protocol Buffers provide a message type for any JSON, ``google.protobuf.Value``. It is
for a first look: with a schema of your own, a message is a fraction of the size.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from falcon_media.errors import UnserializableMedia
from falcon_media.protocol.guard import Codec
from falcon_media.protocol.handlers import BinaryHandler
from falcon_media.protocol.handlers import Handler

__all__ = ('ANY_JSON', 'AnyJSON', 'Note', 'Schemaless')


class Note(TypedDict):
    """A note about a handler, with a command that avoids the drawback."""

    short: str
    long: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Schemaless:
    """Default options for a handler that needs a schema.

    Attributes:
        options (Mapping): The options.
        note (Note): A note about them.
    """

    options: Mapping[str, Any]
    note: Note


ANY_JSON = {
    'application/x-protobuf': Schemaless(
        options={'message': 'google.protobuf.struct_pb2:Value'},
        note=Note(
            short='as google.protobuf.Value',
            long='holds any JSON, but is large and slow. With your own message type:',
            command='falcon-media lab --option protobuf.message=MODULE:CLASS',
        ),
    )
}
"""Media type of a handler -> its default options."""


class AnyJSON(BinaryHandler):
    """A handler of ``google.protobuf.Value`` for plain objects.

    Args:
        schemaful (Handler): The handler of messages.
        plain (Callable): Converts a message to a mapping of its fields.
    """

    def __init__(self, schemaful: Handler, plain: Callable[[Any], Any]) -> None:
        deserialize: Callable[[bytes], object] = schemaful.deserialize  # type: ignore[assignment]  # a BINARY handler
        message = type(deserialize(_NULL))

        def encode(media: object) -> bytes:
            payload: bytes = schemaful.serialize(_to_value(media, message))  # type: ignore[assignment]  # a BINARY handler
            return payload

        def decode(payload: bytes) -> object:
            return _from_value(plain(deserialize(payload)))

        # NOTE: The inner handler makes all other checks.
        limits = schemaful.limits
        codec = Codec(encode=encode, decode=decode, unchecked=limits.max_size)
        super().__init__(codec, limits, name=schemaful.name)
        self.schemaful = schemaful
        """The handler of messages."""


_NULL = b'\x08\x00'
"""``null``, as a Value."""


def _to_value(media: object, message: Any) -> object:
    # NOTE: protobuf itself converts the items of a list or a map.
    for kind, field in _FIELDS.items():
        if isinstance(media, kind):
            return message(**{field: media})
    if media is None:
        return message(null_value=0)
    raise UnserializableMedia(f'google.protobuf.Value has no {type(media).__name__}')


# NOTE: bool is a subclass of int, so it comes first.
_FIELDS: dict[type, str] = {
    bool: 'bool_value',
    int: 'number_value',
    float: 'number_value',
    str: 'string_value',
    list: 'list_value',
    dict: 'struct_value',
}


def _from_value(fields: Mapping[str, Any]) -> object:
    # NOTE: A Value without a field counts as null.
    kind, value = next(iter(fields.items()), _NO_KIND)
    return None if kind == 'null_value' else value


_NO_KIND: tuple[str, Any] = ('null_value', None)
