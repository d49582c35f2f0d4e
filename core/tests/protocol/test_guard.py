from __future__ import annotations

from collections.abc import Callable
import gc
import json
import sys
from typing import Any

from falcon import WebSocketPayloadType
import pytest

from falcon_media import BinaryHandler
from falcon_media import Codec
from falcon_media import Framing
from falcon_media import InvalidPayload
from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import PayloadError
from falcon_media import PayloadTooLarge
from falcon_media import TextHandler
from falcon_media import UnserializableMedia
from falcon_media import UnsupportedPayload
from falcon_media.protocol.batching import batched
from falcon_media.protocol.batching import Batching
from falcon_media.protocol.fastpath import Sent

TEXT = WebSocketPayloadType.TEXT
BINARY = WebSocketPayloadType.BINARY


class LibraryError(Exception):
    """An exception of a codec library."""


def text_handler(limits: Limits | None = None, **codec: Any) -> TextHandler:
    fields: dict[str, Any] = {'encode': str, 'decode': eval_int, 'unchecked': 1000}
    return TextHandler(Codec(**{**fields, **codec}), limits)


def binary_handler(limits: Limits | None = None, **codec: Any) -> BinaryHandler:
    fields: dict[str, Any] = {'encode': bytes, 'decode': list, 'unchecked': 1000}
    return BinaryHandler(Codec(**{**fields, **codec}), limits)


def eval_int(payload: str) -> int:
    return int(payload)


def raiser(ex: BaseException) -> Callable[[Any], Any]:
    def function(_: Any) -> Any:
        raise ex

    return function


def wrapper(inner: Exception) -> Callable[[Any], Any]:
    """A library that wraps exceptions of hooks in its own exception."""

    def function(_: Any) -> Any:
        raise LibraryError from inner

    return function


def test_valid_messages_pass_the_guard() -> None:
    handler = text_handler()
    assert handler.serialize(5) == '5'
    assert handler.deserialize('5') == 5


@pytest.mark.parametrize(
    ('raised', 'expected'),
    [
        (LibraryError('secret'), MalformedPayload),
        (ValueError('secret'), MalformedPayload),
        (MemoryError(), MalformedPayload),
        (RecursionError('secret'), PayloadTooLarge),
        (KeyError('too deep'), PayloadTooLarge),
        (NotImplementedError(), UnsupportedPayload),
    ],
)
def test_an_exception_of_the_library_becomes_ours(
    raised: Exception, expected: type[PayloadError]
) -> None:
    handler = text_handler(decode=raiser(raised), too_large=(KeyError,))
    with pytest.raises(expected) as caught:
        handler.deserialize('secret')
    error = caught.value
    assert error.cause is raised
    assert (error.handler, error.payload_type, error.size) == ('text', TEXT, 6)
    assert 'secret' not in str(error)
    assert type(raised).__name__ in str(error)


def test_exceptions_that_are_not_errors_are_passed_on() -> None:
    with pytest.raises(KeyboardInterrupt):
        text_handler(decode=raiser(KeyboardInterrupt())).deserialize('1')


@pytest.mark.parametrize('wrap', [raiser, wrapper])
def test_our_own_exception_from_a_hook_is_passed_on(wrap: Any) -> None:
    inner = UnsupportedPayload('tag 30 is not allowed')
    with pytest.raises(UnsupportedPayload, match='tag 30 is not allowed') as caught:
        binary_handler(decode=wrap(inner)).deserialize(b'ab')
    assert caught.value.handler == 'binary'
    assert caught.value.payload_type is BINARY
    assert caught.value.size == 2


def test_the_attributes_of_an_exception_are_kept() -> None:
    inner = MalformedPayload('x', handler='inner', payload_type=TEXT, size=99)
    with pytest.raises(MalformedPayload) as caught:
        binary_handler(decode=raiser(inner)).deserialize(b'ab')
    assert caught.value.handler == 'inner'
    assert caught.value.payload_type is TEXT
    assert caught.value.size == 99


