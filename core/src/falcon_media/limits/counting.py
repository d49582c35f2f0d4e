"""The precise count: how deep an object is, how many items it has, and no more."""

from __future__ import annotations

from array import array
from collections import UserString
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from collections.abc import ValuesView
import datetime as dt
from gc import get_referents
from itertools import chain
from typing import Any, TypeAlias

__all__ = (
    'CYCLE',
    'DEPTH',
    'excess_of',
    'is_within',
    'ITEMS',
    'Openers',
    'PLAIN',
    'SCALARS',
)

_Opener: TypeAlias = Callable[[Any], list[object]]
"""Container -> its elements, or its values and at least those keys that matter."""

CYCLE = 'cycle'
DEPTH = 'depth'
ITEMS = 'items'

SCALARS = frozenset(
    (
        *(bool, bytearray, bytes, float, int, memoryview, range, str, type(None)),
        *(dt.date, dt.datetime, dt.time, dt.timedelta),
    )
)
_CONTAINERS = frozenset((dict, frozenset, list, set, tuple))
PLAIN = SCALARS | _CONTAINERS

_KNOWN_TYPES = 256


class Openers(dict[type, _Opener]):
    """Type -> how to open a container of that type, or nothing for a leaf.

    Args:
        contents (Mapping): See :func:`~falcon_media.limits.media_check`.
        fields (Callable): See there.
    """

    def __init__(
        self,
        contents: Mapping[type, Callable[[Any], Iterable[object]]],
        fields: Callable[[type], Callable[[Any], Iterable[object]] | None] | None,
    ) -> None:
        super().__init__()
        self._contents = contents
        self._fields = fields

    def __missing__(self, cls: type) -> _Opener:
        # NOTE: An app may make types without end, and the table keeps them alive.
        if len(self) >= _KNOWN_TYPES:
            self.clear()
        opener = self[cls] = self._opener(cls)
        return opener

    def _opener(self, cls: type) -> _Opener:
        if cls is dict:
            return _open_dict
        if cls in PLAIN:
            return get_referents if cls in _CONTAINERS else _leaf
        for base in cls.__mro__:
            if base in self._contents:
                contents = self._contents[base]
                return lambda media: list(contents(media))
        listed = self._fields and self._fields(cls)
        if listed:
            return lambda media: list(listed(media))
        if issubclass(cls, Mapping):
            return _open_mapping
        if issubclass(cls, (Sequence, AbstractSet, ValuesView)):
            return _leaf if issubclass(cls, _LIKESCALARS) else list
        return _leaf


def _leaf(_: object) -> list[object]:
    return []


def _open_dict(media: dict[Any, object]) -> list[object]:
    # PERF: Keys are among the referents unless all of them are strings.
    return get_referents(media) or list(media.values())


def _open_mapping(media: Mapping[Any, object]) -> list[object]:
    # NOTE: items() is what the libraries call for a mapping that is no plain dict.
    return list(chain.from_iterable(media.items()))


# NOTE: Sequences that hold no containers, or, as str and UserString do, themselves.
_LIKESCALARS = (array, bytearray, bytes, memoryview, range, str, UserString)


def is_within(media: object, max_depth: int, bound: int, openers: Openers) -> bool:
    """Try to accept an object that the fast accept can't see through.

    PERF: The same once more, with the leaves left out of each level, and with the
        values that some dicts hide, at about five times the cost.

    Args:
        media (object): The object.
        max_depth (int): Levels that it may have.
        bound (int): Items up to which it is tried.
        openers (Openers): How to open containers.

    Returns:
        bool: Whether it is within both for sure.
    """
    level: list[Any] = [media]
    count = 0
    for _ in range(max_depth + 1):
        others = [child for child in level if type(child) not in SCALARS]
        if not others:
            return True
        level = []
        for child in others:
            opener = openers[type(child)]
            children = opener(child)
            level += children
            # NOTE: The keys of a dict are no items.
            count += len(child if opener is _open_dict else children)
            if count > bound:
                return False
    return False


def excess_of(
    media: object, max_depth: int, max_items: int, openers: Openers
) -> str | None:
    """Find out which budget an object is over, if any.

    NOTE: A container that occurs several times in one level is opened once, and
        counted as often as it occurs. The work is therefore bounded by the number of
        references times `max_depth`, even where containers contain each other so that
        the number of paths is exponential.

    Args:
        media (object): The object.
        max_depth (int): Levels that it may have.
        max_items (int): Items that it may have.
        openers (Openers): How to open containers.

    Returns:
        str | None: ``CYCLE``, ``DEPTH`` or ``ITEMS``; ``None`` if it is within both.
    """
    opener = openers[type(media)]
    if opener is _leaf:
        return None
    root = id(media)
    level: dict[int, tuple[Any, _Opener]] = {root: (media, opener)}
    times = {root: 1}
    # NOTE: Levels are kept so that no container made on the way (by a mapping that
    #   has none in store) is freed, and its id given to another one.
    levels: list[object] = []
    parents: list[dict[int, int]] = []
    items = 0
    while level:
        if len(levels) == max_depth:
            return CYCLE if _path_has_cycle(next(iter(level)), parents) else DEPTH
        levels.append(level)
        below: dict[int, tuple[Any, _Opener]] = {}
        times_below: dict[int, int] = {}
        parent: dict[int, int] = {}
        for key, (container, opener) in level.items():
            children = opener(container)
            is_map = opener is _open_dict or opener is _open_mapping
            items += times[key] * len(container if is_map else children)
            if items > max_items:
                return ITEMS
            for child in children:
                opener_below = openers[type(child)]
                if opener_below is not _leaf:
                    child_key = id(child)
                    below[child_key] = (child, opener_below)
                    parent[child_key] = key
                    times_below[child_key] = times_below.get(child_key, 0) + times[key]
        level, times = below, times_below
        parents.append(parent)
    return None


def _path_has_cycle(key: int, parents: list[dict[int, int]]) -> bool:
    # NOTE: One path is enough. It is longer than max_depth, so if no container is
    #   there twice, then "nested deeper" is true, and the whole truth not worth more.
    path = [key]
    for parent in reversed(parents):
        path.append(parent[path[-1]])
    return len(set(path)) < len(path)
