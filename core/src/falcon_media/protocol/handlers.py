"""Base classes of media handlers."""

from __future__ import annotations

from typing import ClassVar, TYPE_CHECKING, TypeAlias

from falcon import WebSocketPayloadType
from falcon.media import BinaryBaseHandlerWS
from falcon.media import TextBaseHandlerWS

from falcon_media.limits import Limits
from falcon_media.protocol.guard import Codec
from falcon_media.protocol.guard import guard

if TYPE_CHECKING:
    from falcon_media.protocol.framing import Framing
    from falcon_media.protocol.message_types import Types

__all__ = (
    'BinaryHandler',
    'Handler',
    'TextHandler',
)


class TextHandler(TextBaseHandlerWS):
    """Base class of media handlers for TEXT payloads (``str``).

    There are two ways to write a handler:

    - Pass the bare library calls to ``super().__init__()``. The handler then enforces
      its budgets wherever it is used, at the cost of one Python frame a message.
    - Override ``serialize()`` and ``deserialize()``, as in any Falcon handler.
      ``falcon_media.install()`` then puts the handler under a guard.

    Args:
        codec (Codec): The library calls, and the checks that they need.
        limits (Limits): The budgets (default ``Limits()``).

    Keyword Args:
        name (str): Name for error messages (default: the class attribute).
        framing (Framing): How the format puts many messages into one frame. A
            ``framing`` attribute of a subclass takes precedence.
    """

    payload_type: ClassVar = WebSocketPayloadType.TEXT
    name: str = 'text'
    """Name of the handler, for error messages; the name of its entry point."""
    codec: Codec[str] | None = None
    """The library calls; ``None`` if the methods are overridden."""
    framing: Framing[str] | None = None
    """How the format puts many messages into one frame, if it can."""
    limits: Limits
    """The budgets in force, if there is a codec."""
    types: Types | None = None
    """The message types that the handler is bound to, if any."""

    def __init__(
        self,
        codec: Codec[str],
        limits: Limits | None = None,
        *,
        name: str | None = None,
        framing: Framing[str] | None = None,
    ) -> None:
        self.name = name or self.name
        if framing is not None and not _has_own_framing(type(self)):
            self.framing = framing
        self.codec = codec
        self.limits = limits or Limits()
        # NOTE: Instance attributes hide the methods: Falcon binds them once per
        #   connection.
        self.serialize, self.deserialize = guard(  # type: ignore[method-assign, assignment]  # see NOTE
            codec, name=self.name, payload_type=self.payload_type, limits=self.limits
        )


class BinaryHandler(BinaryBaseHandlerWS):
    """Base class of media handlers for BINARY payloads (``bytes``).

    See :class:`TextHandler` for the two ways to write one.

    Args:
        codec (Codec): The library calls, and the checks that they need.
        limits (Limits): The budgets (default ``Limits()``).

    Keyword Args:
        name (str): Name for error messages (default: the class attribute).
        framing (Framing): How the format puts many messages into one frame. A
            ``framing`` attribute of a subclass takes precedence.
    """

    payload_type: ClassVar = WebSocketPayloadType.BINARY
    name: str = 'binary'
    """Name of the handler, for error messages; the name of its entry point."""
    codec: Codec[bytes] | None = None
    """The library calls; ``None`` if the methods are overridden."""
    framing: Framing[bytes] | None = None
    """How the format puts many messages into one frame, if it can."""
    limits: Limits
    """The budgets in force, if there is a codec."""
    types: Types | None = None
    """The message types that the handler is bound to, if any."""

    def __init__(
        self,
        codec: Codec[bytes],
        limits: Limits | None = None,
        *,
        name: str | None = None,
        framing: Framing[bytes] | None = None,
    ) -> None:
        self.name = name or self.name
        if framing is not None and not _has_own_framing(type(self)):
            self.framing = framing
        self.codec = codec
        self.limits = limits or Limits()
        # NOTE: See TextHandler.
        self.serialize, self.deserialize = guard(  # type: ignore[method-assign, assignment]  # see NOTE
            codec, name=self.name, payload_type=self.payload_type, limits=self.limits
        )


def _has_own_framing(cls: type) -> bool:
    bases = (TextHandler, BinaryHandler)
    return any('framing' in vars(base) for base in cls.__mro__ if base not in bases)


Handler: TypeAlias = TextHandler | BinaryHandler
