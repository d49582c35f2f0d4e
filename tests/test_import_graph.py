"""The imports between our modules: no circle, those for type checkers included."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = sorted(
    path.parent
    for pattern in ('*/src/*/__init__.py', 'plugins/*/src/*/__init__.py')
    for path in ROOT.glob(pattern)
)


def modules_of(package: Path) -> dict[str, Path]:
    """Dotted name -> file."""
    found: dict[str, Path] = {}
    for path in package.rglob('*.py'):
        parts = path.relative_to(package.parent).with_suffix('').parts
        found['.'.join(parts).removesuffix('.__init__')] = path
    return found


def imported_by(path: Path) -> Iterator[str]:
    """Yield what a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text('utf-8'))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield f'{node.module}.{alias.name}'


def graph_of(modules: dict[str, Path]) -> dict[str, set[str]]:
    """Module -> the modules of the same package that it imports."""
    graph: dict[str, set[str]] = {}
    for module, path in modules.items():
        graph[module] = set()
        for name in imported_by(path):
            # A name of a module, or a module.
            target = name if name in modules else name.rpartition('.')[0]
            if target in modules:
                graph[module].add(target)
    return graph


def test_every_package_is_looked_at() -> None:
    assert {'falcon_media', 'falcon_media_tools', 'falcon_media_cbor'} <= {
        package.name for package in PACKAGES
    }


@pytest.mark.parametrize('package', PACKAGES, ids=lambda package: package.name)
def test_there_is_no_circle_of_imports(package: Path) -> None:
    graph = graph_of(modules_of(package))
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as ex:
        pytest.fail(' -> '.join(ex.args[1]))


def test_a_circle_is_found(tmp_path: Path) -> None:
    (tmp_path / '__init__.py').touch()
    (tmp_path / 'a.py').write_text(f'from {tmp_path.name} import b')
    (tmp_path / 'b.py').write_text(
        f'if TYPE_CHECKING:\n    from {tmp_path.name}.a import A'
    )
    with pytest.raises(CycleError):
        TopologicalSorter(graph_of(modules_of(tmp_path))).prepare()
