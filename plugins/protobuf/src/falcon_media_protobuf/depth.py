"""How deep a message is that an app is about to send.

``SerializeToString()`` overflows the stack at a few hundred levels on one of 128 KB,
and at tens of thousands on one of 8 MB.

PERF: There is nothing in protobuf that goes through a message at the speed of C and
    stops at a depth: what recurses overflows the stack as well (copies, comparisons,
    ``ByteSize()``, ``IsInitialized()``), or says nothing (``DiscardUnknownFields()``).
    So the message is walked over in Python, as far as the schema does not bound it.
"""

from __future__ import annotations

from collections.abc import Callable
import operator
from typing import Any, TypeAlias

from google.protobuf.message import Message

from falcon_media import UnserializableMedia
from falcon_media_protobuf.schema import Edge
from falcon_media_protobuf.schema import Node
from falcon_media_protobuf.schema import Schema

__all__ = ('MessageCheck', 'too_deep')

_Step: TypeAlias = Callable[[list[Any], int], None]
"""Takes messages, and the level of those in one of their fields; goes down to these."""

_Steps: TypeAlias = list[tuple[float, _Step]]
"""Steps, each with the levels that there may be below."""


class MessageCheck:
    """A check that a message is not too deep.

    Args:
        schema (Schema): What the messages can contain.
        max_depth (int): Levels that are accepted; the root is one.
    """

    def __init__(self, schema: Schema, max_depth: int) -> None:
        self._max_depth = max_depth
        self._steps: dict[Node, _Steps] = {node: [] for node in schema.nodes}
        for node, steps in self._steps.items():
            oneofs: dict[str, list[Edge]] = {}
            for edge in node.edges:
                oneof = edge.field.containing_oneof
                if oneof is None:
                    steps.append((edge.target.height, self._step(edge)))
                else:
                    oneofs.setdefault(oneof.name, []).append(edge)
            for name, edges in oneofs.items():
                height = max(edge.target.height for edge in edges)
                steps.append((height, self._oneof_step(name, edges)))

    def __call__(self, message: Message, node: Node, depth: int = 1) -> None:
        """Check a message.

        Args:
            message (Message): The message.
            node (Node): Its type.
            depth (int): The level that it is going to be on (default 1: the root's).

        Raises:
            UnserializableMedia: It is deeper than it may be.
        """
        if depth > self._max_depth:
            raise too_deep(self._max_depth)
        self._go_down([message], self._steps[node], depth)

    def _go_down(self, messages: list[Any], steps: _Steps, depth: int) -> None:
        for height, step in steps:
            if height + depth > self._max_depth:
                step(messages, depth + 1)

    # PERF: Whatever protobuf hands out is made into a Python object first. So what is
    #   not there must not be asked for, one question is better than two, and a slice is
    #   better than its elements one by one. All messages of one field are gone through
    #   at once; to do so with all of one level takes more time, as protobuf keeps track
    #   of the objects that are alive.

    def _step(self, edge: Edge) -> _Step:
        item = edge.field
        if item.is_extension:
            return self._extension_step(edge)
        read = operator.attrgetter(item.name)
        if edge.is_map:
            return self._map_step(edge, read)
        if item.is_repeated:
            return self._repeated_step(edge, read)
        return self._single_step(
            edge, read, operator.methodcaller('HasField', item.name)
        )

    def _extension_step(self, edge: Edge) -> _Step:
        item = edge.field

        def has(message: Any) -> bool:
            return item in message.Extensions

        def read(message: Any) -> Any:
            return message.Extensions[item]

        def read_repeated(message: Any) -> Any:
            # NOTE: Before protobuf 7, to ask for one that is not there put it there.
            return message.Extensions[item] if has(message) else ()

        if item.is_repeated:
            return self._repeated_step(edge, read_repeated)
        return self._single_step(edge, read, has)

    def _single_step(
        self, edge: Edge, read: Callable[[Any], Any], has: Callable[[Any], bool]
    ) -> _Step:
        max_depth = self._max_depth
        steps = self._steps[edge.target]

        def step(messages: list[Any], depth: int) -> None:
            found = [read(message) for message in messages if has(message)]
            if found:
                if depth > max_depth:
                    raise too_deep(max_depth)
                self._go_down(found, steps, depth)

        return step

    def _oneof_step(self, name: str, edges: list[Edge]) -> _Step:
        max_depth = self._max_depth
        steps_of = {edge.field.name: self._steps[edge.target] for edge in edges}

        def step(messages: list[Any], depth: int) -> None:
            found: dict[str, list[Any]] = {}
            for message in messages:
                member = message.WhichOneof(name)
                if member in steps_of:
                    found.setdefault(member, []).append(getattr(message, member))
            if found and depth > max_depth:
                raise too_deep(max_depth)
            for member, children in found.items():
                self._go_down(children, steps_of[member], depth)

        return step

    def _repeated_step(self, edge: Edge, read: Callable[[Any], Any]) -> _Step:
        max_depth = self._max_depth
        steps = self._steps[edge.target]

        def step(messages: list[Any], depth: int) -> None:
            for message in messages:
                children = read(message)
                if children:
                    if depth > max_depth:
                        raise too_deep(max_depth)
                    self._go_down(children[:], steps, depth)

        return step

    def _map_step(self, edge: Edge, read: Callable[[Any], Any]) -> _Step:
        max_depth = self._max_depth
        # NOTE: An entry is a level of its own, but no object in Python.
        values = [inner.target for inner in edge.target.edges]
        steps = self._steps[values[0]] if values else []

        def step(messages: list[Any], depth: int) -> None:
            depth += len(values)
            for message in messages:
                entries = read(message)
                if entries:
                    if depth > max_depth:
                        raise too_deep(max_depth)
                    found = [entries[key] for key in entries]
                    self._go_down(found, steps, depth)

        return step


def too_deep(max_depth: int) -> UnserializableMedia:
    """Make the error for what is nested too deeply."""
    return UnserializableMedia(f'nested deeper than {max_depth} levels')
