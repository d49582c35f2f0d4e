"""The built-in handler: its hook, its options, and the bytes it makes and takes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
import copy
import inspect
import json
from json import encoder as json_encoder
from pathlib import Path
import platform
from typing import Any

import falcon
from falcon import WebSocketPayloadType
import falcon.asgi
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
import pytest

from falcon_media import builtin
from falcon_media import ConfigError
from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import PayloadTooLarge
from falcon_media import TextHandler
from falcon_media import UnserializableMedia
from falcon_media.builtin import JSONHandler

DOCS = Path(__file__).parent.parent.parent / 'docs' / 'json.md'

properties = settings(deadline=None, database=None, max_examples=200)


@pytest.fixture(scope='module')
def handler() -> JSONHandler:
    return JSONHandler()


# -------------------------------------------------------------------------------- Hooks


def test_it_is_described_like_a_plugins() -> None:
    (spec,) = builtin.falcon_media_handlers()
    assert spec.name == 'json'
    assert spec.payload_type is WebSocketPayloadType.TEXT
    assert spec.media_type == 'application/json'
    assert spec.factory is JSONHandler
    assert spec.requires == ()
    assert spec.unenforced == ()
    assert spec.summary


def test_it_tells_what_it_depends_on() -> None:
    assert builtin.falcon_media_diagnostics() == {
        platform.python_implementation(): platform.python_version()
    }


def test_it_works_the_plain_falcon_way() -> None:
    app = falcon.asgi.App()
    handler = JSONHandler()
    app.ws_options.media_handlers[WebSocketPayloadType.TEXT] = handler
    assert isinstance(handler, TextHandler)
    assert handler.deserialize(handler.serialize({'a': [1]})) == {'a': [1]}


# -------------------------------------------------------------------------- Golden text

# NOTE: The texts of RFC 8259, section 13, and the character of section 7.
RFC_8259 = {
    """
      {
        "Image": {
            "Width":  800,
            "Height": 600,
            "Title":  "View from 15th Floor",
            "Thumbnail": {
                "Url":    "http://www.example.com/image/481989943",
                "Height": 125,
                "Width":  100
            },
            "Animated" : false,
            "IDs": [116, 943, 234, 38793]
          }
      }
    """: {
        'Image': {
            'Width': 800,
            'Height': 600,
            'Title': 'View from 15th Floor',
            'Thumbnail': {
                'Url': 'http://www.example.com/image/481989943',
                'Height': 125,
                'Width': 100,
            },
            'Animated': False,
            'IDs': [116, 943, 234, 38793],
        }
    },
    """
      [
        {
           "precision": "zip",
           "Latitude":  37.7668,
           "Longitude": -122.3959,
           "Address":   "",
           "City":      "SAN FRANCISCO",
           "State":     "CA",
           "Zip":       "94107",
           "Country":   "US"
        },
        {
           "precision": "zip",
           "Latitude":  37.371991,
           "Longitude": -122.026020,
           "Address":   "",
           "City":      "SUNNYVALE",
           "State":     "CA",
           "Zip":       "94085",
           "Country":   "US"
        }
      ]
    """: [
        {
            'precision': 'zip',
            'Latitude': 37.7668,
            'Longitude': -122.3959,
            'Address': '',
            'City': 'SAN FRANCISCO',
            'State': 'CA',
            'Zip': '94107',
            'Country': 'US',
        },
        {
            'precision': 'zip',
            'Latitude': 37.371991,
            'Longitude': -122.026020,
            'Address': '',
            'City': 'SUNNYVALE',
            'State': 'CA',
            'Zip': '94085',
            'Country': 'US',
        },
    ],
    '"Hello world!"': 'Hello world!',
    '42': 42,
    'true': True,
    '"\\uD834\\uDD1E"': '\U0001d11e',
}


@pytest.mark.parametrize('text', RFC_8259)
def test_the_samples_of_the_rfc(handler: JSONHandler, text: str) -> None:
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
def test_golden_text(handler: JSONHandler, media: object, text: str) -> None:
    assert handler.serialize(media) == text
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
    handler: JSONHandler, text: str, media: object
) -> None:
    assert repr(handler.deserialize(text)) == repr(media)


# ------------------------------------------------------------------------------ Options


def test_ensure_ascii() -> None:
    handler = JSONHandler(ensure_ascii=True)
    assert handler.serialize('é\U0001d11e') == r'"\u00e9\ud834\udd1e"'
    with pytest.raises(UnserializableMedia, match='half a surrogate pair'):
        handler.serialize(['\ud834'])


def test_sort_keys() -> None:
    assert JSONHandler(sort_keys=True).serialize({'b': 1, 'a': 2}) == '{"a":2,"b":1}'


class Money:
    pass


def test_default() -> None:
    handler = JSONHandler(default=lambda media: {'money': str(type(media).__name__)})
    assert handler.serialize([Money()]) == '[{"money":"Money"}]'


@pytest.mark.parametrize(
    ('replacement', 'reason'),
    [
        ({1: 2}, 'a key is not a string'),
        ([{'a': ({None: 2},)}], 'a key is not a string'),
        (float('nan'), 'can not be carried'),
        (b'', 'can not be carried'),
    ],
)
def test_what_default_returns_is_checked_too(replacement: object, reason: str) -> None:
    def default(media: object) -> object:
        if isinstance(media, Money):
            return replacement
        raise TypeError

    with pytest.raises(UnserializableMedia, match=reason):
        JSONHandler(default=default).serialize([Money()])


def test_default_that_returns_a_cycle() -> None:
    cycle: list[object] = []
    cycle.append(cycle)
    with pytest.raises(UnserializableMedia):
        JSONHandler(default=lambda media: cycle).serialize([Money()])


def test_coerce_keys() -> None:
    handler = JSONHandler(coerce_keys=True, default=lambda media: {2: 3})
    assert (
        handler.serialize({1: [None], None: Money()}) == '{"1":[null],"null":{"2":3}}'
    )


def test_allow_nan() -> None:
    handler = JSONHandler(allow_nan=True)
    assert handler.serialize([float('nan'), float('-inf')]) == '[NaN,-Infinity]'
    media: Any = handler.deserialize('[NaN,Infinity,1e400]')
    assert [str(number) for number in media] == ['nan', 'inf', 'inf']


def test_allow_duplicate_keys() -> None:
    handler = JSONHandler(allow_duplicate_keys=True)
    assert handler.deserialize('{"a":1,"a":2}') == {'a': 2}


def test_allow_lone_surrogates() -> None:
    handler = JSONHandler(allow_lone_surrogates=True, ensure_ascii=True)
    assert handler.deserialize(handler.serialize(['\ud834'])) == ['\ud834']
    # What is not escaped can't be sent by a server.
    with pytest.raises(UnserializableMedia):
        JSONHandler(allow_lone_surrogates=True).serialize(['\ud834'])
    with pytest.raises(MalformedPayload):
        handler.deserialize('"\ud834"')


def test_limits() -> None:
    handler = JSONHandler(limits=Limits(max_size=20, max_depth=2, max_items=5))
    assert handler.deserialize('[[1],[2],3]') == [[1], [2], 3]
    for text, limit in {
        f'"{"x" * 19}"': 'max_size',
        f'"{"é" * 10}"': 'max_size',
        '[[[1]]]': 'max_depth',
        '[1,2,3,4,5,6]': 'max_items',
    }.items():
        with pytest.raises(PayloadTooLarge) as caught:
            handler.deserialize(text)
        assert caught.value.limit == limit
    with pytest.raises(UnserializableMedia, match='deeper than 2'):
        handler.serialize([[[1]]])


FLAGS = [
    name
    for name, parameter in inspect.signature(JSONHandler).parameters.items()
    if isinstance(parameter.default, bool)
]


@pytest.mark.parametrize('option', FLAGS)
@pytest.mark.parametrize('value', [1, None, 'true'])
def test_a_flag_that_is_none(option: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f'json: {option} must be true or false, not'):
        JSONHandler(**{option: value})


def test_a_default_that_can_not_be_called() -> None:
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
def test_keys_that_are_no_strings_are_refused(
    handler: JSONHandler,
    wrap: Callable[[object], object],
    key: object,
    padding: str,
) -> None:
    media = wrap({'padding': padding, key: 1})
    with pytest.raises(UnserializableMedia, match='a key is not a string'):
        handler.serialize(media)


@pytest.mark.parametrize('padding', ['', LONG], ids=['short', 'long'])
@pytest.mark.parametrize('key', ['1', 'x1', 'true', 'null', '-1.5', '":'])
def test_keys_that_only_look_coerced(
    handler: JSONHandler, key: str, padding: str
) -> None:
    media: object = [{key: padding, 'a': [{key: {}}, None]}]
    assert handler.deserialize(handler.serialize(media)) == media


# -------------------------------------------------------------------------- Round trips

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
MEDIA = st.recursive(
    SCALARS,
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
    max_leaves=30,
)
ANYTHING = st.recursive(
    SCALARS | st.floats() | st.text(st.characters()) | st.binary() | st.just(Money()),
    lambda values: (
        st.lists(values)
        | st.tuples(values, values)
        | st.dictionaries(st.none() | st.booleans() | st.integers() | st.text(), values)
        | st.dictionaries(st.floats() | st.text(st.characters()), values)
    ),
    max_leaves=20,
)


def lists(media: object) -> object:
    """The same, with lists for tuples: what comes back."""
    if isinstance(media, (list, tuple)):
        return [lists(item) for item in media]
    if isinstance(media, dict):
        return {key: lists(value) for key, value in media.items()}
    return media


@properties
@given(MEDIA)
def test_what_json_can_carry_comes_back(media: object) -> None:
    handler = JSONHandler()
    before = copy.deepcopy(media)
    assert repr(handler.deserialize(handler.serialize(media))) == repr(before)
    assert repr(media) == repr(before)


@properties
@given(ANYTHING)
def test_anything_comes_back_or_is_refused(media: object) -> None:
    handler = JSONHandler()
    try:
        text = handler.serialize(media)
    except UnserializableMedia:
        return
    assert repr(handler.deserialize(text)) == repr(lists(media))


def test_many_threads_share_a_handler(handler: JSONHandler) -> None:
    messages = [
        {'thread': thread, 'rows': [{'n': n, 'at': '12:30'} for n in range(20)]}
        for thread in range(8)
    ]

    def exchange(media: dict[str, Any]) -> bool:
        text = handler.serialize(media)
        duplicate = text.replace('"rows"', '"thread":0,"rows"')
        for _ in range(50):
            if handler.serialize(media) != text or handler.deserialize(text) != media:
                return False
            with pytest.raises(MalformedPayload):
                handler.deserialize(duplicate)
        return True

    with ThreadPoolExecutor(len(messages)) as threads:
        assert all(threads.map(exchange, messages))


# ------------------------------------------- What is relied on: the insides of `json`


c_make_encoder: Any = vars(json_encoder)['c_make_encoder']


def other_signature(markers: object, *arguments: object) -> object:
    """One that still fits the library's own call, and not ours."""
    if markers is None:
        raise TypeError
    return c_make_encoder(markers, *arguments)


@pytest.mark.parametrize('make_encoder', [None, other_signature])
def test_without_the_c_encoder(
    monkeypatch: pytest.MonkeyPatch, make_encoder: object
) -> None:
    monkeypatch.setattr(json_encoder, 'c_make_encoder', make_encoder)
    handler = JSONHandler()
    assert handler.serialize([1.5, ({'a': 'é'},)]) == '[1.5,[{"a":"é"}]]'
    with pytest.raises(UnserializableMedia, match='a key is not a string'):
        handler.serialize([{1: 2}])


def test_the_signature_of_the_c_encoder() -> None:
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


def test_scan_once() -> None:
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
