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

    folded = {one.casefold(): one for one in known}
    near = get_close_matches(name.casefold(), folded, n=1)
    return folded[near[0]] if near else None
