from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from falcon_media import BinaryHandler
from falcon_media import Codec
from falcon_media import MalformedPayload
from falcon_media_tools.annotation.message_pack import annotate_msgpack
from falcon_media_tools.fault import locate

if TYPE_CHECKING:
    from tools.tests.conftest import Run

Typed = Callable[[bytes], None]


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


# ---------------------------------------------------------------------------- values


@pytest.mark.usefixtures('literal')
def test_a_frame(run: Run, typed: Typed) -> None:
    typed(b'5b 22 61 22 5d')
    result = run('decode', '--handler', 'literal')
    assert result.code == 0
    assert lines(result.out) == [
        'literal: a BINARY frame of 5 bytes, read as hex',
        '',
        'Value',
        "['a']",
        '',
        'Bytes',
        '     0  5b                       byte [',
        '     1  22 61 22                   byte "',
        '     4  5d                               byte ]',
    ]
    # What is printed on the way is no part of it.
    assert result.err == 'made\n'


@pytest.mark.usefixtures('literal')
def test_a_file_of_bytes(run: Run, tmp_path: Path) -> None:
    frame = tmp_path / 'frame'
    frame.write_bytes(b"{'a', }")
    result = run('decode', '--handler', 'literal', '--no-dump', str(frame))
    assert lines(result.out) == [
        'literal: a BINARY frame of 7 bytes, read as raw',
        '',
        'Value',
        "{'was': 'a set'}",
    ]


def test_text(run: Run, typed: Typed) -> None:
    typed('{"a": "é"}'.encode())
    result = run('decode', '--handler', 'json')
    assert lines(result.out) == [
        'json: a TEXT frame of 11 bytes, read as raw',
        '',
        'Value',
        "{'a': 'é'}",
    ]
    typed(b'8201')
    assert 'Value\n8201\n' in run('decode', '--handler', 'json').out


def test_text_with_its_bytes(run: Run, typed: Typed) -> None:
    typed(b'7b 7d')
    result = run('decode', '--handler', 'json', '--dump', '--input', 'hex')
    assert '     0  7b                       object\n' in result.out


@pytest.mark.usefixtures('literal')
def test_as_json(run: Run, typed: Typed) -> None:
    typed(b"b'1'")
    result = run('decode', '--handler', 'literal', '--json')
    assert result.code == 0
    assert result.json['value'] == {'$bytes': '31'}
    assert result.json['$frame'] == {
        'handler': 'literal',
        'payload_type': 'BINARY',
        'read_from': 'raw',
        'size': 4,
        'hex': '62273127',
        'error': None,
        'annotations': [
            {
                'start': index,
                'end': index + 1,
                'depth': index,
                'text': f'byte {byte}',
                'fault': False,
            }
            for index, byte in enumerate("b'1'")
        ],
    }


@pytest.mark.usefixtures('literal')
def test_options_are_those_of_use(run: Run, typed: Typed) -> None:
    typed(b'[1]')
    command = ('decode', '--handler', 'literal', '--option', 'loud=true', '--option')
    assert run(*command, 'limits={max_size=3}').code == 0
    typed(b'[1]')
    result = run(*command, 'limits={max_size=2}')
    assert result.code == 1
    assert 'close code: 1009' in result.out


# ------------------------------------------------------------------------ long values


@pytest.mark.usefixtures('literal')
def test_long_values_are_cut(run: Run, typed: Typed) -> None:
    many = [f'a very long element, the {number}th' for number in range(9)]
    typed(repr(many).encode())
    result = run('decode', '--handler', 'literal', '--lines', '4')
    text = lines(result.out)
    assert text[3:8] == [
        '[',
        *(f"  '{element}'," for element in many[:3]),
        '... 7 more lines; --lines 0 shows all',
    ]
    assert text[-1] == f'... {len(repr(many)) - 4} more lines; --lines 0 shows all'
    typed(repr(many).encode())
    result = run('decode', '--handler', 'literal', '--lines', '0')
    assert 'more lines' not in result.out


@pytest.mark.usefixtures('literal')
def test_long_strings_are_cut_in_the_dump(run: Run, typed: Typed) -> None:
    typed(b'"' + b'x' * 60 + b'"')
    result = run('decode', '--handler', 'literal')
    assert lines(result.out)[-5:] == [
        '     0  22 78 78 78 78 78 78 78  byte "',
        *(f'{offset:>6}  78 78 78 78 78 78 78 78' for offset in (8, 16, 24)),
        f'{"":33}... 30 more bytes',
    ]


