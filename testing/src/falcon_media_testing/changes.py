"""What comes back for an object, where that is not the object."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any, TypeAlias

from falcon_media.compare import same
from falcon_media_testing.probes import Probe

__all__ = ('Change', 'Changes')

Change: TypeAlias = Callable[[Any], Any]
"""What is sent -> what comes back."""


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
