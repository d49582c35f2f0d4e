"""Reading a payload, to count what it will take to parse it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field
import sys
from typing import Any, Final, TypeAlias

from google.protobuf.descriptor import FieldDescriptor

from falcon_media import MalformedPayload
from falcon_media import PayloadTooLarge
from falcon_media_protobuf.schema import Edge
from falcon_media_protobuf.schema import Node
from falcon_media_protobuf.schema import Schema
from falcon_media_protobuf.wire import element
from falcon_media_protobuf.wire import FIXED32
from falcon_media_protobuf.wire import FIXED64
from falcon_media_protobuf.wire import LENGTH
from falcon_media_protobuf.wire import NATIVE_DEPTH
from falcon_media_protobuf.wire import START_GROUP
from falcon_media_protobuf.wire import tag_of
from falcon_media_protobuf.wire import TEXT
from falcon_media_protobuf.wire import VARINT

__all__ = ('Budgets', 'depth_finder', 'has_int_keys', 'known_fields', 'Reader')

_SAFE_KEYS: Final = (*TEXT, FieldDescriptor.TYPE_BOOL)
"""Types of map keys that can't be made to collide: hashed with a secret, or few."""

_NOT_LAST: Final = bytes(range(0x80, 0x100))
"""Bytes of a varint that others follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """The budgets of one payload.

    Attributes:
        max_depth (int): Levels of messages; the root is one.
        max_items (int): Elements of repeated fields, plus entries of maps.
        max_memory (int): Bytes that its messages may take.
        max_int_keys (int): Entries of a map with integer keys; of several maps, the
            square root of the sum of the squares, as that is what the time grows by.
    """

    max_depth: int
    max_items: int
    max_memory: int
    max_int_keys: int


@dataclass(slots=True)
class _Known:
    """A field that counts for a budget, by one of the tags it can come with."""

    is_message: bool = False
    is_repeated: bool = False
    is_merged: bool = False
    is_packed: bool = False
    width: int = 0
    weight: int = 0
    fields: Fields = field(default_factory=dict)
    end_tag: int = 0
    has_int_keys: bool = False


Fields: TypeAlias = dict[int, _Known]

_Seen: TypeAlias = dict[int, Any]
"""What counts of a message so far, as protobuf merges the parts that it comes in: how
many entries a map with integer keys has, by its tag; and what has been seen of the
messages in fields that are not repeated, by theirs.
"""


def known_fields(schema: Schema) -> Fields:
    """Return what counts of the root's fields, and of all that they contain."""
    tables: dict[Node, Fields] = {node: {} for node in schema.nodes}
    for node, table in tables.items():
        for edge in node.edges:
            table[edge.tag] = _Known(
                is_message=True,
                is_repeated=edge.field.is_repeated,
                is_merged=edge.is_merged,
                weight=edge.weight,
                fields=tables[edge.target],
                end_tag=edge.tag + 1 if edge.is_group else 0,
                has_int_keys=has_int_keys(edge),
            )
        for item in node.fields:
            if item.is_repeated and item.message_type is None:
                width, wire_type = element(item)
                table[tag_of(item, wire_type)] = _Known(width=width)
                if width:
                    # NOTE: Whether it was declared so or not.
                    table[tag_of(item, LENGTH)] = _Known(width=width, is_packed=True)
    return tables[schema.root]


def depth_finder(schema: Schema) -> Callable[[bytes], bool]:
    """Make a function that says whether protobuf refuses a payload for its depth.

    Its error for that is the same as for any other, and is for unknown groups even
    worded alike.

    Args:
        schema (Schema): The schema of the payload.

    Returns:
        Callable: Takes a payload that was refused. Whatever is deep beyond the first
        64 KB is not found, which bounds the time to some milliseconds.
    """
    fields = known_fields(schema)
    anything = sys.maxsize
    budgets = Budgets(
        max_depth=NATIVE_DEPTH,
        max_items=anything,
        max_memory=anything,
        max_int_keys=anything,
    )

    def is_too_deep(payload: bytes) -> bool:
        # NOTE: It may end too soon, be wrong in another way, or be no bytes at all.
        with suppress(IndexError, MalformedPayload, TypeError):
            try:
                Reader(payload[:_LOOKED_AT], budgets).read(fields)
            except PayloadTooLarge:
                return True
        return False

    return is_too_deep


_LOOKED_AT: Final = 65_536


