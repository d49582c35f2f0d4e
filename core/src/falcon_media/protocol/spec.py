"""The description of a handler that a plugin gives."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from dataclasses import dataclass
from pkgutil import resolve_name
import re
from typing import Any, cast, get_args, Literal, TYPE_CHECKING, TypeAlias

from falcon import WebSocketPayloadType

from falcon_media.protocol.handlers import Handler

if TYPE_CHECKING:
    from falcon_media.protocol.annotation import Annotator

__all__ = ('annotator_of', 'Budget', 'HandlerSpec')


Budget: TypeAlias = Literal['max_size', 'max_depth', 'max_items']

_NAME = re.compile(r'[a-z0-9]+([._-][a-z0-9]+)*')
_REFERENCE = re.compile(r'[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*')
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
        annotate (Callable | str): A function that tells what the bytes of a payload
            mean (see :class:`falcon_media.spi.Span`), or ``'package.module:function'``.
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
    annotate: Annotator | str | None = None
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
        self._check_functions()
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

    def _check_functions(self) -> None:
        for field in ('factory', 'annotate', 'plain'):
            function = getattr(self, field)
            if callable(function) or (field != 'factory' and function is None):
                continue
            if field != 'annotate' or not isinstance(function, str):
                raise TypeError(f'{field} must be callable, not {function!r}')
            if not _REFERENCE.fullmatch(function):
                raise ValueError(
                    "annotate must be a function, or 'package.module:function', not "
                    f'{function!r}'
                )


def annotator_of(spec: HandlerSpec) -> Annotator:
    """Import the annotator of a handler that has one.

    Raises:
        ImportError: Its module is not installed.
        AttributeError: The module does not have it.
    """
    annotator: Annotator = (
        resolve_name(spec.annotate)
        if isinstance(spec.annotate, str)
        else cast('Annotator', spec.annotate)
    )
    return annotator
