"""Invalid message types are errors when an app starts."""

from __future__ import annotations

import collections
from collections.abc import Hashable
from dataclasses import dataclass
from decimal import Decimal
import enum
import ipaddress
import numbers
import sys
from types import SimpleNamespace
from typing import (
    Annotated,
    Any,
    ClassVar,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    Protocol,
    TypedDict,
    TypeVar,
)
from uuid import UUID

import msgspec
import pytest

from falcon_media import ConfigError
from falcon_media.protocol.type_check import check_type
from falcon_media.protocol.type_check import JSON_FORMAT
from falcon_media.protocol.type_check import MESSAGE_PACK_FORMAT
from falcon_media.protocol.type_check import MessageFormat

T = TypeVar('T')


class Gt:
    """A constraint like those of pydantic and annotated_types."""

    __module__ = 'annotated_types'

    def __repr__(self) -> str:
        return 'Gt()'


class FieldInfo:
    """The default of a field, like that of pydantic."""

    __module__ = 'pydantic.fields'


POSITIVE = Annotated[int, Gt()]
Positive = NewType('Positive', POSITIVE)


class Model:
    """A class with the mark of a pydantic model."""

    __pydantic_validator__ = None


@dataclass
class Validated:
    """A dataclass with the mark of pydantic."""

    value: int
    __pydantic_validator__: ClassVar[Any] = None


@dataclass
class ValidatedBox(Generic[T]):
    """A generic dataclass with the mark of pydantic."""

    content: T
    __pydantic_validator__: ClassVar[Any] = None


class Asked(Protocol):
    """A class that raises in isinstance()."""

    def ask(self) -> None: ...


class Part(msgspec.Struct):
    name: str
    origin: ipaddress.IPv4Address


class Order(msgspec.Struct):
    items: list[Part] = []
    next: Order | None = None


@dataclass
class Invoice:
    orders: dict[str, tuple[int, Order]]


class Envelope(TypedDict):
    invoice: Invoice | None


class Pair(NamedTuple):
    left: int
    right: Envelope


class Endless(msgspec.Struct):
    next: tuple[Endless, int]


class EndlessPair(TypedDict):
    left: EndlessPair | Annotated[list[EndlessPair], msgspec.Meta(min_length=1)]


class Ending(msgspec.Struct):
    some: list[Ending]
    one: Endless | None
    other: tuple[Ending | int, ...] | None
    next: Ending | None = None


class Box(msgspec.Struct, Generic[T]):
    content: T


class Frozen(msgspec.Struct, frozen=True):
    x: int


class Listed(msgspec.Struct, frozen=True, array_like=True):
    x: int
    more: Listed | None = None


class ByIdentity(msgspec.Struct, eq=False):
    x: list[int]


class Unhashable(msgspec.Struct, frozen=True, array_like=True):
    x: list[int]


@dataclass(frozen=True)
class FrozenRow:
    x: int


@dataclass
class Row:
    x: int


class Limited(msgspec.Struct):
    id: int
    value: POSITIVE = 1


class Defaulted(msgspec.Struct):
    value: int = FieldInfo()  # type: ignore[assignment]  # as pydantic's Field() does


class Made(msgspec.Struct):
    value: Any = msgspec.field(default_factory=FieldInfo)


class Tree(msgspec.Struct, Generic[T]):
    value: T
    below: list[Tree[T]] = []


class Named(msgspec.Struct):
    positive: Positive


BOTH = (JSON_FORMAT, MESSAGE_PACK_FORMAT)
MODEL = 'Model is a pydantic model'
ADDRESS = 'msgspec does not support the class IPv4Address'


