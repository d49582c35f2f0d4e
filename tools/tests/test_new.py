from __future__ import annotations

import os
from pathlib import Path
import re
import runpy
import subprocess
import sys
import tomllib
from types import SimpleNamespace
from typing import Any, TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tools.tests.conftest import Run

pty = pytest.importorskip('pty', reason='this platform has no pseudo-terminals')


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def files(folder: Path) -> set[str]:
    return {
        str(path.relative_to(folder)) for path in folder.rglob('*') if path.is_file()
    }


def project(folder: str) -> dict[str, Any]:
    document = tomllib.loads(Path(folder, 'pyproject.toml').read_text('utf-8'))
    table: dict[str, Any] = document['project']
    return table


def test_the_defaults(run: Run, tmp_path: Path) -> None:
    result = run('new', 'falcon-media-yaml', '--yes')
    assert (result.code, result.err) == (0, '')
    assert '  cd falcon-media-yaml\n' in result.out
    assert max(map(len, result.out.splitlines())) <= 80
    assert files(tmp_path / 'falcon-media-yaml') == {
        '.github/workflows/tests.yml',
        '.gitignore',
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'noxfile.py',
        'pyproject.toml',
        'src/falcon_media_yaml/__init__.py',
        'src/falcon_media_yaml/handler.py',
        'src/falcon_media_yaml/py.typed',
        'tests/test_contract.py',
    }
    table = project('falcon-media-yaml')
    assert table['name'] == 'falcon-media-yaml'
    assert table['entry-points'] == {
        'falcon_media.handlers.v1': {'yaml': 'falcon_media_yaml'}
    }
    licence = Path(__file__).parents[2] / 'LICENSE'
    assert Path('falcon-media-yaml/LICENSE').read_text() == licence.read_text()
    (core,) = table['dependencies']
    assert re.fullmatch(r'falcon-media>=0\.\d+,<0\.\d+', core)


def test_all_is_given(run: Run, tmp_path: Path) -> None:
    result = run(
        *('new', 'acme-media', '--payload', 'binary', '--name', 'acme-1'),
        *('--library', 'acme-lib>=2.1', '--media-type', 'application/vnd.acme'),
        *('--author', 'Zoë "Z" O\'Neill', '--directory', 'here', '--yes', '--json'),
    )
    assert result.json == {
        'directory': 'here',
        'distribution': 'acme-media',
        'payload': 'binary',
        'name': 'acme-1',
        'library': 'acme-lib>=2.1',
        'media_type': 'application/vnd.acme',
        'author': 'Zoë "Z" O\'Neill',
        'package': 'acme_media',
        'class_name': 'ACME1Handler',
    }
    table = project('here')
    assert table['authors'] == [{'name': 'Zoë "Z" O\'Neill'}]
    assert table['dependencies'][1:] == ['acme-lib>=2.1']
    plugin = Path('here/src/acme_media/__init__.py').read_text('utf-8')
    assert "requires=('acme-lib>=2.1',)," in plugin
    assert "library = 'acme-lib'" in plugin
    assert "media_type='application/vnd.acme'" in plugin
    handler = Path('here/src/acme_media/handler.py').read_text('utf-8')
    assert 'class ACME1Handler(BinaryHandler):' in handler


@pytest.mark.parametrize(
    ('argv', 'message'),
    [
        ((), "Missing argument 'DISTRIBUTION'."),
        (('Falcon_Media',), "'distribution': use lower case letters and digits"),
        (('falcon-media',), "'distribution': that name is taken"),
        (('a' * 33,), "'distribution': use 32 characters at most"),
        (('acme', '--name', 'A b'), "'name': use lower case letters and digits"),
        (('acme', '--name', 'json'), "'name': a handler of that name is installed"),
        (('acme', '--name', 'a' * 21), "'name': use 20 characters at most"),
        (('acme', '--library', 'a=1'), "'library': give the name of a distribution"),
        (('acme', '--library', 'a' * 51), "'library': use 50 characters at most"),
        (('acme', '--media-type', 'a'), "'media_type': give a type and a subtype"),
        (('acme', '--media-type', 'a/' * 26), "'media_type': give a type and a"),
        (('acme', '--media-type', f'a/{"b" * 49}'), "'media_type': use 50 charact"),
        (('acme', '--author', ' '), "'author': give a name"),
        (('acme', '--payload', 'xml'), "Invalid value for '--payload': 'xml'"),
    ],
)
def test_invalid_answers_are_refused(
    run: Run, tmp_path: Path, argv: tuple[str, ...], message: str
) -> None:
    result = run('new', *argv, '--yes')
    assert result.code == 2
    assert result.err.startswith(f'falcon-media new: {message}')
    assert result.err.count('\n') == 1
    assert not files(tmp_path)


