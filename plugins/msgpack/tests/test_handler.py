"""What the handler does with messages and with its options."""

from __future__ import annotations

import datetime as dt
from enum import Enum
import sys
from typing import Any, NamedTuple

import msgpack
import pytest

from falcon_media import BYTE_LINES
from falcon_media import ConfigError
from falcon_media import HookError
from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import PayloadError
from falcon_media import PayloadTooLarge
from falcon_media import UnserializableMedia
from falcon_media import UnsupportedPayload
from falcon_media_msgpack import MessagePackHandler

MESSAGE = {
    'id': 7,
    'text': 'żółw',
    'data': b'\x00\xff',
    'ratio': -0.5,
    'tags': ['a', None, True, {'deep': []}],
}
TWICE = bytes.fromhex('82 a161 01 a161 02')
TIMESTAMP = bytes.fromhex('d6ff 00000001')
SECOND = dt.datetime(1970, 1, 1, 0, 0, 1, tzinfo=dt.UTC)


class Zone(dt.tzinfo):
    """Runs Python code in the midst of packing, so that threads take turns."""

    def utcoffset(self, when: dt.datetime | None) -> dt.timedelta | None:
        return sum((dt.timedelta(0) for _ in range(5)), dt.timedelta(0))

    def dst(self, when: dt.datetime | None) -> None:
        return None

    def tzname(self, when: dt.datetime | None) -> None:
        return None


def both_ways(handler: MessagePackHandler, media: object) -> object:
    payload = handler.serialize(media)
    assert type(payload) is bytes
    return handler.deserialize(payload)


def test_a_buffer_is_read_like_bytes() -> None:
    handler = MessagePackHandler()
    payload = handler.serialize([MESSAGE] * 100)
    assert handler.deserialize(bytearray(payload)) == [MESSAGE] * 100  # type: ignore[arg-type]  # a server may give one


@pytest.mark.parametrize('count', [10, 1000], ids=['short', 'long'])
def test_long_messages_come_back(count: int) -> None:
    numbers = [index / 7 for index in range(count)]
    media = {'events': [MESSAGE] * count, 'numbers': numbers, 'pair': tuple(numbers)}
    assert both_ways(MessagePackHandler(), media) == media | {'pair': numbers}


# --------------------------------------------------------------------------- options


def test_a_key_that_is_there_twice_is_refused_unless_allowed() -> None:
    with pytest.raises(MalformedPayload, match='the same key twice'):
        MessagePackHandler().deserialize(TWICE)
    handler = MessagePackHandler(allow_duplicate_keys=True)
    assert handler.deserialize(TWICE) == {'a': 2}


@pytest.mark.parametrize('key', [None, True, 1, 1.5])
def test_keys_that_are_no_strings_are_refused_unless_allowed(key: object) -> None:
    payload = msgpack.packb([{key: 1}])
    strict, lax = MessagePackHandler(), MessagePackHandler(strict_map_key=False)
    name = type(key).__name__
    with pytest.raises(
        UnsupportedPayload, match=f'{name}: strict_map_key=False accepts it'
    ):
        strict.deserialize(payload)
    with pytest.raises(UnserializableMedia, match='key of type'):
        strict.serialize([{key: 1}])
    assert lax.deserialize(payload) == [{key: 1}]
    assert lax.serialize([{key: 1}]) == payload


def test_no_option_allows_a_key_that_can_not_be_hashed() -> None:
    handler = MessagePackHandler(strict_map_key=False)
    for strict in (True, False):
        for duplicates in (True, False):
            reader = MessagePackHandler(
                strict_map_key=strict, allow_duplicate_keys=duplicates
            )
            for key in (b'\x90', b'\x80', b'\x91\x80'):
                with pytest.raises(UnsupportedPayload, match='an array or a map'):
                    reader.deserialize(b'\x81' + key + b'\x01')
                with pytest.raises(UnsupportedPayload, match='an array or a map'):
                    reader.deserialize(b'\x92\xd6\xff\0\0\0\0\x81' + key + b'\x01')
    with pytest.raises(UnserializableMedia, match='key of type tuple'):
        handler.serialize({(): 1})


