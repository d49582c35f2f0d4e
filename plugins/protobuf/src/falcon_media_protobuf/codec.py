"""The calls of protobuf, with the checks that a schema needs put around them.

What a schema needs is known when the handler is made. Most need nothing but that a
payload is not empty, and that what is sent is a message of the right type.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import functools
from typing import Any, TYPE_CHECKING

from falcon_media import Codec
from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import UnserializableMedia
from falcon_media.spi import Received
from falcon_media.spi import Sent
from falcon_media_protobuf.budgets import payload_check
from falcon_media_protobuf.depth import MessageCheck
from falcon_media_protobuf.envelope import shallow_parser
from falcon_media_protobuf.fields import FieldsCheck
from falcon_media_protobuf.fields import is_mapping
from falcon_media_protobuf.reader import Budgets
from falcon_media_protobuf.reader import depth_finder
from falcon_media_protobuf.schema import Schema
from falcon_media_protobuf.twins import packed_counter
from falcon_media_protobuf.twins import text_check
from falcon_media_protobuf.wire import NATIVE_DEPTH

if TYPE_CHECKING:
    from google.protobuf.message import Message

__all__ = ('make_codec', 'Options')


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of the handler that are not about what a message is."""

    allow_empty: bool
    allow_partial: bool
    allow_invalid_utf8: bool
    allow_conversions: bool
    check_sent_depth: bool
    deterministic: bool
    max_memory: int
    max_int_keys: int


def make_codec(cls: type[Message], options: Options, limits: Limits) -> Codec[bytes]:
    """Make the codec for a message class.

    Args:
        cls (type): The message class.
        options (Options): What may be left out.
        limits (Limits): The budgets.

    Returns:
        Codec: The calls of protobuf, and the checks that they need.
    """
    descriptor: Any = cls.DESCRIPTOR
    schema = Schema(descriptor)
    # NOTE: What is deeper is refused by protobuf at the other end.
    max_depth = min(limits.max_depth, NATIVE_DEPTH)
    is_bounded = schema.root.height <= max_depth
    is_utf_8 = None if options.allow_invalid_utf8 else text_check(schema)

    parse: Callable[[bytes], Message] = cls.FromString
    needs_depth = not is_bounded and max_depth < NATIVE_DEPTH
    parse_shallow = shallow_parser(cls, schema, max_depth) if needs_depth else None
    unchecked, check_payload = payload_check(
        schema,
        Budgets(
            max_depth=max_depth,
            max_items=limits.max_items,
            max_memory=options.max_memory,
            max_int_keys=options.max_int_keys,
        ),
        count_packed=packed_counter(schema),
        depth=needs_depth and parse_shallow is None,
    )
    message_check = None
    if options.check_sent_depth and not is_bounded:
        message_check = MessageCheck(schema, max_depth)
    fields_check = FieldsCheck(
        schema,
        max_depth,
        limits.max_items,
        message_check=message_check,
        allow_conversions=options.allow_conversions,
    )
    if check_payload is None:
        unchecked = limits.max_size
    shortest = 0 if options.allow_empty else 1
    sent = received = None
    if message_check is None and is_utf_8 is None:
        serialize = _serializer(cls, options)
        sent = Sent(call=serialize, leaves=(cls,), shortest=shortest)
    if is_utf_8 is None and not _has_required(schema, options):
        received = Received(
            reads=None,
            call=parse_shallow or parse,
            shortest=shortest,
            longest=unchecked,
        )
    return Codec(
        encode=_encoder(cls, schema, options, message_check, fields_check, is_utf_8),
        attempt=_attempt(cls, schema, message_check, fields_check),
        decode=_decoder(cls, schema, options, parse_shallow or parse, is_utf_8),
        unchecked=unchecked,
        check_payload=check_payload,
        is_too_deep=depth_finder(schema),
        sent=sent,
        received=received,
    )


