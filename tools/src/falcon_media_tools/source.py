"""The input of a command: a file or standard input."""

from __future__ import annotations

from pathlib import Path
import sys

import click

__all__ = ('MAX_SIZE', 'Source', 'source_argument')

MAX_SIZE = 64 * 1024 * 1024
"""The maximum number of bytes to read."""


class Source:
    """A file or standard input.

    Args:
        name (str): A path, or ``-`` for standard input.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __str__(self) -> str:
        return 'standard input' if self._name == '-' else self._name

    def read(self) -> bytes:
        """Read the whole input.

        Raises:
            click.UsageError: The input can't be read, or is too long.
        """
        try:
            if self._name == '-':
                if sys.stdin.isatty():
                    print('Type or paste it, then press Ctrl-D.', file=sys.stderr)
                data = sys.stdin.buffer.read(MAX_SIZE + 1)
            else:
                with Path(self._name).open('rb') as file:
                    data = file.read(MAX_SIZE + 1)
        except OSError as ex:
            raise click.UsageError(f'cannot read {self}: {ex.strerror}') from ex
        if len(data) > MAX_SIZE:
            raise click.UsageError(
                f'{self} is too long: at most {MAX_SIZE} bytes are read'
            )
        return data


def _source(_context: click.Context, _parameter: click.Parameter, name: str) -> Source:
    return Source(name)


source_argument = click.argument(
    'source',
    metavar='[FILE|-]',
    default='-',
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    callback=_source,
)
