"""Make the text of somebody else's fit to be printed."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ('one_line', 'printable')

MOST = 600
"""Characters to show of a text, if nothing else is said."""


def printable(
    text: object, most: int = MOST, *, of: Callable[[object], str] = str
) -> str:
    """Escape what could steer a terminal, and cut what is too long.

    Args:
        text (object): The text, or any object.
        most (int): Characters to show.

    Keyword Args:
        of (Callable): Makes a text of it.

    Returns:
        str: A text of one line, without control or formatting characters.
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
    """Name the type of an exception and its message, each space a single blank."""
    message = ' '.join(_text(ex, str).split())
    return f'{type(ex).__name__}: {message}' if message else type(ex).__name__


def _text(value: object, of: Callable[[object], str]) -> str:
    try:
        return of(value)
    except KeyboardInterrupt:
        raise
    # NOTE: A class of a plugin's may raise anything.
    except BaseException:  # noqa: BLE001  # see NOTE
        return f'<{type(value).__name__}>'
