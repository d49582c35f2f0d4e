"""Checks of a message type when an app starts.

The whole type is visited. A part that msgspec would refuse in every message, or would
accept without validation, is an error that names the path to it within the type.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from collections.abc import Iterator
import datetime as dt
import enum
from fractions import Fraction
from math import ceil
from math import inf
from math import nextafter
import sys
from typing import Annotated, Any, get_args, get_origin, get_type_hints, NamedTuple

from msgspec import inspect
from msgspec import Struct
from msgspec.msgpack import Ext

from falcon_media.errors import ConfigError
from falcon_media.protocol.message_types import type_name
from falcon_media.protocol.type_walk import has_missing
from falcon_media.protocol.type_walk import nodes_of
from falcon_media.protocol.type_walk import parts_of

__all__ = ('check_type', 'JSON_FORMAT', 'MESSAGE_PACK_FORMAT', 'MessageFormat')


class MessageFormat(NamedTuple):
    """The features of a format that message types depend on.

    Attributes:
        str_keys (bool): Whether all keys are text, and converted to other types.
        samples (tuple): A value of each type that it carries besides those of JSON.
        has_raw (bool): Whether parts of a message can stay encoded.
    """

    str_keys: bool
    samples: tuple[Any, ...] = ()
    has_raw: bool = False

    @property
    def carried(self) -> tuple[type, ...]:
        """The types that the format carries besides those of JSON."""
        return tuple(map(type, self.samples))


JSON_FORMAT = MessageFormat(str_keys=True, has_raw=True)
MESSAGE_PACK_FORMAT = MessageFormat(
    str_keys=False,
    samples=(b'', dt.datetime(2001, 2, 3, tzinfo=dt.UTC), Ext(0, b'')),
    has_raw=True,
)

_JSON: tuple[Any, ...] = (None, True, 1, 1.5, 'a', [], {})


def check_type(value: Any, format_: MessageFormat) -> None:
    """Check that a type is usable as a message type.

    Args:
        value: The type.
        format_ (MessageFormat): The features of the format.

    Raises:
        ConfigError: No message can have the type, or a part would not be validated.
    """
    if _is_of_protobuf(type(value)):
        raise ConfigError(
            f'type: pass the class {type(value).__qualname__}, not an instance of it'
        )
    try:
        info = inspect.type_info(value)
    except Exception as ex:
        raise ConfigError(
            f'type: {type_name(value)} is not a valid message type: '
            f'{type(ex).__name__}: {" ".join(str(ex).split())}'
        ) from ex
    if isinstance(info, inspect.CustomType) and info.cls is object:
        raise ConfigError(
            'type: object has no fields to check: use a msgspec.Struct, a dataclass, '
            'a TypedDict, a union of these, or typing.Any'
        )
    for path, node in _paths(info, type_name(value)):
        fault = _fault(node, format_) or _contradiction(node)
        if fault is not None:
            raise ConfigError(f'type: {path}: {fault}')
    if _is_endless(info):
        raise ConfigError(
            f'type: {type_name(value)} always contains itself, so its messages would '
            'be endless: let a field on that path be None, or give it a default'
        )
    for path, name in _unknown_constraints(value, type_name(value)):
        raise ConfigError(f'type: {path}: {_never_validated(name)}')


def _paths(root: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield each node and field of a type, with its path."""
    seen: set[int] = set()
    pending = deque([(name, root)])
    while pending:
        path, node = pending.popleft()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield path, node
        pending += _steps(path, node)


def _steps(path: str, node: Any) -> Iterator[tuple[str, Any]]:
    match node:
        case inspect.UnionType():
            for part in node.types:
                yield path, part
        case inspect.DictType():
            yield f'key of {path}', node.key_type
            yield f'{path}[...]', node.value_type
        case inspect.TupleType():
            for index, part in enumerate(node.item_types):
                yield f'{path}[{index}]', part
        case inspect.Field():
            yield path, node.type
        case _ if hasattr(node, 'item_type'):
            yield f'{path}[]', node.item_type
        case _:
            for field in getattr(node, 'fields', ()):
                yield f'{path}.{field.name}', field


def _fault(node: Any, format_: MessageFormat) -> str | None:
    """Describe the fault of a node of a type, and what to do."""
    match node:
        case inspect.CustomType():
            return _custom_fault(node.cls, format_)
        case inspect.DataclassType() if hasattr(
            get_origin(node.cls) or node.cls, '__pydantic_validator__'
        ):
            return (
                f'{type_name(node.cls)} is a pydantic dataclass, and msgspec does not '
                'run its validation: use a msgspec.Struct or a standard dataclass, '
                'with msgspec.Meta for constraints'
            )
        case inspect.Field():
            for default in (node.default, node.default_factory):
                if _is_of_pydantic(default):
                    return _never_validated(type(default).__name__)
        case inspect.ExtType() if Ext not in format_.carried:
            return 'only MessagePack has Ext'
        case inspect.RawType() if not format_.has_raw:
            return 'only msgspec-json and msgspec-msgpack have Raw: use typing.Any'
        case inspect.DictType():
            if format_.str_keys and not _is_of_text(node.key_type):
                return (
                    'the format has text keys only, which can not be converted to '
                    f'{_named(node.key_type)}: use str keys, or a list of pairs'
                )
            return _hash_fault(node.key_type) or _map_fault(node.key_type)
        case inspect.SetType() | inspect.FrozenSetType():
            return _hash_fault(node.item_type)
    return None


