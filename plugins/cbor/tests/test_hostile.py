"""Payloads that mean harm, and objects that would harm the sender."""

from __future__ import annotations

from typing import Any

import cbor2
from plugins.cbor.tests import hostile
from plugins.cbor.tests.samples import EVENT
from plugins.cbor.tests.samples import HEADS
from plugins.cbor.tests.samples import same
from plugins.cbor.tests.samples import SAMPLES
import pytest

from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import PayloadError
from falcon_media import PayloadTooLarge
from falcon_media import UnserializableMedia
from falcon_media import UnsupportedPayload
from falcon_media_cbor import CBORHandler


def refused(payload: bytes | str, handler: CBORHandler | None = None) -> PayloadError:
    """Return how a payload is refused, after a look at what the next one gets."""
    data = bytes.fromhex(payload) if isinstance(payload, str) else payload
    handler = handler or CBORHandler()
    with pytest.raises(PayloadError) as failed:
        handler.deserialize(data)
    assert failed.value.handler == 'cbor'
    assert failed.value.size == len(data)
    assert same(handler.deserialize(SAMPLES[0]), EVENT)
    return failed.value


# -------------------------------------------------------------------------- malformed


@pytest.mark.parametrize('payload', SAMPLES)
def test_truncations(payload: bytes) -> None:
    for truncated in hostile.truncations(payload):
        assert type(refused(truncated)) is MalformedPayload


@pytest.mark.parametrize('payload', SAMPLES)
def test_one_byte_more(payload: bytes) -> None:
    for byte in range(256):
        assert type(refused(payload + bytes([byte]))) is MalformedPayload


@pytest.mark.parametrize('more', ['00', 'f7', 'd81c80', '9fff', '81' * 100, 'c5820001'])
def test_more_after_the_end(more: str) -> None:
    assert type(refused('8101' + more)) is MalformedPayload


def test_the_same_way_each_time() -> None:
    # What is wrong with a payload must not depend on what a handler adds to it.
    payloads = [
        payload
        for sample in SAMPLES[:1]
        for payload in hostile.mutations(sample, count=300, alphabet=HEADS)
    ]
    outcomes = set()
    for _ in range(5):
        handler = CBORHandler()
        outcome = []
        for payload in payloads:
            try:
                outcome.append(repr(handler.deserialize(payload)))
            except PayloadError as ex:
                outcome.append(f'{type(ex).__name__}: {ex}')
        outcomes.add(tuple(outcome))
    assert len(outcomes) == 1


@pytest.mark.parametrize('major', [0x40, 0x60, 0x80, 0xA0])
@pytest.mark.parametrize(
    'length', ['1affffffff', '1b1000000000000000', '1bffffffffffffffff']
)
def test_declared_lengths(major: int, length: str) -> None:
    head = bytes([major | int(length[:2], 16)]) + bytes.fromhex(length[2:])
    for payload in (head, head + b'`', b'\x81' * 5 + head, (head + b'`') * 7):
        assert type(refused(payload)) is MalformedPayload


@pytest.mark.parametrize(
    'payload',
    [
        '62c328',  # bad UTF-8
        '63eda080',  # half of a surrogate pair
        '61c3',
        '62c080',  # an overlong form of NUL
        '64f4908080',  # past U+10FFFF
        '7a00010002' + '61' * 65536 + 'c328',
        'a1 6161',
        'a2 6161 00 6161 00',
    ],
)
def test_text_and_maps(payload: str) -> None:
    assert type(refused(payload)) is MalformedPayload


@pytest.mark.parametrize('size', [65_533, 65_534, 65_535, 65_536, 65_537, 131_071])
def test_text_of_a_length_that_is_read_in_pieces(size: int) -> None:
    text = 'x' * size + 'é😀'
    handler = CBORHandler()
    assert handler.deserialize(bytes(handler.serialize(text))) == text


# ------------------------------------------------------------------------ not accepted


