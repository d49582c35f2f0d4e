"""Types of the messages, for typed handlers."""

from __future__ import annotations

import msgspec

__all__ = ('Chat', 'Order', 'Position', 'Reading', 'Report')


class Chat(msgspec.Struct):
    """100 B."""

    type: str
    id: int
    author: str
    text: str


class Position(msgspec.Struct):
    """A line of an order."""

    sku: str
    name: str
    quantity: int
    price: float
    in_stock: bool


class Order(msgspec.Struct):
    """2 KB."""

    type: str
    id: int
    customer: str
    placed: str
    tags: list[str]
    positions: list[Position]
    total: float


class Reading(msgspec.Struct):
    """A line of a report."""

    at: int
    sensor: str
    value: float
    ok: bool


class Report(msgspec.Struct):
    """A report of any length."""

    type: str
    id: int
    site: str
    readings: list[Reading]
