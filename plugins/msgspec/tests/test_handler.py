"""The handlers, their options, and what becomes of objects."""

from __future__ import annotations

import collections
from collections.abc import Callable
from collections.abc import Iterable
import datetime as dt
import inspect
import time
from typing import Any
from uuid import UUID

import msgspec
from msgspec.msgpack import Ext
from plugins.msgspec.tests.messages import Anything
from plugins.msgspec.tests.messages import Event
from plugins.msgspec.tests.messages import Node
from plugins.msgspec.tests.messages import Open
from plugins.msgspec.tests.messages import Point
import pytest

from falcon_media import BYTE_LINES
from falcon_media import ConfigError
from falcon_media import HookError
from falcon_media import InvalidPayload
from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import PayloadError
from falcon_media import PayloadTooLarge
from falcon_media import UnserializableMedia
from falcon_media import UnsupportedPayload
from falcon_media_msgspec import MsgspecJSONHandler
from falcon_media_msgspec import MsgspecMessagePackHandler

BOTH = (MsgspecJSONHandler, MsgspecMessagePackHandler)

Make = Callable[..., Any]


def both_ways(handler: Any, media: object) -> Any:
    return handler.deserialize(handler.serialize(media))


@pytest.mark.parametrize('make', BOTH)
def test_the_defaults_are_the_safe_ones(make: Make) -> None:
    parameters = inspect.signature(make).parameters
    assert {
        name: parameter.default
        for name, parameter in parameters.items()
        if name not in ('strict_map_key', 'timestamp', 'ext_hook')
    } == {
        'type': None,
        'receive': None,
        'send': None,
        'allow_duplicate_keys': False,
        'truncate_nanoseconds': False,
        'converted_types': (),
        'default': None,
        'strict_encode': True,
        'limits': None,
    }


def test_the_defaults_of_messagepack() -> None:
    parameters = inspect.signature(MsgspecMessagePackHandler).parameters
    assert parameters['strict_map_key'].default is True
    assert parameters['timestamp'].default is True
    assert parameters['ext_hook'].default is None