@pytest.mark.usefixtures('literal')
def test_deep_values_stay_on_the_screen(run: Run, typed: Typed) -> None:
    typed(b'[' * 20 + b']' * 20)
    assert f'{" " * 32}(17 levels) byte [' in run('decode', '--handler', 'literal').out


@pytest.mark.usefixtures('literal')
def test_values_too_deep_to_show_are_cut(run: Run, typed: Typed) -> None:
    typed(b'"deep"')
    result = run('decode', '--handler', 'literal', '--lines', '0')
    assert result.code == 0
    assert '...' in result.out
    assert result.out.count('[') == 201
    typed(b'"deep"')
    result = run('decode', '--handler', 'literal', '--json')
    assert (result.code, result.out) == (2, '')
    assert 'the value is nested too deeply for --json. See:' in result.err


# -------------------------------------------------------------------- refused frames


@pytest.mark.usefixtures('literal')
def test_a_frame_that_is_wrong(run: Run, typed: Typed) -> None:
    typed(b"[1, '!', 2, 3, 4, 5, 6, 7, 8]")
    result = run('decode', '--handler', 'literal', '--lines', '2')
    assert result.code == 1
    assert lines(result.out) == [
        'literal: a BINARY frame of 29 bytes, read as raw',
        '',
        'Refused',
        'error: literal: BINARY payload of size 29: not well-formed (ValueError)',
        'close code: 1007',
        r'library: ValueError: no exclamations',
        'at byte: 5: this is too loud',
        f'around: 5b 31 2c 20 27 [21] 27 2c 20 {b"2, 3, 4, 5, 6".hex(" ")} ...',
        '',
        'Bytes',
        '... 4 lines before; --lines 0 shows all',
        f"     4  27                       {' ' * 8}byte '",
        f'     5  21                       {" " * 10}this is too loud  <-- here',
    ]


@pytest.mark.usefixtures('literal')
def test_a_well_formed_frame_is_refused_for_its_content(run: Run, typed: Typed) -> None:
    typed(b"[1, '?', 22, 33, 44, 55]")
    result = run('decode', '--handler', 'literal')
    assert result.code == 1
    assert 'close code: 1003\n' in result.out
    assert 'at byte: 5: a question\n' in result.out
    assert lines(result.out)[-1].endswith('byte ?  <-- here')


@pytest.mark.usefixtures('literal')
@pytest.mark.parametrize(
    ('payload', 'place'), [(b'[1, ??, !', '4: a question'), (b'[1, !, ?', None)]
)
def test_refused_content_before_malformed_bytes_is_located(
    run: Run, typed: Typed, payload: bytes, place: str | None
) -> None:
    typed(payload)
    result = run('decode', '--handler', 'literal')
    assert f'at byte: {place or "4: this is too loud"}\n' in result.out


@pytest.mark.usefixtures('literal')
def test_a_payload_refused_as_a_whole_has_no_wrong_byte(run: Run, typed: Typed) -> None:
    typed(b'["a", "b"]')
    result = run('decode', '--handler', 'literal')
    assert result.code == 1
    assert 'at byte: 6: a thing twice\n' in result.out
    typed(b'"a""b"')
    result = run('decode', '--handler', 'literal')
    assert result.code == 1
    assert 'at byte: none: well-formed, but refused for its content' in result.out
    assert '<-- here' not in result.out


@pytest.mark.usefixtures('literal')
def test_a_hint_where_it_may_have_been_read_wrongly(run: Run, typed: Typed) -> None:
    typed(b'2121')
    result = run('decode', '--handler', 'literal')
    assert 'note: the input may also be base64: --input base64\n' in result.out
    typed(b'2d')
    result = run('decode', '--handler', 'json')
    assert 'note: the input may also be hex: --input hex\n' in result.out


def test_text_that_is_wrong_shows_its_bytes(run: Run, typed: Typed) -> None:
    typed(b'[1,]')
    result = run('decode', '--handler', 'json')
    assert result.code == 1
    assert 'at byte: 3: a value has to be here\n' in result.out
    assert 'a value has to be here  <-- here' in result.out


@pytest.mark.parametrize(
    ('payload', 'place'),
    [
        ('["é", 1, {"é": ["\\ud800"]}]'.encode(), None),
        (b'[1, "\xff"]', '5: invalid start byte'),
    ],
)
def test_text_by_its_utf8(
    run: Run, typed: Typed, payload: bytes, place: str | None
) -> None:
    typed(payload)
    result = run('decode', '--handler', 'json')
    assert result.code == 1
    assert f'at byte: {place or "none"}' in result.out


