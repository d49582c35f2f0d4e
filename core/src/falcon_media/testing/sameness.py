"""What it means that an object came back equal."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any, TypeAlias

from falcon_media.testing.probes import Probe

__all__ = ('Change', 'Changes', 'same')

Change: TypeAlias = Callable[[Any], Any]
"""What is sent -> what comes back."""


def same(one: object, other: object) -> bool:
    """Whether two objects are equal, and of the same types, all the way down.

    By ``==`` alone, 1 is ``True`` and 1.0, 0.0 is -0.0, and NaN is not NaN.
    """
    if type(one) is not type(other):
        return False
    return _same(one, other)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float):
        return repr(one) == repr(other)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return len(one) == len(other) and _same_entries(one, other)
    if isinstance(one, set | frozenset):
        return one == other and {*map(repr, one)} == {*map(repr, other)}
    return bool(one == other)


class Changes:
    """What comes back for an object, by what is declared of its parts.

    Args:
        changes (Mapping): Names of probes -> how their values change.
        probes (Iterable[Probe]): The probes.
    """

    def __init__(self, changes: Mapping[str, Change], probes: Iterable[Probe]) -> None:
        self._by_type: dict[type, Change] = {}
        self._by_value: list[tuple[Any, Change]] = []
        for probe in probes:
            change = changes.get(probe.name)
            if change is None:
                continue
            for value in probe.values():
                # NOTE: One change for all of a plain type would be too many.
                if type(value) in _PLAIN:
                    self._by_value.append((value, change))
                else:
                    self._by_type[type(value)] = change

    def __call__(self, media: Any) -> Any:
        """Make what is to come back for an object, at any depth."""
        made: Any = media
        cls = type(media)
        if isinstance(media, dict):
            made = cls((key, self(value)) for key, value in media.items())
        elif cls in {list, tuple}:
            made = cls(map(self, media))
        elif isinstance(media, tuple):
            # NOTE: A named one.
            made = cls(*map(self, media))
        change = self._by_type.get(type(media))
        for value, change_of_value in self._by_value:
            if same(value, media):
                change = change_of_value
        return made if change is None else change(made)


_PLAIN = frozenset((bool, bytes, dict, float, int, list, str, type(None)))


def _same_entries(one: dict[Any, Any], other: dict[Any, Any]) -> bool:
    keys = {key: key for key in other}
    return all(
        key in keys and same(key, keys[key]) and same(value, other[key])
        for key, value in one.items()
    )
