"""Budgets for payloads, and the cheapest sound checks for them.

A check is made once per media handler, by one of the factories below, and called once
per message; it returns ``None``, or raises. Each has two steps:

- A fast accept, which runs at the speed of C and looks at an upper bound. It may fail
  for a payload that is within its budgets, and does not accept one that is not. (The
  one exception is an option of :func:`media_check`.)
- A precise count, owed only when the first step fails. Nothing is refused without it.

No check recurses, so none depends on the size of the stack, and none takes more than
linear time, whatever it is given.

+--------------------------+-----------------------------------------+---------------+
| check                    | of                                      | cost grows by |
+==========================+=========================================+===============+
| :func:`check_size`       | any payload                             | nothing, or   |
|                          |                                         | characters    |
+--------------------------+-----------------------------------------+---------------+
| :func:`json_text_check`, | JSON text, as str and in UTF-8, before  | characters    |
| :func:`json_bytes_check` | it is decoded                           |               |
+--------------------------+-----------------------------------------+---------------+
| :func:`decoded_check`    | a decoded object                        | objects       |
+--------------------------+-----------------------------------------+---------------+
| :func:`binary_screen`    | bytes: a fast accept alone, to do       | bytes         |
|                          | without the check of the decoded object |               |
+--------------------------+-----------------------------------------+---------------+
| :func:`media_check`      | an object of the app, before it is      | objects       |
|                          | encoded                                 |               |
+--------------------------+-----------------------------------------+---------------+
"""

from __future__ import annotations

from array import array
from collections import UserString
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from collections.abc import ValuesView
from dataclasses import dataclass
from dataclasses import fields
import datetime as dt
from gc import get_referents
from itertools import accumulate
from itertools import chain
import re
from sys import getrefcount
from typing import Any, AnyStr, TypeAlias

from falcon_media.errors import ConfigError
from falcon_media.errors import PayloadTooLarge
from falcon_media.errors import UnserializableMedia

