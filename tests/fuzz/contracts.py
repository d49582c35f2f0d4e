"""What ``nox -s fuzz`` mutates: each handler, with payloads that are in order.

These are declarations for the fuzzer alone; pytest doesn't collect this file. A payload
stands for an object that a test elsewhere proves byte by byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import json
from typing import Any, ClassVar

import cbor2
import msgpack

from falcon_media_testing import HandlerContract
from falcon_media_testing import Sample

CHAT: dict[str, Any] = {'type': 'chat', 'author': 'Zoë', 'text': 'hello', 'id': 4821}
EVENT: dict[str, Any] = {
    'kind': 'order',
    'ok': True,
    'note': None,
    'total': -0.5,
    'geo': [52.52, 13.405e3],
    'items': [{'sku': f'S-{i}', 'qty': i, 'big': 2**40 + i} for i in range(8)],
    'empty': [[], {}, ''],
    'deep': [[[[{'a': [{'b': [[]]}]}]]]],
}
LONG: dict[str, Any] = {'rows': [[i, i / 7, f'row {i}'] for i in range(300)]}
OBJECTS = (CHAT, EVENT, LONG)

TEXTS = [Sample(media, json.dumps(media, ensure_ascii=False)) for media in OBJECTS]
ESCAPED = [Sample(media, json.dumps(media, indent=1)) for media in OBJECTS]


class TestJSON(HandlerContract):
    """The built-in handler."""

    name = 'json'
    samples: ClassVar[Sequence[Sample]] = [*TEXTS, *ESCAPED]


class TestRapidJSON(HandlerContract):
    """The same texts."""

    name = 'rapidjson'
    samples: ClassVar[Sequence[Sample]] = [*TEXTS, *ESCAPED]


class TestOrjson(HandlerContract):
    """The same texts, once more."""

    name = 'orjson'
    samples: ClassVar[Sequence[Sample]] = [*TEXTS, *ESCAPED]


class TestOrjsonBytes(HandlerContract):
    """The same texts, in bytes."""

    name = 'orjson-bytes'
    samples: ClassVar[Sequence[Sample]] = [
        Sample(sample.media, sample.payload.encode()) for sample in [*TEXTS, *ESCAPED]
    ]


class TestMessagePack(HandlerContract):
    """With the extension types that are refused."""

    name = 'msgpack'
    samples: ClassVar[Sequence[Sample]] = [
        *(Sample(media, msgpack.packb(media)) for media in OBJECTS),
        Sample([b'\x00'], b'\x91\xc4\x01\x00'),
        Sample(None, b'\xd6\xff\x00\x00\x00\x00'),
    ]


class TestMsgspecJSON(HandlerContract):
    """The same texts once more."""

    name = 'msgspec-json'
    samples: ClassVar[Sequence[Sample]] = [*TEXTS, *ESCAPED]


class TestMsgspecMessagePack(TestMessagePack):
    """The same bytes."""

    name = 'msgspec-msgpack'


class TestTyped(TestMsgspecJSON):
    """For a type that little of it fits."""

    options: ClassVar[Mapping[str, Any]] = {'type': dict[str, str | int]}


class TestTypedMessagePack(TestMessagePack):
    """Likewise."""

    name = 'msgspec-msgpack'
    options: ClassVar[Mapping[str, Any]] = {'type': dict[str, str | int]}


class TestCBOR(HandlerContract):
    """With tags that are accepted, and others."""

    name = 'cbor'
    samples: ClassVar[Sequence[Sample]] = [
        *(Sample(media, cbor2.dumps(media)) for media in OBJECTS),
        Sample(2**64, bytes.fromhex('c249010000000000000000')),
        Sample(None, bytes.fromhex('c074323031332d30332d32315432303a30343a30305a')),
        Sample(None, bytes.fromhex('82d81e820102f7')),
    ]


class TestProtobuf(HandlerContract):
    """A message of the examples, in bytes written by hand."""

    name = 'protobuf'
    options: ClassVar[Mapping[str, Any]] = {'message': 'events_pb2:Event'}
    samples: ClassVar[Sequence[Sample]] = [
        Sample(None, b'\x0a\x04post\x1a\x03ann\x22\x02hi'),
        Sample(None, b'\x0a\x06replay\x28\x03'),
        Sample(None, b'\x10\x96\x01\x22\x80\x02' + b'x' * 256),
    ]


class TestProtobufTree(HandlerContract):
    """A schema that can contain itself, and holds anything."""

    name = 'protobuf'
    options: ClassVar[Mapping[str, Any]] = {
        'message': 'google.protobuf.struct_pb2:Struct'
    }
    samples: ClassVar[Sequence[Sample]] = [
        Sample(None, b'\x0a\x0a\x0a\x01a\x12\x05\x1a\x03abc'),
        Sample(
            None, b'\x0a\x10\x0a\x01a\x12\x0b\x2a\x09\x0a\x07\x0a\x01b\x12\x02\x08\x00'
        ),
    ]
