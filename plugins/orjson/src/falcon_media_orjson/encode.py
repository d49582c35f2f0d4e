"""Object to JSON: what orjson would send as something else.

It sends NaN and infinities as ``null``, members of enums as their values, and UUIDs as
strings. The rest of what it converts, it can be told not to.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import fields
from dataclasses import is_dataclass
from enum import Enum
from functools import partial
from math import isfinite
from types import NoneType
from typing import Any
from uuid import UUID

import orjson

from falcon_media import Limits
from falcon_media import UnserializableMedia
from falcon_media.spi import media_check
from falcon_media.spi import NOT_CARRIED
from falcon_media.spi import sending_hook

__all__ = ('make_encode', 'Options', 'plain_encode')


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Those options of the handlers that are about what is sent."""

    default: Callable[[Any], Any] | None
    sort_keys: bool
    non_str_keys: bool
    strict_integer: bool
    passthrough_subclass: bool
    serialize_dataclass: bool
    serialize_datetime: bool
    naive_utc: bool
    omit_microseconds: bool
    utc_z: bool
    serialize_enum: bool
    serialize_uuid: bool

    @property
    def by_name(self) -> dict[str, object]:
        """All of them, as a mapping."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def flags(self) -> int:
        """The library's own."""
        flags = orjson.OPT_PASSTHROUGH_DATACLASS
        for flag, is_set in (
            (orjson.OPT_SORT_KEYS, self.sort_keys),
            (orjson.OPT_NON_STR_KEYS, self.non_str_keys),
            (orjson.OPT_STRICT_INTEGER, self.strict_integer),
            (orjson.OPT_PASSTHROUGH_SUBCLASS, self.passthrough_subclass),
            (orjson.OPT_PASSTHROUGH_DATETIME, not self.serialize_datetime),
            (orjson.OPT_NAIVE_UTC, self.naive_utc),
            (orjson.OPT_OMIT_MICROSECONDS, self.omit_microseconds),
            (orjson.OPT_UTC_Z, self.utc_z),
        ):
            if is_set:
                flags |= flag
        return flags


def plain_encode(options: Options) -> Callable[[Any], bytes]:
    """Select the call for objects that are made of the types of JSON alone.

    Args:
        options (Options): Those that are about other types make no difference.

    Returns:
        Callable: The library's own, with no arguments if need be.
    """
    flags = options.flags & (orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)
    return partial(orjson.dumps, option=flags) if flags else orjson.dumps


def make_encode(
    options: Options, limits: Limits, *, as_text: bool
) -> Callable[[Any], Any]:
    """Make the function from object to payload.

    Args:
        options (Options): What may be sent, and how.
        limits (Limits): The budgets; of these, ``max_depth`` is enforced.

    Keyword Args:
        as_text (bool): Whether the payload is a ``str``, or ``bytes``.

    Returns:
        Callable: Raises ``UnserializableMedia``, and whatever the library raises.
    """
    dumps, flags = orjson.dumps, options.flags
    check_media = _media_check(options, limits)
    default = _replacing(options, check_media)
    # NOTE: Keys that may be of other types are for the full check.
    flat = None if options.non_str_keys else dict
    leaves, is_finite, max_depth = _LEAVES, isfinite, limits.max_depth

    def encode(media: Any) -> bytes:
        # PERF: Most of what a short message costs. It is cheaper than any of the checks
        #   for all sorts of objects, and there is no need of them after it.
        if type(media) is flat:
            for child in media.values():
                kind = type(child)
                if kind not in leaves and not (kind is float and is_finite(child)):
                    break
            else:
                return dumps(media, default, flags)
            if _is_small_and_plain(media, max_depth):
                return dumps(media, default, flags)
        check_media(media)
        data = dumps(media, default, flags)
        # PERF: For bytes that aren't there, rfind() takes half the time of find().
        if data.rfind(b'null') >= 0:
            _check_finite(media)
        return data

    def encode_text(media: Any) -> str:
        return encode(media).decode()

    return encode_text if as_text else encode


# NOTE: What is sent as it is, or refused, by the library itself.
_LEAVES = frozenset((bool, int, str, NoneType))

# PERF: Where there are more, the checks for all sorts of objects cost less for each.
_FEW_ITEMS = 32


def _is_small_and_plain(media: Any, max_depth: int) -> bool:
    """Whether there is nothing in an object that the library would change."""
    level = [media]
    room = _FEW_ITEMS
    for _ in range(max_depth):
        below = []
        for container in level:
            room -= len(container)
            if room < 0:
                return False
            for child in container.values() if type(container) is dict else container:
                kind = type(child)
                if kind in _LEAVES or (kind is float and isfinite(child)):
                    continue
                if kind is not dict and kind is not list:
                    return False
                below.append(child)
        if not below:
            return True
        level = below
    return False


def _media_check(options: Options, limits: Limits) -> Callable[[object], None]:
    # NOTE: Both are sent by the library, with no option not to.
    contents: dict[type, Callable[[Any], Sequence[object]]] = {Enum: _value_if_equal}
    if options.serialize_enum:
        contents[Enum] = _value
    if not options.serialize_uuid:
        contents[UUID] = _refuse_uuid
    return media_check(limits, exact=True, contents=contents)


def _value(member: Enum) -> Sequence[object]:
    return (member.value,)


def _value_if_equal(member: Enum) -> Sequence[object]:
    if member.value != member:
        raise UnserializableMedia(NOT_CARRIED)
    return (member.value,)


def _refuse_uuid(_: UUID) -> Sequence[object]:
    raise UnserializableMedia(NOT_CARRIED)


def _check_finite(media: object) -> None:
    """Refuse NaN and infinities, in an object that could be encoded.

    NOTE: Keys are looked at as well: with `non_str_keys` they may be numbers.
    """
    level = [media]
    while level:
        below: list[Any] = []
        for child in level:
            # PERF: To ask for the type alone takes a quarter of the time.
            if type(child) in _LEAVES:
                continue
            if isinstance(child, float):
                if not isfinite(child):
                    raise UnserializableMedia(NOT_CARRIED)
            elif isinstance(child, dict):
                below += child
                below += child.values()
            elif isinstance(child, (list, tuple)):
                below += child
            elif isinstance(child, Enum):
                below.append(child.value)
        level = below


def _replacing(
    options: Options, check_media: Callable[[object], None]
) -> Callable[[Any], Any] | None:
    default = options.default and sending_hook(options.default, 'default')
    if default is None and not options.serialize_dataclass:
        return None

    def replace(media: Any) -> Any:
        replacement: object
        if options.serialize_dataclass and is_dataclass(type(media)):
            replacement = {
                field.name: getattr(media, field.name) for field in fields(media)
            }
        elif default is None:
            raise UnserializableMedia(NOT_CARRIED)
        else:
            replacement = default(media)
        # NOTE: It can't be seen from the object that is sent.
        check_media(replacement)
        _check_finite(replacement)
        return replacement

    return replace
