"""Message types made from the app's, to look at some fields of a payload alone.

protobuf parses at the speed of C, and what it parses into says what it looks at. So a
check that it doesn't make for the app's message type can be had by parsing into another
type, made for the purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
import math
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pb2 import DescriptorProto
from google.protobuf.descriptor_pb2 import FieldDescriptorProto
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from falcon_media_protobuf.schema import Node
from falcon_media_protobuf.schema import Schema
from falcon_media_protobuf.wire import is_packable
from falcon_media_protobuf.wire import LENGTH
from falcon_media_protobuf.wire import tag_of
from falcon_media_protobuf.wire import varint

__all__ = ('packed_counter', 'text_check')


class _Twins:
    """Types for the same payloads as those of a schema, to look at some fields alone.

    All strings must be UTF-8. All messages of one field are parsed into one, as if the
    field were not repeated, so that the twin of a message is small, and quickly walked
    over: it has what its parts have in fields of numbers that are repeated, and for any
    other field nothing but the last value.

    Args:
        schema (Schema): What the payloads hold.
        nodes (Iterable[Node]): Types to look into; the root is one.
    """

    _PACKAGE: Final = 'falcon_media_protobuf.twins'

    def __init__(self, schema: Schema, nodes: Iterable[Node]) -> None:
        self._names = {node: f'M{number}' for number, node in enumerate(nodes)}
        file = FileDescriptorProto(
            name=f'{self._PACKAGE}.proto', package=self._PACKAGE, syntax='proto3'
        )
        for node, name in self._names.items():
            self._define(node, file.message_type.add(name=name))
        pool = DescriptorPool()
        pool.AddSerializedFile(file.SerializeToString())
        root: Any = pool.FindMessageTypeByName(
            f'{self._PACKAGE}.{self._names[schema.root]}'
        )
        self.parse = GetMessageClass(root).FromString

    def _define(self, node: Node, message: DescriptorProto) -> None:
        for item, edge in node.fields_and_edges():
            name = self._names.get(edge.target) if edge else None
            if name is None and item.type == FieldDescriptor.TYPE_GROUP:
                continue
            # PERF: A field that is known is passed over faster than one that is not.
            twin = message.field.add(
                name=_twin_name(item),
                number=item.number,
                label=FieldDescriptorProto.LABEL_OPTIONAL,
                type=item.type,
            )
            if name is not None:
                twin.type_name = f'.{self._PACKAGE}.{name}'
            elif edge is not None:
                twin.type = FieldDescriptorProto.TYPE_BYTES
            elif item.type == FieldDescriptor.TYPE_ENUM:
                twin.type = FieldDescriptorProto.TYPE_INT32
            if is_packable(item):
                twin.label = FieldDescriptorProto.LABEL_REPEATED


def _twin_name(item: FieldDescriptor) -> str:
    return f'f{item.number}'


def _leading_to(schema: Schema, nodes: Iterable[Node]) -> dict[Node, None]:
    """Return the types that are among the given ones, or can contain one of them."""
    sources: dict[Node, list[Node]] = {node: [] for node in schema.nodes}
    for edge in schema.edges:
        sources[edge.target].append(edge.source)
    found = dict.fromkeys(nodes)
    pending = list(found)
    for node in pending:  # grows while it is gone through
        new = [source for source in dict.fromkeys(sources[node]) if source not in found]
        found |= dict.fromkeys(new)
        pending += new
    return found


# -------------------------------------------------------------------------------- Text


def text_check(schema: Schema) -> Callable[[bytes], bool] | None:
    """Make a check that all strings of a payload are UTF-8.

    Where a schema says that they needn't be (proto2 does), protobuf returns the ones
    that are not as bytes.

    PERF: It takes as long again as parsing. A walk over the strings takes ten times
        that.

    Args:
        schema (Schema): What the payloads hold.

    Returns:
        Callable: Takes a payload that can be parsed; whether its strings are UTF-8. Or
        ``None``, if protobuf makes the check itself.
    """
    unchecked = _leading_to(schema, _with_unchecked_text(schema))
    if not unchecked:
        return None
    parse = _Twins(schema, unchecked).parse

    def check(payload: bytes) -> bool:
        try:
            parse(payload)
        except (DecodeError, UnicodeDecodeError):
            return False
        return True

    return check


def _with_unchecked_text(schema: Schema) -> Iterator[Node]:
    """Yield the types that have a string that protobuf does not check."""
    for node in schema.nodes:
        if not node.is_map_entry and _accepts_bad_text(node, b'', node):
            yield node
    # NOTE: An entry can't be parsed on its own.
    for edge in schema.edges:
        front = varint(edge.tag)
        if edge.is_map and _accepts_bad_text(edge.source, front, edge.target):
            yield edge.target


def _accepts_bad_text(parser: Node, front: bytes, node: Node) -> bool:
    parse = GetMessageClass(parser.descriptor).FromString
    for item in node.fields:
        if item.type == FieldDescriptor.TYPE_STRING:
            payload = varint(tag_of(item, LENGTH)) + b'\x01\xff'
            if front:
                payload = front + varint(len(payload)) + payload
            try:
                parse(payload)
            except (DecodeError, UnicodeDecodeError):
                continue
            return True
    return False


# ----------------------------------------------------------------------------- Numbers


def packed_counter(schema: Schema) -> Callable[[bytes], float] | None:
    """Make a function that counts the elements of all repeated fields of numbers.

    These can be packed, and nothing but reading the payload tells how many there are.

    Args:
        schema (Schema): What the payloads hold.

    Returns:
        Callable: Takes a payload; returns infinity for one that is malformed. Or
        ``None``, if there are no such fields.
    """
    packable = {
        node: [_twin_name(item) for item in node.fields if is_packable(item)]
        for node in schema.nodes
    }
    nodes = _leading_to(schema, [node for node, names in packable.items() if names])
    if not nodes:
        return None
    parse = _Twins(schema, nodes).parse
    ways = {
        node: [
            (_twin_name(edge.field), edge.target)
            for edge in node.edges
            if edge.target in nodes
        ]
        for node in nodes
    }

    def count(payload: bytes) -> float:
        try:
            pending: list[tuple[Any, Node]] = [(parse(payload), schema.root)]
        except DecodeError:
            return math.inf
        total = 0
        for twin, node in pending:  # grows while it is gone through
            total += sum(len(getattr(twin, name)) for name in packable[node])
            pending += [
                (getattr(twin, name), target)
                for name, target in ways[node]
                if twin.HasField(name)
            ]
        return total

    return count
