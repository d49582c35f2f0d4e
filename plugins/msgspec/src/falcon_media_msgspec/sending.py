"""What is sent: objects that would come back equal.

msgspec sends more than it gets back without a type: dates, sets, dataclasses and many
others become something else. So an object is looked at first. Most are plain: dict,
list, tuple and scalars of exact types. Of the rest a plain copy is made, or it is
refused.
"""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Callable
from dataclasses import dataclass
import datetime as dt
from enum import EnumType
from gc import get_referents
from types import FunctionType
from types import ModuleType
from typing import Any, TypeVar

from msgspec import StructMeta
from msgspec import to_builtins
from msgspec import ValidationError
from msgspec.msgpack import Ext

from falcon_media import Limits
from falcon_media import UnserializableMedia
from falcon_media.spi import check_sent
from falcon_media.spi import Cures
from falcon_media.spi import fields_of
from falcon_media.spi import invalid_media
from falcon_media.spi import media_check
from falcon_media.spi import NOT_CARRIED
from falcon_media.spi import remaining_cures

__all__ = (
    'checked_encoder',
    'depth_check',
    'plain_copier',
    'Sending',
    'sending_cures',
    'Wire',
)

_CONTAINERS: frozenset[type] = frozenset((dict, list, tuple))

_Payload = TypeVar('_Payload', str, bytes)

# NOTE: Lists that contain each other several times over are larger than they look: how
#   many items may be looked at before they are counted in a way that can't take long.
_MANY = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """The options of the handlers that are about messages of any shape, when sent."""

    converted_types: tuple[type, ...]
    default: Callable[[Any], object] | None
    strict: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """What a format has.

    Attributes:
        leaves (frozenset[type]): The scalars that it carries.
        keys (frozenset[type]): Those of them that may be keys.
        has_bytes (bool): Whether it carries bytes.
        timestamp (bool): Whether it carries a ``datetime`` with a zone.
        ext_types (bool): Whether it carries extension types.
    """

    leaves: frozenset[type]
    keys: frozenset[type]
    has_bytes: bool = False
    timestamp: bool = False
    ext_types: bool = False


def sending_cures(sending: Sending, **options: object) -> Cures:
    """List the options that would let more objects be sent.

    Args:
        sending (Sending): The options about what is sent.

    Keyword Args:
        options: Those of the format, where it has them: ``strict_map_key``,
            ``timestamp`` and ``ext_hook``.

    Returns:
        Cures: For the error messages of the guard.
    """
    cures: dict[type | str, str] = {}
    if options:
        cures = {
            'key': 'strict_map_key=False (for None, bool, int and float)',
            'naive': 'one that has a time zone',
            dt.datetime: 'timestamp=True',
            Ext: 'ext_hook= (a function that reads it back)',
        }
    cures = dict(remaining_cures(cures, {**options, 'default': sending.default}))
    cures[object] += ', or converted_types= (a list with its type)'
    return cures


def checked_encoder(
    encode: Callable[[object], _Payload],
    decode: Callable[[_Payload], object],
    send: Any,
    sending: Sending,
) -> Callable[[object], _Payload]:
    """Make the function that encodes messages of a type.

    Args:
        encode (Callable): Object to payload, whatever its type.
        decode (Callable): Payload to object, of the type alone.
        send: The type.
        sending (Sending): The options.

    Returns:
        Callable: Takes the object, and returns the payload; raises
        ``UnserializableMedia``, or whatever msgspec raises.
    """
    if not sending.strict:
        return encode

    def encode_checked(media: object) -> _Payload:
        payload = encode(media)
        try:
            check_sent(media, lambda: decode(payload), send)
        except ValidationError as ex:
            raise invalid_media(str(ex)) from ex
        return payload

    return encode_checked


def depth_check(limits: Limits) -> Callable[[object], None]:
    """Make a check of the depth of objects of all types that msgspec opens.

    Args:
        limits (Limits): The budgets; only ``max_depth`` is used.

    Returns:
        Callable: Takes the object; raises ``UnserializableMedia``.
    """
    check_slowly = media_check(limits, fields=fields_of)
    is_made_of = _is_made_of(_SIZED, _CLOSED, limits.max_depth)
    levels = range(limits.max_depth)
    is_open = _OpenTypes().__getitem__

    # PERF: By levels too; a third of what check_slowly() takes.
    def check(media: object) -> None:
        if is_made_of(media):
            return
        level: list[Any] = [media]
        for _ in levels:
            level = [item for item in level if type(item) not in _CLOSED]
            if not level:
                return
            sized = [item for item in level if type(item) in _SIZED]
            objects = [item for item in level if type(item) not in _SIZED]
            if not all(map(is_open, map(type, objects))):
                break
            items = get_referents(*sized)
            # NOTE: See _is_made_of().
            if len(items) != sum(map(len, sized)) or len(items) > _MANY:
                break
            level = items + get_referents(*objects)
        check_slowly(media)

    return check


def _is_made_of(
    containers: frozenset[type], leaves: frozenset[type], max_depth: int
) -> Callable[[object], bool]:
    """Make a fast accept: for objects of some types alone, that are not too deep.

    PERF: All objects of a level are looked at together, in loops of C or nearly so; it
        takes 25 ns a scalar. To go into each container takes twice as long.
    """
    levels = range(max_depth)

    def is_made_of(media: Any) -> bool:
        if type(media) not in containers:
            return type(media) in leaves
        # NOTE: Of a dict these are the values, and the keys too unless all of them are
        #   plain strings; and nothing at all where CPython hides the values (of
        #   vars(object), since 3.13).
        items = get_referents(media)
        count = len(media)
        for _ in levels:
            if len(items) != count or count > _MANY:
                return False
            level: list[Any] = [item for item in items if type(item) not in leaves]
            if not level:
                return True
            if not containers.issuperset(map(type, level)):
                return False
            items = get_referents(*level)
            count = sum(map(len, level))
        return False

    return is_made_of


