"""What the handler relies on, and python-rapidjson does not document."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import rapidjson


class Decoder(rapidjson.Decoder):
    pass


def test_start_object_is_called_for_each_object() -> None:
    made: list[dict[str, Any]] = []

    def start_object() -> dict[str, Any]:
        made.append({})
        return made[-1]

    decoder: Any = Decoder()
    decoder.start_object = start_object
    media = decoder('{"a":{"b":1},"a":[{"c":2,"d":3}]}')
    assert made == [{'a': [{'c': 2, 'd': 3}]}, {'b': 1}, {'c': 2, 'd': 3}]
    assert media is made[0]
    assert media['a'][0] is made[2]


def test_end_object_is_given_all_entries_in_a_list() -> None:
    given: list[object] = []

    class Pairs(rapidjson.Decoder):
        start_object = list

        def end_object(self, pairs: Any) -> Any:
            given.append(list(pairs))
            return dict(pairs)

    assert Pairs()('{"a":{"b":1,"b":2},"a":[]}') == {'a': []}
    assert given == [[('b', 1), ('b', 2)], [('a', {'b': 2}), ('a', [])]]


def test_default_may_be_an_attribute_of_the_instance() -> None:
    class Encoder(rapidjson.Encoder):
        pass

    encoder: Any = Encoder(iterable_mode=rapidjson.IM_ONLY_LISTS)
    encoder.default = list
    assert encoder([(1, {2})]) == '[[1,[2]]]'


@pytest.mark.parametrize('mode', [rapidjson.NM_NONE, rapidjson.NM_DECIMAL])
def test_numbers_are_exact(mode: int) -> None:
    decoder = rapidjson.Decoder(number_mode=mode)
    for text in ('0.1', '2.2250738585072011e-308', '1.7976931348623157e308'):
        assert float(decoder(text)) == float(text)
    assert decoder('18446744073709551616') == 2**64


def test_what_would_pass_without_us() -> None:
    decoder = rapidjson.Decoder(number_mode=rapidjson.NM_NONE)
    assert decoder('1.8e308') == float('inf')
    assert decoder('{"a":1,"a":2}') == {'a': 2}
    assert decoder('1\0 2') == 1


@pytest.mark.parametrize(
    'text', ['NaN', 'Infinity', '"\\ud800"', '"\\udc00"', '\ufeff1', '[1,]', '//\n1']
)
def test_what_the_library_refuses_by_itself(text: str) -> None:
    with pytest.raises(ValueError, match='Parse error'):
        rapidjson.Decoder(number_mode=rapidjson.NM_NONE)(text)


@pytest.mark.parametrize('key', [None, 1, True, 1.5, b'a', (1,)], ids=repr)
def test_keys_that_the_library_refuses_by_itself(key: object) -> None:
    with pytest.raises(TypeError):
        rapidjson.Encoder()({'a': 1, key: 2})


@pytest.mark.parametrize('media', ['\ud800', {'\udfff': 1}], ids=ascii)
@pytest.mark.parametrize('ensure_ascii', [True, False])
def test_half_a_surrogate_pair(media: object, ensure_ascii: bool) -> None:
    with pytest.raises(UnicodeEncodeError):
        rapidjson.Encoder(ensure_ascii=ensure_ascii)(media)


def test_depth_ends_at_the_limit_of_recursion() -> None:
    levels = sys.getrecursionlimit() + 1
    with pytest.raises(RecursionError):
        rapidjson.Decoder()('[' * levels)
