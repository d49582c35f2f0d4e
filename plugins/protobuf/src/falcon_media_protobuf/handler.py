"""The handler: its options, and what they select."""

from __future__ import annotations

import importlib
from typing import Any, TYPE_CHECKING

from falcon_media import BinaryHandler
from falcon_media import ConfigError
from falcon_media import Framing
from falcon_media import Limits

if TYPE_CHECKING:
    from google.protobuf.message import Message

__all__ = ('ProtobufHandler',)


class ProtobufHandler(BinaryHandler):
    """Media handler for Protocol Buffers, for one type of message.

    A payload is a message of that type, and is returned as one. What is sent is such a
    message, or a mapping of its fields, which goes through the message's constructor.

    Keyword Args:
        message (type | str): The message class, as protoc made it, or where it is:
            ``'package.module:Message'``.
        allow_empty (bool): Whether a payload may be empty, which is how a message goes
            over the wire that has no field set, or only to its default value.
        allow_partial (bool): Whether required fields (of proto2) may be missing.
        allow_invalid_utf8 (bool): Whether strings need not be UTF-8 where the schema
            doesn't ask for it (proto2); protobuf then returns them as ``bytes``.
        allow_conversions (bool): Whether scalars in a mapping may be changed by the
            message's constructor.
        check_sent_depth (bool): Whether the depth of what is sent is checked, where the
            schema doesn't bound it.
        deterministic (bool): Whether the entries of maps are sent in the order of their
            keys.
        max_memory (int): Bytes of memory that the messages of one payload may take
            (default 64 times ``limits.max_size``).
        max_int_keys (int): Entries that a map with integer keys may have; of several
            maps in one payload, the square root of the sum of the squares.
        limits (Limits): The budgets.

    Raises:
        ConfigError: An option has a value that can't be used.
    """

    name = 'protobuf'

    def __init__(
        self,
        *,
        message: type[Message] | str,
        allow_empty: bool = False,
        allow_partial: bool = False,
        allow_invalid_utf8: bool = False,
        allow_conversions: bool = False,
        check_sent_depth: bool = True,
        deterministic: bool = False,
        max_memory: int | None = None,
        max_int_keys: int = 4096,
        limits: Limits | None = None,
    ) -> None:
        from falcon_media_protobuf.codec import make_codec
        from falcon_media_protobuf.codec import Options
        from falcon_media_protobuf.framing import part
        from falcon_media_protobuf.framing import split

        limits = Limits() if limits is None else limits
        if not isinstance(limits, Limits):
            raise ConfigError(f'limits must be falcon_media.Limits, not {limits!r}')
        if max_memory is None:
            max_memory = 64 * limits.max_size
        options = Options(
            allow_empty=_flag('allow_empty', allow_empty),
            allow_partial=_flag('allow_partial', allow_partial),
            allow_invalid_utf8=_flag('allow_invalid_utf8', allow_invalid_utf8),
            allow_conversions=_flag('allow_conversions', allow_conversions),
            check_sent_depth=_flag('check_sent_depth', check_sent_depth),
            deterministic=_flag('deterministic', deterministic),
            max_memory=_positive('max_memory', max_memory),
            max_int_keys=_positive('max_int_keys', max_int_keys),
        )
        cls = resolve(message)
        self.framing = Framing(part=part, split=split)
        super().__init__(make_codec(cls, options, limits), limits)


def resolve(message: object) -> type[Message]:
    """Return the message class that the option `message` stands for.

    Raises:
        ConfigError: It stands for none.
    """
    from google.protobuf.message import Message

    found = _load(message) if isinstance(message, str) else message
    if isinstance(found, Message):
        raise ConfigError(
            f'message: a class is needed, not an instance of {type(found).__name__}'
        )
    if (
        not isinstance(found, type)
        or not issubclass(found, Message)
        or getattr(found, 'DESCRIPTOR', None) is None
    ):
        raise ConfigError(
            "message: a message class that protoc made, or 'package.module:Message', "
            f'is needed, not {message!r}'
        )
    return found


def _load(path: str) -> Any:
    module_name, colon, name = path.partition(':')
    if not colon or not module_name or not name:
        raise ConfigError(
            f"message: {path!r} is not of the form 'package.module:Message'"
        )
    try:
        found: Any = importlib.import_module(module_name)
    except Exception as ex:
        raise ConfigError(
            f'message: {module_name!r} can not be imported: {type(ex).__name__}: {ex}'
        ) from ex
    for part in name.split('.'):
        try:
            found = getattr(found, part)
        except AttributeError as ex:
            raise ConfigError(f'message: {module_name!r} has no {name!r}') from ex
    return found


def _flag(option: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f'{option} must be true or false, not {value!r}')
    return value


def _positive(option: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigError(f'{option} must be a positive integer, not {value!r}')
    return value
