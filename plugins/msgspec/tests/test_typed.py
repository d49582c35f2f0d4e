"""Messages of a type: valid, invalid, and made to do harm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import datetime as dt
from decimal import Decimal
import enum
from functools import partial
from math import inf
from math import nan
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

import attrs
import msgspec
from plugins.msgspec.tests.messages import Abstract
from plugins.msgspec.tests.messages import Account
from plugins.msgspec.tests.messages import Again
from plugins.msgspec.tests.messages import Anything
from plugins.msgspec.tests.messages import ByIdentity
from plugins.msgspec.tests.messages import Command
from plugins.msgspec.tests.messages import Event
from plugins.msgspec.tests.messages import Held
from plugins.msgspec.tests.messages import Left
from plugins.msgspec.tests.messages import Node
from plugins.msgspec.tests.messages import Opaque
from plugins.msgspec.tests.messages import Open
from plugins.msgspec.tests.messages import Patch
from plugins.msgspec.tests.messages import Point
from plugins.msgspec.tests.messages import Right
from plugins.msgspec.tests.messages import Row
from plugins.msgspec.tests.messages import Sparse
from plugins.msgspec.tests.messages import Strict
from plugins.msgspec.tests.messages import Tagged
from plugins.msgspec.tests.messages import Tree
import pytest

from falcon_media import HookError
from falcon_media import InvalidPayload
from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import PayloadError
from falcon_media import PayloadTooLarge
from falcon_media import UnserializableMedia
from falcon_media_msgspec import MsgspecJSONHandler
from falcon_media_msgspec import MsgspecMessagePackHandler
from falcon_media_msgspec.structure import deepest
from falcon_media_msgspec.structure import shows_all_entries
from falcon_media_testing.cost import growth
from falcon_media_testing.trying import on_small_stack

BOTH = (MsgspecJSONHandler, MsgspecMessagePackHandler)

Make = Callable[..., Any]

T = TypeVar('T')


class Box(msgspec.Struct, Generic[T]):
    content: T


@dataclass
class Replaced(Generic[T]):
    content: T

    def __post_init__(self) -> None:
        self.content = {'a': 1}  # type: ignore[assignment]  # it adds an entry


NOON_IN_UTC = '2001-02-03T12:00:00Z'
NOON_ELSEWHERE = '2001-02-03T13:00:00+01:00'


class Lenient(enum.Enum):
    """A value that is found whatever its case."""

    A = 'a'

    @classmethod
    def _missing_(cls, value: object) -> Lenient:
        return cls.A


class Colon(enum.Enum):
    """A value that looks like the end of a key."""

    A = ':a'

    @classmethod
    def _missing_(cls, value: object) -> Colon:
        return cls.A


class Few(msgspec.Struct, tag=True):
    members: set[int]


class Many(msgspec.Struct, tag=True):
    members: list[int]


class Grouped(msgspec.Struct, tag='few', tag_field='kind'):
    members: set[int] = set()


class Keyed(msgspec.Struct):
    id: int
    of: dict[int, int]


class Timed(msgspec.Struct):
    at: dt.time
    text: str
    price: Decimal


EVENT = Event(
    1,
    dt.datetime(2001, 2, 3, tzinfo=dt.UTC),
    UUID(int=1),
    Decimal('1.10'),
    b'\x00\xff',
    {'a', 'b'},
)


def brief(value: object) -> str:
    return f'{value}'[:60]


def received(make: Make, cls: Any, fields: object, **options: Any) -> Any:
    """Have a message received that a stranger has sent."""
    payload: Any = msgspec.msgpack.encode(fields)
    if make is MsgspecJSONHandler:
        payload = msgspec.json.encode(fields).decode()
    return make(receive=cls, **options).deserialize(payload)


@pytest.mark.parametrize('make', BOTH)
@pytest.mark.parametrize(
    ('cls', 'media'),
    [
        (Node, Node(1, None, [Node(2)], {'a': 1.5})),
        (Event, EVENT),
        (Command, Command('go', {'a': 1})),
        (Command, Command('go')),
        (Row, Row('a', [1])),
        (Point, Point(1, 2)),
        (Patch, {'id': 1}),
        (Patch, {'id': 1, 'text': 'x'}),
        (Tagged, Tagged(1)),
        (Left | Right, Left(1)),
        (Left | Right, Right('x')),
        (Sparse, Sparse(1)),
        (Account, Account(1)),
        (Again, Again(1)),
        (Abstract, Abstract(1)),
        (Anything, Anything([{'a': None}])),
        (Opaque, Opaque([{'a': 1}])),
        (ByIdentity, ByIdentity(1)),
        (list[Row], [Row('a', []), Row('b', [1])]),
        (dict[str, Node] | None, None),
        (int | str, 5),
        (Literal['a', 'b'], 'a'),
        (frozenset[int], frozenset({1})),
        (tuple[int, ...], (1, 2)),
    ],
)
def test_a_message_comes_back(make: Make, cls: Any, media: Any) -> None:
    handler = make(type=cls)
    back = handler.deserialize(handler.serialize(media))
    if isinstance(media, ByIdentity):
        back, media = back.id, media.id
    assert back == media


@pytest.mark.parametrize('make', BOTH)
@pytest.mark.parametrize(
    ('cls', 'fields', 'path'),
    [
        (Node, {}, '$'),
        (Node, [], '$'),
        (Node, {'id': 'x'}, '$.id'),
        (Node, {'id': 1, 'nodes': [{'id': 1}, {'id': None}]}, '$.nodes[1].id'),
        (Node, {'id': 1, 'named': {'secret': 'x'}}, '$.named[...]'),
        (dict[int, int], {'x': 1}, '$'),
        (list[dict[int, int]], [{}, {'x': 1}], '$[1]'),
        (Strict, {'name': 'x' * 1_000_000}, '$.name'),
        (Strict, {'name': 'a', 'level': 10}, '$.level'),
        (Strict, {'name': 'a', 'level': 10**18}, '$.level'),
        (Strict, {'name': 'a', 'secret': 1}, '$'),
        (Strict, {'name': 'a', 'inner': {'name': 'a', 'x': 1}}, '$.inner'),
        (Left | Right, {'type': 'secret', 'value': 1}, '$.type'),
        (Left | Right, {'value': 1}, '$'),
        (Left | Right, {'type': 'Left', 'value': 'x'}, '$.value'),
        (Account, {'id': -1}, '$'),
        (list[Again], [{'id': -1}], '$[0]'),
        (dt.datetime, 'secret', '$'),
        (dict[str, dt.date], {'secret': '2001-02-30'}, '$[...]'),
        (Point, [1, 'x'], '$[1]'),
        (Literal['a'], 'secret', '$'),
    ],
)
def test_a_message_that_is_not_valid(
    make: Make, cls: Any, fields: object, path: str
) -> None:
    with pytest.raises(InvalidPayload) as caught:
        received(make, cls, fields)
    assert caught.value.path == path
    assert caught.value.handler == make.name  # type: ignore[attr-defined]  # a class
    assert 'secret' not in str(caught.value)


@pytest.mark.parametrize('make', BOTH)
@pytest.mark.parametrize(
    'key', ['a` - at `$.level', 'a` - at `$.level`', '` - at `$.level', 'x - at `$.b`']
)
def test_no_client_can_write_a_path(make: Make, key: str) -> None:
    for fields in (
        {'name': 'a', key: 1},
        {'name': 'a', 'inner': {'name': 'a', key: 1}},
    ):
        with pytest.raises(InvalidPayload) as caught:
            received(make, Strict, fields)
        assert caught.value.path is None
        assert str(caught.value).endswith('(ValidationError)')


@pytest.mark.parametrize('make', BOTH)
@pytest.mark.parametrize(
    ('cls', 'fields'),
    [
        (Strict, {'name': 'a', 'level': 2**64 - 1}),
        (float, 'NaN'),
        (int, 1.5),
        (bool, 1),
        (str, 1),
    ],
)
def test_scalars_are_not_converted(make: Make, cls: Any, fields: object) -> None:
    with pytest.raises(InvalidPayload):
        received(make, cls, fields)


def test_a_number_that_json_does_not_have() -> None:
    handler = MsgspecJSONHandler(type=dict[str, float])
    for text in ('{"a":NaN}', '{"a":Infinity}', '{"a":1e400}', '{"a":-1e400}'):
        with pytest.raises(MalformedPayload):
            handler.deserialize(text)


def test_numbers_of_messagepack() -> None:
    handler: Any = MsgspecMessagePackHandler(type=list[float])
    back = handler.deserialize(handler.serialize([inf, nan, 1.0]))
    assert back[0] == inf
    assert back[1] != back[1]


@pytest.mark.parametrize('make', BOTH)
@pytest.mark.parametrize('cls', [Node, Anything, Sparse, Any, Row])
@pytest.mark.parametrize('depth', [65, 401, 3000, 100_000])
def test_no_depth_overflows_a_stack(make: Make, cls: Any, depth: int) -> None:
    payload: Any
    if make is MsgspecJSONHandler:
        payloads: list[Any] = [
            '{"id":1,"nodes":[' * (depth // 2) + '[[[',
            '{"value":' + '[' * depth,
            '{"more":' * depth,
        ]
    else:
        payloads = [
            b'\x82\xa2id\x01\xa5nodes\x91' * (depth // 2) + b'\x91\x91\x91\x01',
            b'\x81\xa5value' + b'\x91' * depth + b'\x01',
            b'\x81\xa4more' * depth + b'\x01',
        ]
    handler = make(type=cls)
    for payload in payloads:
        with pytest.raises(PayloadError):
            on_small_stack(partial(handler.deserialize, payload))


# NOTE: All of these have one hash.
COLLIDING = [n * (2**61 - 1) for n in range(1, 8)] * 1000


class Frozen(msgspec.Struct, frozen=True):
    x: int


class Listed(msgspec.Struct, frozen=True, array_like=True):
    x: int


@dataclass(frozen=True)
class FrozenRow:
    x: int


class Compared(msgspec.Struct, frozen=True):
    x: int

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Compared) and self.x == other.x

    def __hash__(self) -> int:
        return 1


@pytest.mark.parametrize('make', BOTH)
@pytest.mark.parametrize(
    ('cls', 'media'),
    [
        (set[int], COLLIDING),
        (set, COLLIDING),
        (frozenset[float | str], COLLIDING),
        (list[set[int]], [list(range(1600))] * 8),
        (dict[int, int], {str(n): n for n in range(5000)}),
        (dict[int | None, int], {str(n): n for n in range(5000)}),
        (dict[UUID, int], {str(UUID(int=n)): n for n in range(1500)}),
        (dict[Decimal, int], {str(n): n for n in range(3000)}),
        (dict[dt.datetime, int], {f'2001-02-03T04:05:{n}': 1 for n in range(3000)}),
        (set[tuple[int, ...]], [[n] * 100 for n in range(500)]),
        (set[tuple[str, int]], [['a', n] for n in range(3000)]),
        (set[Frozen], [{'x': n} for n in range(3000)]),
        (set[FrozenRow], [{'x': n} for n in range(1200)]),
        (set[Compared], [{'x': n} for n in range(1200)]),
        (set[Decimal], [str(n) for n in range(3000)]),
        (dict[str, set[int]], {'a': COLLIDING}),
        (Grouped, {'kind': 'few', 'members': COLLIDING}),
        (Few | Many, {'type': 'Few', 'members': COLLIDING}),
        (tuple[int, set[int]], [1, COLLIDING]),
        (tuple[str, frozenset[int]] | None, ['a', COLLIDING]),
    ],
    ids=brief,
)
def test_keys_and_members_that_may_have_one_hash_are_few(
    make: Make, cls: Any, media: object
) -> None:
    with pytest.raises(PayloadTooLarge, match='text nor bytes') as caught:
        received(make, cls, media)
    assert caught.value.limit_value == 4096


def test_members_can_not_be_hidden_by_a_key_that_comes_twice() -> None:
    members = f'"members":{COLLIDING}'
    text = f'{{"type":"Few",{members},"members":[]}}'
    with pytest.raises(PayloadTooLarge, match='must not have a key twice'):
        MsgspecJSONHandler(type=Few, allow_duplicate_keys=True).deserialize(text)
    packed: Any = msgspec.msgpack.encode({'members': COLLIDING})
    payload = b'\x82' + packed[1:] + b'\xa7members\x90'
    with pytest.raises(PayloadTooLarge, match='must not have a key twice'):
        MsgspecMessagePackHandler(type=Few, allow_duplicate_keys=True).deserialize(
            payload
        )
    short = b'\x82\xa7members\x91\xc0\xa7members\x90'
    for cls in (Anything, dict[str, Any]):
        handler = MsgspecMessagePackHandler(type=cls, allow_duplicate_keys=True)
        handler.deserialize(short.replace(b'\xa7members', b'\xa5value'))


@pytest.mark.parametrize('make', BOTH)
@pytest.mark.parametrize(
    ('cls', 'media'),
    [
        (set[int], list(range(4096))),
        (dict[int, int], {n: n for n in range(4096)}),
        (dict[UUID, int], {str(UUID(int=n)): n for n in range(1400)}),
        (list[set[int]], [[n, -n] for n in range(20_000)]),
        (dict[int, dict[int, int]], {n: {1: n} for n in range(3000)}),
        (set[str], [str(n) for n in range(20_000)]),
        (set[tuple[str, str]], [[str(n), 'a'] for n in range(20_000)]),
        (set[Literal[1, 2] | None], [1, 2, None] * 5000),
        (dict[str, int], {str(n): n for n in range(20_000)}),
        (dict[dt.date, int], {str(dt.date(1970, 1, 1 + n)): n for n in range(30)}),
        (Few | Many, {'type': 'Many', 'members': list(range(20_000))}),
        (list[int], COLLIDING),
        (set[int] | str, 'a' * 20_000),
        (tuple[list[int], set[int]], [COLLIDING, [1]]),
    ],
    ids=brief,
)
def test_what_can_do_no_harm_is_not_bounded(
    make: Make, cls: Any, media: object
) -> None:
    received(make, cls, media)


@pytest.mark.parametrize('make', BOTH)
@pytest.mark.parametrize(
    ('cls', 'media', 'path'),
    [
        (dict[UUID, int], {f'{UUID(int=10)}': 1, f'{UUID(int=10)}'.upper(): 2}, '$'),
        (dict[int, int], {'0': 1, '-0': 2}, '$'),
        (dict[float, int], {'1.0': 1, '1e0': 2}, '$'),
        (dict[Decimal, int], {'1.0': 1, '1.00': 2}, '$'),
        (dict[dt.datetime, int], {NOON_IN_UTC: 1, NOON_ELSEWHERE: 2}, '$'),
        (dict[dt.timedelta, int], {'P1D': 1, 'PT24H': 2}, '$'),
        (dict[Lenient, int], {'a': 1, 'A': 2}, '$'),
        (list[dict[UUID, int]], [{}, {'a' * 32: 1, 'A' * 32: 2}], '$[1]'),
        (dict[str, dict[UUID, int]], {'x': {'a' * 32: 1, 'A' * 32: 2}}, '$[...]'),
        (Keyed, {'id': 1, 'of': {'0': 1, '-0': 2}}, '$.of'),
        (dict[UUID, int] | None, {'a' * 32: 1, 'A' * 32: 2}, '$'),
    ],
    ids=str,
)
def test_keys_that_are_the_same_once_converted(
    make: Make, cls: Any, media: object, path: str
) -> None:
    if make is MsgspecMessagePackHandler and cls in (
        dict[int, int],
        dict[float, int],
        Keyed,
    ):
        pytest.skip('MessagePack has such keys')
    with pytest.raises(InvalidPayload, match='two keys of a mapping') as caught:
        received(make, cls, media)
    assert caught.value.path == path
    received(make, cls, media, allow_duplicate_keys=True)


def test_bytes_as_keys_that_are_the_same_once_converted() -> None:
    handler = MsgspecJSONHandler(type=dict[bytes, int])
    assert handler.deserialize('{"AA==":1,"AB8=":2}') == {b'\0': 1, b'\0\x1f': 2}
    with pytest.raises(InvalidPayload, match='two keys of a mapping'):
        handler.deserialize('{"AA==":1,"AB==":2}')


@pytest.mark.parametrize(
    ('cls', 'media'),
    [
        (dict[int, int], {1: 1, 2: 2}),
        (dict[tuple[int, ...], int], {(1,): 1, (1, 2): 2}),
        (dict[tuple[int, str], int], {(1, 'a'): 1, (1, 'b'): 2}),
        (dict[frozenset[int], int], {frozenset({1}): 1, frozenset({2}): 2}),
        (dict[Listed, int], {Listed(1): 1, Listed(2): 2}),
        (dict[Literal[1, 2], int], {1: 1, 2: 2}),
        (dict[int | tuple[Any, ...], int], {1: 1, (2, 'a'): 2}),
        (dict[bool | None, int], {True: 1, None: 2}),
        (dict[dt.date, int], {dt.date(2001, 1, 1): 1}),
    ],
    ids=str,
)
def test_keys_of_messagepack(cls: Any, media: dict[Any, int]) -> None:
    handler: Any = MsgspecMessagePackHandler(type=cls)
    assert handler.deserialize(handler.serialize(media)) == media
    entries = [msgspec.msgpack.encode(key) + b'\xcd\x00\x01' for key in media]
    # NOTE: Longer than needed, so that no fast way takes it.
    payload = bytes([0x80 + len(entries)]) + b''.join(entries)
    assert handler.deserialize(payload) == dict.fromkeys(media, 1)


def test_arrays_as_keys_that_are_the_same_once_converted() -> None:
    handler = MsgspecMessagePackHandler(type=dict[frozenset[int], int])
    with pytest.raises(InvalidPayload, match='two keys of a mapping'):
        handler.deserialize(b'\x82\x92\x01\x02\x01\x92\x02\x01\x02')


@pytest.mark.parametrize('make', BOTH)
def test_members_of_a_set_may_come_twice(make: Make) -> None:
    assert received(make, set[int], [1, 1, 2]) == {1, 2}
    upper = ['a' * 32, 'A' * 32]
    assert received(make, set[UUID], upper) == {UUID('a' * 32)}


@pytest.mark.parametrize('make', BOTH)
def test_a_member_without_a_hash_is_the_fault_of_the_client(make: Make) -> None:
    with pytest.raises(InvalidPayload, match='has no hash'):
        received(make, set, [{'a': 1}])


@pytest.mark.parametrize('make', BOTH)
@pytest.mark.parametrize(
    ('cls', 'text', 'path', 'expected'),
    [
        (
            dt.datetime,
            '2001-02-03T04:05:06.1234569Z',
            '$',
            dt.datetime(2001, 2, 3, 4, 5, 6, 123456, dt.UTC),
        ),
        (
            dt.datetime,
            '2001-02-03T04:05:06.9999999+01:00',
            '$',
            dt.datetime(
                2001, 2, 3, 4, 5, 6, 999999, dt.timezone(dt.timedelta(hours=1))
            ),
        ),
        (dt.time, '04:05:06.1234567', '$', dt.time(4, 5, 6, 123456)),
        (dt.timedelta, 'PT1.1234567S', '$', dt.timedelta(seconds=1.123456)),
        (list[dt.time], ['04:05:06.1234567'], '$[0]', [dt.time(4, 5, 6, 123456)]),
        (
            Timed,
            {'at': '04:05:06.1234567', 'text': '04:05:06.1234567', 'price': '1.10'},
            '$.at',
            None,
        ),
    ],
)
def test_times_in_text_that_are_finer_than_a_microsecond(
    make: Make, cls: Any, text: Any, path: str, expected: object
) -> None:
    with pytest.raises(InvalidPayload, match='truncate_nanoseconds=True') as caught:
        received(make, cls, text)
    assert caught.value.path == path
    media = received(make, cls, text, truncate_nanoseconds=True)
    if cls is Timed:
        expected = Timed(dt.time(4, 5, 6, 123456), '04:05:06.1234567', Decimal('1.10'))
    assert media == expected


def test_numbers_are_as_exact_when_times_are_cut() -> None:
    handler = MsgspecJSONHandler(type=Timed, truncate_nanoseconds=True)
    for at in ('04:05:06.1234567', '04:05:06.\\u00312345'):
        media: Any = handler.deserialize(
            f'{{"at":"{at}","text":"","price":1.10, "more":1.12345678}}'
        )
        assert str(media.price) == '1.10'
    with pytest.raises(InvalidPayload):
        MsgspecJSONHandler(type=Timed).deserialize(
            '{"at":"04:05:06.\\u0031234567","text":"","price":1.10}'
        )
    with pytest.raises(MalformedPayload, match='the same key twice'):
        handler.deserialize(
            '{"at":"04:05:06.1234567","at":"04:05:06","text":"","price":1}'
        )


@pytest.mark.parametrize('make', BOTH)
def test_times_as_keys_are_never_cut(make: Make) -> None:
    key = '04:05:06.1234567'
    for options in ({}, {'truncate_nanoseconds': True}):
        with pytest.raises(InvalidPayload, match='finer') as caught:
            received(make, dict[dt.time, int], {key: 1}, **options)
        assert caught.value.path == '$[...]'


@pytest.mark.parametrize('make', BOTH)
@pytest.mark.parametrize(
    'error', [AttributeError, ZeroDivisionError, KeyError, AssertionError]
)
def test_a_type_that_fails_is_our_fault(make: Make, error: type[Exception]) -> None:
    class Failing(msgspec.Struct):
        id: int

        def __post_init__(self) -> None:
            raise error('secret')

    with pytest.raises(HookError, match='Failing raised an exception') as caught:
        received(make, Failing, {'id': 1})
    assert caught.value.close_code == 1011
    with pytest.raises(InvalidPayload):
        received(make, Failing, {})


@pytest.mark.parametrize(
    'text', ['{"part":{"a":1,"a":2}}', '{"part":[{"a":1, "a":2}]}']
)
def test_what_is_left_as_it_is_has_no_key_twice_either(text: str) -> None:
    with pytest.raises(MalformedPayload, match='the same key twice'):
        MsgspecJSONHandler(type=Open).deserialize(text)
    payload = b'\x81\xa4part\x82\xa1a\x01\xa1a\x02'
    with pytest.raises(MalformedPayload, match='the same key twice'):
        MsgspecMessagePackHandler(type=Open).deserialize(payload)


def test_a_class_of_attrs_may_add_entries() -> None:
    @attrs.define
    class Added:
        id: int
        more: dict[str, int]

        def __attrs_post_init__(self) -> None:
            self.more['b'] = 1

    handler: Any = MsgspecJSONHandler(type=Added)
    assert handler.deserialize('{"id":1,"more":{}}').more == {'b': 1}
    with pytest.raises(MalformedPayload, match='the same key twice'):
        handler.deserialize('{"id":1,"id":1,"more":{}}')


def test_an_enumerated_value_may_begin_with_a_colon() -> None:
    handler = MsgspecJSONHandler(type=dict[str, Colon])
    assert handler.deserialize('{"a":":a"}') == {'a': Colon.A}
    with pytest.raises(MalformedPayload, match='the same key twice'):
        handler.deserialize('{"a":"x","a":"x"}')


@pytest.mark.parametrize('make', BOTH)
def test_the_depth_of_what_a_type_leaves_open(make: Make) -> None:
    nested: Any = 1
    for _ in range(10):
        nested = [nested]
    limits = Limits(max_depth=9)
    with pytest.raises(PayloadTooLarge):
        received(make, Anything, {'value': nested}, limits=limits)
    with pytest.raises(PayloadTooLarge):
        received(make, Any, nested, limits=limits)


@pytest.mark.parametrize('make', BOTH)
@pytest.mark.parametrize(
    ('cls', 'media'),
    [
        (Node, {'id': 1}),
        (Node, Node('x')),  # type: ignore[arg-type]  # what must not be sent
        (Node, Node(1, nodes=[{'id': 1}])),  # type: ignore[list-item]  # likewise
        (Node, Node(1, 5)),  # type: ignore[arg-type]  # likewise
        (Node, Node(1, UUID(int=1))),  # type: ignore[arg-type]  # msgspec sends text
        (Node, Command('x')),
        (Node, None),
        (Left | Right, Tagged(1)),
        (Left, Right('x')),
        (Strict, Strict('x' * 11)),
        (Strict, Strict('x', 10)),
        (list[int], (1, 2)),
        (set[int], {1, 'a'}),
        (Anything, Anything(1j)),
        (Opaque, Opaque({1})),
        (Opaque, Opaque([Opaque(1)])),
        (dict[str, float], {'a': True}),
    ],
)
def test_what_is_not_of_the_type_is_not_sent(make: Make, cls: Any, media: Any) -> None:
    with pytest.raises(UnserializableMedia):
        make(type=cls).serialize(media)


def test_the_error_names_the_field_that_is_wrong() -> None:
    node: Any = Node(1, nodes=[Node('x')])  # type: ignore[arg-type]  # what is wrong
    with pytest.raises(UnserializableMedia) as caught:
        MsgspecJSONHandler(type=Node).serialize(node)
    assert caught.value.path == '$.nodes[0].id'


@pytest.mark.parametrize('make', BOTH)
@pytest.mark.parametrize('cls', [Anything, Opaque, Abstract])
def test_what_is_sent_is_not_too_deep(make: Make, cls: Any) -> None:
    media: Any = cls(1)
    for _ in range(100):
        media = cls(media)
    for options in ({'type': cls}, {'strict_encode': False}):
        with pytest.raises(UnserializableMedia, match='nested deeper than 64 levels'):
            on_small_stack(partial(make(**options).serialize, media))
    nested: Any = []
    for _ in range(70_000):
        nested = [nested]
    with pytest.raises(UnserializableMedia, match='nested deeper than 64 levels'):
        on_small_stack(partial(make(type=cls).serialize, cls(nested)))
    # NOTE: Freed level by level, or the freeing of it would overflow the stack.
    while nested:
        nested = nested.pop()


@pytest.mark.parametrize('make', BOTH)
def test_objects_that_contain_each_other(make: Make) -> None:
    media: Any = Anything(1)
    for _ in range(5):
        media = Anything([media] * 200)
    with pytest.raises(UnserializableMedia, match='shared ones counted each time'):
        make(type=Anything).serialize(media)


@pytest.mark.parametrize('make', BOTH)
def test_the_values_of_a_living_object_are_looked_into(make: Make) -> None:
    class User:
        def __init__(self) -> None:
            self.friends: Any = []

    user = User()
    for _ in range(70):
        user.friends = [user.friends]
    with pytest.raises(UnserializableMedia, match='nested deeper'):
        make(type=Anything).serialize(Anything(vars(user)))


@pytest.mark.parametrize('make', BOTH)
def test_types_without_end(make: Make) -> None:
    handler = make(type=Any)
    for _ in range(300):
        one = msgspec.defstruct('One', [('id', int)])(1)
        with pytest.raises(UnserializableMedia):
            handler.serialize(one)


@pytest.mark.parametrize('make', BOTH)
def test_the_type_may_differ_by_direction(make: Make) -> None:
    handler = make(receive='plugins.msgspec.tests.messages:Command', send=Row)
    assert str(handler.types) == 'receive Command, send Row'
    payload = make().serialize({'name': 'go'})
    assert handler.deserialize(payload) == Command('go')
    assert handler.serialize(Row('a', [])) == make().serialize(
        {'name': 'a', 'values': []}
    )
    with pytest.raises(UnserializableMedia):
        handler.serialize(Command('go'))


@pytest.mark.parametrize('make', BOTH)
def test_strict_encode_trusts_the_app(make: Make) -> None:
    handler = make(type=Node, strict_encode=False)
    wrong: Any = Node('x')  # type: ignore[arg-type]  # what is not looked at
    assert make().deserialize(handler.serialize(wrong))['id'] == 'x'


def test_a_huge_union() -> None:
    parts = [
        msgspec.defstruct(f'Part{n}', [('value', int)], tag=f'part-{n}')
        for n in range(500)
    ]
    union: Any = parts[0]
    for part in parts[1:]:
        union |= part
    handler = MsgspecJSONHandler(type=union)
    assert handler.deserialize('{"type":"part-499","value":1}') == parts[499](1)
    for text in ('{"type":"part-500","value":1}', '{"type":1}', '{"type":"part-1"}'):
        with pytest.raises(InvalidPayload):
            handler.deserialize(text)


# ------------------------------------------------------------------ What a type tells


@pytest.mark.parametrize(
    ('cls', 'levels'),
    [
        (int, 0),
        (int | None, 0),
        (list[int], 1),
        (dict[str, list[int]] | None, 2),
        (Event, 2),
        (Row, 2),
        (Patch, 1),
        (Point, 1),
        (Open, 1),
        (tuple[int, list[int]], 2),
        (Node, inf),
        (Strict, inf),
        (Tree, inf),
        (Anything, inf),
        (Any, inf),
        (list[Node], inf),
    ],
)
def test_how_deep_objects_of_a_type_can_be(cls: Any, levels: float) -> None:
    assert deepest(cls) == levels


@pytest.mark.parametrize(
    ('cls', 'shows'),
    [
        (Event, True),
        (Row, True),
        (Patch, True),
        (Sparse, True),
        (Tree, True),
        (list[dict[str, Row]], True),
        (Any, True),
        (Node, False),
        (list[Command], False),
        (Account, False),
        (Again, False),
        (Tagged, False),
    ],
)
def test_whether_entries_are_counted(cls: Any, shows: bool) -> None:
    assert shows_all_entries(cls) is shows


@pytest.mark.parametrize('cls', [Row, Command])
@pytest.mark.parametrize(
    ('text', 'is_valid'),
    [
        ('{"name":"a","values":[1]}', True),
        ('{ "name": "a", "values": [1]}', True),
        ('{"values":[1],"name":"a:b"}', True),
        ('{"values":[1],"name":" :\\":"}', True),
        ('{"values":[1],"name":"a","more":{"a":1}}', True),
        ('{"name":"a","values":[1],"name":"a"}', False),
        ('{"name":"\\u0022:","name":"\\u0022:","values":[]}', False),
        ('{"name":"a","values":[1],"more":{"a":1,"a":1}}', False),
        ('{"name":"a","counts":{},"values":[],"counts":{}}', False),
    ],
)
def test_keys_that_are_there_twice(cls: Any, text: str, is_valid: bool) -> None:
    handler = MsgspecJSONHandler(type=cls)
    if is_valid:
        assert type(handler.deserialize(text)) is cls
    else:
        with pytest.raises(MalformedPayload, match='the same key twice'):
            handler.deserialize(text)


# ------------------------------------------------------------------ What is not named


@pytest.mark.parametrize(
    ('more', 'error'),
    [
        ('1e400', MalformedPayload),
        ('1E+400', MalformedPayload),
        ('9' * 4301, PayloadTooLarge),
        ('9' * 300 + 'e9', MalformedPayload),
        ('{"a":[1e400]}', MalformedPayload),
    ],
    ids=lambda value: value[:8] if isinstance(value, str) else None,
)
def test_numbers_that_no_field_takes_have_to_be_numbers(
    more: str, error: type[PayloadError]
) -> None:
    handler = MsgspecJSONHandler(receive=Command)
    with pytest.raises(error):
        handler.deserialize('{"name":"a","more":' + more + '}')


@pytest.mark.parametrize('more', ['a16da1ff', 'a1ff01', 'a16d91d901ff'])
def test_text_that_no_field_takes_has_to_be_utf8(more: str) -> None:
    handler = MsgspecMessagePackHandler(receive=Command)
    valid = bytes.fromhex('82a46e616d65a161')
    assert handler.deserialize(valid + bytes.fromhex('a16da2c3a9')) == Command('a')
    with pytest.raises(MalformedPayload):
        handler.deserialize(valid + bytes.fromhex(more))


@pytest.mark.parametrize('make', BOTH)
def test_a_field_that_is_not_sent_may_hold_anything(make: Make) -> None:
    handler = make(receive=Held)
    received = handler.deserialize(make().serialize({'x': 1}))
    assert received.x == 1
    with pytest.raises(InvalidPayload):
        handler.deserialize(make().serialize({'x': 'a'}))
    twice = make(allow_duplicate_keys=True).serialize({'x': 1, 'y': 2})
    old, new = ('"y"', '"x"') if make is MsgspecJSONHandler else (b'\xa1y', b'\xa1x')
    with pytest.raises(MalformedPayload, match='the same key twice'):
        handler.deserialize(twice.replace(old, new))


@pytest.mark.parametrize('make', BOTH)
@pytest.mark.parametrize('cls', [Box[int], Box[Box[int]], list[Box[Any]]], ids=str)
def test_a_type_may_be_a_generic_class_with_arguments(make: Make, cls: Any) -> None:
    handler = make(type=cls)
    media = msgspec.convert(
        {
            Box[int]: {'content': 1},
            Box[Box[int]]: {'content': {'content': 1}},
            list[Box[Any]]: [{'content': None}, {'content': [1]}],
        }[cls],
        cls,
    )
    assert handler.deserialize(handler.serialize(media)) == media


def test_what_a_generic_class_adds_hides_no_key_that_is_there_twice() -> None:
    assert shows_all_entries(Box[int])
    assert not shows_all_entries(Replaced[int])


# -------------------------------------------------------------------------------- Cost


class Measured(msgspec.Struct):
    at: dt.datetime
    value: float


@pytest.mark.parametrize('end', ['', 'e5'])
def test_a_long_fraction_beside_a_time_takes_linear_time(end: str) -> None:
    handler = MsgspecJSONHandler(type=Measured)

    def make(count: int) -> str:
        return f'{{"at":"2026-01-02T03:04:05Z","value":1.{"9" * count}{end}}}'

    assert growth((1_000, 4_000, 16_000, 64_000), make, handler.deserialize) is None


# ------------------------------------------------------- Numbers that msgspec refuses


@pytest.mark.parametrize('options', [{}, {'type': list[int]}, {'type': list[float]}])
def test_a_number_that_is_too_long_or_too_large(options: dict[str, Any]) -> None:
    handler = MsgspecJSONHandler(**options)
    with pytest.raises(PayloadTooLarge, match='more than 4300 digits: the handler jso'):
        handler.deserialize(f'[{"1" * 4301}]')
    with pytest.raises(MalformedPayload, match='a number that is not finite'):
        handler.deserialize('[1e400]')
    with pytest.raises(MalformedPayload, match='not well-formed'):
        handler.deserialize(f'[{"1" * 4300},]')
    with pytest.raises(UnserializableMedia, match='more than 4300 digits: sys'):
        MsgspecJSONHandler().serialize([10**4300])


@pytest.mark.parametrize('make', BOTH)
@pytest.mark.parametrize('error', [KeyError, MemoryError, RecursionError])
def test_a_method_that_fails_is_not_the_clients_fault(
    make: Make, error: type[Exception]
) -> None:
    class Level(enum.IntEnum):
        LOW = 1

        @classmethod
        def _missing_(cls, value: object) -> None:
            raise error

    class Failing(msgspec.Struct):
        a: int

        def __post_init__(self) -> None:
            raise error

    for cls, media in ((list[Level], [1, 2]), (Failing, {'a': 1})):
        payload = make().serialize(media)
        with pytest.raises(HookError) as caught:
            make(receive=cls).deserialize(payload)
        assert isinstance(caught.value.__cause__, error)


@pytest.mark.parametrize('make', BOTH)
def test_an_error_of_msgspec_that_a_method_raises(make: Make) -> None:
    class Failing(msgspec.Struct):
        a: int

        def __post_init__(self) -> None:
            raise msgspec.ValidationError('secret')

    with pytest.raises(HookError, match='Failing raised an exception'):
        make(receive=Failing).deserialize(make().serialize({'a': 1}))


@pytest.mark.parametrize('error', [ValueError, MalformedPayload, KeyError])
def test_an_ext_hook_beside_a_type(error: type[Exception]) -> None:
    def refuse(code: int, data: bytes) -> object:
        raise error('no')

    handler = MsgspecMessagePackHandler(receive=list[Any], ext_hook=refuse)
    expected = HookError if error is KeyError else MalformedPayload
    with pytest.raises(expected):
        handler.deserialize(b'\x91\xd4\x05\x00')


@pytest.mark.parametrize(
    ('cls', 'keys'),
    [
        (dict[float, int], ['nan', 'NaN']),
        (dict[float, int], ['-0.0', '0']),
        (dict[float, int], ['1', '1.0', '2']),
        (dict[int | float, int], ['1', '1.0']),
        (dict[Decimal, int], ['NaN', 'nan']),
        (dict[Decimal, int], ['1', '1.0']),
        (
            dict[dt.datetime, int],
            ['2020-01-01T00:00:00Z', '2020-01-01T01:00:00+01:00'],
        ),
    ],
    ids=str,
)
def test_two_keys_of_text_that_are_the_same_number(cls: Any, keys: list[str]) -> None:
    handler = MsgspecJSONHandler(receive=list[cls])
    payload = msgspec.json.encode([dict.fromkeys(keys, 1)]).decode()
    with pytest.raises(PayloadError, match=r'two keys of a mapping|twice'):
        handler.deserialize(payload)
    allowing = MsgspecJSONHandler(receive=list[cls], allow_duplicate_keys=True)
    allowing.deserialize(payload)
    handler.deserialize(f'[{{"{keys[0]}": 1}}, {{"{keys[1]}": 1}}]')


def test_a_key_that_is_not_a_number_comes_once() -> None:
    json = MsgspecJSONHandler(receive=dict[float, int])
    with pytest.raises(PayloadError, match='twice'):
        json.deserialize('{"nan":1,"nan":2}')
    made: Any = json.deserialize('{"nan":1,"2":3}')
    assert list(map(str, made)) == ['nan', '2.0']


@pytest.mark.parametrize('inner', ['cb7ff8000000000000', '91cb7ff8000000000000'])
def test_messagepack_keys_that_are_not_a_number(inner: str) -> None:
    cls: Any = dict[float | tuple[float, ...], int]
    key = bytes.fromhex(inner)
    handler = MsgspecMessagePackHandler(receive=cls)
    handler.deserialize(b'\x81' + key + b'\x01')
    with pytest.raises(InvalidPayload, match='two keys of a mapping are the same'):
        handler.deserialize(b'\x82' + key + b'\x01' + key + b'\x02')


def test_a_long_message_with_sets_and_open_parts() -> None:
    cls = tuple[set[int], Any]
    handler = MsgspecMessagePackHandler(receive=cls, strict_map_key=False)
    numbers: list[object] = list(range(1100))
    payload = msgspec.msgpack.encode([numbers, {1: 2}])
    assert handler.deserialize(payload) == ({*range(1100)}, {1: 2})
    with pytest.raises(InvalidPayload) as caught:
        handler.deserialize(msgspec.msgpack.encode([[*numbers, 'x'], {1: 2}]))
    assert caught.value.path == '$[0][1100]'
