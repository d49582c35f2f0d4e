"""Checks of media handlers that an app passes in, and their wrapping in the guard.

A handler that would fail at its first message is refused when the app starts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import inspect
from typing import Any, cast

from falcon import WebSocketPayloadType
from falcon.media import BaseHandler
from falcon.media import BinaryBaseHandlerWS
from falcon.media import MissingDependencyHandler
from falcon.media import TextBaseHandlerWS

from falcon_media.errors import ConfigError
from falcon_media.errors import HandlerLoadError
from falcon_media.errors import SetupError
from falcon_media.errors import UnserializableMedia
from falcon_media.errors import UnsupportedPayload
from falcon_media.limits import decoded_check
from falcon_media.limits import Limits
from falcon_media.limits import media_check
from falcon_media.printable import one_line
from falcon_media.printable import printable
from falcon_media.protocol.guard import Codec
from falcon_media.protocol.handlers import BinaryHandler
from falcon_media.protocol.handlers import Handler
from falcon_media.protocol.handlers import TextHandler
from falcon_media.protocol.message_types import Types

__all__ = ('adopt', 'made_by', 'REFUSING', 'refusing', 'sending_only', 'wrapped')

REFUSING = 'no handler'
"""The name of handlers for a payload type that has none."""

# NOTE: Nearly every format carries these, and a handler bound to a message type may
#   make a message of the empty mapping.
_PROBES: tuple[object, ...] = ({}, None, '', 0)


def adopt(
    handler: object,
    payload_type: WebSocketPayloadType,
    limits: Limits,
    *,
    name: str | None = None,
) -> Handler:
    """Check a handler, and wrap it in the guard unless it has one.

    Args:
        handler (object): The object that was passed as a handler.
        payload_type (falcon.WebSocketPayloadType): The payload type to use it for.
        limits (Limits): The budgets, for a handler without its own.
        name (str): The name (default: the handler's, or that of its class).

    Returns:
        Handler: The handler itself if it was made with a codec, else a wrapper.

    Raises:
        ConfigError: The object is a class, an HTTP media handler, a handler for the
            other payload type, or not a handler; it is asynchronous, or serializes to
            the wrong type.
    """
    if isinstance(handler, MissingDependencyHandler):
        kind = payload_type.name
        return refusing(
            payload_type,
            f'no handler is selected for {kind} payloads: pass {kind.lower()}= to '
            'falcon_media.install()',
        )
    if name is None:
        own = getattr(handler, 'name', None)
        name = own if own and isinstance(own, str) else type(handler).__name__
    _check_kind(handler, payload_type, name)
    _check_serialized_type(handler, payload_type, name)
    if isinstance(handler, TextHandler | BinaryHandler) and handler.codec is not None:
        return handler
    if payload_type is WebSocketPayloadType.TEXT:
        return GuardedTextHandler(cast('TextBaseHandlerWS', handler), name, limits)
    return GuardedBinaryHandler(cast('BinaryBaseHandlerWS', handler), name, limits)


@contextmanager
def made_by(name: str) -> Iterator[None]:
    """Turn exceptions from making a handler into our errors.

    Args:
        name (str): The name of the handler.

    Raises:
        SetupError: The code within raised it. Any other exception, except
            ``KeyboardInterrupt``, becomes a ``HandlerLoadError``.
    """
    try:
        yield
    except (KeyboardInterrupt, SetupError):
        raise
    except BaseException as ex:
        raise HandlerLoadError(
            f'handler {name!r} could not be made: {printable(one_line(ex))}', name=name
        ) from ex


class GuardedTextHandler(TextHandler):
    """The guard around a TEXT handler that has no budgets.

    Attributes:
        wrapped: The wrapped handler.
    """

    def __init__(
        self,
        handler: TextBaseHandlerWS,
        name: str,
        limits: Limits,
        codec: Codec[Any] | None = None,
    ) -> None:
        self.wrapped = handler
        self.framing = getattr(handler, 'framing', None)
        codec = codec or _foreign_codec(handler.serialize, handler.deserialize, limits)
        super().__init__(codec, limits, name=name)
        self.types = _types_of(handler)


class GuardedBinaryHandler(BinaryHandler):
    """The guard around a BINARY handler that has no budgets.

    Attributes:
        wrapped: The wrapped handler.
    """

    def __init__(
        self,
        handler: BinaryBaseHandlerWS,
        name: str,
        limits: Limits,
        codec: Codec[Any] | None = None,
    ) -> None:
        self.wrapped = handler
        self.framing = getattr(handler, 'framing', None)
        codec = codec or _foreign_codec(handler.serialize, handler.deserialize, limits)
        super().__init__(codec, limits, name=name)
        self.types = _types_of(handler)


def refusing(payload_type: WebSocketPayloadType, why: str) -> Handler:
    """Make a handler that refuses all messages of a payload type."""

    def encode(media: object) -> Any:
        raise UnserializableMedia(why)

    def decode(payload: Any) -> object:
        raise UnsupportedPayload(why)

    codec: Codec[Any] = Codec(encode=encode, decode=decode, unchecked=0)
    if payload_type is WebSocketPayloadType.TEXT:
        return TextHandler(codec, name=REFUSING)
    return BinaryHandler(codec, name=REFUSING)


def sending_only(handler: Handler, why: str) -> Handler:
    """Make a handler that sends like another one, and refuses received messages."""

    def decode(payload: Any) -> object:
        raise UnsupportedPayload(why)

    codec: Codec[Any] = Codec(
        encode=handler.serialize,
        decode=decode,
        unchecked=handler.limits.max_size,
        # NOTE: The text comes from a handler under the guard.
        is_utf8=True,
    )
    if isinstance(handler, TextHandler):
        return GuardedTextHandler(handler, handler.name, handler.limits, codec)
    return GuardedBinaryHandler(handler, handler.name, handler.limits, codec)


def wrapped(handler: object) -> object:
    """Return the handler inside the wrappers of this module."""
    while isinstance(handler, GuardedTextHandler | GuardedBinaryHandler):
        handler = handler.wrapped
    return handler


def _types_of(handler: object) -> Types | None:
    types = getattr(handler, 'types', None)
    return types if isinstance(types, Types) else None


def _foreign_codec(serialize: Any, deserialize: Any, limits: Limits) -> Codec[Any]:
    # NOTE: In any format, a container takes at least one byte, so a payload of n bytes
    #   has at most n levels and n items. Longer ones are checked after decoding.
    return Codec(
        encode=serialize,
        decode=deserialize,
        unchecked=min(limits.max_depth, limits.max_items),
        check_decoded=decoded_check(limits),
        # NOTE: The library may overflow the stack on deep objects.
        check_media=media_check(limits, exact=True),
    )


def _check_kind(handler: object, payload_type: WebSocketPayloadType, name: str) -> None:
    kind = payload_type.name
    if isinstance(handler, type):
        raise ConfigError(
            f'{handler.__name__} is a class, and a {kind} handler must be an '
            f'instance: pass {handler.__name__}()'
        )
    if isinstance(handler, BaseHandler) and not isinstance(
        handler, TextBaseHandlerWS | BinaryBaseHandlerWS
    ):
        raise ConfigError(
            f'{name} is a media handler for HTTP: a WebSocket handler must be derived '
            'from falcon_media.TextHandler or falcon_media.BinaryHandler'
        )
    other = (
        BinaryBaseHandlerWS
        if payload_type is WebSocketPayloadType.TEXT
        else TextBaseHandlerWS
    )
    if isinstance(handler, other):
        has = 'BINARY' if other is BinaryBaseHandlerWS else 'TEXT'
        raise ConfigError(
            f'{name} is a {has} handler; it can not be used for {kind} payloads: '
            f'pass it as {has.lower()}='
        )
    for method in ('serialize', 'deserialize'):
        function = getattr(handler, method, None)
        if not callable(function):
            raise ConfigError(
                f'{handler!r} is not a media handler (it has no {method}() method): '
                'pass the name of a handler, falcon_media.use(...), or an instance'
            )
        if inspect.iscoroutinefunction(function):
            raise ConfigError(
                f'{name}.{method}() is asynchronous, and Falcon does not await it: '
                'make it a plain method'
            )


def _check_serialized_type(
    handler: Any, payload_type: WebSocketPayloadType, name: str
) -> None:
    expected = (
        (str,)
        if payload_type is WebSocketPayloadType.TEXT
        else (bytes, bytearray, memoryview)
    )
    for probe in _PROBES:
        try:
            payload = handler.serialize(probe)
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: BLE001, S112  # a format may refuse the probe, in any way
            continue
        if not isinstance(payload, expected):
            raise ConfigError(
                f'{name}.serialize() returns {type(payload).__name__}; a '
                f'{payload_type.name} handler must return {expected[0].__name__}'
            )
        return