class Reader:
    """Reads one payload, and counts what it will take to parse it.

    NOTE: What it takes for malformed, protobuf does too, but not the other way round:
        it looks at no more than it needs to find its way. An ``IndexError`` means that
        the payload ends too soon; the guard makes it a ``MalformedPayload``.

    Args:
        payload (bytes): The payload.
        budgets (Budgets): What it may take.
    """

    __slots__ = ('_budgets', '_items', '_memory', '_payload', '_squares')

    def __init__(self, payload: bytes, budgets: Budgets) -> None:
        self._payload = payload
        self._budgets = budgets
        self._items = 0
        self._memory = 0
        self._squares = 0

    def read(self, fields: Fields) -> None:
        """Read the payload as a message with these fields."""
        self._read_message(fields, 0, len(self._payload), 1, {})

    def _read_message(
        self,
        fields: Fields,
        pos: int,
        end: int,
        depth: int,
        seen: _Seen,
        end_tag: int = 0,
    ) -> int:
        payload = self._payload
        while pos < end:
            tag = payload[pos]
            pos += 1
            if tag > 0x7F:
                tag, pos = self._read_varint(pos - 1)
            known = fields.get(tag)
            if known is None:
                if tag == end_tag and end_tag:
                    return pos
                pos = self._skip(tag, pos, end, depth)
            elif known.is_message:
                pos = self._read_field(known, tag, pos, end, depth, seen)
            else:
                pos = self._read_elements(known, tag, pos)
        if pos > end or end_tag:
            raise MalformedPayload('truncated')
        return pos

    def _read_field(
        self, known: _Known, tag: int, pos: int, end: int, depth: int, seen: _Seen
    ) -> int:
        budgets = self._budgets
        if depth == budgets.max_depth:
            raise _too_large('max_depth', depth, f'nested deeper than {depth} levels')
        if not known.is_merged or tag not in seen:
            self._memory += known.weight
            if self._memory > budgets.max_memory:
                limit = budgets.max_memory
                detail = f'messages that take more than {limit} bytes of memory'
                raise _too_large('max_memory', limit, detail)
        part: _Seen = {}
        if known.is_repeated:
            self._count_items(1)
        else:
            part = seen.setdefault(tag, part)
        if known.has_int_keys:
            count = seen.get(tag, 0) + 1
            seen[tag] = count
            # NOTE: From the square of count - 1 to that of count.
            self._squares += 2 * count - 1
            limit = budgets.max_int_keys
            if self._squares > limit * limit:
                raise _too_large(
                    'max_int_keys', limit, f'more than {limit} integer keys in a map'
                )
        if known.end_tag:
            return self._read_message(
                known.fields, pos, end, depth + 1, part, known.end_tag
            )
        size, pos = self._read_varint(pos)
        return self._read_message(known.fields, pos, pos + size, depth + 1, part)

    def _read_elements(self, known: _Known, tag: int, pos: int) -> int:
        wire_type = tag & 7
        if wire_type != LENGTH:
            self._count_items(1)
            return self._skip(tag, pos, pos, 0)
        size, pos = self._read_varint(pos)
        if not known.is_packed:
            self._count_items(1)
        elif known.width == 1:
            packed = self._payload[pos : pos + size]
            self._count_items(len(packed.translate(None, _NOT_LAST)))
        else:
            self._count_items(size // known.width)
        return pos + size

    def _count_items(self, count: int) -> None:
        self._items += count
        limit = self._budgets.max_items
        if self._items > limit:
            raise _too_large('max_items', limit, f'more than {limit} items')

    def _skip(self, tag: int, pos: int, end: int, depth: int) -> int:
        wire_type = tag & 7
        if wire_type == VARINT:
            while self._payload[pos] > 0x7F:
                pos += 1
            pos += 1
        elif wire_type == LENGTH:
            size, pos = self._read_varint(pos)
            pos += size
        elif wire_type == FIXED64:
            pos += 8
        elif wire_type == FIXED32:
            pos += 4
        elif wire_type == START_GROUP:
            if depth == NATIVE_DEPTH:
                raise _too_large(
                    'max_depth', depth, f'nested deeper than {depth} levels'
                )
            return self._read_message({}, pos, end, depth + 1, {}, tag + 1)
        else:
            raise MalformedPayload('no such wire type')
        return pos

    def _read_varint(self, pos: int) -> tuple[int, int]:
        payload = self._payload
        number = shift = 0
        while True:
            byte = payload[pos]
            pos += 1
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number, pos
            shift += 7
            if shift == _VARINT_BITS:
                raise MalformedPayload('a number of too many bytes')


_VARINT_BITS: Final = 70


def _too_large(limit: str, value: int, detail: str) -> PayloadTooLarge:
    return PayloadTooLarge(detail, limit=limit, limit_value=value)


def has_int_keys(edge: Edge) -> bool:
    """Return whether a field is a map whose keys can be made to collide."""
    key = edge.target.descriptor.fields_by_number.get(1)
    return edge.is_map and key is not None and key.type not in _SAFE_KEYS
