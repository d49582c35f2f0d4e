"""The media handler, and the options it takes."""

from __future__ import annotations

from collections import UserString
from collections.abc import Callable
from collections.abc import Mapping
from datetime import tzinfo
from datetime import UTC
from decimal import Decimal
from functools import partial
from typing import Any, TYPE_CHECKING, TypeAlias
from zoneinfo import ZoneInfo
from zoneinfo import ZoneInfoNotFoundError

from falcon_media import BinaryHandler
from falcon_media import Codec
from falcon_media import ConfigError
from falcon_media import Framing
from falcon_media import Limits
from falcon_media import UnserializableMedia
from falcon_media.spi import check_arguments
from falcon_media.spi import decoded_check
from falcon_media.spi import load_type
from falcon_media.spi import media_check
from falcon_media.spi import Received
from falcon_media.spi import receiving_hook
from falcon_media.spi import remaining_cures
from falcon_media.spi import sending_hook
from falcon_media.spi import Sent
from falcon_media_cbor.decode import make_decode
from falcon_media_cbor.encode import SENT_LEAVES
from falcon_media_cbor.encode import strict_check
from falcon_media_cbor.encode import Types
from falcon_media_cbor.sequence import splitter
from falcon_media_cbor.simple import READ_LEAVES
from falcon_media_cbor.simple import simple_values_check
from falcon_media_cbor.tags import accepted_tags
from falcon_media_cbor.tags import INSTANCE_TAGS
from falcon_media_cbor.tags import NEVER
from falcon_media_cbor.tags import TagDecoder
from falcon_media_cbor.wire import items_check

if TYPE_CHECKING:
    from cbor2 import CBOREncoder

__all__ = ('CBORHandler',)

TypeEncoder: TypeAlias = 'Callable[[CBOREncoder, Any], object]'

_MAX_DEPTH = 1_000


