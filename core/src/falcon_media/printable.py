"""Text from clients and plugins, made safe to print."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ('one_line', 'printable')

MOST = 600
"""The default number of characters to show."""


def printable(
    text: object, most: int = MOST, *, of: Callable[[object], str] = str
) -> str:
    """Escape control characters of a text, and cut it if it is too long.

    Args:
        text (object): The text, or any object.
        most (int): The most characters to show.

    Keyword Args:
        of (Callable): Converts the object to a text.

    Returns:
        str: One line, without control or formatting characters.
    """
    shown = _text(text, of)
    if len(shown) > most:
        shown = f'{shown[:most]}...'
    if shown.isprintable():
        return shown
    return ''.join(
        character
        if character.isprintable()
        else character.encode('unicode_escape').decode()
        for character in shown
    )


def one_line(ex: BaseException) -> str:
    """Format an exception as one line: its type and its message."""
    message = ' '.join(_text(ex, str).split())
    return f'{type(ex).__name__}: {message}' if message else type(ex).__name__


def _text(value: object, of: Callable[[object], str]) -> str:
    try:
        return of(value)
    except KeyboardInterrupt:
        raise
    # NOTE: The class of a plugin may raise anything.
    except BaseException:  # noqa: BLE001  # see NOTE
        return f'<{type(value).__name__}>'