def test_depth_in_text_is_located(run: Run, typed: Typed) -> None:
    typed('["é",'.encode() + b'[' * 70 + b']' * 71)
    result = run('decode', '--handler', 'json')
    assert 'close code: 1009\n' in result.out
    assert 'at byte: 69: nested deeper than 64 levels\n' in result.out
    # What is too deep is empty, and so is told by nothing that is in it.
    typed(b'[[]]' + b' ' * 9)
    option = 'limits={max_depth=1}'
    result = run('decode', '--handler', 'json', '--option', option)
    assert 'at byte: none' in result.out


def test_items_are_not_located(run: Run, typed: Typed) -> None:
    typed(b'[1, 2, 3]')
    option = 'limits={max_items=2}'
    result = run('decode', '--handler', 'json', '--option', option)
    assert 'close code: 1009\n' in result.out
    assert 'at byte: none' in result.out


@pytest.mark.usefixtures('literal')
def test_a_payload_that_is_too_large_is_not_annotated(run: Run, typed: Typed) -> None:
    typed(b'[1, 2, 3]')
    option = 'limits={max_size=4}'
    result = run('decode', '--handler', 'literal', '--option', option)
    assert result.code == 1
    assert 'close code: 1009\n' in result.out
    assert 'Bytes' not in result.out


def test_the_error_as_json(run: Run, typed: Typed) -> None:
    typed(b'[1,]')
    result = run('decode', '--handler', 'json', '--json')
    assert result.code == 1
    assert 'value' not in result.json
    assert result.json['$frame']['error'] == {
        'type': 'MalformedPayload',
        'message': 'json: TEXT payload of size 4: not well-formed (JSONDecodeError)',
        'close_code': 1007,
        'start': 3,
        'end': 4,
        'detail': 'a value has to be here',
    }
    typed(b'{"a":1,"a":2}')
    error = run('decode', '--handler', 'json', '--json').json['$frame']['error']
    assert (error['start'], error['end'], error['detail']) == (7, 11, None)


# ------------------------------------------------------------------------ on a terminal


@pytest.mark.usefixtures('literal')
@pytest.mark.parametrize('columns', [40, 80, 120])
@pytest.mark.parametrize(
    'payload', [b'["a long text", {"x": [1, 2, {"y": b"..."}]}, 1.5] ', b'[1, 2, !]']
)
def test_on_a_terminal_it_fits(
    run: Run,
    typed: Typed,
    on_terminal: Callable[[int], None],
    columns: int,
    payload: bytes,
) -> None:
    on_terminal(columns)
    typed(payload.strip())
    result = run('decode', '--handler', 'literal')
    assert max(map(len, result.out.splitlines())) <= columns
    assert ['Bytes'] in result.words()


# --------------------------------------------------------------------- wrong arguments


@pytest.mark.usefixtures('literal')
@pytest.mark.parametrize(
    ('argv', 'message'),
    [
        (('--handler', 'jsn'), "no media handler named 'jsn' is installed. Did you"),
        (('--handler', 'json', 'nothing'), "'[FILE|-]': File 'nothing' does not exist"),
        (('--handler', 'json', '.'), "'[FILE|-]': File '.' is a directory."),
        (
            ('--handler', 'json', '--option', 'x'),
            "--option: 'x' is not of the form NAME",
        ),
        (('--handler', 'json', '--option', '=1'), "--option: '=1' is not of the form"),
        (('--handler', 'json', '--option', 'x=1'), "handler 'json' has no option 'x'."),
        (
            ('--handler', 'literal', '--option', 'loud=yes'),
            "loud must be a bool, not 'yes'.",
        ),
        (
            ('--handler', 'json', '--option', 'limits={max_dept=1}'),
            "unknown budget 'max_dept'. Did you mean 'max_depth'?",
        ),
        (
            ('--handler', 'literal', '--input', 'oct'),
            "'oct' is not one of 'auto', 'raw'",
        ),
        (
            ('--handler', 'literal', '--input', 'hex'),
            "standard input: not hex: 'x' is not a hex digit; try --input raw or",
        ),
        (('--handler', 'json', '--lines', '-1'), '-1 is not in the range x>=0.'),
    ],
)
def test_wrong_arguments_get_one_line(
    run: Run, typed: Typed, argv: tuple[str, ...], message: str
) -> None:
    typed(b'xx')
    result = run('decode', *argv)
    assert result.code == 2
    assert not result.out
    line = result.err.removeprefix('made\n')
    assert line.startswith('falcon-media decode: ')
    assert message in line
    assert line.endswith(' See: falcon-media decode --help\n')
    assert line.count('\n') == 1