class CBORHandler(BinaryHandler):
    """CBOR (RFC 8949), by cbor2.

    - A payload is one item, complete and with nothing after it.
    - Keys of maps are text, bytes or integers of 64 bits, and none occurs twice.
    - Of the tags, those of dates and times (0, 1, 1004), UUIDs (37) and big integers
      (2, 3) are accepted; ``undefined`` and simple values are not.
    - What would not come back equal is not sent, but for tuples, which become lists.

    Keyword Args:
        limits (Limits): The budgets (default ``Limits()``). A tag counts as a level
            where it holds a container.
        allow_indefinite (bool): Accept items of indefinite length (default ``True``).
        allow_integer_keys (bool): Accept integers of 64 bits as keys of maps, both ways
            (default ``True``).
        allow_duplicate_keys (bool): Accept maps with the same key twice, the last of
            which counts (default ``False``).
        strict_hashable_types (bool): Refuse all other keys of maps but text and bytes,
            both ways (default ``True``). ``False`` accepts integers too.
        allow_simple_values (bool): Accept ``undefined`` and simple values, both ways
            (default ``False``).
        allow_decimal (bool): Accept decimal fractions (tag 4), both ways, with up to
            1,024 digits and exponents up to 6,144 (default ``False``).
        truncate_nanoseconds (bool): Accept times finer than a microsecond, cut to the
            microsecond (default ``False``).
        max_bignum (int): Bytes in a bignum (tags 2 and 3), at the most, both ways
            (default 1,024).
        semantic_decoders (Mapping): Tag -> function that takes what the tag holds and
            whether the result has to be immutable, and returns a value. For further
            tags, or instead of a decoder of this handler's.
        encoders (Mapping): Type -> function that takes the ``CBOREncoder`` and a value
            of exactly that type, and writes it.
        strict_encode (bool): Refuse to send what this handler, with these options,
            would not accept (default ``True``). ``False`` leaves it to cbor2, but for
            ``max_depth``.
        canonical (bool): Write the deterministic encoding of RFC 7049, section 3.9
            (default ``False``).
        datetime_as_timestamp (bool): Write a datetime as tag 1, without its time zone
            (default ``False``: tag 0).
        timezone (tzinfo | str): Time zone of datetimes that have none, or its name,
            such as ``'UTC'`` (default: they are refused).

    In a configuration, functions and types are ``'package.module:name'``, and tags are
    keys such as ``64``.

    Raises:
        ConfigError: The value of an option can't be used.
    """

    name = 'cbor'

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        allow_indefinite: bool = True,
        allow_integer_keys: bool = True,
        allow_duplicate_keys: bool = False,
        strict_hashable_types: bool = True,
        allow_simple_values: bool = False,
        allow_decimal: bool = False,
        truncate_nanoseconds: bool = False,
        max_bignum: int = 1_024,
        semantic_decoders: Mapping[Any, TagDecoder | str] | None = None,
        encoders: Mapping[Any, TypeEncoder | str] | None = None,
        strict_encode: bool = True,
        canonical: bool = False,
        datetime_as_timestamp: bool = False,
        timezone: tzinfo | str | None = None,
    ) -> None:
        import cbor2

        limits = Limits() if limits is None else limits
        _check_limits(limits)
        _check_flags(
            allow_indefinite=allow_indefinite,
            allow_integer_keys=allow_integer_keys,
            allow_duplicate_keys=allow_duplicate_keys,
            strict_hashable_types=strict_hashable_types,
            allow_simple_values=allow_simple_values,
            allow_decimal=allow_decimal,
            truncate_nanoseconds=truncate_nanoseconds,
            strict_encode=strict_encode,
            canonical=canonical,
            datetime_as_timestamp=datetime_as_timestamp,
        )
        _check_max_bignum(max_bignum)
        timezone = _checked_timezone(timezone)
        decoders = _checked_decoders(semantic_decoders)
        written = _checked_encoders(encoders)

        tags = accepted_tags(
            max_bignum=max_bignum,
            allow_decimal=allow_decimal,
            truncate_nanoseconds=truncate_nanoseconds,
            semantic_decoders=decoders,
        )
        check_values = None
        if not allow_simple_values:
            check_values = simple_values_check(
                keys=not strict_hashable_types,
                shared=bool(decoders),
                instance_tags=INSTANCE_TAGS.intersection(tags).union(decoders),
            )
        if strict_encode:
            types = Types(
                max_bignum=max_bignum,
                allow_integer_keys=allow_integer_keys,
                strict_hashable_types=strict_hashable_types,
                allow_simple_values=allow_simple_values,
                allow_decimal=allow_decimal,
                datetime_as_timestamp=datetime_as_timestamp,
                timezone=timezone,
                others=written,
            )
            check_media = strict_check(limits, types)
        else:
            # NOTE: To cbor2, each character of a UserString is a sequence again, of
            #   one character that is a UserString.
            check_media = media_check(
                limits,
                exact=True,
                contents={
                    cbor2.CBORTag: lambda tag: (tag.value,),
                    UserString: lambda text: (text,),
                },
            )
        options: dict[str, Any] = {
            'canonical': canonical,
            'datetime_as_timestamp': datetime_as_timestamp,
            'encoders': written,
            'timezone': timezone,
        }
        sent_keys: set[type] = {str, bytes}
        if allow_integer_keys or not strict_hashable_types:
            sent_keys |= {int}
        received_keys = sent_keys if strict_hashable_types else READ_LEAVES
        # PERF: An argument costs 20 to 50 ns, and partial() itself as much again.
        options = {name: value for name, value in options.items() if value}
        encode = partial(cbor2.dumps, **options) if options else cbor2.dumps
        super().__init__(
            Codec(
                encode=_no_panic(encode),
                decode=make_decode(
                    tags=tags,
                    limits=limits,
                    allow_indefinite=allow_indefinite,
                    allow_duplicate_keys=allow_duplicate_keys,
                    allow_integer_keys=allow_integer_keys,
                    strict_hashable_types=strict_hashable_types,
                    check_values=check_values,
                ),
                # NOTE: Each item takes a byte, and so does the root.
                unchecked=limits.max_items,
                check_payload=items_check(limits),
                check_decoded=decoded_check(limits),
                check_media=check_media,
                cures=remaining_cures(
                    {
                        Decimal: 'allow_decimal=True',
                        cbor2.CBORSimpleValue: 'allow_simple_values=True',
                        type(cbor2.undefined): 'allow_simple_values=True',
                        object: 'encoders= (a function for its type)',
                    },
                    {
                        'allow_decimal': allow_decimal,
                        'allow_simple_values': allow_simple_values,
                    },
                ),
                sent=Sent(
                    call=encode,
                    # NOTE: An encoder of the app's may have a mind of its own.
                    leaves={*SENT_LEAVES, int} - written.keys(),
                    keys=sent_keys - written.keys(),
                    short_integers=True,
                ),
                received=Received(
                    reads='cbor',
                    call=cbor2.loads,
                    leaves=READ_LEAVES,
                    keys=received_keys,
                ),
            ),
            limits,
            framing=Framing(split=splitter(limits)),
        )


