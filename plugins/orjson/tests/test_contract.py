"""What JSON by orjson can and can't do, for the contract of media handlers."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
import json
from pathlib import Path
from typing import Any, ClassVar

import orjson

from falcon_media_testing import Batch
from falcon_media_testing import BEYOND_JSON
from falcon_media_testing import HandlerContract
from falcon_media_testing import Loosened
from falcon_media_testing import ndjson
from falcon_media_testing import Place
from falcon_media_testing import Probe
from falcon_media_testing import PROBES
from falcon_media_testing import Refused
from falcon_media_testing import rfc8259
from falcon_media_testing import Sample


def string(media: object) -> object:
    """As in the table: the string that it is sent as."""
    return json.loads(orjson.dumps(media))


def keys_of_str(media: dict[Any, object]) -> object:
    return {
        key if isinstance(key, str) else json.dumps(key): value
        for key, value in media.items()
    }


def its_fields(media: Any) -> object:
    return asdict(media)


def its_value(media: Any) -> object:
    return media.value


def its_repr(media: object) -> object:
    return repr(media)


def what_it_stands_for(media: object) -> object:
    return orjson.loads(orjson.dumps(media))


def is_of_64_bits(media: object) -> bool:
    return not isinstance(media, int) or -(2**63) <= media < 2**64


TIMES = Loosened({'serialize_datetime': True}, string)
LONG_INTEGERS = (
    '18446744073709551616',
    '-9223372036854775809',
    '[1.5,18446744073709551616]',
    '{"a": -9223372036854775809, "b": "18446744073709551616"}',
    '9' * 308,
    f'[-{"9" * 5000}]',
    f'[{"9" * 40}]',
)
NO_UTF8 = (
    b'"\xff"',
    b'"\xc3"',
    b'"\xc0\x80"',
    b'"\xed\xa0\x80"',
    b'"\xf4\x90\x80\x80"',
    b'\xff\xfe1\x00',
    b'\x001',
    b'\xef\xbb\xbf1',
    '"é"'.encode('latin1'),
    '[1]'.encode('utf-16-le'),
    '[1]'.encode('utf-16-be'),
    '[1]'.encode('utf-32-le'),
)


class TestOrjson(HandlerContract):
    name: ClassVar[str] = 'orjson'
    readme: ClassVar[Path | None] = Path(__file__).parent.parent / 'README.md'
    samples: ClassVar[Sequence[Sample]] = rfc8259.MESSAGES
    vectors: ClassVar[Sequence[Sample]] = (
        *(
            sample
            for sample in (*rfc8259.SENT, *rfc8259.RECEIVED)
            if is_of_64_bits(sample.media)
        ),
        Sample(2**64 - 1, '18446744073709551615'),
        Sample(-(2**63), '-9223372036854775808'),
        Sample('\0\b\t\n\f\r"\\/', r'"\u0000\b\t\n\f\r\"\\/"'),
        Sample(5e-324, '5e-324'),
        # What has to be told from a key that comes twice, and from a long integer.
        Sample({'a:b': ':'}, '{"a\\u003ab":"\\u003A"}', received_only=True),
        Sample({'<': 1}, '{"\\u003c": 1}', received_only=True),
        Sample(['9' * 5000, 0.25], f'[ "{"9" * 5000}",0.25]', received_only=True),
        Sample([1e19, 0.5], f'[1{"0" * 19}.0,0.5{"0" * 40}]', received_only=True),
        Sample([2**64 - 1, -(2**63)], f'[ {2**64 - 1},{-(2**63)}]', received_only=True),
    )
    batches: ClassVar[Sequence[Batch]] = ndjson.BATCHES
    refuses_batches: ClassVar[Sequence[Refused]] = ndjson.REFUSED
    refuses: ClassVar[Sequence[Refused]] = (
        *rfc8259.REFUSED,
        *rfc8259.TOO_LARGE,
        *map(Refused, LONG_INTEGERS),
        Refused('{"a":1,"a":"\\u003a"}'),
        Refused('{"a":1,"a":2,"b":"\\u003A\\u003a"}'),
        Refused('{"\\u003a":1,":":1}'),
    )
    variants: ClassVar[Sequence[Mapping[str, Any]]] = (
        {'allow_duplicate_keys': True, 'sort_keys': True},
        {
            'default': repr,
            'non_str_keys': True,
            'serialize_dataclass': True,
            'serialize_datetime': True,
            'serialize_enum': True,
            'serialize_uuid': True,
        },
        {'passthrough_subclass': True, 'strict_integer': True},
    )
    bad_options: ClassVar[Sequence[Mapping[str, Any]]] = (
        {'default': 'repr'},
        {'sort_keys': 1},
        {'naive_utc': True},
        {'omit_microseconds': True},
        {'utc_z': True},
    )
    probes: ClassVar[Sequence[Probe]] = (
        *PROBES,
        Probe('fragment', '`orjson.Fragment`', lambda: [orjson.Fragment(b'[1]')]),
    )
    cant_carry: ClassVar = BEYOND_JSON | {'int_beyond_64_bits', 'named_tuple'}
    changes: ClassVar = {
        'tuple': list,
        'ordered_dict': dict,
        'int_enum': int,
        'str_enum': str,
        'fragment': what_it_stands_for,
    }
    loosened: ClassVar = {
        **dict.fromkeys(('datetime_aware', 'datetime_naive', 'date', 'time'), TIMES),
        'uuid': Loosened({'serialize_uuid': True}, string),
        'enum': Loosened({'serialize_enum': True}, its_value),
        'dataclass': Loosened({'serialize_dataclass': True}, its_fields),
        **dict.fromkeys(
            ('none_key', 'bool_key', 'int_key', 'float_key'),
            Loosened({'non_str_keys': True}, keys_of_str),
        ),
        'object': Loosened({'default': repr}, its_repr),
    }
    enforces: ClassVar = ('max_depth', 'max_items')

    def places(self, probe: Probe, value: Any) -> Iterable[Place]:
        # NOTE: To the library, a key that is an instance of a subclass is none.
        return [
            place
            for place in super().places(probe, value)
            if probe.name != 'str_enum' or place.where != 'as a key'
        ]


def to_bytes(payload: str) -> bytes:
    return payload.encode('utf-8', 'surrogatepass')


def samples_of_bytes(samples: Sequence[Sample]) -> tuple[Sample, ...]:
    return tuple(
        Sample(
            sample.media, to_bytes(sample.payload), received_only=sample.received_only
        )
        for sample in samples
    )


class TestOrjsonBytes(TestOrjson):
    name = 'orjson-bytes'
    readme = None
    samples = samples_of_bytes(TestOrjson.samples)
    batches = tuple(
        Batch(batch.media, batch.payload.encode(), received_only=batch.received_only)
        for batch in ndjson.BATCHES
    )
    refuses_batches = tuple(
        Refused(refused.payload.encode(), refused.error, refused.why)
        for refused in ndjson.REFUSED
    )
    vectors = samples_of_bytes(TestOrjson.vectors)
    refuses = (
        *(
            Refused(to_bytes(refused.payload), refused.error, refused.why)
            for refused in TestOrjson.refuses
        ),
        *map(Refused, NO_UTF8),
        *(Refused(b' ' * 300 + payload) for payload in NO_UTF8),
    )
