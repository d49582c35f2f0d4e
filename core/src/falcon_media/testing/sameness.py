"""What it means that an object came back equal."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from collections.abc import Mapping
from typing import Any, TypeAlias

from falcon_media.testing.probes import Number
from falcon_media.testing.probes import Pair
from falcon_media.testing.probes import Plain
from falcon_media.testing.probes import Text

__all__ = ('Change', 'changed', 'same')

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


def changed(media: Any, changes: Mapping[str, Change]) -> Any:
    """Make what is to come back for an object.

    Args:
        media (object): What is sent.
        changes (Mapping): Names of probes -> how their values change.

    Returns:
        object: The object with the changes made, at any depth.
    """
    kind = next((name for cls, name in _CHANGED if isinstance(media, cls)), '')
    change: Change = changes.get(kind, _unchanged)
    make: Change = type(media)
    if isinstance(media, dict):
        pairs = [(key, changed(value, changes)) for key, value in media.items()]
        return change(make(pairs))
    if isinstance(media, list | tuple):
        values = [changed(value, changes) for value in media]
        return change(Pair(*values) if isinstance(media, Pair) else make(values))
    return change(media)


def _unchanged(media: Any) -> Any:
    return media


# NOTE: The most special ones first.
_CHANGED: tuple[tuple[type, str], ...] = (
    (Number, 'int_enum'),
    (Text, 'str_enum'),
    (Plain, 'enum'),
    (Pair, 'named_tuple'),
    (OrderedDict, 'ordered_dict'),
    (tuple, 'tuple'),
    (bytearray, 'bytearray'),
    (memoryview, 'memoryview'),
)


def _same_entries(one: dict[Any, Any], other: dict[Any, Any]) -> bool:
    keys = {key: key for key in other}
    return all(
        key in keys and same(key, keys[key]) and same(value, other[key])
        for key, value in one.items()
    )
