"""Payloads that are damaged, or no payloads at all."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import DecodeError
from plugins.protobuf.tests.schemas import Kinds
from plugins.protobuf.tests.schemas import Legacy
from plugins.protobuf.tests.schemas import Node
from plugins.protobuf.tests.schemas import Report
import pytest

from falcon_media import MalformedPayload
from falcon_media import PayloadError
from falcon_media_protobuf import ProtobufHandler

HANDLERS = [ProtobufHandler(message=cls) for cls in (Kinds, Node, Legacy, Report)]


@pytest.mark.parametrize('payload', ['text', [b'\x08\x01'], (8, 1)])
def test_what_is_no_payload(payload: Any) -> None:
    for handler in HANDLERS:
        with pytest.raises(PayloadError):
            handler.deserialize(payload)


def test_the_library_s_words_stay_on_the_server() -> None:
    with pytest.raises(MalformedPayload) as caught:
        HANDLERS[0].deserialize(b'\x72\x07hunter\xff')
    assert isinstance(caught.value.cause, DecodeError)
    assert not isinstance(caught.value.cause, ValueError)
    assert str(caught.value) == (
        'protobuf: BINARY payload of size 9: not well-formed (DecodeError)'
    )
