"""The messages of a shop, as types: what ``docs/typed.md`` is about."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from msgspec import Struct


class Item(Struct):
    """A part of an order."""

    name: str
    price: Annotated[float, Meta(ge=0)]


class Buy(Struct, tag='buy'):
    """A command: buy these."""

    items: list[Item]


class Cancel(Struct, tag='cancel'):
    """Another one: forget it."""

    id: int


Command = Buy | Cancel
"""What a client sends; its ``type`` says which of them it is."""


class Receipt(Struct):
    """What it is answered."""

    total: float
