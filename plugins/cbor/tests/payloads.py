"""The bytes of RFC 8949 (its appendices A and F), and other bytes worth a try."""

from __future__ import annotations

from collections.abc import Iterator
import datetime as dt
import math
from typing import Any
from uuid import UUID

import cbor2

from falcon_media import MalformedPayload
from falcon_media import PayloadError
from falcon_media import PayloadTooLarge
from falcon_media import UnsupportedPayload

UTC = dt.UTC


def _parted(text: str) -> list[str]:
    return text.split()


# Appendix A: what is accepted, with the value that it has.
ACCEPTED: list[tuple[str, Any]] = [
    ('00', 0),
    ('01', 1),
    ('0a', 10),
    ('17', 23),
    ('1818', 24),
    ('1819', 25),
    ('1864', 100),
    ('1903e8', 1000),
    ('1a000f4240', 1000000),
    ('1b000000e8d4a51000', 1000000000000),
    ('1bffffffffffffffff', 18446744073709551615),
    ('c249010000000000000000', 18446744073709551616),
    ('3bffffffffffffffff', -18446744073709551616),
    ('c349010000000000000000', -18446744073709551617),
    ('20', -1),
    ('29', -10),
    ('3863', -100),
    ('3903e7', -1000),
    ('f90000', 0.0),
    ('f98000', -0.0),
    ('f93c00', 1.0),
    ('fb3ff199999999999a', 1.1),
    ('f93e00', 1.5),
    ('f97bff', 65504.0),
    ('fa47c35000', 100000.0),
    ('fa7f7fffff', 3.4028234663852886e38),
    ('fb7e37e43c8800759c', 1.0e300),
    ('f90001', 5.960464477539063e-8),
    ('f90400', 0.00006103515625),
    ('f9c400', -4.0),
    ('fbc010666666666666', -4.1),
    ('f97c00', math.inf),
    ('f97e00', math.nan),
    ('f9fc00', -math.inf),
    ('fa7f800000', math.inf),
    ('fa7fc00000', math.nan),
    ('faff800000', -math.inf),
    ('fb7ff0000000000000', math.inf),
    ('fb7ff8000000000000', math.nan),
    ('fbfff0000000000000', -math.inf),
    ('f4', False),
    ('f5', True),
    ('f6', None),
    (
        'c074323031332d30332d32315432303a30343a30305a',
        dt.datetime(2013, 3, 21, 20, 4, tzinfo=UTC),
    ),
    ('c11a514b67b0', dt.datetime(2013, 3, 21, 20, 4, tzinfo=UTC)),
    ('c1fb41d452d9ec200000', dt.datetime(2013, 3, 21, 20, 4, 0, 500_000, tzinfo=UTC)),
    ('40', b''),
    ('4401020304', b'\x01\x02\x03\x04'),
    ('60', ''),
    ('6161', 'a'),
    ('6449455446', 'IETF'),
    ('62225c', '"\\'),
    ('62c3bc', '\u00fc'),
    ('63e6b0b4', '\u6c34'),
    ('64f0908591', '\U00010151'),
    ('80', []),
    ('83010203', [1, 2, 3]),
    ('8301820203820405', [1, [2, 3], [4, 5]]),
    (
        '98190102030405060708090a0b0c0d0e0f101112131415161718181819',
        [*range(1, 26)],
    ),
    ('a0', {}),
    ('a26161016162820203', {'a': 1, 'b': [2, 3]}),
    ('826161a161626163', ['a', {'b': 'c'}]),
    (
        'a56161614161626142616361436164614461656145',
        {'a': 'A', 'b': 'B', 'c': 'C', 'd': 'D', 'e': 'E'},
    ),
]

# Appendix A: what takes an option, with the option.
OPTIONAL: list[tuple[str, str, object]] = [
    ('a201020304', 'allow_integer_keys', {1: 2, 3: 4}),
    ('a1 3bffffffffffffffff 00', 'allow_integer_keys', {-(2**64): 0}),
    ('a1 1bffffffffffffffff 00', 'allow_integer_keys', {2**64 - 1: 0}),
    ('bf 01 9f ff 20 5f 41 61 ff ff', 'allow_integer_keys', {1: [], -1: b'a'}),
    ('5f42010243030405ff', 'allow_indefinite', b'\x01\x02\x03\x04\x05'),
    ('7f657374726561646d696e67ff', 'allow_indefinite', 'streaming'),
    ('9fff', 'allow_indefinite', []),
    ('9f018202039f0405ffff', 'allow_indefinite', [1, [2, 3], [4, 5]]),
    ('9f01820203820405ff', 'allow_indefinite', [1, [2, 3], [4, 5]]),
    ('83018202039f0405ff', 'allow_indefinite', [1, [2, 3], [4, 5]]),
    ('83019f0203ff820405', 'allow_indefinite', [1, [2, 3], [4, 5]]),
    (
        '9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff',
        'allow_indefinite',
        [*range(1, 26)],
    ),
    ('bf61610161629f0203ffff', 'allow_indefinite', {'a': 1, 'b': [2, 3]}),
    ('826161bf61626163ff', 'allow_indefinite', ['a', {'b': 'c'}]),
    ('bf6346756ef563416d7421ff', 'allow_indefinite', {'Fun': True, 'Amt': -2}),
]

