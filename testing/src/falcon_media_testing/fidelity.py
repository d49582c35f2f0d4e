"""``python -m falcon_media_testing.fidelity tests/test_contract.py``.

Prints the table of each contract in a file; with ``--write``, puts it into the document
that the contract names.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import sys

from falcon_media_testing.declaration import Declaration
from falcon_media_testing.loading import classes_in
from falcon_media_testing.table import fidelity_table
from falcon_media_testing.table import write_table

__all__ = ('main',)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables of the contracts in some files.

    Args:
        argv (Sequence[str]): Arguments (default: the process's).

    Returns:
        int: Exit status.
    """
    parser = argparse.ArgumentParser(
        prog='python -m falcon_media_testing.fidelity',
        description='What becomes of each kind of Python value, as a table.',
    )
    parser.add_argument('contract', nargs='+', type=Path, help='file with the contract')
    parser.add_argument(
        '--write', action='store_true', help='put it into the readme of the contract'
    )
    arguments = parser.parse_args(argv)
    for path in arguments.contract:
        for contract in classes_in(path, Declaration):
            made = fidelity_table(contract())
            if not arguments.write:
                sys.stdout.write(f'{contract.name}\n\n{made}\n')
            elif contract.readme is not None:
                write_table(contract.readme, made)
    return 0


if __name__ == '__main__':
    sys.exit(main())
