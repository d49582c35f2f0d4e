"""Strict JSON: refuse texts that decoders accept but change.

Of two equal keys the last one wins, ``1e400`` becomes infinity, and half a surrogate
pair becomes a string that can't be sent. RFC 8259 leaves all three open (sections 4, 6
and 8.2), and decoders accept them. They are refused here, since the decoded object
would differ from the one that was sent.

The hooks of a decoder find them, but take nearly as long as the decoding itself. So an
upper bound is computed first, at the speed of C: can this text contain any of them? The
hooks are used only for the few texts that can.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from math import inf
from math import isfinite
import re
from typing import Any, Literal, NamedTuple

from falcon_media.errors import MalformedPayload
from falcon_media.limits import json_text_check
from falcon_media.limits import Limits
from falcon_media.limits import unchecked_json_text
from falcon_media.protocol.fastpath import JSON_LEAVES
from falcon_media.protocol.fastpath import Received

__all__ = (
    'CountingDecoder',
    'has_lone_surrogate',
    'may_have_coerced_key',
    'received_json',
    'refused_number',
    'strict_decode',
    'unique_object',
)


def received_json(
    decode: Callable[[str], object],
    *,
    leaves: Collection[type] = JSON_LEAVES,
    finite: bool = True,
    paired: bool = True,
) -> Received:
    """Describe the texts that the compiled checks may accept on their own.

    Args:
        decode (Callable): As for :func:`strict_decode`.

    Keyword Args:
        leaves (Collection): The types that JSON is decoded to.
        finite (bool): As for :func:`strict_decode`.
        paired (bool): As for :func:`strict_decode`.

    Returns:
        Received: The description, for a codec.
    """

    def decode_paired(text: str) -> object:
        media = decode(text)
        if '\\' in text:
            _check_pairs(text)
        return media

    return Received(
        call=decode_paired if paired else decode,
        leaves=leaves,
        float_bound=inf if finite else 0,
        reads='json',
        looks_ahead=True,
    )


class CountingDecoder(NamedTuple):
    """A decoder that counts the entries of the objects it makes.

    Attributes:
        decode: Text to object.
        take_count: Returns the number of entries of all objects made since its last
            call, including those that a duplicate key has replaced.
    """

    decode: Callable[[str], object]
    take_count: Callable[[], int]


def strict_decode(
    decode: Callable[[str], object],
    limits: Limits,
    *,
    make_counting: Callable[[], CountingDecoder],
    decode_unique: Callable[[str], object],
    unique: bool = True,
    finite: bool = True,
    paired: bool = True,
    respell: Callable[[str], str] | None = None,
) -> Callable[[str], object]:
    """Make a decoder that refuses text if the object would differ from it.

    The given decoders must follow RFC 8259. They may allow trailing commas, but not
    comments.

    Args:
        decode (Callable): Text to object, without hooks.
        limits (Limits): The budgets; depth and items are checked before decoding.

    Keyword Args:
        make_counting (Callable): Makes a counting decoder, which one thread at a time
            uses.
        decode_unique (Callable): Text to object, with :func:`unique_object` or an
            equivalent hook.
        unique (bool): Refuse duplicate keys.
        finite (bool): Refuse numbers that become infinity.
        paired (bool): Refuse half a surrogate pair if it is escaped. (If not, the text
            can't be encoded, and is refused in any case.)
        respell (Callable): Rewrites valid JSON that the decoders refuse to an
            equivalent text; returns any other text unchanged.

    Returns:
        Callable: Raises ``PayloadTooLarge``, ``MalformedPayload``, and any exception of
        the decoders.
    """
    check_text = json_text_check(limits)
    unchecked = unchecked_json_text(limits)
    max_depth = limits.max_depth
    # NOTE: A text of n characters has at most (n - 1) // 2 items.
    few_brackets = min(2 * limits.max_items + 1, _FEW_BRACKETS)
    spare: list[CountingDecoder] = []
    decode_short = _short_decode(
        decode, decode_unique=decode_unique, unique=unique, finite=finite
    )

    def decode_long(text: str, classes: bytes) -> object:
        if unique:
            # NOTE: A decoder in use is not in the list, so no two threads share one.
            try:
                counting = spare.pop()
            except IndexError:
                counting = make_counting()
            try:
                media = counting.decode(text)
            finally:
                entries = counting.take_count()
                spare.append(counting)
            if entries != classes.count(_ENTRY) and entries != _most_entries(text):
                media = decode_unique(text)
        else:
            media = decode(text)
        if finite and _may_be_infinite(classes):
            _count_entries(media, finite)
        return media

    def strictly(text: str) -> object:
        # NOTE: encode() fails for half a surrogate pair that is not escaped.
        classes = text.encode().translate(_TO_CLASSES)
        size = len(text)
        if size > unchecked and (
            size > few_brackets or classes.count(_OPENING) > max_depth
        ):
            check_text(text)
        try:
            if size > _SHORT:
                media = decode_long(text, classes)
            else:
                media = decode_short(text, classes)
        except ValueError:
            respelt = text if respell is None else respell(text)
            if respelt == text:
                raise
            return strictly(respelt)
        if paired and '\\' in text:
            _check_pairs(text)
        return media

    return strictly


def _short_decode(
    decode: Callable[[str], object],
    *,
    decode_unique: Callable[[str], object],
    unique: bool,
    finite: bool,
) -> Callable[[str, bytes], object]:
    def decode_short(text: str, classes: bytes) -> object:
        media = decode(text)
        # PERF: Each entry has a colon. If the outermost object has as many entries as
        #   there are colons, as in most short messages, no entry is missing.
        if type(media) is dict and len(media) == text.count(':'):
            if finite and _may_be_infinite(classes):
                _count_entries(media, finite)
            return media
        # PERF: In a short message, visiting all values takes less time than finding out
        #   that there is no need to.
        entries = _count_entries(media, finite)
        if (
            unique
            and entries != classes.count(_ENTRY)
            and entries != _most_entries(text)
        ):
            media = decode_unique(text)
        return media

    return decode_short


def unique_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make a dict of the entries of an object, and refuse duplicate keys.

    Args:
        pairs (list): The entries.

    Returns:
        dict: The object.

    Raises:
        MalformedPayload: A key occurs twice.
    """
    media = dict(pairs)
    if len(media) != len(pairs):
        raise MalformedPayload(
            'an object has the same key twice: allow_duplicate_keys=True accepts it'
        )
    return media


def has_lone_surrogate(text: str) -> bool:
    r"""Tell whether JSON text has an escape such as ``\ud800`` without its other half.

    Args:
        text (str): JSON text that can be decoded.

    Returns:
        bool: Undefined for a text that is not JSON.
    """
    return ('\\ud' in text or '\\uD' in text) and any(_ESCAPE.findall(text))


def _check_pairs(text: str) -> None:
    if has_lone_surrogate(text):
        raise MalformedPayload(
            'it contains half a surrogate pair: allow_lone_surrogates=True accepts it'
        )


_ESCAPE = re.compile(
    r'\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F]|(u[dD][89a-fA-F])|[\s\S])'
)

# ---------------------------------------------------------------- Classes of characters

_SHORT = 256
# NOTE: Text up to this length is likely to have fewer brackets than max_depth.
_FEW_BRACKETS = 8192

_CLASSES = {
    '0': '0123456789+',
    'e': 'eE',
    '"': '" \t\r\n',
    ':': ':',
    '[': '[{',
    ',': ',]}',
}
_TO_CLASSES = bytes(
    next((ord(name) for name in _CLASSES if chr(byte) in _CLASSES[name]), ord('x'))
    for byte in range(256)
)

_OPENING = b'['
# NOTE: The colon of an entry follows a quotation mark or white space.
_ENTRY = b'":'


def _most_entries(text: str) -> int:
    """Return an upper bound of the number of entries in all objects of a text.

    PERF: Tighter than the bound by classes, which counts spaces before colons in
        strings (smileys) too; takes three times as long.
    """
    entries = text.count('":')
    if '\t' in text or '\r' in text or '\n' in text:
        return entries + sum(text.count(space + ':') for space in ' \t\r\n')
    return entries + text.count('" :') + text.count('  :')


# NOTE: Written out, a number that is infinite as a float (1.8e308) has 309 digits
#   before the point. So it has 32 of them, or an exponent of at least 309 - 31 that a
#   delimiter, white space, or nothing follows.
_LONG_INTEGER = b'0' * 32
_LONG_EXPONENT = b'0e000'
_LONG_EXPONENT_ENDS = re.compile(rb'0e000+(?:[,"]|\Z)')


def _may_be_infinite(classes: bytes) -> bool:
    # PERF: For missing bytes, rfind() takes half the time of find(). (`in` takes 0.3 us
    #   more, since it tries to convert its operand to an integer first.)
    return classes.rfind(_LONG_INTEGER) >= 0 or (
        classes.rfind(_LONG_EXPONENT) >= 0
        and _LONG_EXPONENT_ENDS.search(classes) is not None
    )


def _count_entries(media: object, finite: bool) -> int:
    """Count the entries of all dicts in a decoded object.

    NOTE: Recursive; the depth has been checked already.

    Raises:
        MalformedPayload: `finite` is set, and a number is not finite.
    """
    entries = 0
    children: Any
    if type(media) is dict:
        entries = len(media)
        children = media.values()
    elif type(media) is list:
        children = media
    else:
        children = (media,)
    for child in children:
        kind = type(child)
        if kind is str:
            continue
        if kind is dict or kind is list:
            entries += _count_entries(child, finite)
        elif kind is float and finite and not isfinite(child):
            raise MalformedPayload(
                'it contains a number that is not finite: allow_nan=True accepts it'
            )
    return entries


# NOTE: Matches a string without an end too. Otherwise the search would restart at each
#   escape in it.
_LARGE = re.compile(
    rb'"(?:[^"\\]|\\.)*+"?'
    rb'|(?<![\d.])(-?\d{309,}+|-?\d++(?=(?:\.\d++)?[eE]\+?\d{3}))'
    rb'(\.\d++)?([eE]\+?\d++)?',
    re.DOTALL,
)


def refused_number(
    payload: str | bytes, most_digits: int
) -> Literal['integer', 'float'] | None:
    """Find the first number in JSON text that is too long or too large.

    For a text that a library refused with an exception that doesn't say why.

    Args:
        payload (str | bytes): The text.
        most_digits (int): The most digits of an integer that the library accepts, 308
            or more.

    Returns:
        str | None: ``'integer'`` if one has more digits, or ``'float'`` if one is not
        finite, whichever comes first; ``None`` if there is neither.
    """
    data = payload.encode(errors='replace') if isinstance(payload, str) else payload
    # PERF: Most refused texts have none, and this check runs at the speed of C.
    if not _may_be_infinite(data.translate(_TO_CLASSES)):
        return None
    for match in _LARGE.finditer(data):
        integer, fraction, exponent = match.groups()
        if integer is None:
            continue
        if fraction or exponent:
            if not isfinite(float(match[0])):
                return 'float'
        elif len(integer.lstrip(b'-')) > most_digits:
            return 'integer'
    return None


# ------------------------------------------------------------------- Keys, when sending


def may_have_coerced_key(data: bytes) -> bool:
    """Tell whether a key may have been a number, a bool or ``None`` before encoding.

    Args:
        data (bytes): JSON text in UTF-8, without white space.

    Returns:
        bool: ``False`` if no key looks like one of these or ends in a digit.
    """
    # PERF: See _may_be_infinite() for rfind().
    return (
        data.translate(_TO_CLASSES).rfind(_NUMBER_KEY_ENDS) >= 0
        or data.rfind(b'"null":') >= 0
        or data.rfind(b'"true":') >= 0
        or data.rfind(b'"false":') >= 0
    )


# NOTE: Each number ends in a digit.
_NUMBER_KEY_ENDS = b'0":'
