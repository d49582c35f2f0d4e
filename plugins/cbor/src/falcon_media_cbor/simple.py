"""``undefined`` and simple values, which cbor2 has no option to refuse."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from datetime import date
from datetime import datetime
from decimal import Decimal
from gc import get_referents
from itertools import chain
from types import NoneType
from typing import Any
from uuid import UUID

from falcon_media import UnsupportedPayload
from falcon_media.spi import compiled_checks

__all__ = ('READ_LEAVES', 'simple_values_check')

_HEADS = bytes((0xF7, 0xF8, *range(0xE0, 0xF4)))
_SHORT = 1_024
_LONG = 16_384

_STATIC_LEAVES = frozenset((bool, bytes, date, datetime, float, int, NoneType, str))
_STATIC = _STATIC_LEAVES.union((dict, list))
READ_LEAVES = _STATIC_LEAVES.union((Decimal, UUID))
"""What is read, containers and simple values apart."""

_WIDE = 1_024
_SAMPLES = 8
# NOTE: As much as is worth a try.
_DEEP = 128
_MANY_ITEMS = 262_144


def simple_values_check(
    *, keys: bool, shared: bool, instance_tags: Iterable[int]
) -> Callable[[object, bytes], None]:
    """Make a check for ``undefined`` and simple values in a decoded object.

    Args:
        keys (bool): Whether keys of maps may be other than strings.
        shared (bool): Whether a container may occur more than once.
        instance_tags (Iterable): Tags that become instances of classes in Python.

    Returns:
        Callable: Takes the object and its payload; raises ``UnsupportedPayload``.
    """
    from cbor2 import CBORSimpleValue
    from cbor2 import CBORTag
    from cbor2 import dumps
    from cbor2 import undefined

    some = (undefined, CBORSimpleValue(0))
    each = _EachValue(tuple(map(type, some)), keys=keys, shared=shared)
    compiled = compiled_checks(
        max_depth=_DEEP,
        max_items=_MANY_ITEMS,
        leaves=READ_LEAVES,
        keys=READ_LEAVES,
        containers=(dict, list),
    )
    accepts = None if compiled is None else compiled.accepts
    # NOTE: The shortest form of a tag's head. A longer one does no harm.
    heads = [dumps(CBORTag(tag, None))[:-1] for tag in instance_tags]

    # PERF: An instance of a class refers to that class, and the class, by way of
    #   others, to itself; unless it is one of the static classes, such as str, list and
    #   datetime. So where level after level of referents comes to an end, there was no
    #   such instance. That takes 10 to 15 % of the time of decoding, all at the speed
    #   of C, where a loop takes 30 to 50 %, and marshal.dumps(), as a check for plain
    #   types, 16 to 24 %, or more where there are dates (CPython 3.11 and 3.13,
    #   cbor2 6.2). Where there are UUIDs it takes the loop.
    def check(media: object, payload: bytes) -> None:
        if accepts is not None and accepts(media):
            return
        size = len(payload)
        # PERF: In text there is often none of the bytes that simple values begin with.
        #   To look for them takes 4 %, and less where there are floats, as these have
        #   them all.
        if size > _SHORT and not any(map(payload.__contains__, _HEADS)):
            return
        if size < _LONG:
            for head in heads:
                # PERF: One byte is found many times faster than two.
                if head[0] in payload and head in payload:
                    each.check(media)
                    return
        level = get_referents(media)
        while level:
            # NOTE: All that is in the object was a byte of the payload, or more. With a
            #   class among it there is no end, and a few samples tell.
            width = len(level)
            size -= width
            if size < 0 or (
                width > _WIDE
                and not _STATIC.issuperset(map(type, level[:: width // _SAMPLES]))
            ):
                each.check(media)
                return
            level = get_referents(*level)

    # NOTE: That their classes are not static ones, and take part in the collection of
    #   garbage, is no promise of cbor2's. So it is looked at.
    if all(type(value) in get_referents(value) for value in some):
        return check
    return lambda media, payload: each.check(media)


class _EachValue:
    """The check by a look at each value."""

    def __init__(self, simple: tuple[type, ...], *, keys: bool, shared: bool) -> None:
        self._simple = simple
        self._keys = keys
        self._shared = shared

    def check(self, media: object) -> None:
        # NOTE: The list grows while it is walked, so that nothing recurses.
        todo: list[Any] = [media]
        seen: set[int] | None = set() if self._shared else None
        for value in todo:
            if seen is not None:
                if id(value) in seen:
                    continue
                seen.add(id(value))
            items: Iterable[object]
            if type(value) is list:
                items = value
            elif type(value) is dict and not self._keys:
                items = value.values()
            else:
                items = self._items(value)
            for item in items:
                if type(item) not in READ_LEAVES:
                    todo.append(item)  # noqa: PERF401  # slower for few items

    def _items(self, value: object) -> Iterable[object]:
        if isinstance(value, self._simple):
            raise UnsupportedPayload(
                'undefined, or a simple value: allow_simple_values=True accepts it'
            )
        if isinstance(value, Mapping):
            return chain(value, value.values())
        if isinstance(value, (list, tuple, set, frozenset)):
            return value
        return ()
