"""Suggest the closest known name."""

from __future__ import annotations

from collections.abc import Iterable

from falcon_media.printable import printable

__all__ = ('nearest', 'one_of')


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Find the closest known name.

    Args:
        name (str): The unknown name.
        known (Iterable[str]): The known names.

    Returns:
        str | None: The closest one; ``None`` if none is similar.
    """
    # PERF: Only a misspelt name needs the import.
    from difflib import get_close_matches

    spelled = {one: one for one in known}
    folded = {one.casefold(): one for one in spelled}
    for names, wanted in ((spelled, name), (folded, name.casefold())):
        if near := get_close_matches(wanted, names, n=1):
            return names[near[0]]
    return None


def one_of(name: str, known: Iterable[str]) -> str:
    """Suggest the closest known name, and list all of them."""
    known = sorted(known)
    near = nearest(name, known)
    hint = f'Did you mean {near!r}? ' if near else ''
    listed = ', '.join(map(printable, known)) or 'none'
    return f'{hint}Expected one of: {listed}'
