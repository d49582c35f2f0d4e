"""The mutable parts of an object: which two objects share, and how to change them."""

from __future__ import annotations

from collections.abc import Iterator
import copy
import datetime as dt
from typing import Any
from uuid import UUID

__all__ = ('change', 'mutable_parts', 'shared')


def mutable_parts(media: Any) -> Iterator[tuple[str, Any]]:
    """Yield the mutable parts of an object, inner ones first, each with its path."""
    # NOTE: An object may contain itself, and one part may be in several places.
    return _walk('$', media, set())


def _walk(path: str, media: Any, seen: set[int]) -> Iterator[tuple[str, Any]]:
    if isinstance(media, tuple | frozenset):
        for number, item in enumerate(media):
            yield from _walk(f'{path}[{number}]', item, seen)
        return
    if id(media) in seen or _is_immutable(media):
        return
    seen.add(id(media))
    for step, part in _children(media):
        yield from _walk(path + step, part, seen)
    yield path, media


# NOTE: copy() makes others of these, though nobody can change them.
_VALUES = (dt.date, dt.time, dt.timedelta, dt.tzinfo, UUID)


def _is_immutable(media: Any) -> bool:
    if isinstance(media, _VALUES):
        return True
    try:
        return copy.copy(media) is media
    except Exception:  # noqa: BLE001  # what can't be copied is not made of parts
        return True


def _children(media: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(media, dict):
        yield from ((f'[{key!r}]', value) for key, value in media.items())
    elif isinstance(media, list):
        yield from ((f'[{number}]', item) for number, item in enumerate(media))
    elif not isinstance(media, set | bytearray | memoryview):
        for name in _fields(media):
            yield f'.{name}', getattr(media, name, None)


def _fields(media: Any) -> list[str]:
    # NOTE: Dataclasses and the structs of msgspec have the second one.
    return [*(vars(media) if hasattr(media, '__dict__') else ()), *_match_args(media)]


def _match_args(media: Any) -> tuple[str, ...]:
    return getattr(type(media), '__match_args__', ())


def shared(one: Any, other: Any) -> str | None:
    """Return the path of a mutable part that two objects share, if there is one."""
    parts = {id(part) for _, part in mutable_parts(one)}
    return next(
        (path for path, part in mutable_parts(other) if id(part) in parts), None
    )


def change(media: Any) -> None:
    """Change an object in all of its parts, in place."""
    for _, part in mutable_parts(media):
        clear = getattr(part, 'clear', None) or getattr(part, 'Clear', None)
        if clear is not None:
            clear()
            continue
        for name in _fields(part):
            try:
                setattr(part, name, None)
            except (AttributeError, TypeError):  # frozen
                continue
