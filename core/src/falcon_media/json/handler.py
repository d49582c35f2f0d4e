"""The built-in handler: JSON, by the standard library.

It is registered through the same hooks as the handlers of plugins.

- An object is sent only if its receiver gets an equal one; but tuples become lists.
- Text has no white space, and characters that are not ASCII are not escaped.
- ``NaN``, ``Infinity``, numbers such as ``1e400``, duplicate keys and halves of
  surrogate pairs are refused.
- Keys must be strings: :mod:`json` would change 1 to ``'1'``, and ``None`` to
  ``'null'``.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from functools import partial
import json
from json import encoder as json_encoder
from typing import Any, NoReturn

from falcon import WebSocketPayloadType

from falcon_media.errors import ConfigError
from falcon_media.errors import MalformedPayload
from falcon_media.errors import UnserializableMedia
from falcon_media.json.strictness import CountingDecoder
from falcon_media.json.strictness import has_lone_surrogate
from falcon_media.json.strictness import may_have_coerced_key
from falcon_media.json.strictness import received_json
from falcon_media.json.strictness import strict_decode
from falcon_media.json.strictness import unique_object
from falcon_media.limits import Limits
from falcon_media.limits import media_check
from falcon_media.limits import SPEEDUPS
from falcon_media.limits import speedups
from falcon_media.protocol.fastpath import JSON_LEAVES
from falcon_media.protocol.fastpath import Sent
from falcon_media.protocol.framing import LINES
from falcon_media.protocol.guard import Codec
from falcon_media.protocol.handlers import TextHandler
from falcon_media.protocol.hooks import check_arguments
from falcon_media.protocol.hooks import load_hook
from falcon_media.protocol.hooks import sending_hook
from falcon_media.protocol.locating import Cures
from falcon_media.protocol.locating import NOT_CARRIED
from falcon_media.protocol.locating import remaining_cures
from falcon_media.protocol.markers import hookimpl
from falcon_media.protocol.spec import HandlerSpec

__all__ = ('JSONHandler', 'falcon_media_diagnostics', 'falcon_media_handlers')


class JSONHandler(TextHandler):
    """Media handler for JSON, by the standard library's :mod:`json`.

    Keyword Args:
        ensure_ascii (bool): Whether to escape characters that are not ASCII.
        sort_keys (bool): Whether to sort the keys of objects that are sent.
        default (Callable | str): Function that converts an object that JSON can't carry
            to one that it can; or ``'package.module:name'``. The receiver gets the
            converted object.
        coerce_keys (bool): Whether int, float, bool and ``None`` are accepted as keys.
            They are sent as strings.
        allow_nan (bool): Whether to send and accept ``NaN``, ``Infinity`` and
            ``-Infinity``. They are not JSON, and most other languages refuse them.
        allow_duplicate_keys (bool): Whether to accept an object that has a key twice.
            The last value wins; other software may take the first.
        allow_lone_surrogates (bool): Whether to accept escapes of halves of surrogate
            pairs, and with `ensure_ascii` to send them. An app can't encode text that
            contains one.
        limits (Limits): The budgets.

    Raises:
        ConfigError: An option has an invalid value.
    """

    name = 'json'
    framing = LINES

    def __init__(
        self,
        *,
        ensure_ascii: bool = False,
        sort_keys: bool = False,
        default: Callable[[Any], Any] | str | None = None,
        coerce_keys: bool = False,
        allow_nan: bool = False,
        allow_duplicate_keys: bool = False,
        allow_lone_surrogates: bool = False,
        limits: Limits | None = None,
    ) -> None:
        limits = limits or Limits()
        finite = not _flag('allow_nan', allow_nan)
        paired = not _flag('allow_lone_surrogates', allow_lone_surrogates)
        unique = not _flag('allow_duplicate_keys', allow_duplicate_keys)
        string_keys = not _flag('coerce_keys', coerce_keys)
        if default is not None:
            default = load_hook(default, 'json: default', 'a function of one object')
            if not callable(default):
                raise ConfigError(
                    f'json: default must be a function of one object, not {default!r}'
                )
            check_arguments(default, 'json: default', 1)
            default = sending_hook(default, 'default')
            if string_keys:
                default = _with_string_keys(default)
        encoder = json.JSONEncoder(
            ensure_ascii=_flag('ensure_ascii', ensure_ascii),
            allow_nan=not finite,
            sort_keys=_flag('sort_keys', sort_keys),
            separators=(',', ':'),
            default=default,
        )
        encode = partial(_strict_encode, _bare_encode(encoder, default), paired=paired)
        decode = _bare_decode(
            json.JSONDecoder(parse_constant=_refuse_constant if finite else None)
        )
        codec = Codec(
            encode=encode(string_keys=string_keys),
            decode=_decode(decode, limits, unique=unique, finite=finite, paired=paired),
            # NOTE: Leaves only the size to the guard.
            unchecked=limits.max_size,
            check_media=media_check(limits),
            cures=remaining_cures(
                _CURES,
                {
                    'default': default,
                    'coerce_keys': coerce_keys,
                    'allow_nan': allow_nan,
                    'ensure_ascii': ensure_ascii and allow_lone_surrogates,
                },
            ),
            sent=Sent(call=encode(string_keys=False), leaves=JSON_LEAVES),
            received=received_json(decode, finite=finite, paired=paired),
            is_utf8=True,
        )
        super().__init__(codec, limits)


_CURES: Cures = {
    'key': 'coerce_keys=True (for int, float, bool and None)',
    'not finite': 'allow_nan=True',
    'lone surrogate': 'ensure_ascii=True with allow_lone_surrogates=True',
}


def _flag(option: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f'json: {option} must be true or false, not {value!r}')
    return value


# --------------------------------------------------------------------------- Receiving


def _decode(
    decode: Callable[[str], object],
    limits: Limits,
    *,
    unique: bool,
    finite: bool,
    paired: bool,
) -> Callable[[str], object]:
    constant = _refuse_constant if finite else None

    def make_counting() -> CountingDecoder:
        count = 0

        def hook(media: dict[str, Any]) -> dict[str, Any]:
            nonlocal count
            count += len(media)
            return media

        def take_count() -> int:
            nonlocal count
            taken, count = count, 0
            return taken

        return CountingDecoder(
            _bare_decode(json.JSONDecoder(object_hook=hook, parse_constant=constant)),
            take_count,
        )

    return strict_decode(
        decode,
        limits,
        make_counting=make_counting,
        decode_unique=_bare_decode(
            json.JSONDecoder(object_pairs_hook=unique_object, parse_constant=constant)
        ),
        unique=unique,
        finite=finite,
        paired=paired,
    )


def _bare_decode(decoder: json.JSONDecoder) -> Callable[[str], object]:
    scan: Callable[[str, int], tuple[object, int]]
    scan = decoder.scan_once  # type: ignore[attr-defined]  # the stubs don't have it

    def decode(text: str) -> object:
        # PERF: decoder.decode() does the same, but searches for white space on both
        #   sides, in two more frames. That is a quarter of the time of a short message.
        try:
            media, end = scan(text, 0)
        except StopIteration:
            return decoder.decode(text)
        if end != len(text) and text[end:].strip(' \t\n\r'):
            raise MalformedPayload('trailing data after the JSON value')
        return media

    return decode


def _refuse_constant(constant: str) -> NoReturn:
    raise MalformedPayload(
        'it contains a number that is not finite: allow_nan=True accepts it'
    )


# ----------------------------------------------------------------------------- Sending

_Chunks = Callable[[object, int], Iterable[str]]


def _bare_encode(
    encoder: json.JSONEncoder, default: Callable[[Any], Any] | None
) -> _Chunks:
    def encode(media: object, indent_level: int) -> Iterable[str]:
        return (encoder.encode(media),)

    if default is not None:
        # NOTE: The result of `default` may contain itself; the encoder checks that.
        return encode
    # PERF: encoder.encode() makes one of these for each message, which is half of the
    #   time of a short message. Without a dictionary for the objects being encoded, it
    #   has no state. (Cycles have been checked already.)
    make_encoder: Any = getattr(json_encoder, 'c_make_encoder', None)
    try:
        chunks: _Chunks = make_encoder(
            None,
            encoder.default,
            json_encoder.encode_basestring_ascii
            if encoder.ensure_ascii
            else json_encoder.encode_basestring,
            None,
            encoder.key_separator,
            encoder.item_separator,
            encoder.sort_keys,
            encoder.skipkeys,
            encoder.allow_nan,
        )
    except TypeError:
        # NOTE: There is none, or its signature has changed.
        return encode
    return chunks


_SHORT = 256


def _strict_encode(
    encode: _Chunks, *, string_keys: bool, paired: bool
) -> Callable[[object], str]:
    def strictly(media: object) -> str:
        text = ''.join(encode(media, 0))
        # NOTE: Fails for half a surrogate pair, which the server can't encode either.
        data = text.encode()
        if (
            string_keys
            and (len(data) <= _SHORT or may_have_coerced_key(data))
            and not _keys_are_strings(media)
        ):
            raise UnserializableMedia(NOT_CARRIED)
        if paired and '\\' in text and has_lone_surrogate(text):
            raise UnserializableMedia(NOT_CARRIED)
        return text

    return strictly


_LEAVES = frozenset((bool, float, int, str, type(None)))


def _keys_are_strings(media: object) -> bool:
    """Tell whether all keys of an object are strings.

    NOTE: Recursive; the depth has been checked already.
    """
    if isinstance(media, dict):
        for key, child in media.items():
            if not isinstance(key, str):
                return False
            if type(child) not in _LEAVES and not _keys_are_strings(child):
                return False
    elif isinstance(media, (list, tuple)):
        for child in media:
            if type(child) not in _LEAVES and not _keys_are_strings(child):
                return False
    return True


def _with_string_keys(default: Callable[[Any], Any]) -> Callable[[Any], Any]:
    # NOTE: The result of `default` is not part of the object that is checked.
    def default_with_string_keys(media: Any) -> Any:
        replacement = default(media)
        if not _keys_are_strings(replacement):
            raise UnserializableMedia('default returned a key that is not a string')
        return replacement

    return default_with_string_keys


# ------------------------------------------------------------------------------- Hooks


@hookimpl
def falcon_media_handlers() -> Sequence[HandlerSpec]:
    """Describe the handler of this module."""
    return [
        HandlerSpec(
            name=JSONHandler.name,
            payload_type=WebSocketPayloadType.TEXT,
            media_type='application/json',
            factory=JSONHandler,
            summary="JSON, by the standard library's json",
            annotate='falcon_media_tools.annotation.json_text:annotate_json',
        )
    ]


@hookimpl
def falcon_media_diagnostics() -> Mapping[str, str]:
    """Return the versions of Python and of the compiled checks."""
    from importlib import metadata
    import platform

    told = {platform.python_implementation(): platform.python_version()}
    if speedups() is not None:
        told[SPEEDUPS] = metadata.version(SPEEDUPS)
    return told
