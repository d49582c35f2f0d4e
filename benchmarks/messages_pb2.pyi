from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Chat(_message.Message):
    __slots__ = ("type", "id", "author", "text")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    type: str
    id: int
    author: str
    text: str
    def __init__(self, type: _Optional[str] = ..., id: _Optional[int] = ..., author: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class Position(_message.Message):
    __slots__ = ("sku", "name", "quantity", "price", "in_stock")
    SKU_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    IN_STOCK_FIELD_NUMBER: _ClassVar[int]
    sku: str
    name: str
    quantity: int
    price: float
    in_stock: bool
    def __init__(self, sku: _Optional[str] = ..., name: _Optional[str] = ..., quantity: _Optional[int] = ..., price: _Optional[float] = ..., in_stock: bool = ...) -> None: ...

class Order(_message.Message):
    __slots__ = ("type", "id", "customer", "placed", "tags", "positions", "total")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_FIELD_NUMBER: _ClassVar[int]
    PLACED_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    type: str
    id: int
    customer: str
    placed: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    positions: _containers.RepeatedCompositeFieldContainer[Position]
    total: float
    def __init__(self, type: _Optional[str] = ..., id: _Optional[int] = ..., customer: _Optional[str] = ..., placed: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., positions: _Optional[_Iterable[_Union[Position, _Mapping]]] = ..., total: _Optional[float] = ...) -> None: ...

class Reading(_message.Message):
    __slots__ = ("at", "sensor", "value", "ok")
    AT_FIELD_NUMBER: _ClassVar[int]
    SENSOR_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    OK_FIELD_NUMBER: _ClassVar[int]
    at: int
    sensor: str
    value: float
    ok: bool
    def __init__(self, at: _Optional[int] = ..., sensor: _Optional[str] = ..., value: _Optional[float] = ..., ok: bool = ...) -> None: ...

class Report(_message.Message):
    __slots__ = ("type", "id", "site", "readings")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    READINGS_FIELD_NUMBER: _ClassVar[int]
    type: str
    id: int
    site: str
    readings: _containers.RepeatedCompositeFieldContainer[Reading]
    def __init__(self, type: _Optional[str] = ..., id: _Optional[int] = ..., site: _Optional[str] = ..., readings: _Optional[_Iterable[_Union[Reading, _Mapping]]] = ...) -> None: ...
