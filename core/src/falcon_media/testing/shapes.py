"""Objects and payloads of a certain shape: with a value in them, deep, wide, endless.

These are for formats that take any object, or any mapping. A schema-bound format has
its own.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import operator
from typing import Any, cast, NamedTuple

from falcon_media.handlers import Handler
from falcon_media.testing.failure import ContractFailure

__all__ = (
    'deep_media',
    'empties',
    'endless_media',
    'many',
    'nested_payload',
    'Place',
    'places',
)

_KEY = 'k'


class Place(NamedTuple):
    """A value within a message.

    Attributes:
        where (str): Where it is, for messages.
        media (object): The message, with the value in it.
        take (Callable): Takes a message that was received; returns the value in it.
    """

    where: str
    media: Any
    take: Callable[[Any], object]


def places(value: Any, root: type) -> Iterator[Place]:
    """Put a value into lists and mappings, and let it stand alone."""
    if root is object or (root is dict and isinstance(value, dict)):
        yield Place('alone', value, _itself)
    if root is object:
        yield Place('in a list', [value], operator.itemgetter(0))
        yield Place('deep', [{_KEY: [[value]]}], lambda media: media[0][_KEY][0][0])
    else:
        yield Place('in a list', {_KEY: [value]}, lambda media: media[_KEY][0])
    yield Place('in a dict', {_KEY: value}, operator.itemgetter(_KEY))
    # NOTE: NUL in a key is a probe of its own.
    if isinstance(value, str) and '\0' not in value:
        yield Place('as a key', {value: 1}, _only_key)


def _itself(media: Any) -> object:
    return media


def _only_key(media: Any) -> object:
    (key,) = media
    return key


def many(items: int, root: type) -> object:
    """Make an object with so many items."""
    return [0] * items if root is object else {_KEY: [0] * (items - 1)}


def empties(count: int, root: type) -> object:
    """Make an object of so many empty containers, side by side."""
    media: list[object] = [[] for _ in range(count)]
    return media if root is object else {_KEY: media}


# --------------------------------------------------------------------------- Depth


def _in_list(media: object) -> object:
    return [media]


def _in_tuple(media: object) -> object:
    return (media,)


def _in_dict(media: object) -> object:
    return {_KEY: media}


def _nested(depth: int, *wrappers: Callable[[object], object], inner: object) -> object:
    media = inner
    for level in range(depth - 1):
        media = wrappers[level % len(wrappers)](media)
    return media


def deep_media(depth: int, root: type) -> Iterator[object]:
    """Make objects of containers within each other."""
    yield _nested(depth, _in_dict, inner={})
    if root is object:
        yield _nested(depth, _in_list, inner=[])
        yield _nested(depth, _in_tuple, inner=())
        yield _nested(depth, _in_list, _in_dict, inner=[])


def endless_media(root: type) -> Iterator[object]:
    """Make objects that contain themselves."""
    mapping: dict[str, object] = {}
    mapping[_KEY] = mapping
    yield mapping
    elements: list[object] = []
    elements.append(elements)
    yield elements if root is object else {_KEY: elements}
    mutual: dict[str, object] = {}
    mutual[_KEY] = [mutual]
    yield mutual


def nested_payload(handler: Handler, depth: int, root: type) -> str | bytes:
    """Make a payload of so many containers, by what each one adds to the others."""
    wrap = _in_list if root is object else _in_dict
    inner: object = [] if root is object else {}
    two: Any
    two, three, four = (
        handler.serialize(_nested(levels, wrap, inner=inner)) for levels in (2, 3, 4)
    )
    around = _around(two, three)
    if around is None or four != around[0] + three + around[1]:
        raise ContractFailure(
            'What a level of nesting adds to its payload could not be found out.',
            'Override nested(depth) in the contract class: it returns a payload of '
            'that many containers, one within the other.',
        )
    if depth == 1:
        return cast('str | bytes', handler.serialize(inner))
    before, after = around
    times = depth - 2
    return cast('str | bytes', before * times + two + after * times)


def _around(inner: Any, outer: Any) -> tuple[Any, Any] | None:
    """What there is before and after one payload in another."""
    more = len(outer) - len(inner)
    for before in range(more + 1):
        end = len(outer) - (more - before)
        if outer[:before] + inner + outer[end:] == outer:
            return outer[:before], outer[end:]
    return None
