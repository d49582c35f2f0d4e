from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class Event(_message.Message):
    __slots__ = ("kind", "id", "author", "text", "after")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    kind: str
    id: int
    author: str
    text: str
    after: int
    def __init__(self, kind: _Optional[str] = ..., id: _Optional[int] = ..., author: _Optional[str] = ..., text: _Optional[str] = ..., after: _Optional[int] = ...) -> None: ...
