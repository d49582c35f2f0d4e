"""Handlers of each kind, and for each the same messages on the wire.

A kind joins by one more line in ``KINDS``. The bytes are written by hand, or by another
library than the handler's.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from functools import cached_property
import json
from typing import Any, TypedDict

import falcon
from falcon import WebSocketPayloadType
from falcon.media import JSONHandlerWS
from falcon.media import MessagePackHandlerWS
from google.protobuf.wrappers_pb2 import StringValue
from msgspec import Struct

import falcon_media
from falcon_media import Limits

__all__ = ('Kind', 'KINDS', 'LONE', 'Note', 'NoteDict', 'Unhashable')

TEXT = WebSocketPayloadType.TEXT
BINARY = WebSocketPayloadType.BINARY

Payload = str | bytes

LONE = '\ud800'
"""Half a surrogate pair, which has no UTF-8 form."""


class Note(Struct):
    """The type of a message."""

    value: str


class NoteDict(TypedDict):
    """The same, for a dict."""

    value: str


class Unhashable(JSONHandlerWS):
    """A handler that compares by value, and so has no hash."""

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    __hash__ = None  # type: ignore[assignment]  # Python's own way to say it


@dataclass(frozen=True, kw_only=True, repr=False)
class Kind:
    """A handler of one kind.

    Attributes:
        name (str): Name in the ids of the tests.
        payload_type (WebSocketPayloadType): What it is for.
        handler (str | None): The name that it is selected by.
        options (Mapping): Options that may stand in a file as well.
        foreign (Callable | None): What makes one that is no handler of ours.
        wrap (Callable): Text -> the message that carries it, to be sent.
        unwrap (Callable): Text -> the message that is received.
        wire (Callable): Text -> its payload.
        frame (Callable | None): Payloads -> a frame of them, where there is a form.
        media_type (str | None): For HTTP.
        malformed (Payload): A payload that is none.
        invalid (Payload | None): One that is not valid for the type.
        lone (Payload | None): One that half a surrogate pair comes out of.
        words (str): Words that ``describe()`` has of it.
    """

    name: str
    payload_type: WebSocketPayloadType
    handler: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    foreign: Callable[[], object] | None = None
    wrap: Callable[[str], Any]
    unwrap: Callable[[str], Any]
    wire: Callable[[str], Payload]
    frame: Callable[[list[Any]], Payload] | None = None
    media_type: str | None = None
    malformed: Payload
    invalid: Payload | None = None
    lone: Payload | None = None
    words: str

    @property
    def side(self) -> str:
        """The argument of ``install()`` that it is given as."""
        return self.payload_type.name.lower()

    @property
    def is_typed(self) -> bool:
        """Whether it has one type of messages."""
        return self.invalid is not None or 'message' in self.options

    @cached_property
    def has(self) -> frozenset[str]:
        """What ways and features may ask for."""
        found = {
            'name': self.handler is not None,
            'options': bool(self.options),
            'types': bool(self.options.get('type')),
            'no options': self.handler is not None and not self.options,
            'framing': self.frame is not None,
            'media type': self.media_type is not None,
            'invalid': self.invalid is not None,
            'lone': self.lone is not None,
            'typed': self.is_typed,
            'text': self.payload_type is TEXT,
        }
        return frozenset(name for name, has in found.items() if has)

    def choice(self, **more: Any) -> Any:
        """What it is selected by in code: a name, ``use(...)`` or an instance."""
        if self.handler is None:
            return self.instance(None)
        options = {**self.options, **more}
        return falcon_media.use(self.handler, **options) if options else self.handler

    def instance(self, limits: Limits | None) -> Any:
        """Make an instance; one of ours has these budgets."""
        if self.foreign is not None:
            return self.foreign()
        return falcon_media.Registry.discover().build(
            falcon_media.use(str(self.handler), **self.options),
            self.payload_type,
            limits or Limits(),
        )

    def __repr__(self) -> str:
        return self.name

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        # NOTE: Hypothesis would print all the fields.
        printer.text(self.name)


def _mapping(text: str) -> dict[str, str]:
    return {'value': text}


def _json(text: str) -> str:
    return json.dumps({'value': text}, ensure_ascii=False, separators=(',', ':'))


def _spaced(text: str) -> str:
    return json.dumps({'value': text}, ensure_ascii=False)


def _lines(payloads: list[str]) -> str:
    return ''.join(f'{payload}\n' for payload in payloads)


def _head(major: int, size: int) -> bytes:
    # NOTE: RFC 8949, section 3. No text here is longer.
    assert size < 24
    return bytes([major << 5 | size])


def _cbor(text: str) -> bytes:
    data = text.encode()
    return b'\xa1\x65value' + _head(3, len(data)) + data


def _msgpack(text: str) -> bytes:
    data = text.encode()
    assert len(data) < 32
    return b'\x81\xa5value' + bytes([0xA0 | len(data)]) + data


def _protobuf(text: str) -> bytes:
    data = text.encode()
    return b'\x0a' + bytes([len(data)]) + data


def _delimited(payloads: list[bytes]) -> bytes:
    return b''.join(bytes([len(payload)]) + payload for payload in payloads)


_JSON: dict[str, Any] = {
    'payload_type': TEXT,
    'frame': _lines,
    'malformed': '{"value": "x"',
    'media_type': falcon.MEDIA_JSON,
}
_MSGPACK: dict[str, Any] = {
    'payload_type': BINARY,
    'wire': _msgpack,
    'malformed': b'\xa5val',
    'frame': b''.join,
    'media_type': 'application/msgpack',
}
_CBOR: dict[str, Any] = {
    'payload_type': BINARY,
    'wire': _cbor,
    'malformed': b'\x65val',
    'frame': b''.join,
    'media_type': 'application/cbor',
}
_DICTS: dict[str, Any] = {'wrap': _mapping, 'unwrap': _mapping}
_NOTES: dict[str, Any] = {'wrap': Note, 'unwrap': Note}
_MODULE = __name__

KINDS = (
    Kind(
        name='builtin',
        handler='json',
        wire=_json,
        words='json',
        **_JSON,
        **_DICTS,
    ),
    Kind(
        name='msgpack',
        handler='msgpack',
        words='msgpack',
        **_MSGPACK,
        **_DICTS,
    ),
    Kind(
        name='cbor-options',
        handler='cbor',
        options={'canonical': True},
        words='cbor',
        **_CBOR,
        **_DICTS,
    ),
    Kind(
        name='typed',
        handler='msgspec-json',
        options={'type': f'{_MODULE}:Note'},
        wire=_json,
        invalid='{"value":1}',
        words='Note',
        **{**_JSON, 'media_type': None},
        **_NOTES,
    ),
    Kind(
        name='converted',
        handler='cbor',
        options={'type': f'{_MODULE}:NoteDict'},
        invalid=b'\xa1\x65value\x01',
        words='NoteDict',
        **_CBOR,
        **_DICTS,
    ),
    Kind(
        name='schema',
        payload_type=BINARY,
        handler='protobuf',
        options={'message': 'google.protobuf.wrappers_pb2:StringValue'},
        wrap=_mapping,
        unwrap=lambda text: StringValue(value=text),
        wire=_protobuf,
        malformed=b'\x0a\x09x',
        frame=_delimited,
        media_type='application/x-protobuf',
        words='StringValue',
    ),
    Kind(
        name='foreign-text',
        payload_type=TEXT,
        foreign=JSONHandlerWS,
        wire=_spaced,
        malformed='{"value": "x"',
        lone='{"value": "\\ud800"}',
        words='JSONHandlerWS',
        **_DICTS,
    ),
    Kind(
        name='foreign-binary',
        payload_type=BINARY,
        foreign=MessagePackHandlerWS,
        wire=_msgpack,
        malformed=b'\xa5val',
        words='MessagePackHandlerWS',
        **_DICTS,
    ),
    Kind(
        name='unhashable',
        payload_type=TEXT,
        foreign=Unhashable,
        wire=_spaced,
        malformed='{"value": "x"',
        lone='{"value": "\\ud800"}',
        words='Unhashable',
        **_DICTS,
    ),
)
