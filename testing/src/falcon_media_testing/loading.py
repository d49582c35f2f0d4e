"""Contract classes, found again by another process."""

from __future__ import annotations

import importlib.util
import inspect
from pathlib import Path
import sys
from types import ModuleType
from typing import Any, NamedTuple

from falcon_media_testing.failure import ContractFailure

__all__ = ('classes_in', 'Location', 'load', 'locate')


class Location(NamedTuple):
    """Where a class is defined.

    Attributes:
        path (str): The file.
        module (str): The name that its module goes by.
        name (str): The class, within the module.
    """

    path: str
    module: str
    name: str


def locate(contract: type) -> Location:
    """Tell where a class is defined.

    Raises:
        ContractFailure: In a function, where nobody else gets at it.
    """
    if '<locals>' in contract.__qualname__:
        raise ContractFailure(
            f'The contract class {contract.__qualname__} is defined in a function.',
            'Define it at the top of its module: another process loads it from there.',
        )
    return Location(
        inspect.getfile(contract), contract.__module__, contract.__qualname__
    )


def load(location: Location) -> Any:
    """Load a class from where it is defined."""
    found: Any = _module(Path(location.path), location.module)
    for part in location.name.split('.'):
        found = getattr(found, part)
    return found


def classes_in(path: Path, base: type) -> list[Any]:
    """Load the test classes that a file defines.

    Args:
        path (Path): The file.
        base (type): What they are subclasses of.

    Returns:
        list[type]: Those that pytest would collect, in the order of the file.
    """
    module = _module(path, f'{path.stem}_{abs(hash(str(path.resolve())))}')
    return [
        found
        for name, found in vars(module).items()
        if name.startswith('Test')
        and isinstance(found, type)
        and issubclass(found, base)
        and found.__module__ == module.__name__
    ]


def _module(path: Path, name: str) -> ModuleType:
    loaded = sys.modules.get(name)
    if loaded is not None and getattr(loaded, '__file__', None) == str(path):
        return loaded
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ContractFailure(
            f'{path} is not a Python module.', 'Name a file that ends in .py.'
        )
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
