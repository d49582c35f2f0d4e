"""The bytes themselves, worked out by hand from the encoding of Protocol Buffers.

A codec that is wrong both ways passes its own round trip. The samples are those of
https://protobuf.dev/programming-guides/encoding/, and what follows from its tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugins.protobuf.tests.schemas import Counters
from plugins.protobuf.tests.schemas import define
from plugins.protobuf.tests.schemas import Kinds
from plugins.protobuf.tests.schemas import Legacy

_golden = define(
    'golden',
    'proto3',
    {
        'Test1': ['int32 a = 1'],
        'Test2': ['string b = 2'],
        'Test3': ['Test1 c = 3'],
        'Test4': ['string d = 4', 'repeated int32 e = 6'],
        'Test6': ['map<string, int32> g = 7'],
    },
)
SAMPLES: list[tuple[Any, Mapping[str, Any], str]] = [
    # As they are in the guide.
    (_golden['Test1'], {'a': 150}, '08 9601'),
    (_golden['Test2'], {'b': 'testing'}, '12 07 74657374696e67'),
    (_golden['Test3'], {'c': {'a': 150}}, '1a 03 08 9601'),
    (
        _golden['Test4'],
        {'d': 'hello', 'e': [1, 2, 3]},
        '22 05 68656c6c6f 32 03 01 02 03',
    ),
    (_golden['Test4'], {'e': [3, 270, 86942]}, '32 06 03 8e02 9ea705'),
    (_golden['Test6'], {'g': {'a': 5}}, '3a 05 0a0161 1005'),
    # Numbers, by their wire types.
    (Kinds, {'a_int32': -1}, '08 ffffffffffffffffff01'),
    (Kinds, {'a_int64': -(2**63)}, '10 80808080808080808001'),
    (Kinds, {'a_uint32': 2**32 - 1}, '18 ffffffff0f'),
    (Kinds, {'a_uint64': 2**64 - 1}, '20 ffffffffffffffffff01'),
    (Kinds, {'a_sint32': -1}, '28 01'),
    (Kinds, {'a_sint32': 2**31 - 1}, '28 feffffff0f'),
    (Kinds, {'a_sint64': -(2**63)}, '30 ffffffffffffffffff01'),
    (Kinds, {'a_fixed32': 1}, '3d 01000000'),
    (Kinds, {'a_fixed64': 1}, '41 0100000000000000'),
    (Kinds, {'a_sfixed32': -2}, '4d feffffff'),
    (Kinds, {'a_sfixed64': -2}, '51 feffffffffffffff'),
    (Kinds, {'a_float': 1.5}, '5d 0000c03f'),
    (Kinds, {'a_double': 1.5}, '61 000000000000f83f'),
    (Kinds, {'a_double': -0.0}, '61 0000000000000080'),
    (Kinds, {'a_double': float('inf')}, '61 000000000000f07f'),
    (Kinds, {'a_bool': True}, '68 01'),
    # What has a length.
    (Kinds, {'a_string': 'ž€😀'}, '72 09 c5be e282ac f09f9880'),
    (Kinds, {'a_bytes': b'\0\xff'}, '7a 02 00ff'),
    (Kinds, {'color': 'BLUE'}, '8001 02'),
    (Kinds, {'color': 7}, '8001 07'),
    (Kinds, {'nested': {}}, '8a01 00'),
    (Kinds, {'parts': [{}, {'a_bool': True}]}, 'a201 00 a201 02 6801'),
    (Kinds, {'words': ['', 'a']}, '9a01 00 9a01 01 61'),
    (Kinds, {'reals': [0.5]}, 'aa01 08 000000000000e03f'),
    (Kinds, {'by_id': {-1: {}}}, 'c201 0d 08ffffffffffffffffff01 1200'),
    (Kinds, {'flags': {True: ''}}, 'ca01 04 0801 1200'),
    (Kinds, {'note': ''}, 'd201 00'),
    (Kinds, {'channel': 0}, 'e001 00'),
    (Legacy, {'id': 1, 'part': {'title': 'a'}}, '08 01 2b 0a 01 61 2c'),
]

# What stands for the same as other bytes do.
OTHERS: list[tuple[Any, str, Mapping[str, Any]]] = [
    # Parsers take a repeated field packed or not, in one piece or several.
    (Kinds, '9001 01 9201 02 0203 9001 04', {'numbers': [1, 2, 3, 4]}),
    # Of a field that comes twice, the last value is taken ...
    (Kinds, '08 01 08 02', {'a_int32': 2}),
    # ... messages are merged ...
    (Kinds, '8a01 02 0801 8a01 02 1001', {'nested': {'a_int32': 1, 'a_int64': 1}}),
    # ... of a oneof the last member, and of a map the last entry with a key.
    (Kinds, 'da01 01 61 e001 07', {'channel': 7}),
    (Kinds, 'ba01 05 0a0161 1001 ba01 05 0a0161 1002', {'counts': {'a': 2}}),
    # The order of fields and of an entry's parts, and what is left out of it.
    (Kinds, '1001 0801', {'a_int32': 1, 'a_int64': 1}),
    (Kinds, 'ba01 05 1001 0a0161', {'counts': {'a': 1}}),
    (Kinds, 'ba01 00', {'counts': {'': 0}}),
    (Kinds, 'c201 00', {'by_id': {0: {}}}),
    # Tags, lengths and numbers with more bytes than they need.
    (Kinds, '8800 01', {'a_int32': 1}),
    (Kinds, 'f200 8100 61', {'a_string': 'a'}),
    (Kinds, '08 8180808000', {'a_int32': 1}),
    # A number that does not fit is cut, as in C.
    (Kinds, '08 8180808010', {'a_int32': 1}),
    (Kinds, '68 02', {'a_bool': True}),
]

# What a schema does not know.
UNKNOWN: list[tuple[Any, str]] = [
    # A field that the schema does not have, in each wire type.
    (Kinds, 'c80c 01'),
    (Kinds, 'c90c 0000000000000000'),
    (Kinds, 'ca0c 01ff'),
    (Kinds, 'cb0c 0801 cc0c'),
    (Kinds, 'cd0c 00000000'),
    # A field with another wire type than the schema has it.
    (Kinds, '0a 01 61'),
    (Kinds, '8b01 0801 8c01'),
    (Counters, '23 24'),
    # Of a closed enum, a value that it does not have.
    (Legacy, '0801 3007'),
    # An extension.
    (Legacy, '0801 c23e 0161'),
]

# What is malformed for Kinds.
MALFORMED = [
    # Truncated: in a tag, a number, a length, what has a length, a group.
    '88',
    '08',
    '08 ff',
    '61 00',
    '5d 000000',
    '72',
    '72 80',
    '72 02 61',
    '8a01 02 08',
    '8a01 01 08 01',
    'cb0c 0801',
    # Lengths of 2 GiB, 4 GiB and 2^60, also nested in one that fits.
    '72 ffffffff07',
    '72 ffffffff0f',
    '72 808080808080808010',
    '8a01 06 72 ffffffff0f',
    '9201 808080808080808010',
    # Wire types 6 and 7, and field number 0.
    '0e',
    '0f',
    '00 00',
    '02 00',
    # The end of a group that did not begin, or of another one.
    '0c',
    'cb0c d40c',
    # Numbers of more than ten bytes.
    '08 8080808080808080808000',
    '808080808000 01',
    # Strings that are not UTF-8, where they are checked by protobuf itself.
    '72 01 ff',
    '72 02 c080',
    '72 03 eda080',
    '72 04 f4908080',
    '9a01 01 ff',
    'ba01 03 0a01ff',
    'ca01 03 1201ff',
    # Other formats.
    '7b2261223a 317d',
    '83a16101',
    'efbbbf',
]
