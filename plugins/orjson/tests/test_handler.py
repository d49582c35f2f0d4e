"""The handlers' options, and what is looked at twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import datetime as dt
from enum import Enum
from enum import IntEnum
from enum import StrEnum
import inspect
import json
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
import pytest

from falcon_media import ConfigError
from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import PayloadTooLarge
from falcon_media import UnserializableMedia
from falcon_media_orjson import OrjsonBytesHandler
from falcon_media_orjson import OrjsonHandler


@pytest.fixture(scope='module')
def handler() -> OrjsonHandler:
    return OrjsonHandler()


class Money:
    pass


class Color(Enum):
    RED = 'red'
    NONE = float('nan')


class Number(IntEnum):
    ONE = 1


class Name(StrEnum):
    ANN = 'ann'


@dataclass
class Point:
    x: Any
    _y: Any = 0


# ------------------------------------------------------------------------------ Options


def test_sort_keys() -> None:
    assert OrjsonHandler(sort_keys=True).serialize({'b': 1, 'a': 2}) == '{"a":2,"b":1}'


def test_default() -> None:
    handler = OrjsonHandler(default=lambda media: type(media).__name__)
    assert handler.serialize([Money(), {1}]) == '["Money","set"]'


def cycle() -> object:
    media: list[object] = []
    media.append(media)
    return media


@pytest.mark.parametrize(
    ('replacement', 'reason'),
    [
        ({1: 2}, 'pass a default= that returns'),
        (float('nan'), 'pass a default= that returns'),
        ([Color.RED], 'pass a default= that returns'),
        (UUID(int=1), 'pass a default= that returns'),
        (b'', 'default raised an exception'),
        (cycle(), 'contains itself'),
    ],
    ids=repr,
)
def test_what_default_returns_is_checked_too(replacement: object, reason: str) -> None:
    def default(media: object) -> object:
        if isinstance(media, Money):
            return replacement
        raise TypeError

    with pytest.raises(UnserializableMedia, match=reason):
        OrjsonHandler(default=default).serialize([Money()])


def test_non_str_keys() -> None:
    handler = OrjsonHandler(non_str_keys=True)
    media: dict[Any, int] = {1: 2, None: 3, Name.ANN: 4, dt.date(2024, 6, 20): 5}
    assert handler.serialize(media) == '{"1":2,"null":3,"ann":4,"2024-06-20":5}'
    with pytest.raises(UnserializableMedia, match='not finite'):
        handler.serialize({float('nan'): 1})
    for key in ((), UUID(int=1), Color.RED):
        with pytest.raises(UnserializableMedia):
            handler.serialize({key: 1})
    both = OrjsonHandler(non_str_keys=True, serialize_uuid=True, serialize_enum=True)
    text = both.serialize({UUID(int=1): 1, Color.RED: 2})
    assert text == f'{{"{UUID(int=1)}":1,"red":2}}'


def test_keys_are_strings_and_no_instances_of_a_subclass(
    handler: OrjsonHandler,
) -> None:
    with pytest.raises(UnserializableMedia):
        handler.serialize({Name.ANN: 1})


def test_strict_integer() -> None:
    handler = OrjsonHandler(strict_integer=True)
    assert handler.serialize(2**53 - 1) == '9007199254740991'
    with pytest.raises(UnserializableMedia):
        handler.serialize(2**53)


def test_passthrough_subclass(handler: OrjsonHandler) -> None:
    class Items(list[int]):
        pass

    assert handler.serialize(Items([1])) == '[1]'
    with pytest.raises(UnserializableMedia):
        OrjsonHandler(passthrough_subclass=True).serialize(Items([1]))
    to_default = OrjsonHandler(passthrough_subclass=True, default=len)
    assert to_default.serialize([Items([5])]) == '[1]'


def test_serialize_dataclass() -> None:
    handler = OrjsonHandler(serialize_dataclass=True)
    assert handler.serialize(Point(Point(1), 2)) == '{"x":{"x":1,"_y":0},"_y":2}'
    for inner in (Color.RED, UUID(int=1), float('inf'), {1}, Point):
        with pytest.raises(UnserializableMedia):
            handler.serialize([Point(inner)])


def test_serialize_dataclass_and_default() -> None:
    handler = OrjsonHandler(serialize_dataclass=True, default=lambda media: 'other')
    assert handler.serialize(Point({1})) == '{"x":"other","_y":0}'


NOON = dt.datetime(2024, 6, 20, 12, 0, 0, 5, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ('options', 'text'),
    [
        ({}, '["2024-06-20T12:00:00.000005+00:00","2024-06-20T12:00:00.000005"]'),
        (
            {'naive_utc': True, 'utc_z': True},
            '["2024-06-20T12:00:00.000005Z","2024-06-20T12:00:00.000005Z"]',
        ),
        (
            {'omit_microseconds': True},
            '["2024-06-20T12:00:00+00:00","2024-06-20T12:00:00"]',
        ),
    ],
    ids=repr,
)
def test_serialize_datetime(options: dict[str, Any], text: str) -> None:
    handler = OrjsonHandler(serialize_datetime=True, **options)
    assert handler.serialize([NOON, NOON.replace(tzinfo=None)]) == text
    assert handler.serialize([NOON.date(), dt.time(12)]) == '["2024-06-20","12:00:00"]'


@pytest.mark.parametrize('option', ['naive_utc', 'omit_microseconds', 'utc_z'])
def test_an_option_without_effect(option: str) -> None:
    options: dict[str, Any] = {option: True}
    with pytest.raises(ConfigError, match=f'orjson: {option} is about dates and times'):
        OrjsonHandler(**options)


def test_serialize_enum() -> None:
    handler = OrjsonHandler(serialize_enum=True)
    assert handler.serialize([Color.RED, Number.ONE, Name.ANN]) == '["red",1,"ann"]'
    with pytest.raises(UnserializableMedia, match=r'\$\[0\]: Color \(Enum\)'):
        handler.serialize([Color.NONE])


def test_serialize_uuid() -> None:
    handler = OrjsonHandler(serialize_uuid=True)
    assert handler.serialize([UUID(int=1)]) == f'["{UUID(int=1)}"]'


def test_allow_duplicate_keys() -> None:
    handler = OrjsonHandler(allow_duplicate_keys=True)
    for padding in ('', ' ' * 300, ' ' * 3000):
        assert handler.deserialize(padding + '{"a":1,"a":2}') == {'a': 2}
        assert handler.deserialize(f'{padding}{{"a":{2**64 - 1}}}') == {'a': 2**64 - 1}
        with pytest.raises(MalformedPayload, match='64 bits'):
            handler.deserialize(f'{padding}{{"a":1,"a":{2**64}}}')
        with pytest.raises(PayloadTooLarge):
            handler.deserialize(padding + '[' * 65 + ']' * 65)


PARAMETERS = inspect.signature(OrjsonHandler).parameters
FLAGS = [name for name in PARAMETERS if isinstance(PARAMETERS[name].default, bool)]


@pytest.mark.parametrize('make', [OrjsonHandler, OrjsonBytesHandler])
@pytest.mark.parametrize('option', FLAGS)
@pytest.mark.parametrize('value', [1, None, 'true'])
def test_a_flag_that_is_none(make: Any, option: str, value: Any) -> None:
    with pytest.raises(
        ConfigError, match=f'^{make.name}: {option} must be true or false, not'
    ):
        make(**{option: value})


def test_a_default_that_is_no_function() -> None:
    with pytest.raises(ConfigError, match="a function of one object, not 'str'"):
        OrjsonHandler(default='str')


# ------------------------------------------------------------------------------ Sending


class User:
    def __init__(self, value: object) -> None:
        self.value = value
        self.name = 'ann'


@pytest.mark.parametrize('value', [Color.RED, UUID(int=1), float('nan')], ids=repr)
def test_the_attributes_of_a_living_object(
    handler: OrjsonHandler, value: object
) -> None:
    user = User(value)
    for media in (
        vars(user),
        [vars(user)],
        {'user': vars(user), 'numbers': {'a': 1, 'b': [2]}},
        {'users': [{'user': vars(user)}, {'user': vars(User(1))}]},
    ):
        with pytest.raises(UnserializableMedia):
            handler.serialize(media)
    user.value = 1
    assert handler.serialize([vars(user)]) == '[{"value":1,"name":"ann"}]'


@pytest.mark.parametrize('where', ['{}', '[{}]', '{{"a":[1,{}]}}', '[null,{}]'])
def test_what_is_not_finite_and_what_is_none(
    handler: OrjsonHandler, where: str
) -> None:
    text = where.format('null')
    assert handler.serialize(json.loads(text)) == text
    for number in ('NaN', 'Infinity', '-Infinity'):
        with pytest.raises(UnserializableMedia, match='not finite'):
            handler.serialize(json.loads(where.format(number)))
    assert handler.serialize(['null', 1.5, (2.5,)]) == '["null",1.5,[2.5]]'


def test_bytes_are_refused_and_none_is_told_from_what_is_not_finite() -> None:
    handler = OrjsonBytesHandler()
    assert handler.serialize([None, 'null', 0.5]) == b'[null,"null",0.5]'
    with pytest.raises(UnserializableMedia, match='not finite'):
        handler.serialize([None, float('nan')])


PLACES: dict[str, Callable[[object], object]] = {
    'alone': lambda value: value,
    'in a dict': lambda value: {'a': value},
    'in two': lambda value: {'a': {'b': value}},
    'deeper': lambda value: {'a': [0, {'b': [value]}], 'c': 1.5},
    'in a tuple': lambda value: [{'a': (value,)}],
}


@pytest.mark.parametrize('more', [0, 100])
@pytest.mark.parametrize(
    'value',
    [Color.RED, UUID(int=1), float('inf'), {1}, {1: 1}, 2**64, '\ud800'],
    ids=ascii,
)
@pytest.mark.parametrize('place', PLACES.values(), ids=PLACES)
def test_nothing_hides_in_a_small_object_or_in_a_large_one(
    handler: OrjsonHandler, place: Callable[[object], object], value: object, more: int
) -> None:
    with pytest.raises(UnserializableMedia):
        handler.serialize(place([value, *range(more)] if more else value))
    assert handler.serialize({'a': place([None, 0.5, *range(more)])})


@pytest.mark.parametrize('max_depth', [1, 2, 3, 40, 64])
def test_depth_of_what_is_sent(max_depth: int) -> None:
    handler = OrjsonHandler(limits=Limits(max_depth=max_depth))
    media: dict[str, object] = {}
    for _ in range(max_depth - 1):
        media = {'a': media}
    assert handler.deserialize(handler.serialize(media)) == media
    with pytest.raises(UnserializableMedia, match=f'deeper than {max_depth} levels'):
        handler.serialize({'a': media})


def test_the_same_list_many_times_over(handler: OrjsonHandler) -> None:
    media: list[object] = ['x'] * 1000
    for _ in range(5):
        media = [media] * 1000
    with pytest.raises(UnserializableMedia, match='shared ones counted each time'):
        handler.serialize(media)


# ---------------------------------------------------------------------------- Receiving

# NOTE: The library sends 254 or 255 levels, by version.
DEPTHS = [1, 64, 253, 254, 255, 256, 300, 600]


@pytest.mark.parametrize('max_depth', DEPTHS)
@pytest.mark.parametrize('padding', [0, 3000])
@pytest.mark.parametrize(
    ('opening', 'closing'), [('[', ']'), ('{"":', '}'), ('[{"":', '}]')]
)
def test_depth(max_depth: int, padding: int, opening: str, closing: str) -> None:
    def nested(depth: int, inner: str = '0') -> str:
        levels, more = divmod(depth, len(closing))
        text = opening * levels + inner + closing * levels
        return '[' * more + text + ']' * more + ' ' * padding

    handler = OrjsonHandler(limits=Limits(max_depth=max_depth))
    text = nested(max_depth)
    assert handler.deserialize(text) == json.loads(text)
    for text in (
        nested(max_depth + 1),
        nested(max_depth, '[]'),
        nested(max_depth, '{}'),
    ):
        with pytest.raises(PayloadTooLarge) as caught:
            handler.deserialize(text)
        assert caught.value.limit == 'max_depth'
    with pytest.raises(MalformedPayload):
        handler.deserialize(nested(max_depth - 1, '{"a":1,"a":2}'))


def keys_come_twice(text: str) -> bool:
    found = False

    def look(pairs: list[tuple[str, object]]) -> dict[str, object]:
        nonlocal found
        found |= len(dict(pairs)) != len(pairs)
        return dict(pairs)

    json.loads(text, object_pairs_hook=look)
    return found


KEYS = ['a', 'b', ':', '":', '\\', 'é', '1234567890123456789012']
scalars = st.one_of(
    st.sampled_from([*KEYS, 2**63, 2**64 - 1, -(2**63), None, True]),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.sampled_from(':"\\ {}[],u003a1'), max_size=8),
)


class Pairs(list[tuple[str, object]]):
    """An object whose keys may come twice."""


values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(st.tuples(st.sampled_from(KEYS), inner), max_size=4).map(Pairs),
    ),
    max_leaves=12,
)


def written(value: object, draw: Any) -> str:
    """Write JSON, in one of the many ways there are."""
    blank = draw(st.sampled_from(['', '', ' ', '\n\t']))
    if isinstance(value, Pairs):
        entries = [
            f'{written(key, draw)}{blank}:{written(item, draw)}' for key, item in value
        ]
        return f'{{{blank}{f",{blank}".join(entries)}}}'
    if isinstance(value, list):
        return f'[{f",{blank}".join(written(item, draw) for item in value)}]'
    text = json.dumps(value, ensure_ascii=draw(st.booleans()))
    if isinstance(value, str) and draw(st.booleans()):
        return text.replace(':', draw(st.sampled_from(['\\u003a', '\\u003A'])))
    return text


@given(values, st.data())
def test_keys_that_come_twice_are_refused_however_they_are_written(
    value: object, data: st.DataObject
) -> None:
    text = written(value, data.draw) + ' ' * data.draw(st.sampled_from([0, 3000]))
    for make, payload in (
        (OrjsonHandler, text),
        (OrjsonBytesHandler, text.encode()),
    ):
        handler: Any = make()
        if keys_come_twice(text):
            with pytest.raises(MalformedPayload, match='the same key twice'):
                handler.deserialize(payload)
        else:
            assert repr(handler.deserialize(payload)) == repr(json.loads(text))


@given(
    st.one_of(
        st.integers(-(2**70), 2**70),
        st.integers(2**64 - 5, 2**64 + 5),
        st.integers(-(2**63) - 5, -(2**63) + 5),
    ),
    st.integers(0, 12),
    st.sampled_from(['', ' ']),
)
def test_integers_are_exact_or_refused(number: int, before: int, blank: str) -> None:
    text = f'["{"x" * before}",{blank}{number}]'
    handler = OrjsonHandler()
    if -(2**63) <= number < 2**64:
        assert handler.deserialize(text) == ['x' * before, number]
    else:
        with pytest.raises(MalformedPayload, match='64 bits'):
            handler.deserialize(text)


def test_other_kinds_of_bytes() -> None:
    handler: Any = OrjsonBytesHandler()
    for payload in (b'{"a":1}', b'{"a": 1}', b'{"a":1}' + b' ' * 3000):
        assert handler.deserialize(bytearray(payload)) == {'a': 1}


@pytest.mark.parametrize(
    ('value', 'text'),
    [
        (
            dt.datetime(2024, 6, 20, tzinfo=dt.UTC).replace(tzinfo=None),
            'datetime without a time zone can',
        ),
        (dt.date(2024, 6, 20), 'pass serialize_datetime=True'),
        (UUID(int=1), 'pass serialize_uuid=True'),
        (Color.RED, 'pass serialize_enum=True'),
        (2**64, 'select a handler that carries it (cbor, json, rapidjson)'),
        (float('nan'), 'float that is not finite'),
        ({1}, 'pass default='),
        ({1: 2}, 'pass non_str_keys=True'),
    ],
    ids=lambda value: value if isinstance(value, str) else '',
)
def test_what_can_not_be_sent_names_its_place_and_an_option(
    value: object, text: str
) -> None:
    with pytest.raises(UnserializableMedia) as caught:
        OrjsonHandler().serialize({'rows': [{'at': 1}, {'at': value}]})
    assert caught.value.path == '$.rows[1].at'
    assert text in str(caught.value)


# ------------------------------------------------------------------------------ Numbers


@pytest.mark.parametrize('cls', [OrjsonHandler, OrjsonBytesHandler])
@pytest.mark.parametrize(
    ('text', 'why'),
    [
        ('[18446744073709551616]', 'an integer beyond 64 bits: the handler json acc'),
        (f'[{"9" * 5000}]', 'an integer beyond 64 bits: the handler json accepts it'),
        ('[1e400]', 'a number that is not finite'),
        (f'[{"9" * 400}.0]', 'a number that is not finite'),
        ('[1,]', 'not well-formed'),
    ],
    ids=lambda value: value[:20],
)
def test_a_number_that_is_refused(cls: Any, text: str, why: str) -> None:
    handler = cls()
    payload = text if cls is OrjsonHandler else text.encode()
    with pytest.raises(MalformedPayload, match=why):
        handler.deserialize(payload)
