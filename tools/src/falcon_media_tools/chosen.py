"""Make a handler from ``--handler`` and ``--option``, as in an app."""

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
    """A handler, with its spec and options.

    Attributes:
        spec (HandlerSpec): The spec from its plugin.
        options (Mapping): Its options.
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
        """Convert a decoded message to plain objects."""
        if self.spec.plain is not None:
            return self.spec.plain(media)
        types = self.handler.types
        if types is None or types.receive is None:
            return media
        return to_fields(media)

    def message(self, media: object) -> object:
        """Convert plain objects to the message that the handler encodes."""
        types = self.handler.types
        # NOTE: A handler with `plain` accepts its result.
        if types is None or types.send is None or self.spec.plain is not None:
            return media
        return from_fields(media, types.send)


def handler_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--handler`` and ``--option`` to a command."""
    for option in (
        click.option(
            '--option',
            'options',
            metavar='NAME=VALUE',
            multiple=True,
            help='Set an option of the handler, as for use(); may be repeated. The '
            'value is TOML, or else a string. A name such as message=events_pb2:Event '
            'is also imported from this folder. Set budgets with '
            "'limits={max_depth=200}'.",
        ),
        click.option(
            '--handler',
            metavar='NAME',
            help='Name of the handler (required). See falcon-media list.',
        ),
    ):
        command = option(command)
    return command


def choose(name: str | None, options: Iterable[str]) -> ChosenHandler:
    """Make a handler from the arguments of a command.

    Args:
        name (str | None): The value of ``--handler``.
        options (Iterable[str]): The values of ``--option``.

    Returns:
        ChosenHandler: The handler.

    Raises:
        click.UsageError: The handler is unknown or can't be made.
    """
    # NOTE: Broken plugins matter only if one of them provides this handler.
    policy = Policy.of(os.environ)._replace(strict=False)
    try:
        with imports_from_here(), redirect_stdout(sys.stderr):
            registry = Registry.discover(policy)
            if name is None:
                raise click.UsageError(f'--handler is required: {_names(registry)}')
            choice = use(name, **dict(map(_parsed, options)))
            spec = registry.find(name, None)
            handler = registry.build(choice, None, Limits())
    except SetupError as ex:
        raise click.UsageError(_USE.sub(r'--option \1=...', str(ex))) from ex
    return ChosenHandler(spec, choice.options, handler)


_USE = re.compile(r'falcon_media\.use\([^()]*?(\w+)=\.\.\.\)')
"""An option as error messages show it: the way an app sets it."""


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
