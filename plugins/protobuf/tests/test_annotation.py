"""What the bytes of a message mean; that it holds for any, the contract asks."""

from __future__ import annotations

from typing import Any

from google.protobuf.struct_pb2 import Struct
from google.protobuf.struct_pb2 import Value
from plugins.protobuf.tests import sample_pb2
from plugins.protobuf.tests.schemas import Kinds
from plugins.protobuf.tests.schemas import Legacy
from plugins.protobuf.tests.schemas import NICKNAME
import pytest

from falcon_media import Registry
from falcon_media_protobuf import ProtobufHandler

annotate = Registry.discover().find('protobuf', None).annotate


def told(payload: str, message: object, **options: object) -> list[str]:
    """Each span as a line: its bytes, what they mean, and whether they are wrong."""
    data = bytes.fromhex(payload)
    assert callable(annotate)
    return [
        f'{data[span.start : span.end].hex()} '
        f'{"  " * span.depth}{span.text}{" !" if span.fault else ""}'
        for span in annotate(data, {'message': message, **options})
    ]


def test_a_sample() -> None:
    assert told(
        '0a026431 120b 08fbffffffffffffffff01 1a10 000000000000f83f 0000000000000040'
        '2206 0a016b 120176 3001 3a09 090000000000000040 4009',
        sample_pb2.Sample,
    ) == [
        '0a026431 1 device: string(2) "d1"',
        '120b 2 taken: google.protobuf.Timestamp(11)',
        '08fbffffffffffffffff01   1 seconds: int64 -5',
        '1a10 3 values: packed double(16)',
        '000000000000f83f   double 1.5',
        '0000000000000040   double 2.0',
        '2206 4 labels: map entry(6)',
        '0a016b   1 key: string(1) "k"',
        '120176   2 value: string(1) "v"',
        '3001 6 quality: enum 1 QUALITY_GOOD',
        '3a09 7 position: falcon_media_protobuf.tests.Sample.Position(9)',
        '090000000000000040   1 latitude: double 2.0',
        '4009 8 channel: uint32 9',
    ]


@pytest.mark.parametrize(
    ('payload', 'text'),
    [
        ('08 ffffffffffffffffff01', '1 a_int32: int32 -1'),
        ('10 ffffffffffffffff7f', f'2 a_int64: int64 {2**63 - 1}'),
        ('20 ffffffffffffffffff01', f'4 a_uint64: uint64 {2**64 - 1}'),
        ('28 03', '5 a_sint32: sint32 -2'),
        ('30 ffffffffffffffffff01', f'6 a_sint64: sint64 {-(2**63)}'),
        ('3d 01000080', f'7 a_fixed32: fixed32 {2**31 + 1}'),
        ('41 ffffffffffffffff', f'8 a_fixed64: fixed64 {2**64 - 1}'),
        ('4d ffffffff', '9 a_sfixed32: sfixed32 -1'),
        ('51 feffffffffffffff', '10 a_sfixed64: sfixed64 -2'),
        ('5d 0000c03f', '11 a_float: float 1.5'),
        ('68 01', '13 a_bool: bool true'),
        ('68 00', '13 a_bool: bool false'),
        ('72 00', '14 a_string: string(0) ""'),
        ('7a 02 00ff', '15 a_bytes: bytes(2) 0x00ff'),
        ('8001 02', '16 color: enum 2 BLUE'),
        ('8001 07', '16 color: enum 7 (not in the schema)'),
        ('9001 05', '18 numbers: int32 5'),
        ('f807 05', '127 (not in the schema): varint 5'),
        ('fd07 01020304', '127 (not in the schema): 32 bits 0x01020304'),
        (
            'f907 0102030405060708',
            '127 (not in the schema): 64 bits 0x0102030405060708',
        ),
        ('fa07 01 ff', '127 (not in the schema): bytes(1) 0xff'),
        ('0a 01 ff', '1 a_int32 (not as in the schema): bytes(1) 0xff'),
    ],
)
def test_one_field(payload: str, text: str) -> None:
    assert told(payload, Kinds) == [f'{bytes.fromhex(payload).hex()} {text}']


def test_packed_numbers() -> None:
    assert told('9201 03 01 ac02', Kinds) == [
        '920103 18 numbers: packed int32(3)',
        '01   int32 1',
        'ac02   int32 300',
    ]