def test_nothing_is_overwritten(run: Run) -> None:
    Path('acme').mkdir()
    assert run('new', 'acme', '--yes').code == 0
    result = run('new', 'acme', '--yes')
    assert result.code == 2
    assert result.err.startswith('falcon-media new: acme exists and is not empty')
    assert result.err.count('\n') == 1


def test_questions_need_a_terminal(run: Run) -> None:
    result = run('new', 'acme')
    assert result.code == 2
    assert 'cannot ask questions without a terminal: add --yes.' in result.err


def test_it_can_be_interrupted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr('copier.run_copy', interrupt)
    result = run('new', 'acme', '--yes')
    assert result.code == 130
    assert result.err.strip() == 'falcon-media new: interrupted'


def test_it_asks_for_what_is_not_given() -> None:
    parent, child = pty.openpty()
    # NOTE: One line for each question. Some terminals tell where the cursor is, and
    #   this one does not.
    os.write(parent, b'\r\x08\x08\x08\x08txt\r\r\r\r')
    with subprocess.Popen(
        [sys.executable, '-m', 'falcon_media', 'new', 'acme-yaml', '--author', 'Me'],
        stdin=child,
        stdout=child,
        stderr=child,
        env={**os.environ, 'PROMPT_TOOLKIT_NO_CPR': '1', 'TERM': 'xterm'},
    ) as process:
        os.close(child)
        shown = read_to_end(parent)
    os.close(parent)
    assert process.returncode == 0, shown
    for question in ('frames', 'Name of the handler', 'codec library', 'media type'):
        assert question in shown
    assert 'Who is the author' not in shown
    table = project('acme-yaml')
    assert table['authors'] == [{'name': 'Me'}]
    assert list(table['entry-points']['falcon_media.handlers.v1']) == ['acme-txt']


def read_to_end(terminal: int) -> str:
    shown = b''
    while True:
        try:
            part = os.read(terminal, 65_536)
        except OSError:
            # NOTE: What Linux makes of the end.
            part = b''
        if not part:
            return shown.decode()
        shown += part


def test_its_lint_formats_also_while_a_finding_remains(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def session(task: Any = None, **options: Any) -> Any:
        return task or session

    class Session:
        posargs = ('--fix',)
        commands: list[tuple[str, ...]] = []  # noqa: RUF012  # of one test

        def install(self, *packages: str) -> None: ...

        def run(self, *command: str) -> None:
            self.commands.append(command)
            if command == ('ruff', 'check'):
                raise RuntimeError('a finding remains')

    monkeypatch.setitem(
        sys.modules, 'nox', SimpleNamespace(session=session, Session=Session)
    )
    assert run('new', 'acme', '--yes').code == 0
    tasks = runpy.run_path('acme/noxfile.py')
    with pytest.raises(RuntimeError, match='a finding remains'):
        tasks['lint'](Session())
    assert Session.commands == [
        ('ruff', 'check', '--fix-only'),
        ('ruff', 'format'),
        ('ruff', 'check'),
    ]


def test_it_says_how_to_go_on_where_nothing_is_published(run: Run) -> None:
    result = run('new', 'acme', '--yes')
    assert 'set PIP_FIND_LINKS to a folder with its wheels.' in result.out
    for name in ('README.md', 'noxfile.py'):
        assert 'PIP_FIND_LINKS' in Path('acme', name).read_text()