def _is_endless(root: Any) -> bool:
    """Tell whether each value of a type contains another value of it."""
    nodes = list(nodes_of(root))
    ended: set[int] = set()
    while found := {
        id(node) for node in nodes if id(node) not in ended and _has_end(node, ended)
    }:
        ended |= found
    return id(root) not in ended


def _has_end(node: Any, ended: set[int]) -> bool:
    if isinstance(node, inspect.Field) and not node.required:
        return True
    if isinstance(node, _MAY_BE_EMPTY) and not node.min_length:
        return True
    parts = (id(part) in ended for part in parts_of(node))
    return any(parts) if isinstance(node, inspect.UnionType) else all(parts)


_MAY_BE_EMPTY = (
    *(inspect.ListType, inspect.VarTupleType, inspect.SetType, inspect.FrozenSetType),
    inspect.DictType,
)


def _custom_fault(cls: type, format_: MessageFormat) -> str | None:
    try:
        if any(isinstance(value, cls) for value in (*_JSON, *format_.samples)):
            return None
    except TypeError:
        # NOTE: Some classes don't support isinstance(), such as most protocols.
        pass
    if _is_of_protobuf(cls):
        return (
            f'{cls.__module__}.{cls.__qualname__} is a protobuf message class: select '
            "the handler 'protobuf', with falcon_media.use('protobuf', "
            f'type={f"{cls.__module__}:{cls.__qualname__}"!r})'
        )
    if hasattr(cls, '__pydantic_validator__'):
        return (
            f'{cls.__qualname__} is a pydantic model, which msgspec does not support: '
            'use a msgspec.Struct or a dataclass'
        )
    return (
        f'msgspec does not support the class {cls.__qualname__}: use a '
        'msgspec.Struct, a dataclass or a TypedDict; or use str, or another type '
        'that the format carries, and convert it in the app'
    )


def _is_of_protobuf(cls: type) -> bool:
    # NOTE: protobuf may not be installed.
    message = getattr(sys.modules.get('google.protobuf.message'), 'Message', ())
    return issubclass(cls, message)


# NOTE: The types that text keys can be converted to.
_OF_TEXT = (
    *(inspect.AnyType, inspect.StrType, inspect.BytesType, inspect.MemoryViewType),
    *(inspect.IntType, inspect.FloatType, inspect.DecimalType, inspect.UUIDType),
    *(inspect.DateTimeType, inspect.DateType, inspect.TimeType, inspect.TimeDeltaType),
    *(inspect.EnumType, inspect.LiteralType, inspect.CustomType),
)


def _is_of_text(key: Any) -> bool:
    types = key.types if isinstance(key, inspect.UnionType) else (key,)
    return any(isinstance(part, _OF_TEXT) for part in types)


def _hash_fault(node: Any) -> str | None:
    wrong = _unhashable(node, set())
    return wrong and (
        f'{wrong} is not hashable, and keys and set members must be: use a tuple, a '
        'frozenset, or a frozen class'
    )


def _map_fault(key: Any) -> str | None:
    for part in nodes_of(key):
        if isinstance(part, _CLASSES) and not getattr(part, 'array_like', False):
            return (
                f'{_named(part)} is encoded as a map, which can not be a key: use '
                'array_like=True, or a tuple'
            )
    return None


_CLASSES = inspect.StructType, inspect.DataclassType


def _unhashable(node: Any, seen: set[int]) -> str | None:
    """Return the name of the part that makes a type unhashable."""
    if id(node) in seen:
        return None
    seen.add(id(node))
    parts: Iterable[Any] = ()
    match node:
        case inspect.UnionType():
            parts = node.types
        case inspect.TupleType():
            parts = node.item_types
        case inspect.VarTupleType() | inspect.FrozenSetType():
            parts = (node.item_type,)
        case inspect.NamedTupleType():
            parts = (field.type for field in node.fields)
        case inspect.StructType():
            cls = get_origin(node.cls) or node.cls
            config = cls.__struct_config__
            if not config.eq or cls.__hash__ is not Struct.__hash__:
                return None
            if not config.frozen:
                return cls.__qualname__
            parts = (field.type for field in node.fields)
        case inspect.DataclassType() if (get_origin(node.cls) or node.cls).__hash__:
            return None
        case _ if isinstance(node, _UNHASHABLE):
            return _named(node)
    return next(filter(None, (_unhashable(part, seen) for part in parts)), None)