@pytest.mark.parametrize('format_', BOTH, ids=['json', 'message_pack'])
@pytest.mark.parametrize(
    ('cls', 'path', 'said'),
    [
        (Model, 'Model', MODEL),
        (Model | None, 'Model | NoneType', MODEL),
        (list[Model], r'list\[.*Model\]\[\]', MODEL),
        (dict[str, Model], r'dict.*\[\.\.\.\]', MODEL),
        (tuple[int, Model], r'tuple.*\[1\]', MODEL),
        (Part, r'Part\.origin', ADDRESS),
        (Order, r'Order\.items\[\]\.origin', ADDRESS),
        (Order | int, r'Order \| int\.items\[\]\.origin', ADDRESS),
        (Pair, r'Pair\.right\.invoice\.orders\[\.\.\.\]\[1\]\.items', ADDRESS),
        (Box[Part], r'Box\[.*Part\]\.content\.origin', ADDRESS),
        (Box[dict[str, ipaddress.IPv4Address]], r'Box.*\.content\[\.\.\.\]', ADDRESS),
        (list[collections.OrderedDict[str, int]], 'list', 'the class OrderedDict'),
        (list[Asked], 'list', 'msgspec does not support the class Asked'),
        (Validated, 'Validated', 'Validated is a pydantic dataclass'),
        (
            list[ValidatedBox[int]],
            r'list.*\[\]',
            'ValidatedBox.* is a pydantic dataclass',
        ),
        (list[Validated | None], r'list.*\[\]', 'a pydantic dataclass'),
        (Limited, r'Limited\.value', 'does not run the validation of Gt'),
        (dict[str, list[POSITIVE]], 'dict', 'the validation of Gt'),
        (Named, r'Named\.positive', 'the validation of Gt'),
        (Box[POSITIVE], 'Box', 'the validation of Gt'),
        (Tree[POSITIVE], 'Tree', 'the validation of Gt'),
        (Defaulted, r'Defaulted\.value', 'the validation of FieldInfo'),
        (set[list[int]], 'set', 'list is not hashable'),
        (set[int | list[int]], 'set', 'list is not hashable'),
        (frozenset[dict[str, int]], 'frozenset', 'dict is not hashable'),
        (set[tuple[int, list[int]]], 'set', 'list is not hashable'),
        (set[tuple[set[int], ...]], 'set', 'set is not hashable'),
        (set[Row], 'set', 'Row is not hashable'),
        (set[Part], 'set', 'Part is not hashable'),
        (set[Unhashable], 'set', 'list is not hashable'),
        (set[Pair], 'set', 'Envelope is not hashable'),
        (set[bytearray], 'set', 'bytearray is not hashable'),
    ],
    ids=str,
)
def test_a_fault_within_a_type_is_an_error_at_start(
    format_: Any, cls: Any, path: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=f'type: .*{path}.*: .*{said}'):
        check_type(cls, format_)


@pytest.mark.parametrize('format_', BOTH, ids=['json', 'message_pack'])
@pytest.mark.parametrize(
    'cls',
    [
        *(object | None, list[object], list[Hashable], list[numbers.Number], Any),
        *(set[Frozen], set[FrozenRow], set[ByIdentity], set[Listed]),
        *(set[tuple[int, ...]], set[frozenset[str]], set[Any]),
        *(dict[UUID, int], dict[Decimal, int], dict[int | None, int], dict[Any, int]),
        *(Box[int], Tree[int], Annotated[int, msgspec.Meta(gt=0), 'a number']),
        *(dict[enum.Enum('Color', 'RED BLUE'), int], msgspec.Raw, memoryview),  # type: ignore[misc]  # made here
    ],
    ids=str,
)
def test_a_valid_message_type_is_accepted(format_: Any, cls: Any) -> None:
    check_type(cls, format_)


