"""Objects and payloads of a certain shape: with a value in them, deep, wide, endless.

These are for formats that take any object, or any mapping. A schema-bound format has
its own.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
import operator
from typing import Any, cast, NamedTuple, TypeAlias

from falcon_media.errors import UnserializableMedia
from falcon_media.protocol.handlers import Handler
from falcon_media_testing.failure import ContractFailure
from falcon_media_testing.failure import show_cause
from falcon_media_testing.failure import show_media
from falcon_media_testing.failure import show_payload

__all__ = (
    'deep_media',
    'empties',
    'endless_media',
    'many',
    'maps',
    'nested_payload',
    'pair_payload',
    'Place',
    'places',
    'repeating',
    'STAND_IN',
    'written',
)

STAND_IN = 'zq00000'
"""A key that another one of its length is written over."""

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


def _last(media: object) -> object:
    return {'j': 0, _KEY: media}


def _nested(depth: int, *wrappers: Callable[[object], object], inner: object) -> object:
    media = inner
    for level in range(depth - 1):
        media = wrappers[level % len(wrappers)](media)
    return media


def deep_media(depth: int, root: type) -> Iterator[object]:
    """Make objects of containers within each other."""
    yield _nested(depth, _in_dict, inner={})
    yield _nested(depth, _last, inner={})
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


def written(handler: Handler, media: object, call: str) -> Any:
    """Encode an object for one of the methods that a contract may override.

    Raises:
        ContractFailure: The handler can't send it.
    """
    try:
        return handler.serialize(media)
    except UnserializableMedia as ex:
        method = call.partition('(')[0]
        raise ContractFailure(
            f'For {call}, the kit encodes {show_media(media)}, and serialize() '
            f'refused it: {ex}{show_cause(ex)}',
            f'If the format can not carry such an object, override {method}'
            '() in the contract class: it returns a payload of that kind and size.',
        ) from ex


def nested_payload(handler: Handler, depth: int, root: type) -> str | bytes:
    """Make a payload of so many containers, by what each one adds to the others."""
    wrap = _in_list if root is object else _in_dict
    inner: object = [] if root is object else {}
    two: Any
    two, three, four = (
        written(handler, _nested(levels, wrap, inner=inner), f'nested({levels})')
        for levels in (2, 3, 4)
    )
    around = _around(two, three)
    if around is None or four != around[0] + three + around[1]:
        raise ContractFailure(
            'The kit could not find out how the format nests containers. It encoded '
            f'two, three and four of them, one within the other:\n{show_payload(two)}\n'
            f'{show_payload(three)}\n{show_payload(four)}',
            'Override nested(depth) in the contract class: it returns a payload of '
            'that many containers, one within the other. (The default takes a format '
            'that writes a container around its contents, without their length.)',
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


# ---------------------------------------------------------------------------- Maps

_Entries: TypeAlias = Sequence[tuple[Any, int]]


def maps(handlers: Sequence[Handler], maps: Sequence[_Entries], root: type) -> Any:
    """Make a payload of maps, with keys that may occur twice in one of them.

    Args:
        handlers (Sequence[Handler]): The first of them that can send the maps does.
        maps (Sequence): The entries of each map.
        root (type): What the outermost value must be.

    Returns:
        str | bytes | None: ``None`` if none of the handlers can send a map like these.

    Raises:
        ContractFailure: They send a small map, and not these.
    """
    replaced: list[tuple[str, str]] = []
    made = [_distinct(entries, replaced) for entries in maps]
    small = _in_root([dict(entries[:2]) for entries in made[:2]], root)
    handler = next((one for one in handlers if _encoded(one, small) is not None), None)
    if handler is None:
        return None
    payload = _encoded(handler, _in_root([dict(entries) for entries in made], root))
    is_written = payload is not None and all(
        _count(payload, one) == 1 for one, _ in replaced
    )
    if not is_written:  # pragma: no cover  # takes a format with keys of another kind
        key = maps[0][0][0]
        raise ContractFailure(
            f'The kit could not write {len(maps)} map(s) of {len(maps[0])} entries '
            f'with keys like {key!r}.',
            'Override maps() in the contract class: it returns a payload of maps with '
            'the entries that it is given, in their order.',
        )
    for stand_in, key in replaced:
        payload = _replace(payload, stand_in, key)
    return payload


def repeating(handlers: Sequence[Handler], media: object, key: str) -> Any:
    """Make a payload of an object, with a key in the place of :data:`STAND_IN`.

    Args:
        handlers (Sequence[Handler]): The first of them that can send the object does.
        media (object): The object; the stand-in is a key in it, once.
        key (str): The key, of the same length.

    Returns:
        str | bytes | None: ``None`` if none of them can.
    """
    payloads = (_encoded(handler, media) for handler in handlers)
    return next(
        (
            _replace(payload, STAND_IN, key)
            for payload in payloads
            if payload is not None and _count(payload, STAND_IN) == 1
        ),
        None,
    )


def _distinct(entries: _Entries, replaced: list[tuple[str, str]]) -> _Entries:
    """Put other keys in the place of those that were there before."""
    found: set[Any] = set()
    made = []
    for key, value in entries:
        if key in found:
            # NOTE: Of the same length, and no other key of the kit begins like this.
            stand_in = f'zq{len(replaced):0{len(key) - 2}}'
            replaced.append((stand_in, key))
            made.append((stand_in, value))
        else:
            found.add(key)
            made.append((key, value))
    return made


def _in_root(media: list[Any], root: type) -> object:
    if len(media) == 1:
        return media[0]
    return media if root is object else {_KEY: media}


def _encoded(handler: Handler, media: object) -> Any:
    """Encode without the guard: its budgets for objects are not asked for here."""
    # NOTE: The guard, or adopt(), has given each handler a codec.
    codec: Any = handler.codec
    try:
        payload = codec.encode(media)
    except Exception:  # noqa: BLE001  # the library's own way to refuse it
        return None
    # NOTE: Not every encoder makes bytes; the guard would.
    return payload if isinstance(payload, str) else bytes(payload)


def _count(payload: Any, text: str) -> int:
    count: int = payload.count(text if isinstance(payload, str) else text.encode())
    return count


def _replace(payload: Any, text: str, by: str) -> Any:
    if isinstance(payload, str):
        return payload.replace(text, by)
    return payload.replace(text.encode(), by.encode())


def pair_payload(handler: Handler, one: Any, other: Any) -> Any:
    """Make a payload of a map with two keys that Python takes for equal.

    It is put together from the entries of maps that have one of them each.

    Returns:
        str | bytes | None: ``None`` if the handler can't send them, or the format is
        not of a kind where that can be done.
    """
    third = next(key for key in _THIRDS if key not in {one, other})
    alone = _encoded(handler, {other: 0})
    third_alone = _encoded(handler, {third: 0})
    both = _encoded(handler, {one: 1, third: 0})
    if alone is None or third_alone is None or both is None:
        return None
    head = next(
        (
            at
            for at, (x, y) in enumerate(zip(alone, third_alone, strict=False))
            if x != y
        ),
        min(len(alone), len(third_alone)),
    )
    tail = third_alone[head:]
    if not tail or not both.endswith(tail):  # pragma: no cover  # a format with sums
        return None
    return both[: -len(tail)] + alone[head:]


_THIRDS = (2, 1000)
