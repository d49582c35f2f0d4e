"""The options, and the values that need a look of their own."""

from __future__ import annotations

from collections import defaultdict
from collections import deque
from collections import OrderedDict
from collections import UserString
import datetime as dt
from decimal import Decimal
from enum import IntEnum
from math import inf
from math import nextafter
from typing import Any, NamedTuple
from uuid import UUID
import zoneinfo

import cbor2
from plugins.cbor.tests.samples import sent_back
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
from falcon_media.protocol import fastpath as shortcuts
from falcon_media_cbor import CBORHandler
from falcon_media_testing import same

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Point(NamedTuple):
    x: int
    y: int


# ----------------------------------------------------------------------------- in use


def test_what_is_received_is_not_kept() -> None:
    handler = CBORHandler()
    payload = cbor2.dumps({'a': []})
    handler.deserialize(payload)['a'].append(1)  # type: ignore[index]  # a dict
    assert handler.deserialize(payload) == {'a': []}


# -------------------------------------------------------------------- options, decode


def test_items_of_indefinite_length() -> None:
    payload = bytes.fromhex('9f01bf6161 5f4101ff 6162 7f6161ff ffff')
    with pytest.raises(UnsupportedPayload, match='allow_indefinite'):
        CBORHandler(allow_indefinite=False).deserialize(payload)
    assert CBORHandler().deserialize(payload) == [1, {'a': b'\x01', 'b': 'a'}]


def test_duplicate_keys() -> None:
    payload = bytes.fromhex('a2 6161 01 6161 02')
    with pytest.raises(MalformedPayload, match='allow_duplicate_keys'):
        CBORHandler().deserialize(payload)
    assert CBORHandler(allow_duplicate_keys=True).deserialize(payload) == {'a': 2}


@pytest.mark.parametrize(
    'key', [2**64, -(2**64) - 1, None, True, 1.5, (1, 'a'), dt.date(2026, 1, 1)]
)
def test_keys_that_are_no_strings(key: object) -> None:
    payload = cbor2.dumps({key: 'value', 'text': 1, b'bytes': 2})
    with pytest.raises(UnsupportedPayload, match='strict_hashable_types'):
        CBORHandler().deserialize(payload)
    with pytest.raises(UnserializableMedia, match='strict_hashable_types'):
        CBORHandler().serialize({key: 'value'})
    media = {key: 'value', 'text': 1, b'bytes': 2}
    assert same(sent_back(CBORHandler(strict_hashable_types=False), media), media)


class Level(IntEnum):
    LOW = 1


@pytest.mark.parametrize('key', [0, -1, 2**63, 2**64 - 1, -(2**63) - 1, -(2**64)])
def test_keys_that_are_integers(key: int) -> None:
    media = [{key: 'value', 'text': {key: key}, b'bytes': 2}]
    assert same(sent_back(CBORHandler(), media), media)
    assert same(sent_back(CBORHandler(strict_hashable_types=False), media), media)
    strict = CBORHandler(allow_integer_keys=False)
    with pytest.raises(UnsupportedPayload, match='allow_integer_keys=True accepts it'):
        strict.deserialize(cbor2.dumps(media))
    with pytest.raises(UnserializableMedia, match='allow_integer_keys'):
        strict.serialize(media)
    # Where all keys are accepted, integers are too.
    loose = CBORHandler(allow_integer_keys=False, strict_hashable_types=False)
    assert same(sent_back(loose, media), media)


def test_a_key_that_is_an_enum_comes_back_as_the_integer() -> None:
    assert same(sent_back(CBORHandler(), {Level.LOW: 'a'}), {1: 'a'})


def test_keys_that_are_equal_across_types_are_one_key() -> None:
    pairs = ['01 00 f5 01', '01 00 f93c00 01', 'f5 00 f93c00 01', '01 00 c24101 01']
    for pair in pairs:
        payload = bytes.fromhex('a2' + pair)
        with pytest.raises(UnsupportedPayload, match='strict_hashable_types'):
            CBORHandler().deserialize(payload)
        with pytest.raises(MalformedPayload, match='allow_duplicate_keys'):
            CBORHandler(strict_hashable_types=False).deserialize(payload)
    with pytest.raises(MalformedPayload, match='allow_duplicate_keys'):
        CBORHandler().deserialize(bytes.fromhex('a2 01 00 1801 01'))


