"""Messages of a type as plain objects, by their fields: to be shown, and read back.

NOTE: It is no business of a handler: those of a type are msgspec's to convert, whatever
    their format. A handler that has types of its library's own says so in its spec.
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
"""What :mod:`falcon_media_tools.tagged` has a tag for."""


def to_fields(media: object) -> object:
    """Make a message of a type plain.

    Args:
        media (object): The message.

    Returns:
        object: A copy of dict, list, str and such; the message itself, where there is
        something in it that msgspec knows nothing of.
    """
    try:
        from msgspec import to_builtins
    except ImportError:
        # NOTE: A handler may have types without it.
        return media
    try:
        return to_builtins(media, builtin_types=_TAGGED)
    except (RecursionError, TypeError):
        return media


def from_fields(media: object, send: Any) -> object:
    """Make a message of a type of what is plain.

    Args:
        media (object): What :func:`to_fields` returned, or what somebody wrote.
        send: The type.

    Returns:
        object: The message; where there is none, what it was to be made of, which the
        handler refuses, and says why.
    """
    try:
        from msgspec import convert
        from msgspec import ValidationError
    except ImportError:
        return media
    try:
        # NOTE: What somebody wrote in JSON has no other keys.
        return convert(media, send, str_keys=True)
    except (RecursionError, TypeError, ValidationError):
        return media