# Appendix A: the rest of it, tags and simple values.
REFUSED = [
    'f7',
    'f0',
    'f8ff',
    'd74401020304',
    'd818456449455446',
    'd82076687474703a2f2f7777772e6578616d706c652e636f6d',
]

# Appendix F.
NOT_WELL_FORMED = _parted(
    """

    """
)

# What is sent.
ENCODED = [
    (0, '00'),
    (24, '1818'),
    (-1000, '3903e7'),
    (2**64 - 1, '1bffffffffffffffff'),
    (2**64, 'c249010000000000000000'),
    (-(2**64), '3bffffffffffffffff'),
    (-(2**64) - 1, 'c349010000000000000000'),
    (1.1, 'fb3ff199999999999a'),
    (-0.0, 'fb8000000000000000'),
    (math.inf, 'f97c00'),
    (math.nan, 'f97e00'),
    (False, 'f4'),
    (True, 'f5'),
    (None, 'f6'),
    ('\U00010151', '64f0908591'),
    (b'\x01\x02', '420102'),
    ([1, [2, 3]], '8201820203'),
    ({'a': 1, b'b': []}, 'a2616101416280'),
    (
        dt.datetime(2013, 3, 21, 20, 4, tzinfo=UTC),
        'c074323031332d30332d32315432303a30343a30305a',
    ),
    (
        dt.datetime(2013, 3, 21, tzinfo=dt.timezone(dt.timedelta(hours=-3.5))),
        'c07819323031332d30332d32315430303a30303a30302d30333a3330',
    ),
    (dt.date(2013, 3, 21), 'd903ec6a323031332d30332d3231'),
    (UUID(int=1), 'd8255000000000000000000000000000000001'),
]

# Declared lengths that are not there: of bytes, text, arrays and maps.
LENGTHS = [
    payload
    for major in (0x40, 0x60, 0x80, 0xA0)
    for info, size in (
        (26, 'ffffffff'),
        (27, '1000000000000000'),
        (27, 'ffffffffffffffff'),
    )
    for head in [bytes([major | info]) + bytes.fromhex(size)]
    for payload in (head, head + b'`', b'\x81' * 5 + head, (head + b'`') * 7)
]

# Text that is no UTF-8, and keys that are there twice.
MALFORMED = [
    '62c328',
    '63eda080',
    '61c3',
    '62c080',
    '64f4908080',
    '7a00010002' + '61' * 65536 + 'c328',
    'a1 6161',
    'a2 6161 00 6161 00',
]

# What comes after the end.
TRAILING = ['00', 'f7', 'd81c80', '9fff', '81' * 100, 'c5820001', 'ff']

