"""Hostile input: an object, or one clear error."""

from __future__ import annotations

import json
import sys
import tracemalloc

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from plugins.rapidjson.tests.corpus import MALFORMED
from plugins.rapidjson.tests.corpus import mutated
from plugins.rapidjson.tests.corpus import run_python
from plugins.rapidjson.tests.corpus import SAMPLES
import pytest

from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import PayloadError
from falcon_media import PayloadTooLarge
from falcon_media import UnserializableMedia
from falcon_media_rapidjson import RapidJSONHandler

properties = settings(deadline=None, database=None, max_examples=500)

MESSAGE = {'type': 'chat', 'text': 'hé: "llo"', 'at': [12, 30.5, None, {'a': True}]}


@pytest.fixture(scope='module')
def handler() -> RapidJSONHandler:
    return RapidJSONHandler()


def refuse(handler: RapidJSONHandler, text: str) -> PayloadError:
    """The error that a text ends in; the next message is decoded right."""
    with pytest.raises(PayloadError) as caught:
        handler.deserialize(text)
    assert handler.deserialize(handler.serialize(MESSAGE)) == MESSAGE
    return caught.value


@pytest.mark.parametrize('sample', SAMPLES)
def test_truncations(handler: RapidJSONHandler, sample: str) -> None:
    for length in range(len(sample)):
        assert isinstance(refuse(handler, sample[:length]), MalformedPayload)


@pytest.mark.parametrize('sample', SAMPLES)
@pytest.mark.parametrize('more', ['x', '1', ',', '}', ']', '"', '{}', '\0', '\xa0'])
def test_one_character_too_many(
    handler: RapidJSONHandler, sample: str, more: str
) -> None:
    assert isinstance(refuse(handler, sample + more), MalformedPayload)
    assert isinstance(refuse(handler, more + sample), MalformedPayload)


@pytest.mark.parametrize('padding', ['', ' ' * 300], ids=['short', 'long'])
@pytest.mark.parametrize(
    'text', MALFORMED, ids=lambda text: f'{text[:20]!a}{len(text)}'
)
def test_what_is_no_json(handler: RapidJSONHandler, text: str, padding: str) -> None:
    error = refuse(handler, padding + text)
    assert isinstance(error, MalformedPayload)
    assert error.close_code == 1007


