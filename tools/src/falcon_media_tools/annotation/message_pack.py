"""The annotator of MessagePack, which several plugins share.

See https://github.com/msgpack/msgpack/blob/master/spec.md
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from datetime import datetime
from datetime import timedelta
from datetime import UTC
import struct

from falcon_media.protocol.annotation import Cursor
from falcon_media.protocol.annotation import Fault
from falcon_media.protocol.annotation import Nesting
from falcon_media.protocol.annotation import shown
from falcon_media.protocol.annotation import Span
from falcon_media.protocol.annotation import walk

__all__ = ('annotate_msgpack',)


def annotate_msgpack(payload: bytes, options: Mapping[str, object]) -> Iterator[Span]:
    """Annotate MessagePack.

    Args:
        payload (bytes): The payload.
        options (Mapping): Options of the handler; with ``raw``, strings need not be
            UTF-8.

    Returns:
        Iterator[Span]: The spans; see :mod:`falcon_media.protocol.annotation`.
    """
    return walk(payload, _Steps(raw=bool(options.get('raw'))))


class _Steps:
    def __init__(self, *, raw: bool) -> None:
        self._raw = raw

    def __call__(self, cursor: Cursor) -> Iterator[Span]:
        nesting = Nesting(cursor)
        while nesting.begin():
            is_key = nesting.is_key
            text = self._item(cursor, nesting)
            yield cursor.span(f'{text}:' if is_key else text)

    def _item(self, cursor: Cursor, nesting: Nesting) -> str:
        head = cursor.uint(1)
        if head <= 0x7F:
            return f'fixint {head}'
        if head >= 0xE0:
            return f'fixint {head - 0x100}'
        if head <= 0x8F:
            return _container(nesting, 'map', head & 0x0F)
        if head <= 0x9F:
            return _container(nesting, 'array', head & 0x0F)
        if head <= 0xBF:
            return self._str(cursor, head & 0x1F)
        if head in _SINGLES:
            return _SINGLES[head]
        if head in _NUMBERS:
            name, form = _NUMBERS[head]
            (value,) = struct.unpack(form, cursor.take(struct.calcsize(form)))
            return f'{name} {value!r}'
        if head in _FIXED_EXTS:
            return _ext(cursor, _FIXED_EXTS[head])
        if head in _SIZED:
            kind, width = _SIZED[head]
            size = cursor.uint(width)
            return self._sized(kind, cursor, nesting, size)
        raise Fault(f'0x{head:02x} begins nothing in MessagePack')

    def _sized(self, kind: str, cursor: Cursor, nesting: Nesting, size: int) -> str:
        if kind == 'str':
            return self._str(cursor, size)
        if kind == 'bin':
            return f'bin({size}) {shown(cursor.take(size))}'
        if kind == 'ext':
            return _ext(cursor, size)
        return _container(nesting, kind, size)

    def _str(self, cursor: Cursor, size: int) -> str:
        text = cursor.take(size) if self._raw else cursor.utf8(size)
        return f'str({size}) {shown(text)}'


def _container(nesting: Nesting, kind: str, count: int) -> str:
    nesting.open(count, is_map=kind == 'map')
    return f'{kind}({count})'


_TIMESTAMP = -1


def _ext(cursor: Cursor, size: int) -> str:
    (code,) = struct.unpack('>b', cursor.take(1))
    data = cursor.take(size)
    if code == _TIMESTAMP and size in _TIMESTAMPS:
        return f'timestamp {_TIMESTAMPS[size](data)}'
    return f'ext({size}), type {code}, {shown(data)}'


def _timestamp_64(data: bytes) -> str:
    number = int.from_bytes(data)
    return _moment(number & 0x3FFFFFFFF, number >> 34)


def _timestamp_96(data: bytes) -> str:
    nanoseconds, seconds = struct.unpack('>Iq', data)
    return _moment(seconds, nanoseconds)


def _moment(seconds: int, nanoseconds: int = 0) -> str:
    fraction = f'.{nanoseconds:09}' if nanoseconds else ''
    try:
        moment = datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds)
    except OverflowError:
        return f'{seconds}{fraction} s'
    return f'{moment.replace(tzinfo=None).isoformat()}{fraction}Z'


_TIMESTAMPS = {
    4: lambda data: _moment(int.from_bytes(data)),
    8: _timestamp_64,
    12: _timestamp_96,
}
_SINGLES = {0xC0: 'nil', 0xC2: 'false', 0xC3: 'true'}
_NUMBERS = {
    0xCA: ('float32', '>f'),
    0xCB: ('float64', '>d'),
    0xCC: ('uint8', '>B'),
    0xCD: ('uint16', '>H'),
    0xCE: ('uint32', '>I'),
    0xCF: ('uint64', '>Q'),
    0xD0: ('int8', '>b'),
    0xD1: ('int16', '>h'),
    0xD2: ('int32', '>i'),
    0xD3: ('int64', '>q'),
}
_FIXED_EXTS = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}
_SIZED = {
    0xC4: ('bin', 1),
    0xC5: ('bin', 2),
    0xC6: ('bin', 4),
    0xC7: ('ext', 1),
    0xC8: ('ext', 2),
    0xC9: ('ext', 4),
    0xD9: ('str', 1),
    0xDA: ('str', 2),
    0xDB: ('str', 4),
    0xDC: ('array', 2),
    0xDD: ('array', 4),
    0xDE: ('map', 2),
    0xDF: ('map', 4),
}
