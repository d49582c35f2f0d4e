"""The messages, the same for all benches.

Most text is ASCII, as in practice. One name is not, so that CPython stores its ``str``
in another way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from google.protobuf.message import Message as ProtobufMessage

__all__ = ('CHAT', 'FEED', 'Message', 'MESSAGES', 'ORDER', 'REPORT')


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a nominal size, as compact JSON.

    Attributes:
        size (str): The size as shown in tables.
        type_name (str): Its type in ``messages.proto`` and ``typed.py``.
        make (Callable): Makes the object.
    """

    size: str
    type_name: str
    make: Callable[[], dict[str, Any]]

    def protobuf_type(self) -> type[ProtobufMessage]:
        """Return its protobuf class."""
        from benchmarks import messages_pb2

        found: type[ProtobufMessage] = getattr(messages_pb2, self.type_name)
        return found

    def struct_type(self) -> type[Any]:
        """Return the type for typed handlers."""
        from benchmarks import typed

        found: type[Any] = getattr(typed, self.type_name)
        return found


def _chat() -> dict[str, Any]:
    return {
        'type': 'chat',
        'id': 48_213,
        'author': 'Zoë',
        'text': 'Did the second pump start again after lunch?',
    }


def _order() -> dict[str, Any]:
    return {
        'type': 'order',
        'id': 9_007_199,
        'customer': 'Zoë Brandt, Waterworks North',
        'placed': '2026-03-14T09:26:53+01:00',
        'tags': ['urgent', 'phone', 'north'],
        'positions': [
            {
                'sku': f'PMP-{1000 + 37 * number}',
                'name': f'Pump seal, no. {number}',
                'quantity': number % 5 + 1,
                'price': round(12.95 + 0.35 * number, 2),
                'in_stock': number % 4 != 0,
            }
            for number in range(21)
        ],
        'total': 1234.56,
    }


def _report(readings: int) -> dict[str, Any]:
    return {
        'type': 'report',
        'id': 77_123,
        'site': 'Zoë, unit 4',
        'readings': [
            {
                'at': 1_766_000_000_000 + 250 * number,
                'sensor': f'boiler-{number % 12:02}',
                'value': round(20 + number % 97 * 0.37, 2),
                'ok': number % 31 != 0,
            }
            for number in range(readings)
        ],
    }


CHAT = Message('100 B', 'Chat', _chat)
ORDER = Message('2 KB', 'Order', _order)
FEED = Message('64 KB', 'Report', partial(_report, 1_000))
REPORT = Message('200 KB', 'Report', partial(_report, 3_100))

MESSAGES = {message.size: message for message in (CHAT, ORDER, FEED, REPORT)}
