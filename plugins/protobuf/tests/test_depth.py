"""Messages that are nested deeply, received and sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf import struct_pb2
from google.protobuf.message import DecodeError
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from plugins.protobuf.tests.payloads import both_ways
from plugins.protobuf.tests.payloads import depth_of
from plugins.protobuf.tests.payloads import items_of
from plugins.protobuf.tests.payloads import outcome
from plugins.protobuf.tests.payloads import sized
from plugins.protobuf.tests.schemas import define
from plugins.protobuf.tests.schemas import GRAFTED
from plugins.protobuf.tests.schemas import GRAFTS
from plugins.protobuf.tests.schemas import Kinds
from plugins.protobuf.tests.schemas import Leaf
from plugins.protobuf.tests.schemas import Node
from plugins.protobuf.tests.schemas import Report
import pytest

from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import PayloadTooLarge
from falcon_media import UnserializableMedia
from falcon_media_protobuf import ProtobufHandler

NODES_HANDLER = ProtobufHandler(message=Node)
KINDS_HANDLER = ProtobufHandler(message=Kinds)

WAYS: dict[str, Callable[[bytes], bytes]] = {
    'child': lambda inner: sized('12', inner),
    'children': lambda inner: sized('1a', inner),
    # The entry is a level of its own.
    'named': lambda inner: sized('22', sized('12', inner)),
    'far': lambda inner: sized('a206', inner),
    'group': lambda inner: b'\x2b' + inner + b'\x2c',
    'extension': lambda inner: sized('c23e', inner),
    'extensions': lambda inner: sized('ca3e', inner),
}

TOO_DEEP = r'deeper than 64 levels|contains itself'


def deep(way: str, levels: int) -> bytes:
    """Write a Node of so many levels (an odd number, for maps)."""
    payload = b''
    for _ in range((levels - 1) // (2 if way == 'named' else 1)):
        payload = WAYS[way](payload)
    return payload


def test_what_protobuf_itself_takes() -> None:
    # The contract that the envelope relies on.
    for way in WAYS:
        assert Node.FromString(deep(way, 101)) is not None
        with pytest.raises(DecodeError):
            Node.FromString(deep(way, 103 if way == 'named' else 102))


@pytest.mark.parametrize('way', WAYS)
@pytest.mark.parametrize('max_depth', [1, 2, 3, 64, 100, 101, 1000])
def test_nested(way: str, max_depth: int) -> None:
    handler = ProtobufHandler(message=Node, limits=Limits(max_depth=max_depth))
    for any_levels in (1, 2, 3, 63, 64, 65, 66, 100, 101):
        levels = any_levels | (way == 'named')
        payload = deep(way, levels)
        found = outcome(handler, payload)
        if levels <= max_depth:
            assert found == Node.FromString(payload)
        else:
            assert found is PayloadTooLarge
    # Where protobuf's own limit comes first, it is the depth all the same.
    for levels in (103, 401, 1025):
        assert outcome(handler, deep(way, levels)) is PayloadTooLarge


def test_the_error_says_which_limit_it_was() -> None:
    with pytest.raises(PayloadTooLarge, match='deeper than 64 levels') as caught:
        NODES_HANDLER.deserialize(deep('child', 65))
    assert caught.value.limit == 'max_depth'
    assert caught.value.limit_value == 64


def test_the_entries_of_maps_are_levels() -> None:
    handler = ProtobufHandler(message=Node, limits=Limits(max_depth=4))
    below = Node(named={'a': Node(value=1)})
    assert handler.deserialize(below.SerializeToString()) == below
    scalars = Node(child=Node(leaf={'numbers': {1: 1}}))
    assert both_ways(handler, scalars) == scalars
    for node in (Node(child=scalars), Node(named={'a': below})):
        assert outcome(handler, node.SerializeToString()) is PayloadTooLarge
        with pytest.raises(UnserializableMedia):
            handler.serialize(node)


def test_a_schema_that_ends_by_itself_but_too_late() -> None:
    limits = Limits(max_depth=2)
    handler = ProtobufHandler(message=Leaf, limits=limits)
    leaf = Leaf(twigs=[{}], numbers={1: 1})
    assert both_ways(handler, leaf) == leaf

    handler = ProtobufHandler(message=Leaf, limits=Limits(max_depth=1))
    for one in (Leaf(twigs=[{}]), Leaf(numbers={1: 1})):
        assert outcome(handler, one.SerializeToString()) is PayloadTooLarge
        with pytest.raises(UnserializableMedia):
            handler.serialize(one)
    with pytest.raises(UnserializableMedia):
        handler.serialize({'numbers': {1: 1}})
    assert outcome(handler, b'\x18\x01') == Leaf.FromString(b'\x18\x01')


def test_groups_that_the_schema_does_not_know() -> None:
    handler = ProtobufHandler(message=Report)
    for levels, fine in ((64, True), (100, True), (101, False), (10_000, False)):
        payload = b'\xcb\x0c' * levels + b'\xcc\x0c' * levels
        found = outcome(handler, payload)
        assert isinstance(found, Message) if fine else found is PayloadTooLarge


@pytest.mark.parametrize(
    'payload',
    [
        b'\xcb\x0c' * 100 + b'\xcc\x0c' * 99,
        b'\xcb\x0c' * 100,
        b'\xcb\x0c' * 100 + b'\xcf\x0c',
        b'\x0b' * 100 + b'\xff' * 20,
        b'\x0a\x7f',
    ],
)
def test_what_is_wrong_before_it_is_too_deep_is_malformed(payload: bytes) -> None:
    assert outcome(ProtobufHandler(message=Report), payload) is MalformedPayload


def test_a_message_of_groups_alone() -> None:
    cls = define('chain', 'proto2', {'Chain': ['group Chain next = 1']})['Chain']
    handler = ProtobufHandler(message=cls)
    for levels in (2, 64):
        payload = b'\x0b' * (levels - 1) + b'\x0c' * (levels - 1)
        assert handler.deserialize(payload) == cls.FromString(payload)
    assert outcome(handler, b'\x0b' * 64 + b'\x0c' * 64) is PayloadTooLarge
    assert outcome(handler, b'\x0b' * 101 + b'\x0c' * 101) is PayloadTooLarge


def test_a_message_in_a_oneof() -> None:
    cls = define(
        'expression',
        'proto3',
        {
            'Expression': [
                'Expression positive = 1 in kind',
                'Expression negative = 2 in kind',
                'Number number = 3 in kind',
                'int32 variable = 4 in kind',
            ],
            'Number': ['int32 value = 1'],
        },
    )['Expression']
    handler = ProtobufHandler(message=cls)
    fields: dict[str, Any] = {'number': {'value': 1}}
    for level in range(62):
        fields = {'positive' if level % 2 else 'negative': fields}
    assert both_ways(handler, fields) == both_ways(handler, cls(**fields))
    fine = cls(positive={'variable': 1})
    assert both_ways(handler, fine) == fine
    for too_deep in ({'positive': fields}, cls(negative=fields)):
        with pytest.raises(UnserializableMedia, match=TOO_DEEP):
            handler.serialize(too_deep)


def test_wide_and_long_but_not_deep() -> None:
    node = Node(children=[Node(child=Node(value=1)) for _ in range(2000)])
    handler = NODES_HANDLER
    assert both_ways(handler, node) == node
    struct = struct_pb2.Struct()
    struct.update({f'key {number}': [{'a': [number]}] for number in range(2000)})
    handler = ProtobufHandler(message=struct_pb2.Struct)
    assert both_ways(handler, struct) == struct


def test_the_end_of_a_group_does_not_end_the_envelope() -> None:
    padding = b'\x08\x01' * 3000
    for smuggled in (b'\x0c', b'\x0c\x0b', b'\x0c' * 36 + b'\x0b' * 36):
        assert outcome(NODES_HANDLER, padding + smuggled) is MalformedPayload


def test_another_limit_of_protobuf_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    # As if a later protobuf had another one than is known here.
    for known in (99, 105):
        monkeypatch.setattr('falcon_media_protobuf.envelope.NATIVE_DEPTH', known)
        handler = ProtobufHandler(message=Node)
        payload = deep('child', 64)
        assert outcome(handler, payload) == Node.FromString(payload)
        assert outcome(handler, deep('child', 65)) is PayloadTooLarge
        assert outcome(handler, deep('child', 401)) is PayloadTooLarge


def grafted(node: Any) -> Any:
    if node.HasField('far') and len(node.children) > 1:
        node.Extensions[GRAFTED].CopyFrom(node.far)
        node.Extensions[GRAFTS].add().CopyFrom(node.far)
    return node


LEAVES = st.builds(
    lambda numbers, twigs: Leaf(numbers=dict.fromkeys(numbers, 1), twigs=[{}] * twigs),
    st.lists(st.integers(-2, 300), max_size=3),
    st.integers(0, 2),
)
NODES = st.recursive(
    st.builds(Node, value=st.integers(0, 300), leaf=st.none() | LEAVES),
    lambda inner: st.builds(
        Node,
        child=st.none() | inner,
        children=st.lists(inner, max_size=3),
        named=st.dictionaries(st.sampled_from('ab'), inner, max_size=2),
        group=st.none() | inner,
        far=st.none() | inner,
    ).map(grafted),
    max_leaves=12,
)


@settings(deadline=None)
@given(NODES, st.integers(1, 8), st.integers(1, 30))
def test_depth_and_items_of_any_tree(node: Any, max_depth: int, max_items: int) -> None:
    limits = Limits(max_depth=max_depth, max_items=max_items)
    handler = ProtobufHandler(message=Node, limits=limits)
    payload = node.SerializeToString()
    too_deep = depth_of(node) > max_depth
    found = outcome(handler, payload)
    if too_deep or items_of(node) > max_items:
        assert found is PayloadTooLarge
    else:
        assert found == node
    if too_deep:
        with pytest.raises(UnserializableMedia):
            handler.serialize(node)
    else:
        assert handler.serialize(node) == payload


# ----------------------------------------------------------------- What an app may send


def test_a_mapping_that_contains_itself_or_no_end() -> None:
    cycle: dict[str, Any] = {}
    cycle['child'] = cycle
    in_list: dict[str, Any] = {}
    in_list['children'] = [in_list]
    in_map: dict[str, Any] = {}
    in_map['named'] = {'a': in_map}
    shared: dict[str, Any] = {}
    for _ in range(60):
        shared = {'children': [shared, shared]}
    twice: dict[str, Any] = {}
    for _ in range(60):
        twice = {'child': twice, 'far': twice}
    for fields in (cycle, in_list, in_map):
        with pytest.raises(UnserializableMedia, match=TOO_DEEP):
            NODES_HANDLER.serialize(fields)
    handler = ProtobufHandler(message=Node, limits=Limits(max_items=1000))
    for fields in (shared, twice):
        with pytest.raises(UnserializableMedia, match='more than 1000 items'):
            handler.serialize(fields)


def test_a_struct_that_contains_itself_or_no_end() -> None:
    cycle: dict[str, Any] = {}
    cycle['a'] = cycle
    in_list: list[Any] = []
    in_list.append(in_list)
    for fields in ({'extra': cycle}, {'more': in_list}, {'structs': {'a': cycle}}):
        with pytest.raises(UnserializableMedia, match=TOO_DEEP):
            KINDS_HANDLER.serialize(fields)
    shared: list[Any] = []
    for _ in range(25):
        shared = [shared, shared]
    with pytest.raises(UnserializableMedia, match='more than 262144 items'):
        KINDS_HANDLER.serialize({'more': shared})


@pytest.mark.parametrize('levels', [1, 21, 22, 40])
def test_a_struct_is_as_deep_as_it_is_on_the_wire(levels: int) -> None:
    # Three levels for each mapping, two for each list; one for the root.
    for name, nest, width in (
        ('extra', lambda inner: {'a': inner}, 3),
        ('more', lambda inner: [inner], 2),
    ):
        value: Any = None
        for _ in range(levels):
            value = nest(value)
        if 1 + levels * width <= 64:
            media = both_ways(KINDS_HANDLER, {name: value})
            assert depth_of(media) == 1 + levels * width
        else:
            with pytest.raises(UnserializableMedia):
                KINDS_HANDLER.serialize({name: value})


def test_a_message_in_a_mapping_is_as_deep_as_it_gets() -> None:
    handler = ProtobufHandler(message=Node, limits=Limits(max_depth=4))
    node = Node(child=Node(child=Node()))
    assert handler.serialize({'child': node})
    for fields in (
        {'child': {'child': node}},
        {'children': [{'group': node}]},
        {'named': {'a': node}},
        {'child': {'child': {'child': {'child': Node()}}}},
    ):
        with pytest.raises(UnserializableMedia, match='deeper than 4 levels'):
            handler.serialize(fields)
