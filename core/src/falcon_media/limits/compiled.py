"""The compiled checks, where they are installed.

They are accepts: what they let by is within its budgets, and made of some types alone.
For the rest, and where they are not installed, there are the checks in Python.
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
"""The distribution that has them."""

_API = 1


@cache
def speedups() -> ModuleType | None:
    """Import the compiled checks.

    Returns:
        ModuleType: The module; ``None`` if there is none that can be used.
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
    """Make the checks of objects of some types.

    All types are meant exactly: what is derived from them is for others to look at.

    Keyword Args:
        max_depth (int): Containers within each other, at the most.
        max_items (int): Items of all containers, at the most.
        shape (Shape): Instead of all that follows, what objects look like.
        leaves (Iterable): Types of which all values are fine.
        keys (Iterable): The same for the keys of dicts.
        containers (Collection): Of dict, list and tuple, those to look into.
        float_bound (float): What all floats have to be less than, whatever their sign;
            0 for none. Infinity lets the finite ones by.
        short_integers (bool): Whether only integers of 64 bits are fine.

    Returns:
        Checks: ``None`` where they are not installed.
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