@pytest.mark.parametrize(
    ('text', 'media'),
    [
        ('9' * 4300, int('9' * 4300)),
        ('18446744073709551616', 2**64),
        ('-9223372036854775809', -(2**63) - 1),
        ('9007199254740993', 2**53 + 1),
        ('0.1', 0.1),
        ('1.7976931348623157e308', 1.7976931348623157e308),
        ('5e-324', 5e-324),
        ('"\\u0000"', '\0'),
        ('{"\\u0000":1}', {'\0': 1}),
        ('"\\ud83d\\ude00"', '😀'),
        ('{"a":1,"A":2,"a ":3}', {'a': 1, 'A': 2, 'a ': 3}),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_values_are_exact(handler: RapidJSONHandler, text: str, media: object) -> None:
    assert handler.deserialize(text) == media


def test_a_zero_with_an_exponent_beyond_a_floats(handler: RapidJSONHandler) -> None:
    # NOTE: JSON, and zero; the library refuses such an exponent with any digits.
    assert isinstance(refuse(handler, '0e309'), MalformedPayload)
    assert handler.deserialize('0e308') == 0


@pytest.mark.parametrize('levels', [65, 401, 1025, 100_000, 500_000])
@pytest.mark.parametrize(
    ('opening', 'closing'), [('[', ']'), ('{"":', '}'), ('[{"a":', '}]'), (' [ ', '')]
)
def test_nesting(
    handler: RapidJSONHandler, levels: int, opening: str, closing: str
) -> None:
    text = f'{opening * levels}0{closing * levels}'
    error = refuse(handler, text)
    assert isinstance(error, PayloadTooLarge)
    assert error.limit == ('max_depth' if len(text) <= 1_048_576 else 'max_size')
    assert error.close_code == 1009


def test_nesting_that_is_allowed(handler: RapidJSONHandler) -> None:
    text = f'{"[" * 64}{"]" * 64}'
    assert handler.serialize(handler.deserialize(text)) == text


def test_size(handler: RapidJSONHandler) -> None:
    most = 1_048_576 - 2
    for content in ('x' * most, 'é' * (most // 2), '😀' * (most // 4)):
        assert handler.deserialize(f'"{content}"') == content
        error = refuse(handler, f'"{content}xxx"')
        assert isinstance(error, PayloadTooLarge)
        assert error.limit == 'max_size'


@pytest.mark.parametrize('item', ['[]', '{}', '0', '""', '[0]', '{"a":0}'])
def test_items(item: str) -> None:
    handler = RapidJSONHandler(limits=Limits(max_size=16_000_000))
    error = refuse(handler, f'[{",".join([item] * 1_000_000)}]')
    assert isinstance(error, PayloadTooLarge)
    assert error.limit == 'max_items'


@pytest.mark.parametrize('item', ['[]', '{}', '[[]]'])
def test_memory_for_items_that_are_refused(
    handler: RapidJSONHandler, item: str
) -> None:
    text = f'[{",".join([item] * (1_048_576 // (len(item) + 1) - 1))}]'
    tracemalloc.start()
    try:
        error = refuse(handler, text)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(error, PayloadTooLarge)
    # A few copies of the text, and none of the objects: they take 56 bytes or more.
    assert peak < 8 * len(text)


def test_encoding_what_is_too_deep(handler: RapidJSONHandler) -> None:
    media: list[object] = []
    for _ in range(100_000):
        media = [media]
    with pytest.raises(UnserializableMedia, match='deeper than 64 levels'):
        handler.serialize(media)


def test_encoding_what_contains_itself(handler: RapidJSONHandler) -> None:
    array: list[object] = []
    array.append({'a': (array,)})
    with pytest.raises(UnserializableMedia, match='contains itself'):
        handler.serialize(array)


# ---------------------------------------------------------------- Where it could crash

IN_A_SMALL_STACK = """
    import threading

    from falcon_media import MediaError
    from falcon_media_rapidjson import RapidJSONHandler

    handler = RapidJSONHandler()

    def attempt(call, argument):
        try:
            call(argument)
        except MediaError as ex:
            print(type(ex).__name__, getattr(ex, 'limit', ''))
        else:
            print('fine')

    def nested(levels):
        media = 0
        for level in range(levels):
            media = [media] if level % 2 else {'a': media}
        return media

    # Made, and freed, out of the small stack: that alone overflows it (CPython 3.13).
    media = {levels: nested(levels) for levels in (64, 65, 401, 1025, 100_000)}
    cycle = []
    cycle.append(cycle)

    def run():
        for levels in media:
            attempt(handler.deserialize, '[' * levels + ']' * levels)
            attempt(handler.deserialize, '{"a":' * levels + '0' + '}' * levels)
            attempt(handler.serialize, media[levels])
        attempt(handler.deserialize, '[' * 1_000_000)
        attempt(handler.deserialize, '["' * 300_000)
        attempt(handler.serialize, cycle)

    threading.stack_size(131_072)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
"""


@pytest.mark.skipif(sys.platform == 'win32', reason='Windows has no resource module')
def test_no_crash_in_a_small_stack() -> None:
    deep = ['PayloadTooLarge max_depth'] * 2 + ['UnserializableMedia ']
    assert run_python(IN_A_SMALL_STACK) == [
        *['fine'] * 3,
        *deep * 4,
        'PayloadTooLarge max_depth',
        'PayloadTooLarge max_depth',
        'UnserializableMedia ',
    ]


# ------------------------------------------------------------------------------ Fuzzing


@properties
@given(
    st.text()
    | st.text(st.sampled_from('[]{}",:0e+.- \\u\0'))
    | st.sampled_from(SAMPLES).flatmap(mutated)
)
def test_any_text_is_an_object_or_a_payload_error(text: str) -> None:
    handler = RapidJSONHandler()
    try:
        media = handler.deserialize(text)
    except PayloadError:
        return
    assert json.dumps(media) == json.dumps(json.loads(text))
    assert handler.deserialize(handler.serialize(media)) == media
