"""Payload -> object: msgpack's own call, and the checks that it leaves to others.

- Nothing but one object that is whole: by msgpack.
- Strings in UTF-8, keys that are strings, numbers of timestamps: by msgpack.
- Keys that are there twice: by a hook, once a map.
- Keys that are neither text nor bytes: counted in the payload, where there may be any.
- Extension types: by a hook, and by the budget of msgpack for their length.
- Timestamps that are refused, or finer than a microsecond: in what is read once more.
- Containers that declare more than they hold, and depth: for short payloads by bounds
  that are cheap; for others by msgpack, which is made to skip the payload first.
- Items: in the payload, where it has many containers; in the object otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from functools import partial
from types import NoneType
from typing import Any, NoReturn

from msgpack import StackError
from msgpack import Timestamp
from msgpack import unpackb
from msgpack import Unpacker

from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import UnsupportedPayload
from falcon_media.spi import decoded_check
from falcon_media.spi import message_pack_keys_check
from falcon_media.spi import Received
from falcon_media.spi import unchecked_binary

__all__ = ('TOO_DEEP', 'decoder', 'received_plain')

TOO_DEEP: type[Exception] = StackError
"""What the library raises over a budget of its own."""

# NOTE: fixmap and fixarray, array 16 and 32, map 16 and 32.
_SHORT_HEADERS = bytes(range(0x80, 0xA0))
_LONG_HEADERS = bytes(range(0xDC, 0xE0))
_NO_HEADERS = bytes(set(range(256)) - {*_SHORT_HEADERS, *_LONG_HEADERS})

# PERF: Beyond, there are as a rule too many containers.
_SCREENED_SIZE = 4096
_FEW_POINTERS = 262_144

_STACK = 1024
_ARRAY_OF_ONE = b'\x91'
_EMPTY_ARRAY = b'\x90'


def decoder(
    limits: Limits,
    *,
    allow_duplicate_keys: bool,
    strict_map_key: bool,
    raw: bool,
    timestamp: int | None,
    truncate_nanoseconds: bool,
    ext_hook: Callable[[int, bytes], object] | None,
) -> Callable[[bytes], object]:
    """Make the function that decodes payloads of up to ``limits.max_size`` bytes.

    Args:
        limits (Limits): The budgets.

    Keyword Args:
        allow_duplicate_keys (bool): See the handler.
        strict_map_key (bool): See the handler.
        raw (bool): See the handler.
        timestamp (int | None): See the handler; ``None`` refuses timestamps.
        truncate_nanoseconds (bool): See the handler.
        ext_hook (Callable): See the handler; ``None`` refuses extension types.

    Returns:
        Callable: Takes the payload, and returns the object; raises a ``PayloadError``,
        a ``HookError``, or whatever the library raises.
    """
    pairs_hook = None if allow_duplicate_keys else _unique
    ext = _refuse_ext if ext_hook is None else ext_hook
    unpack_any_ext = partial(
        unpackb,
        object_pairs_hook=pairs_hook,
        ext_hook=ext,
        strict_map_key=strict_map_key,
        raw=raw,
        timestamp=timestamp or 0,
    )
    check_times = _times_check(timestamp, truncate_nanoseconds)
    check_keys = None if strict_map_key else message_pack_keys_check(limits)
    unchecked = unchecked_binary(limits)
    check_payload = _payload_check(limits)
    check_decoded = decoded_check(limits)

    def decode(payload: bytes) -> object:
        owed = len(payload) > unchecked and check_payload(payload)
        if check_keys is not None:
            check_keys(payload)
        try:
            # PERF: With all arguments by name this is cheaper than functools.partial.
            media = unpackb(
                payload,
                object_pairs_hook=pairs_hook,
                ext_hook=ext,
                strict_map_key=strict_map_key,
                raw=raw,
                max_ext_len=0,
            )
        except (TypeError, ValueError) as ex:
            # NOTE: What the library refuses is a plain ValueError, whatever the reason;
            #   so is an extension type that is longer than it may be.
            if type(ex) is not ValueError:
                _explain(ex)
                raise
            media = decode_others(payload)
        if owed:
            check_decoded(media)
        return media

    # PERF: So that a payload without extension types is not searched for timestamps.
    def decode_others(payload: bytes) -> object:
        try:
            media = unpack_any_ext(payload)
        except (OverflowError, TypeError, ValueError) as ex:
            _explain(ex)
            raise
        if check_times is not None:
            check_times(payload)
        return media

    return decode


def received_plain(*, strict_map_key: bool, raw: bool) -> Received:
    """Describe which payloads :func:`decoder` lets by, but for extension types.

    Keyword Args:
        strict_map_key (bool): See the handler.
        raw (bool): See the handler.

    Returns:
        Received: What can be taken as it is.
    """
    call = partial(unpackb, strict_map_key=strict_map_key, raw=raw)
    return Received(
        # PERF: These are the library's defaults, and partial() takes 50 ns.
        call=unpackb if strict_map_key and not raw else call,
        leaves=_LEAVES,
        keys=(str, bytes) if strict_map_key else _LEAVES,
        reads='message_pack',
    )


_LEAVES: frozenset[type] = frozenset((bool, bytes, float, int, NoneType, str))


def _unique(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    media = dict(pairs)
    if len(media) != len(pairs):
        raise MalformedPayload(
            'a map has the same key twice: allow_duplicate_keys=True accepts it'
        )
    return media


def _refuse_ext(code: int, data: bytes) -> NoReturn:
    raise UnsupportedPayload(f'extension type {code}: an ext_hook accepts it')


# NOTE: msgpack has no exceptions of its own for these. Should its texts change, such
#   payloads are still refused, as malformed; a test of this package tells.
_KEY_REFUSED = ' is not allowed for map key'
_NOT_HASHABLE = 'unhashable type'
_UNHASHABLE = frozenset(('dict', 'list'))


def _explain(ex: Exception) -> None:
    """Raise what says more than an exception of the library, if there is such a thing.

    Raises:
        UnsupportedPayload: The payload is MessagePack, and not accepted here.
    """
    text = str(ex)
    if isinstance(ex, OverflowError):
        raise UnsupportedPayload(
            'a timestamp beyond the years 1 to 9999: timestamp=0 accepts it'
        ) from ex
    kind, is_key, _ = text.partition(_KEY_REFUSED)
    if is_key and kind not in _UNHASHABLE:
        raise UnsupportedPayload(
            f'a map key of type {kind}: strict_map_key=False accepts it'
        ) from ex
    if is_key or _NOT_HASHABLE in text:
        raise UnsupportedPayload('a map key that is an array or a map') from ex


# ----------------------------------------------------------------------------- Times

_FINE_TIMES = (b'\xd7\xff', b'\x08\xff', b'\x0c\xff')
"""What the heads of timestamps with nanoseconds end with."""

_TIMES = (b'\xd6\xff', b'\x04\xff', *_FINE_TIMES)


def _times_check(
    timestamp: int | None, truncate_nanoseconds: bool
) -> Callable[[bytes], None] | None:
    """Make the check of the timestamps in a payload that can be decoded.

    The library never gives them to a hook, and cuts them without a word.

    Returns:
        Callable: Takes the payload; raises ``UnsupportedPayload``. ``None`` where all
        timestamps are fine.
    """
    if timestamp is None:
        return partial(_check_times, heads=_TIMES, refuse=_refuse_time)
    # NOTE: The others have nanoseconds.
    if timestamp in {1, 3} and not truncate_nanoseconds:
        return partial(_check_times, heads=_FINE_TIMES, refuse=_refuse_fine_time)
    return None


def _check_times(
    payload: bytes, heads: Iterable[bytes], refuse: Callable[[Any], None]
) -> None:
    # NOTE: They may as well be in a string, or in a number.
    if not any(head in payload for head in heads):
        return
    # NOTE: No dict is made, and no function of the app is called.
    todo: list[Any] = [
        unpackb(
            payload,
            object_pairs_hook=_as_pairs,
            ext_hook=_skip_ext,
            strict_map_key=False,
            raw=True,
            timestamp=0,
        )
    ]
    for part in todo:  # grows while it is gone through
        if type(part) is Timestamp:
            refuse(part)
        elif type(part) in _SEQUENCES:
            todo += part


_SEQUENCES = frozenset((list, tuple))


def _as_pairs(pairs: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    return pairs


def _skip_ext(code: int, data: bytes) -> None:
    return None


def _refuse_time(time: Any) -> NoReturn:
    raise UnsupportedPayload('a timestamp (extension type -1): timestamp=3 accepts it')


def _refuse_fine_time(time: Any) -> None:
    if time.nanoseconds % 1000:
        raise UnsupportedPayload(
            'a time finer than a microsecond: truncate_nanoseconds=True accepts it'
        )


# --------------------------------------------------------------------------- Budgets


def _payload_check(limits: Limits) -> Callable[[bytes], bool]:
    """Make the check before decoding.

    Arrays and maps of more than 15 elements are allocated as they declare, before it is
    known whether they hold so much: by a payload of n bytes, up to n pointers each, one
    within the other.

    Returns:
        Callable: Takes the payload; raises what the library raises. Returns whether
        depth and items are still to be counted, in the object.
    """
    max_depth = limits.max_depth
    max_items = limits.max_items
    most_items = max_items + 1
    check_whole = _whole_check(max_depth)
    check_items = message_pack_keys_check(limits)

    def check(payload: bytes) -> bool:
        size = len(payload)
        if size > _SCREENED_SIZE:
            # NOTE: An empty container is one byte of the payload, and 64 in memory.
            if (
                size > most_items
                and len(payload.translate(None, _NO_HEADERS)) > max_items
            ):
                check_items(payload)
            if check_whole is not None:
                check_whole(payload)
            return size > most_items or check_whole is None
        # PERF: All bytes that may be the head of a container, in one pass.
        headers = payload.translate(None, _NO_HEADERS)
        if len(headers) <= max_depth and size * len(headers) <= _FEW_POINTERS:
            return size > most_items
        pointers = size * len(headers.translate(None, _SHORT_HEADERS))
        if pointers > _FEW_POINTERS and check_whole is not None:
            check_whole(payload)
        return True

    return check


def _whole_check(max_depth: int) -> Callable[[bytes], None] | None:
    """Make a check that a payload holds what it declares, and of its depth.

    The library's stack holds 1,024 containers, whatever its caller would like. Within
    arrays of one element each that leave `max_depth` of them, a payload ends in
    StackError if, and only if, it is too deep.

    PERF: Skipping makes no objects: 3 us, and 5 % of the time that decoding takes; for
        nothing but numbers, 40 %.

    Returns:
        Callable: Takes the payload; raises what the library raises. ``None`` where the
        stack is not the known one (msgpack without its C extension).
    """
    if not _fits(_STACK) or _fits(_STACK + 1):
        return None
    outer = _ARRAY_OF_ONE * (_STACK - max_depth)

    def check(payload: bytes) -> None:
        _skip(outer + payload)

    return check


def _fits(depth: int) -> bool:
    try:
        _skip(_ARRAY_OF_ONE * (depth - 1) + _EMPTY_ARRAY)
    except StackError:
        return False
    return True


def _skip(data: bytes) -> None:
    size = len(data)
    unpacker = Unpacker(max_buffer_size=size, read_size=size)
    unpacker.feed(data)
    unpacker.skip()
