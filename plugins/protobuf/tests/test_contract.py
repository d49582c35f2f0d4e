"""What Protocol Buffers can and can't do, for the contract of media handlers."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, TYPE_CHECKING

from google.protobuf.message import Message
from hypothesis import strategies as st
from plugins.protobuf.tests import golden
from plugins.protobuf.tests import values
from plugins.protobuf.tests.mixtures import FIELDS
from plugins.protobuf.tests.mixtures import MIXTURES
from plugins.protobuf.tests.payloads import varint
from plugins.protobuf.tests.schemas import Kinds
from plugins.protobuf.tests.schemas import Legacy
from plugins.protobuf.tests.schemas import Node
from plugins.protobuf.tests.schemas import Report

from falcon_media import PayloadError
from falcon_media import PayloadTooLarge
from falcon_media_testing import Batch
from falcon_media_testing import HandlerContract
from falcon_media_testing import Place
from falcon_media_testing import Probe
from falcon_media_testing import Refused
from falcon_media_testing import same
from falcon_media_testing import Sample

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def nested(depth: int, tag: bytes) -> bytes:
    """Write a message of so many levels, each in one field of the other."""
    size = 0
    heads = []
    for _ in range(depth - 1):
        heads.append(tag + varint(size))
        size += len(heads[-1])
    return b''.join(reversed(heads))


class ProtobufContract(HandlerContract):
    """What is the same for all schemas."""

    name = 'protobuf'
    message: ClassVar[Any]
    # NOTE: Fields follow one another, and a message ends where its bytes do.
    truncation_is_detected = False
    trailing_is_detected = False
    # NOTE: A message with all fields at their defaults.
    empty_is_valid = True
    probes: ClassVar[Sequence[Probe]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if 'batches' not in vars(cls):
            sent = [sample for sample in cls.samples if not sample.received_only]
            frame = b''.join(varint(len(one.payload)) + one.payload for one in sent)
            cls.batches = (Batch([one.media for one in sent], frame),)

    def same(self, sent: Any, received: Any) -> bool:
        if isinstance(sent, Mapping):
            sent = self.message(**sent)
        if isinstance(sent, Message):
            # NOTE: There may be a NaN in them.
            return type(sent) is type(received) and sent.SerializeToString(
                deterministic=True
            ) == received.SerializeToString(deterministic=True)
        return same(sent, received)

    def anything(self) -> SearchStrategy[Any]:
        return MIXTURES


class TestProtobuf(ProtobufContract):
    message = Kinds
    options: ClassVar[Mapping[str, Any]] = {'message': Kinds}
    variants: ClassVar[Sequence[Mapping[str, Any]]] = (
        {'allow_conversions': True, 'allow_invalid_utf8': True, 'deterministic': True},
    )
    readme: ClassVar[Path | None] = Path(__file__).parent.parent / 'README.md'
    samples: ClassVar[Sequence[Sample]] = (
        Sample(
            Kinds(a_int32=150, a_string='ž', nested={'a_bool': True}, numbers=[1, 300]),
            bytes.fromhex('08 9601 72 02 c5be 8a01 02 6801 9201 03 01 ac02'),
        ),
        Sample(Kinds(words=['a', '']), bytes.fromhex('9a01 01 61 9a01 00')),
        Sample(
            Kinds(counts={'a': -1}),
            bytes.fromhex('ba01 0e 0a0161 10ffffffffffffffffff01'),
        ),
        Sample(Kinds(note=''), bytes.fromhex('d201 00')),
    )
    vectors: ClassVar[Sequence[Sample]] = (
        *(
            Sample(cls(**fields), bytes.fromhex(wire))
            for cls, fields, wire in golden.SAMPLES
            if cls is Kinds
        ),
        *(
            Sample(cls(**fields), bytes.fromhex(wire), received_only=True)
            for cls, wire, fields in golden.OTHERS
            if cls is Kinds
        ),
        *(
            Sample(cls.FromString(bytes.fromhex(wire)), bytes.fromhex(wire))
            for cls, wire in golden.UNKNOWN
            if cls is Kinds
        ),
    )
    # NOTE: Each behind its length, as writeDelimitedTo() of protobuf's Java has it.
    batches: ClassVar[Sequence[Batch]] = (
        Batch(
            [Kinds(a_int32=150), Kinds(), Kinds(a_string='a' * 200)],
            bytes.fromhex('03 089601 00 cb01 72c801') + b'a' * 200,
        ),
        Batch([Kinds(a_int32=1)], bytes.fromhex('8200 0801'), received_only=True),
    )
    refuses_batches: ClassVar[Sequence[Refused]] = (
        Refused(bytes.fromhex('02 0801 03 0801'), why='the last one is cut off'),
        Refused(bytes.fromhex('02 0801 80'), why='its length is cut off'),
        Refused(bytes.fromhex('02 0801 ffffffffff01'), why='a length without end'),
        Refused(bytes.fromhex('02 0801 ffffffff7f'), why='a length of 34 GB'),
        Refused(bytes.fromhex('02 0801 02 0f01'), why='a message that is malformed'),
        Refused(bytes(1_000_000), PayloadTooLarge, why='empty messages'),
    )
    refuses: ClassVar[Sequence[Refused]] = (
        *(Refused(bytes.fromhex(wire)) for wire in golden.MALFORMED),
        Refused(b'\x8a\x01' * 500_000, PayloadError),
        Refused(b'\x8b\x01' * 500_000, PayloadError),
        Refused(b'\xa2\x01\x00' * 300_000, PayloadTooLarge),
    )
    probes: ClassVar[Sequence[Probe]] = values.PROBES
    cant_carry: ClassVar[Collection[str]] = values.CANT_CARRY
    changes: ClassVar[Mapping[str, Any]] = values.CHANGES
    enforces = ('max_depth', 'max_items')

    def domain(self) -> SearchStrategy[Any]:
        return FIELDS.map(lambda fields: Kinds(**fields))

    def places(self, probe: Probe, value: Any) -> Iterable[Place]:
        yield values.place(value)

    def nested(self, depth: int) -> bytes:
        return nested(depth, b'\x8a\x01')

    def many(self, items: int) -> bytes:
        return b'\x92\x01' + varint(items) + b'\x01' * items

    def empties(self, count: int) -> bytes:
        return b'\xa2\x01\x00' * count

    def deep_media(self, depth: int) -> Iterator[object]:
        root = message = Kinds()
        fields: dict[str, Any] = {'a_bool': True}
        for _ in range(depth - 1):
            message.nested.SetInParent()
            message = message.nested
            fields = {'nested': fields}
        message.a_bool = True
        yield root
        yield fields

    def endless_media(self) -> Iterator[object]:
        fields: dict[str, Any] = {}
        fields['nested'] = fields
        yield fields
        parts: dict[str, Any] = {'parts': []}
        parts['parts'].append(parts)
        yield parts
        struct: dict[str, Any] = {}
        struct['a'] = struct
        yield {'extra': struct}


class TestPureProtobuf(TestProtobuf):
    environ: ClassVar[Mapping[str, str]] = {
        'PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION': 'python'
    }
    readme = None
    # NOTE: It does not know a tag with more bytes than it needs.
    vectors = ()
    # NOTE: It has no limit of its own, but the interpreter's.
    too_deep = PayloadTooLarge


class TestTree(ProtobufContract):
    message = Node
    options: ClassVar[Mapping[str, Any]] = {'message': Node}
    samples = (
        Sample(Node(value=1, child=Node(value=2)), bytes.fromhex('0801 12 02 0802')),
        Sample(Node(children=[Node(), Node(value=3)]), bytes.fromhex('1a00 1a02 0803')),
        Sample(
            Node(named={'a': Node(value=4)}), bytes.fromhex('22 07 0a0161 12 02 0804')
        ),
        Sample(Node(far=Node(value=5)), bytes.fromhex('a206 02 0805')),
    )
    refuses = (Refused(bytes.fromhex('2b 0801')), Refused(bytes.fromhex('12 01 2b')))
    enforces = ('max_depth', 'max_items')

    def domain(self) -> SearchStrategy[Any]:
        numbers = st.integers(-(2**31), 2**31 - 1)
        return st.recursive(
            st.builds(Node, value=numbers),
            lambda inner: st.builds(
                Node,
                value=numbers,
                child=inner,
                children=st.lists(inner, max_size=3),
                named=st.dictionaries(st.text('abž'), inner, max_size=1),
            ),
            max_leaves=8,
        )

    def nested(self, depth: int) -> bytes:
        return nested(depth, b'\x12')

    def many(self, items: int) -> bytes:
        return b'\x1a\x00' * items

    def empties(self, count: int) -> bytes:
        return b'\x1a\x00' * count

    def deep_media(self, depth: int) -> Iterator[object]:
        for field in ('child', 'children', 'named', 'group'):
            # NOTE: The entry of a map is a level of its own.
            levels = (depth - 1) // (2 if field == 'named' else 1)
            root = node = Node(value=1)
            for _ in range(levels):
                part = getattr(node, field)
                if field == 'children':
                    node = part.add()
                elif field == 'named':
                    node = part['a']
                else:
                    part.SetInParent()
                    node = part
            yield root

    def endless_media(self) -> Iterator[object]:
        fields: dict[str, Any] = {}
        fields['children'] = [fields]
        yield fields


class TestLegacy(ProtobufContract):
    message = Legacy
    options: ClassVar[Mapping[str, Any]] = {'message': Legacy}
    # NOTE: It has required fields.
    empty_is_valid = False
    samples = (
        Sample(Legacy(id=1, name='ž'), bytes.fromhex('0801 12 02 c5be')),
        Sample(Legacy(id=2, words=['a'], state=1), bytes.fromhex('0802 1a0161 3001')),
        Sample(Legacy(id=3, part={'title': 'a'}), bytes.fromhex('0803 2b 0a0161 2c')),
    )
    vectors = tuple(
        Sample(cls.FromString(bytes.fromhex(wire)), bytes.fromhex(wire))
        for cls, wire in golden.UNKNOWN
        if cls is Legacy
    )
    refuses = (Refused(bytes.fromhex('0801 12 01 ff')), Refused(bytes.fromhex('3200')))
    enforces = ('max_items',)

    def domain(self) -> SearchStrategy[Any]:
        return st.builds(
            Legacy,
            id=st.integers(-(2**31), 2**31 - 1),
            name=st.text(max_size=5),
            words=st.lists(st.text(max_size=5), max_size=3),
            states=st.lists(st.sampled_from([0, 1]), max_size=3),
        )

    def nested(self, depth: int) -> None:
        # NOTE: The schema ends by itself.
        return None

    def many(self, items: int) -> bytes:
        return b'\x08\x01' + b'\x1a\x00' * items

    def empties(self, count: int) -> bytes:
        return self.many(count)

    def deep_media(self, depth: int) -> Iterable[object]:
        return ()

    def endless_media(self) -> Iterable[object]:
        return ()


class TestReport(ProtobufContract):
    message = Report
    options: ClassVar[Mapping[str, Any]] = {'message': Report, 'allow_empty': False}
    empty_is_valid = False
    samples = (
        Sample(
            Report(device='a', readings=[{'name': 'b', 'history': [1, 300]}]),
            bytes.fromhex('0a0161 1a 08 0a0162 2a 03 01ac02'),
        ),
        Sample(Report(time=0.5), bytes.fromhex('11 000000000000e03f')),
    )
    refuses = (Refused(bytes.fromhex('1a 05 0a01')),)
    enforces = ('max_items',)

    def domain(self) -> SearchStrategy[Any]:
        return st.builds(
            Report,
            device=st.text('a', min_size=1),
            time=st.floats(allow_nan=False),
            readings=st.lists(
                st.fixed_dictionaries({'name': st.text(max_size=5)}), max_size=3
            ),
        )

    def nested(self, depth: int) -> None:
        # NOTE: The schema ends by itself.
        return None

    def many(self, items: int) -> bytes:
        return b'\x1a\x00' * items

    def empties(self, count: int) -> bytes:
        return b'\x1a\x00' * count

    def deep_media(self, depth: int) -> Iterable[object]:
        return ()

    def endless_media(self) -> Iterable[object]:
        return ()
