"""Payloads that are damaged, or no payloads at all."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import DecodeError
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from plugins.protobuf.tests import hostile
from plugins.protobuf.tests.payloads import outcome
from plugins.protobuf.tests.schemas import GRAFTED
from plugins.protobuf.tests.schemas import Kinds
from plugins.protobuf.tests.schemas import Legacy
from plugins.protobuf.tests.schemas import NICKNAME
from plugins.protobuf.tests.schemas import Node
from plugins.protobuf.tests.schemas import Report
import pytest

from falcon_media import MalformedPayload
from falcon_media import PayloadError
from falcon_media_protobuf import ProtobufHandler


def samples() -> list[Any]:
    """Messages that have something of everything."""
    kinds = Kinds(
        a_int32=-1,
        a_uint64=2**64 - 1,
        a_sint32=-5,
        a_fixed64=7,
        a_float=0.5,
        a_double=-0.0,
        a_bool=True,
        a_string='žluť',
        a_bytes=b'\0\xff',
        color=2,
        numbers=[1, -1, 300],
        words=['a', '', 'ž'],
        reals=[1.5],
        counts={'a': 1, 'b': -1},
        by_id={5: Kinds(note='')},
        flags={True: 'x'},
        channel=0,
        at={'seconds': 5},
        extra={'a': [1, {'b': None}]},
        parts=[Kinds(), Kinds(nested=Kinds(a_int32=1))],
    )
    node = Node(value=1, children=[Node(value=2)], named={'a': Node()})
    node.group.child.value = 3
    node.Extensions[GRAFTED].value = 4
    node.leaf.numbers[5] = 6
    legacy = Legacy(id=1, name='ž', labels={'a': 'b'}, state=1, states=[0, 1])
    legacy.part.title = 'x'
    legacy.Extensions[NICKNAME] = 'y'
    report = Report(
        device='a', readings=[{'name': 'b', 'history': [1, 300], 'curve': [0.5]}] * 3
    )
    return [kinds, node, legacy, report]


SAMPLES = samples()
HANDLERS = [ProtobufHandler(message=type(sample)) for sample in SAMPLES]


@pytest.mark.parametrize('number', range(len(SAMPLES)))
def test_truncated(number: int) -> None:
    sample, handler = SAMPLES[number], HANDLERS[number]
    payload = sample.SerializeToString()
    whole = 0
    for part in hostile.truncations(payload):
        found = outcome(handler, part)
        # A payload that ends after a field is whole.
        whole += found is not MalformedPayload
        assert handler.deserialize(payload) == sample
    assert whole < len(payload) / 2


@pytest.mark.parametrize('number', range(len(SAMPLES)))
def test_mutated(number: int) -> None:
    sample, handler = SAMPLES[number], HANDLERS[number]
    payload = sample.SerializeToString()
    for mutation in hostile.mutations(payload, count=1000):
        found = outcome(handler, mutation)
        if isinstance(found, Message):
            sent = handler.serialize(found)
            # NOTE: Not that the messages are equal, as there may be a NaN in them.
            assert found.SerializeToString(deterministic=True) == type(
                sample
            ).FromString(sent).SerializeToString(deterministic=True)
    assert handler.deserialize(payload) == sample


@settings(deadline=None)
@given(st.sampled_from(HANDLERS), st.binary(max_size=64))
def test_arbitrary(handler: ProtobufHandler, payload: bytes) -> None:
    outcome(handler, payload)


@pytest.mark.parametrize('payload', ['text', [b'\x08\x01'], (8, 1)])
def test_what_is_no_payload(payload: Any) -> None:
    for handler in HANDLERS:
        with pytest.raises(PayloadError):
            handler.deserialize(payload)


def test_the_library_s_words_stay_on_the_server() -> None:
    with pytest.raises(MalformedPayload) as caught:
        HANDLERS[0].deserialize(b'\x72\x07hunter\xff')
    assert isinstance(caught.value.cause, DecodeError)
    assert not isinstance(caught.value.cause, ValueError)
    assert str(caught.value) == (
        'protobuf: BINARY payload of size 9: not well-formed (DecodeError)'
    )


def test_protobuf_in_pure_python() -> None:
    # What runs where protobuf has no wheel. It differs in its limits and its errors.
    printed = hostile.run(
        """
        from falcon_media import MalformedPayload
        from falcon_media import PayloadTooLarge
        from falcon_media import UnserializableMedia
        from falcon_media_protobuf import ProtobufHandler
        from google.protobuf.descriptor_pb2 import DescriptorProto
        from google.protobuf.struct_pb2 import Struct

        def refuses(call, argument, error):
            try:
                call(argument)
            except error as ex:
                print(type(ex).__name__)

        types = ProtobufHandler(message=DescriptorProto)
        root = node = DescriptorProto(name='ž')
        for _ in range(63):
            node = node.nested_type.add()
        payload = types.serialize(root)
        assert types.deserialize(payload) == root
        node.nested_type.add()
        refuses(types.serialize, root, UnserializableMedia)
        refuses(types.deserialize, root.SerializeToString(), PayloadTooLarge)
        refuses(types.deserialize, b'\\x0a\\x01\\xff', MalformedPayload)
        refuses(types.deserialize, b'\\x0a\\x02a', MalformedPayload)
        refuses(types.deserialize, b'\\x0e', MalformedPayload)
        refuses(types.deserialize, b'', MalformedPayload)

        structs = ProtobufHandler(message=Struct)
        struct = Struct()
        struct.update({'a': [1.5, {'b': None}], 'c': 'x' * 300})
        assert structs.deserialize(structs.serialize(struct)) == struct
        cycle = {}
        cycle['a'] = {'struct_value': cycle}
        refuses(structs.serialize, {'fields': cycle}, UnserializableMedia)
        """,
        PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION='python',
    )
    assert printed.split() == [
        'UnserializableMedia',
        'PayloadTooLarge',
        *['MalformedPayload'] * 4,
        'UnserializableMedia',
    ]
