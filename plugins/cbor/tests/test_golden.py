"""The bytes of RFC 8949: appendix A, and appendix F for what is not well-formed."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any
from uuid import UUID

from plugins.cbor.tests.samples import same
import pytest

from falcon_media import MalformedPayload
from falcon_media import PayloadError
from falcon_media import UnsupportedPayload
from falcon_media_cbor import CBORHandler

UTC = dt.UTC

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
    ('a201020304', 'strict_hashable_types', {1: 2, 3: 4}),
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
NOT_WELL_FORMED = [
    '18',
    '19',
    '1a',
    '1b',
    '1901',
    '1a0102',
    '1b01020304050607',
    '38',
    '58',
    '78',
    '98',
    '9a01ff00',
    'b8',
    'd8',
    'f8',
    'f900',
    'fa0000',
    'fb000000',
    '41',
    '61',
    '5affffffff00',
    '5bffffffffffffffff010203',
    '7affffffff00',
    '7b7fffffffffffffff010203',
    '81',
    '818181818181818181',
    '8200',
    'a1',
    'a20102',
    'a100',
    'a2000000',
    'c0',
    '5f4100',
    '7f6100',
    '9f',
    '9f0102',
    'bf',
    'bf01020102',
    '819f',
    '9f8000',
    '9f9f9f9f9fffffffff',
    '9f819f819f9fffffff',
    '1c',
    '1d',
    '1e',
    '3c',
    '3d',
    '3e',
    '5c',
    '5d',
    '5e',
    '7c',
    '7d',
    '7e',
    '9c',
    '9d',
    '9e',
    'bc',
    'bd',
    'be',
    'dc',
    'dd',
    'de',
    'fc',
    'fd',
    'fe',
    'f800',
    'f801',
    'f818',
    'f81f',
    '5f00ff',
    '5f21ff',
    '5f6100ff',
    '5f80ff',
    '5fa0ff',
    '5fc000ff',
    '5fe0ff',
    '7f4100ff',
    '5f5f4100ffff',
    '7f7f6100ffff',
    'ff',
    '81ff',
    '8200ff',
    'a1ff',
    'a1ff00',
    'a100ff',
    'a20000ff',
    '9f81ff',
    '9f829f819f9fffffffff',
    'bf00ff',
    'bf000000ff',
    '1f',
    '3f',
    'df',
]

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
    (bytearray(b'\x01\x02'), '420102'),
    ([1, [2, 3]], '8201820203'),
    ((1, 2), '820102'),
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


@pytest.mark.parametrize(('payload', 'media'), ACCEPTED)
def test_what_is_accepted(payload: str, media: object) -> None:
    assert same(CBORHandler().deserialize(bytes.fromhex(payload)), media)


@pytest.mark.parametrize(('payload', 'option', 'media'), OPTIONAL)
def test_what_takes_an_option(payload: str, option: str, media: object) -> None:
    strict: dict[str, Any] = {'strict_hashable_types': True, 'allow_indefinite': False}
    with pytest.raises(UnsupportedPayload, match=option):
        CBORHandler(**strict).deserialize(bytes.fromhex(payload))
    loose = CBORHandler(**strict | {option: not strict[option]})
    assert same(loose.deserialize(bytes.fromhex(payload)), media)


@pytest.mark.parametrize('payload', REFUSED)
def test_what_is_refused(payload: str) -> None:
    with pytest.raises(UnsupportedPayload):
        CBORHandler().deserialize(bytes.fromhex(payload))


@pytest.mark.parametrize('payload', NOT_WELL_FORMED)
def test_what_is_not_well_formed(payload: str) -> None:
    # Some of it is of indefinite length up to where it ends, which is refused sooner.
    with pytest.raises(PayloadError):
        CBORHandler().deserialize(bytes.fromhex(payload))
    loose = CBORHandler(allow_indefinite=True, strict_hashable_types=False)
    with pytest.raises(MalformedPayload):
        loose.deserialize(bytes.fromhex(payload))


@pytest.mark.parametrize(('media', 'payload'), ENCODED)
def test_what_is_sent(media: object, payload: str) -> None:
    assert CBORHandler().serialize(media).hex() == payload


@pytest.mark.parametrize(
    ('media', 'payload'),
    [
        (1.5, 'f93e00'),
        (100000.0, 'fa47c35000'),
        (1.1, 'fb3ff199999999999a'),
        ({'aa': 1, 'b': 2}, 'a2616202626161' + '01'),
    ],
)
def test_what_is_sent_in_canonical_form(media: object, payload: str) -> None:
    assert CBORHandler(canonical=True).serialize(media).hex() == payload


def test_what_is_sent_as_a_timestamp() -> None:
    handler = CBORHandler(datetime_as_timestamp=True)
    second = dt.datetime(2013, 3, 21, 20, 4, tzinfo=UTC)
    assert handler.serialize(second).hex() == 'c11a514b67b0'
    half = second.replace(microsecond=500_000)
    assert handler.serialize(half).hex() == 'c1fb41d452d9ec200000'
