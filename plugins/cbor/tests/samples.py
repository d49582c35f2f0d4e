"""Objects and payloads that several tests use."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any
from uuid import UUID

import cbor2

from falcon_media_cbor import CBORHandler

EVENT: dict[str, Any] = {
    'id': UUID('6f1c1f3e-8a53-4a8b-9d5e-0d2f0a6f7b11'),
    'at': dt.datetime(2026, 3, 1, 12, 30, 15, 250_000, tzinfo=dt.UTC),
    'day': dt.date(2026, 3, 1),
    'who': 'Zoë 😀',
    'ok': True,
    'nothing': None,
    'raw': b'\x00\xff',
    'numbers': [0, 23, 24, -1, 2**32, -(2**63), 2**64 - 1, 2**64, -(2**64) - 1],
    'reals': [0.0, -0.0, 1.5, 1e300, math.inf],
    'nested': [[], {}, {'a': [{'b': []}]}],
}

MEDIA: list[Any] = [
    EVENT,
    'text' * 100,
    b'bytes',
    -1000,
    1.1,
    [],
    {'a': [1, {'b': 2}]},
    2**70,
]
SAMPLES = [cbor2.dumps(media) for media in MEDIA]

HEADS = bytes.fromhex(
    '00171819 1a1b1c1f 20383b3f 40415859 5b5f6061 78797b7f 80819899 9b9fa0a1 b8b9bbbf'
    'c0c1c2c3 c4c5d8d9 dadbdfe0 f4f6f7f8 f9fafbff'
)
"""Bytes that mean something in CBOR."""


def sent_back(handler: CBORHandler, media: object) -> Any:
    """Serialize an object, and return what that is deserialized to."""
    return handler.deserialize(bytes(handler.serialize(media)))


def same(one: Any, other: Any) -> bool:
    """Tell whether two decoded objects are alike, down to types, signs and NaN."""
    if type(one) is not type(other):
        return False
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return same([*one.items()], [*other.items()])
    if isinstance(one, float):
        return repr(one) == repr(other)
    return bool(one == other)
