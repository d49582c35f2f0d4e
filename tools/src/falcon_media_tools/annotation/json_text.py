"""The annotator of JSON (RFC 8259), for all JSON handlers."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
import json
import re

from falcon_media.protocol.annotation import Cursor
from falcon_media.protocol.annotation import Fault
from falcon_media.protocol.annotation import shown
from falcon_media.protocol.annotation import Span
from falcon_media.protocol.annotation import walk

__all__ = ('annotate_json',)


def annotate_json(payload: bytes, options: Mapping[str, object]) -> Iterator[Span]:
    """Annotate JSON text.

    White space, commas and colons belong to the token before them.

    Args:
        payload (bytes): The text, in UTF-8.
        options (Mapping): Options of the handler; with ``allow_nan``, NaN and the
            infinities are numbers.

    Returns:
        Iterator[Span]: The spans; see :mod:`falcon_media.protocol.annotation`.
    """
    return walk(payload, _Steps(allow_nan=bool(options.get('allow_nan'))))


_SPACE = re.compile(rb'[ \t\n\r]*+')
_CHARACTERS = rb'(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+'
_OPEN_STRING = re.compile(b'"' + _CHARACTERS)
_TOKEN = re.compile(
    rb'(?P<open>[\[{])'
    rb'|(?P<close>[\]}])'
    rb'|(?P<string>"' + _CHARACTERS + rb'")'
    rb'|(?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)'
    rb'|(?P<word>true|false|null|NaN|-?Infinity)'
)
_WORDS = (b'true', b'false', b'null')
_WHOLE = (*_WORDS, b'-0')
_LONGEST_WORD = 5
_NAMES = {b'[': 'array', b'{': 'object', b']': 'end of array', b'}': 'end of object'}
_ENDS = {b'[': b']', b'{': b'}'}

_VALUES = frozenset(('open', 'string', 'number', 'word'))
_CLOSE = frozenset(('close',))
_STRING = frozenset(('string',))

_Expected = tuple[frozenset[str], str]
"""Kinds of tokens that may come next, and the error for any other."""

_VALUE: _Expected = _VALUES, 'a value has to be here'
_FIRST_VALUE: _Expected = _VALUES | _CLOSE, 'a value, or the end, has to be here'
_KEY: _Expected = _STRING, 'a key, which is a string, has to be here'
_FIRST_KEY: _Expected = _STRING | _CLOSE, 'a key, or the end, has to be here'
_END: _Expected = _CLOSE, 'a comma, or the end, has to be here'


class _Steps:
    def __init__(self, *, allow_nan: bool) -> None:
        self._allow_nan = allow_nan

    def __call__(self, cursor: Cursor) -> Iterator[Span]:
        opened: list[bytes] = []
        expected = _VALUE
        _skip(cursor)
        while True:
            kind, token = self._token(cursor)
            if kind not in expected[0] or (
                kind == 'close' and token != _ENDS[opened[-1]]
            ):
                raise Fault(expected[1], cursor.pos)
            text = _text(kind, token, cursor.pos)
            cursor.pos += len(token)
            if kind == 'open':
                _skip(cursor)
                yield cursor.span(text)
                opened.append(token)
                cursor.depth += 1
                expected = _FIRST_KEY if token == b'{' else _FIRST_VALUE
                continue
            if expected in (_KEY, _FIRST_KEY) and kind == 'string':
                if not _skip(cursor, b':'):
                    raise Fault('a colon has to be here', cursor.pos)
                yield cursor.span(f'{text}:')
                expected = _VALUE
                continue
            if kind == 'close':
                opened.pop()
                cursor.depth -= 1
            if opened and _skip(cursor, b','):
                expected = _KEY if opened[-1] == b'{' else _VALUE
            else:
                _skip(cursor)
                expected = _END
            yield cursor.span(text)
            if not opened:
                return

    def _token(self, cursor: Cursor) -> tuple[str, bytes]:
        match = _TOKEN.match(cursor.payload, cursor.pos)
        if match is None or match.lastgroup is None:
            raise _no_token(cursor)
        token = match.group()
        if match.lastgroup == 'word' and not (self._allow_nan or token in _WORDS):
            raise Fault('a number that is not finite', cursor.pos)
        return match.lastgroup, token


def _skip(cursor: Cursor, separator: bytes = b'') -> bool:
    """Skip white space, and a separator if present; return whether it was."""
    pos = _end_of(_SPACE, cursor.payload, cursor.pos)
    found = bool(separator) and cursor.payload.startswith(separator, pos)
    if found:
        pos = _end_of(_SPACE, cursor.payload, pos + 1)
    cursor.pos = pos
    return found


def _end_of(pattern: re.Pattern[bytes], payload: bytes, pos: int) -> int:
    match = pattern.match(payload, pos)
    return match.end() if match else pos


def _no_token(cursor: Cursor) -> Fault:
    payload, pos = cursor.payload, cursor.pos
    stop = _end_of(_OPEN_STRING, payload, pos)
    # NOTE: At the end of the payload, `rest` is empty, so any word matches.
    rest = payload[pos : pos + _LONGEST_WORD]
    if stop == len(payload) or any(word.startswith(rest) for word in _WHOLE):
        cursor.pos = len(payload)
        return Fault('cut off')
    if stop == pos:
        return Fault('no token of JSON begins like this', pos)
    if payload[stop] == _BACKSLASH:
        return Fault('no escape of JSON', stop)
    return Fault('a control character in a string', stop)


_BACKSLASH = ord('\\')


def _text(kind: str, token: bytes, pos: int) -> str:
    if kind == 'string':
        try:
            return shown(json.loads(token.decode()))
        except UnicodeDecodeError as ex:
            raise Fault(f'no UTF-8: {ex.reason}', pos + ex.start) from None
    if kind in ('open', 'close'):
        return _NAMES[token]
    text = token.decode()
    return f'{text[:_LONGEST_NUMBER]}...' if len(text) > _LONGEST_NUMBER else text


_LONGEST_NUMBER = 60
