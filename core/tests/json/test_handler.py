"""The built-in handler: its hook, its options, and what it relies on."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from collections.abc import Iterator
import inspect
import json
from json import encoder as json_encoder
from pathlib import Path
import platform
import re
import sys
from typing import Any

from falcon import WebSocketPayloadType
import pytest

from falcon_media import Codec
from falcon_media import ConfigError
from falcon_media import MalformedPayload
from falcon_media import PayloadTooLarge
from falcon_media import TextHandler
from falcon_media import UnserializableMedia
from falcon_media.json import handler as builtin
from falcon_media.json.handler import JSONHandler

DOCS = Path(__file__).parents[3] / 'docs' / 'json.md'


@pytest.fixture(scope='module')
def handler() -> JSONHandler:
    return JSONHandler()


# -------------------------------------------------------------------------------- Hooks


def test_the_handler_is_described_like_a_plugins() -> None:
    (spec,) = builtin.falcon_media_handlers()
    assert spec.name == 'json'
    assert spec.payload_type is WebSocketPayloadType.TEXT
    assert spec.media_type == 'application/json'
    assert spec.factory is JSONHandler
    assert spec.requires == ()
    assert spec.unenforced == ()
    assert spec.summary


def test_the_diagnostics_have_the_versions() -> None:
    told = builtin.falcon_media_diagnostics()
    assert told[platform.python_implementation()] == platform.python_version()


# ------------------------------------------------------------------------------ Options


def test_ensure_ascii_escapes_characters() -> None:
    handler = JSONHandler(ensure_ascii=True)
    assert handler.serialize('é\U0001d11e') == r'"\u00e9\ud834\udd1e"'
    with pytest.raises(UnserializableMedia, match='half a surrogate pair'):
        handler.serialize(['\ud834'])


def test_sort_keys_sorts_keys() -> None:
    assert JSONHandler(sort_keys=True).serialize({'b': 1, 'a': 2}) == '{"a":2,"b":1}'


class Money:
    pass


def test_default_converts_objects() -> None:
    handler = JSONHandler(default=lambda media: {'money': str(type(media).__name__)})
    assert handler.serialize([Money()]) == '[{"money":"Money"}]'


@pytest.mark.parametrize(
    ('replacement', 'reason'),
    [
        ({1: 2}, 'default returned a key that is not a string'),
        ([{'a': ({None: 2},)}], 'default returned a key that is not a string'),
        (float('nan'), r"\$\[0\]: Money can't be sent: pass a default= that returns"),
        (b'', 'default raised an exception'),
    ],
)
def test_the_result_of_default_is_checked_too(replacement: object, reason: str) -> None:
    def default(media: object) -> object:
        if isinstance(media, Money):
            return replacement
        raise TypeError

    with pytest.raises(UnserializableMedia, match=reason):
        JSONHandler(default=default).serialize([Money()])


def test_a_default_that_returns_a_cycle_is_refused() -> None:
    cycle: list[object] = []
    cycle.append(cycle)
    with pytest.raises(UnserializableMedia):
        JSONHandler(default=lambda media: cycle).serialize([Money()])


def test_coerce_keys_sends_keys_as_strings() -> None:
    handler = JSONHandler(coerce_keys=True, default=lambda media: {2: 3})
    assert (
        handler.serialize({1: [None], None: Money()}) == '{"1":[null],"null":{"2":3}}'
    )


def test_allow_nan_accepts_numbers_that_are_not_finite() -> None:
    handler = JSONHandler(allow_nan=True)
    assert handler.serialize([float('nan'), float('-inf')]) == '[NaN,-Infinity]'
    media: Any = handler.deserialize('[NaN,Infinity,1e400]')
    assert [str(number) for number in media] == ['nan', 'inf', 'inf']


def test_allow_duplicate_keys_keeps_the_last_value() -> None:
    handler = JSONHandler(allow_duplicate_keys=True)
    assert handler.deserialize('{"a":1,"a":2}') == {'a': 2}


def test_allow_lone_surrogates_accepts_halves_of_pairs() -> None:
    handler = JSONHandler(allow_lone_surrogates=True, ensure_ascii=True)
    assert handler.deserialize(handler.serialize(['\ud834'])) == ['\ud834']
    # A server can't send it without the escape.
    with pytest.raises(UnserializableMedia):
        JSONHandler(allow_lone_surrogates=True).serialize(['\ud834'])
    with pytest.raises(MalformedPayload):
        handler.deserialize('"\ud834"')


FLAGS = [
    name
    for name, parameter in inspect.signature(JSONHandler).parameters.items()
    if isinstance(parameter.default, bool)
]


@pytest.mark.parametrize('option', FLAGS)
@pytest.mark.parametrize('value', [1, None, 'true'])
def test_a_flag_must_be_a_bool(option: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f'json: {option} must be true or false, not'):
        JSONHandler(**{option: value})


def test_a_default_must_be_callable() -> None:
    default: Any = 'str'
    with pytest.raises(
        ConfigError, match="must be a function of one object, not 'str'"
    ):
        JSONHandler(default=default)


def test_every_option_is_documented() -> None:
    page = DOCS.read_text()
    options = set(inspect.signature(JSONHandler).parameters)
    assert {option for option in options if f'| `{option}` |' in page} == options


# --------------------------------------------------------------------------------- Keys

LONG = 'x' * 300


@pytest.mark.parametrize('padding', ['', LONG], ids=['short', 'long'])
@pytest.mark.parametrize('key', [1, -1.5, 1e16, True, False, None], ids=repr)
@pytest.mark.parametrize(
    'wrap',
    [
        lambda media: media,
        lambda media: [0, (media,)],
        lambda media: {'a': OrderedDict(b=[media])},
    ],
    ids=['root', 'array', 'object'],
)
def test_keys_that_are_not_strings_are_refused(
    handler: JSONHandler,
    wrap: Callable[[object], object],
    key: object,
    padding: str,
) -> None:
    media = wrap({'padding': padding, key: 1})
    with pytest.raises(UnserializableMedia, match=r'key of type .* coerce_keys=True'):
        handler.serialize(media)


@pytest.mark.parametrize('padding', ['', LONG], ids=['short', 'long'])
@pytest.mark.parametrize('key', ['1', 'x1', 'true', 'null', '-1.5', '":'])
def test_keys_that_only_look_coerced_are_sent(
    handler: JSONHandler, key: str, padding: str
) -> None:
    media: object = [{key: padding, 'a': [{key: {}}, None]}]
    assert handler.deserialize(handler.serialize(media)) == media


# ------------------------------------------- What is relied on: the insides of `json`


c_make_encoder: Any = vars(json_encoder)['c_make_encoder']


def other_signature(markers: object, *arguments: object) -> object:
    """An encoder that supports the library's own call but not ours."""
    if markers is None:
        raise TypeError
    return c_make_encoder(markers, *arguments)


