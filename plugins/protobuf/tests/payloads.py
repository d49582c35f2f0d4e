"""Payloads written by hand, and what they come to."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message

from falcon_media import PayloadError
from falcon_media_protobuf import ProtobufHandler

MEGABYTE = 1_048_576


def varint(number: int) -> bytes:
    """Write a number."""
    data = bytearray()
    while number > 0x7F:
        data.append(number & 0x7F | 0x80)
        number >>= 7
    data.append(number)
    return bytes(data)


def sized(tag: str, payload: bytes) -> bytes:
    """Write a string, bytes or a message with its tag and its length."""
    return bytes.fromhex(tag) + varint(len(payload)) + payload


def outcome(handler: ProtobufHandler, payload: bytes) -> object:
    """Return the message, or the type of the error; anything else fails the test."""
    error: PayloadError | None = None
    media: object = None
    try:
        media = handler.deserialize(payload)
    except PayloadError as ex:
        error = ex
    if error is None:
        assert isinstance(media, Message)
        return media
    assert (error.handler, error.size) == ('protobuf', len(payload))
    assert str(error)
    return type(error)


def both_ways(handler: ProtobufHandler, media: object) -> Any:
    """Return what arrives of an object that is sent."""
    payload = handler.serialize(media)
    assert type(payload) is bytes
    return handler.deserialize(payload)


def depth_of(message: Any) -> int:
    """Count the levels of a message; the root is one, and so is an entry of a map."""
    below = [0]
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            below += [1 + depth_of(item) for item in messages_in(value)] or [1]
        else:
            below += [
                depth_of(item) for item in (value if field.is_repeated else [value])
            ]
    return 1 + max(below)


def items_of(message: Any) -> int:
    """Count the elements of repeated fields and the entries of maps."""
    items = 0
    for field, value in message.ListFields():
        if field.is_repeated:
            items += len(value)
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            items += sum(map(items_of, messages_in(value)))
        else:
            items += sum(map(items_of, value if field.is_repeated else [value]))
    return items


def messages_in(mapping: Any) -> list[Any]:
    """List the values of a map that are messages."""
    return [item for item in mapping.values() if isinstance(item, Message)]
