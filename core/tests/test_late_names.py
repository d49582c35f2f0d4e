from __future__ import annotations

import ast
from importlib import import_module
import json
from pathlib import Path
import subprocess
import sys
from types import ModuleType

import pytest

import falcon_media
from falcon_media import spi

MODULES = (falcon_media, spi)


def imported_for_type_checkers(module: ModuleType) -> dict[str, str]:
    """Public name -> the module that it is imported from."""
    tree = ast.parse(Path(str(module.__file__)).read_text('utf-8'))
    (block, *_) = (
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == 'TYPE_CHECKING'
    )
    return {
        alias.name: str(node.module)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def modules_after(program: str) -> set[str]:
    done = subprocess.run(
        [
            sys.executable,
            '-c',
            f'import json, sys\n{program}\nprint(json.dumps([*sys.modules]))',
        ],
        capture_output=True,
        check=True,
        text=True,
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize('module', MODULES)
def test_type_checkers_see_the_public_names_and_no_others(module: ModuleType) -> None:
    assert {*imported_for_type_checkers(module)} == {*module.__all__}
    assert len({*module.__all__}) == len(module.__all__)


@pytest.mark.parametrize(
    ('module', 'name', 'source'),
    [
        (module, name, source)
        for module in MODULES
        for name, source in imported_for_type_checkers(module).items()
    ],
)
def test_a_name_is_what_type_checkers_see(
    module: ModuleType, name: str, source: str
) -> None:
    assert getattr(module, name) is getattr(import_module(source), name)


@pytest.mark.parametrize('module', MODULES)
def test_the_names_are_listed_before_they_are_imported(module: ModuleType) -> None:
    assert {*module.__all__} <= {*dir(module)}


def test_other_names_raise() -> None:
    with pytest.raises(AttributeError, match="'falcon_media' has no attribute 'insta'"):
        _ = falcon_media.insta  # type: ignore[attr-defined]  # that is the point
    with pytest.raises(ImportError):
        exec('from falcon_media import insta', {})  # noqa: S102  # a program of ours


def test_a_module_with_public_names_is_one_too() -> None:
    modules_after('import falcon_media; falcon_media.limits.media_check')


@pytest.mark.parametrize('name', ['install', 'Installed'])
def test_install_is_the_function_in_any_import_order(name: str) -> None:
    modules_after(f'from falcon_media import {name}, install; install.__code__')


def test_nothing_is_imported_before_it_is_used() -> None:
    ours = {
        name
        for name in modules_after('import falcon_media')
        if name.startswith(('falcon', 'pluggy'))
    }
    assert ours == {'falcon_media', 'falcon_media.late_names'}


def test_an_app_starts_without_unused_modules() -> None:
    modules = modules_after(
        'import falcon.asgi, falcon_media; falcon_media.install(falcon.asgi.App())'
    )
    assert 'falcon_media.app.install' in modules
    assert not modules & {
        'falcon_media.protocol.annotation',
        'falcon_media.connection.broadcast',
        'falcon_media.json.handler',
        'falcon_media.protocol.type_binding',
        'falcon_media.app.http',
        'falcon_media.plugins.loader',
        'pluggy',
    }