# Tags, simple values and keys; each is tried within others, too.
TAGS: list[tuple[str, type[PayloadError]]] = [
    ('d81e 82 6a 31653939393939393939 f6', UnsupportedPayload),  # 30
    ('d81e 82 01 02', UnsupportedPayload),
    ('c4 82 1b7fffffffffffffff 01', UnsupportedPayload),
    ('c5 82 1b7fffffffffffffff 01', UnsupportedPayload),
    ('d81c 81 d81d00', UnsupportedPayload),  # 28, 29
    ('d81d00', UnsupportedPayload),
    ('d90100 82 6161 d81900', UnsupportedPayload),  # 256, 25
    ('d823 62 282a', UnsupportedPayload),  # 35
    ('d824 60', UnsupportedPayload),  # 36
    ('d90102 81 01', UnsupportedPayload),  # 258
    ('d9a7f8 82 01 02', UnsupportedPayload),  # 43000
    ('d9d9f7 80', UnsupportedPayload),  # 55799
    ('db' + 'ff' * 8 + '00', UnsupportedPayload),
    ('f7', UnsupportedPayload),
    ('81 f7', UnsupportedPayload),
    ('a1 6161 f7', UnsupportedPayload),
    ('e5', UnsupportedPayload),
    ('f8ff', UnsupportedPayload),
    ('a1 f7 00', UnsupportedPayload),
    ('a1 80 00', UnsupportedPayload),
    ('a1 c249010000000000000000 00', UnsupportedPayload),
    ('a3 01 00 f93c00 00 f5 00', UnsupportedPayload),  # {1, 1.0, True}
    ('a1 d8255000000000000000000000000000000001 00', UnsupportedPayload),
    ('a2 01 00 1801 00', MalformedPayload),  # {1, 1}
    ('a2 01 00 c24101 00', UnsupportedPayload),
    ('a1 bf ff 00', UnsupportedPayload),
    ('bf 80 00 ff', UnsupportedPayload),
    # Of the tags that are accepted: what they must not hold.
    ('c0 00', MalformedPayload),
    ('c0 80', MalformedPayload),
    ('c0 f7', MalformedPayload),
    ('c1 60', MalformedPayload),
    ('c1 f5', MalformedPayload),
    ('c1 f97e00', MalformedPayload),
    ('c1 f97c00', MalformedPayload),
    ('c1 1b7fffffffffffffff', UnsupportedPayload),
    ('c1 fb7e37e43c8800759c', UnsupportedPayload),
    ('c1 fb3fb999999999999b', UnsupportedPayload),  # 0.1 and a little
    ('c1 c249010000000000000000', UnsupportedPayload),
    ('c1 c074323031332d30332d32315432303a30343a30305a', MalformedPayload),
    ('c2 83010203', MalformedPayload),
    ('c2 00', MalformedPayload),
    ('c3 60', MalformedPayload),
    ('d825 4f' + '00' * 15, MalformedPayload),
    ('d825 51' + '00' * 17, MalformedPayload),
    ('d825 90' + '00' * 16, MalformedPayload),
    ('d825 70' + '61' * 16, MalformedPayload),
    ('d903ec 00', MalformedPayload),
    ('c2 5904010000' + '00' * 1023, PayloadTooLarge),
]

# What is no date and time of RFC 3339 (tag 0).
DATE_TIMES = [
    '',
    '2013-03-21',
    '2013-03-21T20:04:00',
    '2013-03-21 20:04:00Z',
    '2013-03-21T20:04Z',
    '2013-03-21t20:04:00z',
    '20130321T200400Z',
    '2013-W12-4T20:04:00Z',
    '2013-03-21T20:04:00,5Z',
    '2013-03-21T20:04:00.Z',
    '2013-03-21T24:00:00Z',
    '2013-03-21T23:59:60Z',
    '2013-02-30T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '2013-03-21T20:04:00+24:00',
    '2013-03-21T20:04:00+01:00:30',
    '\uff12\uff1013-03-21T20:04:00Z',
    '2013-03-21T20:04:00Z\n',
    '2013-03-21T20:04:00.' + '9' * 100_000,
]

# What is no date (tag 1004).
DATES = [
    '',
    '2013-3-21',
    '20130321',
    '2013-W12-4',
    '2013-02-29',
    '\uff12\uff1013-03-21',
]


def bombs() -> Iterator[bytes]:
    """Yield payloads that cost cbor2 seconds, much memory, or the process."""
    for levels in (65, 1_025, 300_000):
        for head in ('81', 'a160', '8200', 'a2616100 6162', 'c0', 'd81c', '9f'):
            for leaf in ('', '80'):
                yield bytes.fromhex(head) * levels + bytes.fromhex(leaf)
    for items in (b'\x80', b'\xa0', b'\x00', b'\x9f\xff'):
        yield b'\x9f' + items * (1_000_000 // len(items)) + b'\xff'
    for items in (b'\x80', b'\xa0', b'\x00', b'\x9a\xff\xff\xff\xff'):
        yield b'\x9a' + (1_000_000).to_bytes(4) + items * (1_000_000 // len(items))
    for items in (b'\x80', b'\x00'):
        inner = b'\x99\x04\x00' + items * 1_024
        yield b'\x99\x03\xe8' + inner * 1_000
    yield b'\x9a' + (500_000).to_bytes(4) + b'\x81\x00' * 500_000
    yield b'\xbb' + b'\xff' * 1_000_000
    tag = cbor2.CBORTag
    big = 1 << 1_000_000
    equal_hashes = {(1 + key) * (2**61 - 1) << 64: 0 for key in range(10_000)}
    for media in (
        tag(30, ['1e9999999', None]),
        tag(4, [0, big]),
        tag(4, [2**60, 1]),
        tag(5, [2**60, 1]),
        tag(5, [-(2**40), big]),
        equal_hashes,
        tag(258, [*equal_hashes]),
        tag(35, '(a+)+' * 100_000),
        big,
    ):
        yield cbor2.dumps(media)
