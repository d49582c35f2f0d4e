"""The media handlers, and the options they take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from falcon import WebSocketPayloadType

from falcon_media import BinaryHandler
from falcon_media import BYTE_LINES
from falcon_media import ConfigError
from falcon_media import Limits
from falcon_media import LINES
from falcon_media import TextHandler
from falcon_media.spi import check_arguments
from falcon_media.spi import load_hook

__all__ = ('OrjsonBytesHandler', 'OrjsonHandler')


class _WithOptions:
    """What the two handlers have in common: all but the payload type."""

    name: str
    payload_type: ClassVar[WebSocketPayloadType]

    def __init__(
        self,
        *,
        default: Callable[[Any], Any] | str | None = None,
        sort_keys: bool = False,
        non_str_keys: bool = False,
        strict_integer: bool = False,
        passthrough_subclass: bool = False,
        serialize_dataclass: bool = False,
        serialize_datetime: bool = False,
        naive_utc: bool = False,
        omit_microseconds: bool = False,
        utc_z: bool = False,
        serialize_enum: bool = False,
        serialize_uuid: bool = False,
        allow_duplicate_keys: bool = False,
        limits: Limits | None = None,
    ) -> None:
        from falcon_media_orjson.codec import make_codec
        from falcon_media_orjson.encode import Options

        limits = limits or Limits()
        default = load_hook(
            default, f'{self.name}: default', 'a function of one object'
        )
        if default is not None and not callable(default):
            raise ConfigError(
                f'{self.name}: default must be a function of one object, '
                f'not {default!r}'
            )
        if default is not None:
            check_arguments(default, f'{self.name}: default', 1)
        flags = {
            'sort_keys': sort_keys,
            'non_str_keys': non_str_keys,
            'strict_integer': strict_integer,
            'passthrough_subclass': passthrough_subclass,
            'serialize_dataclass': serialize_dataclass,
            'serialize_datetime': serialize_datetime,
            'naive_utc': naive_utc,
            'omit_microseconds': omit_microseconds,
            'utc_z': utc_z,
            'serialize_enum': serialize_enum,
            'serialize_uuid': serialize_uuid,
        }
        for option, value in (
            flags | {'allow_duplicate_keys': allow_duplicate_keys}
        ).items():
            if not isinstance(value, bool):
                raise ConfigError(
                    f'{self.name}: {option} must be true or false, not {value!r}'
                )
        for option in ('naive_utc', 'omit_microseconds', 'utc_z'):
            if flags[option] and not serialize_datetime:
                raise ConfigError(
                    f'{self.name}: {option} is about dates and times, which are not '
                    'sent without serialize_datetime'
                )
        codec = make_codec(
            Options(default=default, **flags),
            limits,
            self.payload_type,
            unique=not allow_duplicate_keys,
        )
        super().__init__(codec, limits)  # type: ignore[call-arg]  # a handler's, which comes next in the MRO


class OrjsonHandler(_WithOptions, TextHandler):
    """Media handler for JSON, by orjson.

    An option that has the name of one of the library's (``OPT_SORT_KEYS``) does the
    same.

    Keyword Args:
        default (Callable | str): Function from an object that JSON can't carry to one
            that it can, which is what then comes back; or ``'package.module:name'``.
        sort_keys (bool): Whether the keys of an object are sent in order.
        non_str_keys (bool): Whether int, float, bool, ``None``, dates, times, instances
            of subclasses of str, and what else may be sent by these options, may be
            keys. They come back as strings.
        strict_integer (bool): Whether integers of more than 53 bits, which JavaScript
            doesn't have, are refused when sent.
        passthrough_subclass (bool): Whether instances of subclasses of dict, list, str
            and int go to `default`, instead of being sent as what they are instances
            of.
        serialize_dataclass (bool): Whether dataclasses are sent, as objects of all
            their fields.
        serialize_datetime (bool): Whether dates and times are sent, as strings by RFC
            3339.
        naive_utc (bool): Whether a datetime without a zone is sent as one in UTC,
            instead of without an offset.
        omit_microseconds (bool): Whether the fractions of seconds are left out.
        utc_z (bool): Whether UTC is sent as ``Z``, instead of ``+00:00``.
        serialize_enum (bool): Whether members of enums are sent, as their values. Those
            that are equal to their values are, in any case.
        serialize_uuid (bool): Whether UUIDs are sent, as strings.
        allow_duplicate_keys (bool): Whether an object that is received may have a key
            twice. The last value wins, where other software may take the first.
        limits (Limits): The budgets.

    Raises:
        ConfigError: An option has a value that can't be used.
    """

    name = 'orjson'
    framing = LINES


class OrjsonBytesHandler(_WithOptions, BinaryHandler):
    """Media handler for JSON in UTF-8, in BINARY frames, by orjson.

    The options are those of :class:`OrjsonHandler`.

    Raises:
        ConfigError: An option has a value that can't be used.
    """

    name = 'orjson-bytes'
    framing = BYTE_LINES
