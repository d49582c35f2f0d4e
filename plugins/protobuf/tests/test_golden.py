"""Bytes that take a look of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugins.protobuf.tests.golden import SAMPLES
from plugins.protobuf.tests.schemas import Legacy
from plugins.protobuf.tests.schemas import NICKNAME
import pytest

from falcon_media import MalformedPayload
from falcon_media_protobuf import ProtobufHandler


@pytest.mark.parametrize(
    ('cls', 'fields', 'wire'), SAMPLES, ids=[wire for *_, wire in SAMPLES]
)
def test_a_mapping_is_sent_as_its_message_is(
    cls: Any, fields: Mapping[str, Any], wire: str
) -> None:
    assert ProtobufHandler(message=cls).serialize(fields) == bytes.fromhex(wire)


def test_an_extension() -> None:
    media: Any = ProtobufHandler(message=Legacy).deserialize(
        bytes.fromhex('0801 c23e 0161')
    )
    assert media.Extensions[NICKNAME] == 'a'


@pytest.mark.parametrize(
    'wire',
    [
        '12 01 ff',
        '1a 02 c080',
        '22 03 0a01ff',
        '22 03 1201ff',
        '2b 0a 01 ff 2c',
        'c23e 01 ff',
        # Also where a later value takes its place.
        '12 01 ff 12 01 61',
    ],
)
def test_strings_that_are_not_utf8_where_protobuf_does_not_check(wire: str) -> None:
    payload = bytes.fromhex(f'0801 {wire}')
    assert Legacy.FromString(payload)  # The contract.
    handler = ProtobufHandler(message=Legacy, allow_partial=True)
    with pytest.raises(MalformedPayload):
        handler.deserialize(payload)


@pytest.mark.parametrize('wire', ['12 01 61', '0801 2b 2c', '32 00'])
def test_required_fields_that_are_missing(wire: str) -> None:
    payload = bytes.fromhex(wire)
    assert Legacy.FromString(payload) is not None  # The contract.
    with pytest.raises(MalformedPayload, match='a required field is missing'):
        ProtobufHandler(message=Legacy).deserialize(payload)
