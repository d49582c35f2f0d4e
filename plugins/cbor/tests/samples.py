"""What several tests use."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from falcon_media_cbor import CBORHandler

EVENT: dict[str, Any] = {
    'id': UUID('6f1c1f3e-8a53-4a8b-9d5e-0d2f0a6f7b11'),
    'at': dt.datetime(2026, 3, 1, 12, 30, 15, 250_000, tzinfo=dt.UTC),
    'who': 'Zoë',
    'ok': True,
    'raw': b'\x00\xff',
    'numbers': [23, 24, -1, 2**32, 2**64],
    'nested': [[], {}, {'a': [None]}],
}
# NOTE: By the rules of RFC 8949, section 3, an entry a line.
PAYLOAD = bytes.fromhex(
    """a7
    62 6964            d825 50 6f1c1f3e8a534a8b9d5e0d2f0a6f7b11
    62 6174            c0 78 1b 323032362d30332d30315431323a33303a31352e3235303030305a
    63 77686f          64 5a6fc3ab
    62 6f6b            f5
    63 726177          42 00ff
    67 6e756d62657273  85 17 1818 20 1b0000000100000000 c2 49 010000000000000000
    66 6e6573746564    83 80 a0 a1 61 61 81 f6
    """
)


def sent_back(handler: CBORHandler, media: object) -> Any:
    """Serialize an object, and return what that is deserialized to."""
    return handler.deserialize(bytes(handler.serialize(media)))
