"""Make the installed handlers for the lab."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from falcon_media.plugins.registry import Registry
from falcon_media.plugins.registry import Row
from falcon_media.protocol.annotation import Span
from falcon_media.protocol.handlers import Handler
from falcon_media.protocol.spec import HandlerSpec
from falcon_media.selection.config import select
from falcon_media_tools.annotation import annotate
from falcon_media_tools.candidates import candidates
from falcon_media_tools.candidates import labelled
from falcon_media_tools.lab.schemaless import ANY_JSON
from falcon_media_tools.lab.schemaless import AnyJSON
from falcon_media_tools.lab.schemaless import Note
from falcon_media_tools.measuring import Frame
from falcon_media_tools.measuring import send_and_receive
from falcon_media_tools.timing import Task
from falcon_media_tools.timing import tasks_of

__all__ = ('Format', 'Formats', 'load_formats', 'Source')


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A usable handler.

    Attributes:
        key (str): Its subprotocol in the lab.
        name (str): Its unique name.
        handler (Handler): The handler, under the guard.
        spec (HandlerSpec): The spec from its plugin.
        row (Row): Its row in ``falcon-media list``.
        options (Mapping): Its options.
        note (Note | None): A note about its options.
    """

    key: str
    name: str
    handler: Handler
    spec: HandlerSpec
    row: Row
    options: Mapping[str, Any]
    note: Note | None = None

    def send_and_receive(self, media: object) -> Frame:
        """Encode a message and decode it again."""
        return send_and_receive(self.key, self.handler, media)

    def annotated(self, payload: str | bytes) -> Iterator[Span]:
        """Annotate the bytes of a payload."""
        return annotate(self.spec, payload, self.options)

    def tasks(self, media: object) -> Iterator[Task]:
        """Yield the tasks to time; none if the handler can't carry the message."""
        frame = self.send_and_receive(media)
        if frame.payload is None or not frame.is_carried:
            return
        handler = self.handler
        if isinstance(handler, AnyJSON):
            # NOTE: An app that uses the format has messages, not plain objects.
            handler = handler.schemaful
            media = handler.deserialize(frame.payload)  # type: ignore[arg-type]  # a handler takes what it makes
        yield from tasks_of(self.key, handler, media, frame.payload)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The source of options and budgets.

    Attributes:
        options (Mapping): Name of a handler -> its options.
        config (str | None): A configuration, as for ``install()``.
    """

    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    config: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Formats:
    """The installed handlers.

    Attributes:
        usable (dict): Key -> handler.
        absent (list[tuple[Row, str]]): Unusable handlers, with the reason.
    """

    usable: dict[str, Format]
    absent: list[tuple[Row, str]]


def load_formats(source: Source) -> Formats:
    """Make every usable handler.

    Args:
        source (Source): The source of options and budgets.

    Returns:
        Formats: The handlers, in the order of ``falcon-media list``.

    Raises:
        SetupError: The configuration or an option is invalid.
    """
    selection = select(config=source.config)
    given: dict[str, dict[str, Any]] = {
        name: dict(chosen.value) for name, chosen in selection.options.items()
    }
    for name, its_options in source.options.items():
        given[name] = given.get(name, {}) | dict(its_options)
    registry = Registry.discover(selection.policy._replace(strict=False))
    rows = list(labelled(registry.rows()))
    schemaless = {
        row['name']: ANY_JSON[row['media_type'] or '']
        for _, row in rows
        if row['media_type'] in ANY_JSON and not given.get(row['name'])
    }
    given |= {name: dict(chosen.options) for name, chosen in schemaless.items()}
    found = candidates(options=given, config=source.config)
    formats = Formats(usable={}, absent=[])
    for label, row in rows:
        if label not in found.handlers:
            formats.absent.append((row, found.absent[label]))
            continue
        handler = found.handlers[label]
        spec = registry.find(
            f'{row["distribution"]}:{row["name"]}', handler.payload_type
        )
        chosen = schemaless.get(row['name'])
        key = f'lab.{row["name"]}'
        if key in formats.usable:
            key = f'{key}.{handler.payload_type.name.lower()}'
        formats.usable[key] = Format(
            key=key,
            name=label,
            handler=AnyJSON(handler, spec.plain) if chosen and spec.plain else handler,
            spec=spec,
            row=row,
            options=given.get(row['name'], {}),
            note=chosen.note if chosen else None,
        )
    return formats