def _serializer(cls: type[Message], options: Options) -> Callable[..., bytes]:
    serialize: Callable[..., bytes] = (
        cls.SerializePartialToString if options.allow_partial else cls.SerializeToString
    )
    if options.deterministic:
        serialize = functools.partial(serialize, deterministic=True)
    return serialize


def _has_required(schema: Schema, options: Options) -> bool:
    return not options.allow_partial and any(
        item.is_required for node in schema.nodes for item in node.fields
    )


def _decoder(
    cls: type[Message],
    schema: Schema,
    options: Options,
    parse: Callable[[bytes], Message],
    is_utf_8: Callable[[bytes], bool] | None,
) -> Callable[[bytes], Message]:
    allow_empty = options.allow_empty
    has_required = _has_required(schema, options)

    if is_utf_8 is None and not has_required:
        if allow_empty:
            return parse

        def decode(payload: bytes) -> Message:
            if payload:
                return parse(payload)
            raise _empty()

        return decode

    is_initialized = cls.IsInitialized

    def decode_checked(payload: bytes) -> Message:
        if not payload and not allow_empty:
            raise _empty()
        message = parse(payload)
        if has_required and not is_initialized(message):
            raise MalformedPayload(
                'a required field is missing: allow_partial=True accepts it'
            )
        # PERF: What is ASCII is UTF-8, and finding that out takes next to nothing.
        if is_utf_8 is not None and not payload.isascii() and not is_utf_8(payload):
            raise MalformedPayload(
                'a string is not UTF-8: allow_invalid_utf8=True accepts it'
            )
        return message

    return decode_checked


def _empty() -> MalformedPayload:
    return MalformedPayload('it is empty: allow_empty=True accepts it')


def _encoder(
    cls: type[Message],
    schema: Schema,
    options: Options,
    message_check: MessageCheck | None,
    fields_check: FieldsCheck,
    is_utf_8: Callable[[bytes], bool] | None,
) -> Callable[[object], bytes]:
    allow_empty = options.allow_empty
    from_fields = _converter(cls, fields_check)
    has_required = _has_required(schema, options)
    serialize = _serializer(cls, options)
    root = schema.root

    if message_check is None and is_utf_8 is None and not has_required:

        def encode(media: object) -> bytes:
            payload = serialize(media if type(media) is cls else from_fields(media))
            if payload or allow_empty:
                return payload
            raise _nothing()

        return encode

    is_initialized = cls.IsInitialized

    def encode_checked(media: Any) -> bytes:
        if type(media) is not cls:
            media = from_fields(media)
        elif message_check is not None:
            message_check(media, root)
        if has_required and not is_initialized(media):
            raise UnserializableMedia(
                'a required field is missing: pass allow_partial=True'
            )
        payload = serialize(media)
        if is_utf_8 is not None and not payload.isascii() and not is_utf_8(payload):
            raise UnserializableMedia(
                'a string is not UTF-8: pass allow_invalid_utf8=True'
            )
        if payload or allow_empty:
            return payload
        raise _nothing()

    return encode_checked


def _attempt(
    cls: type[Message],
    schema: Schema,
    message_check: MessageCheck | None,
    fields_check: FieldsCheck,
) -> Callable[[object], None]:
    from_fields = _converter(cls, fields_check)

    def attempt(media: object) -> None:
        # NOTE: What is left of a message is not encoded: it may be empty, or without a
        #   required field.
        if type(media) is not cls:
            from_fields(media)
        elif message_check is not None:
            message_check(media, schema.root)

    return attempt


def _converter(
    cls: type[Message], fields_check: FieldsCheck
) -> Callable[[object], Message]:
    def from_fields(media: object) -> Message:
        if is_mapping(media):
            fields_check(media)
            return cls(**media)
        # NOTE: SerializeToString() would take a message of any type.
        raise UnserializableMedia(
            f'{cls.DESCRIPTOR.full_name}, or a mapping of its fields, is needed, '
            f'not {type(media).__name__}'
        )

    return from_fields


def _nothing() -> UnserializableMedia:
    return UnserializableMedia(
        'empty, as each field has its default value: pass allow_empty=True'
    )