@pytest.mark.parametrize('make_encoder', [None, other_signature])
def test_the_result_is_the_same_without_the_c_encoder(
    monkeypatch: pytest.MonkeyPatch, make_encoder: object
) -> None:
    monkeypatch.setattr(json_encoder, 'c_make_encoder', make_encoder)
    handler = JSONHandler()
    assert handler.serialize([1.5, ({'a': 'é'},)]) == '[1.5,[{"a":"é"}]]'
    with pytest.raises(UnserializableMedia, match=r'key of type .* coerce_keys=True'):
        handler.serialize([{1: 2}])


def test_the_c_encoder_has_the_expected_signature() -> None:
    def default(media: object) -> object:
        return [type(media).__name__]

    def encode(media: object, **options: bool) -> str:
        encoder = c_make_encoder(
            None,
            default,
            json_encoder.encode_basestring,
            None,
            '=',
            ';',
            options.get('sort_keys', False),
            options.get('skipkeys', False),
            options.get('allow_nan', False),
        )
        return ''.join(encoder(media, 0))

    assert encode({'é': [1, 1.5, None], 'b': b''}) == '{"é"=[1;1.5;null];"b"=["bytes"]}'
    assert encode({'b': 1, 'a': 2}, sort_keys=True) == '{"a"=2;"b"=1}'
    assert encode({(): 1, 'a': 2}, skipkeys=True) == '{"a"=2}'
    assert encode([float('inf')], allow_nan=True) == '[Infinity]'
    with pytest.raises(ValueError, match='not JSON compliant'):
        encode([float('inf')])


def test_scan_once_returns_the_object_and_its_end() -> None:
    decoder: Any = json.JSONDecoder()
    assert decoder.scan_once('[1] x', 0) == ([1], 3)
    for text in ('', ' [1]', 'x'):
        with pytest.raises(StopIteration):
            decoder.scan_once(text, 0)


def test_object_hook_is_called_for_objects_that_are_replaced() -> None:
    seen: list[object] = []

    def hook(media: object) -> object:
        seen.append(media)
        return media

    json.JSONDecoder(object_hook=hook).decode('{"a":{"b":1},"a":[{}]}')
    assert seen == [{'b': 1}, {}, {'a': [{}]}]


# ------------------------------------------------------------------ Digits of integers


@pytest.fixture(params=[4300, 640])
def most_digits(request: pytest.FixtureRequest) -> Iterator[int]:
    """The most digits that CPython accepts."""
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(request.param)
    yield request.param
    sys.set_int_max_str_digits(before)


def test_cpython_has_the_expected_message_for_too_many_digits(most_digits: int) -> None:
    for call, value in ((int, '1' * (most_digits + 1)), (str, 10**most_digits)):
        with pytest.raises(ValueError, match='for integer string conversion') as caught:
            call(value)
        assert type(caught.value) is ValueError


def test_too_many_digits_are_over_a_limit_that_is_named(
    handler: JSONHandler, most_digits: int
) -> None:
    cure = f'more than {most_digits} digits: sys.set_int_max_str_digits() accepts them'
    for text in ('1' * (most_digits + 1), f'{{"a":[-{"1" * 5000}]}}'):
        with pytest.raises(PayloadTooLarge, match=re.escape(cure)) as caught:
            handler.deserialize(text)
        assert caught.value.limit == 'int_max_str_digits'
        assert caught.value.limit_value == most_digits
    with pytest.raises(UnserializableMedia, match=re.escape(cure)) as refused:
        handler.serialize({'a': [1, 10**most_digits]})
    assert refused.value.path == '$.a[1]'


def test_too_many_digits_are_named_for_any_handler(most_digits: int) -> None:
    class Eager(TextHandler):
        def __init__(self) -> None:
            super().__init__(Codec(encode=str, decode=int, unchecked=10_000))

    with pytest.raises(PayloadTooLarge, match=r'sys\.set_int_max_str_digits\(\) acc'):
        Eager().deserialize('1' * (most_digits + 1))
    with pytest.raises(UnserializableMedia, match=r'sys\.set_int_max_str_digits\(\)'):
        Eager().serialize(10**most_digits)
