"""The bytes that options make, and admit."""

from __future__ import annotations

from collections.abc import Mapping
import datetime as dt
import struct
from typing import Any

import msgpack
from plugins.msgpack.tests import payloads
import pytest

from falcon_media import MalformedPayload
from falcon_media import UnsupportedPayload
from falcon_media_msgpack import MessagePackHandler


def by_hex(cases: Mapping[str, object]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ('payload', 'value'),
        [(bytes.fromhex(text), value) for text, value in cases.items()],
        ids=[text[:30] or 'empty' for text in cases],
    )


def test_a_map_32_is_written_and_read() -> None:
    value = {f'{key:05}': None for key in range(65_536)}
    payload = b'\xdf\x00\x01\x00\x00' + b''.join(
        b'\xa5%05d\xc0' % key for key in range(65_536)
    )
    handler = MessagePackHandler()
    assert handler.serialize(value) == payload
    assert handler.deserialize(payload) == value


@by_hex(payloads.EXTENSIONS)
def test_each_extension_format_is_refused_or_given_to_the_hook(
    payload: bytes, value: int
) -> None:
    for wrapped in (payload, b'\x91' + payload, b'\x81\xa1a' + payload):
        with pytest.raises(UnsupportedPayload):
            MessagePackHandler().deserialize(wrapped)
    handler = MessagePackHandler(ext_hook=msgpack.ExtType)
    assert handler.deserialize(payload) == msgpack.ExtType(5, bytes(value))
    assert handler.serialize(msgpack.ExtType(5, bytes(value))) == payload


@pytest.mark.parametrize('option', [None, False])
@by_hex(payloads.TIMESTAMPS)
def test_a_timestamp_is_refused_or_read(
    payload: bytes, value: tuple[int, int], option: Any
) -> None:
    for hook in (None, msgpack.ExtType):
        closed = MessagePackHandler(timestamp=option, ext_hook=hook)
        for wrapped in (payload, b'\x91' + payload, b'\x81\xa1a' + payload):
            with pytest.raises(UnsupportedPayload, match='timestamp=3'):
                closed.deserialize(wrapped)
    handler = MessagePackHandler(timestamp=0)
    assert handler.deserialize(payload) == msgpack.Timestamp(*value)
    assert handler.serialize(msgpack.Timestamp(*value)) == payload


@pytest.mark.parametrize('payload', payloads.TIMES_OUT_OF_RANGE)
@pytest.mark.parametrize('timestamp', payloads.TIMESTAMP_OPTIONS)
def test_a_timestamp_out_of_range_is_malformed(payload: str, timestamp: Any) -> None:
    with pytest.raises(MalformedPayload):
        MessagePackHandler(timestamp=timestamp).deserialize(bytes.fromhex(payload))


@pytest.mark.parametrize('size', [0, 1, 3, 5, 16])
def test_a_timestamp_of_another_length_is_refused(size: int) -> None:
    payload = bytes([0xC7, size, 0xFF]) + bytes(size)
    for timestamp in payloads.TIMESTAMP_OPTIONS:
        with pytest.raises(MalformedPayload):
            MessagePackHandler(timestamp=timestamp).deserialize(payload)


@pytest.mark.parametrize('seconds', [-(2**63), 2**63 - 1, 2**38, -(2**38)])
def test_a_timestamp_that_no_datetime_can_hold_is_refused(seconds: int) -> None:
    payload = b'\xc7\x0c\xff' + struct.pack('>Iq', 0, seconds)
    with pytest.raises(UnsupportedPayload, match='timestamp=0'):
        MessagePackHandler().deserialize(payload)


HEADS = {4: ('d6', 'c704', 'c80004', 'c900000004'), 8: ('d7', 'c708', 'c80008')}
HEADS[12] = ('c70c', 'c8000c', 'c90000000c')


def timestamp(head: str, size: int, nanoseconds: int) -> bytes:
    number = {4: 1, 8: nanoseconds << 34 | 1, 12: nanoseconds << 64 | 1}[size]
    return bytes.fromhex(head) + b'\xff' + number.to_bytes(size)


@pytest.mark.parametrize(('size', 'head'), [(n, h) for n in HEADS for h in HEADS[n]])
@pytest.mark.parametrize('option', [3, 1])
def test_a_time_finer_than_a_microsecond_is_refused_or_cut(
    size: int, head: str, option: Any
) -> None:
    coarse, fine = (timestamp(head, size, n) for n in (123_456_000, 123_456_789))
    handler = MessagePackHandler(timestamp=option)
    if size == 4:
        handler.deserialize(fine)
        return
    for wrap in (b'', b'\x91', b'\x81\xa1a', b'\x92\xc4\x02\xd7\xff'):
        handler.deserialize(wrap + coarse)
        with pytest.raises(UnsupportedPayload, match='truncate_nanoseconds'):
            handler.deserialize(wrap + fine)
    cutting = MessagePackHandler(timestamp=option, truncate_nanoseconds=True)
    expected = msgpack.unpackb(fine, timestamp=option)
    assert cutting.deserialize(fine) == expected
    if option == 3:
        assert expected.microsecond == 123_456


def test_a_time_before_1970_is_cut_to_the_microsecond_before() -> None:
    payload = b'\xc7\x0c\xff' + struct.pack('>Iq', 999, -1)
    handler = MessagePackHandler(truncate_nanoseconds=True)
    assert handler.deserialize(payload) == dt.datetime(
        1969, 12, 31, 23, 59, 59, tzinfo=dt.UTC
    )


def test_a_key_and_a_nested_time_are_looked_at_too() -> None:
    fine = timestamp('d7', 8, 1)
    handler = MessagePackHandler(strict_map_key=False, ext_hook=msgpack.ExtType)
    for payload in (b'\x81' + fine + b'\x01', b'\x93\xd4\x05a\x80\x92\x01' + fine):
        with pytest.raises(UnsupportedPayload, match='truncate_nanoseconds'):
            handler.deserialize(payload)


@pytest.mark.parametrize('option', payloads.TIMESTAMP_OPTIONS)
def test_bytes_that_look_like_a_time_are_none(option: Any) -> None:
    handler = MessagePackHandler(timestamp=option, ext_hook=msgpack.ExtType)
    looks = [timestamp(h, n, 1) for n in HEADS for h in HEADS[n]]
    media = [msgpack.ExtType(5, b''.join(looks)), looks, {'a': b''.join(looks)}]
    assert handler.deserialize(msgpack.packb(media)) == media


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
