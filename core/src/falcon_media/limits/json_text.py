"""Depth and items of JSON text that is not decoded yet."""

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
    """Length of JSON text up to which neither check of it is owed.

    A container takes two characters, and an item two as well (itself, and a comma or a
    bracket), so a text of n characters is of depth n // 2 at the most, and has at the
    most (n - 1) // 2 items. One that is not well-formed has no more than n brackets to
    open before the decoder finds out.
    """
    return 2 * min(limits.max_depth, limits.max_items) + 1


def json_text_check(limits: Limits) -> Callable[[str], None]:
    """Make a check of depth and items for JSON text that is not decoded yet.

    The standard library's decoder overflows the stack where it is small: at about 1,000
    levels on one of 128 KB.

    What the check accepts is within the budgets for any decoder that reads the text by
    RFC 8259, up to where that stops at an error. It is not for dialects with comments,
    or with strings in single quotes. Text that is no JSON may be refused or accepted.

    Args:
        limits (Limits): The budgets.

    Returns:
        Callable: Takes the text; raises ``PayloadTooLarge``.
    """
    return _json_check(limits, '[', '{', ',')


def json_bytes_check(limits: Limits) -> Callable[[bytes], None]:
    """Make the same check as :func:`json_text_check`, for text in UTF-8.

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
        # PERF: Brackets in strings count too, which is sound. To tell them apart takes
        #   not much longer, so it is done at once where there are likely too many.
        shallow = size <= short and text.count(array) + text.count(mapping) <= max_depth
        if not shallow and _json_depth(text, max_depth) > max_depth:
            raise too_deep(limits)
        # NOTE: Each item but the first of its container comes after a comma.
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
    # NOTE: What is not ASCII is in a string, or is an error; either way it is no mark.
    data = text.encode('ascii', 'replace') if isinstance(text, str) else text
    if b'\\' not in data:
        return data
    # NOTE: A backslash is in a string, or is an error. With these two escapes gone, a
    #   quotation mark begins a string or ends one.
    # PERF: For few of them a regular expression is up to six times faster than two
    #   replace(), and for many (JSON in a string of JSON) four times slower.
    few = len(data) // 64 + 1
    data, count = _ESCAPES.subn(b'', data, few)
    if count == few:
        data = data.replace(b'\\\\', b'').replace(b'\\"', b'')
    return data


def _json_depth(text: str | bytes, max_depth: int) -> int:
    """Depth of the text, or any depth within the budget if it is within."""
    # PERF: All that follows is a few passes in C: about a tenth of the time that it
    #   takes to decode an honest text, and some 50 ns a character for the worst.
    marks = _without_escapes(text).translate(_TO_STEPS, _NO_MARKS)
    # NOTE: Taking quotation marks away by pairs changes for no bracket whether the
    #   number of those before it is odd, and so whether it is in a string.
    steps = marks.replace(b'""""', b'').replace(b'""', b'')
    if b'"' in steps:
        steps = b''.join(steps.split(b'"')[::2])
    # PERF: Taking the leaves away, level by level, leaves next to nothing of most
    #   texts; where it does not, it is given up. A text of which nothing is left was
    #   balanced, and as deep as there were rounds.
    rest = steps
    for depth in range(1, max_depth + 1):
        branches = rest.replace(_LEAF, b'')
        if not branches:
            return depth
        if 2 * len(branches) > len(rest):
            break
        rest = branches
    # PERF: In slices, so as to stop soon in a text that opens more than it closes.
    depth = deepest = 0
    for start in range(0, len(steps), _SLICE):
        depths = [*accumulate(array('b', steps[start : start + _SLICE]), initial=depth)]
        deepest = max(deepest, *depths)
        if deepest > max_depth:
            break
        depth = depths[-1]
    return deepest


def _json_items(text: str | bytes) -> int:
    """Number of items of the text."""
    # NOTE: A mark is left of each string, so that ["a"] is not taken for [].
    strings = _without_escapes(text).translate(None, b' \t\r\n').split(b'"')
    data = b'"'.join(strings[::2])
    openings = data.count(b'[') + data.count(b'{')
    empty = data.count(b'[]') + data.count(b'{}')
    # NOTE: n items of one container are parted by n - 1 commas.
    return data.count(b',') + openings - empty
