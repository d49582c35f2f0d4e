"""Run the contract kit with the built-in JSON handler."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import json
from pathlib import Path
from typing import Any, ClassVar

from falcon_media_testing import BEYOND_JSON
from falcon_media_testing import HandlerContract
from falcon_media_testing import Loosened
from falcon_media_testing import ndjson
from falcon_media_testing import rfc8259
from falcon_media_testing import Sample

DOCS = Path(__file__).parents[3] / 'docs'


def keys_of_str(media: dict[Any, object]) -> object:
    return {
        key if isinstance(key, str) else json.dumps(key): value
        for key, value in media.items()
    }


def its_repr(media: object) -> object:
    return repr(media)


class TestJSON(HandlerContract):
    name = 'json'
    readme: ClassVar[Path | None] = Path(__file__).parents[3] / 'docs' / 'json.md'
    samples: ClassVar[Sequence[Sample]] = rfc8259.MESSAGES
    vectors: ClassVar[Sequence[Sample]] = (
        *rfc8259.SENT,
        *rfc8259.RECEIVED,
        Sample('\0\b\t\n\f\r"\\/', r'"\u0000\b\t\n\f\r\"\\/"'),
        Sample([1e16, 5e-324], '[1e+16,5e-324]'),
    )
    batches = ndjson.BATCHES
    refuses_batches = ndjson.REFUSED
    refuses = (
        *rfc8259.REFUSED,
        *rfc8259.TOO_MANY_DIGITS,
        *rfc8259.TOO_LARGE,
    )
    variants: ClassVar[Sequence[Mapping[str, Any]]] = (
        {'ensure_ascii': True, 'allow_lone_surrogates': True},
        {'coerce_keys': True, 'allow_nan': True, 'allow_duplicate_keys': True},
    )
    cant_carry = BEYOND_JSON
    changes: ClassVar = {
        'tuple': list,
        'named_tuple': list,
        'ordered_dict': dict,
        'int_enum': int,
        'str_enum': str,
    }
    loosened: ClassVar = {
        'nan': Loosened({'allow_nan': True}),
        'infinity': Loosened({'allow_nan': True}),
        'lone_surrogate': Loosened(
            {'allow_lone_surrogates': True, 'ensure_ascii': True}
        ),
        **{
            probe: Loosened({'coerce_keys': True}, keys_of_str)
            for probe in ('none_key', 'bool_key', 'int_key', 'float_key')
        },
        'object': Loosened({'default': repr}, its_repr),
    }
    enforces = ('max_depth', 'max_items')


class TestEscapedJSON(TestJSON):
    options: ClassVar = {'ensure_ascii': True}
    readme = None
    samples = (
        Sample({'é': '\U0001d11e'}, '{"\\u00e9":"\\ud834\\udd1e"}'),
        Sample(['"', '\\'], r'["\"","\\"]'),
    )
    vectors = ()
    variants = ()
    loosened: ClassVar = {}
