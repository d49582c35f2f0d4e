"""Wrappers for functions of the app that a codec calls while it works on a message.

A plugin wraps each function once, when the handler is made. That separates exceptions
of the function from those of the codec library, so that the client is not blamed for an
error of the app.
"""

from __future__ import annotations

from collections.abc import Callable
import inspect
from typing import Any

from falcon_media.errors import ConfigError
from falcon_media.errors import HookError
from falcon_media.errors import MediaError
from falcon_media.errors import UnserializableMedia
from falcon_media.protocol.message_types import load_type

__all__ = ('check_arguments', 'load_hook', 'receiving_hook', 'sending_hook')


def receiving_hook(function: Callable[..., Any], option: str) -> Callable[..., Any]:
    """Wrap a function of the app that is called while a payload is decoded.

    A ``ValueError`` and the errors of falcon-media are passed on: the function raises
    them to refuse the payload. Any other exception becomes a ``HookError``.

    Args:
        function (Callable): The function.
        option (str): The option, such as ``'ext_hook'`` or
            ``'semantic_decoders[64]'``.

    Returns:
        Callable: Takes the same arguments.
    """

    def call(*args: Any) -> Any:
        try:
            return function(*args)
        except (MediaError, ValueError):
            raise
        except Exception as ex:
            raise HookError(f'{option} raised an exception') from ex

    return call


def sending_hook(function: Callable[..., Any], option: str) -> Callable[..., Any]:
    """Wrap a function of the app that is called while an object is encoded.

    The errors of falcon-media are passed on. Any other exception becomes an
    ``UnserializableMedia`` that names the option.

    Args:
        function (Callable): The function.
        option (str): The option, such as ``'default'``.

    Returns:
        Callable: Takes the same arguments.
    """

    def call(*args: Any) -> Any:
        try:
            return function(*args)
        except MediaError:
            raise
        except Exception as ex:
            raise UnserializableMedia(f'{option} raised an exception') from ex

    return call


def load_hook(value: Any, option: str, kind: str = 'a function') -> Any:
    """Import a function that a configuration names as ``'package.module:name'``.

    Args:
        value: The string; anything else is returned as it is.
        option (str): The handler and the option, such as ``'json: default'``.
        kind (str): The kind of value that the option takes, for the error.

    Returns:
        Any: The object with that name. The caller checks whether it is callable.

    Raises:
        ConfigError: The object does not exist.
    """
    if not isinstance(value, str):
        return value
    if ':' not in value:
        raise ConfigError(
            f"{option} must be {kind}, not {value!r}: name one as 'package.module:name'"
        )
    return load_type(value, option)


def check_arguments(function: Callable[..., Any], option: str, count: int) -> None:
    """Check that a function can be called with a number of positional arguments.

    Args:
        function (Callable): The function.
        option (str): The handler and the option, such as
            ``'cbor: semantic_decoders[64]'``.
        count (int): Number of arguments that the library passes.

    Raises:
        ConfigError: The function doesn't accept this number. A function without a
            readable signature is accepted.
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        # NOTE: Many classes and functions written in C have no signature.
        return
    try:
        signature.bind(*[None] * count)
    except TypeError as ex:
        noun = 'argument' if count == 1 else 'arguments'
        raise ConfigError(
            f'{option} is called with {count} {noun}, but the function takes '
            f'{signature}'
        ) from ex
