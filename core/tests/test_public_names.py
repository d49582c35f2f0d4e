from __future__ import annotations

import ast
from importlib import import_module
import json
from pathlib import Path
import subprocess
import sys

import pytest

import falcon_media


def imported_for_type_checkers() -> dict[str, str]:
    """Public name -> the module that it is imported from."""
    tree = ast.parse(Path(falcon_media.__file__).read_text('utf-8'))
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


def test_type_checkers_see_the_public_names_and_no_others() -> None:
    assert {*imported_for_type_checkers()} == {*falcon_media.__all__}
    assert sorted(falcon_media.__all__) == [*falcon_media.__all__]


@pytest.mark.parametrize(('name', 'module'), imported_for_type_checkers().items())
def test_a_name_is_what_type_checkers_take_it_for(name: str, module: str) -> None:
    assert getattr(falcon_media, name) is getattr(import_module(module), name)


def test_the_names_are_listed_before_they_are_imported() -> None:
    assert {*falcon_media.__all__} <= {*dir(falcon_media)}


def test_there_are_no_other_names() -> None:
    with pytest.raises(AttributeError, match="'falcon_media' has no attribute 'insta'"):
        _ = falcon_media.insta  # type: ignore[attr-defined]  # that is the point
    with pytest.raises(ImportError):
        exec('from falcon_media import insta', {})  # noqa: S102  # a program of ours


def test_a_module_with_public_names_is_one_too() -> None:
    modules_after('import falcon_media; falcon_media.limits.media_check')


@pytest.mark.parametrize('name', ['install', 'Installed'])
def test_install_is_the_function_whatever_is_asked_for_first(name: str) -> None:
    modules_after(f'from falcon_media import {name}, install; install.__code__')


def test_nothing_is_imported_before_it_is_asked_for() -> None:
    ours = {
        name
        for name in modules_after('import falcon_media')
        if name.startswith(('falcon', 'pluggy'))
    }
    assert ours == {'falcon_media'}


def test_an_app_starts_without_what_it_has_no_use_for() -> None:
    modules = modules_after(
        'import falcon.asgi, falcon_media; falcon_media.install(falcon.asgi.App())'
    )
    assert 'falcon_media.installing' in modules
    assert not modules & {
        'falcon_media.annotation',
        'falcon_media.broadcast',
        'falcon_media.builtin',
        'falcon_media.conversion',
        'falcon_media.http',
        'falcon_media.plugins',
        'pluggy',
    }
