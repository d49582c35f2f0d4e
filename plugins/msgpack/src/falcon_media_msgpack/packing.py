"""Object -> payload: msgpack's own call, for what would come back equal.

The library writes more than it reads: keys of any type, its own extension types, and
objects of derived types that it doesn't know. It recurses, and overflows a stack of
128 KB at about 400 levels. So an object is looked at first:

- Most of them are plain: dict, list, tuple and scalars of exact types. The library
  runs no code of others for these, and they are packed as they are.
- Of the rest a plain copy is made, or it is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
import datetime as dt
import sys
from typing import Any

from msgpack import ExtType
from msgpack import Packer
from msgpack import Timestamp

from falcon_media import Limits
from falcon_media import UnserializableMedia
from falcon_media.spi import Cures
from falcon_media.spi import media_check
from falcon_media.spi import NOT_CARRIED
from falcon_media.spi import remaining_cures
from falcon_media.spi import Sent

__all__ = ('encoder', 'sending_cures', 'sent_plain')

_CONTAINERS: frozenset[type] = frozenset((dict, list, tuple))
_STRICT_KEYS: frozenset[type] = frozenset((bytes, str))
_KEYS: frozenset[type] = _STRICT_KEYS | {bool, float, int, type(None)}
_LEAVES: frozenset[type] = _KEYS | {bytearray}

# NOTE: Lists that contain each other several times over are larger than they look: how
#   many items may be looked at before they are counted in a way that can't take long.
_MANY_ITEMS = 1_048_576
_FEW = 16

# NOTE: Between these a time is within the range of datetime in any zone.
_EARLY = dt.datetime(1, 1, 2, tzinfo=dt.UTC)
_LATE = dt.datetime(9999, 12, 31, tzinfo=dt.UTC)


def encoder(
    limits: Limits,
    *,
    strict_encode: bool,
    strict_map_key: bool,
    timestamp: int | None,
    ext_types: bool,
    default: Callable[[Any], object] | None,
) -> Callable[[object], bytes]:
    """Make the function that encodes objects.

    Args:
        limits (Limits): The budgets; only ``max_depth`` is used.

    Keyword Args:
        strict_encode (bool): See the handler.
        strict_map_key (bool): See the handler.
        timestamp (int | None): See the handler.
        ext_types (bool): Whether ``msgpack.ExtType`` may be written.
        default (Callable): See the handler.

    Returns:
        Callable: Takes the object, and returns the payload; raises
        ``UnserializableMedia``, or whatever the library and `default` raise.
    """
    leaves = _leaves(timestamp, ext_types)
    # NOTE: What is read as a number (1 and 2) does not come back equal.
    has_datetime = timestamp == 3
    keys = _STRICT_KEYS if strict_map_key else _KEYS

    check_media = media_check(limits)
    is_time = _is_plain_time if has_datetime else _is_no_time
    is_plain = _plainness(leaves, is_time, limits.max_depth, check_media)
    plain = _Plain(leaves, keys, has_datetime, limits.max_depth, default)
    # NOTE: What `default` makes has a budget of its own, or it could go deeper and
    #   deeper, down to the 1,024 levels of the library.
    other = None if default is None else plain.copy_other

    # NOTE: A packer that is shared by threads mixes up their messages, as soon as
    #   Python code runs in the midst of one: a zone's utcoffset(), or a finalizer. A
    #   new one takes 0.2 us.

    def encode(media: Any) -> bytes:
        # PERF: A flat message ends here, in half the time of the check for all sorts of
        #   objects.
        if type(media) is dict:
            for key, value in media.items():
                if type(key) is not str or type(value) not in leaves:
                    break
            else:
                return Packer(datetime=has_datetime).pack(media)
        if not is_plain(media):
            check_media(media)
            media = plain.copy(media)
        return Packer(datetime=has_datetime).pack(media)

    def encode_any(media: object) -> bytes:
        check_media(media)
        return Packer(default=other, datetime=has_datetime).pack(media)

    return encode if strict_encode else encode_any


def sending_cures(
    *,
    strict_map_key: bool,
    timestamp: int | None,
    ext_types: bool,
    default: Callable[[Any], object] | None,
) -> Cures:
    """List the options that would let more objects be packed.

    Keyword Args:
        strict_map_key (bool): See the handler.
        timestamp (int | None): See the handler.
        ext_types (bool): Whether ``msgpack.ExtType`` may be written.
        default (Callable): See the handler.

    Returns:
        Cures: For the error messages of the guard.
    """
    cures: dict[type | str, str] = {
        'key': 'strict_map_key=False (for None, bool, int and float)',
        'naive': 'one that has a time zone',
        ExtType: 'ext_hook= (a function that reads it back)',
    }
    if timestamp != 0:
        cures[Timestamp] = 'timestamp=0'
    if timestamp != 3:
        cures[dt.datetime] = 'timestamp=3'
    options = {
        'strict_map_key': strict_map_key,
        'ext_hook': ext_types,
        'default': default,
    }
    return remaining_cures(cures, options)


def sent_plain(*, timestamp: int | None, ext_types: bool) -> Sent:
    """Describe which objects :func:`encoder` packs as they are, but for times.

    Keyword Args:
        timestamp (int | None): See the handler.
        ext_types (bool): Whether ``msgpack.ExtType`` may be written.

    Returns:
        Sent: What can be sent as it is.
    """
    return Sent(
        call=lambda media: Packer().pack(media), leaves=_leaves(timestamp, ext_types)
    )


def _leaves(timestamp: int | None, ext_types: bool) -> frozenset[type]:
    leaves = _LEAVES
    if timestamp == 0:
        leaves |= {Timestamp}
    if ext_types:
        leaves |= {ExtType}
    return leaves


def _is_plain_time(media: object) -> bool:
    return (
        type(media) is dt.datetime
        and media.tzinfo is not None
        and _EARLY < media < _LATE
    )


def _is_no_time(media: object) -> bool:
    return False


def _plainness(
    leaves: frozenset[type],
    is_time: Callable[[object], bool],
    max_depth: int,
    check_media: Callable[[object], None],
) -> Callable[[object], bool]:
    """Make the fast accept.

    PERF: Plain loops, level by level. gc.get_referents() is faster, but does not tell
        keys from values, and shows nothing of an object's ``__dict__`` on CPython 3.13.
        To decode the payload again, and compare, takes twice as long.
    """

    def is_plain(media: object) -> bool:
        if type(media) not in _CONTAINERS:
            return type(media) in leaves or is_time(media)
        level = [media]
        room = _MANY_ITEMS
        for _ in range(max_depth):
            if len(level) > _FEW:
                room -= sum(map(len, level))  # type: ignore[arg-type]  # containers
                if room < 0:
                    check_media(media)
                    room = sys.maxsize
            below = _containers_in(level, leaves, is_time)
            if not below:
                return below is not None
            level = below
        return False

    return is_plain


def _containers_in(
    level: Iterable[Any],
    leaves: frozenset[type],
    is_time: Callable[[object], bool],
) -> list[object] | None:
    """List what is in some containers, leaves apart; ``None`` if not all plain."""
    found = []
    for container in level:
        values: Iterable[Any] = container
        if type(container) is dict:
            for key in container:
                if type(key) is not str:
                    return None
            values = container.values()
        # PERF: A loop in C, for long lists of numbers.
        elif len(container) > _FEW and leaves.issuperset(map(type, container)):
            continue
        for value in values:
            if type(value) not in leaves:
                if type(value) in _CONTAINERS:
                    found.append(value)
                elif not is_time(value):
                    return None
    return found


class _Plain:
    """Makes a plain copy of an object, or refuses it.

    What is copied compares equal, but for sequences: all of them become lists.
    """

    def __init__(
        self,
        leaves: frozenset[type],
        keys: frozenset[type],
        has_datetime: bool,
        max_depth: int,
        default: Callable[[Any], object] | None,
    ) -> None:
        self._leaves = leaves
        self._keys = keys
        self._has_datetime = has_datetime
        self._max_depth = max_depth
        self._default = default

    def copy(self, media: Any, depth: int = 0) -> object:
        """Copy an object that stands within `depth` containers."""
        plain = self._copy(media, depth)
        return self.copy_other(media, depth) if plain is NotImplemented else plain

    def copy_other(self, media: Any, depth: int = 0) -> object:
        """Copy what `default` makes of an object."""
        plain: object = NotImplemented
        if self._default is not None:
            # NOTE: Asked once for each object, as by the library.
            media = self._default(media)
            plain = self._copy(media, depth)
        if plain is NotImplemented:
            raise UnserializableMedia(NOT_CARRIED)
        return plain

    def _copy(self, media: Any, depth: int) -> object:
        if type(media) in self._leaves:
            return media
        if isinstance(media, ExtType):
            # NOTE: A tuple, but not to the library.
            return NotImplemented
        if (
            self._has_datetime
            and type(media) is dt.datetime
            and media.tzinfo is not None
        ):
            # NOTE: Fails in the first and the last hours, which no UTC datetime has.
            return media.astimezone(dt.UTC)
        if not isinstance(media, (dict, list, tuple)):
            return _exact(media)
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
        plain = key if type(key) in self._keys else _exact(key)
        if type(plain) not in self._keys:
            raise UnserializableMedia(NOT_CARRIED)
        return plain


_EXACT: tuple[tuple[type | tuple[type, ...], Callable[[Any], object]], ...] = (
    (str, str.__str__),
    (int, int.__int__),
    (float, float.__float__),
    ((bytes, bytearray, memoryview), lambda media: bytes(memoryview(media))),
)


def _exact(media: object) -> object:
    """Scalar of a derived type -> the equal one of a type that is carried."""
    for base, convert in _EXACT:
        if isinstance(media, base):
            plain = convert(media)
            # NOTE: NaN is not equal to itself. A view of other items than bytes is not
            #   equal to its bytes.
            if plain == media or plain != plain:
                return plain
    return NotImplemented
