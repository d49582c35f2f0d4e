"""The bytes of the MessagePack specification, format by format, and bad ones."""

from __future__ import annotations

from math import inf
import struct
from typing import Any

from falcon_media import PayloadError
from falcon_media import PayloadTooLarge
from falcon_media import UnsupportedPayload
from falcon_media_testing import Batch
from falcon_media_testing import Refused

# What is written for a value, and read back as it.
SHORTEST: dict[str, object] = {
    'c0': None,
    'c2': False,
    'c3': True,
    # positive fixint, uint 8 to 64
    '00': 0,
    '7f': 127,
    'cc 80': 128,
    'cc ff': 255,
    'cd 0100': 256,
    'cd ffff': 65_535,
    'ce 00010000': 65_536,
    'ce ffffffff': 4_294_967_295,
    'cf 0000000100000000': 4_294_967_296,
    'cf ffffffffffffffff': 2**64 - 1,
    # negative fixint, int 8 to 64
    'ff': -1,
    'e0': -32,
    'd0 df': -33,
    'd0 80': -128,
    'd1 ff7f': -129,
    'd1 8000': -32_768,
    'd2 ffff7fff': -32_769,
    'd2 80000000': -2_147_483_648,
    'd3 ffffffff7fffffff': -2_147_483_649,
    'd3 8000000000000000': -(2**63),
    # float 64
    'cb 0000000000000000': 0.0,
    'cb 8000000000000000': -0.0,
    'cb 3ff8000000000000': 1.5,
    'cb 7ff0000000000000': inf,
    'cb fff0000000000000': -inf,
    'cb 7fefffffffffffff': 1.7976931348623157e308,
    'cb 0000000000000001': 5e-324,
    # fixstr, str 8 to 32
    'a0': '',
    'a1 61': 'a',
    'a6 c3a9f09f8e88': 'é🎈',
    'bf' + '61' * 31: 'a' * 31,
    'd9 20' + '61' * 32: 'a' * 32,
    'd9 ff' + '61' * 255: 'a' * 255,
    'da 0100' + '61' * 256: 'a' * 256,
    'db 00010000' + '61' * 65_536: 'a' * 65_536,
    # bin 8 to 32
    'c4 00': b'',
    'c4 02 00ff': b'\x00\xff',
    'c5 0100' + '00' * 256: bytes(256),
    'c6 00010000' + '00' * 65_536: bytes(65_536),
    # fixarray, array 16 and 32
    '90': [],
    '93 01 02 03': [1, 2, 3],
    '9f' + 'c0' * 15: [None] * 15,
    'dc 0010' + 'c0' * 16: [None] * 16,
    'dd 00010000' + 'c0' * 65_536: [None] * 65_536,
    # fixmap, map 16 and 32
    '80': {},
    '81 a1 61 01': {'a': 1},
    '81 c4 01 61 01': {b'a': 1},
    '82 a7 636f6d70616374 c3 a6 736368656d61 00': {'compact': True, 'schema': 0},
    'de 0010' + ''.join(f'a1 {key:02x} c0' for key in range(16)): {
        chr(key): None for key in range(16)
    },
}

# What is read as a value, and written in another way.
LONGER: dict[str, object] = {
    'cc 01': 1,
    'cd 0001': 1,
    'ce 00000001': 1,
    'cf 0000000000000001': 1,
    'd0 01': 1,
    'd1 ffff': -1,
    'd2 ffffffff': -1,
    'd3 ffffffffffffffff': -1,
    'd3 7fffffffffffffff': 2**63 - 1,
    'ca 3fc00000': 1.5,
    'ca 7f800000': inf,
    'd9 00': '',
    'da 0001 61': 'a',
    'db 00000001 61': 'a',
    'c5 0001 00': b'\x00',
    'c6 00000001 00': b'\x00',
    'dc 0001 c0': [None],
    'dd 00000000': [],
    'de 0001 a161 90': {'a': []},
    'df 00000001 a161 80': {'a': {}},
}

EXTENSIONS = {
    'd4 05 00': 1,
    'd5 05' + '00' * 2: 2,
    'd6 05' + '00' * 4: 4,
    'd7 05' + '00' * 8: 8,
    'd8 05' + '00' * 16: 16,
    'c7 00 05': 0,
    'c7 03 05' + '00' * 3: 3,
    'c8 0100 05' + '00' * 256: 256,
    'c9 00010000 05' + '00' * 65_536: 65_536,
}

