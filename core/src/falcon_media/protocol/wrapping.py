"""Any object that is given as a media handler -> a checked one, under the guard.

What would fail at the first message in Falcon fails here, when the app starts.
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
"""The name of handlers for a payload type that is not spoken."""

# NOTE: Values that nearly every format can carry, and a handler bound to a type of
#   message can make one of (an empty mapping of fields).
_PROBES: tuple[object, ...] = ({}, None, '', 0)


def adopt(
    handler: object,
    payload_type: WebSocketPayloadType,
    limits: Limits,
    *,
    name: str | None = None,
) -> Handler:
    """Check a handler, and put it under the guard if it isn't under it already.

    Args:
        handler (object): What was given as the handler.
        payload_type (falcon.WebSocketPayloadType): What it is to be used for.
        limits (Limits): The budgets, for a handler that has none of its own.
        name (str): Its name (default: its own, or the name of its class).

    Returns:
        Handler: The same handler if it was made with a codec, else one around it.

    Raises:
        ConfigError: It is a class, asynchronous, for the other payload type, an HTTP
            media handler, no handler at all, or it serializes to the wrong type.
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
    """Turn whatever the code of a handler raises into an error of ours.

    Args:
        name (str): The handler.

    Raises:
        SetupError: The code within raised one; or a ``HandlerLoadError``, where it
            raised anything else but a ``KeyboardInterrupt``.
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
    """A TEXT handler that knows nothing of budgets, under the guard.

    Attributes:
        wrapped: The handler itself.
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
    """A BINARY handler that knows nothing of budgets, under the guard.

    Attributes:
        wrapped: The handler itself.
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
    """Make a handler for a payload type that is not spoken here."""

    def encode(media: object) -> Any:
        raise UnserializableMedia(why)

    def decode(payload: Any) -> object:
        raise UnsupportedPayload(why)

    codec: Codec[Any] = Codec(encode=encode, decode=decode, unchecked=0)
    if payload_type is WebSocketPayloadType.TEXT:
        return TextHandler(codec, name=REFUSING)
    return BinaryHandler(codec, name=REFUSING)


def sending_only(handler: Handler, why: str) -> Handler:
    """Make a handler that sends as another one does, and refuses what is received."""

    def decode(payload: Any) -> object:
        raise UnsupportedPayload(why)

    codec: Codec[Any] = Codec(
        encode=handler.serialize,
        decode=decode,
        unchecked=handler.limits.max_size,
        # NOTE: It is the text of a handler under the guard.
        is_utf8=True,
    )
    if isinstance(handler, TextHandler):
        return GuardedTextHandler(handler, handler.name, handler.limits, codec)
    return GuardedBinaryHandler(handler, handler.name, handler.limits, codec)


def wrapped(handler: object) -> object:
    """The handler itself, where it was wrapped by a function of this module."""
    while isinstance(handler, GuardedTextHandler | GuardedBinaryHandler):
        handler = handler.wrapped
    return handler


def _types_of(handler: object) -> Types | None:
    types = getattr(handler, 'types', None)
    return types if isinstance(types, Types) else None


def _foreign_codec(serialize: Any, deserialize: Any, limits: Limits) -> Codec[Any]:
    # NOTE: Of an unknown format only this is known: a container takes at least one
    #   byte, so a payload of n bytes is no deeper than n and has at most n items.
    #   Longer ones are measured when they are objects.
    return Codec(
        encode=serialize,
        decode=deserialize,
        unchecked=min(limits.max_depth, limits.max_items),
        check_decoded=decoded_check(limits),
        # NOTE: What the library does on deep objects is unknown as well.
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
