"""Checks of a decoded message that depend on its type: hashes, keys, times, open parts.

A type determines which parts of a message become sets, mappings with keys that aren't
text, or times, and which may be anything. Only these parts are visited: a type without
them has no check and costs nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
import datetime as dt
from decimal import Decimal
from itertools import chain
from itertools import islice
from itertools import repeat
from operator import mul
import re
from typing import Any, get_origin, Literal, NamedTuple, TypeAlias, Union
from uuid import UUID

from msgspec import convert
from msgspec import inspect
from msgspec import Struct
from msgspec import to_builtins
from msgspec import ValidationError
from msgspec.msgpack import Ext

from falcon_media.errors import HookError
from falcon_media.errors import InvalidPayload
from falcon_media.errors import PayloadTooLarge
from falcon_media.limits import MAX_NON_TEXT_KEYS
from falcon_media.limits import MOST_COMPARISONS

__all__ = (
    'FEW_HASHED',
    'has_missing',
    'has_nan_keys',
    'hashes_check',
    'keys_check',
    'missing_check',
    'nodes_of',
    'open_check',
    'parts_of',
    'times_check',
    'times_cutter',
)

Check: TypeAlias = Callable[[object], None]


def nodes_of(root: Any) -> Iterator[Any]:
    """Yield each node of a type once; a type may contain itself.

    Args:
        root (msgspec.inspect.Type): The type.
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
    """Yield the types and fields directly inside a type or a field."""
    for name in node.__struct_fields__:
        value = getattr(node, name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, inspect.Type | inspect.Field):
                yield part


# ---------------------------------------------------------------------------- The walk


class _Walk:
    """Finds the values of a decoded message that belong to certain nodes of its type.

    Args:
        root (msgspec.inspect.Type): The type.
        is_wanted (Callable): Takes a node; returns whether to find its values.
    """

    def __init__(self, root: Any, is_wanted: Callable[[Any], bool]) -> None:
        # NOTE: By id, since a type that contains itself can't be compared. The list
        #   keeps the nodes alive.
        self._nodes = list(nodes_of(root))
        self.wanted = [node for node in self._nodes if is_wanted(node)]
        self._wanted = {id(node) for node in self.wanted}
        self._leading = self._leading_nodes()
        self._names = {
            node.encode_name for node in self._nodes if isinstance(node, inspect.Field)
        }
        self._places: dict[frozenset[int], _Place] = {}
        self._root = self.place((root,)) if self._wanted else None

    def __bool__(self) -> bool:
        return self._root is not None

    def _leading_nodes(self) -> set[int]:
        """Find the wanted nodes, and those that contain one."""
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
        """Make the place for values that may belong to some nodes.

        Args:
            nodes (Iterable): The nodes; a union stands for its parts.

        Returns:
            _Place: ``None`` if these values contain no wanted node.
        """
        flat = {
            id(part): part
            for node in nodes
            for part in (node.types if isinstance(node, inspect.UnionType) else (node,))
        }
        leading = frozenset(flat) & self._leading
        if not leading:
            return None
        # NOTE: The tag of a value selects one of several tagged Structs.
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

    def __call__(self, media: object) -> Iterator[tuple[tuple[Any, ...], list[Any]]]:
        """Yield wanted nodes, with the values that may belong to them, place by place.

        PERF: A message has few places, and up to ``max_items`` values. 0.1 us a value
            (CPython 3.13); a generator for each container takes 10 us.
        """
        level: dict[_Place, list[Any]] = {}
        if self._root is not None:
            level[self._root] = [media]
        while level:
            below: dict[_Place, list[Any]] = defaultdict(list)
            for place, values in level.items():
                if place.wanted:
                    yield place.wanted, values
                for place_below, values_below in place.below(values):
                    below[place_below] += values_below
            level = below

    def path_of(self, media: object, wanted: object) -> str:
        """Return the path of a value that was found, by identity.

        It shows field names but no other keys, which may be a client's text.
        """
        steps = _Steps(media, None, None)
        pending = [steps]
        while steps.value is not wanted:
            steps = pending.pop()
            value = steps.value
            if isinstance(value, dict):
                pending += [_Steps(key, None, steps) for key in value]
                pending += [_Steps(item, key, steps) for key, item in value.items()]
            elif isinstance(value, _ARRAYS):
                pending += [
                    _Steps(item, index, steps) for index, item in enumerate(value)
                ]
        return steps.path(self._names)


