"""What JSON by RapidJSON can and can't do, for the contract of media handlers."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import json
from pathlib import Path
from typing import Any, ClassVar

import rapidjson

from falcon_media_testing import BEYOND_JSON
from falcon_media_testing import HandlerContract
from falcon_media_testing import Loosened
from falcon_media_testing import ndjson
from falcon_media_testing import Probe
from falcon_media_testing import PROBES
from falcon_media_testing import rfc8259
from falcon_media_testing import Sample

TIMES = Loosened(
    {'datetime_mode': rapidjson.DM_ISO8601}, text='datetime_mode=rapidjson.DM_ISO8601'
)


def keys_of_str(media: dict[Any, object]) -> object:
    return {str(key): value for key, value in media.items()}


def what_it_stands_for(media: rapidjson.RawJSON) -> object:
    return json.loads(media.value)


def its_repr(media: object) -> object:
    return repr(media)


class TestRapidJSON(HandlerContract):
    name = 'rapidjson'
    readme: ClassVar[Path | None] = Path(__file__).parent.parent / 'README.md'
    samples: ClassVar[Sequence[Sample]] = rfc8259.MESSAGES
    vectors: ClassVar[Sequence[Sample]] = (
        *rfc8259.SENT,
        *rfc8259.RECEIVED,
        Sample('\0\b\t\n\f\r"\\/', r'"\u0000\b\t\n\f\r\"\\/"'),
        Sample([1e16, 5e-324], '[1e+16,5e-324]'),
        Sample(0.0, '0e308', received_only=True),
        # The library itself refuses such an exponent, with any digits.
        Sample([0.0, -0.0], '[0e309,-0.0E+400]', received_only=True),
    )
    batches = ndjson.BATCHES
    refuses_batches = ndjson.REFUSED
    refuses = (
        *rfc8259.REFUSED,
        *rfc8259.TOO_MANY_DIGITS,
        *rfc8259.TOO_LARGE,
    )
    variants: ClassVar[Sequence[Mapping[str, Any]]] = (
        {'ensure_ascii': True, 'number_mode': rapidjson.NM_DECIMAL},
        {
            'allow_nan': True,
            'allow_duplicate_keys': True,
            'parse_mode': rapidjson.PM_TRAILING_COMMAS,
            'datetime_mode': rapidjson.DM_ISO8601,
            'uuid_mode': rapidjson.UM_CANONICAL,
        },
    )
    probes = (
        *PROBES,
        Probe('raw_json', '`rapidjson.RawJSON`', lambda: [rapidjson.RawJSON('[1]')]),
    )
    cant_carry = BEYOND_JSON
    changes: ClassVar = {
        'tuple': list,
        'named_tuple': list,
        'ordered_dict': dict,
        'int_enum': int,
        'str_enum': str,
        'raw_json': what_it_stands_for,
    }
    loosened: ClassVar = {
        'nan': Loosened({'allow_nan': True}),
        'infinity': Loosened({'allow_nan': True}),
        **dict.fromkeys(('datetime_aware', 'datetime_naive', 'date', 'time'), TIMES),
        'uuid': Loosened(
            {'uuid_mode': rapidjson.UM_CANONICAL},
            text='uuid_mode=rapidjson.UM_CANONICAL',
        ),
        **dict.fromkeys(
            ('none_key', 'bool_key', 'int_key', 'float_key', 'tuple_key'),
            Loosened(
                {'mapping_mode': rapidjson.MM_COERCE_KEYS_TO_STRINGS},
                keys_of_str,
                text='mapping_mode=rapidjson.MM_COERCE_KEYS_TO_STRINGS',
            ),
        ),
        'object': Loosened({'default': repr}, its_repr),
    }
    enforces = ('max_depth', 'max_items')


class TestEscapedRapidJSON(TestRapidJSON):
    options: ClassVar = {'ensure_ascii': True}
    readme = None
    samples = (
        Sample({'é': '\U0001d11e\x7f'}, '{"\\u00E9":"\\uD834\\uDD1E\x7f"}'),
        Sample(['"', '\\'], r'["\"","\\"]'),
    )
    vectors = ()
    variants = ()
    loosened: ClassVar = {}
