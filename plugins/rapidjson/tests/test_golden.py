"""The text that goes over the wire, and what is made of the RFC's own."""

from __future__ import annotations

import json

from plugins.rapidjson.tests.corpus import RFC_8259
import pytest

from falcon_media_rapidjson import RapidJSONHandler


@pytest.fixture(scope='module')
def handler() -> RapidJSONHandler:
    return RapidJSONHandler()


@pytest.mark.parametrize('text', RFC_8259)
def test_the_samples_of_the_rfc(handler: RapidJSONHandler, text: str) -> None:
    assert handler.deserialize(text) == RFC_8259[text]


@pytest.mark.parametrize(
    ('media', 'text'),
    [
        (None, 'null'),
        (True, 'true'),
        (False, 'false'),
        (0, '0'),
        (-1, '-1'),
        (2**64, '18446744073709551616'),
        (-0.0, '-0.0'),
        (0.1, '0.1'),
        (1e16, '1e+16'),
        (5e-324, '5e-324'),
        ('', '""'),
        ('\0\b\t\n\f\r"\\/\x7f', r'"\u0000\b\t\n\f\r\"\\/' + '\x7f"'),
        ('é\u2028\U0001d11e', '"é\u2028\U0001d11e"'),
        ([], '[]'),
        ((), '[]'),
        ({}, '{}'),
        ([1, [2, ()], {}], '[1,[2,[]],{}]'),
        ({'b': 1, 'a': [None]}, '{"b":1,"a":[null]}'),
    ],
    ids=repr,
)
def test_golden_text(handler: RapidJSONHandler, media: object, text: str) -> None:
    assert handler.serialize(media) == text
    # NOTE: Another decoder reads the same.
    assert json.loads(text) == json.loads(json.dumps(media))


@pytest.mark.parametrize(
    ('text', 'media'),
    [
        (' \t\n\r[ 1 , 2 ]\r\n\t ', [1, 2]),
        ('{ "a" : 1 , "b" : { } }', {'a': 1, 'b': {}}),
        ('[1E3,1e+3,1000.0e0,10000e-1]', [1000.0] * 4),
        ('[-0,0,-0.0]', [0, 0, -0.0]),
        (r'"\"\\\/\b\f\n\r\t\u00e9\u00E9"', '"\\/\b\f\n\r\téé'),
        ('"\x7f\u2028"', '\x7f\u2028'),
    ],
)
def test_all_of_the_grammar_is_accepted(
    handler: RapidJSONHandler, text: str, media: object
) -> None:
    assert repr(handler.deserialize(text)) == repr(media)
