"""The types of messages of the tests."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
import datetime as dt
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

__all__ = ('Command', 'Event', 'Frozen', 'Item', 'Order', 'Other', 'Strict')


class Item(Struct):
    """A part of a message."""

    name: str
    price: float = 0.0


class Order(Struct):
    """A message with parts."""

    id: int
    items: list[Item] = []
    notes: dict[str, int] = {}


@dataclass
class Command:
    """A dataclass."""

    name: str
    order: Order | None = None
    tags: list[str] = field(default_factory=list)


class Event(Struct):
    """A message of what JSON doesn't have."""

    at: dt.datetime
    key: UUID
    price: Decimal
    data: bytes
    counts: dict[int, int]


class Frozen(Struct, frozen=True):
    """A message that has a hash."""

    x: int


class Strict(Struct, forbid_unknown_fields=True, eq=False):
    """A message with nothing besides, that is equal to itself alone."""

    id: int


class Other(Struct, tag=True):
    """A message with a tag."""

    id: int
