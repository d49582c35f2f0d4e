"""Convert messages of a type to plain objects and back, by their fields.

NOTE: Handlers are not involved: msgspec converts the messages of a type for every
    format. A handler with types of its own library has ``plain`` in its spec.
"""

from __future__ import annotations

from datetime import date
from datetime import datetime
from datetime import time
from decimal import Decimal
from typing import Any
from uuid import UUID

__all__ = ('from_fields', 'to_fields')

_TAGGED = (bytes, datetime, date, time, Decimal, UUID)
"""Types that have a tag in :mod:`falcon_media_tools.tagged`."""


def to_fields(media: object) -> object:
    """Convert a message of a type to plain objects.

    Args:
        media (object): The message.

    Returns:
        object: A copy made of dict, list, str and so on; or the message itself, if it
        contains an object that msgspec can't convert.
    """
    try:
        from msgspec import to_builtins
    except ImportError:
        # NOTE: A handler may support types without msgspec.
        return media
    try:
        return to_builtins(media, builtin_types=_TAGGED)
    except (RecursionError, TypeError):
        return media


def from_fields(media: object, send: Any) -> object:
    """Convert plain objects to a message of a type.

    Args:
        media (object): The result of :func:`to_fields`, or hand-written input.
        send: The type.

    Returns:
        object: The message; or `media` if the conversion fails. The handler then
        refuses it, with the reason.
    """
    try:
        from msgspec import convert
        from msgspec import ValidationError
    except ImportError:
        return media
    try:
        # NOTE: JSON has only string keys.
        return convert(media, send, str_keys=True)
    except (RecursionError, TypeError, ValidationError):
        return media
