"""Payloads that are small on the wire, and cost much to parse."""

from __future__ import annotations

from collections.abc import Iterator
import json
import struct
import subprocess
import sys
from textwrap import dedent
from typing import Any

from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from plugins.protobuf.tests.payloads import both_ways
from plugins.protobuf.tests.payloads import items_of
from plugins.protobuf.tests.payloads import MEGABYTE
from plugins.protobuf.tests.payloads import outcome
from plugins.protobuf.tests.payloads import sized
from plugins.protobuf.tests.payloads import varint
from plugins.protobuf.tests.schemas import Bundle
from plugins.protobuf.tests.schemas import Counters
from plugins.protobuf.tests.schemas import define
from plugins.protobuf.tests.schemas import Kinds
from plugins.protobuf.tests.schemas import Legacy
from plugins.protobuf.tests.schemas import Node
from plugins.protobuf.tests.schemas import Report
import pytest

from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import PayloadTooLarge
from falcon_media_protobuf import ProtobufHandler

TOO_LARGE = PayloadTooLarge
SIZE = MEGABYTE // 10


def limit_of(handler: ProtobufHandler, payload: bytes) -> tuple[str | None, int | None]:
    with pytest.raises(PayloadTooLarge) as caught:
        handler.deserialize(payload)
    return caught.value.limit, caught.value.limit_value


# -------------------------------------------------------------------------------- Items


