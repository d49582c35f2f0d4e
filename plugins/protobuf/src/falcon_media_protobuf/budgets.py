"""Budgets that have to be checked before protobuf sees the payload.

protobuf allocates all that a payload names, and only then returns. Two bytes can name a
message of 200 fields, of 3 KB: 1 MiB of them takes 1.7 GB. And upb hashes the integer
keys of a map without a secret: 1 MiB of keys that collide takes eight seconds.

Each budget has a threshold, which follows from the schema: the length up to which no
payload can exceed it. Most schemas have thresholds that no usual message reaches. For
longer payloads there is a bound, at the speed of C, on how often anything that counts
can occur; and only where that is too high as well, the payload is read in Python.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import math

from falcon_media_protobuf.reader import Budgets
from falcon_media_protobuf.reader import has_int_keys
from falcon_media_protobuf.reader import known_fields
from falcon_media_protobuf.reader import Reader
from falcon_media_protobuf.schema import Schema
from falcon_media_protobuf.wire import element
from falcon_media_protobuf.wire import first_bytes
from falcon_media_protobuf.wire import tag_of
from falcon_media_protobuf.wire import varint_size

__all__ = ('payload_check',)


@dataclass(frozen=True, slots=True)
class _Bound:
    """A budget, and how to tell cheaply that a payload is within it.

    Attributes:
        threshold: Length up to which no payload exceeds the budget.
        first: What the tag of anything that counts can begin with.
        most: How many of these there may be.
        count_others: Counts what comes without a tag of its own.
    """

    threshold: float
    first: bytes
    most: float
    count_others: Callable[[bytes], float] | None = None

    def holds(self, payload: bytes) -> bool:
        """Return whether the payload is within the budget for sure."""
        size = len(payload)
        if size <= self.threshold:
            return True
        count: float = size - len(payload.translate(None, self.first))
        if count <= self.most and self.count_others is not None:
            count += self.count_others(payload)
        return count <= self.most


def payload_check(
    schema: Schema,
    budgets: Budgets,
    *,
    count_packed: Callable[[bytes], float] | None,
    depth: bool,
) -> tuple[int, Callable[[bytes], None] | None]:
    """Make a check for payloads that are not parsed yet.

    Args:
        schema (Schema): What the payloads hold.
        budgets (Budgets): What they may take.

    Keyword Args:
        count_packed (Callable | None): What counts the elements of repeated fields of
            numbers, if there are such fields.
        depth (bool): Whether the depth is to be checked for its own sake; where a
            payload is read for another budget, it is all the same.

    Returns:
        tuple: The length up to which no payload needs the check, and the check, which
        raises ``PayloadTooLarge`` or ``MalformedPayload``; or ``None`` for the check,
        if no payload needs it.
    """
    # NOTE: Memory comes first, as counting what is packed takes memory too.
    bounds = [
        _memory_bound(schema, budgets.max_memory),
        _int_keys_bound(schema, budgets.max_int_keys),
        _items_bound(schema, budgets.max_items, count_packed),
    ]
    if depth:
        bounds.append(_depth_bound(schema, budgets.max_depth))
    threshold = min(bound.threshold for bound in bounds)
    if threshold == math.inf:
        return 0, None
    bounds = [bound for bound in bounds if bound.threshold < math.inf]
    fields = known_fields(schema)

    def check(payload: bytes) -> None:
        for bound in bounds:
            if not bound.holds(payload):
                Reader(payload, budgets).read(fields)
                break

    return int(threshold), check


def _items_bound(
    schema: Schema, max_items: int, count_packed: Callable[[bytes], float] | None
) -> _Bound:
    widths: list[int] = []
    tags: list[int] = []
    for node in schema.nodes:
        for item in node.fields:
            if item.is_repeated:
                width, wire_type = element(item)
                tags.append(tag_of(item, wire_type))
                widths.append(width or varint_size(tags[-1]) + 1)
    if not widths:
        return _Bound(math.inf, b'', 0)
    return _Bound(max_items * min(widths), first_bytes(tags), max_items, count_packed)


def _memory_bound(schema: Schema, max_memory: int) -> _Bound:
    edges = list(schema.edges)
    if not edges:
        return _Bound(math.inf, b'', 0)
    growth = max(edge.weight / edge.min_size for edge in edges)
    heaviest = max(edge.weight for edge in edges)
    return _Bound(
        max_memory // growth,
        first_bytes(edge.tag for edge in edges),
        max_memory // heaviest,
    )


def _int_keys_bound(schema: Schema, max_int_keys: int) -> _Bound:
    tags = [edge.tag for edge in schema.edges if has_int_keys(edge)]
    if not tags:
        return _Bound(math.inf, b'', 0)
    # NOTE: Where a keys that collide are followed by b more entries with the last of
    #   them, protobuf takes a * b steps. The former take 5 bytes each, as there are not
    #   enough keys of one byte, and the latter 2. In n bytes that makes n * n / 40
    #   steps at the most, which is less than max_int_keys ** 2 / 2 for this n.
    return _Bound(4 * max_int_keys, first_bytes(tags), max_int_keys)


def _depth_bound(schema: Schema, max_depth: int) -> _Bound:
    # NOTE: Each level but the root has a tag, and a length or another tag.
    tags = first_bytes(edge.tag for edge in schema.edges)
    return _Bound(2 * max_depth - 1, tags, max_depth - 1)
