"""The library calls, told to be exact. Importing this module imports orjson.

What the library refuses of its own accord is left to it: ``NaN`` and numbers beyond the
range of floats when received, halves of surrogate pairs, bytes that are not UTF-8, keys
that are no strings, integers beyond 64 bits when sent, all sorts of objects.
"""

from __future__ import annotations

from datetime import date
from datetime import time
from enum import Enum
from math import inf
from typing import Any
from uuid import UUID

from falcon import WebSocketPayloadType
import orjson

from falcon_media import Codec
from falcon_media import Limits
from falcon_media.spi import Cures
from falcon_media.spi import DataClass
from falcon_media.spi import JSON_LEAVES
from falcon_media.spi import Received
from falcon_media.spi import remaining_cures
from falcon_media.spi import Sent
from falcon_media_orjson.decode import explain
from falcon_media_orjson.decode import make_decode
from falcon_media_orjson.encode import make_encode
from falcon_media_orjson.encode import Options
from falcon_media_orjson.encode import plain_encode

__all__ = ('make_codec',)

_CURES: Cures = {
    'key': 'non_str_keys=True',
    Enum: 'serialize_enum=True',
    date: 'serialize_datetime=True',
    time: 'serialize_datetime=True',
    UUID: 'serialize_uuid=True',
    DataClass: 'serialize_dataclass=True',
}


def make_codec(
    options: Options,
    limits: Limits,
    payload_type: WebSocketPayloadType,
    *,
    unique: bool,
) -> Codec[Any]:
    """Select the library calls for the options of a handler.

    Args:
        options (Options): What is sent, and how.
        limits (Limits): The budgets.
        payload_type (falcon.WebSocketPayloadType): TEXT or BINARY.

    Keyword Args:
        unique (bool): Whether duplicate keys are refused.

    Returns:
        Codec: The calls, and what the guard has to do for them.
    """
    as_text = payload_type is WebSocketPayloadType.TEXT
    return Codec(
        encode=make_encode(options, limits, as_text=as_text),
        decode=make_decode(limits, as_text=as_text, unique=unique),
        # NOTE: The guard is left with the size.
        unchecked=limits.max_size,
        explain=explain,
        has_fields=options.serialize_dataclass,
        cures=remaining_cures(_CURES, options.by_name),
        sent=Sent(
            call=plain_encode(options),
            leaves=JSON_LEAVES,
            float_bound=inf,
            is_utf8=as_text,
        ),
        received=Received(
            reads='json',
            call=orjson.loads,
            # NOTE: Integers beyond 64 bits become floats.
            float_bound=2**63,
        ),
        is_utf8=True,
    )
