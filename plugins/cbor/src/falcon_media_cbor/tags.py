"""The tags that are accepted, and what each of them may hold (RFC 8949, section 3.4).

None of cbor2's own tag decoders is used: some of them run for seconds on a few bytes
(30, and 4 and 5 with large exponents), and others take what the tag must not hold.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from datetime import date
from datetime import datetime
from datetime import timedelta
from datetime import UTC
from decimal import Decimal
from math import isfinite
import re
from typing import Any, NoReturn, TypeAlias
from uuid import UUID

from falcon_media import MalformedPayload
from falcon_media import PayloadTooLarge
from falcon_media import UnsupportedPayload

__all__ = (
    'INSTANCE_TAGS',
    'MAX_DIGITS',
    'MAX_EXPONENT',
    'NEVER',
    'TagDecoder',
    'Tags',
    'accepted_tags',
)

TagDecoder: TypeAlias = Callable[[Any, bool], Any]
"""What a tag holds, and whether it must become something immutable -> the value."""

NEVER = {
    25: 'it refers to a string elsewhere in the payload',
    28: 'it shares a value within the payload',
    29: 'it refers to a value elsewhere in the payload',
    30: 'to reduce a fraction can take seconds for a few bytes',
    35: 'to compile a regular expression, and to use it, can take any time',
    36: 'a MIME message is a format of its own, with hazards of its own',
    256: 'it makes strings within it be referred to',
}
"""Tags that no option admits, with the reason."""

MAX_EXPONENT = 6_144
"""Largest exponent of a decimal fraction, either way; that of IEEE 754 decimal128.

NOTE: A Decimal of any exponent is small. To print it in full, or to make an int of it,
    takes as many digits as its exponent says: 1E+999999999 is seven bytes of CBOR.
"""

MAX_DIGITS = 1_024
"""Most digits in the mantissa of a decimal fraction.

NOTE: To make them of a binary number takes time that grows by their square.
"""


_DECIMAL = 4

INSTANCE_TAGS = frozenset((_DECIMAL, 37))
"""Tags that become instances of classes which are no static ones."""


class Tags(dict[int, TagDecoder]):
    """Tag -> its decoder; a tag that is not there is refused.

    cbor2 asks at the head of a tag, before it looks at what the tag holds, and would
    use a decoder of its own after a ``LookupError``.
    """

    def __missing__(self, tag: int) -> NoReturn:
        if tag in NEVER:
            raise UnsupportedPayload(f'tag {tag} is not accepted: {NEVER[tag]}')
        option = 'allow_decimal=True' if tag == _DECIMAL else 'semantic_decoders'
        raise UnsupportedPayload(f'tag {tag}: {option} accepts it')


def accepted_tags(
    *,
    max_bignum: int,
    allow_decimal: bool,
    truncate_nanoseconds: bool,
    semantic_decoders: Mapping[int, TagDecoder],
) -> Tags:
    """Make the table of the tags that a handler accepts.

    Args:
        max_bignum (int): Bytes in a bignum, at the most.
        allow_decimal (bool): Whether to accept decimal fractions.
        truncate_nanoseconds (bool): Whether to cut times finer than a microsecond.
        semantic_decoders (Mapping): Decoders of the app, which go first.

    Returns:
        Tags: To give to cbor2 as ``semantic_decoders``.
    """
    tags = Tags({37: _uuid, 1004: _date})
    tags[0] = _date_time(truncate=truncate_nanoseconds)
    tags[1] = _epoch(truncate=truncate_nanoseconds)
    tags[2] = _bignum(max_bignum, negative=False)
    tags[3] = _bignum(max_bignum, negative=True)
    if allow_decimal:
        tags[_DECIMAL] = _decimal
    tags.update(semantic_decoders)
    return tags


# NOTE: Both are stricter than fromisoformat(), which takes other forms of ISO 8601, and
#   more of them with each release. The capitals are those of RFC 4287, section 3.3.
_DATE_TIME = re.compile(
    r'\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d(?:\.(\d+))?(?:Z|[+-]\d\d:\d\d)',
    re.ASCII,
)
_DATE = re.compile(r'\d{4}-\d\d-\d\d', re.ASCII)
_MICROSECOND_DIGITS = 6


def _date_time(*, truncate: bool) -> TagDecoder:
    def decode(value: Any, _immutable: bool) -> datetime:
        match = _DATE_TIME.fullmatch(value) if type(value) is str else None
        if match is None:
            raise MalformedPayload('tag 0 holds no date and time of RFC 3339')
        fraction = match[1]
        # NOTE: fromisoformat() would cut the digits off without a word.
        if (
            fraction is not None
            and fraction[_MICROSECOND_DIGITS:].strip('0')
            and not truncate
        ):
            raise _too_fine()
        return datetime.fromisoformat(value)

    return decode


def _epoch(*, truncate: bool) -> TagDecoder:
    def decode(value: Any, _immutable: bool) -> datetime:
        if type(value) is not int and type(value) is not float:
            raise MalformedPayload('tag 1 holds no number')
        if not isfinite(value):
            raise MalformedPayload('tag 1 holds no finite number')
        try:
            moment = datetime.fromtimestamp(value, UTC)
        except (OSError, OverflowError, ValueError) as ex:
            raise UnsupportedPayload(
                'a time beyond the years 1 to 9999: semantic_decoders accepts it'
            ) from ex
        # NOTE: It is rounded. The float of any time in microseconds comes back as it
        #   was, so that one that doesn't is of another time.
        rounded = moment.timestamp()
        if rounded == value:
            return moment
        if not truncate:
            raise _too_fine()
        return moment - _MICROSECOND if rounded > value else moment

    return decode


_MICROSECOND = timedelta(microseconds=1)


def _too_fine() -> UnsupportedPayload:
    return UnsupportedPayload(
        'a time finer than a microsecond: truncate_nanoseconds=True accepts it'
    )


def _bignum(max_bignum: int, *, negative: bool) -> TagDecoder:
    def decode(value: Any, _immutable: bool) -> int:
        if type(value) is not bytes:
            raise MalformedPayload('a bignum that is no byte string')
        if len(value) > max_bignum:
            raise PayloadTooLarge(
                f'a bignum of more than {max_bignum} bytes',
                limit='max_bignum',
                limit_value=max_bignum,
            )
        number = int.from_bytes(value)
        return -1 - number if negative else number

    return decode


_MAX_MANTISSA = 10**MAX_DIGITS


def _decimal(value: Any, _immutable: bool) -> Decimal:
    if type(value) not in (list, tuple) or [*map(type, value)] != [int, int]:
        raise MalformedPayload('tag 4 holds no pair of integers')
    exponent, mantissa = value
    if abs(exponent) <= MAX_EXPONENT and abs(mantissa) < _MAX_MANTISSA:
        # NOTE: Arithmetic would round to the precision of the context; this does not.
        sign, digits, _ = Decimal(mantissa).as_tuple()
        return Decimal((sign, digits, exponent))
    raise PayloadTooLarge('a decimal fraction with too many digits')


def _uuid(value: Any, _immutable: bool) -> UUID:
    # NOTE: UUID() itself takes a list of 16 integers under ``python -O``.
    if type(value) is not bytes:
        raise MalformedPayload('tag 37 holds no byte string')
    return UUID(bytes=value)


def _date(value: Any, _immutable: bool) -> date:
    if type(value) is not str or _DATE.fullmatch(value) is None:
        raise MalformedPayload('tag 1004 holds no date of RFC 3339')
    return date.fromisoformat(value)
