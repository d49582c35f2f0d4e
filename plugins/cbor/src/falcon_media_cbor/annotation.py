"""What the bytes of CBOR mean (RFC 8949), for people; without cbor2."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
import struct

from falcon_media.spi import Cursor
from falcon_media.spi import Fault
from falcon_media.spi import Nesting
from falcon_media.spi import shown
from falcon_media.spi import Span
from falcon_media.spi import walk

__all__ = ('annotate_cbor',)


def annotate_cbor(payload: bytes, options: Mapping[str, object]) -> Iterator[Span]:
    """Tell what the bytes of CBOR mean.

    What is well-formed is shown, whether the handler accepts it or not.

    Args:
        payload (bytes): The payload.
        options (Mapping): Of the handler; none matters.

    Returns:
        Iterator[Span]: See :mod:`falcon_media.annotation`.
    """
    return walk(payload, _steps)


_BREAK = 0xFF
_INDEFINITE = 31
_BYTES, _TEXT, _ARRAY, _MAP, _TAG, _OTHER = range(2, 8)


def _steps(cursor: Cursor) -> Iterator[Span]:
    nesting = Nesting(cursor)
    # NOTE: The major type of the string of indefinite length that is open, if one is.
    #   Its chunks are strings of that type, and none contains another.
    chunks = None
    while nesting.begin():
        is_key = nesting.is_key
        head = cursor.uint(1)
        major, extra = head >> 5, head & 0x1F
        if head == _BREAK:
            nesting.close()
            chunks = None
            yield cursor.span('break')
            continue
        if chunks is not None and (major != chunks or extra == _INDEFINITE):
            raise Fault('no chunk of a string of indefinite length')
        if extra == _INDEFINITE:
            chunks = major if major in (_BYTES, _TEXT) else None
            text = _begin_indefinite(nesting, major)
        else:
            text = _item(cursor, nesting, major, extra)
        yield cursor.span(f'{text}:' if is_key else text)


_INDEFINITE_KINDS = {
    _BYTES: 'bytes(*)',
    _TEXT: 'text(*)',
    _ARRAY: 'array(*)',
    _MAP: 'map(*)',
}


def _begin_indefinite(nesting: Nesting, major: int) -> str:
    if major not in _INDEFINITE_KINDS:
        raise Fault('an indefinite length, where there is no length')
    nesting.open(None, is_map=major == _MAP)
    return _INDEFINITE_KINDS[major]


_ONE_BYTE, _RESERVED = 24, 28


def _item(cursor: Cursor, nesting: Nesting, major: int, extra: int) -> str:
    if extra >= _RESERVED:
        raise Fault('additional information that is reserved')
    width = 0 if extra < _ONE_BYTE else 1 << (extra - _ONE_BYTE)
    number = cursor.uint(width) if width else extra
    match major:
        case 0:
            return f'unsigned {number}'
        case 1:
            return f'negative {-1 - number}'
        case 2:
            return f'bytes({number}) {shown(cursor.take(number))}'
        case 3:
            return f'text({number}) {shown(cursor.utf8(number))}'
        case 4:
            nesting.open(number)
            return f'array({number})'
        case 5:
            nesting.open(number, is_map=True)
            return f'map({number})'
        case 6:
            nesting.open(1)
            name = _TAGS.get(number)
            return f'tag {number}, {name}' if name else f'tag {number}'
    return _simple_or_float(width, number)


_FLOATS = {2: '>e', 4: '>f', 8: '>d'}
_SINGLES = {20: 'false', 21: 'true', 22: 'null', 23: 'undefined'}
_FIRST_IN_A_BYTE = 32


def _simple_or_float(width: int, number: int) -> str:
    if width in _FLOATS:
        (value,) = struct.unpack(_FLOATS[width], number.to_bytes(width))
        return f'float{8 * width} {value!r}'
    if width and number < _FIRST_IN_A_BYTE:
        raise Fault(f'simple value {number} in two bytes')
    return _SINGLES.get(number) or f'simple({number})'


_TAGS = {
    0: 'date and time',
    1: 'seconds since 1970',
    2: 'bignum',
    3: 'negative bignum',
    4: 'decimal fraction',
    5: 'bigfloat',
    25: 'reference to a string',
    28: 'shared value',
    29: 'reference to a shared value',
    30: 'fraction',
    32: 'URI',
    35: 'regular expression',
    36: 'MIME message',
    37: 'UUID',
    256: 'strings that are referred to',
    258: 'set',
    1004: 'date',
    55799: 'CBOR itself',
}
"""Names, from the registry of CBOR tags."""
