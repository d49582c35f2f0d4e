"""The types of messages of the tests."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from dataclasses import field
import datetime as dt
from decimal import Decimal
from typing import Annotated, Any, NamedTuple, NotRequired, TypedDict
from uuid import UUID

from msgspec import field as msgspec_field
from msgspec import Meta
from msgspec import Raw
from msgspec import Struct
from msgspec import UNSET
from msgspec import UnsetType

__all__ = (
    'Abstract',
    'Account',
    'Again',
    'Anything',
    'ByIdentity',
    'Command',
    'Event',
    'Held',
    'Left',
    'Node',
    'Opaque',
    'Open',
    'Patch',
    'Point',
    'Right',
    'Row',
    'Sparse',
    'Strict',
    'Tagged',
    'Tree',
)


class Node(Struct):
    """A message that can contain itself."""

    id: int
    name: str | None = ''
    nodes: list[Node] = []
    named: dict[str, float] = {}
    child: Node | UnsetType = UNSET


class Event(Struct):
    """A message whose fields are all needed."""

    id: int
    at: dt.datetime
    key: UUID
    price: Decimal
    data: bytes
    tags: set[str]


@dataclass
class Command:
    """A dataclass, one field of which can be left out."""

    name: str
    counts: dict[str, int] = field(default_factory=dict)


@dataclass
class Row:
    """A dataclass with nothing that can be left out."""

    name: str
    values: list[int]


class Point(NamedTuple):
    """A tuple with names."""

    x: int
    y: int = 0


class Patch(TypedDict):
    """A dict with names."""

    id: int
    text: NotRequired[str]


class Tagged(Struct, tag='tagged'):
    """A message with a tag, which is no field."""

    id: int


class Left(Struct, tag=True):
    """One of two."""

    value: int


class Right(Struct, tag=True):
    """The other one."""

    value: str


class Sparse(Struct, omit_defaults=True):
    """A message that is sent without what it has by default."""

    id: int
    text: str = ''


class Tree(Struct):
    """A message that can contain itself, with nothing that can be left out."""

    id: int
    trees: list[Tree]


class Strict(Struct, forbid_unknown_fields=True):
    """A message with constraints, and nothing besides."""

    name: Annotated[str, Meta(max_length=10)]
    level: Annotated[int, Meta(ge=0, le=9)] = 0
    inner: Strict | None = None


class Again(Struct):
    """A message that changes when it is made."""

    id: int

    def __post_init__(self) -> None:
        if self.id < 0:
            raise ValueError('negative')


@dataclass
class Account:
    """A dataclass that looks at itself when it is made."""

    id: int

    def __post_init__(self) -> None:
        if self.id < 0:
            raise ValueError('negative')


class Anything(Struct):
    """A message that holds what it likes."""

    value: Any


class Open(Struct):
    """A message with a part that is left as it is."""

    part: Raw


class Opaque(Struct, gc=False):
    """A message that garbage collection doesn't see into."""

    value: Any


class Held(Struct):
    """A message that holds something which nobody can send."""

    x: int
    lock: Any = msgspec_field(default_factory=object)


class ByIdentity(Struct, eq=False):
    """A message that is equal to itself alone."""

    id: int


@dataclass
class Abstract(ABC):
    """A dataclass of a class of another kind."""

    id: int
