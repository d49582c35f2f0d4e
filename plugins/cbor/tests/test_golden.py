"""The bytes that options make, and admit."""

from __future__ import annotations

import datetime as dt
from typing import Any

from plugins.cbor.tests import payloads
import pytest

from falcon_media import UnsupportedPayload
from falcon_media_cbor import CBORHandler
from falcon_media_testing import same

UTC = dt.UTC


@pytest.mark.parametrize(('payload', 'option', 'media'), payloads.OPTIONAL)
def test_what_takes_an_option(payload: str, option: str, media: object) -> None:
    refusing: dict[str, Any] = {option: False}
    with pytest.raises(UnsupportedPayload, match=f': {option}=True accepts it'):
        CBORHandler(**refusing).deserialize(bytes.fromhex(payload))
    assert same(CBORHandler().deserialize(bytes.fromhex(payload)), media)


@pytest.mark.parametrize(
    ('media', 'payload'),
    [
        (1.5, 'f93e00'),
        (100000.0, 'fa47c35000'),
        (1.1, 'fb3ff199999999999a'),
        ({'aa': 1, 'b': 2}, 'a2616202626161' + '01'),
    ],
)
def test_what_is_sent_in_canonical_form(media: object, payload: str) -> None:
    assert CBORHandler(canonical=True).serialize(media).hex() == payload


def test_what_is_sent_as_a_timestamp() -> None:
    handler = CBORHandler(datetime_as_timestamp=True)
    second = dt.datetime(2013, 3, 21, 20, 4, tzinfo=UTC)
    assert handler.serialize(second).hex() == 'c11a514b67b0'
    half = second.replace(microsecond=500_000)
    assert handler.serialize(half).hex() == 'c1fb41d452d9ec200000'