def test_the_path_of_an_invalid_payload_is_kept() -> None:
    inner = InvalidPayload('not valid')
    inner.path = '$.id'
    with pytest.raises(InvalidPayload) as caught:
        binary_handler(decode=wrapper(inner)).deserialize(b'ab')
    assert caught.value is not inner
    assert caught.value.path == '$.id'


def test_errors_leave_no_reference_cycles() -> None:
    class LocalError(Exception): ...

    def decode(payload: bytes) -> object:
        raise LocalError from UnsupportedPayload('no')

    handler = binary_handler(decode=decode)
    gc.collect()
    gc.disable()
    try:
        for _ in range(10):
            try:
                handler.deserialize(b'ab')
            except UnsupportedPayload:
                continue
        found = [thing for thing in gc.get_objects() if isinstance(thing, LocalError)]
    finally:
        gc.enable()
    assert found == []


def test_the_size_of_binary_payloads_is_checked() -> None:
    handler = binary_handler(Limits(max_size=4))
    assert handler.deserialize(b'1234') == [49, 50, 51, 52]
    with pytest.raises(PayloadTooLarge) as caught:
        handler.deserialize(b'12345')
    assert caught.value.limit == 'max_size'
    assert caught.value.limit_value == 4
    assert caught.value.size == 5


@pytest.mark.parametrize(
    ('payload', 'fits'), [('é' * 4, True), ('é' * 5, False), ('a' * 9, False)]
)
def test_size_of_text_payloads_is_in_bytes(payload: str, fits: bool) -> None:
    handler = text_handler(Limits(max_size=8), decode=str)
    if fits:
        assert handler.deserialize(payload) == payload
    else:
        with pytest.raises(PayloadTooLarge):
            handler.deserialize(payload)


def test_checks_are_called_only_for_longer_payloads() -> None:
    calls: list[str] = []
    handler = binary_handler(
        unchecked=2,
        check_payload=lambda payload: calls.append(f'payload {payload!r}'),
        check_decoded=lambda media: calls.append(f'decoded {media}'),
    )
    handler.deserialize(b'ab')
    assert calls == []
    handler.deserialize(b'abc')
    assert calls == ["payload b'abc'", 'decoded [97, 98, 99]']


def test_checks_are_optional() -> None:
    assert binary_handler(unchecked=0).deserialize(b'a') == [97]


@pytest.mark.parametrize(
    'handler',
    [
        text_handler(forbidden='\0', unchecked=3),
        text_handler(forbidden='\0', unchecked=0),
    ],
)
def test_a_forbidden_substring_is_refused(handler: TextHandler) -> None:
    assert handler.deserialize('12') == 12
    assert handler.deserialize('1234') == 1234
    for payload in ('1\0', '1234\0'):
        with pytest.raises(MalformedPayload, match='does not allow'):
            handler.deserialize(payload)
    with pytest.raises(MalformedPayload, match='not well-formed'):
        handler.deserialize('x')


def test_media_is_checked_before_it_is_encoded() -> None:
    encoded: list[object] = []

    def encode(media: object) -> str:
        encoded.append(media)
        return str(media)

    def check(media: object) -> None:
        if media == 1:
            raise UnserializableMedia('one is too much')

    handler = text_handler(encode=encode, check_media=check)
    assert handler.serialize(2) == '2'
    with pytest.raises(UnserializableMedia, match='one is too much') as caught:
        handler.serialize(1)
    assert 1 not in encoded
    assert caught.value.handler == 'text'


@pytest.mark.parametrize('check', [None, lambda media: None])
@pytest.mark.parametrize(
    ('raised', 'message'),
    [
        (LibraryError('no'), r"text: TEXT media: this dict can't be sent \(Lib"),
        (RecursionError(), 'nested too deeply, or it contains itself'),
        (NotImplementedError(), 'does not serialize'),
    ],
)
def test_media_that_the_library_refuses_is_our_error(
    check: Any, raised: Exception, message: str
) -> None:
    handler = text_handler(encode=raiser(raised), check_media=check)
    with pytest.raises(UnserializableMedia, match=message) as caught:
        handler.serialize({})
    assert caught.value.cause is raised


