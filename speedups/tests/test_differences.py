"""Handlers give the same results with and without the compiled checks."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
import sys
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
import msgspec
import pytest

from falcon_media import Limits
from falcon_media import MediaError
from falcon_media import Registry
from falcon_media import use
from falcon_media.limits import speedups

MODULE = 'falcon_media_speedups'


class Message(msgspec.Struct):
    a: int
    b: Any = None


@dataclass
class Plain:
    a: Any
    b: Any = 1


TIGHT = Limits(max_size=60, max_depth=3, max_items=6)
TEXTS: list[tuple[str, dict[str, Any]]] = [
    ('json', {}),
    ('json', {'coerce_keys': True, 'allow_nan': True}),
    ('json', {'ensure_ascii': True, 'allow_lone_surrogates': True}),
    ('json', {'limits': TIGHT}),
    ('rapidjson', {}),
    ('rapidjson', {'number_mode': 4, 'parse_mode': 2, 'default': str}),
    ('rapidjson', {'limits': TIGHT}),
    ('orjson', {}),
    ('orjson', {'sort_keys': True, 'strict_integer': True, 'non_str_keys': True}),
    ('orjson', {'limits': TIGHT}),
    ('msgspec-json', {}),
    ('msgspec-json', {'type': Message}),
    ('msgspec-json', {'type': Plain}),
    ('msgspec-json', {'type': list[Message] | dict[str, Any] | None}),
    ('msgspec-json', {'limits': TIGHT}),
    ('msgspec-json', {'type': Message, 'limits': TIGHT}),
]
PACKED: list[tuple[str, dict[str, Any]]] = [
    ('msgpack', {}),
    ('msgpack', {'raw': True, 'strict_map_key': False, 'timestamp': 0}),
    ('msgpack', {'allow_duplicate_keys': True}),
    ('msgpack', {'timestamp': None, 'ext_hook': lambda code, data: [code]}),
    ('msgpack', {'limits': TIGHT}),
    ('msgspec-msgpack', {}),
    ('msgspec-msgpack', {'strict_map_key': False, 'timestamp': True}),
    ('msgspec-msgpack', {'type': Message}),
    ('msgspec-msgpack', {'type': dict[str, Any]}),
    ('msgspec-msgpack', {'type': Message, 'limits': TIGHT}),
]
CBOR: list[tuple[str, dict[str, Any]]] = [
    ('cbor', {}),
    ('cbor', {'strict_hashable_types': False, 'allow_simple_values': True}),
    ('cbor', {'allow_indefinite': False, 'allow_integer_keys': False}),
    ('cbor', {'allow_duplicate_keys': True, 'truncate_nanoseconds': True}),
    ('cbor', {'encoders': {str: lambda encoder, text: encoder.encode(len(text))}}),
    ('cbor', {'limits': TIGHT}),
]


@dataclass
class Pair:
    """A handler with the compiled checks, and one without them."""

    fast: Any
    slow: Any

    def check_payload(self, payload: str | bytes) -> None:
        found, expected = (
            outcome(handler.deserialize, payload) for handler in (self.fast, self.slow)
        )
        assert found == expected

    def check_media(self, media: object) -> None:
        found, expected = (
            outcome(handler.serialize, media) for handler in (self.fast, self.slow)
        )
        assert found == expected


def outcome(call: Callable[[Any], object], argument: object) -> object:
    try:
        result = call(argument)
    except MediaError as ex:
        return type(ex), str(ex), vars(ex).get('path')
    # NOTE: Here True differs from 1, and NaN is equal to NaN.
    return type(result), repr(result)


def build(name: str, options: dict[str, Any]) -> Any:
    limits = options.get('limits', Limits())
    others = {key: value for key, value in options.items() if key != 'limits'}
    return Registry.discover().build(use(name, **others), None, limits)


@pytest.fixture(scope='module', autouse=True)
def _as_ever() -> Iterator[None]:
    yield
    speedups.cache_clear()


def pair(name: str, options: dict[str, Any]) -> Pair:
    speedups.cache_clear()
    assert speedups() is not None
    fast = build(name, options)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, MODULE, None)
        speedups.cache_clear()
        assert speedups() is None
        slow = build(name, options)
    speedups.cache_clear()
    return Pair(fast, slow)


def each(chosen: list[tuple[str, dict[str, Any]]]) -> pytest.MarkDecorator:
    """Run a test for each pair; the pairs are made once."""
    ids = [f'{name}-{number}' for number, (name, _) in enumerate(chosen)]
    return pytest.mark.parametrize('made', [pair(*one) for one in chosen], ids=ids)


# ------------------------------------------------------------------------------ Texts

PIECES = [
    *('{', '}', '[', ']', ',', ':', '"', '\\', ' ', '\n', '\0', '\ud800', '\ufeff'),
    *('"a"', '"a":', '"":', '"b" :', '"\\u0061":', '":"', '"\\ud800"', '"é"'),
    *('1', '-0', '1.5', '1e400', '1e5', '9' * 20, '9' * 70, 'true', 'null', 'NaN'),
    *(
        '{"a":1}',
        '{"a":1,"b":[]}',
        '{"a":1,"a":2}',
        '{"":1,"":2}',
        '[[[[1]]]]',
        '{"x":',
    ),
]


@each(TEXTS)
@given(text=st.lists(st.sampled_from(PIECES), max_size=7).map(''.join))
def test_texts_are_decoded_alike(made: Pair, text: str) -> None:
    made.check_payload(text)


@each(TEXTS)
@given(
    keys=st.lists(
        st.sampled_from(['"a"', '"b"', '""', '"\\u0061"', '"é"']), max_size=4
    ),
    values=st.lists(st.sampled_from(PIECES[13:]), min_size=4, max_size=4),
    colon=st.sampled_from([':', ' :', ': ', '\t:']),
)
def test_objects_as_text_are_decoded_alike(
    made: Pair, keys: list[str], values: list[str], colon: str
) -> None:
    entries = (
        f'{key}{colon}{value.rstrip(":")}'
        for key, value in zip(keys, values, strict=False)
    )
    made.check_payload('{' + ','.join(entries) + '}')


# ------------------------------------------------------------------------ Binary forms

# NOTE: One or two heads of each kind, and bytes for strings.
OF_PACKED = [
    *(b'\x80', b'\x81', b'\x82', b'\x90', b'\x91', b'\x92', b'\xde\0\2', b'\xdc\0\1'),
    *(
        b'\xa0',
        b'\xa1a',
        b'\xa1b',
        b'\xd9\1a',
        b'\xc4\1a',
        b'\xa1\xff',
        b'\xa2\xc3\xa9',
    ),
    *(b'\1', b'\2', b'\xcc\1', b'\xcb' + bytes(8), b'\xc0', b'\xc1', b'\xc3'),
    *(b'\xd6\xff' + bytes(4), b'\xd4\1\0', b'\xff', b'\xdd\xff\xff\xff\xff'),
]
OF_CBOR = [
    *(b'\xa0', b'\xa1', b'\xa2', b'\x80', b'\x81', b'\x82', b'\xb8\2', b'\x98\1'),
    *(b'\x60', b'\x61a', b'\x61b', b'\x78\1a', b'\x41a', b'\x61\xff', b'\x62\xc3\xa9'),
    *(b'\1', b'\2', b'\x18\1', b'\xf9\0\0', b'\xf6', b'\xf7', b'\xf5', b'\xe0'),
    *(
        b'\xc1\1',
        b'\xc2\x41a',
        b'\x9f',
        b'\xbf',
        b'\xff',
        b'\x1c',
        b'\xbb' + b'\xff' * 8,
    ),
]


@each(PACKED)
@given(data=st.lists(st.sampled_from(OF_PACKED), max_size=8).map(b''.join))
def test_message_pack_is_decoded_alike(made: Pair, data: bytes) -> None:
    made.check_payload(data)


@each(CBOR)
@given(data=st.lists(st.sampled_from(OF_CBOR), max_size=8).map(b''.join))
def test_cbor_is_decoded_alike(made: Pair, data: bytes) -> None:
    made.check_payload(data)


def maps_of_two(head: bytes, parts: list[bytes]) -> Iterator[bytes]:
    for keys in product(parts[8:16], repeat=2):
        for values in product(parts[14:18], repeat=2):
            yield head + keys[0] + values[0] + keys[1] + values[1]


@each(PACKED)
def test_all_maps_of_two_entries_in_message_pack_are_decoded_alike(made: Pair) -> None:
    for payload in maps_of_two(b'\x82', OF_PACKED):
        made.check_payload(payload)


@each(CBOR)
def test_all_maps_of_two_entries_in_cbor_are_decoded_alike(made: Pair) -> None:
    for payload in maps_of_two(b'\xa2', OF_CBOR):
        made.check_payload(payload)


# ----------------------------------------------------------------------------- Objects


class Text(str):
    __slots__ = ()


values = st.recursive(
    st.sampled_from(
        [
            *(None, True, 0, -1, 2**53, 2**63, 2**64, -(2**63) - 1, 1.5, -0.0, 1e300),
            *(float('inf'), float('nan'), '', 'a', 'é', '\ud800', Text('a')),
            *(b'a', bytearray(b'a'), {1}, 1j, Message(1), Message('a'), Plain(1)),  # type: ignore[arg-type]  # what is tried
        ]
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=2).map(tuple),
        st.dictionaries(
            st.sampled_from(['a', 'b', '', 1, None, True, b'a', Text('c')]),
            inner,
            max_size=3,
        ),
        st.builds(Message, st.just(1), inner),
    ),
    max_leaves=8,
)


@each(TEXTS + PACKED + CBOR)
@given(media=values)
def test_objects_are_encoded_alike(made: Pair, media: object) -> None:
    made.check_media(media)
