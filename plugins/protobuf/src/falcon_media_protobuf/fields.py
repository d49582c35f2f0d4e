"""Mappings of fields, which an app may send in place of a message.

The constructor of a message recurses into them until the stack overflows, and takes
values that it then changes. So each mapping is checked first.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
import datetime as dt
import math
import struct
from typing import Any, Final, TypeAlias, TypeGuard

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from falcon_media import UnserializableMedia
from falcon_media_protobuf.depth import MessageCheck
from falcon_media_protobuf.depth import too_deep
from falcon_media_protobuf.schema import Edge
from falcon_media_protobuf.schema import Node
from falcon_media_protobuf.schema import Schema

__all__ = ('FieldsCheck', 'is_mapping')

_Check: TypeAlias = Callable[['_Walk', Any, int], None]
"""Checks a value that is about to be put into a field on some level."""


@dataclass(frozen=True, slots=True)
class _Value:
    """What a value has to be.

    Attributes:
        check: Checks it.
        plain: A type whose instances need no check, or none that isn't made anyway.
    """

    check: _Check
    plain: type | None = None


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of a message."""

    full_name: str
    value: _Value
    has_presence: bool
    oneof: str | None


@dataclass(slots=True)
class _Walk:
    """How much of a mapping has been seen; parts of it may occur many times over."""

    max_items: int
    items: int = 0

    def count(self, items: int) -> None:
        self.items += items
        if self.items > self.max_items:
            raise UnserializableMedia(f'more than {self.max_items} items')


def is_mapping(media: object) -> TypeGuard[Mapping[Any, Any]]:
    """Return whether this is a mapping, and not a message that acts like one."""
    # PERF: Asking an abstract base class takes ten times as long.
    return type(media) is dict or (
        isinstance(media, Mapping) and not isinstance(media, Message)
    )


def _is_sequence(value: object) -> TypeGuard[Sequence[Any]]:
    # NOTE: The constructor takes anything that can be iterated over: the letters of a
    #   string, the keys of a mapping, what is left of a generator.
    return type(value) is list or (
        isinstance(value, Sequence) and not isinstance(value, _NO_SEQUENCES)
    )