def test_media_that_a_wrapped_hook_refuses_is_our_error() -> None:
    handler = text_handler(encode=wrapper(UnserializableMedia('no Decimals')))
    with pytest.raises(UnserializableMedia, match='no Decimals'):
        handler.serialize({})


class Text(str):
    __slots__ = ()


@pytest.mark.parametrize('check', [None, lambda media: None])
def test_the_type_of_an_encoded_payload_is_checked(check: Any) -> None:
    text = text_handler(encode=lambda media: media, check_media=check)
    assert text.serialize(Text('a')) == 'a'
    with pytest.raises(
        UnserializableMedia, match='returned bytes; a TEXT handler must return str'
    ):
        text.serialize(b'a')
    binary = binary_handler(encode=lambda media: media, check_media=check)
    for payload in (b'a', bytearray(b'a'), memoryview(b'a')):
        assert binary.serialize(payload) == b'a'
        assert type(binary.serialize(payload)) is bytes
    with pytest.raises(UnserializableMedia, match='returned str; a BINARY'):
        binary.serialize('a')


HALF = '\ud800'
"""Half a surrogate pair, which UTF-8 can't encode."""


@pytest.mark.parametrize('check', [None, lambda media: None])
@pytest.mark.parametrize('kind', [str, Text])
def test_a_text_without_a_utf_8_form_is_refused(check: Any, kind: Any) -> None:
    text = text_handler(encode=kind, check_media=check)
    assert text.serialize('é') == 'é'
    with pytest.raises(UnserializableMedia, match='half a surrogate pair') as caught:
        text.serialize(f'a{HALF}')
    assert isinstance(caught.value.cause, UnicodeEncodeError)


def test_a_text_is_not_checked_if_the_codec_is_utf8() -> None:
    text = text_handler(encode=str, is_utf8=True)
    assert text.serialize(HALF) == HALF


def test_a_shortcut_to_a_text_without_a_utf_8_form_is_not_taken() -> None:
    encode = json.JSONEncoder(ensure_ascii=False).encode
    text = text_handler(encode=encode, sent=Sent(call=encode, leaves=(str,)))
    assert text.serialize(['a']) == '["a"]'
    assert text.serialize(['é']) == '["é"]'
    with pytest.raises(UnserializableMedia, match='half a surrogate pair'):
        text.serialize([HALF])


@pytest.mark.parametrize(
    ('part', 'message'),
    [
        (lambda payload: payload + HALF, 'half a surrogate pair'),
        (str.encode, r'part\(\) returned bytes; a TEXT handler must return str'),
    ],
)
def test_a_part_of_a_frame_that_can_not_be_sent_is_refused(
    part: Any, message: str
) -> None:
    handler = text_handler(encode=str)
    framing = Framing(split=lambda frame, most: [frame], part=part)
    checked_part = Batching(handler, batched(handler, framing=framing)).part
    with pytest.raises(UnserializableMedia, match=message):
        checked_part('a')


def test_a_valid_part_of_a_frame_is_returned() -> None:
    handler = text_handler(encode=str)
    for part in (None, str, Text, '{}é'.format):
        framing = Framing(split=lambda frame, most: [frame], part=part)
        checked_part = Batching(handler, batched(handler, framing=framing)).part
        assert checked_part('a') in ('a', 'aé')


def calls_in(function: Callable[[Any], Any], argument: Any) -> int:
    """Count the Python frames of a call."""
    calls = 0

    def profile(frame: Any, event: str, _: Any) -> None:
        nonlocal calls
        calls += event == 'call'

    sys.setprofile(profile)
    try:
        function(argument)
    finally:
        sys.setprofile(None)
    return calls


def test_a_message_costs_one_frame_over_the_library_call() -> None:
    handler = binary_handler(encode=bytes, decode=bytearray)
    assert calls_in(handler.serialize, [1]) == 1
    assert calls_in(handler.deserialize, b'1') == 1
    text = text_handler(encode=repr, decode=int, forbidden='\0')
    assert calls_in(text.serialize, [1]) == 1
    assert calls_in(text.deserialize, '1') == 1
