"""The bytes themselves, by the MessagePack specification, format by format."""

from __future__ import annotations

from collections.abc import Mapping
import datetime as dt
from math import inf
import struct
from typing import Any

import msgpack
import pytest

from falcon_media import MalformedPayload
from falcon_media import UnsupportedPayload
from falcon_media_msgpack import MessagePackHandler

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
    '81 01 02': 'an int key',
    '81 c0 02': 'a nil key',
    '81 c2 02': 'a bool key',
    '81 cb 3ff8000000000000 02': 'a float key',
    '81 cb 7ff8000000000000 02': 'a NaN key',
    '81 90 02': 'an array key',
    '81 80 02': 'a map key',
    '82 a161 01 a161 02': 'a key twice',
    '82 a161 01 d9 01 61 01': 'a key twice, in two ways',
    '83 c4 01 61 01 a161 02 c4 01 61 01': 'a binary key twice',
    '91 81 a161 82 a0 c0 a0 c0': 'a key twice, deep',
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


def by_hex(cases: Mapping[str, object]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ('payload', 'value'),
        [(bytes.fromhex(text), value) for text, value in cases.items()],
        ids=[text[:30] or 'empty' for text in cases],
    )


def same(one: object, other: object) -> bool:
    return one == other and type(one) is type(other) and repr(one) == repr(other)


@by_hex(SHORTEST)
def test_a_value_is_written_in_the_shortest_format(
    payload: bytes, value: object
) -> None:
    handler = MessagePackHandler()
    assert handler.serialize(value) == payload
    assert same(handler.deserialize(payload), value)


def test_a_map_32_is_written_and_read() -> None:
    value = {f'{key:05}': None for key in range(65_536)}
    payload = b'\xdf\x00\x01\x00\x00' + b''.join(
        b'\xa5%05d\xc0' % key for key in range(65_536)
    )
    handler = MessagePackHandler()
    assert handler.serialize(value) == payload
    assert handler.deserialize(payload) == value


def test_nan_is_written_and_read() -> None:
    handler = MessagePackHandler()
    payload = bytes.fromhex('cb 7ff8000000000000')
    assert handler.serialize(float('nan')) == payload
    value = handler.deserialize(payload)
    assert isinstance(value, float)
    assert struct.pack('>d', value) == payload[1:]


@by_hex(LONGER)
def test_a_longer_format_is_read_as_well(payload: bytes, value: object) -> None:
    assert same(MessagePackHandler().deserialize(payload), value)


@by_hex(EXTENSIONS)
def test_each_extension_format_is_refused_or_given_to_the_hook(
    payload: bytes, value: int
) -> None:
    for wrapped in (payload, b'\x91' + payload, b'\x81\xa1a' + payload):
        with pytest.raises(UnsupportedPayload):
            MessagePackHandler().deserialize(wrapped)
    handler = MessagePackHandler(ext_hook=msgpack.ExtType)
    assert handler.deserialize(payload) == msgpack.ExtType(5, bytes(value))
    assert handler.serialize(msgpack.ExtType(5, bytes(value))) == payload


@by_hex(MALFORMED)
def test_what_is_malformed_is_refused(payload: bytes, value: str) -> None:
    with pytest.raises(MalformedPayload):
        MessagePackHandler().deserialize(payload)


@by_hex(TIMESTAMPS)
def test_a_timestamp_is_refused_or_read(payload: bytes, value: tuple[int, int]) -> None:
    with pytest.raises(UnsupportedPayload):
        MessagePackHandler().deserialize(payload)
    handler = MessagePackHandler(timestamp=0)
    assert handler.deserialize(payload) == msgpack.Timestamp(*value)
    assert handler.serialize(msgpack.Timestamp(*value)) == payload


@pytest.mark.parametrize('payload', TIMES_OUT_OF_RANGE)
@pytest.mark.parametrize('timestamp', TIMESTAMP_OPTIONS)
def test_a_timestamp_out_of_range_is_malformed(payload: str, timestamp: Any) -> None:
    with pytest.raises(MalformedPayload):
        MessagePackHandler(timestamp=timestamp).deserialize(bytes.fromhex(payload))


@pytest.mark.parametrize('size', [0, 1, 3, 5, 16])
def test_a_timestamp_of_another_length_is_refused(size: int) -> None:
    payload = bytes([0xC7, size, 0xFF]) + bytes(size)
    for timestamp in TIMESTAMP_OPTIONS:
        with pytest.raises(MalformedPayload):
            MessagePackHandler(timestamp=timestamp).deserialize(payload)


@pytest.mark.parametrize('seconds', [-(2**63), 2**63 - 1, 2**38, -(2**38)])
def test_a_timestamp_that_no_datetime_can_hold_is_malformed(seconds: int) -> None:
    payload = b'\xc7\x0c\xff' + struct.pack('>Iq', 0, seconds)
    with pytest.raises(MalformedPayload):
        MessagePackHandler(timestamp=3).deserialize(payload)


@pytest.mark.parametrize(
    'when',
    [
        dt.datetime(1, 1, 1, tzinfo=dt.UTC),
        dt.datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=dt.UTC),
        dt.datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=dt.UTC),
    ],
)
def test_each_datetime_is_carried(when: dt.datetime) -> None:
    handler = MessagePackHandler(timestamp=3)
    payload = handler.serialize(when)
    assert isinstance(payload, bytes)
    assert handler.deserialize(payload) == when
