"""What the bytes of CBOR mean; that it holds for any payload, the contract asks."""

from __future__ import annotations

import pytest

from falcon_media_cbor.annotation import annotate_cbor


def told(payload: str) -> list[str]:
    """Each span as a line: its bytes, what they mean, and whether they are wrong."""
    data = bytes.fromhex(payload)
    return [
        f'{data[span.start : span.end].hex()} '
        f'{"  " * span.depth}{span.text}{" !" if span.fault else ""}'
        for span in annotate_cbor(data, {})
    ]


def test_what_the_handler_sends() -> None:
    assert told(
        'a4 626964 07 626174 d903ec 6a323032362d30332d3031'
        '627873 83 20 fb3ff8000000000000 a0 61 62 c2 49 010000000000000000'
    ) == [
        'a4 map(4)',
        '626964   text(2) "id":',
        '07   unsigned 7',
        '626174   text(2) "at":',
        'd903ec   tag 1004, date',
        '6a323032362d30332d3031     text(10) "2026-03-01"',
        '627873   text(2) "xs":',
        '83   array(3)',
        '20     negative -1',
        'fb3ff8000000000000     float64 1.5',
        'a0     map(0)',
        '6162   text(1) "b":',
        'c2   tag 2, bignum',
        '49010000000000000000     bytes(9) 0x010000000000000000',
    ]


# NOTE: Of RFC 8949, appendix A.
@pytest.mark.parametrize(
    ('payload', 'text'),
    [
        ('1bffffffffffffffff', 'unsigned 18446744073709551615'),
        ('3bffffffffffffffff', 'negative -18446744073709551616'),
        ('1903e8', 'unsigned 1000'),
        ('f93c00', 'float16 1.0'),
        ('fa47c35000', 'float32 100000.0'),
        ('f97e00', 'float16 nan'),
        ('f4', 'false'),
        ('f5', 'true'),
        ('f6', 'null'),
        ('f7', 'undefined'),
        ('f0', 'simple(16)'),
        ('f8ff', 'simple(255)'),
        ('40', 'bytes(0) 0x'),
        ('60', 'text(0) ""'),
        ('80', 'array(0)'),
    ],
)
def test_one_item(payload: str, text: str) -> None:
    assert told(payload) == [f'{payload} {text}']


def test_a_tag_without_a_name() -> None:
    assert told('d9d9f6 00') == ['d9d9f6 tag 55798', '00   unsigned 0']


def test_indefinite_lengths() -> None:
    assert told('bf 7f 6161 60 ff 9f 01 5f 4101 ff ff ff') == [
        'bf map(*)',
        '7f   text(*):',
        '6161     text(1) "a"',
        '60     text(0) ""',
        'ff   break',
        '9f   array(*)',
        '01     unsigned 1',
        '5f     bytes(*)',
        '4101       bytes(1) 0x01',
        'ff     break',
        'ff   break',
        'ff break',
    ]


@pytest.mark.parametrize(
    ('payload', 'start', 'text'),
    [
        ('', 0, 'empty'),
        ('82 01', 2, 'cut off: 1 more expected'),
        ('9f 01', 2, 'cut off: the end expected'),
        ('9bffffffffffffffff', 9, f'cut off: {2**64 - 1} more expected'),
        ('19 03', 0, 'cut off: 2 bytes needed, 1 left'),
        ('5b0fffffffffffffff 00', 0, f'cut off: {2**60 - 1} bytes needed, 1 left'),
        ('81 62 61ff', 3, 'invalid UTF-8: invalid start byte'),
        ('01 02', 1, 'trailing data after the payload'),
        ('81 1c', 1, 'additional information that is reserved'),
        ('fe', 0, 'additional information that is reserved'),
        ('1f', 0, 'an indefinite length, where there is no length'),
        ('df', 0, 'an indefinite length, where there is no length'),
        ('f818', 0, 'simple value 24 in two bytes'),
        ('ff', 0, 'an end marker where an item is expected'),
        ('81 ff', 1, 'an end marker where an item is expected'),
        ('bf 6161 ff', 3, 'an end marker where an item is expected'),
        ('9f c0 ff', 2, 'an end marker where an item is expected'),
        ('5f 6161 ff', 1, 'no chunk of a string of indefinite length'),
        ('5f 5f 4101 ff ff', 1, 'no chunk of a string of indefinite length'),
    ],
)
def test_what_is_wrong(payload: str, start: int, text: str) -> None:
    *_, fault = annotate_cbor(bytes.fromhex(payload), {})
    assert fault.fault
    assert (fault.start, fault.text) == (start, text)
