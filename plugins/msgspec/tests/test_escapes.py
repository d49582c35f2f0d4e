"""Keys that are there twice in JSON, however its strings are escaped."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
import pytest

from falcon_media import MalformedPayload
from falcon_media_msgspec import MsgspecJSONHandler

MIXED = dict[str, str | float | list[Any] | dict[str, Any] | None]
TYPES = (None, Any, dict[str, Any], MIXED)
HANDLERS: list[Any] = [MsgspecJSONHandler(type=cls) for cls in TYPES]

# NOTE: What JSON is made of, and what looks like the end of a key in the middle of one.
PIECES = st.sampled_from([':', '"', '\\', '":', '\\":', ',', '{', '[', ' :', 'a', 'é'])
STRINGS = st.lists(PIECES, max_size=4).map(''.join)


@st.composite
def written(draw: st.DrawFn, text: str) -> str:
    """Write a string of JSON, with escapes where they need not be."""
    forms = {'"': ['\\"', '\\u0022'], '\\': ['\\\\', '\\u005c', '\\u005C']}
    return ''.join(
        (
            '"',
            *(
                draw(
                    st.sampled_from(
                        forms.get(
                            char, [char, f'\\u{ord(char):04x}', f'\\u{ord(char):04X}']
                        )
                    )
                )
                for char in text
            ),
            '"',
        )
    )


SPACES = st.sampled_from(['', '', '', ' ', '\t', '\n', '\r'])


@st.composite
def texts(draw: st.DrawFn, depth: int = 2) -> str:
    """Write JSON whose objects may have a key twice."""
    kind = draw(st.integers(0, 3 if depth else 1))
    if kind == 0:
        return draw(st.sampled_from(['1', 'null', '-0', '1.50']))
    if kind == 1:
        return draw(STRINGS.flatmap(written))
    if kind == 2:
        items = draw(st.lists(texts(depth - 1), max_size=3))
        return f'[{",".join(items)}]'
    entries = [
        f'{draw(STRINGS.flatmap(written))}{draw(SPACES)}:{draw(SPACES)}{value}'
        for value in draw(st.lists(texts(depth - 1), max_size=3))
    ]
    return '{' + ','.join(entries) + '}'


def has_key_twice(text: str) -> bool:
    found = False

    def note(pairs: list[tuple[str, object]]) -> None:
        nonlocal found
        found = found or len(dict(pairs)) != len(pairs)

    json.loads(text, object_pairs_hook=note)
    return found


@given(text=texts().map('{{"a":{}}}'.format))
def test_a_key_that_is_there_twice_is_found_whatever_is_escaped(text: str) -> None:
    for handler in HANDLERS:
        if has_key_twice(text):
            with pytest.raises(MalformedPayload, match='the same key twice'):
                handler.deserialize(text)
        else:
            assert handler.deserialize(text) == json.loads(text)


@pytest.mark.parametrize('handler', HANDLERS)
@pytest.mark.parametrize(
    'text',
    [
        r'{"a":1,"a":"\u003a"}',
        r'{"a":1,"a":"\u003A"}',
        r'{"a":1,"a":["\u003a)"]}',
        r'{"a":1,"\u003a":2,"\u003a":3}',
        r'{"a":1,"a":2,"\u003a":3}',
        r'{"a" :1,"a":"\u003a"}',
        r'{"s":"\\\":","a":1,"a":"\u003a"}',
    ],
)
def test_a_string_that_begins_with_an_escaped_colon(handler: Any, text: str) -> None:
    with pytest.raises(MalformedPayload, match='the same key twice'):
        handler.deserialize(text)


@pytest.mark.parametrize('handler', HANDLERS)
@pytest.mark.parametrize('text', ['{"a":":)"}', r'{"a":"\u003a)"}', '{":" :":"}'])
def test_a_string_that_begins_with_a_colon_is_no_key(handler: Any, text: str) -> None:
    assert handler.deserialize(text) == json.loads(text)