def test_raw_reads_strings_as_bytes() -> None:
    payload = b'\x92\xa1\xff\xa1a'
    with pytest.raises(MalformedPayload):
        MessagePackHandler().deserialize(payload)
    assert MessagePackHandler(raw=True).deserialize(payload) == [b'\xff', b'a']


@pytest.mark.parametrize(
    ('timestamp', 'expected'),
    [(0, msgpack.Timestamp(1)), (1, 1.0), (2, 1_000_000_000), (3, SECOND)],
)
def test_timestamps_are_read_as_the_option_says(timestamp: Any, expected: Any) -> None:
    media = MessagePackHandler(timestamp=timestamp).deserialize(TIMESTAMP)
    assert media == expected
    assert type(media) is type(expected)


@pytest.mark.parametrize('media', [msgpack.Timestamp(1), SECOND], ids=['own', 'python'])
@pytest.mark.parametrize('timestamp', [None, 0, 1, 2, 3])
def test_a_time_is_written_only_where_it_is_read_as_the_same(
    timestamp: Any, media: object
) -> None:
    handler = MessagePackHandler(timestamp=timestamp)
    if timestamp == (3 if media is SECOND else 0):
        assert both_ways(handler, media) == media
        assert handler.serialize(media) == TIMESTAMP
    else:
        with pytest.raises(UnserializableMedia):
            handler.serialize([media])


def test_a_time_without_zone_is_refused_whatever_the_option() -> None:
    with pytest.raises(UnserializableMedia):
        MessagePackHandler(timestamp=3).serialize({'at': SECOND.replace(tzinfo=None)})


def test_default_is_asked_for_a_time_without_zone() -> None:
    handler = MessagePackHandler(timestamp=3, default=str)
    media = [SECOND, SECOND.replace(tzinfo=None)]
    assert both_ways(handler, media) == [SECOND, '1970-01-01 00:00:01']


def test_a_time_that_no_utc_datetime_can_hold_is_refused() -> None:
    handler = MessagePackHandler(timestamp=3)
    for hours in (-5, 5):
        zone = dt.timezone(dt.timedelta(hours=hours))
        first = dt.datetime(1, 1, 1, tzinfo=zone)
        last = dt.datetime(9999, 12, 31, 23, tzinfo=zone)
        carried, refused = (first, last) if hours < 0 else (last, first)
        assert both_ways(handler, [carried]) == [carried]
        with pytest.raises(UnserializableMedia):
            handler.serialize([refused])


def test_a_zone_that_has_no_offset_is_refused() -> None:
    class Nowhere(Zone):
        def utcoffset(self, when: dt.datetime | None) -> None:
            return None

    with pytest.raises(UnserializableMedia):
        MessagePackHandler(timestamp=3).serialize(SECOND.replace(tzinfo=Nowhere()))


def test_extension_types_are_refused_unless_there_is_a_hook() -> None:
    media = [msgpack.ExtType(5, b'abc')]
    payload = msgpack.packb(media)
    closed = MessagePackHandler()
    with pytest.raises(UnsupportedPayload, match='type 5: an ext_hook accepts it'):
        closed.deserialize(payload)
    with pytest.raises(UnserializableMedia, match=r'ExtType .* pass ext_hook='):
        closed.serialize(media)

    handler = MessagePackHandler(ext_hook=msgpack.ExtType)
    assert handler.serialize(media) == payload
    assert handler.deserialize(payload) == media
    # The timestamp is an extension type as well, and not the hook's.
    assert handler.deserialize(TIMESTAMP) == SECOND
    assert handler.serialize(SECOND) == TIMESTAMP


def test_a_hook_may_refuse_an_extension_type() -> None:
    def hook(code: int, data: bytes) -> object:
        raise UnsupportedPayload('not this one')

    with pytest.raises(UnsupportedPayload, match='not this one'):
        MessagePackHandler(ext_hook=hook).deserialize(b'\xd4\x05\x00')


