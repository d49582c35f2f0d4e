"""The handlers that a command tries: named ones, or all that are usable."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
import re
import tomllib
from typing import Any

from falcon import WebSocketPayloadType

from falcon_media.errors import ConfigError
from falcon_media.errors import HandlerLoadError
from falcon_media.errors import SetupError
from falcon_media.plugins.registry import Registry
from falcon_media.plugins.registry import Row
from falcon_media.plugins.use import Use
from falcon_media.printable import printable
from falcon_media.protocol.handlers import Handler
from falcon_media.selection.config import select
from falcon_media.selection.model import Selection
from falcon_media.suggestions import one_of
from falcon_media_tools.target import imports_from_here

__all__ = ('Candidates', 'candidates', 'labelled', 'parse_options', 'parse_value')

Options = Mapping[str, Mapping[str, Any]]


@dataclass(slots=True, kw_only=True)
class Candidates:
    """Handlers to try.

    Attributes:
        handlers (dict): Name -> handler, under the guard.
        absent (dict): Name of a skipped handler -> the reason.
        versions (dict): Diagnostics of the plugins: label -> fact.
    """

    handlers: dict[str, Handler] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)


def candidates(
    names: Iterable[str] = (),
    *,
    options: Options | None = None,
    config: str | None = None,
) -> Candidates:
    """Make handlers, with the options and budgets that they have in an app.

    Modules that options name are also imported from the current folder.

    Args:
        names (Iterable[str]): The handlers to make (default: all installed ones).

    Keyword Args:
        options (Mapping): Name of a handler -> options, which override those of the
            configuration.
        config (str): A configuration, as for ``install()``: options, budgets, and the
            plugins that may be used.

    Returns:
        Candidates: The handlers, in the order of the names. Without names, a handler
        that can't be made is skipped and listed in ``absent``, unless it was given
        options.

    Raises:
        SetupError: The configuration is invalid, an option names an unknown handler, or
            a named handler can't be made.
    """
    selection = select(config=config)
    registry = Registry.discover(selection.policy._replace(strict=False))
    options = options or {}
    names = list(names)
    known = {record.name for record in registry.records}
    for name in options:
        if name not in known:
            raise ConfigError(
                f'option for {name!r}: no such handler. {one_of(name, known)}'
            )
    make = _Maker(registry, selection, options)
    found = Candidates()
    with imports_from_here():
        for name in names:
            found.handlers[name] = make(name)
        for name, row in () if names else labelled(registry.rows()):
            try:
                if row['error']:
                    raise HandlerLoadError(printable(row['error']), name=name)
                found.handlers[name] = make(
                    f'{row["distribution"]}:{row["name"]}', row['payload_type']
                )
            except SetupError as ex:
                # NOTE: The user gave options for this handler, so skipping it would
                #   hide the error.
                if isinstance(ex, ConfigError) and row['name'] in options:
                    raise ConfigError(f'handler {name!r}: {ex}') from ex
                found.absent[name] = str(ex)
    found.versions = registry.diagnostics()
    return found


class _Maker:
    """Make a handler by its name."""

    def __init__(
        self, registry: Registry, selection: Selection, options: Options
    ) -> None:
        self._registry = registry
        self._selection = selection
        self._options = options

    def __call__(self, name: str, payload_type: str | None = None) -> Handler:
        key = name.rpartition(':')[2]
        configured = self._selection.options.get(key)
        options = {
            **(configured.value if configured else {}),
            **self._options.get(key, {}),
        }
        kind = WebSocketPayloadType[payload_type] if payload_type else None
        use = Use(name, options)
        try:
            return self._registry.build(use, kind, self._selection.limits)
        except ConfigError as ex:
            told = _USE.sub(rf'--option {key}.\1=...', str(ex))
            told = told.replace('.type=...', '.type=MODULE:CLASS')
            raise ConfigError(told) from ex


_USE = re.compile(r'falcon_media\.use\([^()]*?(\w+)=\.\.\.\)')
"""An option as error messages show it: the way an app sets it."""


def labelled(rows: list[Row]) -> Iterator[tuple[str, Row]]:
    """Yield each row with a unique label: the name, if that is unique."""
    names = [row['name'] for row in rows]
    for row in rows:
        label = row['name']
        if names.count(label) > 1:
            label = f'{row["distribution"]}:{label} ({row["payload_type"]})'
        yield label, row


def parse_options(given: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Parse options of the form ``HANDLER.OPTION=VALUE``.

    Args:
        given (Iterable[str]): The options, such as ``cbor.canonical=true`` or
            ``protobuf.message=events_pb2:Event``. A value that is not TOML is a string.

    Returns:
        dict: Name of a handler -> its options.

    Raises:
        ConfigError: An option does not have that form.
    """
    options: dict[str, dict[str, Any]] = {}
    for text in given:
        path, _, value = text.partition('=')
        name, _, option = path.rpartition('.')
        if not name or not option or not value:
            raise ConfigError(
                f'{text!r} is not of the form HANDLER.OPTION=VALUE, such as '
                'protobuf.message=events_pb2:Event'
            )
        options.setdefault(name, {})[option] = parse_value(value)
    return options


def parse_value(text: str) -> Any:
    """Parse the value of an option as TOML; anything else is a string."""
    try:
        return tomllib.loads(f'value = {text}')['value']
    except tomllib.TOMLDecodeError:
        return text
