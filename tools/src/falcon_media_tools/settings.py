"""Options of commands that try handlers: how those are made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

__all__ = ('handler_settings',)


def handler_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command ``--option`` and ``--config``.

    They are for :func:`falcon_media_tools.candidates.parse_options`, and for
    :func:`falcon_media_tools.candidates.candidates`.
    """
    for option in (
        click.option(
            '--config',
            metavar='FILE',
            type=click.Path(exists=True, dir_okay=False),
            help='Take options and limits from this TOML file, as install() does.',
        ),
        click.option(
            '--option',
            'options',
            metavar='HANDLER.OPTION=VALUE',
            multiple=True,
            help='Give a handler an option, such as protobuf.message=events_pb2:Event; '
            'may be repeated.',
        ),
    ):
        command = option(command)
    return command