def test_a_hook_that_raises_value_error_makes_the_payload_malformed() -> None:
    def hook(code: int, data: bytes) -> object:
        raise ValueError(code)

    with pytest.raises(MalformedPayload) as caught:
        MessagePackHandler(ext_hook=hook).deserialize(b'\xd4\x05\x00')
    assert isinstance(caught.value.cause, ValueError)


@pytest.mark.parametrize(
    'failure', [LookupError, TypeError, ZeroDivisionError, OverflowError, OSError]
)
def test_a_hook_that_fails_is_not_the_fault_of_the_client(
    failure: type[Exception],
) -> None:
    def hook(code: int, data: bytes) -> object:
        raise failure('unhashable type')

    for strict in (True, False):
        handler = MessagePackHandler(ext_hook=hook, strict_map_key=strict)
        with pytest.raises(HookError, match='ext_hook raised') as caught:
            handler.deserialize(b'\x91\xd4\x05\x00')
        assert type(caught.value.cause) is failure


def test_with_timestamps_other_extension_types_stay_refused() -> None:
    handler = MessagePackHandler(timestamp=3)
    for size in (1, 4, 16, 300):
        with pytest.raises(UnsupportedPayload):
            handler.deserialize(msgpack.packb([msgpack.ExtType(5, bytes(size))]))


def test_default_turns_an_object_into_one_that_can_be_carried() -> None:
    def default(media: Any) -> object:
        return sorted(media) if isinstance(media, set) else str(media)

    handler = MessagePackHandler(default=default)
    assert both_ways(handler, [{3, 1}, {'n': 1j}]) == [[1, 3], {'n': '1j'}]


def test_default_is_asked_for_nothing_that_can_be_carried() -> None:
    asked = []

    def default(media: object) -> object:
        asked.append(media)
        return media

    handler = MessagePackHandler(default=default)
    handler.serialize(('text', 1, Text('derived'), {Text('k'): b''}))
    assert not asked
    with pytest.raises(UnserializableMedia, match="complex can't be sent"):
        handler.serialize([1j])
    # Again for the place in the error, and for nothing else.
    assert set(asked) == {1j}


@pytest.mark.parametrize('strict', [True, False])
def test_default_can_not_go_deeper_than_the_budget(strict: bool) -> None:
    handler = MessagePackHandler(default=lambda media: [media], strict_encode=strict)
    with pytest.raises(UnserializableMedia, match='nested deeper than 64'):
        handler.serialize(object())


@pytest.mark.parametrize('strict', [True, False])
def test_a_default_that_fails_refuses_the_object(strict: bool) -> None:
    def default(media: object) -> object:
        raise LookupError

    handler = MessagePackHandler(default=default, strict_encode=strict)
    with pytest.raises(UnserializableMedia, match='default raised') as caught:
        handler.serialize(object())
    assert isinstance(caught.value.cause, LookupError)


def test_encoding_may_be_left_to_the_library() -> None:
    handler = MessagePackHandler(strict_encode=False, timestamp=3, default=str)
    for media in ({1: None}, [msgpack.ExtType(5, b'')], msgpack.Timestamp(1), SECOND):
        assert handler.serialize(media) == msgpack.packb(media, datetime=True)
    assert both_ways(handler, [1j, Text('a')]) == ['1j', 'a']
    with pytest.raises(UnserializableMedia, match='nested deeper than 64 levels'):
        handler.serialize(nested(65))
    with pytest.raises(UnserializableMedia):
        MessagePackHandler(strict_encode=False, timestamp=None).serialize(SECOND)


