"""The handler: its options, and what they select."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from falcon_media import ConfigError
from falcon_media import Limits
from falcon_media import LINES
from falcon_media import TextHandler
from falcon_media.spi import check_arguments
from falcon_media.spi import load_hook
from falcon_media.spi import nearest

__all__ = ('RapidJSONHandler',)


class RapidJSONHandler(TextHandler):
    """Media handler for JSON, by python-rapidjson.

    The modes are the library's own constants, such as ``rapidjson.DM_ISO8601``, or
    their names (``str``): ``'DM_ISO8601'``, ``'ISO8601'``, and for several
    ``'ISO8601 | NAIVE_IS_UTC'``.

    Keyword Args:
        ensure_ascii (bool): Whether characters that are not ASCII are escaped.
        sort_keys (bool): Whether the keys of an object are sent in order.
        default (Callable | str): Function from an object that JSON can't carry to one
            that it can, which is what then comes back; or ``'package.module:name'``.
        bytes_mode (int): ``BM_UTF8`` to send bytes as strings, if they are UTF-8. They
            come back as strings.
        datetime_mode (int): ``DM_ISO8601`` and its flags, to send dates and times as
            strings. All strings that look like one are then received as one.
        iterable_mode (int): ``IM_ANY_ITERABLE`` to send iterators as arrays (which uses
            them up), ``IM_ONLY_LISTS`` to send no tuples either.
        mapping_mode (int): ``MM_COERCE_KEYS_TO_STRINGS`` to send all keys as strings,
            ``MM_SKIP_NON_STRING_KEYS`` to leave out the other ones, or
            ``MM_ONLY_DICTS`` to send no instances of subclasses.
        number_mode (int): ``NM_DECIMAL`` to send decimals, and to receive all numbers
            but integers as decimals; or ``NM_NATIVE``, which is faster and not exact.
        parse_mode (int): ``PM_TRAILING_COMMAS`` to receive one comma too many at the
            end of an array or an object.
        uuid_mode (int): ``UM_CANONICAL`` or ``UM_HEX`` to send UUIDs as strings. All
            strings that look like one are then received as one.
        allow_nan (bool): Whether ``NaN``, ``Infinity`` and ``-Infinity`` pass, both
            ways. They are no JSON, and most other languages refuse them.
        allow_duplicate_keys (bool): Whether an object that is received may have a key
            twice. The last value wins, where other software may take the first.
        limits (Limits): The budgets.

    Raises:
        ConfigError: An option has a value that can't be used.
    """

    name = 'rapidjson'
    framing = LINES

    def __init__(
        self,
        *,
        ensure_ascii: bool = False,
        sort_keys: bool = False,
        default: Callable[[Any], Any] | str | None = None,
        bytes_mode: int | str = 0,
        datetime_mode: int | str = 0,
        iterable_mode: int | str | None = None,
        mapping_mode: int | str = 0,
        number_mode: int | str = 0,
        parse_mode: int | str = 0,
        uuid_mode: int | str = 0,
        allow_nan: bool = False,
        allow_duplicate_keys: bool = False,
        limits: Limits | None = None,
    ) -> None:
        from falcon_media_rapidjson.codec import make_codec
        from falcon_media_rapidjson.codec import Options

        limits = limits or Limits()
        default = load_hook(default, 'rapidjson: default', 'a function of one object')
        if default is not None and not callable(default):
            raise ConfigError(
                f'rapidjson: default must be a function of one object, not {default!r}'
            )
        if default is not None:
            check_arguments(default, 'rapidjson: default', 1)
        options = Options(
            ensure_ascii=_flag('ensure_ascii', ensure_ascii),
            sort_keys=_flag('sort_keys', sort_keys),
            default=default,
            bytes_mode=_mode('bytes_mode', bytes_mode),
            datetime_mode=_mode('datetime_mode', datetime_mode),
            iterable_mode=(
                None if iterable_mode is None else _mode('iterable_mode', iterable_mode)
            ),
            mapping_mode=_mode('mapping_mode', mapping_mode),
            number_mode=_mode('number_mode', number_mode),
            parse_mode=_mode('parse_mode', parse_mode),
            uuid_mode=_mode('uuid_mode', uuid_mode),
            allow_nan=_flag('allow_nan', allow_nan),
            allow_duplicate_keys=_flag('allow_duplicate_keys', allow_duplicate_keys),
        )
        super().__init__(make_codec(options, limits), limits)


def _flag(option: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f'rapidjson: {option} must be true or false, not {value!r}')
    return value


def _mode(option: str, value: object) -> int:
    if isinstance(value, str):
        return _named_mode(option, value)
    # NOTE: The library takes some values of other types for its default.
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ConfigError(
            f"rapidjson: {option} must be one of the library's constants, or the name "
            f'of one ({", ".join(_modes(option))}), not {value!r}'
        )
    return value


def _named_mode(option: str, names: str) -> int:
    modes = _modes(option)
    mode = 0
    for name in map(str.strip, names.split('|')):
        bare = name.removeprefix('rapidjson.')
        number = modes.get(bare, modes.get(f'{_PREFIXES[option]}{bare}'))
        if number is None:
            near = nearest(bare, modes)
            hint = f' Did you mean {near!r}?' if near else ''
            raise ConfigError(
                f'rapidjson: {option} has no mode {name!r}.{hint} Its modes: '
                f'{", ".join(modes)}.'
            )
        mode |= number
    return mode


_PREFIXES = {
    'bytes_mode': 'BM_',
    'datetime_mode': 'DM_',
    'iterable_mode': 'IM_',
    'mapping_mode': 'MM_',
    'number_mode': 'NM_',
    'parse_mode': 'PM_',
    'uuid_mode': 'UM_',
}


def _modes(option: str) -> dict[str, int]:
    import rapidjson

    prefix = _PREFIXES[option]
    return {
        name: getattr(rapidjson, name)
        for name in dir(rapidjson)
        if name.startswith(prefix)
    }