class _Steps(NamedTuple):
    """The path to a value of a message: the last step, and those before."""

    value: Any
    step: Any
    outer: _Steps | None

    def path(self, names: set[str]) -> str:
        parts: list[str] = []
        steps = self
        while steps.outer is not None:
            step, steps = steps.step, steps.outer
            if isinstance(steps.value, dict):
                parts.append(f'.{step}' if step in names else '[...]')
            else:
                parts.append(f'[{step}]')
        return ''.join(('$', *reversed(parts)))


def _tag(node: Any) -> Any:
    return getattr(node, 'tag', None)


class _Place:
    """A place in a message: the nodes of its values, and the places below.

    Attributes:
        wanted (tuple): The wanted nodes.
    """

    wanted: tuple[Any, ...]

    def fill(self, walk: _Walk, nodes: list[Any], wanted: tuple[Any, ...]) -> None:
        """Find the places below. A separate step, since a place may contain itself."""
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

    def below(self, values: list[Any]) -> Iterator[_Column]:
        """Yield the places below some values, with the values there."""
        mappings = _of_kind(values, dict)
        if mappings:
            yield from self._below_mappings(mappings)
        sequences = _of_kind(values, _ARRAYS)
        if sequences:
            yield from self._below_sequences(sequences)

    def _below_mappings(self, values: list[dict[Any, Any]]) -> Iterator[_Column]:
        fields, rest = self._fields, self._value
        if self._key is not None:
            yield self._key, list(chain.from_iterable(values))
        # NOTE: msgspec doesn't support unions of dicts and classes with fields.
        if rest is not None:
            yield rest, [item for value in values for item in value.values()]
        else:
            columns: dict[_Place | None, list[Any]] = defaultdict(list)
            names = fields.keys()
            for value in values:
                # PERF: The intersection iterates over the smaller of the two.
                for name in names & value.keys():
                    columns[fields[name]].append(value[name])
            yield from _led(columns)

    def _below_sequences(self, values: list[Any]) -> Iterator[_Column]:
        items, rest = self._items, self._item
        if not items:
            if rest is not None:
                yield rest, list(chain.from_iterable(values))
            return
        columns: dict[_Place | None, list[Any]] = defaultdict(list)
        length = None if rest is not None else max(items) + 1
        for value in values:
            for index, item in enumerate(islice(value, length)):
                columns[items.get(index, rest)].append(item)
        yield from _led(columns)


class _Tagged(_Place):
    """A place whose value may be one of several tagged Structs."""

    def __init__(self, field: str, by_tag: dict[Any, _Place], rest: _Place) -> None:
        self._field = field
        self._by_tag = by_tag
        self._rest = rest
        self.wanted = rest.wanted

    def below(self, values: list[Any]) -> Iterator[_Column]:
        """Yield the places below some values, by their tags."""
        columns: dict[_Place, list[Any]] = defaultdict(list)
        for value in values:
            tag = None
            if isinstance(value, dict):
                tag = value.get(self._field)
            elif isinstance(value, list | tuple) and value:
                tag = value[0]
            known = isinstance(tag, int | str) and tag in self._by_tag
            columns[self._by_tag[tag] if known else self._rest].append(value)
        for place, some in columns.items():
            yield from place.below(some)


_Column: TypeAlias = tuple[_Place, list[Any]]


def _led(columns: dict[_Place | None, list[Any]]) -> Iterator[_Column]:
    """Leave out the columns without a place."""
    for place, values in columns.items():
        if place is not None:
            yield place, values


_ARRAYS = list, tuple, set, frozenset


