from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
import pytest
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode

from falcon_media import BinaryHandler
from falcon_media import Codec
from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import TextHandler
from falcon_media.json.handler import JSONHandler
from falcon_media_tools.measuring import deflated_size
from falcon_media_tools.measuring import send_and_receive


def test_a_message_is_carried() -> None:
    frame = send_and_receive('json', JSONHandler(), {'city': 'Zoë'})
    assert frame.payload == '{"city":"Zoë"}'
    assert (frame.handler, frame.payload_type) == ('json', 'TEXT')
    assert frame.size == 15
    assert frame.deflated_size == deflated_size('{"city":"Zoë"}'.encode())
    assert frame.is_carried
    assert not frame.changes


def test_a_refusal_is_reported() -> None:
    frame = send_and_receive('json', JSONHandler(), {'at': {1, 2}})
    assert not frame.is_carried
    assert (frame.payload, frame.size, frame.deflated_size) == (None, None, None)
    assert frame.refused is not None
    assert frame.refused.startswith('json: TEXT media: ')
    assert frame.refused.count('\n') == 0


def test_the_library_is_quoted() -> None:
    def encode(media: object) -> bytes:
        raise ValueError('no\nstrings,\x1b[2J please')

    codec = Codec(encode=encode, decode=bytes.decode, unchecked=100)
    frame = send_and_receive('plain', BinaryHandler(codec, name='plain'), 'hello')
    assert frame.refused == (
        "plain: BINARY media: this str can't be sent (ValueError): "
        r'no strings,\x1b[2J please'
    )


def test_an_undecodable_payload_is_reported() -> None:
    frame = send_and_receive('json', JSONHandler(limits=Limits(max_size=3)), [1, 2, 3])
    assert frame.payload == '[1,2,3]'
    assert frame.size == 7
    assert not frame.is_carried
    assert frame.undecodable is not None
    assert 'max_size=3' in frame.undecodable


def test_an_error_without_a_message() -> None:
    def decode(payload: str) -> object:
        raise MalformedPayload('not today')

    codec = Codec(encode=str, decode=decode, unchecked=100)
    frame = send_and_receive('loud', TextHandler(codec, name='loud'), 'hello')
    assert frame.undecodable == 'loud: TEXT payload of size 5: not today'


def test_changes_are_reported() -> None:
    codec = Codec(encode=repr, decode=str, unchecked=100)
    frame = send_and_receive('loud', TextHandler(codec), [1])
    assert frame.is_carried
    assert [str(change) for change in frame.changes] == ['$: list -> str']


def test_the_example_of_the_rfc() -> None:
    # RFC 7692, section 7.2.3.1.
    assert deflated_size(b'Hello') == len(b'\xf2\x48\xcd\xc9\xc9\x07\x00')


@given(st.binary(max_size=300).map(lambda data: data * 20))
def test_the_size_is_that_of_a_server(payload: Any) -> None:
    extension = PerMessageDeflate(True, True, 15, 15)
    sent = extension.encode(WebSocketFrame(Opcode.BINARY, payload))
    assert deflated_size(payload) == len(sent.data)


@pytest.mark.parametrize('size', [0, 1, 100_000])
def test_repetition_is_compressed(size: int) -> None:
    assert deflated_size(b'a' * size) <= max(size // 100, 3)
