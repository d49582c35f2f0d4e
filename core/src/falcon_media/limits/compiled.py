"""Access to the compiled checks, if they are installed.

They only accept: an object that they accept is within its budgets, and has only values
of given types. Everything else goes to the checks in Python.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from functools import cache
import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from falcon_media_speedups import Checks
    from falcon_media_speedups import Shape

__all__ = ('compiled_checks', 'SPEEDUPS', 'speedups')

SPEEDUPS = 'falcon-media-speedups'
"""The distribution with the compiled checks."""

_API = 1


@cache
def speedups() -> ModuleType | None:
    """Import the compiled checks.

    Returns:
        ModuleType: The module; ``None`` if it is not installed, was built without the
        checks, or has another version of the interface.
    """
    try:
        import falcon_media_speedups
    except ImportError:
        return None
    return falcon_media_speedups if falcon_media_speedups.API == _API else None


def compiled_checks(
    *,
    max_depth: int,
    max_items: int,
    shape: Shape | None = None,
    leaves: Iterable[type] = (),
    keys: Iterable[type] = (),
    containers: Collection[type] = (dict, list, tuple),
    float_bound: float = 0,
    short_integers: bool = False,
) -> Checks | None:
    """Make compiled checks of objects of given types.

    All types are exact: the checks don't accept instances of subclasses.

    Keyword Args:
        max_depth (int): The most levels of nested containers.
        max_items (int): The most items in all containers.
        shape (Shape): The shape of the objects, in place of the arguments below.
        leaves (Iterable): Types whose values are accepted.
        keys (Iterable): Types of dict keys that are accepted.
        containers (Collection): Those of dict, list and tuple that are accepted.
        float_bound (float): Bound that the magnitude of floats must be less than; 0 for
            no bound. Infinity accepts all finite floats.
        short_integers (bool): Whether to accept only integers of 64 bits.

    Returns:
        Checks: ``None`` if the compiled checks are not installed.
    """
    module = speedups()
    if module is None:
        return None
    if shape is None:
        shape = module.Shape(
            leaves=tuple(leaves),
            keys=tuple(keys),
            float_bound=float_bound,
            short_integers=short_integers,
        )
        shape.open(
            dict_of=shape if dict in containers else None,
            list_of=shape if list in containers else None,
            tuple_of=shape if tuple in containers else None,
            structs=(),
        )
    checks: Checks = module.Checks(
        shape=shape,
        max_depth=min(max_depth, sys.maxsize),
        max_items=min(max_items, sys.maxsize),
    )
    return checks