@pytest.mark.usefixtures('literal')
@pytest.mark.parametrize(
    ('plugins', 'names'), [('', 'json'), ('acme-literal', 'json or literal')]
)
def test_no_handler_at_all(
    run: Run, monkeypatch: pytest.MonkeyPatch, plugins: str, names: str
) -> None:
    monkeypatch.setenv('FALCON_MEDIA_PLUGINS', plugins)
    result = run('decode')
    assert result.code == 2
    assert f'--handler is required: {names}. See' in result.err


def test_an_option_that_is_missing_is_shown_as_one(
    run: Run, typed: Typed, distribute: Callable[..., Path]
) -> None:
    source = """
        import falcon
        import falcon_media

        @falcon_media.hookimpl
        def falcon_media_handlers():
            return [
                falcon_media.HandlerSpec(
                    name='typed',
                    payload_type=falcon.WebSocketPayloadType.TEXT,
                    media_type='',
                    factory=lambda *, message, limits=None: None,
                    summary='Typed',
                )
            ]
    """
    distribute(
        'acme-typed', handlers={'typed': 'acme_typed'}, modules={'acme_typed': source}
    )
    typed(b'1')
    message = "handler 'typed' needs the option 'message': --option message=..."
    assert message in run('decode', '--handler', 'typed').err


@pytest.mark.parametrize('data', [b'', b' \n'])
def test_an_empty_input_is_refused(run: Run, typed: Typed, data: bytes) -> None:
    typed(data)
    result = run('decode', '--handler', 'json')
    assert result.code == 2
    assert 'standard input is empty: pass a frame, or --input raw for' in result.err
    typed(data)
    assert run('decode', '--handler', 'json', '--input', 'raw').code == 1


@pytest.mark.parametrize(
    ('payload', 'place'),
    [
        ('{"a": 1, "a": 2}', 9),
        ('{"a": 1, "\\u0061": 2}', 9),
        ('[{"a":1},{"a":2,"b":{"a":3},"b":4}]', 28),
        ('{"b":[{"a":{"a":1}},{"a":1,"a":2}],"b":1}', 27),
        ('{"%s1":1,"%s2":2,"%s1":3}' % (('x' * 200,) * 3), 413),
    ],
    ids=range(5),
)
def test_a_duplicate_key_is_located(
    run: Run, typed: Typed, payload: str, place: int
) -> None:
    typed(payload.encode())
    result = run('decode', '--handler', 'json')
    assert result.code == 1
    assert f'at byte: {place}: an object has the same key twice' in result.out


@pytest.mark.parametrize(
    ('payload', 'place'),
    [
        ('83 a161 01 a162 81 a178 01 a161 02', 10),
        ('82 a161 01 d90161 02', 4),
        ('82 01 01 cc01 02', 3),
        ('82 9101 01 81a16101 02', None),
        ('82 01 01 cb3ff0000000000000 02', None),
    ],
)
def test_a_duplicate_key_in_messagepack_is_located(
    payload: str, place: int | None
) -> None:
    data = bytes.fromhex(payload)
    handler = BinaryHandler(
        Codec(encode=bytes, decode=lambda _: None, unchecked=0), name='x'
    )
    error = MalformedPayload('a map has the same key twice')
    found = locate(handler, data, error, list(annotate_msgpack(data, {})))
    assert (found.start if found else None) == place


@pytest.mark.usefixtures('literal')
@pytest.mark.parametrize('data', [b'a2 62 6', b'a2626\n', b'0xa2 0x62 0x6', b'a2:62:6'])
def test_hex_with_a_missing_digit_is_refused(
    run: Run, typed: Typed, data: bytes
) -> None:
    typed(data)
    result = run('decode', '--handler', 'literal')
    assert result.code == 2
    assert (
        'standard input: hex with a digit missing: 5 digits, and each byte '
        'takes two; try --input raw or --input hex or --input base64'
    ) in ' '.join(result.err.split())
    typed(data)
    assert run('decode', '--handler', 'literal', '--input', 'raw').code == 1
