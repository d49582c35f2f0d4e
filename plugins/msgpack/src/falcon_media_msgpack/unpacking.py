"""Payload -> object: msgpack's own call, and the checks that it leaves to others.

- Nothing but one object that is whole: by msgpack.
- Strings in UTF-8, keys that are strings, numbers of timestamps: by msgpack.
- Keys that are there twice: by a hook, once a map.
- Extension types: by a hook, and by the budget of msgpack for their length.
- Containers that declare more than they hold, and depth: for short payloads by bounds
  that are cheap; for others by msgpack, which is made to skip the payload first.
- Items, and depth where the bound fails: by counting in the object.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import NoneType
from typing import Any, NoReturn

from msgpack import StackError
from msgpack import unpackb
from msgpack import Unpacker

from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import UnsupportedPayload
from falcon_media.limits import decoded_check
from falcon_media.limits import unchecked_binary
from falcon_media.shortcuts import Received

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
_LIBRARY_DEFAULT = -1


def decoder(
    limits: Limits,
    *,
    allow_duplicate_keys: bool,
    strict_map_key: bool,
    raw: bool,
    timestamp: int | None,
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
        ext_hook (Callable): See the handler; ``None`` refuses extension types.

    Returns:
        Callable: Takes the payload, and returns the object; raises a ``PayloadError``,
        or whatever the library raises.
    """
    pairs_hook = None if allow_duplicate_keys else _unique
    ext = _refuse_ext if ext_hook is None else ext_hook
    timestamp_type = timestamp or 0
    # NOTE: The library never shows a timestamp to ext_hook; but it looks at the length
    #   of an extension first.
    max_ext_len = 0 if timestamp is None else _LIBRARY_DEFAULT
    unpack_any_ext = partial(
        unpackb,
        object_pairs_hook=pairs_hook,
        ext_hook=ext,
        strict_map_key=strict_map_key,
        raw=raw,
    )

    unchecked = unchecked_binary(limits)
    check_payload = _payload_check(limits)
    check_decoded = decoded_check(limits)

    def decode(payload: bytes) -> object:
        owed = len(payload) > unchecked and check_payload(payload)
        try:
            # PERF: With all arguments by name this is cheaper than functools.partial.
            media = unpackb(
                payload,
                object_pairs_hook=pairs_hook,
                ext_hook=ext,
                strict_map_key=strict_map_key,
                raw=raw,
                timestamp=timestamp_type,
                max_ext_len=max_ext_len,
            )
        except ValueError as ex:
            # NOTE: What the library refuses is a plain ValueError, whatever the reason.
            #   Without its budget for extensions it comes to another end, unless those
            #   were timestamps.
            if max_ext_len == 0 and type(ex) is ValueError:
                unpack_any_ext(payload)
                _refuse_ext(-1, b'')
            raise
        if owed:
            check_decoded(media)
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
        raise MalformedPayload('a map has the same key twice')
    return media


def _refuse_ext(code: int, data: bytes) -> NoReturn:
    raise UnsupportedPayload('an extension type that is not accepted')


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
    most_items = limits.max_items + 1
    check_whole = _whole_check(max_depth)

    def check(payload: bytes) -> bool:
        size = len(payload)
        if size > _SCREENED_SIZE:
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
