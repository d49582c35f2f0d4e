"""Which commands there are, and what each needs; imports none of them."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ('COMMANDS', 'Entry', 'PROGRAM')

PROGRAM = 'falcon-media'


class Entry(NamedTuple):
    """Where a command is.

    Attributes:
        module (str): The module, whose ``command`` it is.
        summary (str): One line for people who choose.
        extra (str): The extra of falcon-media that brings what it needs.
        needs (tuple[str, ...]): What it imports, beyond what every command does.
    """

    module: str
    summary: str
    extra: str = 'cli'
    needs: tuple[str, ...] = ()

    @property
    def cure(self) -> str:
        """How to get what it needs."""
        return f"pip install 'falcon-media[{self.extra}]'"


COMMANDS = {
    'list': Entry('falcon_media.cli.listing', 'List the handlers that are installed.'),
    'doctor': Entry(
        'falcon_media.cli.doctor', 'Tell why a handler is, or is not, used.'
    ),
    'decode': Entry('falcon_media.cli.decode', 'Show what a frame says.'),
    'encode': Entry('falcon_media.cli.encode', 'Make a frame of JSON.'),
    'bench': Entry(
        'falcon_media.cli.bench', 'Compare the formats on messages of your own.'
    ),
    'lab': Entry(
        'falcon_media.cli.lab.command',
        'Try every installed format on a message, in the browser.',
        extra='lab',
        needs=('uvicorn', 'websockets'),
    ),
    'new': Entry(
        'falcon_media.cli.new',
        'Start a package with a handler of your own.',
        extra='new',
        needs=('copier',),
    ),
}