def _of_kind(values: list[Any], classes: type | tuple[type, ...]) -> list[Any]:
    """List the values that are instances of some classes."""
    # PERF: Usually all are, or none; that takes 10 ns a value (CPython 3.13).
    found = set(map(type, values))
    kinds = {kind for kind in found if issubclass(kind, classes)}
    if kinds == found:
        return values
    return [value for value in values if type(value) in kinds] if kinds else []


_SEQUENCES = (
    *(inspect.ListType, inspect.VarTupleType),
    *(inspect.SetType, inspect.FrozenSetType),
)
_SETS = inspect.SetType, inspect.FrozenSetType
_WITH_FIELDS = inspect.StructType, inspect.DataclassType, inspect.TypedDictType
_CLASSES = inspect.StructType, inspect.DataclassType

# -------------------------------------------------------------------------- Hashes

FEW_HASHED = 1024
"""Number of items up to which a message needs no check of hashes."""

# NOTE: The hashes of text, bytes and dates are secret, and so are those of containers
#   with nothing else. The app limits the number of enumerated values.
_SECRET = inspect.StrType, inspect.BytesType, inspect.DateType
_FEW = inspect.EnumType, inspect.LiteralType, inspect.BoolType, inspect.NoneType


def hashes_check(cls: Any) -> Check | None:
    """Make the check of keys and members whose hashes a client can make collide.

    Enforces :data:`falcon_media.limits.MAX_NON_TEXT_KEYS` for values that become keys
    or set members only by their type.

    Args:
        cls: The type of messages.

    Returns:
        Callable: Takes the message, decoded without the type; raises
        ``PayloadTooLarge``. ``None`` if all keys and members are text.
    """
    walk = _Walk(inspect.type_info(cls), lambda node: _factor(node) > 0)
    if not walk:
        return None

    def check(media: object) -> None:
        comparisons = 0
        for nodes, values in walk(media):
            for containers, kinds in ((dict, inspect.DictType), (_ARRAYS, _SETS)):
                factors = (_factor(node) for node in nodes if isinstance(node, kinds))
                factor = max(factors, default=0)
                some = _of_kind(values, containers)
                if factor and some:
                    comparisons += factor * _comparisons(some)
                if comparisons > MOST_COMPARISONS:
                    path = walk.path_of(media, max(some, key=len))
                    raise PayloadTooLarge(
                        'too many map keys or set members that are neither text nor '
                        f'bytes, at {path}',
                        limit='MAX_NON_TEXT_KEYS',
                        limit_value=MAX_NON_TEXT_KEYS,
                    )

    return check


def _comparisons(values: list[Any]) -> int:
    """Sum up, over containers, the number of keys times the size of all their content.

    PERF: 0.03 us a member that is not a container (CPython 3.13).
    """
    found: int = 0
    counts = list(map(len, values))
    while True:
        lengths = list(map(len, values))
        found += sum(map(mul, counts, lengths))
        members = list(chain.from_iterable(values))
        if not _of_kind(members, _CONTAINERS):
            return found
        of_members = chain.from_iterable(map(repeat, counts, lengths))
        below = [
            (member.values() if isinstance(member, dict) else member, count)
            for member, count in zip(members, of_members, strict=True)
            if isinstance(member, _CONTAINERS)
        ]
        values = [member for member, _ in below]
        counts = [count for _, count in below]


_CONTAINERS = dict, *_ARRAYS


def _factor(node: Any) -> int:
    """Return the relative time to compare two keys or members; 0 for text."""
    if isinstance(node, inspect.DictType):
        hashed = node.key_type
        # NOTE: Keys of type Any were keys in the decoded message already.
        if isinstance(hashed, inspect.AnyType):
            return 0
    elif isinstance(node, _SETS):
        hashed = node.item_type
    else:
        return 0
    types = hashed.types if isinstance(hashed, inspect.UnionType) else (hashed,)
    return max(map(_factor_of_hashed, types))