def _no_panic(encode: Callable[[object], bytes]) -> Callable[[object], bytes]:
    # NOTE: Where another thread changes a dict, cbor2 6.3 panics, and the exception is
    #   no Exception: it would pass all handlers of errors.
    # PERF: 50 ns, and nothing where the compiled checks accept the object.
    def encode_or_refuse(media: object) -> bytes:
        try:
            return encode(media)
        except BaseException as ex:
            if type(ex).__name__ != 'PanicException':
                raise
            raise UnserializableMedia(
                'cbor2 panicked: no other thread may change an object while it is sent'
            ) from ex

    return encode_or_refuse


def _check_limits(limits: object) -> None:
    if not isinstance(limits, Limits):
        raise ConfigError(f'cbor: limits must be falcon_media.Limits, not {limits!r}')
    if limits.max_depth > _MAX_DEPTH:
        raise ConfigError(
            f'cbor: max_depth must be at most {_MAX_DEPTH}, not {limits.max_depth}: '
            'cbor2 encodes recursively, without an eye on the stack'
        )


def _check_flags(**flags: object) -> None:
    for option, value in flags.items():
        if not isinstance(value, bool):
            raise ConfigError(f'cbor: {option} must be true or false, not {value!r}')


def _check_max_bignum(value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ConfigError(
            f'cbor: max_bignum must be a number of bytes, 0 or more, not {value!r}'
        )


def _checked_timezone(value: object) -> tzinfo | None:
    if value == 'UTC':
        return UTC
    if isinstance(value, str):
        try:
            return ZoneInfo(value)
        except (OSError, ValueError, ZoneInfoNotFoundError) as ex:
            raise ConfigError(
                f"cbor: timezone: no time zone {value!r} is known: give 'UTC', or a "
                "name such as 'Europe/Vienna' (on some systems: pip install tzdata)"
            ) from ex
    if not isinstance(value, tzinfo | None):
        raise ConfigError(f'cbor: timezone must be a datetime.tzinfo, not {value!r}')
    return value


def _checked_decoders(semantic_decoders: object) -> dict[int, TagDecoder]:
    decoders = _checked_table('semantic_decoders', semantic_decoders, int)
    for tag in decoders:
        if isinstance(tag, bool) or not 0 <= tag < 2**64:
            raise ConfigError(
                f'cbor: semantic_decoders: a tag is 0 to 2**64 - 1, not {tag!r}'
            )
        if tag in NEVER:
            raise ConfigError(
                f'cbor: semantic_decoders: tag {tag} is not accepted: {NEVER[tag]}'
            )
        check_arguments(decoders[tag], f'cbor: semantic_decoders[{tag}]', 2)
        decoders[tag] = receiving_hook(decoders[tag], f'semantic_decoders[{tag}]')
    return decoders


def _checked_encoders(encoders: object) -> dict[type, TypeEncoder]:
    checked = _checked_table('encoders', encoders, type)
    for cls in checked:
        if cls in {dict, list, tuple}:
            # NOTE: What it contains would escape the check of the depth.
            raise ConfigError(f'cbor: encoders: {cls.__name__} keeps the one it has')
        option = f'encoders[{cls.__name__}]'
        check_arguments(checked[cls], f'cbor: {option}', 2)
        checked[cls] = sending_hook(checked[cls], option)
    return checked


def _checked_table(option: str, table: object, keys: type) -> dict[Any, Any]:
    if table is None:
        return {}
    if isinstance(table, Mapping):
        # NOTE: As a TOML file has them.
        table = {
            _loaded(key, option, keys): _loaded(value, option)
            for key, value in table.items()
        }
    if not isinstance(table, Mapping) or not all(
        isinstance(key, keys) and callable(value) for key, value in table.items()
    ):
        raise ConfigError(
            f'cbor: {option} must map {_PLURALS[keys]} to functions, not {table!r}'
        )
    return dict(table)


def _loaded(value: object, option: str, cls: type = object) -> object:
    if cls is int and isinstance(value, str) and value.isdecimal():
        return int(value)
    is_place = isinstance(value, str) and ':' in value
    return load_type(value, f'cbor: {option}') if is_place else value


_PLURALS = {int: 'tags (int)', type: 'types'}
