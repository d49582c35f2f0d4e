"""What CBOR can and can't do, for the contract that all media handlers keep."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
import datetime as dt
from pathlib import Path
from typing import Any, ClassVar

import cbor2
from plugins.cbor.tests import payloads
from plugins.cbor.tests.samples import EVENT
from plugins.cbor.tests.samples import PAYLOAD

from falcon_media import MalformedPayload
from falcon_media import PayloadError
from falcon_media import PayloadTooLarge
from falcon_media import UnsupportedPayload
from falcon_media_testing import Batch
from falcon_media_testing import BEYOND_JSON
from falcon_media_testing import HandlerContract
from falcon_media_testing import Loosened
from falcon_media_testing import Probe
from falcon_media_testing import PROBES
from falcon_media_testing import Refused
from falcon_media_testing import Sample

UNDEFINED = Probe(
    'simple_values',
    '`cbor2.undefined`, `cbor2.CBORSimpleValue`',
    lambda: [cbor2.undefined, cbor2.CBORSimpleValue(255)],
)


# NOTE: Of keys that look the same, integers are carried, and None is not.
SAME_KEYS = Probe(
    'colliding_keys',
    '`dict` with keys that look the same: `1`',
    lambda: [{'1': 'a', 1: 'b'}],
    'keys',
)
SAME_NONE_KEYS = Probe(
    'colliding_none_keys',
    '`dict` with keys that look the same: `None`',
    lambda: [{'None': 1, None: 2}],
    'keys',
)
OTHERS = tuple(probe for probe in PROBES if probe.name != SAME_KEYS.name)


def aware(moment: dt.datetime) -> dt.datetime:
    return moment.replace(tzinfo=dt.UTC)


def refused(them: Iterable[bytes | str], error: type[PayloadError]) -> list[Refused]:
    return [
        Refused(bytes.fromhex(each) if isinstance(each, str) else each, error)
        for each in them
    ]


class TestCBOR(HandlerContract):
    name = 'cbor'
    options: ClassVar[Mapping[str, Any]] = {}
    variants: ClassVar[Sequence[Mapping[str, Any]]] = (
        {'strict_encode': False},
        {'canonical': True, 'datetime_as_timestamp': True},
        {'truncate_nanoseconds': True},
    )
    readme: ClassVar[Path | None] = Path(__file__).parent.parent / 'README.md'
    probes: ClassVar[Sequence[Probe]] = (
        *OTHERS,
        SAME_KEYS,
        SAME_NONE_KEYS,
        UNDEFINED,
    )

    samples = (
        Sample(EVENT, PAYLOAD),
        Sample(
            [1, [2, 3], {'a': 1.5}],
            bytes.fromhex('83 01 820203 a1 6161 fb3ff8000000000000'),
        ),
        Sample('a' * 24, b'\x78\x18' + b'a' * 24),
        Sample([], b'\x80'),
    )
    vectors: ClassVar[Sequence[Sample]] = (
        *(
            Sample(media, bytes.fromhex(payload), received_only=True)
            for payload, media in payloads.ACCEPTED
        ),
        *(
            Sample(media, bytes.fromhex(payload), received_only=True)
            for payload, _, media in payloads.OPTIONAL
        ),
        *(Sample(media, bytes.fromhex(payload)) for media, payload in payloads.ENCODED),
    )
    # NOTE: A sequence of RFC 8742.
    batches: ClassVar[Sequence[Batch]] = (
        Batch(
            [{'a': 1}, [2, None], 'text'], bytes.fromhex('a1616101 8202f6 6474657874')
        ),
        Batch([[]], b'\x80'),
        Batch(
            [dt.date(2020, 2, 29), 2**64, 'a' * 256, b'a' * 65_536, 1.5],
            bytes.fromhex('d903ec 6a 323032302d30322d3239 c249010000000000000000')
            + (b'\x79\x01\x00' + b'a' * 256 + b'\x5a\x00\x01\x00\x00' + b'a' * 65_536)
            + bytes.fromhex('fb3ff8000000000000'),
        ),
        Batch([[1], {'a': 2}], bytes.fromhex('980101 b801616102'), received_only=True),
        Batch(
            [[1, []], {1: 'ab'}],
            bytes.fromhex('9f 01 9f ff ff  bf 01 7f 6161 6162 ff ff'),
            received_only=True,
        ),
    )
    refuses_batches: ClassVar[Sequence[Refused]] = (
        Refused(b'\x01\x82\x02', why='the last one is cut off'),
        Refused(b'\x01\x62\x02', why='its text is cut off'),
        Refused(b'\x01\x1c\x02', why='a head that is reserved'),
        Refused(b'\x01\xff', why='a break'),
        Refused(b'\x9f\x01\xff\x9f\x01', why='it is cut off before a break'),
        Refused(b'\xbf\x01\xff', why='a break in an entry'),
        Refused(b'\x01\xc9\x02', UnsupportedPayload, why='a tag'),
        Refused(b'\x01\x9b' + b'\xff' * 8, why='a lie about items'),
        Refused(b'\x01\x5b' + b'\xff' * 8, why='a lie about bytes'),
        Refused(b'\xc1' * 1_000_000, PayloadTooLarge, why='nothing but tags'),
        Refused(b'\x01' * 1000, PayloadTooLarge, why='too many'),
    )
    refuses: ClassVar[Sequence[Refused]] = (
        *refused(payloads.LENGTHS, MalformedPayload),
        *refused(payloads.MALFORMED, MalformedPayload),
        *refused([f'8101{more}' for more in payloads.TRAILING], MalformedPayload),
        *refused(payloads.REFUSED, UnsupportedPayload),
        *refused(payloads.NOT_WELL_FORMED, PayloadError),
        *(
            Refused(before + bytes.fromhex(payload), error)
            for payload, error in payloads.TAGS
            for before in (b'', b'\x81', b'\xa1\x60', b'\x82\x00')
        ),
        *(Refused(cbor2.dumps(cbor2.CBORTag(0, text))) for text in payloads.DATE_TIMES),
        *(Refused(cbor2.dumps(cbor2.CBORTag(1004, text))) for text in payloads.DATES),
        *refused(payloads.bombs(), PayloadError),
    )

    cant_carry: ClassVar[Collection[str]] = BEYOND_JSON - {
        *('nan', 'infinity', 'bytes', 'bytearray', 'bytes_key'),
        *('datetime_aware', 'date', 'uuid', 'int_key', 'colliding_keys'),
    } | {'simple_values', 'colliding_none_keys'}
    changes: ClassVar[Mapping[str, Any]] = {
        'bytearray': bytes,
        'tuple': list,
        'named_tuple': list,
        'ordered_dict': dict,
        'int_enum': int,
        'str_enum': str,
    }
    loosened: ClassVar[Mapping[str, Loosened]] = {
        'decimal': Loosened({'allow_decimal': True}),
        'datetime_naive': Loosened({'timezone': dt.UTC}, aware),
        'simple_values': Loosened({'allow_simple_values': True}),
        **{
            probe: Loosened({'strict_hashable_types': False})
            for probe in (
                'none_key',
                'bool_key',
                'float_key',
                'tuple_key',
                'colliding_none_keys',
            )
        },
    }
    enforces = ('max_depth',)


class TestLooseCBOR(TestCBOR):
    options: ClassVar[Mapping[str, Any]] = {
        'allow_duplicate_keys': True,
        'strict_hashable_types': False,
        'allow_simple_values': True,
        'allow_decimal': True,
    }
    duplicates_are_detected = False
    variants = ()
    readme = None
    vectors = tuple(
        Sample(media, bytes.fromhex(payload), received_only=True)
        for payload, _, media in payloads.OPTIONAL
    )
    refuses = (
        *refused(payloads.LENGTHS, MalformedPayload),
        *refused(payloads.NOT_WELL_FORMED, MalformedPayload),
    )
    cant_carry = TestCBOR.cant_carry - {  # type: ignore[operator]  # a frozenset
        *('decimal', 'simple_values', 'none_key', 'bool_key', 'float_key'),
        *('tuple_key', 'colliding_none_keys'),
    }
    loosened: ClassVar[Mapping[str, Loosened]] = {}


class TestStrictCBOR(TestCBOR):
    options: ClassVar[Mapping[str, Any]] = {
        'allow_indefinite': False,
        'allow_integer_keys': False,
    }
    variants = ()
    readme = None
    vectors = ()
    # NOTE: The last one has what is refused here.
    batches = TestCBOR.batches[:-1]
    refuses = tuple(
        refused([payload for payload, *_ in payloads.OPTIONAL], UnsupportedPayload)
    )
    probes: ClassVar[Sequence[Probe]] = (*PROBES, UNDEFINED)
    cant_carry = BEYOND_JSON - {
        *('nan', 'infinity', 'bytes', 'bytearray', 'bytes_key'),
        *('datetime_aware', 'date', 'uuid'),
    } | {'simple_values'}
    loosened: ClassVar[Mapping[str, Loosened]] = {
        'int_key': Loosened({'allow_integer_keys': True})
    }
