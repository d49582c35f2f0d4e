"""Functions of the app that a codec calls in the middle of a message.

A plugin wraps each of them once, when the handler is made. Whatever the function then
raises is told apart from the exceptions of the codec library, so that an error of the
app is not blamed on the client.
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

    ``ValueError`` and the errors of falcon-media pass: with these the function says
    that the payload is at fault. All else is a ``HookError``.

    Args:
        function (Callable): The function.
        option (str): The option that it was given as, such as ``'ext_hook'`` or
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

    The errors of falcon-media pass. All else is an ``UnserializableMedia`` that names
    the option.

    Args:
        function (Callable): The function.
        option (str): The option that it was given as, such as ``'default'``.

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
    """Find the function that a string of the form ``'package.module:name'`` names.

    So a function can be given in a configuration.

    Args:
        value: The string; anything else is returned as it is.
        option (str): The handler and the option that it was given as, such as
            ``'json: default'``.
        kind (str): What the option takes, for the error.

    Returns:
        Any: What is found there. Whether it can be called is for the caller to say.

    Raises:
        ConfigError: There is nothing of that name.
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
        option (str): The handler and the option that it was given as, such as
            ``'cbor: semantic_decoders[64]'``.
        count (int): How many arguments the library passes.

    Raises:
        ConfigError: It takes fewer or more arguments. A function whose signature can't
            be read is accepted.
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
