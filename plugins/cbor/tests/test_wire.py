"""What is read of a payload before cbor2 gets it, beside what cbor2 makes of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
import random

import cbor2
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
import pytest

from falcon_media import Limits
from falcon_media import PayloadTooLarge
from falcon_media.spi import MOST_COMPARISONS
from falcon_media_cbor import CBORHandler
from falcon_media_cbor.wire import read_item

MOST_ITEMS = 262_144
HEADS = bytes.fromhex(
    '00 17 18 19 1b 1c 1f 20 3f 40 41 58 5f 60 61 78 7f 80 81 82 98 9f a0 a1 a2 b8 bf'
    'c1 c2 d8 d9 df e0 f4 f6 f7 f8 f9 fa fb fc ff'
)


def end_of(payload: bytes) -> int:
    return read_item(payload, 0, Limits(), MOST_ITEMS).end


def some() -> Iterable[bytes]:
    for length in (1, 2):
        for heads in product(range(256), repeat=length):
            yield bytes(heads)
    chosen = random.Random(7)  # noqa: S311  # no secret
    for _ in range(30_000):
        yield bytes(chosen.choices(HEADS, k=chosen.randrange(3, 14)))


def test_no_payload_that_is_called_malformed_is_accepted_by_cbor2() -> None:
    # Otherwise cbor2 would get keys that nobody has counted.
    for payload in some():
        if end_of(payload) < 0:
            with pytest.raises(cbor2.CBORDecodeError):
                cbor2.loads(payload)


def test_an_item_ends_where_cbor2_says() -> None:
    marker = b'\x19\xab\xcd'
    for payload in some():
        end = end_of(payload)
        if end >= 0 and is_accepted(payload):
            assert cbor2.loads(b'\x82' + payload[:end] + marker)[1] == 0xABCD


def is_accepted(payload: bytes) -> bool:
    try:
        cbor2.loads(payload)
    except cbor2.CBORDecodeError:
        return False
    return True


@dataclass(frozen=True, repr=False)
class Node:
    """An item: what it is, and what is in it."""

    kind: str
    payload: bytes = b''
    inside: tuple[Node, ...] = ()
    is_indefinite: bool = False

    def __repr__(self) -> str:
        return bytes(self).hex()

    def __bytes__(self) -> bytes:
        body = b''.join(bytes(each) for each in self.inside)
        if self.kind == 'tag':
            return self.payload + body
        major = {'array': 0x80, 'map': 0xA0, 'chunks': 0x60}.get(self.kind)
        if major is None:
            return self.payload
        if self.is_indefinite or self.kind == 'chunks':
            return bytes((major | 31,)) + body + b'\xff'
        count = len(self.inside) // (2 if self.kind == 'map' else 1)
        return bytes((major | 24, count)) + body

    @property
    def is_text(self) -> bool:
        return self.kind in {'text', 'chunks'}

    @property
    def tags(self) -> int:
        return (self.kind == 'tag') + sum(each.tags for each in self.inside)

    @property
    def weight(self) -> int:
        if self.is_text:
            return 0
        if self.kind in {'integer', 'other'}:
            return 1
        return len(bytes(self)) + 16 * self.tags

    @property
    def items(self) -> int:
        count = sum(each.items for each in self.inside)
        if self.kind == 'array':
            return count + len(self.inside)
        return count + (len(self.inside) // 2 if self.kind == 'map' else 0)

    def keys(self, is_set: bool = False) -> tuple[Node, ...]:
        if self.kind == 'map':
            return self.inside[::2]
        return self.inside if is_set and self.kind == 'array' else ()

    def comparisons(self, is_set: bool = False) -> int:
        weights = [key.weight for key in self.keys(is_set) if not key.is_text]
        is_set = self.kind == 'tag' and (is_set or self.payload == SET)
        inside = sum(each.comparisons(is_set) for each in self.inside)
        return len(weights) * sum(weights) + inside

    def key_kinds(self) -> set[str]:
        own = {key.kind for key in self.inside[::2]} if self.kind == 'map' else set()
        return own.union(*(each.key_kinds() for each in self.inside))


SET = b'\xd9\x01\x02'


def leaves(kind: str, *payloads: str) -> st.SearchStrategy[Node]:
    return st.sampled_from([Node(kind, bytes.fromhex(each)) for each in payloads])


scalars = st.one_of(
    leaves('integer', '00', '1818', '19ffff', '20', '3bffffffffffffffff'),
    leaves('other', 'f4', 'f6', 'f93c00', 'fb3ff199999999999a', 'f8ff'),
    leaves('text', '60', '6161', '780161', '40', '4161', '58020000'),
    st.just(Node('chunks', inside=(Node('text', b'\x61a'),))),
)


def containers(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    some = st.lists(inner, max_size=4).map(tuple)
    even = some.filter(lambda them: len(them) % 2 == 0)
    lengths = st.booleans()
    return st.one_of(
        st.builds(Node, st.just('array'), inside=some, is_indefinite=lengths),
        st.builds(Node, st.just('map'), inside=even, is_indefinite=lengths),
        st.builds(
            Node,
            st.just('tag'),
            st.sampled_from([b'\xc1', SET, b'\xd8\x64']),
            inside=inner.map(lambda each: (each,)),
        ),
    )


nodes = st.recursive(scalars, containers, max_leaves=20)


@settings(deadline=None, database=None, max_examples=300)
@given(nodes, st.integers(1, 300))
def test_it_counts_what_the_definition_says(node: Node, times: int) -> None:
    payload = b'\x9f' + bytes(node) * times + b'\xff'
    # NOTE: An empty container weighs its one byte, like a number.
    if node.comparisons() * times > MOST_COMPARISONS:
        with pytest.raises(PayloadTooLarge, match='neither text nor bytes'):
            read_item(payload, 0, Limits(), MOST_ITEMS)
        return
    item = read_item(payload + b'rest', 0, Limits(), MOST_ITEMS)
    assert item.end == len(payload)
    assert item.items == times * (node.items + 1)
    kinds = node.key_kinds() - {'text', 'chunks'}
    assert item.has_integer_keys == ('integer' in kinds)
    assert item.has_other_keys == bool(kinds - {'integer'})
    assert read_item(payload[:-1], 0, Limits(), MOST_ITEMS).end == -1
    with pytest.raises(PayloadTooLarge, match='items'):
        read_item(payload, 0, Limits(), item.items - 1)


@pytest.mark.parametrize('head', ['81', '9f', 'c1', '5f', 'a100', 'bf00', 'a1'])
def test_what_is_far_too_deep_is_not_gone_into(head: str) -> None:
    limits = Limits(max_depth=10)
    assert read_item(bytes.fromhex(head) * 10, 0, limits, MOST_ITEMS).end == -1
    with pytest.raises(PayloadTooLarge) as failed:
        read_item(bytes.fromhex(head) * 10_000, 0, limits, MOST_ITEMS)
    assert (failed.value.limit, failed.value.limit_value) == ('max_depth', 10)


@pytest.mark.parametrize('strict', [True, False])
def test_the_messages_of_a_frame_share_the_bound_on_keys(strict: bool) -> None:
    handler = CBORHandler(strict_hashable_types=strict)
    assert handler.framing is not None
    message = cbor2.dumps(dict.fromkeys(range(2048)))
    assert handler.framing.split(message * 3, 10) == [message] * 3
    with pytest.raises(PayloadTooLarge, match='neither text nor bytes'):
        handler.framing.split(message * 5, 10)
