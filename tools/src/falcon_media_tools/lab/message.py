"""Read a message typed on the page."""

from __future__ import annotations

from dataclasses import dataclass
from json import JSONDecodeError
from typing import TypedDict

from falcon_media.errors import PayloadError
from falcon_media.json.handler import JSONHandler
from falcon_media.limits import Limits
from falcon_media_tools.tagged import BadTag
from falcon_media_tools.tagged import from_tagged

__all__ = (
    'BadMessage',
    'MAX_TEXT',
    'NOTATION',
    'nowhere',
    'Problem',
    'read_message',
)

MAX_TEXT = 524_288
"""The maximum size of a typed message in bytes."""

NOTATION = (
    ('{"$bytes": "00ff"}', 'bytes, in hex'),
    (
        '{"$datetime": "2026-09-14T08:42:17+00:00"}',
        'a date and time; also $date, $time',
    ),
    ('{"$int": "18446744073709551616"}', 'an integer that JavaScript would round'),
    ('{"$float": "nan"}', 'nan, inf or -inf'),
    ('{"$map": [[1, "one"]]}', 'a map with keys that are not strings'),
    ('{"$decimal": "1.10"}', 'a decimal number; also $uuid'),
)
"""Tags for values that JSON can't express: (example, meaning)."""

_AROUND = 40

_read_json = JSONHandler(limits=Limits(max_size=MAX_TEXT)).deserialize


class Excerpt(TypedDict):
    """The line of an error, in three parts."""

    before: str
    at: str
    after: str


class Problem(TypedDict):
    """An error in a message; its place is known only for malformed JSON."""

    detail: str
    line: int | None
    column: int | None
    offset: int | None
    excerpt: Excerpt | None


@dataclass
class BadMessage(Exception):
    """The typed text is not a valid message."""

    problem: Problem


def read_message(text: str) -> object:
    """Read a message: JSON, with the notation of :mod:`falcon_media_tools.tagged`.

    Args:
        text (str): The typed text.

    Returns:
        object: The message.

    Raises:
        BadMessage: The text is not a valid message.
    """
    try:
        return from_tagged(_read_json(text))
    except PayloadError as ex:
        if isinstance(ex.cause, JSONDecodeError):
            raise BadMessage(_located(text, ex.cause.msg, ex.cause.pos)) from None
        raise BadMessage(nowhere(f'Not a message: {ex.detail}.')) from None
    except (BadTag, RecursionError) as ex:
        raise BadMessage(nowhere(f'{ex}.')) from None


def nowhere(detail: str) -> Problem:
    """Return a problem without a place."""
    return Problem(detail=detail, line=None, column=None, offset=None, excerpt=None)


def _located(text: str, detail: str, at: int) -> Problem:
    start = text.rfind('\n', 0, at) + 1
    end = text.find('\n', at)
    line = text[start : len(text) if end < 0 else end]
    column = at - start
    return Problem(
        detail=f'{detail}.',
        line=text.count('\n', 0, at) + 1,
        column=column + 1,
        # NOTE: JavaScript counts in UTF-16 code units.
        offset=len(text[:at].encode('utf-16-le', 'surrogatepass')) // 2,
        excerpt=Excerpt(
            before=line[max(0, column - _AROUND) : column],
            at=line[column : column + 1],
            after=line[column + 1 : column + _AROUND],
        ),
    )
