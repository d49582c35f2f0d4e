"""Checks of a decoded message that need its type: hashes, keys, times, open parts.

A type says which parts of a message become sets and mappings with keys that aren't
text, which become times, and which may be anything. Only these parts are visited: for a
type without them there is no check, and messages pay nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import suppress
import datetime as dt
from decimal import Decimal
import re
from typing import Any, get_origin, Literal, TypeAlias, Union
from uuid import UUID

from msgspec import convert
from msgspec import inspect
from msgspec import Struct
from msgspec import ValidationError
from msgspec.msgpack import Ext

from falcon_media.errors import InvalidPayload
from falcon_media.errors import PayloadTooLarge
from falcon_media.limits import MAX_NON_TEXT_KEYS
from falcon_media.limits import MOST_COMPARISONS

__all__ = (
    'FEW_HASHED',
    'hashes_check',
    'keys_check',
    'nodes_of',
    'open_check',
    'parts_of',
    'times_check',
    'times_cutter',
)

Check: TypeAlias = Callable[[object], None]


def nodes_of(root: Any) -> Iterator[Any]:
    """Yield the nodes of a type, each once; a type may be part of itself.

    Args:
        root (msgspec.inspect.Type): The type, as msgspec sees it.
    """
    seen: set[int] = set()
    pending = [root]
    while pending:
        node = pending.pop()
        if id(node) not in seen:
            seen.add(id(node))
            yield node
            pending += parts_of(node)


def parts_of(node: Any) -> Iterator[Any]:
    """Yield the types that are directly in a type, or in a field of one."""
    for name in node.__struct_fields__:
        value = getattr(node, name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, inspect.Type | inspect.Field):
                yield part


# ---------------------------------------------------------------------------- The walk


class _Walk:
    """Finds the values of a decoded message that are of some nodes of its type.

    Args:
        root (msgspec.inspect.Type): The type.
        is_wanted (Callable): Takes a node, and returns whether its values are wanted.
    """

    def __init__(self, root: Any, is_wanted: Callable[[Any], bool]) -> None:
        # NOTE: By id, since a type that is part of itself can't be compared. The list
        #   keeps the nodes alive.
        self._nodes = list(nodes_of(root))
        self.wanted = [node for node in self._nodes if is_wanted(node)]
        self._wanted = {id(node) for node in self.wanted}
        self._leading = self._leading_nodes()
        self._places: dict[frozenset[int], _Place] = {}
        self._root = self.place((root,)) if self._wanted else None

    def __bool__(self) -> bool:
        return self._root is not None

    def _leading_nodes(self) -> set[int]:
        """Find the nodes that are wanted, or that contain one that is."""
        containing: dict[int, list[int]] = defaultdict(list)
        for node in self._nodes:
            for part in parts_of(node):
                containing[id(part)].append(id(node))
        found: set[int] = set()
        pending = [*self._wanted]
        while pending:
            node_id = pending.pop()
            if node_id not in found:
                found.add(node_id)
                pending += containing[node_id]
        return found

    def place(self, nodes: Iterable[Any]) -> _Place | None:
        """Make the place of the values that may be of some nodes.

        Args:
            nodes (Iterable): The nodes; the parts of a union count, and not the union.

        Returns:
            _Place: ``None`` if nothing in these values is wanted.
        """
        flat = {
            id(part): part
            for node in nodes
            for part in (node.types if isinstance(node, inspect.UnionType) else (node,))
        }
        leading = frozenset(flat) & self._leading
        if not leading:
            return None
        # NOTE: Of several Structs with tags, the tag of a value tells the one.
        tagged: list[Any] = [part for part in flat.values() if _tag(part) is not None]
        if len(tagged) < 2:
            return self._plain_place(leading, flat)
        others = leading.difference(map(id, tagged))
        by_tag = {
            _tag(part): self._plain_place(others | {id(part)}, flat)
            for part in tagged
            if id(part) in leading
        }
        rest = self._plain_place(others, flat)
        return _Tagged(tagged[0].tag_field, by_tag, rest)

    def _plain_place(self, ids: frozenset[int], nodes: dict[int, Any]) -> _Place:
        if ids not in self._places:
            place = self._places[ids] = _Place()
            wanted = tuple(nodes[one] for one in ids & self._wanted)
            place.fill(self, [nodes[one] for one in ids], wanted)
        return self._places[ids]

    def __call__(self, media: object) -> Iterator[tuple[tuple[Any, ...], Any, str]]:
        """Yield the nodes, the value and the path of each value that is wanted.

        The path doesn't hold keys, which may be a client's text.
        """
        parts: list[str] = []
        pending: list[_Values] = [iter(((self._root, media, '$'),))]
        while pending:
            for place, value, part in pending[-1]:
                if place is None:
                    continue
                del parts[len(pending) - 1 :]
                parts.append(part)
                if place.wanted:
                    yield place.wanted, value, ''.join(parts)
                below = place.below(value)
                if below is not None:
                    pending.append(below)
                    break
            else:
                pending.pop()


def _tag(node: Any) -> Any:
    return getattr(node, 'tag', None)


class _Place:
    """A place in a message: which nodes its value may be of, and what is below.

    Attributes:
        wanted (tuple): Those of the nodes that are wanted.
    """

    wanted: tuple[Any, ...]

    def fill(self, walk: _Walk, nodes: list[Any], wanted: tuple[Any, ...]) -> None:
        """Settle what is below: later than it is made, since it may be itself."""
        self.wanted = wanted
        sequences = [n.item_type for n in nodes if isinstance(n, _SEQUENCES)]
        mappings = [node for node in nodes if isinstance(node, inspect.DictType)]
        fields: dict[str, list[Any]] = defaultdict(list)
        items: dict[int, list[Any]] = defaultdict(list)
        for node in nodes:
            if isinstance(node, inspect.TupleType):
                for index, item in enumerate(node.item_types):
                    items[index].append(item)
            elif isinstance(node, inspect.NamedTupleType) or getattr(
                node, 'array_like', False
            ):
                first = 0 if getattr(node, 'tag', None) is None else 1
                for index, field in enumerate(node.fields, first):
                    items[index].append(field.type)
            elif isinstance(node, _WITH_FIELDS):
                for field in node.fields:
                    fields[field.encode_name].append(field.type)
        values = [node.value_type for node in mappings]
        self._item = walk.place(sequences)
        self._items = {
            index: walk.place((*some, *sequences)) for index, some in items.items()
        }
        self._key = walk.place(node.key_type for node in mappings)
        self._value = walk.place(values)
        self._fields = {
            name: walk.place((*some, *values)) for name, some in fields.items()
        }

    def below(self, value: Any) -> _Values | None:
        """Tell the places in a value; ``None`` for a scalar."""
        if isinstance(value, dict):
            return self._below_mapping(value)
        if isinstance(value, list | tuple | set | frozenset):
            return self._below_sequence(value)
        return None

    def _below_mapping(self, value: dict[Any, Any]) -> _Values:
        fields, rest, key_place = self._fields, self._value, self._key
        if rest is None and key_place is None:
            for name, place in fields.items():
                if name in value:
                    yield place, value[name], f'.{name}'
            return
        for key, item in value.items():
            yield key_place, key, '[...]'
            is_field = key in fields
            yield (
                (fields[key], item, f'.{key}') if is_field else (rest, item, '[...]')
            )

    def _below_sequence(self, value: Iterable[Any]) -> _Values:
        items, rest = self._items, self._item
        for index, item in enumerate(value):
            yield items.get(index, rest), item, f'[{index}]'


class _Tagged(_Place):
    """A place whose value may be one of several Structs with tags."""

    def __init__(self, field: str, by_tag: dict[Any, _Place], rest: _Place) -> None:
        self._field = field
        self._by_tag = by_tag
        self._rest = rest
        self.wanted = rest.wanted

    def below(self, value: Any) -> _Values | None:
        """Tell the places in a value, by its tag."""
        tag = None
        if isinstance(value, dict):
            tag = value.get(self._field)
        elif isinstance(value, list | tuple) and value:
            tag = value[0]
        known = isinstance(tag, int | str) and tag in self._by_tag
        return (self._by_tag[tag] if known else self._rest).below(value)


_Values: TypeAlias = Iterator[tuple[_Place | None, Any, str]]

_SEQUENCES = (
    *(inspect.ListType, inspect.VarTupleType),
    *(inspect.SetType, inspect.FrozenSetType),
)
_SETS = inspect.SetType, inspect.FrozenSetType
_WITH_FIELDS = inspect.StructType, inspect.DataclassType, inspect.TypedDictType
_CLASSES = inspect.StructType, inspect.DataclassType

# -------------------------------------------------------------------------- Hashes

FEW_HASHED = 1024
"""Items that a message may have without a check of their hashes, whatever they are."""

# NOTE: The hashes of text, bytes and dates are secret, and so are those of what is made
#   of them alone. There are as many enumerated values as the app has.
_SECRET = inspect.StrType, inspect.BytesType, inspect.DateType
_FEW = inspect.EnumType, inspect.LiteralType, inspect.BoolType, inspect.NoneType


def hashes_check(cls: Any) -> Check | None:
    """Make the check of keys and members whose hashes can be chosen to collide.

    It is the bound of :data:`falcon_media.limits.MAX_NON_TEXT_KEYS`, for what becomes
    such a key or a member of a set only by its type.

    Args:
        cls: The type of messages.

    Returns:
        Callable: Takes the message, decoded without the type; raises
        ``PayloadTooLarge``. ``None`` where all keys and members are text.
    """
    walk = _Walk(inspect.type_info(cls), lambda node: _factor(node) > 0)
    if not walk:
        return None

    def check(media: object) -> None:
        comparisons = 0
        for nodes, value, path in walk(media):
            if not isinstance(value, dict | list | tuple | set | frozenset):
                continue
            kinds = inspect.DictType if isinstance(value, dict) else _SETS
            factors = (_factor(node) for node in nodes if isinstance(node, kinds))
            comparisons += (
                max(factors, default=0) * len(value) * sum(map(_weight, value))
            )
            if comparisons > MOST_COMPARISONS:
                raise PayloadTooLarge(
                    'too many map keys or set members that are neither text nor '
                    f'bytes, at {path}',
                    limit='MAX_NON_TEXT_KEYS',
                    limit_value=MAX_NON_TEXT_KEYS,
                )

    return check


def _weight(media: Any) -> int:
    """Tell how much may have to be compared. NOTE: It recurses; depth is checked."""
    if isinstance(media, dict):
        media = media.values()
    elif not isinstance(media, list | tuple | set | frozenset):
        return 1
    return 1 + sum(map(_weight, media))


def _factor(node: Any) -> int:
    """Tell how long it takes to compare two keys or members; 0 if they are text."""
    if isinstance(node, inspect.DictType):
        hashed = node.key_type
        # NOTE: Keys of any type have been decoded already.
        if isinstance(hashed, inspect.AnyType):
            return 0
    elif isinstance(node, _SETS):
        hashed = node.item_type
    else:
        return 0
    types = hashed.types if isinstance(hashed, inspect.UnionType) else (hashed,)
    return max(map(_factor_of_hashed, types))


# PERF: To compare 4,096 numbers with each other takes 0.1 s. What is no number takes
#   two to four times as long, and what has methods in Python eight times.
def _factor_of_hashed(node: Any) -> int:
    if isinstance(node, _SECRET + _FEW):
        return 0
    parts = [part for part in nodes_of(node) if not isinstance(part, inspect.Field)]
    leaves = [part for part in parts if not any(parts_of(part))]
    if len(parts) > 1 and all(isinstance(part, _SECRET) for part in leaves):
        return 0
    if any(map(_is_compared_in_python, parts)):
        return 8
    if isinstance(node, inspect.IntType | inspect.FloatType):
        return 1
    return 4 if isinstance(node, inspect.DecimalType) else 2


def _is_compared_in_python(node: Any) -> bool:
    if isinstance(node, inspect.StructType):
        cls = get_origin(node.cls) or node.cls
        return cls.__eq__ is not Struct.__eq__ or cls.__hash__ is not Struct.__hash__
    return isinstance(node, inspect.UUIDType | inspect.DataclassType)


# ---------------------------------------------------------------------------- Keys


def keys_check(cls: Any, **conversion: Any) -> Check | None:
    """Make the check for two keys of a mapping that are the same once converted.

    Args:
        cls: The type of messages.

    Keyword Args:
        **conversion: As for :func:`msgspec.convert`.

    Returns:
        Callable: Takes the message, decoded without the type and valid for it; raises
        ``InvalidPayload``. ``None`` where keys are not converted.
    """
    walk = _Walk(inspect.type_info(cls), _converts_keys)
    if not walk:
        return None
    # NOTE: A value is of no use here, and null is valid for all.
    types = {
        id(node): dict[_annotation(node.key_type), None]  # type: ignore[misc]  # built up at run time
        for node in walk.wanted
    }

    def check(media: object) -> None:
        for nodes, value, path in walk(media):
            if not isinstance(value, dict) or len(value) < 2:
                continue
            keys = dict.fromkeys(value)
            for node in nodes:
                # NOTE: Keys that are not valid are those of another part of a union.
                with suppress(ValidationError):
                    if len(convert(keys, types[id(node)], **conversion)) != len(keys):
                        raise _invalid('two keys of a mapping are the same', path)

    return check


def _converts_keys(node: Any) -> bool:
    if not isinstance(node, inspect.DictType):
        return False
    key = node.key_type
    types = key.types if isinstance(key, inspect.UnionType) else (key,)
    return not all(map(_is_one_to_one, types))


def _is_one_to_one(node: Any) -> bool:
    """Whether two values of a format that differ are never the same once converted."""
    if isinstance(node, inspect.LiteralType):
        return all(isinstance(value, str) for value in node.values)
    if isinstance(node, inspect.EnumType):
        return all(isinstance(one.value, str) for one in node.cls) and not any(
            '_missing_' in vars(base)
            for base in node.cls.__mro__
            if base.__module__ != 'enum'
        )
    return isinstance(node, inspect.AnyType | inspect.StrType | inspect.NoneType)


def _annotation(node: Any) -> Any:
    """Make an annotation of the node of a key, without its constraints."""
    match node:
        case inspect.UnionType():
            return Union[tuple(map(_annotation, node.types))]  # noqa: UP007  # built up at run time
        case inspect.TupleType():
            return tuple[tuple(map(_annotation, node.item_types))]  # type: ignore[misc]  # likewise
        case inspect.VarTupleType():
            return tuple[_annotation(node.item_type), ...]  # type: ignore[misc]  # likewise
        case inspect.FrozenSetType():
            return frozenset[_annotation(node.item_type)]  # type: ignore[misc]  # likewise
        case inspect.LiteralType():
            return Literal[node.values]
        case _:
            return getattr(node, 'cls', None) or _ANNOTATIONS[type(node)]


_ANNOTATIONS: dict[type, Any] = {
    inspect.AnyType: Any,
    inspect.BoolType: bool,
    inspect.BytesType: bytes,
    inspect.DateTimeType: dt.datetime,
    inspect.DateType: dt.date,
    inspect.DecimalType: Decimal,
    inspect.ExtType: Ext,
    inspect.FloatType: float,
    inspect.IntType: int,
    inspect.MemoryViewType: memoryview,
    inspect.NoneType: None,
    inspect.StrType: str,
    inspect.TimeDeltaType: dt.timedelta,
    inspect.TimeType: dt.time,
    inspect.UUIDType: UUID,
}

# --------------------------------------------------------------------------- Times

_TIMES = inspect.DateTimeType, inspect.TimeType, inspect.TimeDeltaType

_FINE = re.compile(r'(\.[0-9]{6})[0-9]*[1-9][0-9]*')


def times_check(cls: Any, cure: str) -> Check | None:
    """Make the check for times, in text, that are finer than a microsecond.

    msgspec rounds them.

    Args:
        cls: The type of messages.
        cure (str): How they can be accepted, for the error.

    Returns:
        Callable: Takes the message, decoded without the type; raises
        ``InvalidPayload``. ``None`` where the type has no times.
    """
    walk = _times_walk(cls)
    if not walk:
        return None

    def check(media: object) -> None:
        for _, value, path in walk(media):
            if _is_fine(value):
                raise _invalid(f'a time is finer than a microsecond; {cure}', path)

    return check


def times_cutter(cls: Any) -> Callable[[object], object]:
    """Make the function that cuts times, in text, to the microsecond.

    Args:
        cls: The type of messages.

    Returns:
        Callable: Takes a message, decoded without the type, and returns a copy. Keys
        are left as they are.
    """
    walk = _times_walk(cls)

    def cut(media: object) -> object:
        # NOTE: Each string that is decoded as a value is an object of its own.
        fine = {id(value) for _, value, _ in walk(media) if _is_fine(value)}
        return _cut(media, fine)

    return cut


def _times_walk(cls: Any) -> _Walk:
    return _Walk(inspect.type_info(cls), lambda node: isinstance(node, _TIMES))


def _is_fine(value: object) -> bool:
    return isinstance(value, str) and _FINE.search(value) is not None


def _cut(media: Any, fine: set[int]) -> Any:
    if type(media) is dict:
        return {key: _cut(value, fine) for key, value in media.items()}
    if type(media) is list:
        return [_cut(value, fine) for value in media]
    return _FINE.sub(r'\1', media) if id(media) in fine else media


# ---------------------------------------------------------------------- Open parts


def open_check(
    cls: Any,
    check_part: Callable[[object], object],
    check_keys: Callable[[Iterable[object]], None],
) -> Check | None:
    """Make the check of the parts of a message that may be anything.

    Args:
        cls: The type of messages.
        check_part (Callable): Takes such a part.
        check_keys (Callable): Takes the keys of a mapping whose keys may be anything.

    Returns:
        Callable: Takes the message, decoded without the type. ``None`` where the type
        has no such parts.
    """
    walk = _Walk(inspect.type_info(cls), _is_open)
    if not walk:
        return None

    def check(media: object) -> None:
        for nodes, value, _ in walk(media):
            if any(isinstance(node, _OPEN) for node in nodes):
                check_part(value)
            elif isinstance(value, dict):
                check_keys(value)

    return check


# NOTE: msgspec makes a value for `object`, and for an abstract class, as for Any.
_OPEN = inspect.AnyType, inspect.RawType, inspect.CustomType


def _is_open(node: Any) -> bool:
    if isinstance(node, inspect.DictType):
        return isinstance(node.key_type, _OPEN)
    return isinstance(node, _OPEN)


def _invalid(detail: str, path: str) -> InvalidPayload:
    error = InvalidPayload(detail)
    error.path = path
    return error
