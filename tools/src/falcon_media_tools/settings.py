"""The options ``--option`` and ``--config`` of ``bench`` and ``lab``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

__all__ = ('handler_settings',)


def handler_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--option`` and ``--config`` to a command.

    Pass the values to :func:`falcon_media_tools.candidates.parse_options` and
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
            help='Set an option of a handler, such as '
            'protobuf.message=events_pb2:Event; may be repeated.',
        ),
    ):
        command = option(command)
    return command
