from __future__ import annotations

from collections.abc import Callable
import io
from pathlib import Path
import sys
from typing import Any, NamedTuple

import pytest

from falcon_media.command import main

Typed = Callable[[bytes], None]


class Result(NamedTuple):
    code: int
    out: bytes
    err: str


Encode = Callable[..., Result]


@pytest.fixture
def encode(typed: Typed, capsysbinary: pytest.CaptureFixture[bytes]) -> Encode:
    """A function that encodes what is given, in UTF-8."""

    def encode(
        document: str | bytes,
        *argv: str,
        handler: str = 'literal',
        command: str = 'encode',
    ) -> Result:
        typed(document.encode() if isinstance(document, str) else document)
        code = main([command, '--handler', handler, *argv])
        out, err = capsysbinary.readouterr()
        return Result(code, out, err.decode().removeprefix('made\n'))

    return encode


# ---------------------------------------------------------------------------- output


@pytest.mark.usefixtures('literal')
@pytest.mark.parametrize(
    ('argv', 'out'),
    [
        ((), b"[1, b'\\xff']"),
        (('--output', 'raw'), b"[1, b'\\xff']"),
        (('--output', 'hex'), b'5b312c2062275c786666275d\n'),
        (('--output', 'base64'), b'WzEsIGInXHhmZidd\n'),
    ],
)
def test_a_frame(encode: Encode, argv: tuple[str, ...], out: bytes) -> None:
    assert encode('[1, {"$bytes": "ff"}]', *argv) == (0, out, '')


def test_text(encode: Encode) -> None:
    assert encode('"\\u00e9"', handler='json') == (0, '"é"'.encode(), '')


def test_a_byte_order_mark_is_ignored(encode: Encode) -> None:
    assert encode(b'\xef\xbb\xbf1', handler='json').out == b'1'


@pytest.mark.usefixtures('literal')
def test_on_a_terminal(encode: Encode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, 'isatty', lambda: True)
    assert encode('[1]').out == b'5b315d\n'
    assert encode('[1]', handler='json').out == b'[1]\n'
    assert encode('[1]', '--output', 'hex', handler='json').out == b'5b315d\n'
    result = encode('[1]', '--output', 'raw')
    assert (result.code, result.out) == (2, b'')
    assert 'refusing to write raw bytes to a terminal: redirect them' in result.err


@pytest.mark.usefixtures('literal')
def test_output_of_decode_is_accepted(encode: Encode) -> None:
    frame = b"{'a': [b'\\xff', 9007199254740993], 1: {'$x': (2,)}}"
    document = encode(frame, '--json', command='decode').out
    assert encode(document).out == frame.replace(b'(2,)', b'[2]')


# --------------------------------------------------------------------- invalid input


@pytest.mark.parametrize(
    ('document', 'message'),
    [
        ('', 'standard input is not valid JSON: line 1, column 1: Expecting value.'),
        (
            '{\n"a" 1}',
            "standard input is not valid JSON: line 2, column 5: Expecting ':' ",
        ),
        (b'"\xff"', 'standard input is not valid UTF-8 at byte 1.'),
        ('{"a":1,"a":2}', 'standard input: an object has the same key twice.'),
        ('[NaN]', 'standard input: NaN is not valid JSON; write {"$float": "nan"}.'),
        ('-Infinity', 'write {"$float": "-inf"}.'),
        ('{"$bytes":"x"}', 'standard input: $bytes: expected a string of hex digits.'),
        ('{"$frame":{}}', 'the frame was refused and has no value to encode.'),
        ('1' * 5_000, 'standard input: Exceeds the limit (4300 digits) for integer'),
        ('[' * 100_000, 'standard input: nested too deeply.'),
    ],
)
def test_an_invalid_message_gets_one_line(
    encode: Encode, document: str | bytes, message: str
) -> None:
    result = encode(document, handler='json')
    assert (result.code, result.out) == (2, b'')
    assert result.err.startswith('falcon-media encode: ')
    assert message in result.err
    assert result.err.endswith(' See: falcon-media encode --help\n')
    assert result.err.count('\n') == 1


def test_a_message_that_cannot_be_carried_is_an_error(encode: Encode) -> None:
    result = encode('{"$bytes": "00"}', handler='json')
    assert (result.code, result.out) == (1, b'')
    assert result.err == (
        "falcon-media encode: json: TEXT media: $: bytes can't be sent: pass default= "
        '(a function that converts it), or select a handler that carries it (cbor, '
        'msgpack, msgspec-msgpack) (TypeError): '
        'Object of type bytes is not JSON serializable\n'
    )
    result = encode('"\\ud800"', handler='json')
    assert result.err.startswith('falcon-media encode: json: TEXT media: ')


def test_a_refusal_of_the_handler_is_shown(encode: Encode) -> None:
    document = '{"$map": [[1, "a"]]}'
    assert encode(document, handler='json') == (
        *(1, b''),
        (
            "falcon-media encode: json: TEXT media: $: key of type int can't be sent: "
            'pass coerce_keys=True (for int, float, bool and None)\n'
        ),
    )


def test_a_wrong_handler(encode: Encode) -> None:
    result = encode('1', handler='jsn')
    assert result.code == 2
    assert "Did you mean 'json'?" in result.err


# ------------------------------------------------------------------------- the source


def test_an_input_that_is_too_long_is_refused(
    encode: Encode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('falcon_media_tools.source.MAX_SIZE', 10)
    result = encode('[1, 2, 3, 4]', handler='json')
    assert result.code == 2
    assert 'standard input is too long: at most 10 bytes are read' in result.err


def test_a_file_that_can_not_be_read(
    encode: Encode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / 'frame'
    file.touch()
    opened = Path.open

    def fail(path: Path, *args: Any, **options: Any) -> Any:
        if path == file:
            raise PermissionError(13, 'Permission denied')
        return opened(path, *args, **options)

    monkeypatch.setattr(Path, 'open', fail)
    result = encode('', str(file), handler='json')
    assert result.code == 2
    assert f'cannot read {file}: Permission denied. See:' in result.err


def test_a_terminal_gets_a_hint_to_end_the_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr('sys.stdin', Terminal(io.BytesIO(b'1')))
    assert main(['encode', '--handler', 'json']) == 0
    assert capsys.readouterr() == ('1', 'Type or paste it, then press Ctrl-D.\n')
