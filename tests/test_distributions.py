"""What was built: the wheels as they are installed, not the trees they come from."""

from __future__ import annotations

from importlib import metadata
import importlib.util
from pathlib import Path
import tomllib
from typing import Any

from packaging.metadata import Metadata
from packaging.requirements import Requirement
import pytest

from falcon_media.plugins.registry import OURS

ROOT = Path(__file__).parent.parent
PROJECTS: dict[str, dict[str, Any]] = {
    table['name']: table | {'folder': path.parent}
    for path in sorted(
        [
            *(
                ROOT / name / 'pyproject.toml'
                for name in ('core', 'tools', 'testing', 'speedups')
            ),
            *ROOT.glob('plugins/*/pyproject.toml'),
        ]
    )
    for table in [tomllib.loads(path.read_text('utf-8'))['project']]
}

SPEEDUPS = 'falcon-media-speedups'


def import_name(name: str) -> str:
    return name.replace('-', '_')


each_package = pytest.mark.parametrize(
    'name',
    [
        pytest.param(
            name,
            marks=pytest.mark.skipif(
                name == SPEEDUPS and not importlib.util.find_spec(import_name(name)),
                reason='there was no compiler for it',
            ),
        )
        for name in PROJECTS
    ],
)


@each_package
def test_the_metadata_is_valid(name: str) -> None:
    distribution = metadata.distribution(name)
    text = distribution.read_text('METADATA')
    assert text
    parsed = Metadata.from_email(text, validate=True)
    assert str(parsed.version) == PROJECTS[name]['version']
    assert parsed.license_expression == 'Apache-2.0'
    assert parsed.description
    assert parsed.description.startswith(f'# {name}\n')
    assert parsed.description_content_type == 'text/markdown'


@each_package
def test_the_requirements_are_those_of_the_project(name: str) -> None:
    required = set(map(Requirement, metadata.requires(name) or ()))
    declared = set(map(Requirement, PROJECTS[name]['dependencies']))
    assert {
        requirement for requirement in required if not requirement.marker
    } == declared


def test_the_core_knows_what_brings_the_handlers() -> None:
    extras = PROJECTS['falcon-media']['optional-dependencies']
    assert {
        handler: next(extra for extra in extras if name == f'falcon-media-{extra}')
        for name, table in PROJECTS.items()
        for handler in table.get('entry-points', {}).get('falcon_media.handlers.v1', ())
    } == OURS


@each_package
def test_the_entry_points_are_those_of_the_project(name: str) -> None:
    project = PROJECTS[name]
    declared = dict(project.get('entry-points', {}))
    if 'scripts' in project:
        declared['console_scripts'] = project['scripts']
    found: dict[str, dict[str, str]] = {}
    for entry_point in metadata.distribution(name).entry_points:
        found.setdefault(entry_point.group, {})[entry_point.name] = entry_point.value
    assert found == declared


@each_package
def test_the_wheel_holds_the_package_its_license_and_nothing_else(name: str) -> None:
    package = import_name(name)
    source = PROJECTS[name]['folder'] / 'src'
    version = PROJECTS[name]['version']
    info = f'{package}-{version}.dist-info/'
    files = {
        file.as_posix()
        for file in metadata.files(name) or ()
        if '__pycache__' not in file.parts
    }
    assert f'{info}licenses/LICENSE' in files
    assert f'{package}/py.typed' in files
    # What stands outside is the command that pip makes of an entry point.
    found = {file for file in files if not file.startswith((info, '../'))}
    extensions = {file.partition('.')[0] for file in found if file.endswith('.so')}
    folder = source / package
    assert {file for file in found if not file.endswith('.so')} == {
        file.relative_to(source).as_posix()
        for file in folder.rglob('*')
        if file.is_file() and '__pycache__' not in file.parts and file.suffix != '.c'
    }
    assert extensions == {
        file.relative_to(source).with_suffix('').as_posix()
        for file in folder.rglob('*.c')
    }


@each_package
def test_the_installed_package_is_the_one_that_is_imported(name: str) -> None:
    spec = importlib.util.find_spec(import_name(name))
    assert spec is not None
    assert spec.origin is not None
    assert not Path(spec.origin).is_relative_to(PROJECTS[name]['folder'])