@pytest.mark.parametrize(
    ('cls', 'payload'),
    [
        (Report, b'\x1a\x00' * (SIZE // 2)),
        (Report, b'\x22\x00' * (SIZE // 2)),
        (Report, sized('1a', sized('2a', bytes(SIZE - 10)))),
        (Node, b'\x1a\x00' * (SIZE // 2)),
        (Node, b'\x12\x00' * (SIZE // 8) + b'\x1a\x00' * (SIZE // 3)),
        (Kinds, sized('9201', bytes(SIZE - 10))),
        (Kinds, sized('8a01', sized('b201', bytes(SIZE - 20)))),
        (Kinds, b'\x9a\x01\x00' * (SIZE // 3)),
        (Kinds, b'\x90\x01\x00' * (SIZE // 3)),
        (Legacy, b'\x1a\x00' * (SIZE // 2)),
        (Legacy, b'\x40\x00' * (SIZE // 2)),
        (Legacy, b'\x4b\x4c' * (SIZE // 2)),
    ],
)
def test_many_empty_items(cls: Any, payload: bytes) -> None:
    handler = ProtobufHandler(message=cls, limits=Limits(max_items=26_000))
    assert limit_of(handler, payload) == ('max_items', 26_000)
    assert outcome(handler, b'\x08\x01' * 100) is not TOO_LARGE


def test_as_many_items_as_there_may_be() -> None:
    handler = ProtobufHandler(message=Kinds, limits=Limits(max_items=1000))
    for most in (
        {'numbers': [1] * 1000},
        {'numbers': [300] * 1000},
        {'reals': [1.5] * 1000},
        {'words': ['a'] * 1000},
        {'parts': [{'a_int32': 1}] * 500, 'nested': {'colors': [1] * 500}},
        {'counts': {f'{number}': number for number in range(1000)}},
        {'by_id': {number: {'words': ['']} for number in range(500)}},
    ):
        message = Kinds(**most)
        assert items_of(message) == 1000
        payload = message.SerializeToString()
        assert handler.deserialize(payload) == message
        for one_more in (b'\x90\x01\x01', b'\x92\x01\x01\x01', b'\x9a\x01\x00'):
            assert limit_of(handler, payload + one_more) == ('max_items', 1000)


def test_many_bytes_that_are_no_items() -> None:
    # The bytes of tags, in strings and in bytes.
    limits = Limits(max_items=100)
    tags = bytes(range(0x80)) * 50
    report = Report(device=tags.decode(), readings=[{'raw': tags, 'history': [1] * 90}])
    handler = ProtobufHandler(message=Report, limits=limits)
    assert both_ways(handler, report) == report

    node = Node(children=[{'child': {'value': number}} for number in range(90)])
    handler = ProtobufHandler(message=Node, limits=limits)
    assert both_ways(handler, node) == node


def test_a_schema_without_items() -> None:
    cls = define('plain', 'proto3', {'Plain': ['string text = 1']})['Plain']
    handler = ProtobufHandler(message=cls, limits=Limits(max_items=1))
    payload = sized('0a', b'a' * 1000) * 1000
    assert handler.deserialize(payload) == cls(text='a' * 1000)


# ------------------------------------------------------------------------------- Memory

WIDE_FIELDS = [b'\x0a\x00', b'\x12\x00\x1a\x00', b'\x22\x00']


@pytest.mark.parametrize('part', WIDE_FIELDS)
def test_small_messages_that_are_big(part: bytes) -> None:
    handler = ProtobufHandler(message=Bundle)
    payload = part * (MEGABYTE // len(part))
    assert limit_of(handler, payload) == ('max_memory', 64 * MEGABYTE)
    few = part * (30_000 // len(part))
    assert handler.deserialize(few) == Bundle.FromString(few)


def test_many_small_messages_that_are_not_so_many() -> None:
    # Too long for the threshold; few enough by the bytes of tags; by reading.
    handler = ProtobufHandler(message=Bundle, max_memory=1_000_000)
    text = sized('0a', b'a' * 2000)
    for bundle in (
        sized('0a', text),
        sized('0a', text) * 200,
        sized('0a', sized('0a', b'\x0a' * 2000)) * 200,
    ):
        assert handler.deserialize(bundle) == Bundle.FromString(bundle)
    assert limit_of(handler, sized('0a', text) * 400) == ('max_memory', 1_000_000)


def test_max_memory_follows_max_size() -> None:
    payload = b'\x0a\x00' * 1000
    limits = Limits(max_size=10_000)
    handler = ProtobufHandler(message=Bundle, limits=limits)
    assert limit_of(handler, payload) == ('max_memory', 640_000)
    handler = ProtobufHandler(message=Bundle, limits=limits, max_memory=10_000_000)
    assert handler.deserialize(payload) == Bundle.FromString(payload)


@pytest.mark.parametrize('fields', [0, 10, 200])
def test_messages_take_no_more_than_is_reckoned(fields: int) -> None:
    # The contract: what is counted is an upper bound of what protobuf allocates.
    program = dedent(
        f"""
        import json
        import resource
        from falcon_media import PayloadTooLarge
        from falcon_media_protobuf import ProtobufHandler
        from google.protobuf.descriptor_pb2 import FileDescriptorProto
        from google.protobuf.descriptor_pool import DescriptorPool
        from google.protobuf.message_factory import GetMessageClass

        file = FileDescriptorProto(name='a.proto', syntax='proto3')
        many = file.message_type.add(name='Many')
        many.field.add(name='a', number=1, type=11, label=3, type_name='.One')
        one = file.message_type.add(name='One')
        for number in range(1, {fields} + 1):
            kind = [9, 12, 3, 1, 5, 8, 13][number % 7]
            one.field.add(name=f'f{{number}}', number=number, type=kind, label=1)
        pool = DescriptorPool()
        pool.AddSerializedFile(file.SerializeToString())
        cls = GetMessageClass(pool.FindMessageTypeByName('Many'))

        payload = b'\\x0a\\x00' * 20_000
        low, high = 1, 128_000_000
        while low < high:  # for the lowest limit that lets it through
            middle = (low + high) // 2
            codec = ProtobufHandler(message=cls, max_memory=middle).codec
            try:
                if len(payload) > codec.unchecked:
                    codec.check_payload(payload)
            except PayloadTooLarge:
                low = middle + 1
            else:
                high = middle
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        media = cls.FromString(payload)
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(json.dumps([low, 1024 * (after - before)]))
        """
    )
    # NOTE: What a process has taken, it doesn't give back, so one of its own.
    done = subprocess.run(
        [sys.executable, '-c', program], capture_output=True, check=True, text=True
    )
    reckoned, taken = json.loads(done.stdout)
    assert taken <= reckoned


# ------------------------------------------------------------------------- Integer keys


def entry(key: int) -> bytes:
    """Write an entry of the map of Counters."""
    return b'\x0a\x09\x09' + struct.pack('<Q', key)


def colliding(count: int, start: int = 0) -> bytes:
    return b''.join(entry(key << 32 | key) for key in range(start, start + count))


def test_integer_keys() -> None:
    handler = ProtobufHandler(message=Counters)
    assert outcome(handler, colliding(4096)) == Counters.FromString(colliding(4096))
    assert limit_of(handler, colliding(4097)) == ('max_int_keys', 4096)
    assert limit_of(handler, colliding(95_000)) == ('max_int_keys', 4096)
    # In one map, however it comes: the same key, parts of one message, a lower level.
    same = entry(5) * 4097
    parts = sized('12', colliding(1000)) * 5
    low = sized('12', sized('1a', colliding(4097)))
    for payload in (same, parts, low, colliding(4000) + entry(1) * 97):
        assert limit_of(handler, payload) == ('max_int_keys', 4096)


def test_integer_keys_of_many_maps() -> None:
    handler = ProtobufHandler(message=Counters)
    some = sized('1a', colliding(512))
    assert outcome(handler, some * 64) == Counters.FromString(some * 64)
    assert limit_of(handler, some * 65) == ('max_int_keys', 4096)
    few = sized('1a', colliding(10)) * 2000
    assert outcome(handler, few) == Counters.FromString(few)


def test_other_keys_are_not_counted() -> None:
    handler = ProtobufHandler(message=Counters)
    names = Counters(names={f'{number}': True for number in range(10_000)})
    assert both_ways(handler, names) == names
    text = Counters(text='\n' * 50_000, seen=dict.fromkeys(range(100), True))
    assert both_ways(handler, text) == text


def test_max_int_keys() -> None:
    payload = colliding(5000)
    handler = ProtobufHandler(message=Counters, max_int_keys=5000)
    assert handler.deserialize(payload) == Counters.FromString(payload)
    handler = ProtobufHandler(message=Counters, max_int_keys=10)
    assert limit_of(handler, colliding(11)) == ('max_int_keys', 10)


# ------------------------------------------------------ What reads, and protobuf itself

# NOTE: With limits that are this low, all payloads are read before they are parsed.
READERS = [
    ProtobufHandler(
        message=cls,
        allow_partial=True,
        limits=Limits(max_items=1),
        max_memory=1,
        max_int_keys=1,
    )
    for cls in (Kinds, Node, Legacy, Counters)
]
TAGS = st.builds(
    lambda number, wire_type: varint(number << 3 | wire_type),
    st.integers(1, 40) | st.sampled_from([100, 1000, 2**29 - 1]),
    st.integers(0, 5),
)
PARTS = st.recursive(
    TAGS | st.binary(max_size=9) | st.integers(0, 2**64 - 1).map(varint),
    lambda inner: (
        st.lists(inner, max_size=4)
        .map(b''.join)
        .map(lambda payload: varint(len(payload)) + payload)
    ),
)
WIRE = st.lists(
    st.builds(lambda tag, value: tag + value, TAGS, PARTS) | PARTS, max_size=6
).map(b''.join)


def well_formed(cls: Any, payload: bytes) -> bool:
    try:
        cls.FromString(payload)
    except DecodeError:
        return False
    return True


@settings(deadline=None)
@given(st.sampled_from(READERS), WIRE)
def test_nothing_is_refused_as_malformed_that_protobuf_takes(
    reader: ProtobufHandler, payload: bytes
) -> None:
    cls: Any = type(reader.deserialize(b''))
    found = outcome(reader, payload)
    if found is MalformedPayload:
        assert cls is Legacy or not well_formed(cls, payload)
    elif found is not TOO_LARGE:
        assert found == cls.FromString(payload) or found != found  # NaN


@pytest.mark.parametrize(
    'wire',
    ['80808080808080808080', '72 80808080808080808080', '0e', '72', 'cb0c', '0c'],
)
def test_malformed_where_it_is_read(wire: str) -> None:
    handler = ProtobufHandler(message=Kinds, limits=Limits(max_items=1))
    bait = b'\x9a\x01\x00' * 2
    assert outcome(handler, bait) is TOO_LARGE
    assert outcome(handler, bytes.fromhex(wire) + bait) is MalformedPayload


def pieces() -> Iterator[tuple[Any, bytes]]:
    """Yield fields in every wire type, one by one."""
    for cls in (Kinds, Legacy, Node, Counters):
        for number in [*range(1, 40), 1000]:
            for wire_type, value in (
                (0, b'\x01'),
                (0, b'\x81\x00'),
                (1, bytes(8)),
                (2, b'\x00'),
                (2, b'\x81\x00\x00'),
                (3, varint(number << 3 | 4)),
                (5, bytes(4)),
            ):
                yield cls, varint(number << 3 | wire_type) + value


def test_every_field_in_every_wire_type() -> None:
    readers = {
        cls: ProtobufHandler(
            message=cls,
            allow_partial=True,
            allow_invalid_utf8=True,
            limits=Limits(max_items=2),
            max_int_keys=2,
        )
        for cls in (Kinds, Legacy, Node, Counters)
    }
    for cls, piece in pieces():
        for payload in (piece, piece * 2):
            found = outcome(readers[cls], payload)
            if well_formed(cls, payload):
                assert found == cls.FromString(payload)
            else:
                assert found is MalformedPayload
        found = outcome(readers[cls], piece * 3)
        if well_formed(cls, piece) and items_of(cls.FromString(piece * 3)) > 2:
            assert found is TOO_LARGE
        for end in range(1, len(piece)):
            part = outcome(readers[cls], piece[:end])
            assert (part is MalformedPayload) is not well_formed(cls, piece[:end])
