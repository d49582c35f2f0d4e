"""What holds for any payload, and for any object."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

import cbor2
from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from plugins.cbor.tests import hostile
from plugins.cbor.tests.samples import EVENT
from plugins.cbor.tests.samples import HEADS
from plugins.cbor.tests.samples import same
from plugins.cbor.tests.samples import SAMPLES
from plugins.cbor.tests.samples import sent_back
import pytest

from falcon_media import Limits
from falcon_media import PayloadError
from falcon_media import UnserializableMedia
from falcon_media_cbor import CBORHandler

properties = settings(deadline=None, database=None, max_examples=80)

HANDLERS = {
    'default': CBORHandler(),
    'small': CBORHandler(limits=Limits(max_size=100, max_depth=3, max_items=5)),
    'loose': CBORHandler(
        allow_indefinite=True,
        allow_duplicate_keys=True,
        strict_hashable_types=False,
        allow_simple_values=True,
        allow_decimal=True,
    ),
}
PLAIN = {
    *(bool, bytes, dict, float, int, list, str, type(None)),
    *(dt.date, dt.datetime, UUID),
}

every_handler = pytest.mark.parametrize('name', HANDLERS)


def check(name: str, payload: bytes) -> None:
    """Decode any payload: to an object that can be sent as it is, or not at all."""
    handler = HANDLERS[name]
    try:
        media: Any = handler.deserialize(payload)
    except PayloadError:
        return
    if name == 'loose':
        return
    todo = [media]
    for value in todo:
        assert type(value) in PLAIN
        if type(value) is dict:
            assert all(type(key) in {str, bytes} for key in value)
            todo += value.values()
        elif type(value) is list:
            todo += value
    assert same(sent_back(handler, media), media)


# ---------------------------------------------------------------------- any payload

heads = st.sampled_from(HEADS).map(lambda head: bytes([head]))
pieces = heads | st.binary(max_size=9) | st.text(max_size=3).map(cbor2.dumps)


@every_handler
@properties
@given(payload=st.lists(pieces, max_size=30).map(b''.join))
@example(payload=b'')
def test_any_payload(name: str, payload: bytes) -> None:
    check(name, payload)


@every_handler
@pytest.mark.parametrize('sample', range(len(SAMPLES)))
def test_payloads_that_are_like_a_good_one(name: str, sample: int) -> None:
    for payload in hostile.mutations(SAMPLES[sample], count=400, alphabet=HEADS):
        check(name, payload)
    if name != 'small':
        assert same(HANDLERS[name].deserialize(SAMPLES[0]), EVENT)


# ------------------------------------------------------------------------ any object

offsets = st.integers(-1439, 1439).map(lambda m: dt.timezone(dt.timedelta(minutes=m)))
moments = st.datetimes(
    min_value=dt.datetime(2, 1, 1),  # noqa: DTZ001  # Hypothesis adds the time zone
    max_value=dt.datetime(9998, 1, 1),  # noqa: DTZ001  # Hypothesis adds the time zone
    timezones=st.just(dt.UTC) | offsets,
)
carried = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**8192), 2**8192 - 1)
    | st.floats()
    | st.text()
    | st.binary()
    | moments
    | st.dates()
    | st.uuids()
)
keys = st.text() | st.binary(max_size=5)
objects = st.recursive(
    carried, lambda inner: st.lists(inner) | st.dictionaries(keys, inner)
)


@properties
@given(objects)
def test_what_is_sent_comes_back(media: object) -> None:
    assert same(sent_back(HANDLERS['default'], media), media)
    assert same(sent_back(HANDLERS['loose'], media), media)
    assert same(
        in_order(sent_back(CBORHandler(canonical=True), media)), in_order(media)
    )


def in_order(media: Any) -> Any:
    if isinstance(media, dict):
        pairs = [(key, in_order(value)) for key, value in media.items()]
        return sorted(pairs, key=lambda pair: (type(pair[0]).__name__, pair[0]))
    if isinstance(media, list):
        return [*map(in_order, media)]
    return media


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


others: st.SearchStrategy[Any] = (
    carried
    | st.decimals()
    | st.complex_numbers()
    | st.fractions()
    | st.times()
    | st.timedeltas()
    | st.datetimes()
    | st.ip_addresses()
    | st.just(range(3))
    | st.just(...)
    | st.just(memoryview(b'ab'))
    | st.characters(categories=['Cs'])
    | st.just(cbor2.undefined)
    | st.integers(0, 255)
    .filter(lambda number: not 20 <= number < 32)
    .map(cbor2.CBORSimpleValue)
    | st.builds(cbor2.CBORTag, st.integers(0, 300), st.integers())
)
other_keys = keys | st.none() | st.booleans() | st.integers() | st.floats()
other_objects = st.recursive(
    others,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(other_keys | st.tuples(other_keys), inner)
        | st.frozensets(st.integers())
    ),
)


def with_lists(media: Any, *, key: bool = False) -> Any:
    """Return an object as it is supposed to come back."""
    if isinstance(media, dict):
        return {
            with_lists(name, key=True): with_lists(value)
            for name, value in media.items()
        }
    if isinstance(media, (list, tuple)):
        values = [with_lists(value, key=key) for value in media]
        return tuple(values) if key else values
    return media


@every_handler
@settings(properties, max_examples=40)
@given(media=other_objects)
@example(media=dt.datetime(2000, 1, 1, tzinfo=dt.UTC, fold=1))
def test_any_object_comes_back_or_is_not_sent(name: str, media: Any) -> None:
    handler = HANDLERS[name]
    try:
        payload = handler.serialize(media)
    except UnserializableMedia:
        return
    try:
        back = handler.deserialize(bytes(payload))
    except PayloadError:
        # Size and items are budgets of what is received.
        assert name == 'small'
        return
    assert same(back, with_lists(media))


@properties
@given(st.binary() | st.text() | st.integers())
def test_it_never_takes_more_than_it_should(media: object) -> None:
    handler = CBORHandler(limits=Limits(max_size=8))
    payload = cbor2.dumps(media)
    if len(payload) > 8:
        with pytest.raises(PayloadError):
            handler.deserialize(payload)
    else:
        assert handler.deserialize(payload) == media
