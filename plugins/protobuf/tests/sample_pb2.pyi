import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Quality(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    QUALITY_UNKNOWN: _ClassVar[Quality]
    QUALITY_GOOD: _ClassVar[Quality]
    QUALITY_BAD: _ClassVar[Quality]
QUALITY_UNKNOWN: Quality
QUALITY_GOOD: Quality
QUALITY_BAD: Quality

class Sample(_message.Message):
    __slots__ = ("device", "taken", "values", "labels", "note", "quality", "position", "channel", "file")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class Position(_message.Message):
        __slots__ = ("latitude", "longitude")
        LATITUDE_FIELD_NUMBER: _ClassVar[int]
        LONGITUDE_FIELD_NUMBER: _ClassVar[int]
        latitude: float
        longitude: float
        def __init__(self, latitude: _Optional[float] = ..., longitude: _Optional[float] = ...) -> None: ...
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    TAKEN_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    device: str
    taken: _timestamp_pb2.Timestamp
    values: _containers.RepeatedScalarFieldContainer[float]
    labels: _containers.ScalarMap[str, str]
    note: str
    quality: Quality
    position: Sample.Position
    channel: int
    file: str
    def __init__(self, device: _Optional[str] = ..., taken: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., values: _Optional[_Iterable[float]] = ..., labels: _Optional[_Mapping[str, str]] = ..., note: _Optional[str] = ..., quality: _Optional[_Union[Quality, str]] = ..., position: _Optional[_Union[Sample.Position, _Mapping]] = ..., channel: _Optional[int] = ..., file: _Optional[str] = ...) -> None: ...
