"""JSON to object: what orjson would make something else of.

Of two equal keys it takes the last, and integers beyond 64 bits become floats. It has
no hooks by which to notice. So what was received is compared with what would be sent of
it: most messages are written without a blank, and there the two are the same to the
byte, which settles everything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
import json
import re
from typing import Any

import orjson

from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media.spi import json_bytes_check
from falcon_media.spi import refused_number
from falcon_media.spi import unchecked_json_text
from falcon_media.spi import unique_object

__all__ = ('explain', 'make_decode')

# NOTE: Up to this size there are few enough brackets in most messages, and to count
#   them takes less time than to measure the depth.
_FEW_BRACKETS = 2560


def make_decode(
    limits: Limits, *, as_text: bool, unique: bool
) -> Callable[[Any], object]:
    """Make the function from payload to object.

    Args:
        limits (Limits): The budgets.

    Keyword Args:
        as_text (bool): Whether the payload is a ``str``, or ``bytes``.
        unique (bool): Whether duplicate keys are refused.

    Returns:
        Callable: Raises ``PayloadTooLarge``, ``MalformedPayload``, and whatever the
        library raises.
    """
    loads, dumps = orjson.loads, orjson.dumps
    # NOTE: Half a surrogate pair, where it is not escaped, can't be encoded.
    encode = str.encode if as_text else None
    check_data = json_bytes_check(limits)
    # NOTE: What is no deeper can be sent in any case.
    max_depth = min(limits.max_depth, _LEVELS // 2)
    unchecked = unchecked_json_text(replace(limits, max_depth=max_depth))
    few_items = 2 * limits.max_items + 1
    few_brackets = min(few_items, _FEW_BRACKETS)
    ruler = _Ruler(max(_LEVELS - limits.max_depth, 0))

    def decode(payload: Any) -> object:
        data = encode(payload) if encode else payload
        size = len(data)
        if size > unchecked and (
            size > few_brackets or data.count(b'[') + data.count(b'{') > max_depth
        ):
            return decode_long(data)
        media = loads(data)
        sent = dumps(media)
        if sent != data:
            _verify(data, sent, media)
        return media

    def decode_long(data: bytes) -> object:
        if len(data) > few_items:
            check_data(data)
        try:
            media = loads(data)
        except ValueError:
            # NOTE: The library has a limit of its own, at 1,024 levels.
            check_data(data)
            raise
        try:
            sent = ruler.dumps(media)
        except TypeError:
            # NOTE: It is too deep; or not, where `max_depth` is more than the library
            #   sends.
            check_data(data)
            _read_slowly(data)
            return media
        if not ruler.has_read(sent, data):
            _verify(data, sent, media)
        return media

    def decode_lenient(payload: Any) -> object:
        data = encode(payload) if encode else payload
        if len(data) > unchecked:
            check_data(data)
        media = loads(data)
        if _may_have_long_integer(data):
            _read_slowly(data, dict)
        return media

    return decode if unique else decode_lenient


# ----------------------------------------------------------------------------- Depth


class _Ruler:
    """Arrays around an object, so that the library refuses one that is too deep.

    PERF: The library is asked for the text of the object in any case, and to count 190
        levels more takes it 2 us. To count brackets takes 0.7 ns a byte, and to tell
        which of them are in strings 2.5 ns (CPython 3.13, orjson 3.13).

    Args:
        levels (int): How many arrays.
    """

    def __init__(self, levels: int) -> None:
        self._levels = levels
        self._around: object = _Inner()
        for _ in range(levels):
            self._around = [self._around]

    def dumps(self, media: object) -> bytes:
        """Encode an object within the arrays.

        Raises:
            TypeError: It has more levels than are left.
        """
        return orjson.dumps(self._around, lambda _: media)

    def has_read(self, sent: bytes, data: bytes) -> bool:
        """Whether what is within the arrays is the same as `data`."""
        return sent[self._levels : len(sent) - self._levels] == data


class _Inner:
    """What the library asks a function to replace."""


def _most_levels() -> int:
    """Count the levels that the library sends, which it doesn't tell.

    NOTE: It differs by version, and so does whether an empty container counts. Whatever
        it is, no object of more levels may be sent, or the ruler would be wrong.
    """
    most = 0
    empty: tuple[object, ...] = ([], {})
    for wrap, innermost in product((_in_array, _in_object), empty):
        media = innermost
        for levels in range(1, 1024):
            try:
                orjson.dumps(media)
            except TypeError:
                break
            most = max(most, levels)
            media = wrap(media)
        else:  # pragma: no cover  # there is no such version
            raise ImportError('this version of orjson sends any number of levels')
    return most


def _in_array(media: object) -> object:
    return [media]


def _in_object(media: object) -> object:
    return {'': media}


_LEVELS = _most_levels()

# -------------------------------------------------------- Equal keys, and long integers


def _verify(data: bytes, sent: bytes, media: object) -> None:
    """Refuse what the object that was received does not show.

    Args:
        data (bytes): What was received.
        sent (bytes): What would be sent of it.
        media (object): The object.

    Raises:
        MalformedPayload: A key comes twice, or an integer has more than 64 bits.
    """
    # NOTE: A colon is between the key and the value of an entry, or in a string. An
    #   entry that got lost is missing in `sent`, and nothing is there that was not
    #   received; unless a colon was received as an escape.
    # PERF: Where the outermost object has all the entries that there may be, as in most
    #   short messages, none is missing.
    colons = data.count(b':')
    is_flat = type(media) is dict and len(media) == colons
    if (
        not is_flat
        and (
            colons != sent.count(b':')
            or (data.find(b'\\u003') >= 0 and _has_escaped_colon(data))
        )
    ) or _may_have_long_integer(data):
        _read_slowly(data)


def _has_escaped_colon(data: bytes) -> bool:
    return b'\\u003a' in data or b'\\u003A' in data


# NOTE: An integer beyond 64 bits has 19 digits at least. Of every sixth byte, three in
#   a row are then digits.
_STEP = 6
_SHORT = 256
_DIGITS_TO_ZEROS = bytes.maketrans(b'123456789', b'000000000')
_LONG_ZEROS = b'0' * 19
_LONG = re.compile(rb'-?\d{19,}')
_MOST_DIGITS = 20


def _may_have_long_integer(data: bytes) -> bool:
    # PERF: In a long message the first step takes a quarter of the time of the second,
    #   and is enough for most; the third takes twenty times as long as both. For bytes
    #   that aren't there, rfind() takes half the time of find().
    return (
        (
            len(data) <= _SHORT
            or data[_STEP - 1 :: _STEP].translate(_DIGITS_TO_ZEROS).rfind(b'000') >= 0
        )
        and data.translate(_DIGITS_TO_ZEROS).rfind(_LONG_ZEROS) >= 0
        and any(map(_is_long, _LONG.findall(data)))
    )


def _is_long(digits: bytes | str) -> bool:
    # NOTE: It may be one of a string, of any length, or the digits of a fraction.
    return len(digits) > _MOST_DIGITS or not -(2**63) <= int(digits) < 2**64


def _read_slowly(
    data: bytes, make_object: Callable[[list[tuple[str, Any]]], object] = unique_object
) -> None:
    """Read JSON that the library has read, with an eye on each key and each integer.

    Raises:
        MalformedPayload: A key comes twice, or an integer has more than 64 bits.
    """
    decoder = json.JSONDecoder(object_pairs_hook=make_object, parse_int=_check_integer)
    decoder.decode(data.decode())


def _check_integer(digits: str) -> None:
    if _is_long(digits):
        raise MalformedPayload(_BEYOND_64_BITS)


# NOTE: Longer ones are infinite as floats, which the library refuses by itself.
_MOST_FINITE_DIGITS = 308
_BEYOND_64_BITS = 'it contains an integer beyond 64 bits: the handler json accepts it'


def explain(payload: str | bytes) -> MalformedPayload | None:
    """Make the error for a number that the library refuses."""
    match refused_number(payload, _MOST_FINITE_DIGITS):
        case 'integer':
            return MalformedPayload(_BEYOND_64_BITS)
        case 'float':
            return MalformedPayload('it contains a number that is not finite')
    return None
