"""``python -m benchmarks``."""

from __future__ import annotations

import sys

if __name__ == '__main__':
    # NOTE: Imported here, since each child process imports this file and needs none of
    #   it.
    from benchmarks.cli import main

    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)  # as a shell has it
