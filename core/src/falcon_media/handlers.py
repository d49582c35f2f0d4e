"""What a media handler is, and how a plugin describes one."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from dataclasses import dataclass
import re
from typing import Any, ClassVar, get_args, Literal, TYPE_CHECKING, TypeAlias

from falcon import WebSocketPayloadType
from falcon.media import BinaryBaseHandlerWS
from falcon.media import TextBaseHandlerWS

from falcon_media.guard import Codec
from falcon_media.guard import guard
from falcon_media.limits import Limits

if TYPE_CHECKING:
    from falcon_media.annotation import Annotator
    from falcon_media.framing import Framing
    from falcon_media.typed import Types

__all__ = ('BinaryHandler', 'Handler', 'HandlerSpec', 'TextHandler')


class TextHandler(TextBaseHandlerWS):
    """Base class of media handlers for TEXT payloads (``str``).

    There are two ways to write one. Override ``serialize()`` and ``deserialize()``, as
    in any Falcon handler: ``falcon_media.install()`` then puts the handler under its
    guard. Or hand the bare library calls to ``super().__init__()``, and the handler is
    its own guard wherever it is used, at the cost of one Python frame a message.

    Args:
        codec (Codec): The library calls, and the checks they need.
        limits (Limits): The budgets (default ``Limits()``).

    Keyword Args:
        name (str): Name for error messages (default: the class's).
        framing (Framing): How the format puts many messages into one frame, for a class
            that doesn't say it by its attribute.
    """

    payload_type: ClassVar = WebSocketPayloadType.TEXT
    name: str = 'text'
    """Name of the handler, for error messages; the name of its entry point."""
    codec: Codec[str] | None = None
    """The library calls, or ``None`` where the methods are overridden."""
    framing: Framing[str] | None = None
    """How the format puts many messages into one frame, if it has a form for that."""
    limits: Limits
    """The budgets in force, where there is a codec."""
    types: Types | None = None
    """The types of its messages, where it is bound to some."""

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
        # NOTE: Instance attributes in front of the methods: Falcon binds what it
        #   finds here once per connection.
        self.serialize, self.deserialize = guard(  # type: ignore[method-assign, assignment]  # see NOTE
            codec, name=self.name, payload_type=self.payload_type, limits=self.limits
        )


class BinaryHandler(BinaryBaseHandlerWS):
    """Base class of media handlers for BINARY payloads (``bytes``).

    See :class:`TextHandler` for the two ways to write one.

    Args:
        codec (Codec): The library calls, and the checks they need.
        limits (Limits): The budgets (default ``Limits()``).

    Keyword Args:
        name (str): Name for error messages (default: the class's).
        framing (Framing): How the format puts many messages into one frame, for a class
            that doesn't say it by its attribute.
    """

    payload_type: ClassVar = WebSocketPayloadType.BINARY
    name: str = 'binary'
    """Name of the handler, for error messages; the name of its entry point."""
    codec: Codec[bytes] | None = None
    """The library calls, or ``None`` where the methods are overridden."""
    framing: Framing[bytes] | None = None
    """How the format puts many messages into one frame, if it has a form for that."""
    limits: Limits
    """The budgets in force, where there is a codec."""
    types: Types | None = None
    """The types of its messages, where it is bound to some."""

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

Budget: TypeAlias = Literal['max_size', 'max_depth', 'max_items']

_NAME = re.compile(r'[a-z0-9]+([._-][a-z0-9]+)*')
_REQUIREMENT = re.compile(r'[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?(>=\d+(\.\d+)*)?')


def _are_strings(values: Iterable[object]) -> bool:
    return all(isinstance(value, str) for value in values)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlerSpec:
    """What a plugin says of one of its handlers, before any of it is built.

    Making a spec, and importing the module that makes it, must not import the codec
    library: listing what is installed stays cheap, and can't fail.

    Attributes:
        name (str): Name to select the handler by; the name of its entry point. Lower
            case letters and digits, parted by ``-``, ``_`` or ``.``.
        payload_type (falcon.WebSocketPayloadType): TEXT or BINARY.
        media_type (str): Internet media type of the format (for instance,
            ``'application/cbor'``).
        factory (Callable): The handler class, or a callable with named parameters that
            returns an instance. Its signature says which options there are.
        summary (str): One line for people who choose.
        requires (tuple[str, ...]): Distributions that the factory imports, with the
            lowest version that will do (for instance, ``'cbor2>=6.2'``).
        aliases (tuple[str, ...]): Other media types in use for the same format.
        unenforced (tuple[str, ...]): Budgets that nobody can enforce for this format.
        annotate (Callable): Tells what the bytes of a payload mean, for people: see
            :mod:`falcon_media.annotation`.
        plain (Callable): From what the handler returns, where that is of a type of its
            library's own, to plain objects (dict, list, str, ...) that it sends as the
            same.

    Raises:
        TypeError: A field has the wrong type.
        ValueError: A field has the right type, and a value that can't be used.
    """

    name: str
    payload_type: WebSocketPayloadType
    media_type: str
    factory: Callable[..., Handler]
    summary: str
    requires: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    unenforced: tuple[Budget, ...] = ()
    annotate: Annotator | None = None
    plain: Callable[[Any], object] | None = None

    def __post_init__(self) -> None:
        if not _are_strings((self.name, self.media_type, self.summary)):
            raise TypeError('name, media_type and summary must be strings')
        if not _NAME.fullmatch(self.name):
            raise ValueError(
                f'{self.name!r} is no handler name: use lower case letters and digits, '
                "parted by '-', '_' or '.'"
            )
        if not isinstance(self.payload_type, WebSocketPayloadType):
            raise TypeError(
                'payload_type must be falcon.WebSocketPayloadType.TEXT or .BINARY, '
                f'not {self.payload_type!r}'
            )
        for field in ('factory', 'annotate', 'plain'):
            function = getattr(self, field)
            if not callable(function) and (field == 'factory' or function is not None):
                raise TypeError(f'{field} must be callable, not {function!r}')
        for field in ('requires', 'aliases', 'unenforced'):
            value = getattr(self, field)
            if isinstance(value, str) or not _are_strings(value):
                raise TypeError(f'{field} must be a tuple of strings, not {value!r}')
        for requirement in self.requires:
            if not _REQUIREMENT.fullmatch(requirement):
                raise ValueError(
                    f'{requirement!r} is no requirement of the form name>=version'
                )
        for budget in self.unenforced:
            if budget not in get_args(Budget):
                raise ValueError(
                    f'{budget!r} is no budget: {", ".join(get_args(Budget))}'
                )
