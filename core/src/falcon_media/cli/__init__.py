"""The command line: ``falcon-media``, or ``python -m falcon_media``.

``list`` works with the core alone. The other commands need the extra
``falcon-media[cli]``, and say so where it is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from io import TextIOWrapper
import os
import sys

from falcon_media.cli import plain

__all__ = ('main',)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        argv (Sequence[str]): Arguments (default: the process's).

    Returns:
        int: Exit code: 0; 1 where a command found a problem; 2 for wrong arguments, or
        a missing extra.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    if isinstance(sys.stdout, TextIOWrapper):
        # NOTE: What its encoding has no word for is escaped, as on standard error.
        sys.stdout.reconfigure(errors='backslashreplace')
    try:
        if find_spec('click') is None or find_spec('rich') is None:
            code = plain.run(arguments)
        else:
            from falcon_media.cli import app

            code = app.run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # pragma: no cover  # in a process without an output
        # NOTE: The reader has left, as `head` does. What is still buffered must not
        #   raise once more at exit (CPython, "Note on SIGPIPE").
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code
