"""Convert Python objects to JSON and back, with tags for what JSON can't express.

====================  ==============================================================
``$bytes``            hex
``$datetime``         ISO 8601, as are ``$date`` and ``$time``
``$uuid``             its usual form
``$decimal``          digits
``$int``              digits, of an integer that JavaScript would round
``$float``            ``nan``, ``inf`` or ``-inf``
``$map``              pairs, for a map with keys that are not strings, or begin with
                      ``$``
``$repr``             the ``repr()`` of any other object; it can't be read back
====================  ==============================================================

A tag is the only key of an object: ``{"$bytes": "00ff"}``. A tuple becomes a list.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from datetime import date
from datetime import datetime
from datetime import time
from decimal import Decimal
import math
from typing import Any
from uuid import UUID

__all__ = ('BadTag', 'FRAME', 'from_tagged', 'to_tagged')

FRAME = '$frame'
"""The key of everything but the value in the output of ``decode --json``."""


class BadTag(Exception):
    """A tag is unknown, or its value is invalid."""


_SAFE_INTEGER = 2**53 - 1


def to_tagged(media: object) -> Any:
    """Convert an object to values that JSON can express.

    Args:
        media (object): The object.

    Returns:
        object: The argument for :func:`json.dumps`.
    """
    cls = type(media)
    if media is None or cls is bool or cls is str:
        return media
    if isinstance(media, int) and cls is int:
        return media if abs(media) <= _SAFE_INTEGER else {'$int': _digits(media)}
    if isinstance(media, float) and cls is float:
        return media if math.isfinite(media) else {'$float': repr(media)}
    if isinstance(media, (list, tuple)) and cls in (list, tuple):
        return [*map(to_tagged, media)]
    if isinstance(media, Mapping):
        return _map(media)
    if cls in _WRITERS:
        tag, write = _WRITERS[cls]
        return {tag: write(media)}
    return {'$repr': repr(media)}


def from_tagged(value: Any) -> Any:
    """Convert the result of :func:`to_tagged` back to an object.

    Args:
        value (object): The result of :func:`json.loads`.

    Returns:
        object: The object.

    Raises:
        BadTag: A tag is unknown, or its value is invalid.
    """
    if isinstance(value, list):
        return [*map(from_tagged, value)]
    if not isinstance(value, dict):
        return value
    tagged = [key for key in value if key.startswith('$')]
    if not tagged:
        return {key: from_tagged(child) for key, child in value.items()}
    tag = tagged[0]
    if len(value) > 1 or tag not in _READERS:
        raise BadTag(
            f'{tag!r} is not a known tag, or not the only key; write an object with '
            f'such a key as {{"$map": [["{tag}", ...], ...]}}'
        )
    try:
        return _READERS[tag](value[tag])
    except (ArithmeticError, AttributeError, TypeError, ValueError):
        raise BadTag(f'{tag}: {_HINTS[tag]}') from None


def _map(media: Mapping[Any, Any]) -> dict[str, Any]:
    if all(type(key) is str and not key.startswith('$') for key in media):
        return {key: to_tagged(value) for key, value in media.items()}
    return {
        '$map': [[to_tagged(key), to_tagged(value)] for key, value in media.items()]
    }


def _digits(number: int) -> str:
    # NOTE: CPython refuses to write more than 4,300 decimal digits, and the time for
    #   them grows with the square of their number.
    return str(number) if number.bit_length() < _MANY_BITS else hex(number)


_MANY_BITS = 10_000


def _read_map(pairs: Any) -> dict[Any, Any]:
    return {_hashable(from_tagged(key)): from_tagged(value) for key, value in pairs}


def _hashable(key: Any) -> Any:
    return tuple(map(_hashable, key)) if isinstance(key, list) else key


def _refuse(_: Any) -> Any:
    raise ValueError


_WRITERS: dict[type, tuple[str, Callable[[Any], str]]] = {
    bytes: ('$bytes', bytes.hex),
    bytearray: ('$bytes', bytearray.hex),
    datetime: ('$datetime', datetime.isoformat),
    date: ('$date', date.isoformat),
    time: ('$time', time.isoformat),
    UUID: ('$uuid', str),
    Decimal: ('$decimal', str),
}
_READERS: dict[str, Callable[[Any], Any]] = {
    '$bytes': bytes.fromhex,
    '$datetime': datetime.fromisoformat,
    '$date': date.fromisoformat,
    '$time': time.fromisoformat,
    '$uuid': UUID,
    '$decimal': Decimal,
    '$int': lambda text: int(text, 0),
    '$float': float,
    '$map': _read_map,
    '$repr': _refuse,
}
_HINTS = {
    '$bytes': 'expected a string of hex digits',
    '$datetime': 'expected an ISO 8601 date and time as a string',
    '$date': 'expected an ISO 8601 date as a string',
    '$time': 'expected an ISO 8601 time as a string',
    '$uuid': 'expected a UUID as a string',
    '$decimal': 'expected a decimal number as a string',
    '$int': 'expected an integer as a string',
    '$float': 'expected "nan", "inf" or "-inf"',
    '$map': 'expected a list of pairs, with no map as a key',
    '$repr': 'an object of this type cannot be read back',
}
