"""A limit of depth for protobuf, which has one of its own that can't be set."""

from __future__ import annotations

from collections.abc import Callable
import inspect
import operator
from typing import Any, Final, TYPE_CHECKING

from google.protobuf.descriptor_pb2 import FieldDescriptorProto
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from falcon_media import PayloadTooLarge
from falcon_media_protobuf.schema import Edge
from falcon_media_protobuf.schema import Schema
from falcon_media_protobuf.wire import first_bytes
from falcon_media_protobuf.wire import LENGTH
from falcon_media_protobuf.wire import NATIVE_DEPTH
from falcon_media_protobuf.wire import tag_of
from falcon_media_protobuf.wire import varint

if TYPE_CHECKING:
    from google.protobuf.message import Message

__all__ = ('shallow_parser',)

_SCREEN_SIZE: Final = 4096
"""Size up to which counting tags pays, for it takes as long as the payload."""


def shallow_parser(
    cls: type[Message], schema: Schema, max_depth: int
) -> Callable[[bytes], Message] | None:
    """Make a parser that refuses messages of more than `max_depth` levels.

    protobuf has a limit of its own, which can't be set. But the message can be parsed
    as the innermost of an envelope, whose levels use up so much of the limit that the
    rest is `max_depth`. The levels of the envelope are groups: they have no lengths, so
    the bytes in front of the message and those after it are always the same.

    PERF: A Struct of 2 KB takes 1.8 times as long as with nothing but protobuf, and one
        of 200 KB 1.1 times; with a walk over the message, each took 15 to 20 times as
        long (CPython 3.13, protobuf 7.36).

    Args:
        cls (type): The message class.
        schema (Schema): Its schema.
        max_depth (int): Levels that are accepted.

    Returns:
        Callable: Takes a payload; raises ``PayloadTooLarge``, or what protobuf raises.
        Or ``None``, if that can't be done with this protobuf.
    """
    # NOTE: protobuf in pure Python, where no wheel is, loses count at the maps.
    if not inspect.ismethoddescriptor(cls.SerializeToString):
        return None
    parse = cls.FromString
    parse_in_envelope = _envelope_parser(cls, NATIVE_DEPTH - max_depth)
    if not _separates(parse_in_envelope, schema, max_depth):
        return None
    # NOTE: Each level but the root has a tag, and a length or another tag.
    unchecked = 2 * max_depth - 1
    screened, tags, most = _SCREEN_SIZE, *_screen(schema, max_depth)

    def parse_shallow(payload: bytes) -> Message:
        size = len(payload)
        if size <= unchecked or (
            size <= screened and size - len(payload.translate(None, tags)) <= most
        ):
            return parse(payload)
        try:
            return parse_in_envelope(payload)
        except DecodeError:
            # NOTE: If it can be parsed without, then it was the depth.
            parse(payload)
            raise PayloadTooLarge(
                f'nested deeper than {max_depth} levels',
                limit='max_depth',
                limit_value=max_depth,
            ) from None

    return parse_shallow


def _envelope_parser(cls: type[Message], levels: int) -> Callable[[bytes], Message]:
    descriptor = _envelope(cls)
    parse = GetMessageClass(descriptor).FromString
    groups = levels - 1
    open_message = tag_of(descriptor.fields_by_name['message'], LENGTH)
    front = b'\x0b' * groups + bytes([open_message])
    back = b'\x0c' * groups
    message = operator.attrgetter('envelope.' * groups + 'message')

    def parse_in_envelope(payload: bytes) -> Any:
        return message(parse(b''.join((front, varint(len(payload)), payload, back))))

    return parse_in_envelope


def _envelope(cls: type[Message]) -> Any:
    target = cls.DESCRIPTOR
    pool = target.file.pool
    package = f'falcon_media_protobuf.envelope.{target.full_name}'
    try:
        # NOTE: It has to be in the app's pool, and to add it again is an error.
        return pool.FindMessageTypeByName(f'{package}.Envelope')
    except KeyError:
        pass
    file = FileDescriptorProto(
        name=f'{package.replace(".", "/")}.proto',
        package=package,
        dependency=[target.file.name],
        syntax='proto2',
    )
    envelope = file.message_type.add(name='Envelope')
    envelope.field.add(
        name='envelope',
        number=1,
        label=FieldDescriptorProto.LABEL_OPTIONAL,
        type=FieldDescriptorProto.TYPE_GROUP,
        type_name=f'.{package}.Envelope',
    )
    envelope.field.add(
        name='message',
        number=2,
        label=FieldDescriptorProto.LABEL_OPTIONAL,
        type=FieldDescriptorProto.TYPE_MESSAGE,
        type_name=f'.{target.full_name}',
    )
    pool.AddSerializedFile(file.SerializeToString())
    return pool.FindMessageTypeByName(f'{package}.Envelope')


def _separates(
    parse: Callable[[bytes], Message], schema: Schema, max_depth: int
) -> bool:
    """Return whether a parser accepts what it should, and refuses one level more."""
    try:
        parse(_nested(schema, max_depth))
    except DecodeError:
        return False
    try:
        parse(_nested(schema, max_depth + 1))
    except DecodeError:
        return True
    return False


def _nested(schema: Schema, depth: int) -> bytes:
    """Write a message of the schema that is nested so deep."""
    edges: list[Edge] = []
    node = schema.root
    while len(edges) < depth - 1:
        edges.append(max(node.edges, key=lambda edge: edge.target.height))
        node = edges[-1].target
    payload = b''
    for edge in reversed(edges):
        if edge.is_group:
            payload = varint(edge.tag) + payload + varint(edge.tag + 1)
        else:
            payload = varint(edge.tag) + varint(len(payload)) + payload
    return payload


def _screen(schema: Schema, max_depth: int) -> tuple[bytes, int]:
    """What to count in a payload, and how much of it proves nothing too deep.

    Levels that can repeat have tags of their own in the payload. The rest of any path
    is as long as the schema says.
    """
    deep = [edge for edge in schema.edges if edge.target.height > max_depth]
    rest = max(
        (
            edge.target.height
            for edge in schema.edges
            if edge.target.height <= max_depth
        ),
        default=0,
    )
    return first_bytes(edge.tag for edge in deep), max_depth - 1 - int(rest)
