"""What JSON text may hide from a decoder that isn't told to look for it.

Of two equal keys the last one wins, ``1e400`` becomes infinity, and half a surrogate
pair becomes a string that nothing can send. RFC 8259 leaves all three open (sections 4,
6 and 8.2), and decoders let them pass. Here they are refused: the object would not be
what was sent.

A decoder's own hooks find them, and take nearly as long again as the decoding. So the
question is put another way: can there be any of it in this text? An upper bound answers
that at the speed of C, and the hooks are left with the few texts for which the answer
is yes.
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
    """Describe which texts :func:`strict_decode` would let by, to tell without it.

    Args:
        decode (Callable): As there.

    Keyword Args:
        leaves (Collection): The types that JSON is read to.
        finite (bool): As there.
        paired (bool): As there.

    Returns:
        Received: What can be taken as it is.
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
        take_count: Entries of all objects made since it was called last; also of those
            that are gone, because their key came twice.
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
    """Make a decoder that refuses what the object would not show.

    It is for decoders that read JSON by RFC 8259. They may allow a comma too many, but
    no comments.

    Args:
        decode (Callable): Text to object, without hooks.
        limits (Limits): The budgets; depth and items are checked before decoding.

    Keyword Args:
        make_counting (Callable): Makes a decoder that counts, for one thread at a time.
        decode_unique (Callable): Text to object, with a hook that is
            :func:`unique_object` or does the same.
        unique (bool): Refuse duplicate keys.
        finite (bool): Refuse numbers that become infinity.
        paired (bool): Refuse half a surrogate pair, where it is escaped. (Where it is
            not, the text can't be encoded, and is refused in any case.)
        respell (Callable): Writes valid JSON that the decoders refuse in another way
            that means the same, and returns any other text as it is.

    Returns:
        Callable: Raises ``PayloadTooLarge``, ``MalformedPayload``, and whatever the
        decoders raise.
    """
    check_text = json_text_check(limits)
    unchecked = unchecked_json_text(limits)
    max_depth = limits.max_depth
    # NOTE: A text of n characters has no more than (n - 1) // 2 items.
    few_brackets = min(2 * limits.max_items + 1, _FEW_BRACKETS)
    spare: list[CountingDecoder] = []
    decode_short = _short_decode(
        decode, decode_unique=decode_unique, unique=unique, finite=finite
    )

    def decode_long(text: str, classes: bytes) -> object:
        if unique:
            # NOTE: A decoder that is at work is not in the list, so that no two threads
            #   have the same one.
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
        # NOTE: Half a surrogate pair, where it is not escaped, can't be encoded.
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
        # PERF: Each entry has a colon. Where the outermost object has as many entries
        #   as there are colons, as in most short messages, none is missing.
        if type(media) is dict and len(media) == text.count(':'):
            if finite and _may_be_infinite(classes):
                _count_entries(media, finite)
            return media
        # PERF: In a short message, looking at all there is takes less time than finding
        #   out that there is no need to.
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
    """Make an object of its entries, unless two of them have the same key.

    Args:
        pairs (list): The entries.

    Returns:
        dict: The object.

    Raises:
        MalformedPayload: A key comes twice.
    """
    media = dict(pairs)
    if len(media) != len(pairs):
        raise MalformedPayload(
            'an object has the same key twice: allow_duplicate_keys=True accepts it'
        )
    return media


def has_lone_surrogate(text: str) -> bool:
    r"""Whether JSON text has an escape such as ``\ud800`` with no other half.

    Args:
        text (str): JSON text that can be decoded, or no JSON at all.

    Returns:
        bool: What it means for no JSON at all is undefined.
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
# NOTE: Text up to this length is likely to have less than max_depth of them.
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
# NOTE: The colon of an entry follows a quotation mark, or white space.
_ENTRY = b'":'


def _most_entries(text: str) -> int:
    """Upper bound of the entries that objects have in a text.

    PERF: The text's own spaces before colons (smileys) don't count, as they do in the
        classes; it takes three times as long.
    """
    entries = text.count('":')
    if '\t' in text or '\r' in text or '\n' in text:
        return entries + sum(text.count(space + ':') for space in ' \t\r\n')
    return entries + text.count('" :') + text.count('  :')


# NOTE: Written out, a number that is infinite as a float (1.8e308) has 309 digits in
#   front of the point. So there are 32 of them, or an exponent of no less than 309 - 31
#   and after it a delimiter, white space, or nothing.
_LONG_INTEGER = b'0' * 32
_LONG_EXPONENT = b'0e000'
_LONG_EXPONENT_ENDS = re.compile(rb'0e000+(?:[,"]|\Z)')


def _may_be_infinite(classes: bytes) -> bool:
    # PERF: For bytes that aren't there, rfind() takes half the time of find(). (`in`
    #   takes 0.3 us more than that, since it tries for a number first.)
    return classes.rfind(_LONG_INTEGER) >= 0 or (
        classes.rfind(_LONG_EXPONENT) >= 0
        and _LONG_EXPONENT_ENDS.search(classes) is not None
    )


def _count_entries(media: object, finite: bool) -> int:
    """Count the entries of all objects in a decoded one.

    NOTE: It recurses; depth has been checked.

    Raises:
        MalformedPayload: `finite`, and a number is not.
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


# NOTE: A string without an end is matched as well, or the search would begin again at
#   each escape in it.
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

    For a text that a library has refused, where its exception does not tell why.

    Args:
        payload (str | bytes): The text.
        most_digits (int): Digits of an integer that the library reads, 308 or more.

    Returns:
        str | None: An integer of more digits, or a float that is not finite, whichever
        comes first; ``None`` if there is neither.
    """
    data = payload.encode(errors='replace') if isinstance(payload, str) else payload
    # PERF: Most texts that are refused have none, and this is at the speed of C.
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
    """Whether a key may have been a number, a bool or ``None`` before it was encoded.

    Args:
        data (bytes): JSON text in UTF-8, made without white space.

    Returns:
        bool: False if no key looks like one, or ends in a digit at least.
    """
    # PERF: See above for rfind().
    return (
        data.translate(_TO_CLASSES).rfind(_NUMBER_KEY_ENDS) >= 0
        or data.rfind(b'"null":') >= 0
        or data.rfind(b'"true":') >= 0
        or data.rfind(b'"false":') >= 0
    )


# NOTE: However a number is written, it ends in a digit.
_NUMBER_KEY_ENDS = b'0":'
