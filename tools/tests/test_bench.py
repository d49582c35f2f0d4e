from __future__ import annotations

from collections.abc import Callable
import io
from itertools import pairwise
import json
from pathlib import Path
import re
import sys
from typing import Any, TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

if TYPE_CHECKING:
    from tools.tests.conftest import Run

Install = Callable[..., None]

# NOTE: Which unit it is depends on the machine.
TIME = re.compile(r'\d (ns|µs|ms)\b')

# NOTE: A BINARY handler that carries no lists, and takes back nothing that is long.
PICKY = """
    import falcon
    import falcon_media

    def encode(media):
        if isinstance(media, list):
            raise ValueError('no lists here')
        return repr(media).encode()

    def decode(payload):
        if len(payload) > 20:
            raise falcon_media.PayloadTooLarge('too long for me')
        return eval(payload)

    class Handler(falcon_media.BinaryHandler):
        def __init__(self, *, limits=None):
            codec = falcon_media.Codec(encode=encode, decode=decode, unchecked=100)
            super().__init__(codec, limits, name='picky')

    @falcon_media.hookimpl
    def falcon_media_handlers():
        return [
            falcon_media.HandlerSpec(
                name='picky',
                payload_type=falcon.WebSocketPayloadType.BINARY,
                media_type='application/x-picky',
                factory=Handler,
                summary='Picky',
            )
        ]
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('FALCON_MEDIA_PLUGINS', 'acme-loud,acme-loud-voice,acme-picky')
    Path('list.json').write_text('[1, 2, 3]')
    Path('chat.json').write_text('{"text": "Zoë"}')
    Path('long.json').write_text(json.dumps({'text': 'long' * 20}))


@pytest.fixture
def picky(distribute: Callable[..., Path]) -> None:
    distribute(
        'acme-picky', handlers={'picky': 'acme_picky'}, modules={'acme_picky': PICKY}
    )


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """A function that pipes something in."""

    def pipe(content: bytes) -> None:
        monkeypatch.setattr(sys, 'stdin', io.TextIOWrapper(io.BytesIO(content)))

    return pipe


def frames(comparison: Any) -> dict[str, Any]:
    return {frame['handler']: frame for frame in comparison['frames']}


# --------------------------------------------------------------------------- measured


@pytest.mark.usefixtures('picky')
def test_every_handler_and_every_sample(run: Run) -> None:
    result = run('bench', 'list.json', 'chat.json', '--rounds', '2', '--json')
    assert result.code == 0
    assert {'CPython', 'falcon-media'} <= result.json['versions'].keys()
    listed, chat = result.json['comparisons']

    assert (listed['sample'], listed['baseline']) == ('list.json', 'json')
    assert (listed['clock'], listed['rounds']) == ('CPU time', 2)
    assert frames(listed)['json']['size'] == len('[1,2,3]')
    assert frames(listed)['picky']['size'] is None
    assert frames(listed)['picky']['refused'].endswith('(ValueError): no lists here')

    assert chat['sample'] == 'chat.json'
    assert frames(chat)['picky']['payload_type'] == 'BINARY'
    assert frames(chat)['picky']['changes'] == []
    timed = [(speed['handler'], speed['operation']) for speed in chat['speeds']]
    assert timed == [
        *(('json', 'encode'), ('json', 'decode')),
        *(('picky', 'encode'), ('picky', 'decode')),
    ]
    for speed in chat['speeds']:
        assert speed['seconds']['rounds'] == 2
        assert speed['seconds']['median'] > 0
        assert speed['ratio']['interval'] is None
        assert speed['is_settled'] is (speed['handler'] == 'json')


@pytest.mark.usefixtures('picky')
def test_tables(run: Run, plugin: Install) -> None:
    plugin('loud')
    result = run('bench', 'list.json', 'long.json', '--rounds', '6')
    assert result.code == 0
    assert not result.err
    words = result.words()
    head = ['HANDLER', 'BYTES', 'RATIO', 'DEFLATED', 'RATIO', 'ROUND', 'TRIP']
    start = words.index(head)
    rows = {row[0]: row[1:] for row in words[start + 1 : start + 4]}
    assert rows['json'] == ['7', '1.00', rows['json'][2], '1.00', 'equal']
    assert rows['loud'][:2] == ['9', '1.29']
    assert rows['loud'][-1] == 'changed'
    assert rows['picky'] == ['-', '-', '-', '-', 'not', 'carried']
    lines = result.out.splitlines()
    assert 'changed by loud: $: list -> str' in lines
    assert any(line.startswith('not carried: picky: BINARY media: ') for line in lines)
    assert any(
        line.startswith('not decodable: picky: BINARY payload of size 92: too long')
        for line in lines
    )
    assert 'long.json: CPU time, ratios to json (rounds: 6)' in lines
    assert [
        line.count('1.00  (1.00-1.00)')
        for line in lines
        if line.startswith('json') and TIME.search(line)
    ] == [2, 2]
    assert any(line.startswith('Times are medians') for line in lines[-2:])


@pytest.mark.parametrize('columns', [80, 120])
def test_tables_fit_a_terminal(
    run: Run, plugin: Install, on_terminal: Callable[[int], None], columns: int
) -> None:
    plugin('loud-voice')
    on_terminal(columns)
    result = run('bench', 'chat.json', '--rounds', '6')
    lines = result.out.splitlines()
    assert max(map(len, lines)) <= columns
    # NOTE: A row that had no room would go on in the next line.
    rows = [line for line in lines if line.startswith(('json', 'loud-voice'))]
    assert len(rows) == 4
    for one, two in pairwise(lines):
        assert not (one in rows and two.startswith('  '))


def test_too_few_rounds_are_marked(run: Run, plugin: Install) -> None:
    plugin('loud')
    lines = run('bench', 'chat.json', '--rounds', '1').out.splitlines()
    assert any('? (too few)' in line for line in lines if line.startswith('loud'))
    assert lines[-1].startswith('? marks an unreliable ratio')


@pytest.mark.usefixtures('picky')
def test_a_sample_that_nobody_carries(run: Run) -> None:
    argv = ('bench', 'list.json', '--handler', 'picky', '--rounds', '1')
    result = run(*argv)
    assert result.code == 1
    assert 'list.json: size' in result.out.splitlines()
    assert 'RATIO               DECODE' not in result.out
    assert 'Times are' not in result.out
    (comparison,) = run(*argv, '--json').json['comparisons']
    assert (comparison['baseline'], comparison['speeds']) == (None, [])
    assert run(*argv, '--baseline', 'picky').code == 1


@pytest.mark.usefixtures('picky')
def test_a_baseline_that_does_not_carry_the_sample(run: Run) -> None:
    result = run('bench', 'list.json', '--baseline', 'picky', '--rounds', '1')
    assert result.code == 0
    (row,) = [
        line.split()
        for line in result.out.splitlines()
        if line.startswith('json') and TIME.search(line)
    ]
    assert [word for word in row if word == '-'] == ['-', '-']


@pytest.mark.usefixtures('picky')
def test_the_baseline_is_json_or_the_first_or_chosen(run: Run) -> None:
    def baseline(*argv: str) -> Any:
        result = run('bench', 'chat.json', '--rounds', '1', '--json', *argv)
        return result.json['comparisons'][0]['baseline']

    assert baseline() == 'json'
    assert baseline('--handler', 'picky', '--handler', 'json') == 'json'
    assert baseline('--handler', 'picky') == 'picky'
    assert baseline('--baseline', 'picky') == 'picky'


def test_skipped_handlers_are_reported(run: Run, plugin: Install) -> None:
    plugin('loud', more="requires=('acme-lib>=2.1',)")
    result = run('bench', 'chat.json', '--rounds', '1')
    assert result.code == 0
    assert any(
        line.startswith('skipped loud: it needs acme-lib')
        for line in result.out.splitlines()
    )
    assert 'acme-lib' in run('bench', 'chat.json', '--rounds=1', '--json').json[
        'absent'
    ]['loud']  # fmt: skip  # the formatter has no better place to break it


def test_options(run: Run) -> None:
    argv = ('bench', 'chat.json', '--rounds', '1', '--json')
    result = run(*argv, '--option', 'json.ensure_ascii=true')
    assert frames(result.json['comparisons'][0])['json']['size'] == 19
    Path('media.toml').write_text('[handlers.json]\nensure_ascii = true\n')
    result = run(*argv, '--config', 'media.toml')
    assert frames(result.json['comparisons'][0])['json']['size'] == 19


def test_the_time_is_a_budget(run: Run) -> None:
    result = run('bench', 'chat.json', '--seconds', '0.05', '--json')
    assert result.json['comparisons'][0]['rounds'] >= 1
    result = run('bench', 'chat.json', '--seconds', '60', '--rounds', '1', '--json')
    assert result.json['comparisons'][0]['rounds'] == 1


def test_there_is_a_budget_by_default(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('falcon_media_tools.bench.SECONDS', 0.05)
    assert run('bench', 'chat.json', '--json').json['comparisons'][0]['rounds'] >= 1


# ---------------------------------------------------------------------------- samples


def test_a_sample_that_is_piped_in(run: Run, stdin: Callable[[bytes], None]) -> None:
    stdin('\ufeff{"text": "Zoë"}\n'.encode())
    (comparison,) = run('bench', '-', '--rounds', '1', '--json').json['comparisons']
    assert comparison['sample'] == 'stdin'
    assert frames(comparison)['json']['changes'] == []
    assert frames(comparison)['json']['size'] == 15


@pytest.mark.usefixtures('picky')
def test_a_sample_in_another_format(run: Run) -> None:
    Path('frame.bin').write_bytes(b"{'at': b'now'}")
    result = run('bench', 'frame.bin', '--from', 'picky', '--rounds', '1', '--json')
    (comparison,) = result.json['comparisons']
    assert comparison['baseline'] == 'picky'
    assert frames(comparison)['picky']['size'] == 14
    assert 'bytes' in frames(comparison)['json']['refused']


@pytest.mark.parametrize(
    ('argv', 'message'),
    [
        (('nope.json',), "Invalid value for 'SAMPLE...': File 'nope.json' does not"),
        ((), "Missing argument 'SAMPLE...'"),
        (('bad.json',), 'bad.json: json: TEXT payload of size 6: not well-formed'),
        (('latin.json',), 'latin.json: not valid UTF-8 at byte 2, and json'),
        (('deep.json',), 'deep.json: json: TEXT payload of size 400: nested deeper'),
        (('chat.json', '--handler', 'jsom'), "no media handler named 'jsom' is inst"),
        (('chat.json', '--from', 'jsom'), "no media handler named 'jsom' is install"),
        (('chat.json', '--option', 'sort=1'), "'sort=1' is not of the form HANDLER."),
        (('chat.json', '--option', 'json.sort=1'), "handler 'json' has no option 's"),
        (('chat.json', '--config', 'bad.json'), 'bad.json: not valid TOML'),
        (('chat.json', '--baseline', 'cbor'), "Invalid value for --baseline: 'cbor'"),
        (('chat.json', '--seconds', '0'), "Invalid value for '--seconds'"),
        (('chat.json', '--rounds', '0'), "Invalid value for '--rounds'"),
        (('chat.json', '--chart', 'a.jpg'), "Invalid value for --chart: 'a.jpg' mus"),
        (('chat.json', '--chart', 'no/a.svg'), 'Invalid value for --chart: folder '),
    ],
)  # fmt: skip  # a row is a case
def test_an_error_gets_one_line(run: Run, argv: tuple[str, ...], message: str) -> None:
    Path('bad.json').write_text('[1, 2,')
    Path('latin.json').write_bytes(b'["\xe9"]')
    Path('deep.json').write_text('[' * 200 + ']' * 200)
    result = run('bench', *argv)
    assert result.code == 2
    assert not result.out
    assert result.err.startswith(f'falcon-media bench: {message}')
    assert result.err.endswith('. See: falcon-media bench --help\n')
    assert '..' not in result.err.replace('SAMPLE...', '')
    assert result.err.count('\n') == 1


def test_an_exceeded_budget_is_reported(run: Run) -> None:
    Path('tight.toml').write_text('[limits]\nmax_size = 4\n')
    result = run('bench', 'chat.json', '--config', 'tight.toml')
    assert '[max_size=4] (--config may set limits.max_size).' in result.err


def test_a_file_that_can_not_be_read(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> bytes:
        raise OSError(5, 'Input/output error')

    monkeypatch.setattr(Path, 'read_bytes', fail)
    result = run('bench', 'chat.json')
    assert result.code == 2
    assert 'chat.json: cannot be read: Input/output error.' in result.err


# --------------------------------------------------------------------- chart, progress


def texts(path: str) -> list[str]:
    tree = ET.parse(path)  # noqa: S314  # a file of our own
    found = tree.iter('{http://www.w3.org/2000/svg}text')
    return [''.join(element.itertext()).strip() for element in found]


@pytest.mark.usefixtures('picky')
def test_a_chart_shows_what_the_table_shows(run: Run) -> None:
    samples = ('list.json', 'chat.json')
    result = run('bench', *samples, '--rounds', '6', '--chart', 'a.svg', '--json')
    assert result.code == 0
    said = texts('a.svg')
    assert {'list.json', 'chat.json', 'json', 'picky'} <= set(said)
    assert {'Encode, CPU time', 'Decode, CPU time'} <= set(said)
    assert said.count('not carried') == 1
    assert said.count('not timed') == 2
    json_frame = frames(result.json['comparisons'][0])['json']
    assert f'{json_frame["size"]} / {json_frame["deflated_size"]}' in said
    assert any('CPython' in text and 'medians (rounds: 6)' in text for text in said)


def test_a_chart_marks_what_is_not_settled(run: Run, plugin: Install) -> None:
    plugin('loud')
    run('bench', 'chat.json', '--rounds', '1', '--chart', 'a.svg')
    said = texts('a.svg')
    assert sum(text.endswith('?)') for text in said) == 2
    assert any(text.endswith('too wide to rely on it') for text in said)


def test_a_chart_of_what_only_one_carries(run: Run) -> None:
    run('bench', 'chat.json', '--rounds', '1', '--chart', 'a.svg')
    assert any(text.endswith('medians (rounds: 1)') for text in texts('a.svg'))


@pytest.mark.usefixtures('picky')
def test_a_chart_without_ratios(run: Run) -> None:
    argv = ('bench', 'list.json', '--rounds', '1', '--chart', 'a.svg')
    assert run(*argv, '--baseline', 'picky').code == 0
    times = [text for text in texts('a.svg') if TIME.search(text)]
    assert times
    assert not any('(' in text for text in times)
    assert run(*argv, '--handler', 'picky').code == 1
    assert texts('a.svg').count('not timed') == 2


def test_a_chart_as_png(run: Run) -> None:
    assert run('bench', 'chat.json', '--rounds', '1', '--chart', 'a.png').code == 0
    assert Path('a.png').read_bytes().startswith(b'\x89PNG\r\n')


def test_a_chart_that_can_not_be_written(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr('falcon_media_tools.chart.draw', fail)
    result = run('bench', 'chat.json', '--rounds', '1', '--chart', 'a.svg')
    assert result.code == 2
    assert 'chat.json: size' in result.out
    assert result.err.startswith(
        'falcon-media bench: cannot write a.svg: No space left on device. See'
    )


def test_the_same_chart_twice_is_the_same_file(run: Run) -> None:
    def drawn() -> bytes:
        argv = ('bench', 'list.json', '--handler', 'json', '--rounds', '1')
        run(*argv, '--baseline', 'json', '--chart', 'a.svg')
        return Path('a.svg').read_bytes().partition(b'<g id="figure_1">')[0]

    assert drawn() == drawn()


def test_a_chart_without_its_library(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'matplotlib', None)
    result = run('bench', 'chat.json', '--chart', 'a.svg')
    assert result.code == 2
    assert result.err == (
        'falcon-media bench: --chart needs matplotlib: '
        "pip install 'falcon-media[bench]'. See: falcon-media bench --help\n"
    )


def test_progress_is_shown_on_a_terminal_alone(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    argv = ('bench', 'list.json', 'chat.json', '--rounds', '1', '--json')
    assert not run(*argv).err
    monkeypatch.setenv('FORCE_COLOR', '1')
    monkeypatch.setenv('COLUMNS', '80')
    monkeypatch.setattr(sys.stderr, 'isatty', lambda: True)
    result = run(*argv)
    assert 'list.json' in result.err
    assert len(result.json['comparisons']) == 2
