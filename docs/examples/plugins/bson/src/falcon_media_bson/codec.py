"""What pymongo is asked for: imported when a handler is made, and not before."""

from __future__ import annotations

from typing import Any

from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions, TypeDecoder, TypeRegistry
from bson.int64 import Int64

__all__ = ['OPTIONS']


class _Integers(TypeDecoder):
    bson_type = Int64

    def transform_bson(self, value: int) -> int:
        return int(value)


OPTIONS: CodecOptions[dict[str, Any]] = CodecOptions(
    tz_aware=True,
    uuid_representation=UuidRepresentation.STANDARD,
    type_registry=TypeRegistry([_Integers()]),
)