class FieldsCheck:
    """A check that a message made from a mapping will hold the same.

    Args:
        schema (Schema): What the messages can contain.
        max_depth (int): Levels that are accepted; the root is one.
        max_items (int): Messages, elements and entries that are accepted.

    Keyword Args:
        message_check (MessageCheck | None): What messages in the mapping have to pass.
        allow_conversions (bool): Whether scalars may be changed.
    """

    def __init__(
        self,
        schema: Schema,
        max_depth: int,
        max_items: int,
        *,
        message_check: MessageCheck | None,
        allow_conversions: bool,
    ) -> None:
        self._schema = schema
        self._max_depth = max_depth
        self._max_items = max_items
        self._message_check = message_check
        self._allow_conversions = allow_conversions
        self._fields: dict[Node, dict[str, _Field]] = {
            node: {
                item.name: _Field(
                    item.full_name,
                    self._field_value(item, edge),
                    item.has_presence,
                    item.containing_oneof.name if item.containing_oneof else None,
                )
                for item, edge in node.fields_and_edges()
                if not item.is_extension
            }
            for node in schema.nodes
        }

    def __call__(self, media: Mapping[str, object]) -> None:
        """Check a mapping of the root's fields.

        Raises:
            UnserializableMedia: It is deeper than it may be, or has something in it
                that the message can't hold, or not without changing it.
        """
        self._check_fields(_Walk(self._max_items), media, self._schema.root, 1)

    def _check_fields(
        self, walk: _Walk, media: Mapping[str, object], node: Node, depth: int
    ) -> None:
        self._check_depth(depth)
        walk.count(1)
        fields = self._fields[node]
        oneofs = set()
        for name, value in media.items():
            field = fields.get(name)
            if field is None:
                raise UnserializableMedia(
                    f'{node.descriptor.full_name} has no field {name!r}'
                )
            if value is None:
                # NOTE: The constructor leaves the field alone. Without presence, that
                #   can't be told from 0 or ''.
                if not field.has_presence and not self._allow_conversions:
                    raise _inexact(field.full_name, value)
                continue
            if field.oneof is not None:
                if field.oneof in oneofs:
                    raise UnserializableMedia(
                        f'{field.full_name}: another field of its oneof is set too'
                    )
                oneofs.add(field.oneof)
            if type(value) is not field.value.plain:
                field.value.check(walk, value, depth)

    def _check_depth(self, depth: int) -> None:
        if depth > self._max_depth:
            raise too_deep(self._max_depth)

    def _field_value(self, item: FieldDescriptor, edge: Edge | None) -> _Value:
        if not item.is_repeated:
            return self._single(item, edge)
        if edge is not None and edge.is_map:
            return self._map(item, edge.target)
        return self._sequence(item, edge)

    def _sequence(self, item: FieldDescriptor, edge: Edge | None) -> _Value:
        full_name = item.full_name
        element = self._single(item, edge)
        check_element = element.check
        all_plain = {element.plain}

        def check(walk: _Walk, value: Any, depth: int) -> None:
            if not _is_sequence(value):
                raise _refusal(full_name, value)
            walk.count(len(value))
            if set(map(type, value)) != all_plain:
                for part in value:
                    check_element(walk, part, depth)

        return _Value(check)

    def _map(self, item: FieldDescriptor, entry: Node) -> _Value:
        full_name = item.full_name
        parts = {
            part.number: self._single(part, edge)
            for part, edge in entry.fields_and_edges()
        }
        check_key, check_value = parts[1].check, parts[2].check

        def check(walk: _Walk, value: Any, depth: int) -> None:
            if not is_mapping(value):
                raise _refusal(full_name, value)
            walk.count(len(value))
            if value:
                self._check_depth(depth + 1)
            for key, part in value.items():
                check_key(walk, key, depth)
                check_value(walk, part, depth + 1)

        return _Value(check)

    def _single(self, item: FieldDescriptor, edge: Edge | None) -> _Value:
        if edge is not None:
            return self._message(item, edge.target)
        if self._allow_conversions:
            return _Value(_accept)
        full_name = item.full_name
        is_bytes = item.type == FieldDescriptor.TYPE_BYTES
        plain, faithful = _BYTES if is_bytes else _SCALARS[item.cpp_type]

        def check(walk: _Walk, value: Any, depth: int) -> None:
            if not faithful(value):
                raise _inexact(full_name, value)

        return _Value(check, plain)

    def _message(self, item: FieldDescriptor, target: Node) -> _Value:
        full_name = item.full_name
        target_name = target.descriptor.full_name
        well_known = {
            'google.protobuf.Struct': self._check_struct,
            'google.protobuf.ListValue': self._check_list_value,
        }.get(target_name)
        instant = _INSTANTS.get(target_name)

        def check(walk: _Walk, value: Any, depth: int) -> None:
            if well_known is None and isinstance(value, dict):
                self._check_fields(walk, value, target, depth + 1)
            elif isinstance(value, Message):
                self._check_message(walk, value, target, depth + 1)
            elif well_known is not None:
                well_known(walk, value, depth + 1)
            elif instant is not None and instant(value, self._allow_conversions):
                self._check_depth(depth + 1)
            else:
                raise _refusal(full_name, value)

        return _Value(check)

    def _check_message(
        self, walk: _Walk, message: Message, node: Node, depth: int
    ) -> None:
        walk.count(1)
        if message.DESCRIPTOR is not node.descriptor:
            raise UnserializableMedia(
                f'{message.DESCRIPTOR.full_name} is no {node.descriptor.full_name}'
            )
        if self._message_check is not None:
            self._message_check(message, node, depth)

    # NOTE: The two methods below know how protobuf makes a Struct: each value is in a
    #   google.protobuf.Value, and each of a mapping in an entry as well.

    def _check_struct(self, walk: _Walk, value: Any, depth: int) -> None:
        if not isinstance(value, dict):
            raise _no_json(value)
        self._check_depth(depth)
        walk.count(1 + len(value))
        for key, element in value.items():
            if not isinstance(key, str):
                raise _no_json(key)
            self._check_json(walk, element, depth + 2)

    def _check_list_value(self, walk: _Walk, value: Any, depth: int) -> None:
        if not isinstance(value, (list, tuple)):
            raise _no_json(value)
        self._check_depth(depth)
        walk.count(1 + len(value))
        for element in value:
            self._check_json(walk, element, depth + 1)

    def _check_json(self, walk: _Walk, value: Any, depth: int) -> None:
        self._check_depth(depth)
        if isinstance(value, dict):
            self._check_struct(walk, value, depth + 1)
        elif isinstance(value, (list, tuple)):
            self._check_list_value(walk, value, depth + 1)
        elif not (
            value is None
            or isinstance(value, (str, bool))
            or _is_double(value)
            or (self._allow_conversions and isinstance(value, int))
        ):
            raise _no_json(value)