__all__ = (
    'Limits',
    'binary_screen',
    'check_size',
    'decoded_check',
    'json_bytes_check',
    'json_text_check',
    'media_check',
    'payload_size',
    'unchecked_binary',
    'unchecked_json_text',
    'utf8_size',
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The budgets of one message.

    Attributes:
        max_size (int): Size of the payload in bytes (default 1 MiB). A TEXT payload
            counts by its UTF-8.
        max_depth (int): Containers on the longest path from the root (default 64). The
            root counts as 1, and a scalar alone is of depth 0.
        max_items (int): Elements of all arrays plus entries of all maps, in the whole
            payload (default 262,144).

    Raises:
        ConfigError: A budget is not a positive integer.
    """

    max_size: int = 1_048_576
    max_depth: int = 64
    max_items: int = 262_144

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            # NOTE: bool is an int, and max_depth=True is a mistake.
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ConfigError(
                    f'limits: {field.name} must be a positive integer, not {value!r}'
                )


def _too_large(limits: Limits, name: str, detail: str) -> PayloadTooLarge:
    return PayloadTooLarge(detail, limit=name, limit_value=getattr(limits, name))


def _too_deep(limits: Limits) -> PayloadTooLarge:
    return _too_large(
        limits, 'max_depth', f'nested deeper than {limits.max_depth} levels'
    )


def _too_many(limits: Limits) -> PayloadTooLarge:
    return _too_large(limits, 'max_items', f'more than {limits.max_items} items')


# ---------------------------------------------------------------------------- Size


def utf8_size(text: str) -> int:
    """Count the bytes that a text takes in UTF-8.

    A lone surrogate counts as three, as if it could be encoded.
    """
    # PERF: A str knows whether it is ASCII, whatever its length.
    return len(text) if text.isascii() else len(text.encode('utf-8', 'surrogatepass'))


def payload_size(payload: str | bytes) -> int:
    """Count the bytes of a payload; those of a text in UTF-8."""
    return utf8_size(payload) if isinstance(payload, str) else len(payload)


def check_size(payload: str | bytes, limits: Limits) -> None:
    """Refuse a payload of more than ``max_size`` bytes.

    Args:
        payload (str | bytes): A text is measured in UTF-8.
        limits (Limits): The budgets.

    Raises:
        PayloadTooLarge: The payload is over its budget.
    """
    size = len(payload)
    max_size = limits.max_size
    # PERF: A character takes one to four bytes, so the text is encoded only where its
    #   length leaves the matter open. That takes 4 * max_size bytes at the most.
    if size <= max_size and (
        isinstance(payload, bytes)
        or 4 * size <= max_size
        or utf8_size(payload) <= max_size
    ):
        return
    error = _too_large(limits, 'max_size', f'larger than {max_size} bytes')
    error.size = size
    raise error


# ------------------------------------------------------------------------ JSON text


def unchecked_json_text(limits: Limits) -> int:
    """Length of JSON text up to which neither check of it is owed.

    A container takes two characters, and an item two as well (itself, and a comma or a
    bracket), so a text of n characters is of depth n // 2 at the most, and has at the
    most (n - 1) // 2 items. One that is not well-formed has no more than n brackets to
    open before the decoder finds out.
    """
    return 2 * min(limits.max_depth, limits.max_items) + 1


def json_text_check(limits: Limits) -> Callable[[str], None]:
    """Make a check of depth and items for JSON text that is not decoded yet.

    The standard library's decoder overflows the stack where it is small: at about 1,000
    levels on one of 128 KB.

    What the check accepts is within the budgets for any decoder that reads the text by
    RFC 8259, up to where that stops at an error. It is not for dialects with comments,
    or with strings in single quotes. Text that is no JSON may be refused or accepted.

    Args:
        limits (Limits): The budgets.

    Returns:
        Callable: Takes the text; raises ``PayloadTooLarge``.
    """
    return _json_check(limits, '[', '{', ',')


def json_bytes_check(limits: Limits) -> Callable[[bytes], None]:
    """Make the same check as :func:`json_text_check`, for text in UTF-8.

    Args:
        limits (Limits): The budgets.

    Returns:
        Callable: Takes the bytes; raises ``PayloadTooLarge``.
    """
    return _json_check(limits, b'[', b'{', b',')


def _json_check(
    limits: Limits, array: AnyStr, mapping: AnyStr, comma: AnyStr
) -> Callable[[AnyStr], None]:
    max_depth = limits.max_depth
    max_items = limits.max_items
    short = _CHARACTERS_PER_BRACKET * max_depth
    few_items = 2 * max_items + 1

    def check(text: AnyStr) -> None:
        size = len(text)
        # PERF: Brackets in strings count too, which is sound. To tell them apart takes
        #   not much longer, so it is done at once where there are likely too many.
        shallow = size <= short and text.count(array) + text.count(mapping) <= max_depth
        if not shallow and _json_depth(text, max_depth) > max_depth:
            raise _too_deep(limits)
        # NOTE: Each item but the first of its container comes after a comma.
        if (
            size > few_items
            and text.count(comma) + text.count(array) + text.count(mapping) > max_items
            and _json_items(text) > max_items
        ):
            raise _too_many(limits)

    return check


_CHARACTERS_PER_BRACKET = 128
_ESCAPES = re.compile(rb'\\["\\]')

_OPENING = b'\x01'
_CLOSING = b'\xff'
_LEAF = _OPENING + _CLOSING
_TO_STEPS = bytes.maketrans(b'[{]}', 2 * _OPENING + 2 * _CLOSING)
_NO_MARKS = bytes(set(range(256)) - set(b'"[{]}'))
_SLICE = 4096


def _without_escapes(text: str | bytes) -> bytes:
    # NOTE: What is not ASCII is in a string, or is an error; either way it is no mark.
    data = text.encode('ascii', 'replace') if isinstance(text, str) else text
    if b'\\' not in data:
        return data
    # NOTE: A backslash is in a string, or is an error. With these two escapes gone, a
    #   quotation mark begins a string or ends one.
    # PERF: For few of them a regular expression is up to six times faster than two
    #   replace(), and for many (JSON in a string of JSON) four times slower.
    few = len(data) // 64 + 1
    data, count = _ESCAPES.subn(b'', data, few)
    if count == few:
        data = data.replace(b'\\\\', b'').replace(b'\\"', b'')
    return data


def _json_depth(text: str | bytes, max_depth: int) -> int:
    """Depth of the text, or any depth within the budget if it is within."""
    # PERF: All that follows is a few passes in C: about a tenth of the time that it
    #   takes to decode an honest text, and some 50 ns a character for the worst.
    marks = _without_escapes(text).translate(_TO_STEPS, _NO_MARKS)
    # NOTE: Taking quotation marks away by pairs changes for no bracket whether the
    #   number of those before it is odd, and so whether it is in a string.
    steps = marks.replace(b'""""', b'').replace(b'""', b'')
    if b'"' in steps:
        steps = b''.join(steps.split(b'"')[::2])
    # PERF: Taking the leaves away, level by level, leaves next to nothing of most
    #   texts; where it does not, it is given up. A text of which nothing is left was
    #   balanced, and as deep as there were rounds.
    rest = steps
    for depth in range(1, max_depth + 1):
        branches = rest.replace(_LEAF, b'')
        if not branches:
            return depth
        if 2 * len(branches) > len(rest):
            break
        rest = branches
    # PERF: In slices, so as to stop soon in a text that opens more than it closes.
    depth = deepest = 0
    for start in range(0, len(steps), _SLICE):
        depths = [*accumulate(array('b', steps[start : start + _SLICE]), initial=depth)]
        deepest = max(deepest, *depths)
        if deepest > max_depth:
            break
        depth = depths[-1]
    return deepest


def _json_items(text: str | bytes) -> int:
    """Number of items of the text."""
    # NOTE: A mark is left of each string, so that ["a"] is not taken for [].
    strings = _without_escapes(text).translate(None, b' \t\r\n').split(b'"')
    data = b'"'.join(strings[::2])
    openings = data.count(b'[') + data.count(b'{')
    empty = data.count(b'[]') + data.count(b'{}')
    # NOTE: n items of one container are parted by n - 1 commas.
    return data.count(b',') + openings - empty


# --------------------------------------------------------------------- Binary formats


def unchecked_binary(limits: Limits) -> int:
    """Size of a MessagePack or CBOR payload up to which no check is owed.

    A container takes at least one byte, and so does each item, on top of the root's.
    """
    return min(limits.max_depth, limits.max_items + 1)


def binary_screen(container_headers: bytes, limits: Limits) -> Callable[[bytes], bool]:
    """Make a fast accept for bytes, to save the check of the decoded object.

    PERF: Half the cost of :func:`decoded_check` for a message of 1.4 KB. Longer
        ones have, as a rule, too many containers for it, and are not looked at.

    Args:
        container_headers (bytes): All bytes that can begin a container.
        limits (Limits): The budgets.

    Returns:
        Callable: Takes the payload; returns whether it is within the budgets for sure.
    """
    max_depth = limits.max_depth
    max_size = min(_ACCEPT_SIZE, limits.max_items + 1)
    others = bytes(set(range(256)) - set(container_headers))

    def accept(payload: bytes) -> bool:
        return (
            len(payload) <= max_size
            and len(payload.translate(None, others)) <= max_depth
        )

    return accept


_ACCEPT_SIZE = 4096


# --------------------------------------------------------------------- Object trees

_Opener: TypeAlias = Callable[[Any], list[object]]
"""Container -> its elements, or its values and at least those keys that matter."""


def decoded_check(limits: Limits) -> Callable[[object], None]:
    """Make a check of depth and items for decoded objects.

    Args:
        limits (Limits): The budgets.

    Returns:
        Callable: Takes the object; raises ``PayloadTooLarge``.
    """

    def refusal(excess: str) -> PayloadTooLarge:
        return _too_many(limits) if excess == _ITEMS else _too_deep(limits)

    return _tree_check(limits.max_depth, limits.max_items, {}, refusal)


def media_check(
    limits: Limits,
    *,
    exact: bool = False,
    max_items: int = 16_777_216,
    contents: Mapping[type, Callable[[Any], Iterable[object]]] | None = None,
    fields: Callable[[type], Callable[[Any], Iterable[object]] | None] | None = None,
) -> Callable[[object], None]:
    """Make a check of depth for objects that are about to be encoded.

    Codec libraries recurse into what they encode, and some of them overflow the stack:
    cbor2 at about 100 levels on one of 128 KB, and at about 7,000 on one of 8 MB.

    Mappings, sequences, sets and the views of a mapping are containers; so are the keys
    of a mapping that are containers themselves. All else is a leaf (dataclasses,
    iterators, anything that a ``default`` hook turns into something else), unless
    `contents` says how a library opens it.

    NOTE: Objects of an extension type that takes no part in garbage collection are
        leaves too, even where they are mappings or sequences.

    Args:
        limits (Limits): The budgets; only ``max_depth`` is used.

    Keyword Args:
        exact (bool): Since CPython 3.13 the fast accept can't see into the very
            ``__dict__`` of a living instance (``vars(user)``, but not a copy of it).
            Unless it is the root, it is taken for empty, so that what is nested in it
            is left to the library's own guard. For a library that has none, pass
            ``True``; on these versions the check then costs two to three times as
            much.
        max_items (int): Items, with whatever is shared counted wherever it occurs.
            This is no budget for messages: a few lists that contain each other several
            times over stay within ``max_depth``, and would encode to terabytes.
        contents (Mapping): Types that a library recurses into though they are no
            containers, each with a function from an object to what it contains. For
            instance, ``{cbor2.CBORTag: lambda tag: (tag.value,)}``.
        fields (Callable): The same for types without number: takes a type, and returns
            a function from an object of it to what it contains, or ``None``. There is
            no fast accept then.

    Returns:
        Callable: Takes the object; raises ``UnserializableMedia``.

    Raises:
        TypeError: A type in `contents` takes no part in garbage collection.
    """
    contents = dict(contents or {})
    for cls in contents:
        if not cls.__flags__ & _HAVE_GC:
            raise TypeError(
                f'{cls.__qualname__} takes no part in garbage collection, so that what '
                'it contains can not be checked'
            )

    def refusal(excess: str) -> UnserializableMedia:
        return UnserializableMedia(
            {
                _CYCLE: 'it contains itself',
                _DEPTH: f'nested deeper than {limits.max_depth} levels',
                _ITEMS: f'more than {max_items} items, shared ones counted each time',
            }[excess]
        )

    return _tree_check(
        limits.max_depth, max_items, contents, refusal, exact=exact, fields=fields
    )


_CYCLE = 'cycle'
_DEPTH = 'depth'
_ITEMS = 'items'

# NOTE: Py_TPFLAGS_HAVE_GC, part of the stable ABI.
_HAVE_GC = 1 << 14

_SCALARS = frozenset(
    (
        *(bool, bytearray, bytes, float, int, memoryview, range, str, type(None)),
        *(dt.date, dt.datetime, dt.time, dt.timedelta),
    )
)
_CONTAINERS = frozenset((dict, frozenset, list, set, tuple))
_PLAIN = _SCALARS | _CONTAINERS

_NARROW_LEVELS = 3
_NARROW = 1024
_LONGEST_LEVEL = 1_048_576
_SAMPLES = 8
_KNOWN_TYPES = 256


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
    openers = _Openers(contents, fields)

    def check_slowly(media: object, count: int) -> None:
        if count <= bound and _is_within(media, max_depth, bound, openers):
            return
        excess = _excess(media, max_depth, max_items, openers)
        if excess is not None:
            raise refusal(excess)

    if fields is not None:
        return lambda media: check_slowly(media, 0)
    if exact:
        return _exact_fast_check(max_depth, bound, check_slowly)
    return _fast_check(max_depth, bound, check_slowly)


# PERF: gc.get_referents(*level) lists what a level of a tree refers to, scalars
#   included, at about 10 ns an object: three to five times faster than any loop in
#   Python. It is sound as an accept. What it gives is all that the objects refer to, as
#   often as they do, and maybe more (keys that are no strings, types), so:
#
#   - No container is deeper than the first level that is empty.
#   - There are no more items than objects in all levels.
#
#   An instance of a type that is not a static one refers to that type, and a type to
#   all the rest of the program. Then no level is ever empty, and a slower step has to
#   decide.
# NOTE: There is one exception. Since CPython 3.13 the values of a living instance are
#   its own referents, and not those of its ``__dict__``.


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
            # PERF: When a type has been reached, each level is much longer than all
            #   before it, and it is in vain to go on.
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
    """Whether a dict in a level has values, and no referents.

    PERF: Such a dict belongs to an instance, and to what it was found in. Of those that
        belong to one object alone, and they are most, none needs to be asked, which
        takes three times as long (CPython 3.13).
    """
    dicts = [media for media in level if type(media) is dict and media]
    return (
        bool(dicts)
        and max(map(getrefcount, dicts)) > _REFERENCES
        and not all(map(get_referents, dicts))
    )


def _references() -> int:
    # NOTE: As above, for a dict that belongs to one object alone.
    media = [{0: 0}]
    level = get_referents(media)
    dicts = [media for media in level if type(media) is dict]
    return max(map(getrefcount, dicts))


_REFERENCES = _references()


def _last_hides_values(level: list[Any]) -> bool:
    # PERF: What has a hash is no dict, and most of what is in a last level has one. It
    #   takes 6 ns an object, and to look at its type 16 (CPython 3.13).
    try:
        hash(tuple(level))
    except TypeError:
        return _hides_values(level)
    return False  # pragma: no cover  # nothing asks before CPython 3.13


def _is_plain(level: list[object]) -> bool:
    # PERF: A few samples tell.
    return _PLAIN.issuperset(map(type, level[:: len(level) // _SAMPLES + 1]))


def _level_below(level: list[object], bound: int) -> list[object]:
    # NOTE: A list that contains another one a thousand times is small, and has a
    #   million grandchildren. In slices, that much is known before too much of it is
    #   in memory; how much of it beyond `bound` is left out makes no difference.
    if len(level) <= _NARROW:
        return get_referents(*level)
    found: list[object] = []
    for start in range(0, len(level), _NARROW):
        found += get_referents(*level[start : start + _NARROW])
        if len(found) > bound:
            break
    return found


class _Openers(dict[type, _Opener]):
    """Type -> how to open a container of that type, or :func:`_leaf`."""

    def __init__(
        self,
        contents: Mapping[type, Callable[[Any], Iterable[object]]],
        fields: Callable[[type], Callable[[Any], Iterable[object]] | None] | None,
    ) -> None:
        super().__init__()
        self._contents = contents
        self._fields = fields

    def __missing__(self, cls: type) -> _Opener:
        # NOTE: An app may make types without end, and the table keeps them alive.
        if len(self) >= _KNOWN_TYPES:
            self.clear()
        opener = self[cls] = self._opener(cls)
        return opener

    def _opener(self, cls: type) -> _Opener:
        if cls is dict:
            return _open_dict
        if cls in _PLAIN:
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
            return _leaf if issubclass(cls, _LIKE_SCALARS) else list
        return _leaf


def _leaf(_: object) -> list[object]:
    return []


def _open_dict(media: dict[Any, object]) -> list[object]:
    # PERF: Keys are among the referents unless all of them are strings.
    return get_referents(media) or list(media.values())


def _open_mapping(media: Mapping[Any, object]) -> list[object]:
    # NOTE: items() is what the libraries call for a mapping that is no plain dict.
    return list(chain.from_iterable(media.items()))


# NOTE: Sequences that hold no containers, or, as str and UserString do, themselves.
_LIKE_SCALARS = (array, bytearray, bytes, memoryview, range, str, UserString)


def _is_within(media: object, max_depth: int, bound: int, openers: _Openers) -> bool:
    """Try to accept an object that the fast accept can't see through.

    PERF: The same once more, with the leaves left out of each level, and with the
        values that some dicts hide, at about five times the cost.
    """
    level = [media]
    count = 0
    for _ in range(max_depth + 1):
        others = [child for child in level if type(child) not in _SCALARS]
        if not others:
            return True
        level = []
        for child in others:
            level += openers[type(child)](child)
            if count + len(level) > bound:
                return False
        count += len(level)
    return False


def _excess(
    media: object, max_depth: int, max_items: int, openers: _Openers
) -> str | None:
    """Find out which budget an object is over, if any.

    NOTE: A container that occurs several times in one level is opened once, and
        counted as often as it occurs. The work is therefore bounded by the number of
        references times `max_depth`, even where containers contain each other so that
        the number of paths is exponential.
    """
    opener = openers[type(media)]
    if opener is _leaf:
        return None
    root = id(media)
    level: dict[int, tuple[Any, _Opener]] = {root: (media, opener)}
    times = {root: 1}
    # NOTE: Levels are kept so that no container made on the way (by a mapping that
    #   has none in store) is freed, and its id given to another one.
    levels: list[object] = []
    parents: list[dict[int, int]] = []
    items = 0
    while level:
        if len(levels) == max_depth:
            return _CYCLE if _path_has_cycle(next(iter(level)), parents) else _DEPTH
        levels.append(level)
        below: dict[int, tuple[Any, _Opener]] = {}
        times_below: dict[int, int] = {}
        parent: dict[int, int] = {}
        for key, (container, opener) in level.items():
            children = opener(container)
            is_map = opener is _open_dict or opener is _open_mapping
            items += times[key] * len(container if is_map else children)
            if items > max_items:
                return _ITEMS
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
    # NOTE: One path is enough. It is longer than max_depth, so if no container is
    #   there twice, then "nested deeper" is true, and the whole truth not worth more.
    path = [key]
    for parent in reversed(parents):
        path.append(parent[path[-1]])
    return len(set(path)) < len(path)
