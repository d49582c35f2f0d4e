"""What holds for any time, and for any decimal."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from plugins.cbor.tests.samples import sent_back

from falcon_media import UnserializableMedia
from falcon_media_cbor import CBORHandler

properties = settings(deadline=None, database=None, max_examples=80)

offsets = st.integers(-1439, 1439).map(lambda m: dt.timezone(dt.timedelta(minutes=m)))
moments = st.datetimes(
    min_value=dt.datetime(2, 1, 1),  # noqa: DTZ001  # Hypothesis adds the time zone
    max_value=dt.datetime(9998, 1, 1),  # noqa: DTZ001  # Hypothesis adds the time zone
    timezones=st.just(dt.UTC) | offsets,
)


@properties
@given(moments)
def test_a_timestamp_comes_back_or_is_not_sent(moment: dt.datetime) -> None:
    handler = CBORHandler(datetime_as_timestamp=True)
    try:
        assert sent_back(handler, moment) == moment
    except UnserializableMedia:
        assert abs(moment.year - 1970) > 200


@properties
@given(st.decimals())
def test_a_decimal_comes_back_or_is_not_sent(decimal: Decimal) -> None:
    handler = CBORHandler(allow_decimal=True)
    try:
        media = sent_back(handler, decimal)
    except UnserializableMedia:
        return
    assert media.as_tuple() == decimal.as_tuple()
