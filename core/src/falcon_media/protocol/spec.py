"""The description of a handler, as a plugin gives it."""

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
    """Describes a handler of a plugin, before the handler is built.

    Don't import the codec library in the module that makes the spec: listing the
    installed handlers must stay cheap, and must not fail.

    Attributes:
        name (str): Name to select the handler by, and name of its entry point. Lower
            case letters and digits, separated by ``-``, ``_`` or ``.``.
        payload_type (falcon.WebSocketPayloadType): TEXT or BINARY.
        media_type (str): Internet media type of the format (for instance,
            ``'application/cbor'``).
        factory (Callable): The handler class, or a callable that returns a handler. Its
            named parameters are the options of the handler.
        summary (str): One line that helps to choose a handler.
        requires (tuple[str, ...]): Distributions that the factory imports, with the
            lowest version that works (for instance, ``'cbor2>=6.2'``).
        aliases (tuple[str, ...]): Other media types of the same format.
        unenforced (tuple[str, ...]): Budgets that can't be enforced for this format.
        annotate (Callable | str): A function that explains the bytes of a payload (see
            :class:`falcon_media.spi.Span`), or ``'package.module:function'``.
        plain (Callable): Converts a received object of a library's own type to plain
            objects (dict, list, str, ...) that the handler sends as the same payload.

    Raises:
        TypeError: A field has the wrong type.
        ValueError: A field has the right type and an invalid value.
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
                f'invalid handler name {self.name!r}: use lower case letters and '
                "digits, separated by '-', '_' or '.'"
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
                    f'invalid requirement {requirement!r}: write it as name>=version'
                )
        for budget in self.unenforced:
            if budget not in get_args(Budget):
                raise ValueError(
                    f'unknown budget {budget!r}: use {", ".join(get_args(Budget))}'
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
    """Import the annotator of a handler; its spec must have one.

    Raises:
        ImportError: Its module is not installed.
        AttributeError: The module has no such function.
    """
    annotator: Annotator = (
        resolve_name(spec.annotate)
        if isinstance(spec.annotate, str)
        else cast('Annotator', spec.annotate)
    )
    return annotator