@pytest.mark.parametrize(
    ('payload', 'error'),
    [
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
        ('9f ff', UnsupportedPayload),
        ('5f ff', UnsupportedPayload),
        ('7f ff', UnsupportedPayload),
        ('bf ff', UnsupportedPayload),
        # Of the tags that are accepted: what they must not hold.
        ('c0 00', MalformedPayload),
        ('c0 80', MalformedPayload),
        ('c0 f7', MalformedPayload),
        ('c1 60', MalformedPayload),
        ('c1 f5', MalformedPayload),
        ('c1 f97e00', MalformedPayload),
        ('c1 f97c00', MalformedPayload),
        ('c1 1b7fffffffffffffff', MalformedPayload),
        ('c1 fb7e37e43c8800759c', MalformedPayload),
        ('c1 c249010000000000000000', MalformedPayload),
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
    ],
)
def test_tags_values_and_keys(payload: str, error: type[PayloadError]) -> None:
    data = bytes.fromhex(payload)
    for wrapped in (data, b'\x81' + data, b'\xa1\x60' + data, b'\x82\x00' + data):
        assert type(refused(wrapped)) is error


@pytest.mark.parametrize(
    'text',
    [
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
    ],
)
def test_what_is_no_date_and_time(text: str) -> None:
    payload = cbor2.dumps(cbor2.CBORTag(0, text))
    assert type(refused(payload)) is MalformedPayload


@pytest.mark.parametrize(
    'text',
    ['', '2013-3-21', '20130321', '2013-W12-4', '2013-02-29', '\uff12\uff1013-03-21'],
)
def test_what_is_no_date(text: str) -> None:
    payload = cbor2.dumps(cbor2.CBORTag(1004, text))
    assert type(refused(payload)) is MalformedPayload


def test_a_time_that_is_finer_than_a_microsecond() -> None:
    def tagged(fraction: str) -> bytes:
        return cbor2.dumps(cbor2.CBORTag(0, f'2013-03-21T20:04:00.{fraction}Z'))

    handler = CBORHandler()
    for fraction in ('1', '12', '123456', '123456000', '1' + '0' * 1000):
        moment: Any = handler.deserialize(tagged(fraction))
        assert moment.microsecond == int(fraction[:6].ljust(6, '0'))
    for fraction in ('1234567', '0000001', '0' * 1000 + '1'):
        assert type(refused(tagged(fraction))) is UnsupportedPayload


