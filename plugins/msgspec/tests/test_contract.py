"""What JSON and MessagePack by msgspec can and can't do, for the contract."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, TYPE_CHECKING
from uuid import UUID

from hypothesis import strategies as st
import msgspec
from msgspec.msgpack import Ext
from plugins.msgspec.tests import payloads
from plugins.msgspec.tests.messages import Node

from falcon_media import InvalidPayload
from falcon_media import MalformedPayload
from falcon_media import PayloadError
from falcon_media import PayloadTooLarge
from falcon_media import UnsupportedPayload
from falcon_media_testing import Batch
from falcon_media_testing import BEYOND_JSON
from falcon_media_testing import HandlerContract
from falcon_media_testing import Loosened
from falcon_media_testing import ndjson
from falcon_media_testing import Place
from falcon_media_testing import Probe
from falcon_media_testing import PROBES
from falcon_media_testing import Refused
from falcon_media_testing import rfc8259
from falcon_media_testing import Sample

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

FOLDER = Path(__file__).parent.parent


def its_repr(media: object) -> object:
    return repr(media)


def text(media: object) -> object:
    return msgspec.to_builtins(media)


def fields(media: object) -> object:
    return msgspec.to_builtins(media)


def converted(*types: type) -> Loosened:
    names = ', '.join(cls.__name__ for cls in types)
    return Loosened({'converted_types': types}, text, text=f'converted_types=[{names}]')


CONVERTED = {
    'decimal': converted(Decimal),
    'datetime_naive': converted(dt.datetime),
    'date': converted(dt.date),
    'time': converted(dt.time),
    'timedelta': converted(dt.timedelta),
    'uuid': converted(UUID),
}

OWN_TYPES = (
    Probe('struct', '`msgspec.Struct`', lambda: [Node(1)]),
    Probe('raw', '`msgspec.Raw`', lambda: [msgspec.Raw(b'1')]),
    Probe('ext', '`msgspec.msgpack.Ext`', lambda: [Ext(5, b'a')]),
)

CHANGES: Mapping[str, Any] = {
    'tuple': list,
    'named_tuple': list,
    'ordered_dict': dict,
    'int_enum': int,
    'str_enum': str,
}


class TestJSON(HandlerContract):
    name = 'msgspec-json'
    readme: ClassVar[Path | None] = FOLDER / 'README.md'
    samples: ClassVar[Sequence[Sample]] = (
        *rfc8259.MESSAGES,
        # NOTE: Deeper than the type that messages are decoded to at first.
        Sample([[[[[[[[{'a': []}]]]]]]]], '[[[[[[[[{"a":[]}]]]]]]]]'),
    )
    vectors: ClassVar[Sequence[Sample]] = (
        *rfc8259.SENT,
        *rfc8259.RECEIVED,
        Sample('\0\b\t\n\f\r"\\/', r'"\u0000\b\t\n\f\r\"\\/"'),
        Sample([1e16, 5e-324], '[1e16,5e-324]'),
        Sample(0.0, '0e308', received_only=True),
        *(
            Sample(media, payload, received_only=True)
            for media, payload in payloads.UNUSUAL_JSON
        ),
    )
    batches = ndjson.BATCHES
    refuses_batches = ndjson.REFUSED
    refuses: ClassVar[Sequence[Refused]] = (
        *rfc8259.REFUSED,
        *(Refused(payload) for payload in payloads.REPEATED_JSON),
        *rfc8259.TOO_MANY_DIGITS,
        *rfc8259.TOO_LARGE,
    )
    variants: ClassVar[Sequence[Mapping[str, Any]]] = (
        {'strict_encode': False, 'default': repr},
        {'allow_duplicate_keys': True, 'converted_types': [set, dt.datetime]},
    )
    probes: ClassVar[Sequence[Probe]] = (*PROBES, *OWN_TYPES)
    cant_carry: ClassVar[Collection[str]] = BEYOND_JSON | {'struct', 'raw', 'ext'}
    changes: ClassVar[Mapping[str, Any]] = CHANGES
    loosened: ClassVar[Mapping[str, Loosened]] = {
        **CONVERTED,
        'datetime_aware': converted(dt.datetime),
        'bytes': converted(bytes),
        'struct': Loosened(
            {'converted_types': [msgspec.Struct]},
            fields,
            text='converted_types=[msgspec.Struct]',
        ),
        'object': Loosened({'default': repr}, its_repr),
    }
    enforces = ('max_depth', 'max_items')


class TestMessagePack(HandlerContract):
    name = 'msgspec-msgpack'
    readme: ClassVar[Path | None] = FOLDER / 'MESSAGEPACK.md'
    # NOTE: By the formats of the specification, a part a line.
    samples: ClassVar[Sequence[Sample]] = (
        Sample(
            {'id': 7, 'text': 'żółw', 'data': b'\x00\xff', 'ratio': -0.5, 'ok': True},
            bytes.fromhex(
                """85
                a2 6964        07
                a4 74657874    a7 c5bcc3b3c58277
                a4 64617461    c4 02 00ff
                a5 726174696f  cb bfe0000000000000
                a2 6f6b        c3
                """
            ),
        ),
        Sample(
            [[1, [2, [3]]], {'a': {}}], bytes.fromhex('92 92 01 92 02 91 03 81a161 80')
        ),
        Sample('x' * 200, b'\xd9\xc8' + b'x' * 200),
        Sample([], b'\x90'),
    )
    vectors: ClassVar[Sequence[Sample]] = (
        *(
            Sample(media, bytes.fromhex(wire))
            for wire, media in payloads.SHORTEST.items()
        ),
        *(
            Sample(media, bytes.fromhex(wire), received_only=True)
            for wire, media in payloads.LONGER.items()
        ),
        *(Sample(at, bytes.fromhex(wire)) for wire, at in payloads.TIMES.items()),
        Sample(float('nan'), bytes.fromhex('cb 7ff8000000000000')),
    )
    batches: ClassVar[Sequence[Batch]] = payloads.BATCHES
    refuses_batches: ClassVar[Sequence[Refused]] = payloads.REFUSED_BATCHES
    refuses: ClassVar[Sequence[Refused]] = (
        *(
            Refused(before + bytes.fromhex(wire), error)
            for wires, error, around in (
                (payloads.EXTENSIONS, UnsupportedPayload, (b'\x91', b'\x81\xa1a')),
                (
                    payloads.TIMES_FINER_THAN_DATETIME,
                    UnsupportedPayload,
                    (b'\x91',),
                ),
                (payloads.TIMES_BEYOND_DATETIME, UnsupportedPayload, ()),
                (payloads.KEYS, PayloadError, (b'\x91',)),
                (payloads.MALFORMED, MalformedPayload, ()),
                (payloads.TIMES_OUT_OF_RANGE, MalformedPayload, ()),
            )
            for wire in wires
            for before in (b'', *around)
        ),
        *(Refused(payload, PayloadError) for payload in payloads.DECLARED.values()),
        *(Refused(payload, PayloadTooLarge) for payload in payloads.TOO_LARGE),
    )
    variants: ClassVar[Sequence[Mapping[str, Any]]] = (
        {'strict_encode': False, 'default': repr},
        {'timestamp': False, 'ext_hook': Ext, 'strict_map_key': False},
        {'truncate_nanoseconds': True},
        {'allow_duplicate_keys': True, 'converted_types': [set, dt.datetime]},
    )
    probes: ClassVar[Sequence[Probe]] = (*PROBES, *OWN_TYPES)
    cant_carry: ClassVar[Collection[str]] = BEYOND_JSON - {
        *('nan', 'infinity', 'bytes', 'bytearray', 'memoryview', 'bytes_key'),
        'datetime_aware',
    } | {'int_beyond_64_bits', 'struct', 'raw', 'ext'}
    changes: ClassVar[Mapping[str, Any]] = {
        **CHANGES,
        'bytearray': bytes,
        'memoryview': bytes,
    }
    loosened: ClassVar[Mapping[str, Loosened]] = {
        **CONVERTED,
        'ext': Loosened({'ext_hook': Ext}, text='ext_hook=msgspec.msgpack.Ext'),
        'struct': TestJSON.loosened['struct'],
        'object': Loosened({'default': repr}, its_repr),
        **dict.fromkeys(
            ('none_key', 'bool_key', 'int_key', 'float_key', 'colliding_keys'),
            Loosened({'strict_map_key': False}),
        ),
    }
    enforces = ('max_depth',)


class TypedContract(HandlerContract):
    """Messages of a type that can contain itself."""

    options: ClassVar[Mapping[str, Any]] = {'type': Node}
    probes: ClassVar[Sequence[Probe]] = ()

    def domain(self) -> SearchStrategy[Any]:
        numbers = st.integers(-(2**63), 2**64 - 1)
        names = st.text(max_size=5)
        return st.recursive(
            st.builds(Node, numbers, names),
            lambda inner: st.builds(
                Node,
                numbers,
                st.none() | names,
                st.lists(inner, max_size=3),
                st.dictionaries(names, st.floats(allow_nan=False), max_size=2).map(
                    lambda named: {k: v for k, v in named.items() if abs(v) < 1e308}
                ),
            ),
            max_leaves=8,
        )

    def anything(self) -> SearchStrategy[Any]:
        odd: SearchStrategy[Any] = st.sampled_from(
            [None, 'a', b'a', 1.5, Decimal(1), {1}, {'id': 1}, []]
        )
        return st.one_of(odd, st.builds(Node, odd, odd, odd, odd))

    def places(self, probe: Probe, value: Any) -> Iterable[Place]:
        return ()

    def deep_media(self, depth: int) -> Iterator[object]:
        # NOTE: The innermost one has two levels, since an empty list is one too.
        child = Node(1)
        listed = Node(1) if depth % 2 == 0 else Node(1, child=Node(2))
        for _ in range(depth - 2):
            child = Node(1, child=child)
        for _ in range(depth // 2 - 1):
            listed = Node(1, nodes=[listed])
        yield from (child, listed)

    def endless_media(self) -> Iterator[object]:
        node = Node(1)
        node.nodes.append(node)
        yield node


class TestTypedJSON(TypedContract):
    name = 'msgspec-json'
    samples: ClassVar[Sequence[Sample]] = (
        Sample(Node(1, 'ž'), '{"id":1,"name":"ž","nodes":[],"named":{}}'),
        Sample(
            Node(2**63, None, [Node(-2)], {'a:"': -0.5}),
            '{"id":9223372036854775808,"name":null,'
            '"nodes":[{"id":-2,"name":"","nodes":[],"named":{}}],'
            '"named":{"a:\\"":-0.5}}',
        ),
        Sample(Node(3), ' {"id" : 3, "more": [[{}]]} ', received_only=True),
    )
    batches: ClassVar[Sequence[Batch]] = (
        Batch(
            [Node(1), Node(2, '\n')],
            '{"id":1,"name":"","nodes":[],"named":{}}\n'
            '{"id":2,"name":"\\n","nodes":[],"named":{}}\n',
        ),
        Batch([Node(1), Node(2)], '{"id":1}\r\n{"id":2}', received_only=True),
    )
    refuses_batches: ClassVar[Sequence[Refused]] = (
        Refused('{"id":1}\n{"id":"x"}\n', InvalidPayload, why='one does not fit'),
        Refused('{"id":1}\n1\n{', InvalidPayload, why='one does not fit, one is cut'),
        Refused('{"id":1}\n{"id":1,"id":1}\n', why='a key twice'),
        Refused('{"id":1}\n\n', why='an empty line'),
        Refused('{"id":1}\n' * 1000, PayloadTooLarge, why='too many'),
    )
    refuses: ClassVar[Sequence[Refused]] = (
        *(Refused(payload) for payload in payloads.REPEATED_NODES),
        *(Refused(payload, InvalidPayload) for payload in payloads.INVALID_NODES),
        Refused('{"id":"x","name":'),
        Refused('{"id":"x"} 1'),
        Refused('{"id":"x","nodes":[{"id":1,"id":1}]}'),
        Refused('{"id":1,"named":{"a":1e400}}'),
        Refused('{"id":1,"named":{"a":NaN}}'),
        *(
            Refused(opening * levels, PayloadTooLarge)
            for levels in (65, 1025, 100_000)
            for opening in ('{"id":1,"nodes":[', '{"more":', '[')
        ),
    )
    enforces = ('max_depth', 'max_items')

    def nested(self, depth: int) -> str:
        pairs, rest = divmod(depth - 1, 2)
        inner = '{"id":1,"nodes":[]}' if rest else '{"id":1}'
        return '{"id":1,"nodes":[' * pairs + inner + ']}' * pairs

    def many(self, items: int) -> str:
        names = ','.join(f'"{n}":1.5' for n in range(items - 2))
        return f'{{"id":1,"named":{{{names}}}}}'

    def empties(self, count: int) -> str:
        return f'{{"id":1,"more":[{",".join(["[]"] * count)}]}}'


NODE = b'\x81\xa2id\x01'


class TestTypedMessagePack(TypedContract):
    name = 'msgspec-msgpack'
    samples: ClassVar[Sequence[Sample]] = (
        Sample(
            Node(1, 'ž'),
            bytes.fromhex('84 a26964 01 a46e616d65 a2c5be')
            + b'\xa5nodes\x90\xa5named\x80',
        ),
        Sample(
            Node(2, None, [], {'a': 1.5}),
            b'\x84\xa2id\x02\xa4name\xc0\xa5nodes\x90\xa5named\x81\xa1a'
            + bytes.fromhex('cb 3ff8000000000000'),
        ),
        Sample(
            Node(3),
            b'\x82\xa2id\x03\xa4more\x92\xd4\x05\x00\xc4\x01\x00',
            received_only=True,
        ),
    )
    batches: ClassVar[Sequence[Batch]] = (
        Batch(
            [Node(1), Node(2)],
            b'\x84\xa2id\x01\xa4name\xa0\xa5nodes\x90\xa5named\x80'
            b'\x84\xa2id\x02\xa4name\xa0\xa5nodes\x90\xa5named\x80',
        ),
        Batch(
            [Node(1), Node(2)],
            b'\xde\x00\x01\xa2id\x01\xdf\x00\x00\x00\x01\xd9\x02id\xcc\x02',
            received_only=True,
        ),
    )
    refuses_batches: ClassVar[Sequence[Refused]] = (
        *(
            Refused(NODE + refused.payload, PayloadError, why=refused.why)
            for refused in payloads.REFUSED_BATCHES
        ),
        Refused(NODE + b'\x81\xa2id\xa1x', InvalidPayload, why='one does not fit'),
        Refused(NODE + b'\x82\xa2id\x01\xa2id\x01', why='a key twice'),
    )
    refuses: ClassVar[Sequence[Refused]] = (
        Refused(b'\x82\xa2id\x01\xa2id\x01'),
        Refused(b'\x82\xa2id\x01\xa4more\x82\x01\x01\x01\x01'),
        Refused(b'\x81\xa2id\xa1x', InvalidPayload),
        Refused(b'\x81\xa2id\xa1x\x00'),
        Refused(b'\x82\xa2id\xa1x\xa4name\xc1'),
        Refused(b'\x81\xa2id\xc4\x01x', InvalidPayload),
        Refused(b'\x81\xa2id\xd4\x05\x00', InvalidPayload),
        Refused(b'\x81\x01\x01', InvalidPayload),
        Refused(b'\x80', InvalidPayload),
        Refused(b'\x01', InvalidPayload),
        *(Refused(payload, PayloadError) for payload in payloads.DECLARED.values()),
        *(Refused(payload, PayloadTooLarge) for payload in payloads.TOO_LARGE),
    )
    enforces = ('max_depth', 'max_items')

    def nested(self, depth: int) -> bytes:
        pairs, rest = divmod(depth - 1, 2)
        inner = b'\x82\xa2id\x01\xa5nodes\x90' if rest else b'\x81\xa2id\x01'
        return b'\x82\xa2id\x01\xa5nodes\x91' * pairs + inner

    def many(self, items: int) -> bytes:
        count = items - 2
        return (
            b'\x82\xa2id\x01\xa5named\xdf'
            + count.to_bytes(4)
            + b''.join(
                b'\xa6%06d\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00' % n
                for n in range(count)
            )
        )

    def empties(self, count: int) -> bytes:
        return b'\x82\xa2id\x01\xa4more\xdd' + count.to_bytes(4) + b'\x90' * count
