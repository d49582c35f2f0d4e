"""The media handler: its options, and how they reach the two directions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from falcon_media import BinaryHandler
from falcon_media import Codec
from falcon_media import ConfigError
from falcon_media import Framing
from falcon_media import Limits
from falcon_media.spi import check_arguments
from falcon_media.spi import load_hook
from falcon_media.spi import receiving_hook
from falcon_media.spi import sending_hook

__all__ = ('MessagePackHandler',)


class MessagePackHandler(BinaryHandler):
    """MessagePack, by the msgpack library, safe for payloads of strangers.

    By default it reads and writes what MessagePack and Python have in common, with
    timestamps as ``datetime`` and without other extension types, and what it would not
    read back equal it does not write. Each option changes one of these rules.

    Keyword Args:
        allow_duplicate_keys (bool): Read maps that have a key twice; the last value
            wins (default ``False``).
        strict_map_key (bool): Refuse keys that are neither ``str`` nor ``bytes``, when
            reading and when writing (default ``True``). Otherwise ``None``, ``bool``,
            ``int`` and ``float`` may be keys as well.
        raw (bool): Read strings as ``bytes``, without asking for UTF-8 (default
            ``False``).
        timestamp (int | None): How timestamps are read, as 0: ``msgpack.Timestamp``,
            1: seconds as ``float``, 2: nanoseconds as ``int``, or 3: ``datetime`` in
            UTC (default). With 0 and 3 the same type can be written. ``None``, or
            ``False``, refuses timestamps.
        truncate_nanoseconds (bool): Accept times finer than a microsecond, cut to the
            microsecond (default ``False``). It matters where timestamps are read as
            ``datetime`` or ``float``.
        ext_hook (Callable | str): Read the other extension types: takes a type
            (``int``) and its data (``bytes``), and returns an object. Then
            ``msgpack.ExtType`` can be written. Or ``'package.module:name'``.
        default (Callable | str): Takes an object of a type that can't be written, and
            returns another one. Or ``'package.module:name'``.
        strict_encode (bool): Refuse to write what would not be read back equal (default
            ``True``). ``False`` leaves it to msgpack, but for ``max_depth``.
        limits (Limits): The budgets (default ``Limits()``).

    Raises:
        falcon_media.ConfigError: An option has a value that can't be used.
    """

    name = 'msgpack'

    def __init__(
        self,
        *,
        allow_duplicate_keys: bool = False,
        strict_map_key: bool = True,
        raw: bool = False,
        timestamp: Literal[0, 1, 2, 3, False] | None = 3,
        truncate_nanoseconds: bool = False,
        ext_hook: Callable[[int, bytes], object] | str | None = None,
        default: Callable[[Any], object] | str | None = None,
        strict_encode: bool = True,
        limits: Limits | None = None,
    ) -> None:
        # NOTE: These import msgpack.
        from falcon_media_msgpack.framing import bounded_split
        from falcon_media_msgpack.framing import split
        from falcon_media_msgpack.packing import encoder
        from falcon_media_msgpack.packing import sending_cures
        from falcon_media_msgpack.packing import sent_plain
        from falcon_media_msgpack.unpacking import decoder
        from falcon_media_msgpack.unpacking import received_plain
        from falcon_media_msgpack.unpacking import TOO_DEEP

        _check_flag('allow_duplicate_keys', allow_duplicate_keys)
        _check_flag('strict_map_key', strict_map_key)
        _check_flag('raw', raw)
        _check_flag('strict_encode', strict_encode)
        _check_flag('truncate_nanoseconds', truncate_nanoseconds)
        # NOTE: A TOML file has no None.
        if timestamp is False:
            timestamp = None
        _check_timestamp(timestamp)
        ext_hook = _hook('ext_hook', ext_hook, 2, receiving_hook)
        default = _hook('default', default, 1, sending_hook)
        limits = limits or Limits()
        ext_types = ext_hook is not None
        super().__init__(
            Codec(
                encode=encoder(
                    limits,
                    strict_encode=strict_encode,
                    strict_map_key=strict_map_key,
                    timestamp=timestamp,
                    ext_types=ext_types,
                    default=default,
                ),
                decode=decoder(
                    limits,
                    allow_duplicate_keys=allow_duplicate_keys,
                    strict_map_key=strict_map_key,
                    raw=raw,
                    timestamp=timestamp,
                    truncate_nanoseconds=truncate_nanoseconds,
                    ext_hook=ext_hook,
                ),
                # NOTE: But for the size, the decoder itself does what is owed.
                unchecked=limits.max_size,
                too_large=(TOO_DEEP,),
                cures=sending_cures(
                    strict_map_key=strict_map_key,
                    timestamp=timestamp,
                    ext_types=ext_types,
                    default=default,
                ),
                sent=sent_plain(timestamp=timestamp, ext_types=ext_types),
                received=received_plain(strict_map_key=strict_map_key, raw=raw),
            ),
            limits,
            framing=Framing(split=split if strict_map_key else bounded_split(limits)),
        )


def _check_flag(option: str, value: object) -> None:
    if not isinstance(value, bool):
        raise ConfigError(f'msgpack: {option} must be true or false, not {value!r}')


def _check_timestamp(value: object) -> None:
    # NOTE: bool is an int, and timestamp=True is a mistake.
    if value is not None and (type(value) is not int or not 0 <= value <= 3):
        raise ConfigError(
            'msgpack: timestamp must be 0 (Timestamp), 1 (float), 2 (int), '
            f'3 (datetime) or None, not {value!r}'
        )


def _hook(
    option: str,
    value: Any,
    arguments: int,
    wrap: Callable[[Callable[..., Any], str], Callable[..., Any]],
) -> Callable[..., Any] | None:
    value = load_hook(value, f'msgpack: {option}')
    if value is None:
        return None
    if not callable(value):
        raise ConfigError(f'msgpack: {option} must be a function, not {value!r}')
    check_arguments(value, f'msgpack: {option}', arguments)
    return wrap(value, option)