@pytest.mark.parametrize(
    ('cls', 'said'),
    [
        (dict[tuple[int, ...], int], 'text keys only..*vartuple: use str keys'),
        (list[dict[bool, int]], 'text keys only..*to bool'),
        (dict[Frozen, int], 'text keys only..*to Frozen'),
        (list[msgspec.msgpack.Ext], 'only MessagePack has Ext'),
    ],
    ids=str,
)
def test_types_of_messagepack_are_refused_for_json(cls: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        check_type(cls, JSON_FORMAT)


@pytest.mark.parametrize(
    'cls',
    [
        dict[tuple[int, ...], int],
        dict[bool, int],
        dict[Listed, int],
        msgspec.msgpack.Ext,
    ],
    ids=str,
)
def test_types_of_messagepack_are_accepted_for_it(cls: Any) -> None:
    check_type(cls, MESSAGE_PACK_FORMAT)


@pytest.mark.parametrize('cls', [Frozen, FrozenRow, tuple[int, Frozen]], ids=str)
def test_a_map_is_refused_as_a_key(cls: Any) -> None:
    with pytest.raises(ConfigError, match='is encoded as a map'):
        check_type(dict[cls, int], MESSAGE_PACK_FORMAT)


def test_raw_is_refused_where_messages_are_converted() -> None:
    with pytest.raises(ConfigError, match='msgspec-msgpack have Raw'):
        check_type(list[msgspec.Raw], JSON_FORMAT._replace(has_raw=False))


def test_a_class_is_accepted_if_the_format_carries_it() -> None:
    address = ipaddress.IPv4Address('192.0.2.1')
    check_type(Part, JSON_FORMAT._replace(samples=(address,)))


def test_classes_of_pydantic_itself_are_refused() -> None:
    pydantic: Any = pytest.importorskip('pydantic')

    class Real(pydantic.BaseModel):  # type: ignore[misc]  # imported above
        x: int

    @pydantic.dataclasses.dataclass
    class RealRow:
        x: int = pydantic.Field(gt=0)

    class Constrained(msgspec.Struct):
        x: Annotated[int, pydantic.Field(gt=0)]

    for cls in (Real, RealRow, Constrained, list[pydantic.PositiveInt]):
        with pytest.raises(ConfigError, match='type: '):
            check_type(cls, JSON_FORMAT)


@pytest.mark.parametrize('cls', [Endless, EndlessPair, tuple[Endless], Box[Endless]])
def test_a_type_that_always_contains_itself_is_refused(cls: Any) -> None:
    with pytest.raises(ConfigError, match='always contains itself'):
        check_type(cls, JSON_FORMAT)


@pytest.mark.parametrize('cls', [Ending, list[Endless], Endless | None, Order | None])
def test_a_type_may_contain_itself_optionally(cls: Any) -> None:
    samples = (ipaddress.IPv4Address('192.0.2.1'),)
    check_type(cls, JSON_FORMAT._replace(samples=samples))


# ---------------------------------------------------------------- Messages of protobuf


@pytest.fixture
def message(monkeypatch: pytest.MonkeyPatch) -> type:
    """A stand-in for a protobuf message class; protobuf may not be installed."""
    base = type('Message', (), {})
    module = SimpleNamespace(Message=base)
    monkeypatch.setitem(sys.modules, 'google.protobuf.message', module)
    return type('Event', (base,), {'__module__': 'events_pb2'})


@pytest.mark.parametrize(
    'format_', [JSON_FORMAT, MESSAGE_PACK_FORMAT], ids=['json', 'message_pack']
)
def test_a_protobuf_message_class_is_refused_with_advice(
    message: Any, format_: MessageFormat
) -> None:
    for value in (message, list[message], message | None):
        with pytest.raises(
            ConfigError,
            match=r'events_pb2\.Event is a protobuf message class: select the '
            r"handler 'protobuf', with falcon_media\.use\('protobuf', "
            "type='events_pb2:Event'",
        ):
            check_type(value, format_)
    with pytest.raises(
        ConfigError, match='pass the class Event, not an instance of it'
    ):
        check_type(message(), format_)


class Size(enum.Enum):
    SMALL = 's'
    LARGE = 'l'


class Open(enum.Enum):
    SMALL = 's'

    @classmethod
    def _missing_(cls, value: object) -> None: ...


class Bits(enum.Flag):
    ONE = 1
    TWO = 2


def meta(cls: Any, **constraints: Any) -> Any:
    return Annotated[cls, msgspec.Meta(**constraints)]


@pytest.mark.parametrize(
    ('cls', 'said'),
    [
        (meta(int, gt=5, lt=3), 'no int can satisfy gt=5, lt=3'),
        (meta(int, gt=1, lt=2), 'no int can satisfy gt=1, lt=2'),
        (meta(int, ge=5, le=4), 'no int can satisfy ge=5, le=4'),
        (meta(int, ge=5, lt=5), 'no int can satisfy ge=5, lt=5'),
        (meta(int, gt=5, lt=10, multiple_of=5), 'lt=10, multiple_of=5'),
        (meta(float, gt=1, lt=1), 'no float can satisfy gt=1, lt=1'),
        (meta(float, ge=0.1, le=0.4, multiple_of=0.5), 'no float can satisfy'),
        (meta(float, gt=1.0, lt=1.0000000000000002), 'no float can satisfy'),
        (
            meta(str, min_length=5, max_length=3),
            'no str can satisfy min_length=5, max_len',
        ),
        (meta(bytes, min_length=2, max_length=1), 'no bytes can satisfy'),
        (meta(list[int], min_length=2, max_length=1), 'no list can satisfy'),
        (meta(tuple[int, ...], min_length=2, max_length=1), 'no vartuple can satisfy'),
        (meta(set[bool], min_length=3), 'no set can satisfy min_length=3'),
        (meta(frozenset[Literal['a', 'b'] | None], min_length=4), 'no frozenset'),
        (meta(dict[Size, int], min_length=3), 'no dict can satisfy min_length=3'),
        (list[meta(int, gt=5, lt=3) | None], 'no int can satisfy'),  # type: ignore[misc]  # made here
        (dict[str, list[meta(int, gt=5, lt=3)]], 'no int can satisfy'),  # type: ignore[misc]  # made here
    ],
    ids=str,
)
@pytest.mark.parametrize('format_', BOTH, ids=['json', 'message_pack'])
def test_contradictory_constraints_are_refused(
    format_: Any, cls: Any, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        check_type(cls, format_)


@pytest.mark.parametrize(
    'cls',
    [
        *(meta(int, gt=1, lt=3), meta(int, ge=5, le=5), meta(int, gt=5), meta(int)),
        *(meta(int, ge=5, le=5, multiple_of=5), meta(float, gt=1, lt=2)),
        *(meta(float, ge=0.1, le=0.5, multiple_of=0.5), meta(float, le=1)),
        *(meta(str, min_length=3, max_length=3), meta(str, min_length=3)),
        *(meta(set[bool], min_length=2), meta(set[Open], min_length=2)),
        *(meta(set[Bits], min_length=3), meta(dict[Size, int], min_length=2)),
        *(meta(set[int | bool], min_length=9), meta(dict[str, int], min_length=9)),
        meta(list[None], min_length=9),
    ],
    ids=str,
)
def test_satisfiable_constraints_are_accepted(cls: Any) -> None:
    check_type(cls, MESSAGE_PACK_FORMAT)
