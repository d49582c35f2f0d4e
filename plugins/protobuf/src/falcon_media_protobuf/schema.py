"""What can be known of a message type before there is a message.

Most schemas bound by themselves how deep a payload can nest, and how much a byte of it
can grow to. What the schema bounds is not checked per message.

A schema is a graph: a node for each message type, and an edge for each field that holds
messages. The entry of a map is a message of its own on the wire, so it is a node too.

NOTE: Extensions belong to it as far as they are registered, that is, their modules
    imported, when the handler is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
import math
from typing import TYPE_CHECKING

from google.protobuf.descriptor import FieldDescriptor

from falcon_media import ConfigError
from falcon_media_protobuf.wire import LENGTH
from falcon_media_protobuf.wire import START_GROUP
from falcon_media_protobuf.wire import tag_of
from falcon_media_protobuf.wire import TEXT
from falcon_media_protobuf.wire import varint_size

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor

__all__ = ('Edge', 'Node', 'Schema')


@dataclass(eq=False, slots=True)
class Node:
    """A message type.

    Attributes:
        descriptor (Descriptor): What protobuf knows of it.
        fields (list[FieldDescriptor]): Its fields, extensions included.
        edges (list[Edge]): The fields that hold messages.
        height (float): Levels of the deepest message of this type, itself included;
            infinite for one that can contain itself, or something that can.
        weight (int): Bytes of memory, at the most, that a message of this type takes
            when all its fields are absent.
    """

    descriptor: Descriptor
    fields: list[FieldDescriptor]
    edges: list[Edge] = field(default_factory=list)
    height: float = math.inf
    weight: int = 0

    @property
    def is_map_entry(self) -> bool:
        """Whether this is the type of a map's entries."""
        return bool(self.descriptor.GetOptions().map_entry)

    def fields_and_edges(self) -> Iterator[tuple[FieldDescriptor, Edge | None]]:
        """Iterate over the fields, each with its edge if it holds messages."""
        edges = {edge.field.number: edge for edge in self.edges}
        return ((item, edges.get(item.number)) for item in self.fields)


@dataclass(eq=False, slots=True)
class Edge:
    """A field that holds messages.

    Attributes:
        field (FieldDescriptor): What protobuf knows of it.
        source (Node): The message type that has the field.
        target (Node): The message type that the field holds.
        tag (int): The number that is in front of each message on the wire.
    """

    field: FieldDescriptor
    source: Node
    target: Node
    tag: int

    @property
    def is_group(self) -> bool:
        """Whether the message ends with a tag, and has no length in front."""
        return self.tag & 7 == START_GROUP

    @property
    def is_map(self) -> bool:
        """Whether the field is a map, and the message one of its entries."""
        return self.target.is_map_entry

    @property
    def is_merged(self) -> bool:
        """Whether all messages in the field become one.

        Those of a oneof do so too, but not if another member comes in between.
        """
        return not self.field.is_repeated and self.field.containing_oneof is None

    @property
    def weight(self) -> int:
        """Bytes of memory, at the most, that each occurrence on the wire takes."""
        # NOTE: An entry's value is allocated with the entry, whether it comes or not.
        return 0 if self.source.is_map_entry else self.target.weight

    @property
    def min_size(self) -> int:
        """Bytes on the wire, at the least, of each occurrence."""
        size = varint_size(self.tag)
        return 2 * size if self.is_group else size + 1


class Schema:
    """A message type, and all that its messages can contain.

    Args:
        descriptor (Descriptor): The type of the root.

    Attributes:
        root (Node): The type of the root.
        nodes (list[Node]): All types, the root first.

    Raises:
        ConfigError: A message type is of a kind that the checks don't know.
    """

    def __init__(self, descriptor: Descriptor) -> None:
        self.nodes: list[Node] = []
        self._by_name: dict[str, Node] = {}
        self.root = self._node(descriptor)
        for node in self.nodes:  # grows while it is gone through
            self._expand(node)
        self._measure_heights()
        for node in self.nodes:
            node.weight = _weight(node)

    @property
    def edges(self) -> Iterator[Edge]:
        """All edges between the types."""
        return (edge for node in self.nodes for edge in node.edges)

    def _node(self, descriptor: Descriptor) -> Node:
        # NOTE: A full name is unique within a pool, and a schema is of one pool.
        known = self._by_name.get(descriptor.full_name)
        if known is not None:
            return known
        if descriptor.GetOptions().message_set_wire_format:
            raise ConfigError(
                f'message: {descriptor.full_name} is a MessageSet, which this handler '
                'can not check'
            )
        extensions = descriptor.file.pool.FindAllExtensions(descriptor)
        node = Node(descriptor, [*descriptor.fields, *extensions])
        self._by_name[descriptor.full_name] = node
        self.nodes.append(node)
        return node

    def _expand(self, node: Node) -> None:
        for descriptor in node.fields:
            if descriptor.message_type is not None:
                target = self._node(descriptor.message_type)
                is_group = descriptor.type == FieldDescriptor.TYPE_GROUP
                tag = tag_of(descriptor, START_GROUP if is_group else LENGTH)
                node.edges.append(Edge(descriptor, node, target, tag))

    def _measure_heights(self) -> None:
        # NOTE: From the leaves up. What is never reached leads into a cycle.
        sources: dict[Node, list[Node]] = {node: [] for node in self.nodes}
        pending: dict[Node, int] = {}
        for node in self.nodes:
            pending[node] = len(node.edges)
            for edge in node.edges:
                sources[edge.target].append(node)
        done = [node for node in self.nodes if not node.edges]
        for node in done:  # grows while it is gone through
            node.height = 1 + max(
                (edge.target.height for edge in node.edges), default=0
            )
            for source in sources[node]:
                pending[source] -= 1
                if not pending[source]:
                    done.append(source)


def _weight(node: Node) -> int:
    # NOTE: Measured for upb, with room: a message takes 8 bytes and its presence bits,
    #   then 16 for a string and up to 8 for any other field, present or not. A pointer
    #   to it takes 8 in an array that doubles, and an entry its place in a table.
    weight = 64 + len(node.fields) // 8
    weight += sum(16 if item.type in TEXT else 8 for item in node.fields)
    if node.is_map_entry:
        weight += sum(_weight(edge.target) for edge in node.edges)
    return weight