_UNHASHABLE = (
    *(inspect.ListType, inspect.SetType, inspect.DictType, inspect.TypedDictType),
    *(inspect.ByteArrayType, inspect.RawType, inspect.DataclassType),
)


def _named(node: Any) -> str:
    cls = getattr(node, 'cls', None)
    return type_name(cls) if cls else type(node).__name__.removesuffix('Type').lower()


# ----------------------------------------------------------------------- Constraints

_CONSTRAINTS = 'gt', 'ge', 'lt', 'le', 'multiple_of', 'min_length', 'max_length'


def _contradiction(node: Any) -> str | None:
    """Describe the constraints of a node, if no value can satisfy them."""
    stated = {
        name: getattr(node, name)
        for name in _CONSTRAINTS
        if getattr(node, name, None) is not None
    }
    if isinstance(node, inspect.IntType | inspect.FloatType):
        is_met = _is_met_by_a_number(node)
    elif 'min_length' in stated:
        is_met = stated['min_length'] <= _most_entries(node)
    else:
        return None
    if is_met:
        return None
    named = ', '.join(f'{name}={value}' for name, value in stated.items())
    return f'no {_named(node)} can satisfy {named}: change these constraints'


def _is_met_by_a_number(node: Any) -> bool:
    is_int = isinstance(node, inspect.IntType)
    low, high = node.ge, node.le
    if node.gt is not None:
        low = node.gt + 1 if is_int else nextafter(node.gt, inf)
    if node.lt is not None:
        high = node.lt - 1 if is_int else nextafter(node.lt, -inf)
    if low is None or high is None:
        return True
    if node.multiple_of is None or low > high:
        return bool(low <= high)
    step = Fraction(node.multiple_of)
    return bool(ceil(Fraction(low) / step) * step <= high)


def _most_entries(node: Any) -> float:
    """Return the greatest length that a value may have."""
    most = inf if node.max_length is None else node.max_length
    if isinstance(node, inspect.SetType | inspect.FrozenSetType):
        return min(most, _most_values(node.item_type))
    if isinstance(node, inspect.DictType):
        return min(most, _most_values(node.key_type))
    return float(most)


def _most_values(node: Any) -> float:
    """Return the number of different values of a node."""
    match node:
        case inspect.UnionType():
            return sum(map(_most_values, node.types))
        case inspect.LiteralType():
            return len(node.values)
        case inspect.EnumType():
            is_open = issubclass(node.cls, enum.Flag) or has_missing(node.cls)
            return inf if is_open else len(node.cls)
        case inspect.BoolType():
            return 2
        case inspect.NoneType():
            return 1
    return inf


# ------------------------------------------------------------- Constraints of others


def _never_validated(name: str) -> str:
    return (
        f'msgspec does not run the validation of {name}: state constraints as '
        'Annotated[..., msgspec.Meta(gt=0)]'
    )


def _is_of_pydantic(value: object) -> bool:
    roots = {base.__module__.partition('.')[0] for base in type(value).__mro__}
    return not roots.isdisjoint(('annotated_types', 'pydantic', 'pydantic_core'))


def _unknown_constraints(root: Any, name: str) -> Iterator[tuple[str, str]]:
    """Yield the constraints in a type that are not msgspec's."""
    # NOTE: By identity, since not all metadata can be compared. Annotations may be new
    #   objects each time, but a class that contains itself is the same.
    seen: dict[int, Any] = {}
    pending = deque([(name, root)])
    while pending:
        path, part = pending.popleft()
        if id(part) in seen:
            continue
        seen[id(part)] = part
        if get_origin(part) is Annotated:
            for one in part.__metadata__:
                if _is_of_pydantic(one):
                    yield path, type(one).__name__
        if isinstance(part, type) and any(hasattr(part, one) for one in _HAVE_FIELDS):
            pending += (
                (f'{path}.{field}', annotation)
                for field, annotation in get_type_hints(
                    part, include_extras=True
                ).items()
            )
        pending += ((path, inner) for inner in _inner_annotations(part))


def _inner_annotations(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield annotation.__origin__
        return
    yield from get_args(annotation)
    # NOTE: A generic class, a `type` alias, a NewType, a type variable.
    yield from filter(
        None,
        (
            origin,
            getattr(origin or annotation, '__value__', None),
            getattr(annotation, '__supertype__', None),
            getattr(annotation, '__bound__', None),
        ),
    )


_HAVE_FIELDS = (
    *('__struct_fields__', '__dataclass_fields__', '__attrs_attrs__'),
    *('__total__', '_field_defaults'),
)