@pytest.mark.parametrize(
    ('options', 'expected'),
    [
        ({'strict_encode': 0}, 'strict_encode must be true or false, not 0'),
        ({'allow_duplicate_keys': 1}, 'allow_duplicate_keys must be true or false'),
        ({'strict_map_key': None}, 'strict_map_key must be true or false, not None'),
        ({'raw': 'yes'}, "raw must be true or false, not 'yes'"),
        ({'timestamp': 4}, r'timestamp must be 0 \(Timestamp\), 1 .* not 4'),
        ({'timestamp': True}, 'timestamp must be'),
        ({'timestamp': 'datetime'}, 'timestamp must be'),
        ({'ext_hook': 5}, 'ext_hook must be a function, not 5'),
        ({'default': 'str'}, "default must be a function, not 'str'"),
        ({'truncate_nanoseconds': 1}, 'truncate_nanoseconds must be true or false'),
        ({'ext_hook': lambda code: code}, 'ext_hook is called with 2 arguments'),
        ({'default': lambda: None}, 'default is called with 1 argument'),
    ],
)
def test_a_value_that_can_not_be_used_is_told(
    options: dict[str, Any], expected: str
) -> None:
    with pytest.raises(ConfigError, match=f'^msgpack: {expected}'):
        MessagePackHandler(**options)


# ---------------------------------------------------------------- what can be written


class Text(str):
    __slots__ = ()


class Point(NamedTuple):
    x: int
    y: int


class Level(Enum):
    LOW = 1