_NO_SEQUENCES: Final = (str, bytes, bytearray, memoryview, Message)


def _accept(walk: _Walk, value: Any, depth: int) -> None:
    pass


def _refusal(full_name: str, value: object) -> UnserializableMedia:
    return UnserializableMedia(f"{full_name} can't hold this {type(value).__name__}")


def _inexact(full_name: str, value: object) -> UnserializableMedia:
    return UnserializableMedia(
        f"{full_name} can't hold this {type(value).__name__}: "
        'pass allow_conversions=True'
    )


def _no_json(value: object) -> UnserializableMedia:
    name = type(value).__name__
    option = ': pass allow_conversions=True' if isinstance(value, int) else ''
    return UnserializableMedia(f"a Struct can't hold this {name}{option}")


# ----------------------------------------------------------------------------- Scalars


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_enum(value: object) -> bool:
    return _is_int(value) or isinstance(value, str)


def _is_double(value: object) -> bool:
    return isinstance(value, float) or (
        isinstance(value, int)
        and not isinstance(value, bool)
        and value.bit_length() <= _DOUBLE_RANGE
        and int(float(value)) == value
    )


def _is_float(value: object) -> bool:
    if isinstance(value, int) and _is_double(value):
        return _as_float(value) == value
    # NOTE: That it is rounded is what the schema says. But it is rounded, not lost.
    return isinstance(value, float) and (
        not value
        or not math.isfinite(value)
        or (_as_float(value) != 0 and math.isfinite(_as_float(value)))
    )


def _as_float(value: float) -> float:
    try:
        (rounded,) = struct.unpack('<f', struct.pack('<f', value))
    except OverflowError:
        return math.inf
    return float(rounded)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_bytes(value: object) -> bool:
    return isinstance(value, bytes)


_DOUBLE_RANGE: Final = 1023
"""Bits of an integer that certainly is in the range of a double."""

_Scalar: TypeAlias = tuple[type | None, Callable[[object], bool]]

# NOTE: The constructor itself refuses integers that are out of range, unknown names of
#   enums, and lone surrogates.
_INT: Final[_Scalar] = (int, _is_int)
_BYTES: Final[_Scalar] = (bytes, _is_bytes)
_SCALARS: Final[dict[int, _Scalar]] = {
    FieldDescriptor.CPPTYPE_BOOL: (bool, _is_bool),
    FieldDescriptor.CPPTYPE_INT32: _INT,
    FieldDescriptor.CPPTYPE_INT64: _INT,
    FieldDescriptor.CPPTYPE_UINT32: _INT,
    FieldDescriptor.CPPTYPE_UINT64: _INT,
    FieldDescriptor.CPPTYPE_ENUM: (int, _is_enum),
    FieldDescriptor.CPPTYPE_DOUBLE: (float, _is_double),
    FieldDescriptor.CPPTYPE_FLOAT: (None, _is_float),
    FieldDescriptor.CPPTYPE_STRING: (str, _is_text),
}


def _is_instant(value: object, allow_naive: bool) -> bool:
    # NOTE: A naive one would be taken for UTC.
    return isinstance(value, dt.datetime) and (
        allow_naive or value.utcoffset() is not None
    )


def _is_duration(value: object, _: bool) -> bool:
    return isinstance(value, dt.timedelta)


_INSTANTS: Final[dict[str, Callable[[object, bool], bool]]] = {
    'google.protobuf.Timestamp': _is_instant,
    'google.protobuf.Duration': _is_duration,
}
