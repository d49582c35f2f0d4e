"""The part of an object that can't be sent, and the error for it."""

from __future__ import annotations

from collections import UserString
from collections.abc import Mapping
from dataclasses import dataclass
import datetime as dt
from decimal import Decimal
from enum import Enum
import importlib.util
import json
from typing import Any
from uuid import UUID

from falcon import WebSocketPayloadType
from falcon.media import TextBaseHandlerWS
import pytest

import falcon_media
from falcon_media import BinaryHandler
from falcon_media import Codec
from falcon_media import Registry
from falcon_media import TextHandler
from falcon_media import UnserializableMedia
from falcon_media import use
from falcon_media.json.handler import JSONHandler
from falcon_media.protocol.locating import _CARRIERS
from falcon_media.protocol.locating import DataClass
from falcon_media.protocol.wrapping import adopt
from falcon_media.protocol.wrapping import refusing

TEXT = WebSocketPayloadType.TEXT
AT = dt.datetime(2024, 6, 20, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no clock end the search, but where a test has one."""
    monkeypatch.setattr('falcon_media.protocol.locating.thread_time', lambda: 0.0)


class Color(Enum):
    """An enum."""

    RED = 'red'


@dataclass
class Point:
    """A dataclass."""

    x: object = 0


class Name(str):
    __slots__ = ()


def error_of(handler: Any, media: object) -> UnserializableMedia:
    with pytest.raises(UnserializableMedia) as caught:
        handler.serialize(media)
    return caught.value


def cycle() -> object:
    media: dict[str, object] = {'a': 1}
    media['self'] = [media]
    return media


def nested(depth: int) -> object:
    media: object = 1
    for _ in range(depth):
        media = {'a': 1, 'b': media}
    return media


UNSENDABLE: list[tuple[object, str]] = [
    (AT, "datetime can't be sent: pass default= "),
    (AT.replace(tzinfo=None), "datetime without a time zone can't be sent: pass d"),
    (
        AT.date(),
        "date can't be sent: pass default= (a function that converts it), ",
    ),
    (Decimal(1), "Decimal can't be sent: pass default= "),
    (b'', "bytes can't be sent: pass default= "),
    ({1}, "set can't be sent: pass default= "),
    (UUID(int=1), "UUID can't be sent: pass default= "),
    (Color.RED, "Color (Enum) can't be sent: pass default= "),
    (Point(AT), "Point (dataclass) can't be sent: pass default= "),
    (float('nan'), "float that is not finite can't be sent: pass allow_nan=True"),
    ('\ud800', 'str with half a surrogate pair (a lone surrogate) can'),
    (10**5000, 'int of 16610 bits: it has more than 4300 digits: sys.set_int_'),
    (UserString('a'), "UserString can't be sent: pass default= "),
    ({1: 2}, "key of type int can't be sent: pass coerce_keys=True"),
    ({(1, 2): 2}, "key of type tuple can't be sent: pass coerce_keys=True"),
    ({'\ud800': 2}, 'key of type str with half a surrogate pair'),
]


@pytest.mark.parametrize(
    ('value', 'text'),
    UNSENDABLE,
    ids=[text.partition(' can')[0] for _, text in UNSENDABLE],
)
def test_the_error_names_the_path_the_type_and_the_option(
    value: object, text: str
) -> None:
    many = [{'at': index} for index in range(100)]
    for media, path in (
        (value, '$'),
        ([value], '$[0]'),
        ({'rows': [{'at': 1}, {'at': value, 'b': value}]}, '$.rows[1].at'),
        ({'rows': (*many, {'at': 1, 'a b': value}, *many)}, '$.rows[100][...]'),
    ):
        error = error_of(JSONHandler(), media)
        assert error.path == path
        assert error.detail.startswith(text)
        assert str(error).startswith(f'json: TEXT media: {path}: {text}')


@pytest.mark.parametrize(
    ('key', 'step'),
    [
        ('name', '.name'),
        ('_' * 64, '.' + '_' * 64),
        ('_' * 65, '[...]'),
        ('two words', '[...]'),
        ('\x1b[2J', '[...]'),
        ('é', '[...]'),
        ('', '[...]'),
        (Name('other'), '.other'),
    ],
)
def test_only_short_identifiers_are_shown_as_keys(key: str, step: str) -> None:
    assert error_of(JSONHandler(), {key: b''}).path == f'${step}'


def test_the_error_shows_no_content_of_the_object() -> None:
    media = {'rows': [{'the secret': b'secret', 'secret key': Name('secret')}]}
    assert 'secret' not in str(error_of(JSONHandler(), media))


def test_a_cycle_is_named() -> None:
    error = error_of(JSONHandler(), {'rows': [1, cycle()]})
    assert (error.path, error.detail) == ('$.rows[1].self[0]', 'dict contains itself')


def test_an_object_that_is_too_deep_is_located() -> None:
    handler = JSONHandler(limits=falcon_media.Limits(max_depth=4))
    error = error_of(handler, {'rows': nested(8)})
    assert error.path == '$.rows.b.b.b'
    assert error.detail == 'dict: nested deeper than 4 levels'


def test_a_long_path_is_cut_in_the_middle() -> None:
    media: object = b''
    for _ in range(40):
        media = [media]
    assert error_of(JSONHandler(), media).path == '$' + '[0]' * 8 + '...' + '[0]' * 8


class Slow:
    """An object that takes time to be refused."""


def test_the_search_is_bounded_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(1000))
    monkeypatch.setattr(
        'falcon_media.protocol.locating.thread_time', lambda: next(clock) / 100
    )
    error = error_of(JSONHandler(), {'rows': [{'a': {'b': [Slow()]}}]})
    assert error.path is not None
    assert error.path in '$.rows[0].a.b[0]'
    assert error.detail == 'in it, something that the handler does not carry'


def test_a_large_object_is_searched_by_bisection() -> None:
    encoded = 0

    def encode(media: Any) -> str:
        nonlocal encoded
        encoded += len(media) if isinstance(media, list) else 1
        return json.dumps(media)

    handler = TextHandler(Codec(encode=encode, decode=json.loads, unchecked=10))
    error = error_of(handler, [*range(10_000), {1}, *range(10_000)])
    assert error.path == '$[10000]'
    assert encoded < 4 * 20_000


@pytest.mark.parametrize('kind', WebSocketPayloadType)
def test_a_handler_that_sends_nothing_has_no_place(kind: WebSocketPayloadType) -> None:
    error = error_of(refusing(kind, 'not spoken here'), {'a': {1}})
    assert (error.path, error.detail) == (None, 'not spoken here')


class Points(TextBaseHandlerWS):
    """A handler without a codec, for objects of one shape."""

    def serialize(self, media: Any) -> str:
        if set(media) != {'x', 'y'}:
            raise ValueError
        return json.dumps(media)

    def deserialize(self, payload: str) -> object:
        return json.loads(payload)


class Loose(TextBaseHandlerWS):
    """A handler without a codec, for objects of any shape."""

    def serialize(self, media: object) -> str:
        return json.dumps(media)

    def deserialize(self, payload: str) -> object:
        return json.loads(payload)


def test_handlers_without_a_codec_are_searched() -> None:
    limits = falcon_media.Limits()
    error = error_of(adopt(Loose(), TEXT, limits), {'a': [{'b': AT}]})
    assert str(error) == (
        "Loose: TEXT media: $.a[0].b: datetime can't be sent: select a handler that "
        'carries it (cbor, msgpack, msgspec-msgpack) (TypeError)'
    )
    # No part can be sent on its own.
    error = error_of(adopt(Points(), TEXT, limits), {'x': 1, 'y': {1}})
    assert str(error) == "Points: TEXT media: this dict can't be sent (TypeError)"


def test_a_fault_of_several_parts_together_names_none() -> None:
    def check(media: object) -> None:
        if isinstance(media, dict) and len(media) > 1:
            raise UnserializableMedia('one entry at the most')

    handler = TextHandler(
        Codec(encode=str, decode=eval, unchecked=10, check_media=check)
    )
    error = error_of(handler, {'a': 1, 'b': 2})
    assert (error.path, error.detail) == ('$', 'dict: one entry at the most')


def test_fields_of_an_object_are_searched() -> None:
    def encode(media: object) -> str:
        return json.dumps(media, default=vars)

    codec: Codec[str] = Codec(
        encode=encode,
        decode=json.loads,
        unchecked=10,
        has_fields=True,
        cures={DataClass: 'less'},
    )
    error = error_of(TextHandler(codec), [Point(Point({1}))])
    assert error.path == '$[0].x.x'
    assert error.detail == "set can't be sent"


class Raises(Mapping[Any, Any]):
    """A mapping with an entry that raises, like an unset one of protobuf."""

    def __getitem__(self, key: Any) -> Any:
        raise ValueError('Value not set')

    def __iter__(self) -> Any:
        return iter('a')

    def __len__(self) -> int:
        return 1


class Unhashable(Raises):
    def __getitem__(self, key: Any) -> Any:
        return key

    def __iter__(self) -> Any:
        return iter([[1]])


class Unbound:
    """A proxy without a target, such as those of a request outside of one."""

    @property  # type: ignore[misc]  # a property, as proxies have it
    def __class__(self) -> Any:
        raise RuntimeError('working outside of a request')


@pytest.mark.parametrize('cls', [Raises, Unhashable, Unbound])
@pytest.mark.parametrize('has_fields', [False, True])
def test_a_part_that_raises_when_it_is_opened_is_not_searched(
    cls: type, has_fields: bool
) -> None:
    codec: Codec[str] = Codec(
        encode=json.dumps, decode=json.loads, unchecked=10, has_fields=has_fields
    )
    error = error_of(TextHandler(codec), {'a': [1, cls()]})
    assert error.path == '$.a[1]'
    assert cls.__name__ in str(error)


def test_an_option_that_is_set_is_not_suggested() -> None:
    handler = JSONHandler(coerce_keys=True, allow_nan=True)
    assert error_of(handler, {(): 1}).detail == "key of type tuple can't be sent"
    handler = JSONHandler(default=lambda media: float('nan'))
    assert error_of(handler, [AT]).detail.startswith(
        "datetime can't be sent: pass a default= that returns something that the "
    )


def test_a_default_that_fails_is_named() -> None:
    error = error_of(JSONHandler(default=lambda media: 1 / 0), {'a': [AT]})
    assert str(error) == (
        'json: TEXT media: $.a[0]: datetime: default raised an exception '
        '(ZeroDivisionError)'
    )
    assert isinstance(error.cause, ZeroDivisionError)


SAMPLES: dict[object, object] = {
    'not finite': float('inf'),
    'long int': 2**100,
    dt.datetime: AT,
    dt.date: AT.date(),
    UUID: UUID(int=1),
    Decimal: Decimal('1.5'),
    bytes: b'\xff',
    bytearray: bytearray(b'\xff'),
}


@pytest.mark.parametrize(
    ('value', 'carrier'),
    [
        pytest.param(SAMPLES[key], carrier, id=f'{key}-{carrier}')
        for key, carriers in _CARRIERS
        for carrier in carriers
    ],
)
def test_the_suggested_handlers_carry_the_value(value: object, carrier: str) -> None:
    name, _, option = carrier.partition(' with ')
    registry = Registry.discover()
    payload_type = TEXT if 'json' in name else WebSocketPayloadType.BINARY
    module = name.split('-')[0]
    if name != 'json' and not importlib.util.find_spec(f'falcon_media_{module}'):
        pytest.skip(f'{name} is not installed')
    options = {option.partition('=')[0]: True} if option else {}
    handler: Any = registry.build(
        use(name, **options), payload_type, falcon_media.Limits()
    )
    assert handler.deserialize(handler.serialize([value])) == [value]


def encode_no_text(media: Any) -> bytes:
    while isinstance(media, list) and media:
        media = media[0]
    if isinstance(media, str):
        raise ValueError
    return b''


@pytest.mark.parametrize(('depth', 'what'), [(3, 'str'), (1_100, 'list')])
def test_the_search_is_bounded_in_depth(depth: int, what: str) -> None:
    media: object = 'text'
    for _ in range(depth):
        media = [media]
    codec: Codec[bytes] = Codec(encode=encode_no_text, decode=list, unchecked=10)
    error = error_of(BinaryHandler(codec), media)
    assert error.detail == f"{what} can't be sent"


def test_any_dataclass_is_one_for_a_cure() -> None:
    @dataclass
    class Point:
        x: int

    assert isinstance(Point(1), DataClass)
    assert not isinstance(Point, DataClass)
