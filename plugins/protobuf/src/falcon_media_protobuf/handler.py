"""The handler: its options, and what they select."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from falcon_media import BinaryHandler
from falcon_media import ConfigError
from falcon_media import Framing
from falcon_media import Limits
from falcon_media.spi import load_type
from falcon_media.spi import Types

if TYPE_CHECKING:
    from google.protobuf.message import Message

__all__ = ('ProtobufHandler',)


class ProtobufHandler(BinaryHandler):
    """Media handler for Protocol Buffers, for one type of message each way.

    A payload is a message of that type, and is returned as one. What is sent is such a
    message, or a mapping of its fields, which goes through the message's constructor.

    Keyword Args:
        message (type | str): The message class, as protoc made it, or where it is:
            ``'package.module:Message'``.
        type (type | str): The same, by the name that it has for every handler.
        receive (type | str): The class of messages that are received, if it is another.
        send (type | str): The class of messages that are sent, if it is another.
        allow_empty (bool): Whether a payload may be empty, which is how a message goes
            over the wire that has no field set, or only to its default value (default
            ``True``).
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
        message: type[Message] | str | None = None,
        type: type[Message] | str | None = None,  # noqa: A002  # the name of the option, in each handler
        receive: type[Message] | str | None = None,
        send: type[Message] | str | None = None,
        allow_empty: bool = True,
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
        received = _class(receive=receive, type=type, message=message)
        sent = _class(send=send, type=type, message=message)
        self.types = Types(received, sent)
        codec = make_codec(received, options, limits)
        if sent is not received:
            codec = replace(codec, encode=make_codec(sent, options, limits).encode)
        super().__init__(codec, limits, framing=Framing(part=part, split=split))


def _class(**options: object) -> type[Message]:
    """The message class that the first option stands for that is given."""
    for option, value in options.items():
        if value is not None:
            return resolve(value, option)
    raise ConfigError(
        'a message class is needed: pass type= (a class that protoc made, or '
        "'package.module:Message')"
    )


def resolve(message: object, option: str = 'message') -> type[Message]:
    """Return the message class that an option stands for.

    Raises:
        ConfigError: It stands for none.
    """
    from google.protobuf.message import Message

    found = load_type(message, option)
    if isinstance(found, Message):
        raise ConfigError(
            f'{option}: a class is needed, not an instance of {type(found).__name__}'
        )
    if (
        not isinstance(found, type)
        or not issubclass(found, Message)
        or getattr(found, 'DESCRIPTOR', None) is None
    ):
        raise ConfigError(
            f"{option}: a message class that protoc made, or 'package.module:Message', "
            f'is needed, not {message!r}: any other type is for another handler'
        )
    return found


def _flag(option: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f'{option} must be true or false, not {value!r}')
    return value


def _positive(option: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigError(f'{option} must be a positive integer, not {value!r}')
    return value