class Same(str):
    """Differs from every other one as a key, and is the same on the wire."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other or type(other) is str


class Unlike(int):
    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = int.__hash__


class Elsewhere(dict[str, int]):
    """Shows other items than it holds."""

    def items(self) -> Any:
        return [('b', 2), ('c', 3)]


@pytest.mark.parametrize(
    ('media', 'expected'),
    [
        (Text('a'), 'a'),
        ({Text('a'): 1}, {'a': 1}),
        ({b'a': 1, 'a': 2}, {b'a': 1, 'a': 2}),
        (Point(1, 2), [1, 2]),
        ([Point(1, 2), Text('a')], [[1, 2], 'a']),
        (bytearray(b'a'), b'a'),
        ([memoryview(b'abcd')[::2]], [b'ac']),
        ({memoryview(b'a'): 1}, {b'a': 1}),
        (Elsewhere(a=1), {'b': 2, 'c': 3}),
    ],
)
def test_what_compares_equal_is_carried(media: object, expected: object) -> None:
    assert both_ways(MessagePackHandler(), media) == expected


@pytest.mark.parametrize(
    'media',
    [
        2**64,
        -(2**63) - 1,
        '\ud800',
        {'\udfff': 1},
        [Level.LOW],
        {Level.LOW: 1},
        {1j},
        object(),
        iter([1]),
        Unlike(1),
        {Same('a'): 1, Same('a'): 2},
        memoryview(b'abcd').cast('H'),
        memoryview(b'abcd').cast('B', (2, 2)),
        {'a': {1: 2}},
        [[{'a': 1}, {None: 1}]],
    ],
)
def test_what_would_not_come_back_equal_is_refused(media: object) -> None:
    with pytest.raises(UnserializableMedia) as caught:
        MessagePackHandler().serialize(media)
    assert caught.value.handler == 'msgpack'


def test_a_payload_is_not_kept() -> None:
    handler = MessagePackHandler()
    payload = msgpack.packb([b'unique payload' * 500])
    references = sys.getrefcount(payload)
    handler.deserialize(payload)
    for bad in (payload + b'\xc1', payload[:-1]):
        with pytest.raises(PayloadError):
            handler.deserialize(bad)
    assert sys.getrefcount(payload) == references


# --------------------------------------------------------------------------- budgets


def nested(depth: int) -> list[Any]:
    media: list[Any] = []
    for _ in range(depth - 1):
        media = [media]
    return media


def depth_of(media: Any) -> int:
    # NOTE: To compare with == recurses.
    depth = 0
    while isinstance(media, list):
        media, depth = media[0] if media else None, depth + 1
    return depth


def padded(media: object, size: int) -> bytes:
    """Put an object into an array that makes the payload as long as it has to be."""
    body = msgpack.packb(media)
    return b'\x92' + body + msgpack.packb(bytes(max(size - len(body), 0)))


@pytest.mark.parametrize('max_depth', [1, 64, 1023, 1024])
@pytest.mark.parametrize('size', [0, 1000, 3000, 5000, 300_000])
def test_depth_is_exact_at_any_size(max_depth: int, size: int) -> None:
    handler = MessagePackHandler(limits=Limits(max_depth=max_depth))
    within, beyond = nested(max_depth - 1) if max_depth > 1 else 0, nested(max_depth)
    assert depth_of(handler.deserialize(padded(within, size))) == max_depth
    with pytest.raises(PayloadTooLarge) as caught:
        handler.deserialize(padded(beyond, size))
    assert caught.value.limit == 'max_depth'
    assert caught.value.limit_value == max_depth


def test_the_library_stops_at_1024_levels_whatever_the_budget() -> None:
    handler = MessagePackHandler(limits=Limits(max_depth=5000))
    handler.deserialize(b'\x91' * 1023 + b'\x90')
    with pytest.raises(PayloadTooLarge):
        handler.deserialize(b'\x91' * 1024 + b'\x90')


@pytest.mark.parametrize('max_items', [1, 100, 2000, 50_000])
def test_items_are_exact(max_items: int) -> None:
    handler = MessagePackHandler(limits=Limits(max_items=max_items))
    assert len(handler.deserialize(msgpack.packb([None] * max_items))) == max_items  # type: ignore[arg-type]  # it is a list
    with pytest.raises(PayloadTooLarge) as caught:
        handler.deserialize(msgpack.packb([None] * (max_items + 1)))
    assert caught.value.limit == 'max_items'


def test_depth_is_exact_before_encoding() -> None:
    handler = MessagePackHandler()
    for make in (list, Point._make):
        innermost: Any = make([0, 0])
        media = innermost
        for _ in range(63):
            media = {'a': media}
        handler.serialize(media)
        with pytest.raises(UnserializableMedia, match='nested deeper than 64 levels'):
            handler.serialize([media])


def test_many_items_are_counted_before_encoding() -> None:
    handler = MessagePackHandler()
    row = [0] * 2000
    assert len(handler.serialize([row] * 1000)) == 2_003_003
    wide: list[Any] = [0] * 1000
    for _ in range(20):
        wide = [wide] * 1000
    with pytest.raises(UnserializableMedia, match='shared ones counted'):
        handler.serialize(wide)


def test_the_framing_of_a_subclass_wins() -> None:
    class Lines(MessagePackHandler):
        framing = BYTE_LINES

    assert Lines().framing is BYTE_LINES


@pytest.mark.parametrize(
    ('value', 'text'),
    [
        (
            dt.datetime(2024, 6, 20, tzinfo=dt.UTC).replace(tzinfo=None),
            'pass one that has a time zone',
        ),
        (msgpack.Timestamp(1), 'pass timestamp=0'),
        (msgpack.ExtType(5, b''), 'pass ext_hook='),
        (2**64, 'int of 65 bits'),
        ({1}, 'pass default='),
        ({1: 2}, 'pass strict_map_key=False'),
    ],
    ids=lambda value: value if isinstance(value, str) else '',
)
def test_what_can_not_be_sent_names_its_place_and_an_option(
    value: object, text: str
) -> None:
    with pytest.raises(UnserializableMedia) as caught:
        MessagePackHandler().serialize({'rows': [{'at': 1}, {'at': value}]})
    assert caught.value.path == '$.rows[1].at'
    assert text in str(caught.value)


def test_the_messages_of_a_frame_share_the_bound_on_keys() -> None:
    framing = MessagePackHandler(strict_map_key=False).framing
    assert framing is not None
    message = msgpack.packb(dict.fromkeys(range(2048)))
    assert framing.split(message * 4, 10) == [message] * 4
    with pytest.raises(PayloadTooLarge, match='neither text nor bytes'):
        framing.split(message * 5, 10)
