from __future__ import annotations

import pytest

from falcon_media import BinaryHandler
from falcon_media import Codec
from falcon_media import InvalidPayload
from falcon_media import PayloadError
from falcon_media import UnsupportedPayload
from falcon_media_tools.fault import locate
from falcon_media_tools.fault import Place


def decode(payload: bytes) -> object:
    if b'?' in payload:
        raise UnsupportedPayload('a question')
    return payload


def test_a_handler_without_spans_gives_no_place() -> None:
    handler = BinaryHandler(Codec(encode=bytes, decode=decode, unchecked=0))
    with pytest.raises(PayloadError) as caught:
        handler.deserialize(b'what? where?')
    assert locate(handler, b'what? where?', caught.value, []) == Place(4, 5)


def test_an_invalid_payload_is_located_by_path() -> None:
    error = InvalidPayload('not valid')
    handler = BinaryHandler(Codec(encode=bytes, decode=decode, unchecked=0))
    assert locate(handler, b'{"a":1} ', error, []) is None