@pytest.mark.parametrize('size', [0, 2_000, 20_000])
@pytest.mark.parametrize('plain', [0, 1.1, 'text', 'žluť'])
@pytest.mark.parametrize('simple', [cbor2.undefined, cbor2.CBORSimpleValue(255)])
def test_a_simple_value_among_others(size: int, plain: object, simple: object) -> None:
    # Different ways of looking for it, by what surrounds it.
    around = [plain] * (size // 10)
    for media in ([*around, simple], [simple, *around], [{'a': [simple]}, around]):
        assert type(refused(cbor2.dumps(media))) is UnsupportedPayload
        assert type(refused(cbor2.dumps([EVENT, media]))) is UnsupportedPayload


def test_simple_values_where_the_garbage_collector_would_not_see_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr('falcon_media_cbor.simple.get_referents', lambda *_: [])
    handler = CBORHandler()
    for media in (cbor2.undefined, [1, {'a': [cbor2.CBORSimpleValue(0)]}]):
        assert type(refused(cbor2.dumps(media), handler)) is UnsupportedPayload


def test_bytes_that_look_like_simple_values() -> None:
    media = {
        'bytes': bytes(range(256)) * 20,
        'text': '水😀' * 1000,
        'reals': [1.1] * 99,
    }
    assert CBORHandler().deserialize(cbor2.dumps(media)) == media


# --------------------------------------------------------------------------- too large

UUID = 'd82550' + '00' * 16
MOMENT = 'c074323031332d30332d32315432303a30343a30305a'


@pytest.mark.parametrize('levels', [65, 66, 401, 1025, 100_000])
@pytest.mark.parametrize('head', ['81', 'a160', '8200', 'a2616100 6162'])
@pytest.mark.parametrize('leaf', ['00', '80', 'a0', UUID, MOMENT])
def test_nesting(levels: int, head: str, leaf: str) -> None:
    depth = levels - (leaf in {'80', 'a0'})
    payload = bytes.fromhex(head) * depth + bytes.fromhex(leaf)
    ex = refused(payload)
    assert type(ex) is PayloadTooLarge
    assert (ex.limit, ex.limit_value) == ('max_depth', 64)


@pytest.mark.parametrize('head', ['81', 'a160', '8200', 'a2616100 6162'])
@pytest.mark.parametrize('leaf', ['00', '80', 'a0', UUID, MOMENT])
def test_nesting_that_is_just_right(head: str, leaf: str) -> None:
    handler = CBORHandler()
    depth = 64 - (leaf in {'80', 'a0'})
    payload = bytes.fromhex(head) * depth + bytes.fromhex(leaf)
    media = handler.deserialize(payload)
    assert handler.serialize(media) == payload
    # What comes after the end is still seen.
    assert type(refused(payload + b'\0')) is MalformedPayload


@pytest.mark.parametrize('depth', [1, 2, 3, 1000])
def test_any_depth(depth: int) -> None:
    handler = CBORHandler(limits=Limits(max_depth=depth))
    for leaf in (b'\0', b'\xc2\x40'):
        payload = b'\x81' * depth + leaf
        media = handler.deserialize(payload)
        assert handler.serialize(media)
        with pytest.raises(PayloadTooLarge):
            handler.deserialize(b'\x81' + payload)
        with pytest.raises(UnserializableMedia):
            handler.serialize([media])


def test_nesting_of_tags() -> None:
    handler = CBORHandler(semantic_decoders={100: lambda value, _: value})
    payload = bytes.fromhex('d864') * 10_000 + b'\0'
    assert type(refused(payload, handler)) is PayloadTooLarge
    assert type(refused(bytes.fromhex('c0') * 10_000 + b'\0')) is PayloadTooLarge


@pytest.mark.parametrize(
    'payload',
    [
        bytes.fromhex('9a000f4240') + b'\x80' * 1_000_000,
        bytes.fromhex('9a000f4240') + b'\xa0' * 1_000_000,
        bytes.fromhex('9a000f4240') + b'\x00' * 1_000_000,
        bytes.fromhex('9903e8') + (bytes.fromhex('990400') + b'\x80' * 1_024) * 1_000,
        bytes.fromhex('9903e8') + (bytes.fromhex('990400') + b'\x00' * 1_024) * 1_000,
        bytes.fromhex('9a0007a120') + bytes.fromhex('8100') * 500_000,
        b'\x81' * 1_000_000,
    ],
)
def test_items(payload: bytes) -> None:
    ex = refused(payload)
    assert type(ex) is PayloadTooLarge
    assert (ex.limit, ex.limit_value) == ('max_items', 262_144)


@pytest.mark.parametrize('item', [b'\x80', b'\xa0', b'\x00', b'\x81\x00'])
def test_as_many_items_as_there_may_be(item: bytes) -> None:
    count = 262_144 // len(item)
    payload = b'\x9a' + count.to_bytes(4) + item * count
    media: Any = CBORHandler().deserialize(payload)
    assert len(media) == count
    more = b'\x9a' + (count + 1).to_bytes(4) + item * (count + 1)
    assert type(refused(more)) is PayloadTooLarge


def test_items_with_heads_of_all_kinds() -> None:
    # Few items in many bytes, most of which could be heads of containers.
    media = {
        'bytes': [b'\x80' * size for size in (0, 1, 23, 24, 255, 256, 65535, 65536)],
        'text': ['\u0080' * size for size in (0, 1, 23, 24, 255, 256, 65535)],
        'numbers': [0x80, 0x8080, 0x80808080, 0x8080808080808080, -0x81, 1.5],
        'long': b'\x80' * 500_000,
        'more': [[0] * 24, [0] * 256, {str(key): [] for key in range(30)}],
        'event': EVENT,
    }
    payload = cbor2.dumps(media)
    assert same(CBORHandler().deserialize(payload), media)
    count = 7 + 8 + 7 + 6 + 3 + 24 + 256 + 30 + 10 + 9 + 5 + 3 + 1 + 1
    exact = CBORHandler(limits=Limits(max_items=count))
    assert same(exact.deserialize(payload), media)
    with pytest.raises(PayloadTooLarge):
        CBORHandler(limits=Limits(max_items=count - 1)).deserialize(payload)


def test_items_of_what_is_malformed() -> None:
    strict = CBORHandler(limits=Limits(max_items=9))
    for payload in ('9c' + '80' * 20, '819c' + '80' * 20, '819b' + '80' * 8):
        with pytest.raises(PayloadError):
            strict.deserialize(bytes.fromhex(payload))


def test_items_of_containers_of_indefinite_length() -> None:
    handler = CBORHandler(limits=Limits(max_items=9), allow_indefinite=True)
    assert handler.deserialize(b'\x9f' + b'\x80' * 9 + b'\xff') == [[]] * 9
    with pytest.raises(PayloadTooLarge):
        handler.deserialize(b'\x9f' + b'\x80' * 20 + b'\xff')


def test_bytes() -> None:
    handler = CBORHandler()
    largest = b'\x5a' + (1_048_576 - 5).to_bytes(4) + bytes(1_048_576 - 5)
    assert handler.deserialize(largest) == largest[5:]
    ex = refused(largest + b'\0')
    assert type(ex) is PayloadTooLarge
    assert (ex.limit, ex.limit_value) == ('max_size', 1_048_576)


# -------------------------------------------------------------------------- on our side


def test_objects_that_are_nested_too_deeply_or_contain_themselves() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    loop: list[Any] = []
    loop.append(loop)
    wide: list[Any] = []
    wide += [wide] * 10
    mapping: dict[str, Any] = {}
    mapping['a'] = [mapping]
    for media in (deep, loop, wide, mapping, {'a': deep}):
        for handler in (CBORHandler(), CBORHandler(strict_encode=False)):
            with pytest.raises(UnserializableMedia):
                handler.serialize(media)


@pytest.mark.parametrize('strict_encode', [True, False])
def test_objects_that_are_small_here_and_large_on_the_wire(strict_encode: bool) -> None:
    media: Any = []
    for _ in range(60):
        media = [media, media]
    with pytest.raises(UnserializableMedia):
        CBORHandler(strict_encode=strict_encode).serialize(media)


def test_an_object_that_is_wide() -> None:
    media = [[number] for number in range(100_000)]
    assert CBORHandler().serialize(media) == cbor2.dumps(media)


def test_crash_candidates() -> None:
    hostile.run(
        before="""
        import cbor2
        from falcon_media import PayloadError
        from falcon_media import UnserializableMedia
        from falcon_media_cbor import CBORHandler

        handlers = [
            CBORHandler(),
            CBORHandler(strict_encode=False),
            CBORHandler(canonical=True, allow_decimal=True),
        ]

        payloads = [
            head * levels + leaf
            for levels in (65, 401, 1_025, 500_000)
            for head in (b'\\x81', b'\\xa1\\x60', b'\\xc0', b'\\xd8\\x1c', b'\\x9f')
            for leaf in (b'', b'\\x80')
        ]
        payloads += [
            b'\\x9a' + (1_000_000).to_bytes(4) + b'\\x80' * 1_000_000,
            b'\\x9a\\xff\\xff\\xff\\xff' * 200_000,
            b'\\xbb' + b'\\xff' * 1_000_000,
        ]

        # Each of these takes cbor2 seconds by itself, or all of the memory.
        tag = cbor2.CBORTag
        big = 1 << 1_000_000
        equal_hashes = {(1 + key) * (2 ** 61 - 1) << 64: 0 for key in range(10_000)}
        payloads += map(
            cbor2.dumps,
            [
                tag(30, ['1e9999999', None]),
                tag(4, [0, big]),
                tag(4, [2 ** 60, 1]),
                tag(5, [2 ** 60, 1]),
                tag(5, [-(2 ** 40), big]),
                equal_hashes,
                tag(258, [*equal_hashes]),
                tag(35, '(a+)+' * 100_000),
                big,
            ],
        )

        def nested(levels, wrap):
            media = 0
            for _ in range(levels):
                media = wrap(media)
            return media

        wraps = [
            lambda media: [media],
            lambda media: (media,),
            lambda media: {'a': media},
            lambda media: {'a': [media], 'b': 'c'},
        ]
        deepest = [*(nested(64, wrap) for wrap in wraps[:3]), nested(32, wraps[3])]
        too_deep = [nested(levels, wrap) for wrap in wraps for levels in (65, 7_000)]
        too_deep += [nested(100_000, wraps[0])]
        """,
        code="""
        for handler in handlers:
            for payload in payloads:
                try:
                    handler.deserialize(payload)
                except PayloadError:
                    pass
                else:
                    raise AssertionError(payload[:100])
            for media in deepest:
                assert handler.serialize(media) == cbor2.dumps(media)
                assert handler.deserialize(handler.serialize(media))
            for media in too_deep:
                try:
                    handler.serialize(media)
                except UnserializableMedia:
                    pass
                else:
                    raise AssertionError(handler)
        loose = CBORHandler(strict_hashable_types=False)
        media = {nested(63, lambda key: (key,)): 1}
        assert loose.deserialize(loose.serialize(media)) == media
        """,
        stack=hostile.SMALL_STACK,
        max_memory=600_000_000,
        max_seconds=20,
    )
