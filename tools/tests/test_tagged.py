from __future__ import annotations

from collections import OrderedDict
import datetime as dt
from decimal import Decimal
import json
import math
from typing import Any, NamedTuple
from uuid import UUID

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
import pytest

from falcon_media_tools.tagged import BadTag
from falcon_media_tools.tagged import from_tagged
from falcon_media_tools.tagged import to_tagged


class Pair(NamedTuple):
    a: int
    b: int


MOMENT = dt.datetime(2026, 3, 1, 12, 30, 0, 5, dt.UTC)


@pytest.mark.parametrize(
    ('media', 'value'),
    [
        ({'a': [1, 1.5, True, None, 'x']}, {'a': [1, 1.5, True, None, 'x']}),
        (2**53 - 1, 2**53 - 1),
        (2**53, {'$int': '9007199254740992'}),
        (-(2**63), {'$int': '-9223372036854775808'}),
        (2**10_000, {'$int': hex(2**10_000)}),
        (math.inf, {'$float': 'inf'}),
        (-math.inf, {'$float': '-inf'}),
        (b'\x00\xff', {'$bytes': '00ff'}),
        (MOMENT, {'$datetime': '2026-03-01T12:30:00.000005+00:00'}),
        (MOMENT.date(), {'$date': '2026-03-01'}),
        (dt.time(1, 2), {'$time': '01:02:00'}),
        (UUID(int=1), {'$uuid': '00000000-0000-0000-0000-000000000001'}),
        (Decimal('1.50'), {'$decimal': '1.50'}),
        ({1: 'a'}, {'$map': [[1, 'a']]}),
        ({'$a': 1}, {'$map': [['$a', 1]]}),
        ({(1, (2,)): b''}, {'$map': [[[1, [2]], {'$bytes': ''}]]}),
    ],
)
def test_both_ways(media: object, value: object) -> None:
    assert to_tagged(media) == value
    assert from_tagged(json.loads(json.dumps(value))) == media


@pytest.mark.parametrize(
    ('media', 'value'),
    [
        ((1, 2), [1, 2]),
        (OrderedDict(a=1), {'a': 1}),
        (bytearray(b'\x01'), {'$bytes': '01'}),
        ({1}, {'$repr': '{1}'}),
        (Pair(1, 2), {'$repr': 'Pair(a=1, b=2)'}),
    ],
)
def test_one_way(media: object, value: object) -> None:
    assert to_tagged(media) == value


def test_nan_is_tagged() -> None:
    assert to_tagged(math.nan) == {'$float': 'nan'}
    assert math.isnan(from_tagged({'$float': 'nan'}))


@pytest.mark.parametrize(
    ('value', 'message'),
    [
        ({'$bytes': 'zz'}, r'\$bytes: expected a string of hex digits'),
        ({'$bytes': 5}, r'\$bytes: expected a string of hex digits'),
        ({'$datetime': 'today'}, r'\$datetime: expected an ISO 8601 date and time'),
        ({'$date': ''}, r'\$date: expected an ISO 8601 date'),
        ({'$time': None}, r'\$time: expected an ISO 8601 time'),
        ({'$uuid': 5}, r'\$uuid: expected a UUID'),
        ({'$decimal': 'x'}, r'\$decimal: expected a decimal number'),
        ({'$int': 1.5}, r'\$int: expected an integer'),
        ({'$float': []}, r'\$float: expected "nan"'),
        ({'$map': [[1]]}, r'\$map: expected a list of pairs'),
        ({'$map': [[{}, 1]]}, r'\$map: expected a list of pairs'),
        ({'$repr': 'x'}, r'\$repr: an object of this type cannot be read back'),
        ({'$ref': 'x'}, r"'\$ref' is not a known tag, .* \{\"\$map\": \[\[\"\$ref\""),
        (
            [{'a': 1, '$bytes': '00'}],
            r"'\$bytes' is not a known tag, or not the only key",
        ),
    ],
)
def test_an_invalid_tag_is_refused(value: object, message: str) -> None:
    with pytest.raises(BadTag, match=message):
        from_tagged(value)


SCALARS: Any = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.datetimes(timezones=st.just(dt.UTC))
    | st.dates()
    | st.uuids()
    | st.decimals(allow_nan=False)
)


@settings(deadline=None, database=None)
@given(
    st.recursive(
        SCALARS,
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.text() | st.integers() | st.binary(), inner)
        ),
        max_leaves=20,
    )
)
def test_any_object_comes_back(media: object) -> None:
    assert from_tagged(json.loads(json.dumps(to_tagged(media)))) == media
