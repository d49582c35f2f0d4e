"""The shape of the workspace: what sisters share, and what must not be in the tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import suppress
from fnmatch import fnmatch
from functools import cache
import io
from itertools import chain
from pathlib import Path
import re
import shutil
import subprocess
import tokenize
import tomllib
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
import pytest

ROOT = Path(__file__).parent.parent
MODEL = 'cbor'
PLUGINS = sorted(path.parent.name for path in ROOT.glob('plugins/*/pyproject.toml'))
FOLDERS = [
    *(ROOT / name for name in ('core', 'tools', 'testing')),
    *(ROOT / 'plugins' / name for name in PLUGINS),
    ROOT / 'speedups',
]


needs_clone = pytest.mark.skipif(
    not (ROOT / '.git').exists() or not shutil.which('git'),
    reason='git lists the files of the tree',
)


def load(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / 'pyproject.toml').read_text('utf-8'))


def project(folder: Path) -> dict[str, Any]:
    table: dict[str, Any] = load(folder)['project']
    return table


def import_name(folder: Path) -> str:
    name: str = project(folder)['name']
    return name.replace('-', '_')


@cache
def tracked() -> list[Path]:
    """List the files of the tree, those that are not committed yet included."""
    listed = subprocess.run(
        ['git', 'ls-files', '--cached', '--others', '--exclude-standard', '-z'],  # noqa: S607  # git is where it is
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    paths = (ROOT / name for name in listed.stdout.split('\0') if name)
    return [path for path in paths if path.is_file()]


@cache
def texts() -> list[tuple[Path, str]]:
    """Read what of the tree is text."""
    found = []
    for path in tracked():
        with suppress(UnicodeDecodeError):
            found.append((path.relative_to(ROOT), path.read_text('utf-8')))
    return found


# ------------------------------------------------------------------------- packages


def test_the_model_is_a_plugin() -> None:
    assert MODEL in PLUGINS


@pytest.mark.parametrize('name', PLUGINS)
@pytest.mark.parametrize(
    'path',
    [
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'src/falcon_media_{name}/__init__.py',
        'src/falcon_media_{name}/handler.py',
        'src/falcon_media_{name}/py.typed',
        'tests/test_handler.py',
    ],
)
def test_a_plugin_has_the_files_of_the_model(name: str, path: str) -> None:
    assert (ROOT / 'plugins' / name / path.format(name=name)).is_file()


@pytest.mark.parametrize('name', PLUGINS)
def test_a_plugin_has_the_metadata_of_the_model(name: str) -> None:
    def shape(name: str) -> dict[str, Any]:
        table = load(ROOT / 'plugins' / name)
        own = ('version', 'description', 'keywords', 'dependencies', 'entry-points')
        for key in own:
            assert table['project'].pop(key)
        return table

    def renamed(value: Any) -> Any:
        match value:
            case str():
                return re.sub(rf'\b{MODEL}\b|(?<=_){MODEL}\b', name, value)
            case list():
                return [renamed(item) for item in value]
            case dict():
                return {renamed(key): renamed(item) for key, item in value.items()}
            case _:
                return value

    assert shape(name) == renamed(shape(MODEL))


@pytest.mark.parametrize('name', PLUGINS)
def test_the_handlers_of_a_plugin_have_its_name_or_begin_with_it(name: str) -> None:
    ((group, handlers),) = project(ROOT / 'plugins' / name)['entry-points'].items()
    assert group == 'falcon_media.handlers.v1'
    assert {*handlers.values()} == {f'falcon_media_{name}'}
    assert all(re.fullmatch(rf'{name}(-[a-z0-9]+)?', handler) for handler in handlers)


@pytest.mark.parametrize('name', PLUGINS)
def test_a_plugin_and_the_core_ask_for_each_other(name: str) -> None:
    plugin, core = project(ROOT / 'plugins' / name), project(ROOT / 'core')

    first, *libraries = map(Requirement, plugin['dependencies'])
    assert first.name == 'falcon-media'
    assert first.specifier.contains(core['version'])
    assert len(libraries) == 1

    (extra,) = map(Requirement, core['optional-dependencies'][name])
    assert extra.name == plugin['name']
    assert extra.specifier.contains(plugin['version'])


def test_the_core_has_an_extra_for_each_plugin_and_one_for_all() -> None:
    extras = project(ROOT / 'core')['optional-dependencies']
    assert {*PLUGINS, 'all'} <= set(extras)
    (everything,) = map(Requirement, extras['all'])
    assert everything.name == 'falcon-media'
    assert sorted(everything.extras) == PLUGINS


def test_the_core_depends_on_falcon_pluggy_and_its_compiled_checks_alone() -> None:
    dependencies = map(Requirement, project(ROOT / 'core')['dependencies'])
    assert [dependency.name for dependency in dependencies] == [
        *('falcon', 'pluggy', 'falcon-media-speedups')
    ]


@pytest.mark.parametrize('folder', FOLDERS, ids=lambda folder: folder.name)
def test_a_package_is_licensed_and_typed_and_tells_its_changes(folder: Path) -> None:
    license_text = (ROOT / 'LICENSE').read_text('utf-8')
    assert (folder / 'LICENSE').read_text('utf-8') == license_text
    assert (folder / 'src' / import_name(folder) / 'py.typed').is_file()
    version = project(folder)['version']
    assert f'\n## {version}' in (folder / 'CHANGELOG.md').read_text('utf-8')


# ------------------------------------------------------------------------- settings


def test_the_shared_settings_name_every_package() -> None:
    tools = load(ROOT)['tool']
    names = {import_name(folder): folder.relative_to(ROOT) for folder in FOLDERS}

    assert sorted(tools['coverage']['run']['source_pkgs']) == sorted(names)
    assert sorted(tools['coverage']['paths'].values()) == sorted(
        [f'{folder}/src/{name}', f'*/site-packages/{name}']
        for name, folder in names.items()
    )
    sources = {f'$MYPY_CONFIG_FILE_DIR/{folder}/src' for folder in names.values()}
    assert sources <= set(tools['mypy']['mypy_path'])


def pins(*names: str) -> dict[str, Version]:
    found: dict[str, Version] = {}
    for name in names:
        text = (ROOT / 'requirements' / f'{name}.txt').read_text('utf-8')
        for line in filter(None, re.sub('^#.*', '', text, flags=re.MULTILINE).split()):
            library, _, version = line.partition('==')
            assert canonicalize_name(library) not in found
            found[canonicalize_name(library)] = Version(version)
    return found


def test_what_the_packages_need_is_tested_at_a_pinned_version() -> None:
    pinned = pins('libraries', 'extras', 'servers', 'tools', 'benchmarks')
    for table in map(project, FOLDERS):
        extras = table.get('optional-dependencies', {}).values()
        for dependency in map(Requirement, chain(table['dependencies'], *extras)):
            if not dependency.name.startswith('falcon-media'):
                pin = pinned[canonicalize_name(dependency.name)]
                assert dependency.specifier.contains(pin)


def test_what_the_packages_need_is_tested_at_the_lowest_version() -> None:
    lowest = {
        canonicalize_name(dependency.name): Version(bound.version)
        for folder in FOLDERS
        if folder.name not in ('tools', 'testing')  # no app runs these
        for dependency in map(Requirement, project(folder)['dependencies'])
        for bound in dependency.specifier
        if bound.operator == '>=' and not dependency.name.startswith('falcon-media')
    }
    assert pins('lowest') == lowest


def test_the_readme_and_ci_call_the_same_commands() -> None:
    readme = (ROOT / 'README.md').read_text('utf-8')
    script = (ROOT / '.ci/run').read_text('utf-8')
    called = script.replace(' --no-dependencies', '').splitlines()

    said = {
        part.strip().removeprefix('$ ')
        for block in re.findall(r'^```\w+\n(.*?)^```', readme, re.MULTILINE | re.DOTALL)
        for line in block.splitlines()
        for part in line.partition('#')[0].split('&&')
    }
    assert 'python3 -m pip install nox' in said & set(called)
    tasks = {command for command in said if command.startswith('python3 -m nox ')}
    assert len(tasks) >= 2
    # The demo goes on serving until it is told to end with its table.
    assert all(task in called or f'{task} -- --check' in called for task in tasks), (
        tasks
    )


def test_the_guide_for_authors_lists_the_names_of_spi() -> None:
    guide = (ROOT / 'docs/authors.md').read_text('utf-8')
    section = guide.partition('\n## Names for authors\n')[2].partition('\n## ')[0]
    listed = [
        name
        for line in section.splitlines()
        if line.startswith('| `')
        for name in re.findall(r'`(\w+)`', line.split('|')[1])
    ]
    tree = ast.parse((ROOT / 'core/src/falcon_media/spi.py').read_text('utf-8'))
    (names,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == '__all__'
    )
    assert sorted(listed) == sorted(names)


# ----------------------------------------------------------------- what is not there

# NOTE: Each is put together here, or this file would be the first to be found.
BANNED = {
    'registry settings': '|'.join(['index' + '-url', 'find' + '-links']),
    'a registry address': '|'.join(['pypi' + r'\.org', 'python' + r'hosted\.org']),
    'a path of one machine': '|'.join(
        f'(?<![\\w.]){path}' for path in ['/' + 'root/', '/' + 'home/', '/' + 'work/']
    ),
}


@needs_clone
@pytest.mark.parametrize('what', BANNED)
def test_no_file_contains(what: str) -> None:
    found = [
        f'{path}: {match.group()}'
        for path, text in texts()
        for match in re.finditer(BANNED[what], text)
    ]
    assert not found


@needs_clone
@pytest.mark.parametrize('name', ['uv.lock', '*package-lock.json', 'poetry.lock'])
def test_no_lock_file_with_addresses_is_tracked(name: str) -> None:
    assert not [path for path in tracked() if fnmatch(path.name, name)]


def comments(source: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


SUPPRESSION = re.compile(
    r'#\s*((ruff:\s*|flake8:\s*)?noqa|type:\s*ignore|pragma:\s*no|fmt:\s*(off|skip)'
    r'|mypy:|nosec)',
    re.IGNORECASE,
)
REASONED = re.compile(
    r'(# ((ruff: )?noqa: [A-Z]+\d+(, [A-Z]+\d+)*|type: ignore\[[\w, -]+\]'
    r'|pragma: no (cover|branch)|fmt: (off|skip)|mypy: \S.*?)  )+# \w.{3,}'
)
LET_THROUGH = re.compile(
    r"(filterwarnings|simplefilter)\(\s*'(always|default|ignore|once)"
)


@needs_clone
def test_every_suppression_gives_its_reason() -> None:
    bare = [
        f'{path}:{line}: {comment}'
        for path, text in texts()
        # PERF: To find the comments of all files takes long.
        if path.suffix in {'.py', '.pyi'} and SUPPRESSION.search(text)
        for line, comment in comments(text)
        if SUPPRESSION.search(comment) and not REASONED.fullmatch(comment)
    ]
    assert not bare


@needs_clone
def test_every_warning_that_is_let_through_gives_its_reason() -> None:
    bare = [
        f'{path}: {match.group()}'
        for path, text in texts()
        if path.suffix == '.py'
        for match in LET_THROUGH.finditer(text)
        if '  # ' not in text[match.start() :].partition(')')[2].partition('\n')[0]
    ]
    assert not bare


def test_every_exception_in_the_settings_gives_its_reason() -> None:
    settings = (ROOT / 'pyproject.toml').read_text('utf-8')
    tables = settings.partition('\nignore = [')[2].partition('\n[tool.ruff.format')[0]
    codes = [line for line in tables.splitlines() if re.match(r"\s+'[A-Z]+\d", line)]
    assert codes
    assert all(re.search(r',\s+# \S.{3,}', line) for line in codes)
    assert load(ROOT)['tool']['pytest']['filterwarnings'] == ['error']
