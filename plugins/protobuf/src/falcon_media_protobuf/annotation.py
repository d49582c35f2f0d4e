"""What the bytes of a message mean, for people; with the names of its schema."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
import struct
from typing import Any, Final, TYPE_CHECKING

from google.protobuf.descriptor import FieldDescriptor

from falcon_media.spi import Cursor
from falcon_media.spi import Fault
from falcon_media.spi import shown
from falcon_media.spi import Span
from falcon_media.spi import walk
from falcon_media_protobuf.handler import resolve
from falcon_media_protobuf.wire import element
from falcon_media_protobuf.wire import FIXED32
from falcon_media_protobuf.wire import FIXED64
from falcon_media_protobuf.wire import is_packable
from falcon_media_protobuf.wire import LENGTH
from falcon_media_protobuf.wire import START_GROUP
from falcon_media_protobuf.wire import TEXT
from falcon_media_protobuf.wire import VARINT

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor

__all__ = ('annotate_message',)


def annotate_message(payload: bytes, options: Mapping[str, object]) -> Iterator[Span]:
    """Tell what the bytes of a message mean.

    Args:
        payload (bytes): The payload.
        options (Mapping): Of the handler; with ``message``.

    Returns:
        Iterator[Span]: See :mod:`falcon_media.annotation`.
    """
    if not payload and options.get('allow_empty', True):
        return iter(())
    descriptor: Any = resolve(options.get('message')).DESCRIPTOR
    strict = not options.get('allow_invalid_utf8')
    return walk(payload, _Steps(descriptor, strict=strict))


@dataclass(slots=True)
class _Level:
    """A message, or a field of packed numbers, that is open."""

    end: int
    descriptor: Descriptor | None = None
    group: int = 0
    packed: FieldDescriptor | None = None


_END_GROUP: Final = START_GROUP + 1
_VARINT_BYTES: Final = 10


class _Steps:
    def __init__(self, descriptor: Descriptor, *, strict: bool) -> None:
        self._root = descriptor
        self._strict = strict
        self._tables: dict[str, dict[int, FieldDescriptor]] = {}

    def __call__(self, cursor: Cursor) -> Iterator[Span]:
        levels = [_Level(len(cursor.payload), self._root)]
        while levels:
            level = levels[-1]
            if cursor.pos == level.end and not level.group:
                levels.pop()
                continue
            cursor.depth = len(levels) - 1
            if level.packed is not None:
                text, below = self._number(cursor, level, level.packed), None
            else:
                text, below = self._field(cursor, level)
            if cursor.pos > level.end:
                raise Fault('past the end of what it is in')
            if below is level:
                levels.pop()
                cursor.depth -= 1
            elif below is not None:
                levels.append(below)
            yield cursor.span(text)

    def _field(self, cursor: Cursor, level: _Level) -> tuple[str, _Level | None]:
        tag = _varint(cursor)
        number, wire_type = tag >> 3, tag & 7
        # NOTE: Of what is too large, protobuf in C refuses the payload, and protobuf in
        #   Python takes the lower bits.
        if number == 0:
            raise Fault(f'{number} is no field number')
        if wire_type == _END_GROUP:
            if number != level.group:
                raise Fault(f'the end of a group {number}, which is not open')
            return f'{number}: end of group', level
        field = self._table(level.descriptor).get(number)
        if field is None:
            label = f'{number} (not in the schema)'
        elif not _fits(field, wire_type):
            label, field = f'{number} {field.name} (not as in the schema)', None
        else:
            label = f'{number} {field.name}'
        text, below = self._value(cursor, level, number, wire_type, field)
        return f'{label}: {text}', below

    def _value(
        self,
        cursor: Cursor,
        level: _Level,
        number: int,
        wire_type: int,
        field: FieldDescriptor | None,
    ) -> tuple[str, _Level | None]:
        message = None if field is None else field.message_type
        if wire_type == START_GROUP:
            return 'group', _Level(level.end, message, number)
        if wire_type != LENGTH:
            if wire_type not in (VARINT, FIXED32, FIXED64):
                raise Fault(f'{wire_type} is no wire type')
            if field is None:
                return _unknown_number(cursor, wire_type), None
            return self._number(cursor, level, field), None
        size = _varint(cursor)
        cursor.need(size, level.end)
        end = cursor.pos + size
        if message:
            is_entry = message.GetOptions().map_entry
            kind = 'map entry' if is_entry else message.full_name
            return f'{kind}({size})', _Level(end, message)
        if field is not None and field.type not in TEXT:
            return f'packed {_KINDS[field.type]}({size})', _Level(end, packed=field)
        if field is not None and field.type == FieldDescriptor.TYPE_STRING:
            return self._string(cursor, size), None
        return f'bytes({size}) {shown(cursor.take(size))}', None

    def _string(self, cursor: Cursor, size: int) -> str:
        try:
            return f'string({size}) {shown(cursor.utf8(size))}'
        except Fault:
            if self._strict:
                raise
            data = cursor.payload[cursor.pos - size : cursor.pos]
            return f'string({size}), no UTF-8: {shown(data)}'

    def _number(self, cursor: Cursor, level: _Level, field: FieldDescriptor) -> str:
        kind = _KINDS[field.type]
        form = _FORMS.get(field.type)
        if form is not None:
            (number,) = struct.unpack(form, cursor.take(struct.calcsize(form)))
            return f'{kind} {number!r}'
        number = _varint(cursor) & _MASK_64
        if field.type == FieldDescriptor.TYPE_BOOL:
            return f'{kind} {"true" if number else "false"}'
        if field.type in (FieldDescriptor.TYPE_SINT32, FieldDescriptor.TYPE_SINT64):
            return f'{kind} {number >> 1 ^ -(number & 1)}'
        if field.type not in (FieldDescriptor.TYPE_UINT32, FieldDescriptor.TYPE_UINT64):
            number -= number >> 63 << 64
        if field.enum_type is not None:
            value = field.enum_type.values_by_number.get(number)
            return f'{kind} {number} {value.name if value else "(not in the schema)"}'
        return f'{kind} {number}'

    def _table(self, descriptor: Descriptor | None) -> dict[int, FieldDescriptor]:
        if descriptor is None:
            return {}
        table = self._tables.get(descriptor.full_name)
        if table is None:
            extensions = descriptor.file.pool.FindAllExtensions(descriptor)
            table = {item.number: item for item in (*descriptor.fields, *extensions)}
            self._tables[descriptor.full_name] = table
        return table


def _fits(field: FieldDescriptor, wire_type: int) -> bool:
    # NOTE: Numbers of a field that may have several are read both ways, whatever was
    #   declared.
    return wire_type == element(field)[1] or (
        wire_type == LENGTH and is_packable(field)
    )


def _varint(cursor: Cursor) -> int:
    number = 0
    for index in range(_VARINT_BYTES):
        byte = cursor.uint(1)
        number |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return number
    raise Fault('a number of too many bytes')


def _unknown_number(cursor: Cursor, wire_type: int) -> str:
    if wire_type == VARINT:
        return f'varint {_varint(cursor)}'
    size = 4 if wire_type == FIXED32 else 8
    return f'{8 * size} bits {shown(cursor.take(size))}'


_MASK_64: Final = (1 << 64) - 1
_KINDS: Final = {
    value: name.removeprefix('TYPE_').lower()
    for name, value in vars(FieldDescriptor).items()
    if name.startswith('TYPE_')
}
_FORMS: Final = {
    FieldDescriptor.TYPE_DOUBLE: '<d',
    FieldDescriptor.TYPE_FIXED64: '<Q',
    FieldDescriptor.TYPE_SFIXED64: '<q',
    FieldDescriptor.TYPE_FLOAT: '<f',
    FieldDescriptor.TYPE_FIXED32: '<I',
    FieldDescriptor.TYPE_SFIXED32: '<i',
}