# What no value is written as: never used, and what text can't be.
MALFORMED = {
    '': 'nothing at all',
    'c1': 'a byte that is never used',
    '91 c1': 'the same in an array',
    'a1 ff': 'no UTF-8',
    'a2 c3': 'truncated in UTF-8',
    'a2 c080': 'an overlong NUL',
    'a3 eda080': 'a surrogate in UTF-8',
    'a4 f4908080': 'beyond Unicode',
    '82 a161 01 a161 02': 'a key twice',
    '82 a161 01 d9 01 61 01': 'a key twice, in two ways',
    '83 c4 01 61 01 a161 02 c4 01 61 01': 'a binary key twice',
    '91 81 a161 82 a0 c0 a0 c0': 'a key twice, deep',
}

# What is MessagePack, and no key of a dict, or not by default.
KEYS = {
    '81 01 02': 'an int key',
    '81 c0 02': 'a nil key',
    '81 c2 02': 'a bool key',
    '81 cb 3ff8000000000000 02': 'a float key',
    '81 cb 7ff8000000000000 02': 'a NaN key',
    '81 90 02': 'an array key',
    '81 80 02': 'a map key',
}

TIMESTAMPS = {
    'd6 ff 00000000': (0, 0),
    'd6 ff ffffffff': (2**32 - 1, 0),
    'd7 ff 0000000100000000': (2**32, 0),
    'd7 ff 00000004 00000001': (1, 1),
    'd7 ff ee6b27ff ffffffff': (2**34 - 1, 999_999_999),
    'c7 0c ff 00000000 ffffffffffffffff': (-1, 0),
    'c7 0c ff 3b9ac9ff 7fffffffffffffff': (2**63 - 1, 999_999_999),
}

TIMES_OUT_OF_RANGE = [
    'd7 ff ee6b2800 00000000',
    'c7 0c ff 3b9aca00 0000000000000000',
    'c7 0c ff ffffffff 0000000000000000',
]
TIMESTAMP_OPTIONS: tuple[Any, ...] = (None, 0, 1, 2, 3)

# What is declared, and not there.
DECLARED = {
    'str 32': b'\xdb\xff\xff\xff\xff',
    'bin 32': b'\xc6\xff\xff\xff\xff',
    'ext 32': b'\xc9\xff\xff\xff\xff\x05',
    'timestamp': b'\xc9\xff\xff\xff\xff\xff',
    'array 32': b'\xdd\xff\xff\xff\xff',
    'map 32': b'\xdf\xff\xff\xff\xff',
    'array 16, again and again': b'\xdc\xff\xff' * 1000,
    'array 32, again and again': b'\xdd\x00\x00\x10\x00' * 1000,
    'map 16, again and again': b'\xde\xff\xff\xa1a' * 1000,
    'as much as 1,000 bytes hold': b'\xdc\x03\xe0' * 300 + bytes(100),
    'as much as 4,096 bytes hold': b'\xdc\x0f\xf0' * 64 + bytes(3900),
    'that again and again': b'\xdc\x0f\xf0' * 1000 + bytes(1000),
    'as much as 13,000 bytes hold': b'\xdc\x27\x10' * 1000 + bytes(10_000),
    'as many entries': b'\xde\x13\x88\xa1a' * 1000 + bytes(10_000),
}

# What is too deep, or too long, and not whole.
TOO_LARGE = [
    *(
        level * depth + b'\xc0'
        for level in (b'\x91', b'\x81\xa1a', b'\x91\x81\xa1a', b'\xdc\x00\x01')
        for depth in (65, 401, 1025, 250_000)
    ),
    *(
        b'\xdd' + struct.pack('>I', 300_000) + item * 300_000
        for item in (b'\x90', b'\x80', b'\xc0')
    ),
]

# One after another, as the specification's objects are in a stream.
BATCHES = (
    Batch([{'a': 1}, [2, None], 'text'], bytes.fromhex('81a16101 9202c0 a474657874')),
    Batch([[]], b'\x90'),
    Batch([[1], [2]], bytes.fromhex('dc000101 dd0000000102'), received_only=True),
)

REFUSED_BATCHES = (
    Refused(b'\x01\x92\x02', why='the last one is cut off'),
    Refused(b'\x01\xc1\x02', why='a byte that is never used'),
    Refused(b'\x01\xd4\x05a', UnsupportedPayload, why='an extension type'),
    Refused(b'\x01\xdd\xff\xff\xff\xff', why='more declared than there is'),
    Refused(b'\x91' * 1_000_000, PayloadError, why='deep, and cut off'),
    Refused(b'\x01' * 1000, PayloadTooLarge, why='too many'),
)
