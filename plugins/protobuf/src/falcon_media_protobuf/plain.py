"""A message as a mapping of its fields, which the handler makes the same message of."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from google.protobuf.descriptor import FieldDescriptor
    from google.protobuf.message import Message

__all__ = ('fields_of',)


def fields_of(message: Message) -> dict[str, Any]:
    """List the fields of a message that are set.

    Extensions, and fields that are not in the schema, have no name to be given by, and
    are left out.

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
        return {
            key: fields_of(item) if of_messages else item for key, item in value.items()
        }
    return [*map(fields_of, value)] if field.is_repeated else fields_of(value)
