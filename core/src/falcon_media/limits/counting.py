"""The precise count of the depth and the items of an object."""

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
"""Container -> its elements, or its values and at least its keys that matter."""

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
    """Type -> function that lists the content of a container (nothing for a leaf).

    Args:
        contents (Mapping): See :func:`~falcon_media.limits.media_check`.
        fields (Callable): See :func:`~falcon_media.limits.media_check`.
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
        # NOTE: An app may create any number of types, and the table keeps them alive.
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
    # PERF: The referents include the keys unless all of them are strings.
    return get_referents(media) or list(media.values())


def _open_mapping(media: Mapping[Any, object]) -> list[object]:
    # NOTE: Libraries call items() for a mapping that is not a plain dict.
    return list(chain.from_iterable(media.items()))


# NOTE: Sequences that contain no containers, or (str and UserString) themselves.
_LIKESCALARS = (array, bytearray, bytes, memoryview, range, str, UserString)


def is_within(media: object, max_depth: int, bound: int, openers: Openers) -> bool:
    """Try to accept an object for which the fast accept has failed.

    PERF: Works like the fast accept, but leaves the leaves out of each level and sees
        the values that some dicts hide. Costs about five times as much.

    Args:
        media (object): The object.
        max_depth (int): The most levels.
        bound (int): The most items to try with.
        openers (Openers): How to open containers.

    Returns:
        bool: Whether it is certainly within both bounds.
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
            # NOTE: The keys of a dict don't count as items.
            count += len(child if opener is _open_dict else children)
            if count > bound:
                return False
    return False


def excess_of(
    media: object, max_depth: int, max_items: int, openers: Openers
) -> str | None:
    """Find the budget that an object exceeds.

    NOTE: A container that occurs several times in one level is opened once, and counted
        as often as it occurs. So the work is bounded by the number of references times
        `max_depth`, even if the number of paths is exponential.

    Args:
        media (object): The object.
        max_depth (int): The most levels.
        max_items (int): The most items.
        openers (Openers): How to open containers.

    Returns:
        str | None: ``CYCLE``, ``DEPTH`` or ``ITEMS``; ``None`` if it exceeds none.
    """
    opener = openers[type(media)]
    if opener is _leaf:
        return None
    root = id(media)
    level: dict[int, tuple[Any, _Opener]] = {root: (media, opener)}
    times = {root: 1}
    # NOTE: Keep the levels alive: a mapping may create containers on the way, and the
    #   id of a freed one could be reused.
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
    # NOTE: One path is enough. It is longer than max_depth, so if it has no container
    #   twice, "nested deeper" is true, even if there is a cycle elsewhere.
    path = [key]
    for parent in reversed(parents):
        path.append(parent[path[-1]])
    return len(set(path)) < len(path)
