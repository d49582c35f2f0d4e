"""What is sent as a mapping of fields, and arrives as a message."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import given
from hypothesis import settings
from plugins.protobuf.tests.mixtures import FIELDS
from plugins.protobuf.tests.payloads import both_ways
from plugins.protobuf.tests.schemas import Kinds
import pytest

from falcon_media import Limits
from falcon_media import UnserializableMedia
from falcon_media_protobuf import ProtobufHandler

HANDLER = ProtobufHandler(message=Kinds)


def is_same(got: Any, value: Any) -> bool:
    if isinstance(value, float):
        return (
            type(got) is float
            and math.copysign(1, got) == math.copysign(1, value)
            and (got == value or (math.isnan(got) and math.isnan(value)))
        )
    # NOTE: Messages compare equal with mappings and lists where they act like them.
    return bool(got == value)


def holds(message: Any, fields: dict[str, Any]) -> bool:
    """Whether a message has what is in a mapping."""
    for name, value in fields.items():
        got = getattr(message, name)
        if name == 'nested':
            same = holds(got, value)
        elif name == 'parts':
            same = len(got) == len(value) and all(map(holds, got, value))
        elif name == 'by_id':
            same = set(got) == set(value) and all(
                holds(got[k], value[k]) for k in value
            )
        else:
            same = is_same(got, value)
        if not same:
            return False
    return True


@settings(deadline=None)
@given(FIELDS)
def test_a_mapping_that_is_sent_arrives_equal(fields: dict[str, Any]) -> None:
    media = both_ways(HANDLER, fields)
    assert holds(media, fields)
    assert media == Kinds(**fields)


def test_as_much_as_is_received() -> None:
    handler = ProtobufHandler(message=Kinds, limits=Limits(max_items=10))
    assert handler.serialize({'numbers': [0] * 9})
    too_many: list[Any] = [
        {'numbers': [0] * 10},
        {'parts': [{}] * 5},
        {'more': [0] * 9},
    ]
    for fields in too_many:
        with pytest.raises(UnserializableMedia, match='more than 10 items'):
            handler.serialize(fields)