@pytest.mark.parametrize('key', [frozenset({1}), (frozenset({1}),), object(), 2**9000])
def test_keys_that_can_not_be_carried_at_all(key: object) -> None:
    with pytest.raises(UnserializableMedia):
        CBORHandler(strict_hashable_types=False).serialize({key: 1})


@pytest.mark.parametrize('payload', ['f7', 'f0', 'f8ff', 'a16161f7', '820181f7'])
def test_simple_values(payload: str) -> None:
    data = bytes.fromhex(payload)
    with pytest.raises(UnsupportedPayload, match='allow_simple_values'):
        CBORHandler().deserialize(data)
    media = cbor2.loads(data)
    with pytest.raises(UnserializableMedia):
        CBORHandler().serialize(media)
    assert sent_back(CBORHandler(allow_simple_values=True), media) == media


@pytest.mark.parametrize(
    'text',
    [
        *('0', '1.10', '-1.10', '1E+5', '0E-10', '123456789012345678901234567890.5'),
        *('1E-6144', '1E+6144', '9' * 1024, '-' + '9' * 1024),
    ],
)
def test_decimals(text: str) -> None:
    media = [Decimal(text)]
    with pytest.raises(UnserializableMedia):
        CBORHandler().serialize(media)
    with pytest.raises(UnsupportedPayload, match='tag 4'):
        CBORHandler().deserialize(cbor2.dumps(media))
    (decimal,) = sent_back(CBORHandler(allow_decimal=True), media)
    assert decimal.as_tuple() == media[0].as_tuple()


@pytest.mark.parametrize(
    'text',
    [
        *('NaN', 'sNaN', 'Infinity', '-Infinity', '-0', '-0E-3'),
        *('9' * 1025, '1E-6145', '1E+6145'),
    ],
)
def test_decimals_that_would_change_or_are_too_long(text: str) -> None:
    with pytest.raises(UnserializableMedia):
        CBORHandler(allow_decimal=True).serialize(Decimal(text))


def test_the_digits_of_a_decimal_fit_a_bignum() -> None:
    handler = CBORHandler(allow_decimal=True, max_bignum=0)
    fitting = Decimal('9' * 19)
    assert sent_back(handler, fitting) == fitting
    with pytest.raises(UnserializableMedia):
        handler.serialize(Decimal('9' * 20))


