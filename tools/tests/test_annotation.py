"""Annotators; the contract checks that they hold for any payload."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from falcon import WebSocketPayloadType
import pytest

from falcon_media import HandlerSpec
from falcon_media.json.handler import JSONHandler
from falcon_media.protocol.annotation import Annotator
from falcon_media.protocol.annotation import Cursor
from falcon_media.protocol.annotation import Fault
from falcon_media.protocol.annotation import printable
from falcon_media.protocol.annotation import shown
from falcon_media.protocol.annotation import Span
from falcon_media.protocol.annotation import walk
from falcon_media_tools.annotation import annotate
from falcon_media_tools.annotation.json_text import annotate_json
from falcon_media_tools.annotation.message_pack import annotate_msgpack


def told(annotator: Annotator, payload: bytes, **options: object) -> list[str]:
    """Each span as a line: its bytes, what they mean, and whether they are wrong."""
    return [
        f'{payload[span.start : span.end].hex()} '
        f'{"  " * span.depth}{span.text}{" !" if span.fault else ""}'
        for span in annotator(payload, options)
    ]


def fault(annotator: Annotator, payload: bytes, **options: object) -> tuple[int, str]:
    *_, last = annotator(payload, options)
    assert last.fault
    return last.start, last.text


# ---------------------------------------------------------------------- MessagePack


def test_msgpack() -> None:
    payload = bytes.fromhex(
        '88 a26964 07 a16e fe'
        'a173 d90178'
        'a162 c4020001'
        'a16c 93 c0 c2 c3'
        'a166 ca3fc00000'
        'a16d 80'
        'a17a d2fffeee90'
    )
    assert told(annotate_msgpack, payload) == [
        '88 map(8)',
        'a26964   str(2) "id":',
        '07   fixint 7',
        'a16e   str(1) "n":',
        'fe   fixint -2',
        'a173   str(1) "s":',
        'd90178   str(1) "x"',
        'a162   str(1) "b":',
        'c4020001   bin(2) 0x0001',
        'a16c   str(1) "l":',
        '93   array(3)',
        'c0     nil',
        'c2     false',
        'c3     true',
        'a166   str(1) "f":',
        'ca3fc00000   float32 1.5',
        'a16d   str(1) "m":',
        '80   map(0)',
        'a17a   str(1) "z":',
        'd2fffeee90   int32 -70000',
    ]


@pytest.mark.parametrize(
    ('payload', 'text'),
    [
        ('dc0000', 'array(0)'),
        ('dd00000000', 'array(0)'),
        ('de0000', 'map(0)'),
        ('df00000000', 'map(0)'),
        ('da0000', 'str(0) ""'),
        ('c600000000', 'bin(0) 0x'),
        ('cfffffffffffffffff', f'uint64 {2**64 - 1}'),
        ('d38000000000000000', f'int64 {-(2**63)}'),
        ('cb7ff0000000000000', 'float64 inf'),
        ('d6ff00000000', 'timestamp 1970-01-01T00:00:00Z'),
        ('c70cff00000000fffffff1886e0900', 'timestamp 0001-01-01T00:00:00Z'),
        ('d7ff0000000400000001', 'timestamp 1970-01-01T00:00:01.000000001Z'),
        ('c70cff00000000ffffffffffffffff', 'timestamp 1969-12-31T23:59:59Z'),
        ('c70cff00000000ffffffffffffff', '!'),
        ('c70cff000000007fffffffffffffff', f'timestamp {2**63 - 1} s'),
        ('d5050001', 'ext(2), type 5, 0x0001'),
        ('c8000107ff', 'ext(1), type 7, 0xff'),
        ('d4ff00', 'ext(1), type -1, 0x00'),
    ],
)
def test_msgpack_by_head(payload: str, text: str) -> None:
    (line,) = told(annotate_msgpack, bytes.fromhex(payload))
    assert line.endswith(text)


@pytest.mark.parametrize(
    ('payload', 'start', 'text'),
    [
        ('', 0, 'empty'),
        ('c1', 0, '0xc1 begins nothing in MessagePack'),
        ('92 01', 2, 'cut off: 1 more expected'),
        ('dfffffffff', 5, f'cut off: {2 * (2**32 - 1)} more expected'),
        ('91 a361', 1, 'cut off: 3 bytes needed, 1 left'),
        ('dbffffffff 61', 0, f'cut off: {2**32 - 1} bytes needed, 1 left'),
        ('92 01 a3 6162ff', 5, 'invalid UTF-8: invalid start byte'),
        ('01 02 03', 1, 'trailing data after the payload'),
    ],
)
def test_msgpack_that_is_wrong(payload: str, start: int, text: str) -> None:
    assert fault(annotate_msgpack, bytes.fromhex(payload)) == (start, text)


def test_msgpack_strings_may_be_raw() -> None:
    assert told(annotate_msgpack, b'\xa1\xff', raw=True) == ['a1ff str(1) 0xff']


# ----------------------------------------------------------------------------- JSON


def test_json() -> None:
    payload = b' {"a" : [1, -2.5e3 , {}],\n"\\u00e9": null, "c": "\\u001b[0m"} '
    assert [
        (payload[span.start : span.end].decode(), span.depth, span.text)
        for span in annotate_json(payload, {})
    ] == [
        (' {', 0, 'object'),
        ('"a" : ', 1, '"a":'),
        ('[', 1, 'array'),
        ('1, ', 2, '1'),
        ('-2.5e3 , ', 2, '-2.5e3'),
        ('{', 2, 'object'),
        ('}', 2, 'end of object'),
        ('],\n', 1, 'end of array'),
        ('"\\u00e9": ', 1, '"é":'),
        ('null, ', 1, 'null'),
        ('"c": ', 1, '"c":'),
        ('"\\u001b[0m"', 1, '"\\x1b[0m"'),
        ('} ', 0, 'end of object'),
    ]


@pytest.mark.parametrize(
    ('payload', 'start', 'text'),
    [
        ('', 0, 'empty'),
        (' ', 0, 'cut off'),
        ('tru', 0, 'cut off'),
        ('[trux]', 1, 'no token of JSON begins like this'),
        ('[-', 1, 'cut off'),
        ('[1,', 3, 'cut off'),
        ('[1,]', 3, 'a value has to be here'),
        ('[1 2]', 3, 'a comma, or the end, has to be here'),
        ('[1}', 2, 'a comma, or the end, has to be here'),
        ('[}', 1, 'a value, or the end, has to be here'),
        (']', 0, 'a value has to be here'),
        ('{1:2}', 1, 'a key, or the end, has to be here'),
        ('{"a":1,}', 7, 'a key, which is a string, has to be here'),
        ('{"a" 1}', 5, 'a colon has to be here'),
        ('{"a":}', 5, 'a value has to be here'),
        ('"abc', 0, 'cut off'),
        ('["a\\x"]', 3, 'no escape of JSON'),
        ('["a\tb"]', 3, 'a control character in a string'),
        ('[NaN]', 1, 'a number that is not finite'),
        ('[-Infinity]', 1, 'a number that is not finite'),
        ('01', 1, 'trailing data after the payload'),
        ('[1] x', 4, 'trailing data after the payload'),
    ],
)
def test_json_that_is_wrong(payload: str, start: int, text: str) -> None:
    assert fault(annotate_json, payload.encode()) == (start, text)


def test_the_valid_part_of_a_string_is_shown() -> None:
    assert told(annotate_json, b'["a\xff"]') == [
        '5b array',
        '2261   valid up to here',
        'ff   no UTF-8: invalid start byte !',
    ]


def test_json_may_have_numbers_that_are_not_finite() -> None:
    assert told(annotate_json, b'NaN', allow_nan=True) == ['4e614e NaN']


def test_a_number_without_end_is_cut() -> None:
    (span,) = annotate_json(b'1' * 4000, {})
    assert span == Span(0, 4000, 0, f'{"1" * 60}...')


def test_any_depth() -> None:
    depth = 100_000
    assert fault(annotate_json, b'[' * depth) == (depth, 'cut off')
    assert fault(annotate_msgpack, b'\x91' * depth) == (
        depth,
        'cut off: 1 more expected',
    )


# ---------------------------------------------------------------------- for plugins


@pytest.mark.parametrize(
    ('value', 'text'),
    [
        ('a "b" \\', '"a \\"b\\" \\\\"'),
        ('x' * 61, f'"{"x" * 60}"...'),
        ('\x1b\x9b\u202e\ud800', '"\\x1b\\x9b\\u202e\\ud800"'),
        (b'', '0x'),
        (b'\x00' * 61, f'0x{"00" * 60}...'),
    ],
)
def test_output_is_safe_to_print(value: str | bytes, text: str) -> None:
    assert shown(value) == text
    assert shown(value).isprintable()


def test_printable() -> None:
    assert printable('plain é') == 'plain é'
    assert printable('a\nb') == 'a\\nb'


def test_a_custom_walk() -> None:
    def steps(cursor: Cursor) -> Iterator[Span]:
        yield cursor.span(f'version {cursor.uint(1)}')
        cursor.depth += 1
        yield cursor.span(cursor.utf8(2))
        raise Fault('and no more')

    assert [*walk(b'\x01hi!', steps)] == [
        Span(0, 1, 0, 'version 1'),
        Span(1, 3, 1, 'hi'),
        Span(3, 4, 1, 'and no more', fault=True),
    ]


# --------------------------------------------------------------------- of a handler


def spec(annotator: Annotator | None) -> HandlerSpec:
    return HandlerSpec(
        name='json',
        payload_type=WebSocketPayloadType.TEXT,
        media_type='application/json',
        factory=JSONHandler,
        summary='JSON',
        annotate=annotator,
    )


def test_text_is_annotated_by_its_utf8() -> None:
    assert [*annotate(spec(annotate_json), '"é"', {})] == [Span(0, 4, 0, '"é"')]


def test_a_handler_without_an_annotator() -> None:
    assert not [*annotate(spec(None), '1', {})]


def test_spans_before_an_error_of_the_annotator_are_kept() -> None:
    def annotator(payload: bytes, options: Mapping[str, Any]) -> Iterator[Span]:
        yield Span(0, 1, 0, 'so far')
        raise KeyError(options['no'])

    assert [*annotate(spec(annotator), b'12', {})] == [Span(0, 1, 0, 'so far')]


def test_an_annotator_that_says_anything_is_escaped_and_comes_to_an_end() -> None:
    def annotator(payload: bytes, options: Mapping[str, Any]) -> Iterator[Span]:
        while True:
            yield Span(0, 1, 0, '\x1b[31m')

    assert [*annotate(spec(annotator), b'12', {})] == [Span(0, 1, 0, '\\x1b[31m')] * 3


def test_nothing_comes_after_a_fault() -> None:
    def annotator(payload: bytes, options: Mapping[str, Any]) -> Iterator[Span]:
        yield Span(0, 1, 0, 'wrong', fault=True)
        yield Span(1, 2, 0, 'more')

    assert len([*annotate(spec(annotator), b'12', {})]) == 1


@pytest.mark.parametrize('field', ['annotate', 'plain', 'factory'])
def test_callable_fields_of_a_spec_are_checked(field: str) -> None:
    fields: dict[str, Any] = {
        'name': 'x',
        'payload_type': WebSocketPayloadType.TEXT,
        'media_type': '',
        'factory': JSONHandler,
        'summary': 'X',
        field: 'not callable',
    }
    with pytest.raises((TypeError, ValueError), match=f'{field} must be '):
        HandlerSpec(**fields)
