"""Checks of the depth and the items of objects, with their fast accept."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from functools import partial
from gc import get_referents
from sys import getrefcount
from typing import Any

from falcon_media.errors import PayloadTooLarge
from falcon_media.errors import UnserializableMedia
from falcon_media.limits.budgets import Limits
from falcon_media.limits.budgets import too_deep
from falcon_media.limits.budgets import too_many
from falcon_media.limits.compiled import compiled_checks
from falcon_media.limits.counting import CYCLE
from falcon_media.limits.counting import DEPTH
from falcon_media.limits.counting import excess_of
from falcon_media.limits.counting import is_within
from falcon_media.limits.counting import ITEMS
from falcon_media.limits.counting import Openers
from falcon_media.limits.counting import PLAIN
from falcon_media.limits.counting import SCALARS

__all__ = ('decoded_check', 'media_check')


def decoded_check(limits: Limits) -> Callable[[object], None]:
    """Make a check of the depth and the items of decoded objects.

    Args:
        limits (Limits): The budgets.

    Returns:
        Callable: Takes the object; raises ``PayloadTooLarge``.
    """

    def refusal(excess: str) -> PayloadTooLarge:
        return too_many(limits) if excess == ITEMS else too_deep(limits)

    return _tree_check(limits.max_depth, limits.max_items, {}, refusal)


def media_check(
    limits: Limits,
    *,
    exact: bool = False,
    max_items: int = 16_777_216,
    contents: Mapping[type, Callable[[Any], Iterable[object]]] | None = None,
    fields: Callable[[type], Callable[[Any], Iterable[object]] | None] | None = None,
) -> Callable[[object], None]:
    """Make a check of the depth of objects, to be called before encoding.

    Codec libraries encode recursively, and some overflow the stack: cbor2 at about 100
    levels on a stack of 128 KB, and at about 7,000 on one of 8 MB.

    Mappings, sequences, sets and the views of a mapping are containers, also as keys of
    a mapping. Everything else is a leaf (dataclasses, iterators, objects that a
    ``default`` hook converts), unless `contents` says how a library opens it.

    NOTE: Objects of an extension type that doesn't support garbage collection are
        leaves too, even if they are mappings or sequences.

    Args:
        limits (Limits): The budgets; only ``max_depth`` is used.

    Keyword Args:
        exact (bool): Whether to look into the ``__dict__`` of a living instance
            (``vars(user)``, not a copy of it). Since CPython 3.13 the fast accept
            can't, and takes it for empty unless it is the root. Pass ``True`` for a
            library without its own check of the depth; on these versions the check then
            costs two to three times as much.
        max_items (int): The most items, with shared ones counted wherever they occur.
            Not a budget for messages: it stops a few lists that contain each other
            several times, which stay within ``max_depth`` and would encode to
            terabytes.
        contents (Mapping): Types that are not containers but that the library recurses
            into, each with a function from an object to its contents. For instance,
            ``{cbor2.CBORTag: lambda tag: (tag.value,)}``.
        fields (Callable): The same for an open set of types: takes a type, and returns
            a function from an object of it to its contents, or ``None``. Disables the
            fast accept.

    Returns:
        Callable: Takes the object; raises ``UnserializableMedia``.

    Raises:
        TypeError: A type in `contents` doesn't support garbage collection.
    """
    contents = dict(contents or {})
    for cls in contents:
        if not cls.__flags__ & _HAVE_GC:
            raise TypeError(
                f'contents: {cls.__qualname__} does not support garbage collection, so '
                'its contents can not be checked: leave it out'
            )

    def refusal(excess: str) -> UnserializableMedia:
        return UnserializableMedia(
            {
                CYCLE: 'it contains itself',
                DEPTH: f'nested deeper than {limits.max_depth} levels',
                ITEMS: f'more than {max_items} items, shared ones counted each time',
            }[excess]
        )

    return _tree_check(
        limits.max_depth, max_items, contents, refusal, exact=exact, fields=fields
    )


# NOTE: Py_TPFLAGS_HAVE_GC, part of the stable ABI.
_HAVE_GC = 1 << 14

_NARROW_LEVELS = 3
_NARROW = 1024
_LONGEST_LEVEL = 1_048_576
_SAMPLES = 8


def _tree_check(
    max_depth: int,
    max_items: int,
    contents: Mapping[type, Callable[[Any], Iterable[object]]],
    refusal: Callable[[str], Exception],
    *,
    exact: bool = False,
    fields: Callable[[type], Callable[[Any], Iterable[object]] | None] | None = None,
) -> Callable[[object], None]:
    bound = min(max_items, _LONGEST_LEVEL)
    openers = Openers(contents, fields)

    def check_slowly(media: object, count: int) -> None:
        # NOTE: The referents of a dict may include its keys.
        if count <= 2 * bound and is_within(media, max_depth, bound, openers):
            return
        excess = excess_of(media, max_depth, max_items, openers)
        if excess is not None:
            raise refusal(excess)

    check: Callable[[object], None]
    if fields is not None:
        check = partial(check_slowly, count=0)
    elif exact:
        check = _exact_fast_check(max_depth, bound, check_slowly)
    else:
        check = _fast_check(max_depth, bound, check_slowly)
    leaves = [
        cls
        for cls in SCALARS
        if cls not in contents and (fields is None or fields(cls) is None)
    ]
    compiled = compiled_checks(
        max_depth=max_depth, max_items=bound, leaves=leaves, keys=leaves
    )
    if compiled is None:
        return check
    accepts = compiled.accepts

    def check_others(media: object) -> None:
        if not accepts(media):
            check(media)

    return check_others


# PERF: gc.get_referents(*level) lists all objects that a level of a tree refers to,
#   scalars included, at about 10 ns an object: three to five times faster than any loop
#   in Python. As an accept it is sound, since it lists each reference, and maybe more
#   (keys that are not strings, types):
#
#   - No container is deeper than the first empty level.
#   - There are no more items than objects in all levels.
#
#   An instance of a heap type refers to its type, and a type to the rest of the
#   program. Then no level is ever empty, and a slower step has to decide.
# NOTE: There is one exception. Since CPython 3.13 the values of a living instance are
#   referents of the instance, and not of its ``__dict__``.


def _fast_check(
    max_depth: int, bound: int, check_slowly: Callable[[object, int], None]
) -> Callable[[object], None]:
    narrow = min(bound, _NARROW)
    flat = narrow if max_depth > 1 else -1
    narrow_levels = range(min(max_depth - 1, _NARROW_LEVELS))
    other_levels = range(max_depth - 1 - _NARROW_LEVELS)

    def check(media: object) -> None:
        level = get_referents(media)
        if not level and type(media) is dict:
            level = list(media.values())
        count = len(level)
        # PERF: A flat message ends here, a third faster than by the loop.
        if count <= flat:
            level = get_referents(*level)
            if not level:
                return
            count += len(level)
        # PERF: Most messages end here, in as many rounds as they have levels.
        for _ in narrow_levels:
            if count > narrow:
                break
            if not level:
                return
            level = get_referents(*level)
            count += len(level)
        for _ in other_levels:
            if count > bound:
                break
            if not level:
                return
            # PERF: Once a type has been reached, each level is much longer than all
            #   before it, so it is useless to go on.
            if 4 * len(level) > count and not _is_plain(level):
                break
            level = _level_below(level, bound)
            count += len(level)
        check_slowly(media, count)

    return check


def _exact_fast_check(
    max_depth: int, bound: int, check_slowly: Callable[[object, int], None]
) -> Callable[[object], None]:
    instance = _Instance()
    example = [vars(instance)]
    hides = _last_hides_values(get_referents(example))
    levels = range(max_depth - 1)

    def check(media: object) -> None:
        level = get_referents(media)
        if not level and type(media) is dict:
            level = list(media.values())
        count = len(level)
        for _ in levels:
            if count > bound:
                break
            below = _level_below(level, bound)
            if not below and not (hides and _last_hides_values(level)):
                return
            # PERF: See above.
            astray = len(below) > _NARROW and not _is_plain(below)
            if astray or (hides and _hides_values(level)):
                break
            level = below
            count += len(level)
        check_slowly(media, count)

    return check


class _Instance:
    def __init__(self) -> None:
        self.value = 0


def _hides_values(level: list[Any]) -> bool:
    """Tell whether a dict in a level has values but no referents.

    PERF: Such a dict has two references: from its instance, and from where it was
        found. Most dicts have one, and need no call of get_referents(), which takes
        three times as long (CPython 3.13).
    """
    dicts = [media for media in level if type(media) is dict and media]
    return (
        bool(dicts)
        and max(map(getrefcount, dicts)) > _REFERENCES
        and not all(map(get_referents, dicts))
    )


def _references() -> int:
    # NOTE: The reference count of a dict with one owner, as counted above.
    media = [{0: 0}]
    level = get_referents(media)
    dicts = [media for media in level if type(media) is dict]
    return max(map(getrefcount, dicts))


_REFERENCES = _references()


def _last_hides_values(level: list[Any]) -> bool:
    # PERF: A dict has no hash, and most objects in a last level have one. Hashing takes
    #   6 ns an object, and checking its type 16 (CPython 3.13).
    try:
        hash(tuple(level))
    except TypeError:
        return _hides_values(level)
    return False  # pragma: no cover  # nothing asks before CPython 3.13


def _is_plain(level: list[object]) -> bool:
    # PERF: A few samples are enough.
    return PLAIN.issuperset(map(type, level[:: len(level) // _SAMPLES + 1]))


def _level_below(level: list[object], bound: int) -> list[object]:
    # NOTE: A small list that contains another one a thousand times has a million
    #   grandchildren. Slices detect that before too many of them are in memory. The
    #   result may be cut anywhere beyond `bound`.
    if len(level) <= _NARROW:
        return get_referents(*level)
    found: list[object] = []
    for start in range(0, len(level), _NARROW):
        found += get_referents(*level[start : start + _NARROW])
        if len(found) > bound:
            break
    return found
