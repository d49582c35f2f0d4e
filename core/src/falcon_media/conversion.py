"""Any handler, bound to types of messages through msgspec."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import replace
import datetime as dt
from decimal import Decimal
from typing import Any, NamedTuple
import uuid

from falcon_media.errors import ConfigError
from falcon_media.errors import HandlerLoadError
from falcon_media.errors import HookError
from falcon_media.errors import MediaError
from falcon_media.guard import Codec
from falcon_media.handlers import BinaryHandler
from falcon_media.handlers import Handler
from falcon_media.handlers import TextHandler
from falcon_media.hooks import TYPE_FAULTS
from falcon_media.libraries import installed_library
from falcon_media.limits import decoded_check
from falcon_media.limits import Limits
from falcon_media.limits import media_check
from falcon_media.typed import check_sent
from falcon_media.typed import fields_of
from falcon_media.typed import invalid_media
from falcon_media.typed import invalid_payload
from falcon_media.typed import type_name
from falcon_media.typed import Types

__all__ = ('bind_types', 'check_type', 'nodes_of', 'parts_of', 'type_limits')

MSGSPEC = 'msgspec>=0.21.1'
"""What the extra ``typed`` asks for."""


def bind_types(handler: Handler, types: Types) -> Handler:
    """Bind a handler to types of messages.

    What it decodes is converted to the one, and what it is to encode is checked for
    being of the other, and converted to what the format can carry.

    Args:
        handler (Handler): The handler, under the guard. It knows nothing of types.
        types (Types): The types.

    Returns:
        Handler: A new one, around it.

    Raises:
        HandlerLoadError: msgspec is not installed.
        ConfigError: One of them is no type that msgspec can convert to.
    """
    library = installed_library(MSGSPEC)
    if not library.is_met:
        raise HandlerLoadError(
            f'{handler.name}: type=, receive= and send= need {MSGSPEC}, and '
            f'{library.version or "none"} is installed: '
            "pip install 'falcon-media[typed]'",
            name=handler.name,
        )
    codec = _typed_codec(handler, types)
    bound: Handler
    if isinstance(handler, TextHandler):
        bound = TextHandler(codec, handler.limits, name=handler.name)
        bound.framing = handler.framing
    else:
        bound = BinaryHandler(codec, handler.limits, name=handler.name)
        bound.framing = handler.framing
    bound.types = types
    return bound


def check_type(value: Any) -> None:
    """Check that msgspec can decode to a type.

    Args:
        value: The type.

    Raises:
        ConfigError: It can't.
    """
    from msgspec.inspect import CustomType
    from msgspec.inspect import type_info

    try:
        info = type_info(value)
    except Exception as ex:
        raise ConfigError(
            f'type: {type_name(value)} is no type of messages: '
            f'{type(ex).__name__}: {" ".join(str(ex).split())}'
        ) from ex
    if isinstance(info, CustomType):
        raise ConfigError(
            f'type: {type_name(value)} says nothing of its fields: use a '
            'msgspec.Struct, a dataclass, a TypedDict, or a union of such'
        )


# NOTE: Their hashes are no secret: numbers can be chosen that all have the same one,
#   and then each is compared with all before it. 4,096 take 0.1 s.
_MAX_NUMBER_KEYS = 4096


def type_limits(value: Any, limits: Limits) -> Limits:
    """Tell the budgets for what is received as a type.

    Args:
        value: The type.
        limits (Limits): The budgets of the handler.

    Returns:
        Limits: With fewer items, where a type has sets of numbers or of UUIDs, or
        mappings with such keys.
    """
    from msgspec import inspect

    numbers = inspect.IntType | inspect.DecimalType | inspect.UUIDType

    def is_hashed(node: Any) -> bool:
        # NOTE: A mapping with any keys has those that its format allows.
        if isinstance(node, inspect.DictType):
            return any(isinstance(part, numbers) for part in nodes_of(node.key_type))
        return isinstance(node, inspect.SetType | inspect.FrozenSetType) and any(
            isinstance(part, numbers | inspect.AnyType)
            for part in nodes_of(node.item_type)
        )

    if any(map(is_hashed, nodes_of(inspect.type_info(value)))):
        return replace(limits, max_items=min(limits.max_items, _MAX_NUMBER_KEYS))
    return limits


def nodes_of(root: Any) -> Iterator[Any]:
    """Yield what a type is made of; a type may be part of itself.

    Args:
        root (msgspec.inspect.Type): The type, as msgspec sees it.
    """
    seen: set[int] = set()
    pending = [root]
    while pending:
        node = pending.pop()
        if id(node) not in seen:
            seen.add(id(node))
            yield node
            pending += parts_of(node)


def parts_of(node: Any) -> Iterator[Any]:
    """Yield what is directly in a type, or in a field of one."""
    from msgspec import inspect

    for name in node.__struct_fields__:
        value = getattr(node, name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, inspect.Type | inspect.Field):
                yield part


def _typed_codec(handler: Handler, types: Types) -> Codec[Any]:
    encode: Callable[[Any], Any] = handler.serialize
    decode: Callable[[Any], object] = handler.deserialize
    # NOTE: An error of the handler itself names the place already.
    make_plain: Callable[[Any], object] = bool
    format_ = _probe(handler)
    if types.receive is not None:
        check_type(types.receive)
        decode = _decoder(handler, types.receive, format_)
    if types.send is not None:
        check_type(types.send)
        make_plain = _plain_maker(handler, format_)
        encode = _encoder(handler, types.send, format_, make_plain)
    # NOTE: All budgets are the business of the handler itself.
    return Codec(
        encode=encode,
        decode=decode,
        unchecked=handler.limits.max_size,
        attempt=make_plain,
        has_fields=True,
        # NOTE: It is the text of a handler under the guard.
        is_utf8=True,
    )


def _decoder(
    handler: Handler, receive: Any, format_: _Format
) -> Callable[[Any], object]:
    from msgspec import convert
    from msgspec import ValidationError

    deserialize: Callable[[Any], object] = handler.deserialize
    # NOTE: In a format that has bytes, text is not taken for their base64. Times, in
    #   any format, may come as text.
    builtin_types = [cls for cls in format_.carried if cls is bytes]
    str_keys = format_.str_keys
    limits = type_limits(receive, handler.limits)
    check_decoded = None if limits is handler.limits else decoded_check(limits)

    def decode(payload: Any) -> object:
        media = deserialize(payload)
        if check_decoded is not None:
            check_decoded(media)
        try:
            return convert(
                media, receive, builtin_types=builtin_types, str_keys=str_keys
            )
        except ValidationError as ex:
            raise invalid_payload(str(ex), media) from ex
        except TYPE_FAULTS:
            raise
        except Exception as ex:
            raise HookError(f'{type_name(receive)} raised an exception') from ex

    return decode


def _plain_maker(handler: Handler, format_: _Format) -> Callable[[object], object]:
    from msgspec import to_builtins

    carried, str_keys = format_
    check_media = media_check(handler.limits, fields=fields_of)

    def make_plain(media: object) -> object:
        check_media(media)
        return to_builtins(media, builtin_types=carried, str_keys=str_keys)

    return make_plain


def _encoder(
    handler: Handler,
    send: Any,
    format_: _Format,
    make_plain: Callable[[object], object],
) -> Callable[[object], Any]:
    from msgspec import convert
    from msgspec import ValidationError

    serialize: Callable[[object], Any] = handler.serialize
    carried, str_keys = format_

    def encode(media: object) -> Any:
        plain = make_plain(media)

        def receive() -> object:
            return convert(plain, send, builtin_types=carried, str_keys=str_keys)

        try:
            check_sent(media, receive, send)
        except ValidationError as ex:
            raise invalid_media(str(ex)) from ex
        return serialize(plain)

    return encode


class _Format(NamedTuple):
    """What a format has, of the types that msgspec converts otherwise."""

    carried: tuple[type, ...]
    str_keys: bool


_SAMPLES: tuple[Any, ...] = (
    b'\xff',
    dt.datetime(2001, 2, 3, 4, 5, 6, tzinfo=dt.UTC),
    dt.date(2001, 2, 3),
    dt.time(1, 2, 3),
    dt.timedelta(seconds=1),
    uuid.UUID(int=1),
    Decimal('1.5'),
)


def _probe(handler: Handler) -> _Format:
    """Find out what a format has."""

    def is_carried(value: object) -> bool:
        try:
            payload: Any = handler.serialize({'a': value})
            return bool(handler.deserialize(payload) == {'a': value})
        except MediaError:
            return False

    return _Format(
        tuple(type(value) for value in _SAMPLES if is_carried(value)),
        not is_carried({1: 2}),
    )