@pytest.mark.parametrize('make', BOTH)
@pytest.mark.parametrize(
    ('options', 'said'),
    [
        ({'allow_duplicate_keys': 1}, 'allow_duplicate_keys must be true or false'),
        ({'strict_encode': None}, 'strict_encode must be true or false, not None'),
        ({'default': 'repr'}, "default must be a function, not 'repr'"),
        ({'converted_types': dt.date}, 'converted_types must be a list of classes'),
        ({'converted_types': [1]}, 'converted_types must be a list of classes'),
        ({'converted_types': ['datetime:no']}, "'datetime' has no 'no'"),
        ({'type': object}, 'type: object has no fields to check'),
        ({'receive': object()}, 'type: .* is not a valid message type'),
        ({'send': 'no_such_module:X'}, "send: 'no_such_module' can not be imported"),
    ],
)
def test_an_option_that_can_not_be_used(
    make: Make, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        make(**options)


@pytest.mark.parametrize('make', BOTH)
def test_budgets_count(make: Make) -> None:
    handler = make(limits=Limits(max_size=20, max_depth=2, max_items=3))
    assert both_ways(handler, [[1]]) == [[1]]
    payload: Any
    medias: Any = ('x' * 30, [[[]]], [1, 2, 3, 4])
    for media in medias:
        payload = make().serialize(media)
        with pytest.raises(PayloadTooLarge):
            handler.deserialize(payload)


@pytest.mark.parametrize('make', BOTH)
@pytest.mark.parametrize('depth', [1, 6, 7, 63])
def test_whatever_the_depth(make: Make, depth: int) -> None:
    media: object = 'x'
    for level in range(depth):
        media = {'a': media} if level % 2 else [media]
    assert both_ways(make(), media) == media


@pytest.mark.parametrize('make', BOTH)
def test_allow_duplicate_keys(make: Make) -> None:
    payload: Any = '{"a":1,"a":2}'
    if make is MsgspecMessagePackHandler:
        payload = b'\x82\xa1a\x01\xa1a\x02'
    with pytest.raises(MalformedPayload, match='allow_duplicate_keys=True accepts it'):
        make().deserialize(payload)
    assert make(allow_duplicate_keys=True).deserialize(payload) == {'a': 2}
    with pytest.raises(MalformedPayload, match='the same key twice'):
        make(type=dict[str, int]).deserialize(payload)
    loose = make(type=dict[str, int], allow_duplicate_keys=True)
    assert loose.deserialize(payload) == {'a': 2}


@pytest.mark.parametrize('make', BOTH)
def test_default_is_asked_once_for_each_object(make: Make) -> None:
    handler = make(default=lambda media: [str(media)])
    assert both_ways(handler, [1j, {'a': 2j}]) == [['1j'], {'a': ['2j']}]
    handler = make(default=lambda media: media)
    with pytest.raises(UnserializableMedia, match="complex can't be sent"):
        handler.serialize([1j])


@pytest.mark.parametrize('make', BOTH)
def test_what_default_makes_is_not_too_deep_either(make: Make) -> None:
    def wrapped(media: object) -> object:
        return [media]

    with pytest.raises(UnserializableMedia, match='nested deeper than 64 levels'):
        make(default=wrapped).serialize(1j)


@pytest.mark.parametrize('make', BOTH)
def test_converted_types(make: Make) -> None:
    media: Any = [{1}, Node(1), Point(1, 2), dt.date(2001, 2, 3)]
    handler = make(
        converted_types=[set, msgspec.Struct, 'datetime:date', tuple],
    )
    node = {'id': 1, 'name': '', 'nodes': [], 'named': {}}
    assert both_ways(handler, media) == [[1], node, [1, 2], '2001-02-03']
    with pytest.raises(UnserializableMedia, match="UUID can't be sent"):
        handler.serialize([UUID(int=1)])


@pytest.mark.parametrize('make', BOTH)
def test_bytes_within_what_is_converted(make: Make) -> None:
    handler = make(converted_types=[msgspec.Struct])
    back = both_ways(handler, Anything(b'a'))
    expected = 'YQ==' if make is MsgspecJSONHandler else b'a'
    assert back == {'value': expected}


@pytest.mark.parametrize('make', BOTH)
def test_strict_encode_leaves_it_to_msgspec(make: Make) -> None:
    handler = make(strict_encode=False, default=repr)
    assert both_ways(handler, [{1}, 1j, dt.date(2001, 2, 3)]) == [
        [1],
        '1j',
        '2001-02-03',
    ]
    nested: object = []
    for _ in range(70):
        nested = [nested]
    with pytest.raises(UnserializableMedia, match='nested deeper'):
        handler.serialize(nested)


@pytest.mark.parametrize('make', BOTH)
@pytest.mark.parametrize(
    'media',
    [
        collections.OrderedDict(a=1),
        collections.defaultdict(int, a=1),
        {'a': collections.OrderedDict(b=[1, [2]])},
    ],
)
def test_subclasses_are_what_they_are_equal_to(make: Make, media: Any) -> None:
    assert both_ways(make(), media) == media


class Shouting(str):
    """A string that is not equal to what it says."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = str.__hash__


@pytest.mark.parametrize('make', BOTH)
@pytest.mark.parametrize(
    'media', [Shouting('a'), {Shouting('a'): 1}, {'a': {1: 2}, 'b': {(): 3}}]
)
def test_what_would_not_be_equal_is_not_sent(make: Make, media: Any) -> None:
    with pytest.raises(UnserializableMedia):
        make().serialize(media)


class Text(str):
    """A string that is equal to another."""

    __slots__ = ()


@pytest.mark.parametrize('make', BOTH)
def test_keys_of_derived_types(make: Make) -> None:
    assert both_ways(make(), {Text('a'): Text('b')}) == {'a': 'b'}


class Named(str):
    """A key that is no other, though it looks the same."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return self is other or type(other) is str

    __hash__ = str.__hash__


@pytest.mark.parametrize('make', BOTH)
def test_keys_that_would_be_the_same(make: Make) -> None:
    with pytest.raises(UnserializableMedia, match='two keys of a dict'):
        make().serialize({Named('a'): 1, Named('a'): 2})


@pytest.mark.parametrize('make', BOTH)
def test_the_values_of_a_living_object(make: Make) -> None:
    class User:
        def __init__(self) -> None:
            self.name = 'ann'
            self.friends = ['bob']

    media = {'user': vars(User())}
    assert both_ways(make(), media) == {'user': {'name': 'ann', 'friends': ['bob']}}


@pytest.mark.parametrize('make', BOTH)
def test_lists_that_contain_each_other(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    # NOTE: It is time that ends the search here.
    monkeypatch.setattr('falcon_media.protocol.locating.thread_time', time.thread_time)
    media: list[Any] = [0] * 200
    for _ in range(5):
        media = [media] * 200
    for handler in (make(), make(strict_encode=False)):
        with pytest.raises(UnserializableMedia, match='shared ones counted each time'):
            handler.serialize(media)


@pytest.mark.parametrize(
    'media', [float('nan'), [None, float('inf')], {'a': (None, -float('inf'))}]
)
def test_json_has_no_number_that_is_not_finite(media: object) -> None:
    with pytest.raises(UnserializableMedia, match='not finite'):
        MsgspecJSONHandler().serialize(media)
    with pytest.raises(UnserializableMedia):
        MsgspecJSONHandler(type=Any).serialize(Anything(media))


@pytest.mark.parametrize('number', [2**64, -(2**63) - 1, 10**4299])
def test_json_carries_integers_of_any_size(number: int) -> None:
    assert both_ways(MsgspecJSONHandler(), [number, None]) == [number, None]
    with pytest.raises(UnserializableMedia):
        MsgspecMessagePackHandler().serialize(number)


# ------------------------------------------------------------------------ MessagePack

NOON = dt.datetime(2001, 2, 3, 12, tzinfo=dt.timezone(dt.timedelta(hours=5)))


def test_timestamps_come_and_go_unless_an_option_refuses_them() -> None:
    handler: Any = MsgspecMessagePackHandler()
    assert both_ways(handler, {'at': NOON}) == {'at': NOON}
    for refused in (NOON.replace(tzinfo=None), NOON.date()):
        with pytest.raises(UnserializableMedia):
            handler.serialize([refused])
    payload = handler.serialize({'at': NOON})
    strict = MsgspecMessagePackHandler(timestamp=False)
    with pytest.raises(UnsupportedPayload, match='timestamp=True accepts it'):
        strict.deserialize(payload)
    with pytest.raises(UnserializableMedia, match='datetime'):
        strict.serialize({'at': NOON})


def timestamp(seconds: int, nanoseconds: int, *, size: int = 8) -> bytes:
    if size == 8:
        return b'\xd7\xff' + (nanoseconds << 34 | seconds).to_bytes(8)
    return b'\xc7\x0c\xff' + nanoseconds.to_bytes(4) + seconds.to_bytes(8, signed=True)


@pytest.mark.parametrize('size', [8, 12])
@pytest.mark.parametrize('cls', [None, dt.datetime, Any])
@pytest.mark.parametrize('allow_duplicate_keys', [False, True])
@pytest.mark.parametrize('nanoseconds', [123_456_789, 999_999_999, 1, 1500])
def test_times_finer_than_a_microsecond_are_refused_or_cut(
    size: int, cls: Any, allow_duplicate_keys: bool, nanoseconds: int
) -> None:
    payload = timestamp(2**33, nanoseconds, size=size)
    options = {'type': cls, 'allow_duplicate_keys': allow_duplicate_keys}
    with pytest.raises(UnsupportedPayload, match='truncate_nanoseconds=True'):
        MsgspecMessagePackHandler(**options).deserialize(payload)
    cut = MsgspecMessagePackHandler(**options, truncate_nanoseconds=True)
    assert cut.deserialize(payload) == dt.datetime.fromtimestamp(
        2**33, dt.UTC
    ) + dt.timedelta(microseconds=nanoseconds // 1000)


@pytest.mark.parametrize('cls', [None, list[dt.datetime], list[Any]], ids=str)
def test_bytes_that_look_like_a_time_are_left_alone(cls: Any) -> None:
    at = timestamp(5, 1000)
    payload = b'\x92' + at + timestamp(-5, 2000, size=12)
    expected = [
        dt.datetime(1970, 1, 1, 0, 0, 5, 1, tzinfo=dt.UTC),
        dt.datetime(1969, 12, 31, 23, 59, 55, 2, tzinfo=dt.UTC),
    ]
    handler = MsgspecMessagePackHandler(type=cls)
    assert handler.deserialize(payload) == expected
    untyped = MsgspecMessagePackHandler()
    fine = timestamp(5, 1)
    hidden = b'\x92' + at + b'\xc4' + bytes([len(fine)]) + fine
    assert untyped.deserialize(hidden) == [expected[0], fine]
    assert untyped.deserialize(b'\x92\x81\xa1a' + at + b'\xde\x00\x00') == [
        {'a': expected[0]},
        {},
    ]


def test_a_timestamp_that_is_cut_off_or_has_too_many_nanoseconds() -> None:
    handler = MsgspecMessagePackHandler()
    for payload in (timestamp(5, 1)[:4], timestamp(5, 2**30 - 1)):
        with pytest.raises(MalformedPayload):
            handler.deserialize(payload)


@pytest.mark.parametrize('year', [1, 9999])
def test_a_time_that_no_timestamp_can_be(year: int) -> None:
    hours = 23 if year == 1 else -23
    zone = dt.timezone(dt.timedelta(hours=hours))
    at = dt.datetime(year, 1 if year == 1 else 12, 1 if year == 1 else 31, tzinfo=zone)
    at = at if year == 1 else at.replace(hour=23)
    with pytest.raises(UnserializableMedia):
        MsgspecMessagePackHandler().serialize(at)


def test_ext_hook() -> None:
    handler: Any = MsgspecMessagePackHandler(ext_hook=lambda code, data: (code, data))
    payload = handler.serialize([Ext(5, b'a'), {'a': 1}])
    assert handler.deserialize(payload) == [(5, b'a'), {'a': 1}]
    with pytest.raises(MalformedPayload, match='the same key twice'):
        handler.deserialize(b'\x92\xd4\x05\x00\x82\xa1a\x01\xa1a\x01')
    strict: Any = MsgspecMessagePackHandler(ext_hook=Ext, timestamp=False)
    with pytest.raises(UnsupportedPayload, match='a timestamp'):
        strict.deserialize(b'\x91\xd6\xff\x00\x00\x00\x00')
    with pytest.raises(UnserializableMedia, match="Ext can't be sent: pass ext_hook="):
        MsgspecMessagePackHandler().serialize(Ext(5, b'a'))
    with pytest.raises(UnsupportedPayload, match='extension type -7: an ext_hook'):
        MsgspecMessagePackHandler().deserialize(b'\x91\xd4\xf9\x00')


def test_a_hook_that_can_not_be_called_is_an_error_at_start() -> None:
    with pytest.raises(ConfigError, match='msgspec-msgpack: ext_hook is called with 2'):
        MsgspecMessagePackHandler(ext_hook=lambda data: data)  # type: ignore[arg-type, misc]  # the mistake
    for make in each_handler:
        with pytest.raises(ConfigError, match='default is called with 1 argument'):
            make(default=lambda: None)


each_handler: tuple[Make, ...] = BOTH


def failing(*_: object) -> object:
    return 1 // 0


def test_a_hook_that_fails_is_our_fault() -> None:
    handler = MsgspecMessagePackHandler(ext_hook=failing)
    for cls in (None, Any, list[Any]):
        typed = MsgspecMessagePackHandler(ext_hook=failing, type=cls)
        with pytest.raises(HookError, match='ext_hook raised') as caught:
            typed.deserialize(b'\x91\xd4\x05\x00')
        assert caught.value.close_code == 1011

    def refusing(code: int, data: bytes) -> object:
        raise ValueError('no')

    handler = MsgspecMessagePackHandler(ext_hook=refusing)
    with pytest.raises(MalformedPayload):
        handler.deserialize(b'\x91\xd4\x05\x00')
    for make in each_handler:
        with pytest.raises(UnserializableMedia, match='default raised'):
            make(default=failing).serialize([1j])


def test_strict_map_key() -> None:
    handler = MsgspecMessagePackHandler(strict_map_key=False)
    media = {None: 1, 7: 2, True: 3, 1.5: 4, b'a': 5, 'a': 6}
    assert both_ways(handler, media) == media
    for payload in (b'\x81\x90\x01', b'\x81\xd6\xff\x00\x00\x00\x00\x01'):
        with pytest.raises(UnsupportedPayload, match='a map key that is no text'):
            handler.deserialize(payload)
    with pytest.raises(MalformedPayload, match='allow_duplicate_keys=True'):
        handler.deserialize(b'\x82\x01\x01\xc3\x01')
    with pytest.raises(UnserializableMedia, match='key of type tuple'):
        handler.serialize({(): 1})


@pytest.mark.parametrize('key', [1, -1, 1.5, True, None])
def test_a_key_that_strict_map_key_refuses(key: object) -> None:
    payload: Any = msgspec.msgpack.encode([{'a': {key: 1}}])
    name = type(key).__name__
    with pytest.raises(
        UnsupportedPayload, match=f'type {name}: strict_map_key=False accepts it'
    ):
        MsgspecMessagePackHandler().deserialize(payload)


# ------------------------------------------------------------------------- Collisions


def map_of(keys: Iterable[bytes]) -> bytes:
    keys = list(keys)
    return b'\xdf' + len(keys).to_bytes(4) + b''.join(key + b'\xc0' for key in keys)


COLLIDING_INTEGERS = [
    b'\xcf' + (n * (2**61 - 1)).to_bytes(8) for n in range(1, 8)
] * 1000
COLLIDING_ARRAYS = [
    bytes([0x9D, *(0xFF - (n >> bit & 1) for bit in range(13))]) for n in range(8000)
]


@pytest.mark.parametrize('keys', [COLLIDING_INTEGERS, COLLIDING_ARRAYS])
@pytest.mark.parametrize(
    'options',
    [
        {},
        {'strict_map_key': False},
        {'allow_duplicate_keys': True},
        {'ext_hook': Ext},
        {'type': Any},
        {'type': dict},
        {'type': Node},
        {'type': dict[int, None]},
        {'type': dict[tuple[int, ...], None]},
    ],
    ids=str,
)
def test_colliding_keys_are_refused_before_a_dict_is_made(
    keys: list[bytes], options: dict[str, Any]
) -> None:
    handler = MsgspecMessagePackHandler(**options)
    with pytest.raises(PayloadError) as caught:
        handler.deserialize(map_of(keys))
    assert isinstance(caught.value, PayloadTooLarge | InvalidPayload)


def test_many_records_with_a_few_such_keys_each() -> None:
    # NOTE: As devices send measurements (SenML).
    records = [{-2: 'urn:dev:1', 0: 'temperature', 2: 21.5, 6: n} for n in range(1000)]
    handler = MsgspecMessagePackHandler(strict_map_key=False)
    assert both_ways(handler, records) == records
    assert both_ways(MsgspecMessagePackHandler(type=list[dict[int, Any]]), records)


def test_a_view_that_is_not_equal_to_its_bytes() -> None:
    handler = MsgspecMessagePackHandler()
    assert both_ways(handler, [memoryview(b'ab'), bytearray(b'c')]) == [b'ab', b'c']
    with pytest.raises(UnserializableMedia):
        handler.serialize(memoryview(b'abcd').cast('H'))


def test_payloads_in_longer_forms_than_needed() -> None:
    event = bytes.fromhex('de0002 d90161 cd0001 da000162 dd00000001 ca3fc00000')
    assert MsgspecMessagePackHandler().deserialize(event) == {'a': 1, 'b': [1.5]}


def test_a_typed_message_of_many_containers() -> None:
    rows: Any = [{'id': n, 'b': [n]} for n in range(300)]
    plain: Any = MsgspecMessagePackHandler()
    typed = MsgspecMessagePackHandler(type=list[dict[str, Any]])
    assert typed.deserialize(plain.serialize(rows)) == rows
    # NOTE: What the fast way doesn't take.
    rows[0]['b'] = b'\x00'
    assert typed.deserialize(plain.serialize(rows)) == rows


def test_a_type_may_name_what_else_is_refused() -> None:
    handler = MsgspecMessagePackHandler(
        type=dict[int, dt.datetime | Event], timestamp=False
    )
    assert both_ways(handler, {1: NOON}) == {1: NOON}
    keys = MsgspecMessagePackHandler(type=dict[tuple[int, int], Ext])
    media = keys.deserialize(b'\x81\x92\x01\x02\xc7\x01\x05a')
    assert media == {(1, 2): Ext(5, b'a')}
    with pytest.raises(MalformedPayload, match='the same key twice'):
        keys.deserialize(b'\x82\x92\x01\x02\xd4\x05a\x92\x01\x02\xd4\x05a')


def test_the_framing_of_a_subclass_wins() -> None:
    class Lines(MsgspecMessagePackHandler):
        framing = BYTE_LINES

    assert Lines().framing is BYTE_LINES


OPEN_TYPES = (
    *(Any, list, dict, list[Any], dict[str, Any], dict[Any, Any], list[object]),
    *(Anything, Open, list[Any] | int, dict[str, object] | None),
)


@pytest.mark.parametrize('cls', OPEN_TYPES, ids=str)
@pytest.mark.parametrize(
    ('part', 'said'),
    [
        (Ext(5, b'a'), 'extension type 5: an ext_hook'),
        ({1: 2}, 'a map key of type int: strict_map_key=False'),
        ({(1,): 2}, 'a map key that is no text'),
        ({'a': [{None: 2}]}, 'a map key of type NoneType'),
    ],
    ids=['ext', 'int_key', 'array_key', 'null_key'],
)
def test_what_a_type_leaves_open_is_held_to_the_options(
    cls: Any, part: Any, said: str
) -> None:
    handler = MsgspecMessagePackHandler(type=cls)
    media: Any = {'value': part, 'part': part}
    if (
        cls is list
        or getattr(cls, '__origin__', None) is list
        or cls == list[Any] | int
    ):
        media = [part]
    payload: Any = msgspec.msgpack.encode(media)
    with pytest.raises(UnsupportedPayload, match=said):
        handler.deserialize(payload)


def test_the_options_hold_for_what_a_type_leaves_open() -> None:
    media: Any = {'value': [{1: NOON}, Ext(5, b'a')]}
    payload: Any = msgspec.msgpack.encode(media)
    loose: Any = MsgspecMessagePackHandler(
        type=Anything, strict_map_key=False, ext_hook=lambda code, data: (code, data)
    )
    assert loose.deserialize(payload).value == [{1: NOON}, (5, b'a')]
    with pytest.raises(UnsupportedPayload, match='timestamp=True'):
        MsgspecMessagePackHandler(
            type=Anything, strict_map_key=False, ext_hook=Ext, timestamp=False
        ).deserialize(payload)
    with pytest.raises(UnsupportedPayload, match='a map key of type int'):
        MsgspecMessagePackHandler(type=dict[Any, int]).deserialize(b'\x81\x01\x01')


def test_fields_that_a_type_does_not_name_may_hold_anything() -> None:
    payload: Any = msgspec.msgpack.encode({'id': 1, 'more': [Ext(5, b'a'), {1: NOON}]})
    assert MsgspecMessagePackHandler(type=Node).deserialize(payload) == Node(1)


@pytest.mark.parametrize(
    ('value', 'text'),
    [
        (
            dt.datetime(2024, 6, 20, tzinfo=dt.UTC).replace(tzinfo=None),
            'pass one that has a time zone',
        ),
        (Ext(5, b''), 'pass ext_hook='),
        (2**64, 'int of 65 bits'),
        ({1}, 'or converted_types='),
        ({1: 2}, 'pass strict_map_key=False'),
    ],
    ids=lambda value: value if isinstance(value, str) else '',
)
def test_what_can_not_be_sent_names_its_place_and_an_option(
    value: object, text: str
) -> None:
    with pytest.raises(UnserializableMedia) as caught:
        MsgspecMessagePackHandler().serialize({'rows': [{'at': 1}, {'at': value}]})
    assert caught.value.path == '$.rows[1].at'
    assert text in str(caught.value)