def test_groups_and_extensions() -> None:
    assert told('0801 2b 0a0161 2c c23e 0162', Legacy) == [
        '0801 1 id: int32 1',
        '2b 5 part: group',
        '0a0161   1 title: string(1) "a"',
        '2c 5: end of group',
        'c23e0162 1000 nickname: string(1) "b"',
    ]


def test_nothing_is_known_of_a_message_that_is_not_in_the_schema() -> None:
    assert told('7b 0801 7c', Legacy) == [
        '7b 15 (not in the schema): group',
        '0801   1 (not in the schema): varint 1',
        '7c 15: end of group',
    ]


@pytest.mark.parametrize(
    ('payload', 'start', 'text'),
    [
        ('00 01', 0, '0 is no field number'),
        ('0f', 0, '7 is no wire type'),
        ('08', 0, 'cut off: 1 byte needed, 0 left'),
        ('08 ffffffffffffffffffff01', 0, 'a number of too many bytes'),
        ('0801 72 05 6162', 2, 'cut off: 5 bytes needed, 2 left'),
        ('72 02 61ff', 3, 'invalid UTF-8: invalid start byte'),
        ('8a01 02 72 05 6162', 3, 'cut off: 5 bytes needed, 0 left'),
        ('8a01 01 08 05', 3, 'past the end of what it is in'),
        ('9201 01 ff 01', 3, 'past the end of what it is in'),
        ('0c', 0, 'the end of a group 1, which is not open'),
        ('7b 0801', 3, 'cut off: 1 byte needed, 0 left'),
        ('7b 0801 84 01', 3, 'the end of a group 16, which is not open'),
    ],
)
def test_what_is_wrong(payload: str, start: int, text: str) -> None:
    assert callable(annotate)
    *_, fault = annotate(bytes.fromhex(payload), {'message': Kinds})
    assert fault.fault
    assert (fault.start, fault.text) == (start, text)


def test_what_an_option_lets_through() -> None:
    assert told('', Kinds) == []
    assert told('', Kinds, allow_empty=False) == [' empty !']
    assert told('0801 1201ff', Legacy, allow_invalid_utf8=True)[1:] == [
        '1201ff 2 name: string(1), no UTF-8: 0xff'
    ]
    assert told('0801 1201', Legacy, allow_invalid_utf8=True)[1:] == [
        '1201 cut off: 1 byte needed, 0 left !'
    ]


# -------------------------------------------------------------------- plain objects


def test_a_message_as_plain_objects() -> None:
    plain = Registry.discover().find('protobuf', None).plain
    assert plain is not None
    message = Kinds(
        a_int64=-(2**63),
        a_bytes=b'\xff',
        color=2,
        nested=Kinds(a_bool=True),
        numbers=[1, 2],
        parts=[Kinds(), Kinds(a_string='x')],
        counts={'a': 1},
        by_id={7: Kinds(color=1)},
        note='',
    )
    assert plain(message) == {
        'a_int64': -(2**63),
        'a_bytes': b'\xff',
        'color': 2,
        'nested': {'a_bool': True},
        'numbers': [1, 2],
        'parts': [{}, {'a_string': 'x'}],
        'counts': {'a': 1},
        'by_id': {7: {'color': 1}},
        'note': '',
    }


def test_an_extension_has_no_name_to_be_given_by() -> None:
    plain = Registry.discover().find('protobuf', None).plain
    assert plain is not None
    message = Legacy(id=1)
    message.Extensions[NICKNAME] = 'x'
    assert plain(message) == {'id': 1}


def test_json_in_a_message_comes_back_as_it_was() -> None:
    plain = Registry.discover().find('protobuf', None).plain
    assert plain is not None
    media: Any = {
        'extra': {'a': [1.5, None, {'b': True}], 'fields': {'x': 'y'}},
        'more': [{'k': []}, 's', [2.0]],
        'structs': {'q': {'fields': {'z': {'struct_value': {'n': None}}}}},
    }
    handler = ProtobufHandler(message=Kinds)
    message = handler.deserialize(bytes(handler.serialize(media)))
    assert plain(message) == media
    for cls, fields in (
        (Value, {'struct_value': {'a': {'b': [1.0, 2.0]}}}),
        (Struct, {'fields': {'a': {'list_value': [{'c': None}]}}}),
        (Value, {}),
    ):
        handler = ProtobufHandler(message=cls)
        made: Any = cls(**fields)
        assert plain(made) == fields
        assert handler.deserialize(bytes(handler.serialize(plain(made)))) == made