# PERF: Comparing 4,096 numbers with each other takes 0.1 s. Other types take two to
#   four times as long, and types with methods in Python eight times.
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
    """Make the check for mappings with two keys that are converted to equal ones.

    Args:
        cls: The type of messages.

    Keyword Args:
        **conversion: As for :func:`msgspec.convert`.

    Returns:
        Callable: Takes the message, decoded without the type and valid for it; raises
        ``InvalidPayload``. ``None`` if no keys are converted.
    """
    walk = _Walk(inspect.type_info(cls), _converts_keys)
    if not walk:
        return None
    # NOTE: Values don't matter here, so all are None.
    types: dict[int, Any] = {
        id(node): dict[_annotation(node.key_type), None]  # type: ignore[misc]  # built up at run time
        for node in walk.wanted
    }

    may_be_nan = has_nan_keys(cls)

    def find(values: list[dict[Any, Any]], cls: Any) -> object:
        """Find a mapping that loses entries when its keys are converted."""
        keys = list(map(dict.fromkeys, values))
        try:
            converted = convert(keys, list[cls], **conversion)
        except ValidationError:
            if len(values) == 1:
                return None
            # NOTE: Invalid keys belong to another part of a union.
            halves = values[: len(values) // 2], values[len(values) // 2 :]
            return find(halves[0], cls) or find(halves[1], cls)
        if may_be_nan:
            converted = list(map(_spellings, converted))
        if list(map(len, converted)) == list(map(len, values)):
            return None
        pairs = zip(values, converted, strict=True)
        return next(value for value, made in pairs if len(made) != len(value))

    def check(media: object) -> None:
        for nodes, values in walk(media):
            some = _of_kind(values, dict)
            for node in nodes:
                found = find(some, types[id(node)])
                if found is not None:
                    raise _invalid(
                        'two keys of a mapping are the same',
                        walk.path_of(media, found),
                    )

    return check


def has_nan_keys(cls: Any) -> bool:
    """Tell whether keys in messages of a type may be NaN, or contain it.

    NaN is not equal to itself, so a mapping may have several of these keys.

    Args:
        cls: The type of messages.
    """
    return any(
        isinstance(part, inspect.FloatType | inspect.DecimalType)
        for node in nodes_of(inspect.type_info(cls))
        if isinstance(node, inspect.DictType)
        for part in nodes_of(node.key_type)
    )


def _spellings(keys: Iterable[Any]) -> set[object]:
    """Convert keys that may contain NaN to text, so that equal ones compare equal."""
    return {
        # PERF: Takes a tenth of the time of the text.
        key
        if type(key) in _NUMBERS and key == key  # it is not NaN
        else repr(to_builtins(key, builtin_types=_SPELT))
        for key in keys
    }


_NUMBERS = frozenset((float, int))


_SPELT = (
    *(bytes, Decimal, UUID),
    *(dt.date, dt.datetime, dt.time, dt.timedelta),
)


def _converts_keys(node: Any) -> bool:
    if not isinstance(node, inspect.DictType):
        return False
    key = node.key_type
    types = key.types if isinstance(key, inspect.UnionType) else (key,)
    return not all(map(_is_one_to_one, types))


def _is_one_to_one(node: Any) -> bool:
    """Tell whether the conversion never makes different values equal."""
    if isinstance(node, inspect.LiteralType):
        return all(isinstance(value, str) for value in node.values)
    if isinstance(node, inspect.EnumType):
        is_text = all(isinstance(one.value, str) for one in node.cls)
        return is_text and not has_missing(node.cls)
    return isinstance(node, inspect.AnyType | inspect.StrType | inspect.NoneType)


def _annotation(node: Any) -> Any:
    """Make the type annotation of a key, without its constraints."""
    match node:
        case inspect.UnionType():
            return Union[tuple(map(_annotation, node.types))]  # noqa: UP007  # built up at run time
        case inspect.TupleType():
            return tuple[tuple(map(_annotation, node.item_types))]  # type: ignore[misc]  # built up at run time
        case inspect.VarTupleType():
            return tuple[_annotation(node.item_type), ...]  # type: ignore[misc]  # built up at run time
        case inspect.FrozenSetType():
            return frozenset[_annotation(node.item_type)]  # type: ignore[misc]  # built up at run time
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

# --------------------------------------------------------------------------- Enums


def missing_check(cls: Any) -> Check:
    """Make the check for a ``_missing_()`` of an enum that raises.

    msgspec drops the exception and reports an invalid value.

    Args:
        cls: The type of messages.

    Returns:
        Callable: Takes an invalid message, decoded without the type; raises
        ``HookError`` if ``_missing_()`` raises anything except ``ValueError`` and
        ``TypeError``.
    """
    walk = _Walk(
        inspect.type_info(cls),
        lambda node: isinstance(node, inspect.EnumType) and has_missing(node.cls),
    )

    def check(media: object) -> None:
        for nodes, values in walk(media):
            for node in nodes:
                _check_missing(node.cls, values)

    return check


def _check_missing(cls: Any, values: list[Any]) -> None:
    for value in values:
        if isinstance(value, int | str):
            try:
                cls(value)
            except (ValueError, TypeError):
                # NOTE: msgspec has stopped here too.
                return
            except Exception as ex:
                raise HookError(f'{cls.__qualname__}._missing_() failed') from ex


def has_missing(cls: Any) -> bool:
    """Tell whether an enum defines ``_missing_()``."""
    return any(
        '_missing_' in vars(base) for base in cls.__mro__ if base.__module__ != 'enum'
    )


# --------------------------------------------------------------------------- Times

_TIMES = inspect.DateTimeType, inspect.TimeType, inspect.TimeDeltaType

_FINE = re.compile(r'(\.[0-9]{6})[0-9]*[1-9][0-9]*')


def times_check(cls: Any, cure: str) -> Check | None:
    """Make the check for text times that are finer than a microsecond.

    msgspec would round them.

    Args:
        cls: The type of messages.
        cure (str): How to accept them, for the error.

    Returns:
        Callable: Takes the message, decoded without the type; raises
        ``InvalidPayload``. ``None`` if the type has no times.
    """
    walk = _times_walk(cls)
    if not walk:
        return None

    def check(media: object) -> None:
        for _, values in walk(media):
            for value in filter(_is_fine, values):
                raise _invalid(
                    f'a time is finer than a microsecond; {cure}',
                    walk.path_of(media, value),
                )

    return check


def times_cutter(cls: Any) -> Callable[[object], object]:
    """Make the function that truncates text times to the microsecond.

    Args:
        cls: The type of messages.

    Returns:
        Callable: Takes a message, decoded without the type; returns a copy. Doesn't
        change keys.
    """
    walk = _times_walk(cls)

    def cut(media: object) -> object:
        # NOTE: By id, since each decoded string value is a separate object.
        fine = {
            id(value) for _, values in walk(media) for value in filter(_is_fine, values)
        }
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
    check_parts: Callable[[list[object]], object],
    check_keys: Callable[[Iterable[object]], None],
) -> Check | None:
    """Make the check of the parts of a message that may be anything.

    Args:
        cls: The type of messages.
        check_parts (Callable): Takes a list of these parts.
        check_keys (Callable): Takes the keys of mappings whose keys may be anything.

    Returns:
        Callable: Takes the message, decoded without the type. ``None`` if the type has
        no open parts.
    """
    walk = _Walk(inspect.type_info(cls), _is_open)
    if not walk:
        return None

    def check(media: object) -> None:
        for nodes, values in walk(media):
            if any(isinstance(node, _OPEN) for node in nodes):
                check_parts(values)
            else:
                check_keys(list(chain.from_iterable(_of_kind(values, dict))))

    return check


# NOTE: msgspec treats `object` and abstract classes like Any.
_OPEN = inspect.AnyType, inspect.RawType, inspect.CustomType


def _is_open(node: Any) -> bool:
    if isinstance(node, inspect.DictType):
        return isinstance(node.key_type, _OPEN)
    return isinstance(node, _OPEN)


def _invalid(detail: str, path: str) -> InvalidPayload:
    error = InvalidPayload(detail)
    error.path = path
    return error
