"""The handler's options."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
import datetime as dt
from decimal import Decimal
import inspect
import re
import sys
from typing import Any
from uuid import UUID

import pytest
import rapidjson

from falcon_media import ConfigError
from falcon_media import MalformedPayload
from falcon_media import PayloadTooLarge
from falcon_media import UnserializableMedia
from falcon_media_rapidjson import RapidJSONHandler
from falcon_media_testing.cost import growth


@pytest.fixture(scope='module')
def handler() -> RapidJSONHandler:
    return RapidJSONHandler()


class Money:
    pass


# ------------------------------------------------------------------------------ Options


def test_ensure_ascii() -> None:
    handler = RapidJSONHandler(ensure_ascii=True)
    assert handler.serialize('é\U0001d11e') == r'"\u00E9\uD834\uDD1E"'


@pytest.mark.parametrize(
    'options', [{'sort_keys': True}, {'mapping_mode': rapidjson.MM_SORT_KEYS}], ids=repr
)
def test_sort_keys(options: dict[str, Any]) -> None:
    handler = RapidJSONHandler(**options)
    assert handler.serialize({'b': 1, 'a': 2}) == '{"a":2,"b":1}'


@pytest.mark.parametrize(
    'options', [{}, {'iterable_mode': rapidjson.IM_ONLY_LISTS}], ids=repr
)
def test_default(options: dict[str, Any]) -> None:
    handler = RapidJSONHandler(default=lambda media: type(media).__name__, **options)
    assert handler.serialize([Money(), {1}]) == '["Money","set"]'


def test_default_is_asked_neither_for_lists_nor_for_tuples() -> None:
    handler = RapidJSONHandler(default=lambda media: pytest.fail(repr(media)))

    class Items(list[int]):
        pass

    assert handler.serialize([(1, ()), Items([2])]) == '[[1,[]],[2]]'


def cycle() -> object:
    media: list[object] = []
    media.append(media)
    return media


@pytest.mark.parametrize(
    ('replacement', 'reason'),
    [
        ({1: 2}, 'default raised an exception'),
        (float('nan'), 'pass a default= that returns'),
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
        RapidJSONHandler(default=default).serialize([Money()])


def test_bytes_mode() -> None:
    handler = RapidJSONHandler(bytes_mode=rapidjson.BM_UTF8)
    assert handler.serialize([b'a', bytearray('é', 'utf-8')]) == '["a","é"]'
    with pytest.raises(UnserializableMedia):
        handler.serialize(b'\xff')


def test_datetime_mode() -> None:
    handler = RapidJSONHandler(datetime_mode=rapidjson.DM_ISO8601)
    media = [
        dt.datetime(2024, 6, 20, 12, 30, 59, 999, tzinfo=dt.UTC),
        dt.date(2024, 6, 20),
        dt.time(12, 30),
    ]
    assert handler.deserialize(handler.serialize(media)) == media
    assert handler.deserialize('["2024-06-20", "no date"]') == [media[1], 'no date']


def test_a_time_that_the_library_can_not_make() -> None:
    handler = RapidJSONHandler(
        datetime_mode=rapidjson.DM_ISO8601 | rapidjson.DM_SHIFT_TO_UTC
    )
    with pytest.raises(MalformedPayload):
        handler.deserialize('"0001-01-01T00:00:00+23:00"')


def count() -> Iterator[int]:
    yield from (1, 2)


def test_iterable_mode() -> None:
    any_iterable = RapidJSONHandler(iterable_mode=rapidjson.IM_ANY_ITERABLE)
    assert any_iterable.serialize([(1, 2), count()]) == '[[1,2],[1,2]]'
    only_lists = RapidJSONHandler(iterable_mode=rapidjson.IM_ONLY_LISTS)
    assert only_lists.serialize([[1]]) == '[[1]]'
    for media in ((1, 2), count()):
        with pytest.raises(UnserializableMedia):
            only_lists.serialize(media)


def test_mapping_mode() -> None:
    media = OrderedDict([(1, 2), ('a', 3)])
    coerce = RapidJSONHandler(mapping_mode=rapidjson.MM_COERCE_KEYS_TO_STRINGS)
    assert coerce.serialize(media) == '{"1":2,"a":3}'
    skip = RapidJSONHandler(mapping_mode=rapidjson.MM_SKIP_NON_STRING_KEYS)
    assert skip.serialize(media) == '{"a":3}'
    only_dicts = RapidJSONHandler(mapping_mode=rapidjson.MM_ONLY_DICTS)
    assert only_dicts.serialize({'a': 3}) == '{"a":3}'
    with pytest.raises(UnserializableMedia):
        only_dicts.serialize(OrderedDict(a=3))


def test_number_mode_decimal() -> None:
    handler = RapidJSONHandler(number_mode=rapidjson.NM_DECIMAL)
    media = [Decimal('1.10'), 1, Decimal('9' * 400 + '.5')]
    text = handler.serialize(media)
    assert text == f'[1.10,1,{"9" * 400}.5]'
    assert handler.deserialize(text) == media
    for number in ('NaN', 'Infinity'):
        with pytest.raises(UnserializableMedia):
            handler.serialize(Decimal(number))


def test_number_mode_native() -> None:
    handler = RapidJSONHandler(number_mode=rapidjson.NM_NATIVE)
    assert handler.deserialize('[1,0.5]') == [1, 0.5]
    # What it costs: the value is another one.
    assert repr(handler.deserialize('18446744073709551616')) == '1.8446744073709552e+19'
    with pytest.raises(UnserializableMedia):
        handler.serialize(2**64)


def test_parse_mode() -> None:
    handler = RapidJSONHandler(parse_mode=rapidjson.PM_TRAILING_COMMAS)
    assert handler.deserialize('{"a":[1,],}') == {'a': [1]}
    for text in ('[,]', '[1,,]', '{,}', '{"a":1,"a":2,}', '/**/1'):
        with pytest.raises(MalformedPayload):
            handler.deserialize(text)


@pytest.mark.parametrize(
    ('mode', 'text'),
    [
        (rapidjson.UM_CANONICAL, '"00000000-0000-0000-0000-000000000001"'),
        (rapidjson.UM_HEX, '"00000000000000000000000000000001"'),
    ],
)
def test_uuid_mode(mode: int, text: str) -> None:
    handler = RapidJSONHandler(uuid_mode=mode)
    assert handler.serialize(UUID(int=1)) == text
    assert handler.deserialize(text) == UUID(int=1)


@pytest.mark.parametrize('mode', [rapidjson.NM_NONE, rapidjson.NM_NATIVE])
def test_allow_nan(mode: int) -> None:
    handler = RapidJSONHandler(allow_nan=True, number_mode=mode)
    assert handler.serialize([float('nan'), float('-inf')]) == '[NaN,-Infinity]'
    assert str(handler.deserialize('[NaN,Infinity]')) == '[nan, inf]'


def test_allow_nan_with_decimals() -> None:
    handler = RapidJSONHandler(allow_nan=True, number_mode=rapidjson.NM_DECIMAL)
    media: Any = handler.deserialize(handler.serialize([Decimal('NaN')]))
    assert media[0].is_nan()


def test_allow_duplicate_keys() -> None:
    handler = RapidJSONHandler(allow_duplicate_keys=True)
    for padding in ('', ' ' * 300):
        assert handler.deserialize(padding + '{"a":1,"a":2}') == {'a': 2}


PARAMETERS = inspect.signature(RapidJSONHandler).parameters
FLAGS = [name for name in PARAMETERS if isinstance(PARAMETERS[name].default, bool)]
MODES = [name for name in PARAMETERS if name.endswith('_mode')]


@pytest.mark.parametrize('option', FLAGS)
@pytest.mark.parametrize('value', [1, None, 'true'])
def test_a_flag_that_is_none(option: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f'{option} must be true or false, not'):
        RapidJSONHandler(**{option: value})


@pytest.mark.parametrize('option', MODES)
@pytest.mark.parametrize('value', [True, 1.0, -1])
def test_a_mode_that_is_no_number(option: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f'{option} must be one of the library'):
        RapidJSONHandler(**{option: value})


@pytest.mark.parametrize('option', MODES)
@pytest.mark.parametrize('value', [4096, 2**70])
def test_a_mode_that_the_library_does_not_have(option: str, value: Any) -> None:
    with pytest.raises(ConfigError, match='rapidjson: '):
        RapidJSONHandler(**{option: value})


@pytest.mark.parametrize(
    ('options', 'reason'),
    [
        ({'default': 'str'}, "default must be a function of one object, not 'str'"),
        ({'number_mode': rapidjson.NM_NAN}, 'NM_NAN, which allow_nan is for'),
        ({'parse_mode': rapidjson.PM_COMMENTS}, 'must not have PM_COMMENTS'),
        ({'number_mode': rapidjson.NM_NATIVE | rapidjson.NM_DECIMAL}, 'NM_DECIMAL'),
        ({'datetime_mode': rapidjson.DM_UNIX_TIME}, 'only from ISO8601'),
    ],
    ids=str,
)
def test_options_that_can_not_be_used(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        RapidJSONHandler(**options)


@pytest.mark.parametrize(
    ('value', 'text'),
    [
        (
            dt.datetime(2024, 6, 20, tzinfo=dt.UTC).replace(tzinfo=None),
            'pass datetime_mode=rapidjson.DM_ISO8601',
        ),
        (dt.time(1), 'time can'),
        (b'', 'pass bytes_mode=rapidjson.BM_UTF8'),
        (Decimal(1), 'pass number_mode=rapidjson.NM_DECIMAL'),
        (UUID(int=1), 'pass uuid_mode=rapidjson.UM_CANONICAL'),
        (float('nan'), 'pass allow_nan=True'),
        (iter(()), 'pass iterable_mode=rapidjson.IM_ANY_ITERABLE'),
        ({1}, 'pass default='),
        ({1: 2}, 'pass mapping_mode=rapidjson.MM_COERCE_KEYS_TO_STRINGS'),
    ],
    ids=lambda value: value if isinstance(value, str) else '',
)
def test_what_can_not_be_sent_names_its_place_and_an_option(
    value: object, text: str
) -> None:
    with pytest.raises(UnserializableMedia) as caught:
        RapidJSONHandler().serialize({'rows': [{'at': 1}, {'at': value}]})
    assert caught.value.path == '$.rows[1].at'
    assert text in str(caught.value)


# -------------------------------------------------------------------------------- Cost


@pytest.mark.parametrize('start', ['"', '["', '[0e309,"', '{"a":1,"a":"'])
def test_a_string_that_does_not_end_takes_linear_time(
    handler: RapidJSONHandler, start: str
) -> None:
    def refuse(text: str) -> None:
        with pytest.raises(MalformedPayload):
            handler.deserialize(text)

    counts = (1_000, 4_000, 16_000, 64_000)
    assert growth(counts, lambda count: start + '\\"' * count, refuse) is None


# ------------------------------------------------------------------------------ Numbers


@pytest.mark.parametrize('most_digits', [640, 4300])
def test_an_integer_of_too_many_digits(
    handler: RapidJSONHandler, most_digits: int
) -> None:
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(most_digits)
    try:
        with pytest.raises(PayloadTooLarge, match=f'more than {most_digits} digits: s'):
            handler.deserialize(f'{{"a":[-{"1" * (most_digits + 1)}]}}')
        with pytest.raises(UnserializableMedia, match=f'more than {most_digits} digi'):
            handler.serialize([10**most_digits])
        # What is malformed besides is still that.
        with pytest.raises(MalformedPayload, match='not well-formed'):
            handler.deserialize(f'[{"1" * most_digits},]')
        sys.set_int_max_str_digits(0)
        assert handler.deserialize('1' * 5_000)
        with pytest.raises(MalformedPayload, match='not well-formed'):
            handler.deserialize(f'[{"1" * 5_000},]')
    finally:
        sys.set_int_max_str_digits(before)


# ------------------------------------------------------------------------------- Modes


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (
            {'datetime_mode': 'ISO8061'},
            "datetime_mode has no mode 'ISO8061'. Did you mean 'DM_ISO8601'? Its modes",
        ),
        (
            {'uuid_mode': ''},
            "uuid_mode has no mode ''. Its modes: UM_CANONICAL, UM_HEX",
        ),
        ({'uuid_mode': 'DM_ISO8601'}, "uuid_mode has no mode 'DM_ISO8601'."),
        ({'number_mode': 'NAN'}, 'number_mode has NM_NAN, which allow_nan is for'),
        ({'parse_mode': 'COMMENTS'}, 'parse_mode must not have PM_COMMENTS'),
        ({'bytes_mode': 1.5}, 'constants, or the name of one (BM_NONE, BM_UTF8), not'),
    ],
)
def test_the_name_of_a_mode_that_there_is_not(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        RapidJSONHandler(**options)


def test_names_of_modes() -> None:
    at = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    for mode in ('DM_ISO8601', 'ISO8601', ' rapidjson.DM_ISO8601 | NAIVE_IS_UTC'):
        handler = RapidJSONHandler(datetime_mode=mode, uuid_mode='HEX')
        assert handler.deserialize(handler.serialize(at)) == at
