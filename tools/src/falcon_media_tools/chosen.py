"""``--handler`` and ``--option`` -> a handler, as an app would have it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from contextlib import redirect_stdout
import os
import re
import sys
from typing import Any, NamedTuple

import click
from falcon import WebSocketPayloadType

from falcon_media.errors import SetupError
from falcon_media.limits import Limits
from falcon_media.plugins.discovery import Policy
from falcon_media.plugins.registry import Registry
from falcon_media.plugins.use import use
from falcon_media.protocol.handlers import Handler
from falcon_media.protocol.spec import HandlerSpec
from falcon_media_tools.candidates import parse_value
from falcon_media_tools.fields import from_fields
from falcon_media_tools.fields import to_fields
from falcon_media_tools.target import imports_from_here

__all__ = ('choose', 'ChosenHandler', 'handler_options')


class ChosenHandler(NamedTuple):
    """A handler, with what it was made from.

    Attributes:
        spec (HandlerSpec): What its plugin says of it.
        options (Mapping): What it was made with.
        handler (Handler): The handler, under the guard.
    """

    spec: HandlerSpec
    options: Mapping[str, object]
    handler: Handler

    @property
    def is_text(self) -> bool:
        """Whether its payloads are TEXT."""
        return self.spec.payload_type is WebSocketPayloadType.TEXT

    def plain(self, media: object) -> object:
        """What it returned, as plain objects."""
        if self.spec.plain is not None:
            return self.spec.plain(media)
        types = self.handler.types
        if types is None or types.receive is None:
            return media
        return to_fields(media)

    def message(self, media: object) -> object:
        """What to give to it for plain objects."""
        types = self.handler.types
        # NOTE: A handler that has `plain` takes what that makes.
        if types is None or types.send is None or self.spec.plain is not None:
            return media
        return from_fields(media, types.send)


def handler_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that name a handler."""
    for option in (
        click.option(
            '--option',
            'options',
            metavar='NAME=VALUE',
            multiple=True,
            help='An option of the handler, as for use(): a TOML value, or else a '
            'string. May be given several times. What it names is imported from here, '
            "too: message=events_pb2:Event. Budgets are 'limits={max_depth=200}'.",
        ),
        click.option(
            '--handler',
            metavar='NAME',
            help='The handler, by its name (falcon-media list). Has to be given.',
        ),
    ):
        command = option(command)
    return command


def choose(name: str | None, options: Iterable[str]) -> ChosenHandler:
    """Make a handler.

    Args:
        name (str | None): Its name, if one was given.
        options (Iterable[str]): Options, as they were given.

    Returns:
        ChosenHandler: The handler.

    Raises:
        click.UsageError: There is no such handler, or it can't be made.
    """
    # NOTE: A plugin that is broken is of no interest, unless it is the one.
    policy = Policy.of(os.environ)._replace(strict=False)
    try:
        with imports_from_here(), redirect_stdout(sys.stderr):
            registry = Registry.discover(policy)
            if name is None:
                raise click.UsageError(f'--handler is missing: {_names(registry)}')
            choice = use(name, **dict(map(_parsed, options)))
            spec = registry.find(name, None)
            handler = registry.build(choice, None, Limits())
    except SetupError as ex:
        raise click.UsageError(_USE.sub(r'--option \1=...', str(ex))) from ex
    return ChosenHandler(spec, choice.options, handler)


_USE = re.compile(r'falcon_media\.use\([^()]*?(\w+)=\.\.\.\)')
"""How an option is given in an app."""


def _names(registry: Registry) -> str:
    loaded = [row['name'] for row in registry.rows() if row['state'] == 'loaded']
    *names, last = loaded
    return f'{", ".join(names)} or {last}' if names else last


def _parsed(option: str) -> tuple[str, object]:
    name, equals, text = option.partition('=')
    if not name.isidentifier() or not equals:
        raise click.UsageError(
            f'--option: {option!r} is not of the form NAME=VALUE, as in canonical=true'
        )
    return name, parse_value(text)
