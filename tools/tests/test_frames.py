from __future__ import annotations

import pytest

from falcon_media_tools.frames import BadFrame
from falcon_media_tools.frames import FORMS
from falcon_media_tools.frames import read
from falcon_media_tools.frames import write


@pytest.mark.parametrize(
    ('data', 'form', 'payload'),
    [
        (b'82 01\n02', 'hex', b'\x82\x01\x02'),
        (b'0x82, 0X01, 0x02', 'hex', b'\x82\x01\x02'),
        (rb'\x82\x01', 'hex', b'\x82\x01'),
        (b'82:FF', 'hex', b'\x82\xff'),
        (b'g gEC\n', 'base64', b'\x82\x01\x02'),
        (b'-_-_', 'base64', b'\xfb\xff\xbf'),
        (b'gg==', 'base64', b'\x82'),
        (b'\x82\x01', 'raw', b'\x82\x01'),
        (b'xyz', 'raw', b'xyz'),
    ],
)
def test_the_form_is_detected(data: bytes, form: str, payload: bytes) -> None:
    frame = read(data)
    assert (frame.form, frame.payload) == (form, payload)
    assert read(data, form).payload == payload


def test_other_possible_forms_are_reported() -> None:
    assert read(b'8201 02ff').others == ('base64', 'raw')
    assert read(b'8201 02ff' * 2).others == ('raw',)
    assert read(b'"').others == ()
    assert read(b'8201', is_text=True) == (b'8201', 'raw', ('hex', 'base64'))
    assert read(b'8201', 'hex').others == ()


@pytest.mark.parametrize(
    ('data', 'form', 'message'),
    [
        (b'82 0g', 'hex', "not hex: 'g' is not a hex digit"),
        (b'8\xff', 'hex', r"not hex: '\\xff' is not a hex digit"),
        (b'820', 'hex', 'not hex: 3 digits, and each byte takes two'),
        (b'ab!d', 'base64', "not base64: '!' is not in the alphabet"),
        (b'abcde', 'base64', 'not base64: the end is missing, or = is misplaced'),
        (b'a=b=', 'base64', 'not base64: the end is missing, or = is misplaced'),
    ],
)
def test_a_wrong_form_is_refused(data: bytes, form: str, message: str) -> None:
    with pytest.raises(BadFrame, match=message):
        read(data, form)


def test_padding_may_be_left_out_where_the_form_is_given() -> None:
    assert read(b'gg', 'base64').payload == b'\x82'


@pytest.mark.parametrize('form', FORMS)
def test_a_written_frame_can_be_read(form: str) -> None:
    payload = bytes(range(256))
    assert read(write(payload, form), form).payload == payload
