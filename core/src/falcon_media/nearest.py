"""The known name that somebody meant."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ('nearest',)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Find the known name that is most like a name, if any is.

    Args:
        name (str): What was given.
        known (Iterable[str]): What could have been meant.

    Returns:
        str | None: The nearest one.
    """
    # PERF: An app in which nothing is misspelt starts without it.
    from difflib import get_close_matches

    spelled = {one: one for one in known}
    folded = {one.casefold(): one for one in spelled}
    for names, wanted in ((spelled, name), (folded, name.casefold())):
        if near := get_close_matches(wanted, names, n=1):
            return names[near[0]]
    return None
