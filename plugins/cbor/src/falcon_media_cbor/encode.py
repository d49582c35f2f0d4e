"""Object to bytes: what cbor2 would write and this handler would not accept.

cbor2 recurses into what it encodes, without an eye on its stack. It writes a
``memoryview`` as an array of integers; and sets, fractions, regular expressions and
more as tags that are refused on the way in.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from collections.abc import Iterable
from datetime import date
from datetime import datetime
from datetime import timedelta
from datetime import tzinfo
from datetime import UTC
from decimal import Decimal
from math import log10
from types import NoneType
from typing import Any
from uuid import UUID

from falcon_media import Limits
from falcon_media import UnserializableMedia
from falcon_media.spi import media_check
from falcon_media.spi import NOT_CARRIED
from falcon_media_cbor.tags import MAX_DIGITS
from falcon_media_cbor.tags import MAX_EXPONENT

__all__ = ('SENT_LEAVES', 'strict_check', 'Types')

SENT_LEAVES = frozenset((bool, bytearray, bytes, date, float, NoneType, str, UUID))
"""Types of which all values can be carried."""

_CONTAINERS = frozenset((dict, list, tuple))
_WIDE = 65_536


def strict_check(  # noqa: C901  # see PERF
    limits: Limits, types: Types
) -> Callable[[object], None]:
    """Make the check of an object that is about to be encoded.

    What it accepts comes back equal from the same handler; tuples come back as lists.

    Args:
        limits (Limits): The budgets; of these, ``max_depth`` is enforced.
        types (Types): What to think of each value.

    Returns:
        Callable: Takes the object; raises ``UnserializableMedia``.
    """
    max_depth = limits.max_depth
    levels = range(max_depth)
    check_expansion = media_check(limits)

    # PERF: Nearly all that the handler costs on encode: 30 to 45 % of what cbor2 takes.
    #   gc.get_referents() and the types of each level come to 20 %, and marshal to
    #   12 %, but neither tells keys from values, nor how long an integer is; with that
    #   made good they are no faster. That the loop is there twice, and its names are
    #   local, is a tenth of it (CPython 3.11 and 3.13, cbor2 6.2).
    def check(media: object) -> None:  # noqa: C901  # see PERF
        leaves, integer, string = types.leaves, int, str
        low, high = types.lowest, types.highest
        # NOTE: Level by level, so that nothing recurses.
        level: list[Any] = [media]
        for _ in levels:
            if not _CONTAINERS.issuperset(map(type, level)):
                level = [*filter(types.opens, level)]
            if len(level) > _WIDE:
                # NOTE: Lists that contain each other several times over are small, and
                #   on the wire they are not.
                check_expansion(media)
            below: list[Any] = []
            for container in level:
                if isinstance(container, dict):
                    for key, value in container.items():
                        if type(key) is not string and types.key_opens(key):
                            below.append(key)
                        cls = type(value)
                        if cls in leaves or (cls is integer and low <= value <= high):
                            continue
                        below.append(value)
                else:
                    for value in container:
                        cls = type(value)
                        if cls in leaves or (cls is integer and low <= value <= high):
                            continue
                        below.append(value)
            if not below:
                return
            level = below
        if any(map(types.opens, level)):
            raise UnserializableMedia(
                f'nested deeper than {max_depth} levels, or it contains itself'
            )

    return check


class Types:
    """Which values can be carried, and which of them to look into.

    Keyword Args:
        max_bignum (int): Bytes in a bignum, at the most.
        allow_integer_keys (bool): Whether integers of 64 bits may be keys of maps.
        strict_hashable_types (bool): Whether all other keys have to be text or bytes.
        allow_simple_values (bool): Whether ``undefined`` and simple values may pass.
        allow_decimal (bool): Whether decimals may pass.
        datetime_as_timestamp (bool): As in cbor2.
        timezone (tzinfo): As in cbor2.
        others (Iterable): Types that the app has encoders for.

    Attributes:
        leaves (frozenset): Types of which all values can be carried.
        lowest (int): Lowest integer that can be carried.
        highest (int): Highest integer that can be carried.
    """

    def __init__(
        self,
        *,
        max_bignum: int,
        allow_integer_keys: bool,
        strict_hashable_types: bool,
        allow_simple_values: bool,
        allow_decimal: bool,
        datetime_as_timestamp: bool,
        timezone: tzinfo | None,
        others: Iterable[type],
    ) -> None:
        from cbor2 import CBORSimpleValue
        from cbor2 import undefined

        self.leaves = SENT_LEAVES.union(others)
        if allow_simple_values:
            self.leaves |= {CBORSimpleValue, type(undefined)}
        # NOTE: Tags 2 and 3 begin where 64 bits end, on either side.
        bits = 8 * max(max_bignum, 8)
        self.lowest = -(1 << bits)
        self.highest = (1 << bits) - 1
        self._max_digits = min(MAX_DIGITS, int(bits * log10(2)))
        self._allow_integer_keys = allow_integer_keys
        self._strict_hashable_types = strict_hashable_types
        self._allow_decimal = allow_decimal
        self._datetime_as_timestamp = datetime_as_timestamp
        self._timezone = timezone

    def key_opens(self, key: object) -> bool:
        """Tell whether a key of a map needs another look, as if it were a value.

        Raises:
            UnserializableMedia: It can't be carried.
        """
        if isinstance(key, (str, bytes)):
            return False
        if self._strict_hashable_types:
            if isinstance(key, int) and not isinstance(key, bool):
                if not self._allow_integer_keys:
                    raise UnserializableMedia('allow_integer_keys=True lets it through')
                if _LOWEST_KEY <= key <= _HIGHEST_KEY:
                    return False
            raise UnserializableMedia('strict_hashable_types=False lets it through')
        return type(key) not in self.leaves

    def opens(self, value: Any) -> bool:
        """Tell whether to look into a value, or whether it can stay as it is.

        Raises:
            UnserializableMedia: It can't be carried.
        """
        cls = type(value)
        if cls in _CONTAINERS or cls in self.leaves:
            return cls in _CONTAINERS
        if cls is datetime:
            self._check_datetime(value)
        elif cls is Decimal and self._allow_decimal:
            self._check_decimal(value)
        elif isinstance(value, int):
            if not self.lowest <= value <= self.highest:
                raise UnserializableMedia(
                    'it has too many bits: pass a larger max_bignum'
                )
        elif isinstance(value, (dict, list, tuple)) and _behaves_like_its_base(cls):
            return True
        elif not isinstance(value, (str, bytes, bytearray, float)):
            raise UnserializableMedia(NOT_CARRIED)
        return False

    def _check_datetime(self, value: datetime) -> None:
        if value.tzinfo is None:
            if self._timezone is None:
                raise UnserializableMedia('pass one that has a time zone, or timezone=')
            value = value.replace(tzinfo=self._timezone)
        offset = value.utcoffset()
        if offset is None:
            raise UnserializableMedia('its time zone gives no offset')
        if not self._datetime_as_timestamp:
            if offset % _MINUTE:
                # NOTE: There are none in RFC 3339, and cbor2 writes "Z:30" for 30 s.
                raise UnserializableMedia('the offset of its time zone has seconds')
        elif datetime.fromtimestamp(value.timestamp(), UTC) != value.astimezone(UTC):
            raise UnserializableMedia('it is out of the range of timestamps')

    def _check_decimal(self, value: Decimal) -> None:
        sign, digits, exponent = value.as_tuple()
        if not isinstance(exponent, int):
            raise UnserializableMedia('it is not finite')
        if sign and not value:
            raise UnserializableMedia('it is minus zero')
        if len(digits) > self._max_digits or abs(exponent) > MAX_EXPONENT:
            raise UnserializableMedia('it has too many digits')


# NOTE: Beyond, it would be a bignum.
_LOWEST_KEY, _HIGHEST_KEY = -(1 << 64), (1 << 64) - 1

_MINUTE = timedelta(minutes=1)


def _behaves_like_its_base(cls: type) -> bool:
    # NOTE: cbor2 writes what __len__() says and what items() or __iter__() give. Where
    #   a subclass has its own, it is not as a plain dict or list that it is written.
    for base in (dict, OrderedDict, list, tuple):
        if issubclass(cls, base) and all(
            getattr(cls, name, None) is getattr(base, name, None)
            for name in ('__len__', '__iter__', 'items')
        ):
            return True
    return False
