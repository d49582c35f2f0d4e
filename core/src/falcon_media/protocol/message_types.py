"""Message types: the options for them, and the errors of messages that don't fit."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
import importlib
import re
import types
from typing import Any, get_args, get_origin, NamedTuple, Union

from falcon_media.errors import ConfigError
from falcon_media.errors import HookError
from falcon_media.errors import InvalidPayload
from falcon_media.errors import MediaError
from falcon_media.errors import UnserializableMedia
from falcon_media.suggestions import nearest

__all__ = (
    'check_sent',
    'check_type_fault',
    'field_names',
    'fields_of',
    'invalid_media',
    'invalid_payload',
    'load_type',
    'type_name',
    'Types',
)

TYPE_OPTIONS = ('type', 'receive', 'send')


class Types(NamedTuple):
    """The types of the messages of a handler.

    Attributes:
        receive (Any): The type of received messages: a class, a union, or any other
            type annotation; ``None`` for any message.
        send (Any): The type of sent messages.
    """

    receive: Any = None
    send: Any = None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Types | None:
        """Read the options ``type``, ``receive`` and ``send``.

        ``type`` is the default of both others.

        Args:
            options (Mapping): The options; all others are ignored.

        Returns:
            Types | None: ``None`` if none of them is set.

        Raises:
            ConfigError: A string does not name an object.
        """
        named = {
            option: load_type(options[option], option)
            for option in TYPE_OPTIONS
            if options.get(option) is not None
        }
        both = named.get('type')
        if not named:
            return None
        return cls(named.get('receive', both), named.get('send', both))

    def over(self, other: Types | None) -> Types:
        """Return these types, with those of `other` as defaults."""
        if other is None:
            return self
        return Types(
            other.receive if self.receive is None else self.receive,
            other.send if self.send is None else self.send,
        )

    def __str__(self) -> str:
        if self.receive == self.send:
            return type_name(self.receive)
        named = (('receive', self.receive), ('send', self.send))
        return ', '.join(
            f'{option} {type_name(value)}'
            for option, value in named
            if value is not None
        )


def load_type(value: Any, option: str) -> Any:
    """Import an object that a configuration names as ``'package.module:Name'``.

    Args:
        value: The string; anything else is returned as it is.
        option (str): The option, for the error.

    Returns:
        Any: The object with that name. The caller checks whether it is a message type.

    Raises:
        ConfigError: The object does not exist.
    """
    if not isinstance(value, str):
        return value
    module_name, _, name = value.partition(':')
    if not module_name or not name:
        raise ConfigError(
            f"{option}: {value!r} is not of the form 'package.module:Name'"
        )
    try:
        found: Any = importlib.import_module(module_name)
    except Exception as ex:
        raise ConfigError(
            f'{option}: {module_name!r} can not be imported: {type(ex).__name__}: {ex}'
        ) from ex
    for part in name.split('.'):
        try:
            found = getattr(found, part)
        except AttributeError as ex:
            near = nearest(part, dir(found))
            hint = f'. Did you mean {near!r}?' if near else ''
            raise ConfigError(
                f'{option}: {module_name!r} has no {name!r}{hint}'
            ) from ex
    return found


def type_name(value: Any) -> str:
    """Return the readable name of a type."""
    if isinstance(value, str):
        return value
    if get_origin(value) in (Union, types.UnionType):
        return ' | '.join(map(type_name, get_args(value)))
    if isinstance(value, type) and not get_args(value):
        return value.__qualname__
    return str(value)


# ------------------------------------------------------------------ What doesn't fit

# NOTE: Only this part of msgspec's message is used: field names of the type, indices,
#   and [...] for any key.
_PATH = re.compile(r' - at (?:`key` in )?`(\$(?:\.[^`.\[]+|\[\d+\]|\[\.\.\.\])*)`\Z')
_MARK = ' - at '
_OF_THE_TYPE = ('Expected `', 'Object missing required field `')


def invalid_payload(message: str, media: object) -> InvalidPayload:
    """Make the error for a payload that is not valid for its type.

    Args:
        message (str): What msgspec says of it.
        media (object): The payload, decoded without the type.

    Returns:
        InvalidPayload: The error.
    """
    error = InvalidPayload('not valid for the type of the message')
    error.path = _path(message, media)
    return error


def check_type_fault(ex: Exception, receive: Any) -> None:
    """Raise our error for an exception from decoding a payload to its type.

    If ``__post_init__()`` raises ``ValueError`` or ``TypeError``, msgspec turns it into
    a ``ValidationError``: the client is at fault. Any other exception of the app's code
    (others there, any in a ``default_factory``) is the app's fault.

    Args:
        ex (Exception): The exception, caught in the function that called msgspec.
        receive: The type.

    Raises:
        InvalidPayload: A key or a member of a set is not hashable.
        HookError: Code of the app raised the exception.
    """
    if isinstance(ex, MediaError):
        return
    # NOTE: msgspec adds no frames to the traceback, which begins with its caller.
    is_of_app = ex.__traceback__ is not None and ex.__traceback__.tb_next is not None
    if isinstance(ex, TypeError) and (not is_of_app or 'hash' in str(ex)):
        # NOTE: A frozen dataclass hashes its fields in Python.
        raise InvalidPayload('a key or a member of a set has no hash') from ex
    if is_of_app or not isinstance(ex, _OF_MSGSPEC):
        raise HookError(f'{type_name(receive)} raised an exception') from ex


_OF_MSGSPEC = ValueError, MemoryError, RecursionError


def invalid_media(message: str) -> UnserializableMedia:
    """Make the error for an object that is not valid for its type.

    Args:
        message (str): What msgspec says of it.

    Returns:
        UnserializableMedia: The error.
    """
    error = UnserializableMedia('not valid for the type of the message')
    found = _PATH.search(message)
    error.path = found[1] if found else '$'
    return error


def _path(message: str, media: object) -> str | None:
    if _MARK not in message:
        return '$'
    found = _PATH.search(message)
    # NOTE: The message may quote the payload in front of the path, and a client can
    #   send a key that looks like one: "Object contains unknown field `a` - at `$.b`".
    quotes_nothing = message.startswith(_OF_THE_TYPE) and message.count(_MARK) == 1
    if found is None or not (quotes_nothing or _MARK not in repr(media)):
        return None
    return found[1]


# ---------------------------------------------------------------------- What is sent


def fields_of(cls: type) -> Callable[[Any], Iterable[object]] | None:
    """Make a function that lists the field values of objects of a type.

    For :func:`falcon_media.limits.media_check`.

    Args:
        cls (type): A ``msgspec.Struct``, a dataclass, a class of attrs, or any other.

    Returns:
        Callable | None: Takes an object of that type; ``None`` if it has no fields.
    """
    names = field_names(cls)
    if not names:
        return None
    return lambda media: [getattr(media, name, None) for name in names]


def field_names(cls: type) -> tuple[str, ...]:
    """List the fields of a ``msgspec.Struct``, a dataclass or a class of attrs.

    Args:
        cls (type): Any class.

    Returns:
        tuple: The names; empty for any other class.
    """
    if is_dataclass(cls):
        return tuple(field.name for field in dataclass_fields(cls))
    if hasattr(cls, '__attrs_attrs__'):
        return tuple(field.name for field in cls.__attrs_attrs__)
    names: tuple[str, ...] = getattr(cls, '__struct_fields__', ())
    return names


def check_sent(media: object, receive: Callable[[], object], send: Any) -> None:
    """Check that an object is equal to the one that its receiver gets.

    Args:
        media (object): The object.
        receive (Callable): Makes the received object, a new one for each call.
        send (Any): The type of sent messages.

    Raises:
        UnserializableMedia: The objects are not equal.
    """
    received = receive()
    if received == media:
        return
    # NOTE: NaN, and objects that compare by identity, never equal a new object.
    if type(received) is type(media) and receive() != received:
        return
    raise UnserializableMedia(
        f'a {type(media).__name__} does not match {type_name(send)}, or would not be '
        'received as an equal object'
    )
