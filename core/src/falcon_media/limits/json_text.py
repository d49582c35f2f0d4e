"""Checks of the depth and the items of JSON text, before it is decoded."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from itertools import accumulate
import re
from typing import AnyStr

from falcon_media.limits.budgets import Limits
from falcon_media.limits.budgets import too_deep
from falcon_media.limits.budgets import too_many

__all__ = ('json_bytes_check', 'json_text_check', 'unchecked_json_text')


def unchecked_json_text(limits: Limits) -> int:
    """Return the length up to which JSON text needs no check.

    A container takes two characters, and so does an item (itself, and a comma or a
    bracket). So a text of n characters has a depth of n // 2 and (n - 1) // 2 items at
    most. In malformed text, the decoder opens at most n brackets before it stops.
    """
    return 2 * min(limits.max_depth, limits.max_items) + 1


def json_text_check(limits: Limits) -> Callable[[str], None]:
    """Make a check of depth and items for JSON text, to be called before decoding.

    The standard library's decoder overflows a small stack: at about 1,000 levels on one
    of 128 KB.

    An accepted text is within the budgets for any decoder that follows RFC 8259, up to
    the point where it finds an error. The check doesn't support dialects with comments
    or with strings in single quotes. It may accept or refuse text that isn't JSON.

    Args:
        limits (Limits): The budgets.

    Returns:
        Callable: Takes the text; raises ``PayloadTooLarge``.
    """
    return _json_check(limits, '[', '{', ',')


def json_bytes_check(limits: Limits) -> Callable[[bytes], None]:
    """Make the check of :func:`json_text_check` for text in UTF-8.

    Args:
        limits (Limits): The budgets.

    Returns:
        Callable: Takes the bytes; raises ``PayloadTooLarge``.
    """
    return _json_check(limits, b'[', b'{', b',')


def _json_check(
    limits: Limits, array: AnyStr, mapping: AnyStr, comma: AnyStr
) -> Callable[[AnyStr], None]:
    max_depth = limits.max_depth
    max_items = limits.max_items
    short = _CHARACTERS_PER_BRACKET * max_depth
    few_items = 2 * max_items + 1

    def check(text: AnyStr) -> None:
        size = len(text)
        # PERF: Brackets in strings count too, which is sound. The precise count is not
        #   much slower, so long texts, which are likely to have too many, go there.
        shallow = size <= short and text.count(array) + text.count(mapping) <= max_depth
        if not shallow and _json_depth(text, max_depth) > max_depth:
            raise too_deep(limits)
        # NOTE: Each item except the first of its container follows a comma.
        if (
            size > few_items
            and text.count(comma) + text.count(array) + text.count(mapping) > max_items
            and _json_items(text) > max_items
        ):
            raise too_many(limits)

    return check


_CHARACTERS_PER_BRACKET = 128
_ESCAPES = re.compile(rb'\\["\\]')

_OPENING = b'\x01'
_CLOSING = b'\xff'
_LEAF = _OPENING + _CLOSING
_TO_STEPS = bytes.maketrans(b'[{]}', 2 * _OPENING + 2 * _CLOSING)
_NO_MARKS = bytes(set(range(256)) - set(b'"[{]}'))
_SLICE = 4096


def _without_escapes(text: str | bytes) -> bytes:
    # NOTE: A character that is not ASCII is in a string, or is an error.
    data = text.encode('ascii', 'replace') if isinstance(text, str) else text
    if b'\\' not in data:
        return data
    # NOTE: A backslash is in a string, or is an error. Without these two escapes, each
    #   quotation mark begins or ends a string.
    # PERF: For few escapes, a regular expression is up to six times faster than two
    #   calls of replace(); for many (JSON in a JSON string), four times slower.
    few = len(data) // 64 + 1
    data, count = _ESCAPES.subn(b'', data, few)
    if count == few:
        data = data.replace(b'\\\\', b'').replace(b'\\"', b'')
    return data


def _json_depth(text: str | bytes, max_depth: int) -> int:
    """Return the depth of the text; any depth within the budget, if it is within."""
    # PERF: A few passes in C: about a tenth of the time to decode an ordinary text, and
    #   about 50 ns a character for the worst.
    marks = _without_escapes(text).translate(_TO_STEPS, _NO_MARKS)
    # NOTE: A bracket is in a string if the number of quotation marks before it is odd.
    #   Removing them in pairs doesn't change that.
    steps = marks.replace(b'""""', b'').replace(b'""', b'')
    if b'"' in steps:
        steps = b''.join(steps.split(b'"')[::2])
    # PERF: Remove the leaves, level by level. Most texts are empty soon: they are
    #   balanced, and as deep as there were rounds. If more than half remains, give up.
    rest = steps
    for depth in range(1, max_depth + 1):
        branches = rest.replace(_LEAF, b'')
        if not branches:
            return depth
        if 2 * len(branches) > len(rest):
            break
        rest = branches
    # PERF: In slices, to stop early in a text that opens more than it closes.
    depth = deepest = 0
    for start in range(0, len(steps), _SLICE):
        depths = [*accumulate(array('b', steps[start : start + _SLICE]), initial=depth)]
        deepest = max(deepest, *depths)
        if deepest > max_depth:
            break
        depth = depths[-1]
    return deepest


def _json_items(text: str | bytes) -> int:
    """Count the items of the text."""
    # NOTE: Keep a mark for each string, so that ["a"] is not taken for [].
    strings = _without_escapes(text).translate(None, b' \t\r\n').split(b'"')
    data = b'"'.join(strings[::2])
    openings = data.count(b'[') + data.count(b'{')
    empty = data.count(b'[]') + data.count(b'{}')
    # NOTE: n items of one container are separated by n - 1 commas.
    return data.count(b',') + openings - empty
