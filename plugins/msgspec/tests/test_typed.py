"""Messages of a type: valid, invalid, and made to do harm."""

from __future__ import annotations

from collections.abc import Callable
import datetime as dt
from decimal import Decimal
from functools import partial
from math import inf
from math import nan
from typing import Any, Literal
from uuid import UUID

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

from falcon_media import InvalidPayload
from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import PayloadError
from falcon_media import PayloadTooLarge
from falcon_media import UnserializableMedia
from falcon_media.testing.trying import on_small_stack
from falcon_media_msgspec import MsgspecJSONHandler
from falcon_media_msgspec import MsgspecMessagePackHandler
from falcon_media_msgspec.structure import deepest
from falcon_media_msgspec.structure import shows_all_entries

BOTH = (MsgspecJSONHandler, MsgspecMessagePackHandler)

Make = Callable[..., Any]

EVENT = Event(
    1,
    dt.datetime(2001, 2, 3, tzinfo=dt.UTC),
    UUID(int=1),
    Decimal('1.10'),
    b'\x00\xff',
    {'a', 'b'},
)


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


@pytest.mark.parametrize('make', BOTH)
@pytest.mark.parametrize(
    'cls', [set[int], dict[int, int], dict[UUID, int], set[Any]], ids=str
)
def test_numbers_that_have_one_hash(make: Make, cls: Any) -> None:
    numbers = [n * (2**61 - 1) for n in range(1, 8)] * 1000
    for fields in (numbers, {f'{n}': n for n in range(5000)}):
        with pytest.raises(PayloadTooLarge) as caught:
            received(make, cls, fields)
        assert caught.value.limit_value == 4096
    assert received(make, set[int], numbers[:3000]) == {*numbers}


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
    with pytest.raises(UnserializableMedia, match=r'at \$\.nodes\[0\]\.id'):
        MsgspecJSONHandler(type=Node).serialize(node)


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
    'more', ['1e400', '1E+400', '9' * 4301, '9' * 300 + 'e9', '{"a":[1e400]}']
)
def test_numbers_that_no_field_takes_have_to_be_numbers(more: str) -> None:
    handler = MsgspecJSONHandler(receive=Command)
    with pytest.raises(MalformedPayload):
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
