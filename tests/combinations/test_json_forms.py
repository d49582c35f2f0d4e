"""Every form of a number and of a string that JSON has, in all handlers of JSON."""

from __future__ import annotations

from typing import Any

from falcon import WebSocketPayloadType
from hypothesis import example
from hypothesis import given
from hypothesis import strategies as st
import pytest

from falcon_media import Limits
from falcon_media import PayloadError
from falcon_media import Registry
from falcon_media.json.handler import JSONHandler

LIBRARIES = {
    'rapidjson': 'falcon_media_rapidjson',
    'orjson': 'falcon_media_orjson',
    'msgspec-json': 'falcon_media_msgspec',
}

DIGITS = st.text('0123456789', min_size=1, max_size=25) | st.sampled_from(
    ['0', '00', '0' * 400, '9' * 400, '1' + '0' * 320]
)
NUMBERS = st.builds(
    ''.join,
    st.tuples(
        st.sampled_from(['', '-']),
        st.just('0') | DIGITS.map(lambda digits: digits.lstrip('0') or '0'),
        st.just('') | DIGITS.map(lambda digits: f'.{digits}'),
        st.just('')
        | st.builds(
            ''.join,
            st.tuples(st.sampled_from('eE'), st.sampled_from(['', '+', '-']), DIGITS),
        ),
    ),
)
STRINGS = st.lists(
    st.sampled_from(
        [
            *('a', 'é', '😀', '\x7f', '\u2028', '\ufeff', '\uffff', ':', ',', '0e309'),
            *(r'\"', r'\\', r'\/', r'\b', r'\f', r'\n', r'\r', r'\t', r'\u0000'),
            *(r'\u00e9', r'\u00E9', r'\ud83d\ude00', r'\uD83D\uDE00', r'\uffff'),
        ]
    )
).map(lambda parts: f'"{"".join(parts)}"')
TEXTS = st.recursive(
    NUMBERS | STRINGS,
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda items: f'[{",".join(items)}]')
        | st.builds(lambda key, value: f'{{{key}: {value}}}', STRINGS, inner)
    ),
    max_leaves=6,
)


def is_long(media: Any) -> bool:
    """Whether an integer is beyond 64 bits, which orjson refuses."""
    if isinstance(media, dict):
        return any(map(is_long, media.values()))
    if isinstance(media, list):
        return any(map(is_long, media))
    return isinstance(media, int) and not -(2**63) <= media < 2**64


def outcome(handler: Any, text: str) -> object:
    try:
        return handler.deserialize(text)
    except PayloadError as ex:
        return type(ex)


@pytest.mark.parametrize('name', LIBRARIES)
@example('0e309')
@example('[0.0e400,-0e999,0E+309,-0.000e+4294967296]')
@example('{"0e309":"\\"0e309","a":0e309}')
@example('[10e309]')
@example('1.0e309')
@example('[0.5e309]')
@given(TEXTS)
def test_what_is_json_for_one_is_the_same_for_all(name: str, text: str) -> None:
    pytest.importorskip(LIBRARIES[name])
    payload_type = WebSocketPayloadType.TEXT
    handler = Registry.discover().build(name, payload_type, Limits())
    expected = outcome(JSONHandler(), text)
    if name == 'orjson' and is_long(expected):
        return
    assert repr(outcome(handler, text)) == repr(expected)
