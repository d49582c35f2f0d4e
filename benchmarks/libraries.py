"""The bare calls of the codec libraries, to compare the handlers with.

The libraries have their default options, as in a simple app, and so none of the checks
of our handlers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.messages import Message

__all__ = ('Library', 'LIBRARIES')


@dataclass(frozen=True, slots=True)
class Library:
    """The calls of a library, for one message.

    Attributes:
        encode (Callable): Object to payload, as the library makes it.
        decode (Callable): Payload to object.
        frame (Callable): Object to the payload of a frame, if that differs: some
            libraries make ``bytes``, and a TEXT frame takes ``str``.
        typed_decode (Callable): Type to a decoder of its messages, if the library
            decodes to a type in one step.
        make (Callable): Converts the message to an object that the library encodes (for
            instance, an instance of a protobuf class).
    """

    encode: Callable[[Any], str | bytes]
    decode: Callable[[Any], Any]
    frame: Callable[[Any], str | bytes] | None = None
    typed_decode: Callable[[type], Callable[[Any], Any]] | None = None
    make: Callable[[dict[str, Any]], Any] = dict

    @property
    def payload(self) -> Callable[[Any], str | bytes]:
        """Return the function from an object to the payload of a frame."""
        return self.frame or self.encode


def _json(message: Message) -> Library:
    import json

    return Library(json.dumps, json.loads)


def _rapidjson(message: Message) -> Library:
    import rapidjson

    return Library(rapidjson.dumps, rapidjson.loads)


def _orjson(message: Message) -> Library:
    import orjson

    dumps = orjson.dumps
    return Library(dumps, orjson.loads, frame=lambda media: dumps(media).decode())


def _orjson_bytes(message: Message) -> Library:
    import orjson

    return Library(orjson.dumps, orjson.loads)


def _msgspec_json(message: Message) -> Library:
    import msgspec

    encode = msgspec.json.Encoder().encode
    return Library(
        encode,
        msgspec.json.Decoder().decode,
        frame=lambda media: encode(media).decode(),
        typed_decode=lambda cls: msgspec.json.Decoder(cls).decode,
    )


def _msgspec_msgpack(message: Message) -> Library:
    import msgspec

    return Library(
        msgspec.msgpack.Encoder().encode,
        msgspec.msgpack.Decoder().decode,
        typed_decode=lambda cls: msgspec.msgpack.Decoder(cls).decode,
    )


def _msgpack(message: Message) -> Library:
    import msgpack

    return Library(msgpack.packb, msgpack.unpackb)


def _cbor(message: Message) -> Library:
    import cbor2

    return Library(cbor2.dumps, cbor2.loads)


def _protobuf(message: Message) -> Library:
    cls = message.protobuf_type()
    return Library(
        cls.SerializeToString, cls.FromString, make=lambda media: cls(**media)
    )


LIBRARIES: dict[str, Callable[[Message], Library]] = {
    'json': _json,
    'rapidjson': _rapidjson,
    'orjson': _orjson,
    'orjson-bytes': _orjson_bytes,
    'msgspec-json': _msgspec_json,
    'msgspec-msgpack': _msgspec_msgpack,
    'msgpack': _msgpack,
    'cbor': _cbor,
    'protobuf': _protobuf,
}
"""Handler -> the bare calls of its library, if there are any."""
