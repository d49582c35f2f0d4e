"""Module attributes that are imported on first use (PEP 562)."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from importlib import import_module
import sys

__all__ = ('late_names',)


def late_names(
    module: str, names_in: Mapping[str, Iterable[str]], submodules: Iterable[str] = ()
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Make the ``__getattr__`` and the ``__dir__`` of a module.

    PERF: A plugin needs a few of the names, and no process needs all.

    Args:
        module (str): The name of the module.
        names_in (Mapping): Module of this package -> names to import from it.
        submodules (Iterable): Modules of this package that are attributes too.

    Returns:
        tuple: ``__getattr__``, and ``__dir__``.
    """
    package = __name__.rpartition('.')[0]
    sources = {name: source for source, names in names_in.items() for name in names}
    namespace = vars(sys.modules[module])

    def get(name: str) -> object:
        if name in submodules:
            return import_module(f'{package}.{name}')
        if name not in sources:
            raise AttributeError(f'module {module!r} has no attribute {name!r}')
        value = getattr(import_module(f'{package}.{sources[name]}'), name)
        namespace[name] = value
        return value

    def names() -> list[str]:
        return sorted({*namespace, *sources})

    return get, names
