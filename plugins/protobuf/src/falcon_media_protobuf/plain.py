"""A message as a mapping of its fields, which the handler makes the same message of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from google.protobuf.descriptor import FieldDescriptor
    from google.protobuf.message import Message

__all__ = ('fields_of',)


def fields_of(message: Message) -> dict[str, Any]:
    """List the fields of a message that are set.

    Extensions, and fields that are not in the schema, have no name to be given by, and
    are left out. A ``google.protobuf.Struct`` or ``ListValue`` in a field is the JSON
    that it holds, since that is what the constructor of a message takes for one.

    Args:
        message (Message): The message.

    Returns:
        dict: Name -> value; of a message, the mapping of its fields.
    """
    return {
        field.name: _value(field, value)
        for field, value in message.ListFields()
        if not field.is_extension
    }


def _value(field: FieldDescriptor, value: Any) -> Any:
    message = field.message_type
    if message is None:
        return [*value] if field.is_repeated else value
    if message.GetOptions().map_entry:
        of_messages = message.fields_by_name['value'].message_type is not None
        # NOTE: What is true of fields is not of maps: there a Struct is a message.
        return {
            key: fields_of(item) if of_messages else item for key, item in value.items()
        }
    make: Callable[[Any], Any] = _JSON.get(message.full_name, fields_of)
    return [*map(make, value)] if field.is_repeated else make(value)


def _object(struct: Any) -> dict[str, Any]:
    return {name: _json(value) for name, value in struct.fields.items()}


def _array(values: Any) -> list[Any]:
    return [*map(_json, values.values)]


def _json(value: Any) -> Any:
    kind = value.WhichOneof('kind')
    if kind == 'struct_value':
        return _object(value.struct_value)
    if kind == 'list_value':
        return _array(value.list_value)
    return None if kind in {None, 'null_value'} else getattr(value, kind)


_JSON: dict[str, Callable[[Any], Any]] = {
    'google.protobuf.Struct': _object,
    'google.protobuf.ListValue': _array,
}