@pytest.mark.parametrize(
    ('payload', 'error'),
    [
        ('c4 82 191801 01', PayloadTooLarge),  # 1E+6145
        ('c4 82 391800 01', PayloadTooLarge),  # 1E-6145
        ('c4 82 1b7fffffffffffffff 01', PayloadTooLarge),
        ('c4 82 00 c25901aa' + 'ff' * 426, PayloadTooLarge),  # 1,026 digits
        ('c4 82 00 fb3ff0000000000000', MalformedPayload),
        ('c4 82 00 f5', MalformedPayload),
        ('c4 83 00 01 02', MalformedPayload),
        ('c4 81 00', MalformedPayload),
        ('c4 a2 6161 00 6162 00', MalformedPayload),
        ('c4 01', MalformedPayload),
        ('c5 82 00 01', UnsupportedPayload),
    ],
)
def test_decimals_that_are_refused(payload: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        CBORHandler(allow_decimal=True).deserialize(bytes.fromhex(payload))


def test_a_decimal_as_key() -> None:
    media = {Decimal('1.5'): 1}
    handler = CBORHandler(allow_decimal=True, strict_hashable_types=False)
    assert sent_back(handler, media) == media


@pytest.mark.parametrize('max_bignum', [0, 8, 9, 100, 1024])
def test_big_integers(max_bignum: int) -> None:
    handler = CBORHandler(max_bignum=max_bignum)
    bound = 1 << 8 * max(max_bignum, 8)
    fitting = [bound - 1, -bound, [bound - 1], {'a': -bound}]
    assert sent_back(handler, fitting) == fitting
    for number in (bound, -bound - 1):
        with pytest.raises(UnserializableMedia, match='max_bignum'):
            handler.serialize({'a': number})
        with pytest.raises(PayloadTooLarge) as failed:
            handler.deserialize(cbor2.dumps([number]))
        assert failed.value.limit == 'max_bignum'
        assert failed.value.limit_value == max_bignum


def test_the_bytes_of_a_bignum_are_counted() -> None:
    # Leading zeros are allowed (RFC 8949, section 3.4.3), and cost as much.
    handler = CBORHandler(max_bignum=2)
    assert handler.deserialize(bytes.fromhex('c2420001')) == 1
    assert handler.deserialize(bytes.fromhex('c340')) == -1
    with pytest.raises(PayloadTooLarge):
        handler.deserialize(bytes.fromhex('c243000001'))


def test_decoders_of_the_app() -> None:
    seen = []

    def reference(value: object, immutable: bool) -> object:
        seen.append((value, immutable))
        return f'<{value}>'

    handler = CBORHandler(
        semantic_decoders={55799: lambda value, _: value, 0: reference}
    )
    payload = bytes.fromhex('d9d9f7 a1 6161 c0 6162')
    assert handler.deserialize(payload) == {'a': '<b>'}
    assert seen == [('b', False)]
    with pytest.raises(UnsupportedPayload, match='tag 5'):
        handler.deserialize(bytes.fromhex('c5820001'))


def test_a_decoder_of_the_app_may_refuse() -> None:
    def refuse(value: object, immutable: bool) -> object:
        raise PayloadTooLarge('too long a name', limit='name', limit_value=3)

    handler = CBORHandler(semantic_decoders={100: refuse})
    with pytest.raises(PayloadTooLarge, match='too long a name') as failed:
        handler.deserialize(bytes.fromhex('81d86400'))
    assert failed.value.handler == 'cbor'
    assert (failed.value.limit, failed.value.limit_value) == ('name', 3)


def test_a_decoder_of_the_app_that_raises_value_error_refuses() -> None:
    handler = CBORHandler(semantic_decoders={100: lambda value, _: int(value)})
    with pytest.raises(MalformedPayload):
        handler.deserialize(bytes.fromhex('81d8646161'))


@pytest.mark.parametrize(
    'failure', [ZeroDivisionError, AttributeError, TypeError, LookupError, OSError]
)
def test_a_decoder_of_the_app_that_fails_is_not_the_fault_of_the_client(
    failure: type[Exception],
) -> None:
    def fail(value: object, immutable: bool) -> object:
        raise failure

    for tag in (1, 100):
        handler = CBORHandler(semantic_decoders={tag: fail})
        payload = b'\x81' + cbor2.dumps(cbor2.CBORTag(tag, 0))
        with pytest.raises(HookError, match=rf'semantic_decoders\[{tag}\]') as failed:
            handler.deserialize(payload)
        assert type(failed.value.cause) is failure


def test_an_encoder_of_the_app_that_fails_is_named() -> None:
    def fail(encoder: cbor2.CBOREncoder, value: complex) -> None:
        raise LookupError

    handler = CBORHandler(encoders={complex: fail})
    with pytest.raises(UnserializableMedia, match=r'encoders\[complex\] raised'):
        handler.serialize([1j])


@pytest.mark.parametrize(
    ('payload', 'option'),
    [
        ('c4820001', 'allow_decimal'),
        ('d9010280', 'semantic_decoders'),
        ('c11b7fffffffffffffff', 'semantic_decoders'),
        ('c1fb3fb999999999999b', 'truncate_nanoseconds'),
        ('9fff', 'allow_indefinite'),
        ('a10100', 'allow_integer_keys'),
        ('a1f600', 'strict_hashable_types'),
        ('f7', 'allow_simple_values'),
        ('a2600060f6', 'allow_duplicate_keys'),
        ('c243000001', 'max_bignum'),
    ],
)
def test_what_an_option_would_accept_is_refused_with_its_name(
    payload: str, option: str
) -> None:
    strict = CBORHandler(allow_indefinite=False, allow_integer_keys=False, max_bignum=2)
    with pytest.raises(PayloadError, match=option):
        strict.deserialize(bytes.fromhex(payload))


@pytest.mark.parametrize('tag', [25, 28, 29, 30, 35, 36, 256])
def test_what_no_option_accepts_names_none(tag: int) -> None:
    with pytest.raises(UnsupportedPayload, match=f'tag {tag} is not accepted: '):
        CBORHandler().deserialize(cbor2.dumps(cbor2.CBORTag(tag, 0)))


def test_seconds_that_are_finer_than_a_microsecond_are_refused_or_cut() -> None:
    def tagged(seconds: float) -> bytes:
        return cbor2.dumps(cbor2.CBORTag(1, seconds))

    strict, cutting = CBORHandler(), CBORHandler(truncate_nanoseconds=True)
    for base in (0, 1_700_000_000, -1_700_000_000, 1_000):
        for microsecond in (0, 1, 123_456, 999_999):
            moment = EPOCH + dt.timedelta(seconds=base, microseconds=microsecond)
            exact = moment.timestamp()
            for handler in (strict, cutting):
                assert handler.deserialize(tagged(exact)) == moment
            for finer in (nextafter(exact, inf), nextafter(exact, -inf)):
                with pytest.raises(UnsupportedPayload, match='truncate_nanoseconds'):
                    strict.deserialize(tagged(finer))
            after = exact + 0.6e-6 if base < 10_000 else nextafter(exact, inf)
            assert cutting.deserialize(tagged(after)) == moment


@pytest.mark.parametrize('kind', [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize('call', [1, 2])
def test_an_interrupt_is_none_of_the_payloads_faults(
    kind: type[BaseException], call: int
) -> None:
    calls = []

    def interrupted(value: object, immutable: bool) -> object:
        calls.append(value)
        if len(calls) == call:
            raise kind
        return value

    handler = CBORHandler(semantic_decoders={100: interrupted})
    # Bytes after the end are what is looked at twice.
    with pytest.raises(kind):
        handler.deserialize(bytes.fromhex('81d8640000'))


def test_what_a_decoder_of_the_app_returns_may_contain_itself() -> None:
    class Box:
        pass

    table: list[Any] = [Box()]
    table.append(table)
    handler = CBORHandler(semantic_decoders={100: lambda value, _: table})
    assert handler.deserialize(bytes.fromhex('81d86400')) == [table]


def test_simple_values_beside_what_a_decoder_of_the_app_returns() -> None:
    def decode(value: object, immutable: bool) -> object:
        return frozenset({Point(1, 2)})

    handler = CBORHandler(semantic_decoders={100: decode}, strict_hashable_types=False)
    fine = bytes.fromhex('82 d86400 a1 82 01 a0 02')
    assert handler.deserialize(fine)[0] == {Point(1, 2)}  # type: ignore[index]  # a list
    for payload in ('82 d86400 f7', '82 d86400 a1 f7 01', '82 d86400 a1 82 01 f0 02'):
        with pytest.raises(UnsupportedPayload, match='simple'):
            handler.deserialize(bytes.fromhex(payload))


# -------------------------------------------------------------------- options, encode


def test_encoders_of_the_app() -> None:
    def write(encoder: cbor2.CBOREncoder, value: complex) -> None:
        encoder.encode(cbor2.CBORTag(43000, [value.real, value.imag]))

    handler = CBORHandler(
        encoders={complex: write},
        semantic_decoders={43000: lambda value, _: complex(*value)},
    )
    media = {'z': [1j, 2 + 1j]}
    assert sent_back(handler, media) == media
    with pytest.raises(UnserializableMedia):
        handler.serialize({'set': {1}})


def test_a_time_zone_for_datetimes_that_have_none() -> None:
    naive = dt.datetime(2026, 7, 1, 12)  # noqa: DTZ001  # it is what is tested
    with pytest.raises(UnserializableMedia, match='timezone'):
        CBORHandler().serialize(naive)
    zone = dt.timezone(dt.timedelta(hours=2))
    assert sent_back(CBORHandler(timezone=zone), naive) == naive.replace(tzinfo=zone)


@pytest.mark.parametrize('option', [{}, {'datetime_as_timestamp': True}])
def test_datetimes(option: dict[str, Any]) -> None:
    for zone in (dt.UTC, zoneinfo.ZoneInfo('Europe/Prague')):
        for moment in (
            dt.datetime(2026, 7, 1, 12, 30, 15, 123_456, tzinfo=zone),
            dt.datetime(1955, 1, 1, tzinfo=zone),
            dt.datetime(2242, 1, 1, 0, 0, 0, 1, tzinfo=zone),
        ):
            assert sent_back(CBORHandler(**option), [moment]) == [moment]


def test_a_datetime_that_a_timestamp_would_change() -> None:
    moment = dt.datetime(9999, 1, 1, 0, 0, 0, 1, tzinfo=dt.UTC)
    assert sent_back(CBORHandler(), moment) == moment
    with pytest.raises(UnserializableMedia, match='timestamp'):
        CBORHandler(datetime_as_timestamp=True).serialize(moment)


def test_datetimes_that_rfc_3339_can_not_write() -> None:
    class Nowhere(dt.tzinfo):
        def utcoffset(self, when: dt.datetime | None) -> None:
            return None

        dst = tzname = utcoffset

    half_a_minute = dt.timezone(dt.timedelta(seconds=30))
    for zone in (Nowhere(), half_a_minute):
        with pytest.raises(UnserializableMedia, match='offset'):
            CBORHandler().serialize(dt.datetime(2026, 1, 1, tzinfo=zone))
    moment = dt.datetime(2026, 1, 1, tzinfo=half_a_minute)
    assert sent_back(CBORHandler(datetime_as_timestamp=True), moment) == moment


@pytest.mark.parametrize(
    'media',
    [
        Point(1, 2),
        OrderedDict(b=1, a=2),
        defaultdict(list, a=[1]),
        type('Row', (dict,), {})(a=1),
        type('Rows', (list,), {})([1]),
    ],
)
def test_a_container_that_is_like_its_base(media: Any) -> None:
    plain = dict(media) if isinstance(media, dict) else list(media)
    assert same(sent_back(CBORHandler(), [media]), [plain])


def test_a_container_that_is_not_like_its_base() -> None:
    class First(dict[str, int]):
        def items(self) -> Any:
            return [*super().items()][:1]

    class Twice(list[int]):
        def __iter__(self) -> Any:
            yield from [*super().__iter__()] * 2

    class Short(tuple[int, ...]):
        __slots__ = ()

        def __len__(self) -> int:
            return 1

    for media in (First(a=1, b=2), Twice([1, 2]), Short((1, 2))):
        with pytest.raises(UnserializableMedia, match=type(media).__name__):
            CBORHandler().serialize([media])


def test_without_the_check_of_types() -> None:
    handler = CBORHandler(strict_encode=False)
    for media in ({1: {2}}, Decimal('1.5'), deque([1]), cbor2.CBORTag(5, [1])):
        assert handler.serialize(media) == cbor2.dumps(media)
    with pytest.raises(UnserializableMedia):
        handler.serialize(object())


def test_without_the_check_of_types_there_is_still_that_of_the_depth() -> None:
    handler = CBORHandler(strict_encode=False)
    deep: Any = 0
    tagged: Any = 0
    for _ in range(65):
        deep = [deep]
        tagged = cbor2.CBORTag(100, tagged)
    for media in (deep, tagged, UserString('text')):
        with pytest.raises(UnserializableMedia):
            handler.serialize(media)


# ---------------------------------------------------------------- options, their values


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'allow_indefinite': 1}, 'allow_indefinite must be true or false, not 1'),
        ({'allow_duplicate_keys': 'no'}, 'allow_duplicate_keys'),
        ({'strict_hashable_types': None}, 'strict_hashable_types'),
        ({'allow_simple_values': 0}, 'allow_simple_values'),
        ({'allow_decimal': 0}, 'allow_decimal'),
        ({'strict_encode': 0}, 'strict_encode'),
        ({'canonical': 0}, 'canonical'),
        ({'datetime_as_timestamp': 0}, 'datetime_as_timestamp'),
        ({'max_bignum': -1}, 'max_bignum must be .* 0 or more, not -1'),
        ({'max_bignum': True}, 'max_bignum'),
        ({'max_bignum': 1.5}, 'max_bignum'),
        ({'timezone': 1}, 'timezone must be a datetime.tzinfo, not 1'),
        ({'timezone': 'Nowhere/At'}, "no time zone 'Nowhere/At' is known: give 'UTC'"),
        ({'timezone': '/etc'}, "no time zone '/etc' is known"),
        ({'semantic_decoders': {'64': 'f:g'}}, "semantic_decoders: 'f' can not be imp"),
        (
            {'encoders': {'json:Encoder': repr}},
            "encoders: 'json' has no 'Encoder'",
        ),
        ({'semantic_decoders': {'x': str}}, 'tags .int. to functions, not'),
        ({'semantic_decoders': {0: 'f'}}, 'semantic_decoders must map'),
        ({'semantic_decoders': [0]}, 'semantic_decoders must map'),
        ({'semantic_decoders': {-1: str}}, 'a tag is 0 to .*, not -1'),
        ({'semantic_decoders': {2**64: str}}, 'a tag is 0 to'),
        ({'semantic_decoders': {True: str}}, 'a tag is 0 to .*, not True'),
        (
            {'semantic_decoders': {64: lambda value: value}},
            r'semantic_decoders\[64\] is called with 2 arguments',
        ),
        (
            {'encoders': {complex: str.upper}},
            r'encoders\[complex\] is called with 2 arguments',
        ),
        ({'encoders': {'set': str}}, 'types to functions, not'),
        ({'encoders': {set: 'f'}}, 'encoders must map'),
        ({'encoders': {list: print}}, 'list keeps the one it has'),
        ({'encoders': 5}, 'encoders must map'),
        ({'limits': {'max_depth': 5}}, 'limits must be falcon_media.Limits'),
        ({'limits': Limits(max_depth=1001)}, 'max_depth must be at most 1000'),
    ],
)
def test_a_value_that_an_option_can_not_have(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        CBORHandler(**options)


@pytest.mark.parametrize('tag', [25, 28, 29, 30, 35, 36, 256])
def test_tags_that_no_option_admits(tag: int) -> None:
    with pytest.raises(ConfigError, match=f'tag {tag} is not accepted: '):
        CBORHandler(semantic_decoders={tag: lambda value, _: value})


def test_uuids_and_other_instances_among_many_values() -> None:
    media = [UUID(int=number) for number in range(100)] + ['text' * 500]
    assert sent_back(CBORHandler(), media) == media


def test_the_framing_of_a_subclass_wins() -> None:
    class Lines(CBORHandler):
        framing = BYTE_LINES

    assert Lines().framing is BYTE_LINES


@pytest.mark.parametrize(
    ('value', 'text'),
    [
        (Decimal(1), 'pass allow_decimal=True'),
        ({1}, 'pass encoders='),
        (1 << 10_000, 'too many bits: pass a larger max_bignum'),
        ({None: 2}, 'key of type NoneType: strict_hashable_types=False lets it'),
    ],
    ids=lambda value: value if isinstance(value, str) else '',
)
def test_what_can_not_be_sent_names_its_place_and_an_option(
    value: object, text: str
) -> None:
    with pytest.raises(UnserializableMedia) as caught:
        CBORHandler().serialize({'rows': [{'at': 1}, {'at': value}]})
    assert caught.value.path == '$.rows[1].at'
    assert text in str(caught.value)


@pytest.mark.parametrize('pure', [True, False], ids=['pure', 'speedups'])
@pytest.mark.parametrize('kind', ['PanicException', 'KeyboardInterrupt'])
def test_a_panic_of_the_library_is_an_error_of_ours(
    pure: bool, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As pyo3 has it: what cbor2 6.3 raises where another thread changes a dict.
    failure = type(kind, (BaseException,), {})

    def dumps(media: object) -> bytes:
        raise failure

    monkeypatch.setattr(cbor2, 'dumps', dumps)
    if pure:
        monkeypatch.setattr(shortcuts, 'speedups', lambda: None)
    handler = CBORHandler(allow_simple_values=True)
    expected = UnserializableMedia if kind == 'PanicException' else failure
    with pytest.raises(expected):
        handler.serialize({'a': 1})


def test_a_time_zone_by_its_name() -> None:
    naive = dt.datetime(2026, 7, 1, 12)  # noqa: DTZ001  # it is what this is about
    for name, hours in (('UTC', 0), ('Etc/GMT-2', 2)):
        zone = dt.timezone(dt.timedelta(hours=hours))
        assert sent_back(CBORHandler(timezone=name), naive) == naive.replace(
            tzinfo=zone
        )