_SIZED: frozenset[type] = frozenset((dict, frozenset, list, set, tuple))
# NOTE: An object refers to its class too, and that to the rest of the program.
_CLOSED: frozenset[type] = frozenset(
    (
        *(bool, bytes, float, int, str, type(None), dt.datetime),
        *(type, ABCMeta, EnumType, StructMeta),
    )
)

# NOTE: Py_TPFLAGS_HAVE_GC, part of the stable ABI.
_HAVE_GC = 1 << 14
_KNOWN_TYPES = 256
# PERF: These refer to the rest of the program: 20 ms for a message with an iterator.
_ASTRAY = frozenset((FunctionType, ModuleType))


class _OpenTypes(dict[type, bool]):
    """Whether ``get_referents()`` shows all that objects of a type contain."""

    def __missing__(self, cls: type) -> bool:
        # NOTE: An app may make types without end, and the table keeps them alive.
        if len(self) >= _KNOWN_TYPES:
            self.clear()
        self[cls] = cls not in _ASTRAY and (
            bool(cls.__flags__ & _HAVE_GC) or fields_of(cls) is None
        )
        return self[cls]


def plain_copier(
    wire: Wire, sending: Sending, limits: Limits
) -> Callable[[object], object]:
    """Make the function that makes objects plain.

    Args:
        wire (Wire): What the format has.
        sending (Sending): The options.
        limits (Limits): The budgets; only ``max_depth`` is used.

    Returns:
        Callable: Takes an object, and returns it, or a plain copy; raises
        ``UnserializableMedia``, or whatever msgspec and ``default`` raise.
    """
    is_plain = _is_made_of(_CONTAINERS, wire.leaves, limits.max_depth)
    check_media = depth_check(limits)
    copy = _Plain(wire, sending, limits.max_depth).copy

    def plain(media: object) -> object:
        if is_plain(media):
            return media
        check_media(media)
        return copy(media)

    return plain


class _Plain:
    """Makes a plain copy of an object, or refuses it."""

    def __init__(self, wire: Wire, sending: Sending, max_depth: int) -> None:
        self._wire = wire
        self._converted = sending.converted_types
        self._default = sending.default
        self._max_depth = max_depth

    def copy(self, media: Any, depth: int = 0, *, is_new: bool = True) -> object:
        """Copy an object that stands within `depth` containers.

        `is_new` says that it is not what ``default`` has made.
        """
        wire = self._wire
        if type(media) in wire.leaves:
            return media
        if isinstance(media, dict | list | tuple) and not isinstance(
            media, self._converted
        ):
            return self._copy_container(media, depth)
        if wire.timestamp and type(media) is dt.datetime and media.tzinfo is not None:
            # NOTE: Fails in the first and the last hours, which no UTC datetime has.
            return media.astimezone(dt.UTC)
        if wire.ext_types and type(media) is Ext:
            return media
        if isinstance(media, self._converted):
            carried = [bytes, bytearray] if wire.has_bytes else []
            made = to_builtins(
                media, builtin_types=carried, str_keys=not wire.has_bytes
            )
            return self._copy_container(made, depth) if _is_container(made) else made
        plain = _exact(media, wire)
        if plain is not NotImplemented:
            return plain
        if self._default is None or not is_new:
            raise UnserializableMedia(NOT_CARRIED)
        # NOTE: Asked once for each object, as by the library.
        return self.copy(self._default(media), depth, is_new=False)

    def _copy_container(self, media: Any, depth: int) -> object:
        # NOTE: What `default` makes has not been checked.
        if depth == self._max_depth:
            raise UnserializableMedia(f'nested deeper than {depth} levels')
        if not isinstance(media, dict):
            return [self.copy(value, depth + 1) for value in media]
        pairs = [
            (self._copy_key(key), self.copy(value, depth + 1))
            for key, value in media.items()
        ]
        plain = dict(pairs)
        if len(plain) != len(pairs):
            raise UnserializableMedia('two keys of a dict would be the same')
        return plain

    def _copy_key(self, key: object) -> object:
        keys = self._wire.keys
        plain = key if type(key) in keys else _exact(key, self._wire)
        if type(plain) not in keys:
            raise UnserializableMedia(NOT_CARRIED)
        return plain


def _is_container(media: object) -> bool:
    return isinstance(media, dict | list | tuple)


_EXACT: tuple[tuple[type, Callable[[Any], object]], ...] = (
    (str, str.__str__),
    (int, int.__int__),
    (float, float.__float__),
)


def _exact(media: object, wire: Wire) -> object:
    """Scalar of a derived type -> the equal one of a type that is carried."""
    for base, convert in _EXACT:
        if isinstance(media, base):
            plain = convert(media)
            return plain if plain == media or plain != plain else NotImplemented
    if wire.has_bytes and isinstance(media, bytes | bytearray | memoryview):
        plain = bytes(memoryview(media))
        # NOTE: A view of other items than bytes is not equal to its bytes.
        return plain if plain == media else NotImplemented
    return NotImplemented
