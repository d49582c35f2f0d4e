"""Compare objects strictly and report differences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
import reprlib
from typing import Any

__all__ = ('Difference', 'differences', 'same')


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A difference between an object that was sent and the one received.

    Attributes:
        path (str): Path of the difference: ``$`` is the object, ``.at`` or
            ``['no name']`` an entry of a mapping, ``[*]`` any item of a list.
        sent (str): The type that was sent if that changed, else the value.
        received (str): The type or value that was received.
        count (int): Number of equal differences under the path.
    """

    path: str
    sent: str
    received: str
    count: int = 1

    def __str__(self) -> str:
        times = f' ({self.count} times)' if self.count > 1 else ''
        return f'{self.path}: {self.sent} -> {self.received}{times}'


def same(one: object, other: object) -> bool:
    """Compare two objects by value and type, at every level.

    With ``==``, 1 equals ``True`` and 1.0, 0.0 equals -0.0, and NaN differs from NaN.
    """
    return next(_walk('$', one, other), None) is None


def differences(sent: object, received: object) -> list[Difference]:
    """List how a received object differs from the one that was sent.

    Args:
        sent (object): The object that was sent.
        received (object): The object that was received.

    Returns:
        list[Difference]: One for each path and kind of change; empty if they are the
        same, see :func:`same`.
    """
    counts: dict[tuple[str, str, str], int] = {}
    for path, one, other in _walk('$', sent, received):
        counts[path, one, other] = counts.get((path, one, other), 0) + 1
    return [
        Difference(path=path, sent=one, received=other, count=count)
        for (path, one, other), count in counts.items()
    ]


def _walk(path: str, one: Any, other: Any) -> Iterator[tuple[str, str, str]]:
    if type(one) is not type(other):
        yield path, type(one).__name__, type(other).__name__
        # NOTE: A list and a tuple can still be compared item by item.
        if not (isinstance(one, list | tuple) and isinstance(other, list | tuple)):
            return
    if isinstance(one, list | tuple):
        if len(one) != len(other):
            yield path, f'{len(one)} items', f'{len(other)} items'
        for item, its_other in zip(one, other, strict=False):
            yield from _walk(f'{path}[*]', item, its_other)
    elif isinstance(one, dict):
        yield from _walk_entries(path, one, other)
    elif not _equal(one, other):
        yield path, _shown(one), _shown(other)


def _walk_entries(
    path: str, one: dict[Any, Any], other: dict[Any, Any]
) -> Iterator[tuple[str, str, str]]:
    theirs = {key: key for key in other}
    for key, value in one.items():
        if key in theirs and same(key, theirs[key]):
            del theirs[key]
            yield from _walk(path + _step(key), value, other[key])
        else:
            yield path, f'key {_shown(key)}', 'nothing'
    for key in theirs:
        yield path, 'nothing', f'key {_shown(key)}'


def _step(key: object) -> str:
    # NOTE: Other keys are escaped, since they may contain terminal escape sequences.
    is_plain = isinstance(key, str) and key.isidentifier()
    return f'.{key}' if is_plain else f'[{_shown(key)}]'


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, float):
        return repr(one) == repr(other)
    if isinstance(one, set | frozenset):
        return one == other and {*map(repr, one)} == {*map(repr, other)}
    return bool(one == other)


def _shown(value: object) -> str:
    return reprlib.repr(value)
