"""Payloads of a hostile client: a damaged frame, or attacks on a format."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace
from typing import Any, TypedDict

from falcon import WebSocketPayloadType

from falcon_media.errors import PayloadError
from falcon_media_tools.lab.formats import Format
from falcon_media_tools.measuring import as_bytes

__all__ = ('Attack', 'attacks_on', 'Payload', 'payload_of')

TEXT = WebSocketPayloadType.TEXT

Part = tuple[str | bytes, int]
"""A piece of a payload, with the number of repetitions."""


class Payload(TypedDict):
    """A payload as repeated pieces, which the page joins.

    Pieces are text for TEXT, and base64 for BINARY.
    """

    type: str
    parts: list[tuple[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """A payload that no honest client sends.

    Attributes:
        key (str): A short name.
        title (str): The title.
        what (str): A description in one sentence.
        parts (tuple): The payload; all str for a TEXT frame, all bytes for BINARY.
        invalid_text (bytes | None): A TEXT payload that is not UTF-8, which no browser
            can send.
    """

    key: str
    title: str
    what: str
    parts: tuple[Part, ...] = ()
    invalid_text: bytes | None = None

    @property
    def payload(self) -> Payload:
        """The payload for the page to send."""
        return payload_of(*self.parts)


def payload_of(*parts: Part) -> Payload:
    """Express a payload in JSON.

    Args:
        *parts (tuple): Pieces with their repetitions.
    """
    is_text = all(isinstance(data, str) for data, _ in parts)
    return Payload(
        type='TEXT' if is_text else 'BINARY',
        parts=[
            (data if isinstance(data, str) else b64encode(data).decode(), times)
            for data, times in parts
        ],
    )


def attacks_on(format_: Format, frame: str | bytes) -> Iterator[Attack]:
    """List the attacks on a handler.

    Args:
        format_ (Format): The handler.
        frame (str | bytes): A valid payload, to be damaged.

    Yields:
        Attack: The attacks on any format, then those on this one.
    """
    yield from _on_any(format_, frame)
    for media_type in (format_.spec.media_type, *format_.spec.aliases):
        if media_type in _ON_FORMATS:
            for attack in _ON_FORMATS[media_type]:
                yield from _in_frames_of(format_, attack)
            break


def _in_frames_of(format_: Format, attack: Attack) -> Iterator[Attack]:
    # NOTE: Some handlers send a text format in BINARY frames.
    if format_.handler.payload_type is not TEXT:
        parts = tuple((as_bytes(data), times) for data, times in attack.parts)
        yield replace(attack, parts=parts)
    elif all(isinstance(data, str) for data, _ in attack.parts):
        yield attack


def _is_accepted(handler: Any, payload: str | bytes) -> bool:
    try:
        handler.deserialize(payload)
    except PayloadError:
        return False
    return True


def _on_any(format_: Format, frame: str | bytes) -> Iterator[Attack]:
    is_text = format_.handler.payload_type is TEXT
    yield Attack(
        key='truncated',
        title='Truncated',
        what='The first half of the message.',
        parts=((frame[: len(frame) // 2], 1),),
    )
    yield Attack(
        key='trailing',
        title='Trailing byte',
        what='The message with an extra byte.',
        parts=((frame, 1), ('x' if is_text else b'\0', 1)),
    )
    empty: str | bytes = '' if is_text else b''
    # NOTE: In Protocol Buffers, an empty payload is a message of default values.
    if not _is_accepted(format_.handler, empty):
        yield Attack(
            key='empty',
            title='Empty',
            what='An empty payload.',
            parts=((empty, 1),),
        )
    max_size = format_.handler.limits.max_size
    filler: tuple[Part, ...] = ((b'\0', max_size + 1),)
    if is_text:
        filler = (('"', 1), ('x', max_size), ('"', 1))
    yield Attack(
        key='too-large',
        title='Too large',
        what=f'More than the allowed {max_size:,} bytes.',
        parts=filler,
    )
    other, of_other_type = ('BINARY', b'{}') if is_text else ('TEXT', '{}')
    yield Attack(
        key='wrong-type',
        title='Wrong frame type',
        what=f'A {other} frame, which this subprotocol does not accept.',
        parts=((of_other_type, 1),),
    )
    if is_text:
        yield Attack(
            key='not-utf8',
            title='Not UTF-8',
            what=(
                'A TEXT frame with a byte FF. Browsers cannot send it, so the lab '
                'does, over a separate connection. The server refuses it before any '
                'handler.'
            ),
            invalid_text=b'"\xff"',
        )


_LEVELS = 100_000


def _text(key: str, title: str, what: str, *parts: str | Part) -> Attack:
    return Attack(key=key, title=title, what=what, parts=_parts(*parts))


def _binary(key: str, title: str, what: str, *parts: bytes | Part) -> Attack:
    return Attack(key=key, title=title, what=what, parts=_parts(*parts))


def _parts(*parts: str | bytes | Part) -> tuple[Part, ...]:
    return tuple(part if isinstance(part, tuple) else (part, 1) for part in parts)


_TOO_DEEP = ('too-deep', 'Too deep', f'{_LEVELS:,} nested lists.')
_DUPLICATE = (
    'duplicate-key',
    'Duplicate key',
    'The same key twice in a map: some decoders use the first value, some the last.',
)
_DECLARED = (
    'declared-length',
    'Declared length',
    'A few bytes that declare an impossible length.',
)
_BAD_STRING = ('bad-string', 'Bad string', 'A string that is not UTF-8.')

_JSON = (
    _text(*_TOO_DEEP, ('[', _LEVELS), (']', _LEVELS)),
    _text(*_DUPLICATE, '{"admin":false,"admin":true}'),
    _text('nan', 'NaN', 'A number that JSON does not allow.', '{"price":NaN}'),
    _text(
        'huge-number',
        'Huge number',
        'A number that becomes infinite when decoded.',
        '{"price":1e400}',
    ),
    _text(
        'digits',
        'Many digits',
        'An integer of 5,000 digits, slow to decode and slower to encode.',
        ('9', 5000),
    ),
    _text(
        'surrogate',
        'Half a character',
        'An escaped half of a surrogate pair, which cannot be encoded again.',
        '{"name":"\\ud800"}',
    ),
    _text('nul', 'NUL', 'A raw NUL, at which some decoders stop.', '{"a":1}\0,"b":2}'),
    _binary(*_BAD_STRING, b'"\xff"'),
)
_CBOR = (
    _binary(*_TOO_DEEP, (b'\x81', _LEVELS), b'\x00'),
    _binary(*_DUPLICATE, b'\xa2\x61a\x01\x61a\x02'),
    _binary(
        'tag-30',
        'Tag 30',
        'A fraction of 14 bytes that takes seconds to decode.',
        b'\xd8\x1e\x82\x691e9999999\xf6',
    ),
    _binary(
        'shared-reference',
        'Shared reference',
        'Tags 28 and 29: a list that contains itself.',
        b'\xd8\x1c\x81\xd8\x1d\x00',
    ),
    _binary(
        'integer-keys',
        'Integer keys',
        'A map of 8,192 integer keys, which a client can choose with equal hashes.',
        b'\xb9\x20\0' + b'\0\0' * 8_192,
    ),
    _binary('undefined', 'Undefined', 'A value that Python does not have.', b'\xf7'),
    _binary(*_DECLARED, b'\x5b\x10' + b'\0' * 7),
    _binary(*_BAD_STRING, b'\x61\xff'),
)
_MSGPACK = (
    _binary(*_TOO_DEEP, (b'\x91', _LEVELS), b'\xc0'),
    _binary(*_DUPLICATE, b'\x82\xa1a\x01\xa1a\x02'),
    _binary('ext', 'Ext type 5', 'An unknown extension.', b'\xd4\x05\0'),
    _binary(
        'int-key',
        'Integer key',
        'A map with a key that is not a string.',
        b'\x81\x01\x02',
    ),
    _binary(*_DECLARED, b'\xdd\xff\xff\xff\xff'),
    _binary(*_BAD_STRING, b'\xa1\xff'),
)
_PROTOBUF = (
    _binary(
        'groups',
        'Too deep',
        '101 nested groups.',
        (b'\x0b', 101),
        (b'\x0c', 101),
    ),
    _binary(
        'wire-type', 'Wire type 7', 'A field of a type that does not exist.', b'\x0f'
    ),
    _binary('field-0', 'Field 0', 'A field with an invalid number.', b'\x02\0'),
    _binary(*_DECLARED, b'\x0a\xff\xff\xff\xff\x0f'),
    _binary(
        'json', 'JSON text', 'JSON in place of a Protocol Buffers message.', b'{"a": 1}'
    ),
)

_ON_FORMATS = {
    'application/json': _JSON,
    'application/cbor': _CBOR,
    'application/msgpack': _MSGPACK,
    'application/x-msgpack': _MSGPACK,
    'application/vnd.msgpack': _MSGPACK,
    'application/x-protobuf': _PROTOBUF,
}
"""Media type -> attacks, since several handlers may share a format."""
