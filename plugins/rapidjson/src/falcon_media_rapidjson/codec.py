"""The library calls, told to be exact. Importing this module imports python-rapidjson.

What the library refuses of its own accord is left to it: keys that are no strings,
halves of surrogate pairs, integers of more than 4,300 digits, all sorts of objects.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import fields
from datetime import date
from datetime import datetime
from datetime import time
from decimal import Decimal
import re
import sys
from typing import Any
from uuid import UUID

import rapidjson

from falcon_media import Codec
from falcon_media import ConfigError
from falcon_media import Limits
from falcon_media import PayloadTooLarge
from falcon_media import UnserializableMedia
from falcon_media.spi import CountingDecoder
from falcon_media.spi import Cures
from falcon_media.spi import JSON_LEAVES
from falcon_media.spi import media_check
from falcon_media.spi import NOT_CARRIED
from falcon_media.spi import received_json
from falcon_media.spi import refused_number
from falcon_media.spi import remaining_cures
from falcon_media.spi import sending_hook
from falcon_media.spi import Sent
from falcon_media.spi import strict_decode
from falcon_media.spi import too_many_digits
from falcon_media.spi import unique_object

__all__ = ('Options', 'make_codec')


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of :class:`~falcon_media_rapidjson.RapidJSONHandler`, but limits."""

    ensure_ascii: bool
    sort_keys: bool
    default: Callable[[Any], Any] | None
    bytes_mode: int
    datetime_mode: int
    iterable_mode: int | None
    mapping_mode: int
    number_mode: int
    parse_mode: int
    uuid_mode: int
    allow_nan: bool
    allow_duplicate_keys: bool

    @property
    def by_name(self) -> dict[str, object]:
        """All of them, as a mapping."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def make_codec(options: Options, limits: Limits) -> Codec[str]:
    """Select the library calls for the options of a handler.

    Args:
        options (Options): The options, each of its type.
        limits (Limits): The budgets.

    Returns:
        Codec: The calls, and what the guard has to do for them.

    Raises:
        ConfigError: The library has no such mode, or it is one that can't be used.
    """
    if options.number_mode & rapidjson.NM_NAN:
        raise ConfigError('rapidjson: number_mode has NM_NAN, which allow_nan is for')
    if options.parse_mode & rapidjson.PM_COMMENTS:
        # NOTE: If there may be a quotation mark in a comment, then what is a string and
        #   what isn't can't be told from the text. (The library reads comments in some
        #   combinations of modes, and in others doesn't.)
        raise ConfigError('rapidjson: parse_mode must not have PM_COMMENTS')
    try:
        decode = _make_decode(options, limits)
        encoder = _make_encoder(options)
    except (TypeError, ValueError) as ex:
        raise ConfigError(f'rapidjson: {ex}') from ex

    check_media = media_check(limits)
    default = options.default
    if default is not None:
        default = _checked(sending_hook(default, 'default'), check_media)
    is_usual = options.iterable_mode is None
    if is_usual:
        default = _with_tuples(default)
    if default is not None:
        encoder.default = default
    return Codec(
        encode=encoder,
        decode=decode,
        # NOTE: The library ends a text at a NUL, and ignores the rest.
        forbidden='\0',
        # NOTE: The guard is left with the size.
        unchecked=limits.max_size,
        check_media=check_media,
        explain=_explain,
        cures=remaining_cures(_CURES, options.by_name),
        # NOTE: In other modes, tuples are for `default` to say.
        sent=Sent(call=encoder, leaves=JSON_LEAVES) if is_usual else None,
        received=received_json(
            rapidjson.Decoder(**_decoder_modes(options)),
            leaves=JSON_LEAVES | _OTHER_LEAVES,
            finite=not options.allow_nan,
            paired=False,
        ),
        is_utf8=True,
    )


_CURES: Cures = {
    'key': 'mapping_mode=rapidjson.MM_COERCE_KEYS_TO_STRINGS',
    'not finite': 'allow_nan=True',
    date: 'datetime_mode=rapidjson.DM_ISO8601',
    time: 'datetime_mode=rapidjson.DM_ISO8601',
    bytes: 'bytes_mode=rapidjson.BM_UTF8',
    Decimal: 'number_mode=rapidjson.NM_DECIMAL',
    UUID: 'uuid_mode=rapidjson.UM_CANONICAL',
    Iterator: 'iterable_mode=rapidjson.IM_ANY_ITERABLE',
}

# NOTE: What strings and numbers are read to, in some modes.
_OTHER_LEAVES = frozenset((date, datetime, Decimal, time, UUID))


def _make_decode(options: Options, limits: Limits) -> Callable[[str], object]:
    modes = _decoder_modes(options)
    return strict_decode(
        rapidjson.Decoder(**modes),
        limits,
        make_counting=lambda: _counting(_Decoder(**modes)),
        decode_unique=_UniqueDecoder(**modes),
        unique=not options.allow_duplicate_keys,
        finite=not options.allow_nan,
        # NOTE: The library refuses half a pair by itself.
        paired=False,
        respell=_respell,
    )


# NOTE: The library looks at the exponent alone, and takes 0e309 for a number that is
#   too big. Strings are matched as a whole, so that nothing in one is changed; also
#   one without an end, or the search would begin again at each escape in it.
_ZERO = re.compile(
    r'"(?:[^"\\]|\\.)*+"?|(?<![\d.])(0(?:\.0+)?+)[eE]\+?\d++', re.ASCII | re.DOTALL
)


def _respell(text: str) -> str:
    return _ZERO.sub(_without_exponent, text)


def _without_exponent(match: re.Match[str]) -> str:
    zero = match[1]
    if zero is None:
        return match[0]
    return zero if '.' in zero else f'{zero}.0'


def _explain(text: str) -> PayloadTooLarge | None:
    # NOTE: The library says 'Invalid integer value', and leaves out why.
    found = refused_number(text, sys.get_int_max_str_digits() or len(text))
    return too_many_digits() if found == 'integer' else None


def _decoder_modes(options: Options) -> dict[str, Any]:
    return {
        'datetime_mode': options.datetime_mode,
        'number_mode': _number_mode(options),
        'parse_mode': options.parse_mode,
        'uuid_mode': options.uuid_mode,
    }


def _make_encoder(options: Options) -> Any:
    iterable_mode = options.iterable_mode
    modes: dict[str, Any] = {
        'bytes_mode': options.bytes_mode,
        'datetime_mode': options.datetime_mode,
        'iterable_mode': (
            rapidjson.IM_ONLY_LISTS if iterable_mode is None else iterable_mode
        ),
        'mapping_mode': options.mapping_mode,
        'number_mode': _number_mode(options),
        'uuid_mode': options.uuid_mode,
    }
    return _Encoder(
        ensure_ascii=options.ensure_ascii, sort_keys=options.sort_keys, **modes
    )


def _number_mode(options: Options) -> int:
    return options.number_mode | (rapidjson.NM_NAN if options.allow_nan else 0)


class _Encoder(rapidjson.Encoder):
    """One that can have an attribute: the library looks for ``default``."""


class _Decoder(rapidjson.Decoder):
    """One that can have an attribute: the library looks for ``start_object``."""


class _UniqueDecoder(rapidjson.Decoder):
    """One that makes an object of the list of its entries."""

    start_object = list
    end_object = staticmethod(unique_object)


def _counting(decoder: Any) -> CountingDecoder:
    objects: list[dict[str, Any]] = []

    def start_object() -> dict[str, Any]:
        media: dict[str, Any] = {}
        objects.append(media)
        return media

    def take_count() -> int:
        count = sum(map(len, objects))
        objects.clear()
        return count

    # PERF: Half the cost of end_object(), for which the library looks every object up
    #   in its parent again.
    decoder.start_object = start_object
    return CountingDecoder(decoder, take_count)


def _with_tuples(default: Callable[[Any], Any] | None) -> Callable[[Any], Any]:
    # NOTE: The library sends tuples as arrays, with IM_ANY_ITERABLE, and iterators too.
    def with_tuples(media: Any) -> Any:
        if isinstance(media, (list, tuple)):
            return list(media)
        if default is None:
            raise UnserializableMedia(NOT_CARRIED)
        return default(media)

    return with_tuples


def _checked(
    default: Callable[[Any], Any], check_media: Callable[[object], None]
) -> Callable[[Any], Any]:
    # NOTE: What `default` returns can't be seen from the object that is sent.
    def checked(media: Any) -> Any:
        replacement = default(media)
        check_media(replacement)
        return replacement

    return checked
