"""Mutations of samples, as many as there is time for.

``python -m falcon_media_testing.fuzz --seconds 60`` drives the handlers of the
contracts in ``tests/test_contract.py``, each in a process of its own, and ends with a
table: how many payloads there were, and how many of them ended in anything else than an
object or a ``PayloadError``. The exit status is 1 unless that is 0.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
import random
import sys
import time

from falcon_media_testing import isolation
from falcon_media_testing.declaration import Declaration
from falcon_media_testing.failure import ContractFailure
from falcon_media_testing.loading import classes_in
from falcon_media_testing.mutation import Fuzzed
from falcon_media_testing.mutation import MOST_FINDINGS

__all__ = ('main',)

_CHUNK_SECONDS = 5.0


def main(argv: Sequence[str] | None = None) -> int:
    """Drive handlers with mutations of their samples.

    Args:
        argv (Sequence[str]): Arguments (default: the process's).

    Returns:
        int: Exit status: 0 if all payloads ended in an object or a ``PayloadError``.
    """
    parser = argparse.ArgumentParser(
        prog='python -m falcon_media_testing.fuzz', description=_SUMMARY
    )
    parser.add_argument(
        'names', nargs='*', metavar='NAME', help='handlers (default: all)'
    )
    parser.add_argument(
        '--seconds', type=float, default=60.0, help='time for each (default: 60)'
    )
    parser.add_argument(
        '--seed', type=int, help='to repeat a run (default: another one each time)'
    )
    parser.add_argument(
        '--contract',
        action='append',
        type=Path,
        metavar='FILE',
        help='file with contracts (default: tests/test_contract.py)',
    )
    arguments = parser.parse_args(argv)
    files = arguments.contract or [Path('tests', 'test_contract.py')]
    contracts = [
        contract
        for file in files
        for contract in classes_in(file, Declaration)
        if not arguments.names or contract.name in arguments.names
    ]
    unknown = {*arguments.names} - {contract.name for contract in contracts}
    if unknown or not contracts:
        parser.error(f'no contract for {", ".join(sorted(unknown)) or "any handler"}')
    seed = arguments.seed
    if seed is None:
        seed = random.SystemRandom().randrange(2**32)
    _say(f'{len(contracts)} contracts, {arguments.seconds:g} s each, --seed {seed}\n')
    results = []
    for contract in contracts:
        sys.stderr.write(f'{contract.name} ({contract.__name__}) ...\n')
        result = _fuzz_isolated(contract, arguments.seconds, seed)
        results.append((contract, result))
        for finding in result.findings:
            _say(f'\n{contract.name} ({contract.__name__}):\n{finding}\n')
    return _report(results)


_SUMMARY = (
    'Give handlers mutations of their samples, and count what ends in anything else '
    'than an object or a PayloadError.'
)


def _fuzz_isolated(contract: type[Declaration], seconds: float, seed: int) -> Fuzzed:
    total = Fuzzed()
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0 and total.other < MOST_FINDINGS:
        seed += 1
        try:
            answer = isolation.call(
                contract,
                contract.patience,
                'run_fuzz',
                seconds=min(left, _CHUNK_SECONDS),
                seed=seed,
            )
        except isolation.Died as ex:
            total.cases += 1
            total.found(ex.did)
        except ContractFailure as ex:
            # NOTE: The handler can't be made, or its contract isn't right: so it stays.
            total.found(ex.did)
            break
        else:
            total.add(Fuzzed(**{**answer, 'errors': Counter(answer['errors'])}))
    isolation.close()
    return total


def _report(results: Sequence[tuple[type[Declaration], Fuzzed]]) -> int:
    head = ('HANDLER', 'CONTRACT', 'CASES', 'OBJECTS', 'REFUSED', 'OTHER')
    lines: list[tuple[str, ...]] = [head]
    for contract, result in results:
        refused = result.errors.total()
        counts = (result.cases, result.objects, refused, result.other)
        lines.append((contract.name, contract.__name__, *map('{:,}'.format, counts)))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for name, title, *numbers in lines:
        cells = [name.ljust(widths[0]), title.ljust(widths[1])]
        cells += [
            cell.rjust(width) for cell, width in zip(numbers, widths[2:], strict=True)
        ]
        _say(f'{"  ".join(cells)}\n')
    cases = sum(result.cases for _, result in results)
    other = sum(result.other for _, result in results)
    _say(f'{cases:,} payloads; neither an object nor a PayloadError: {other:,}\n')
    return 0 if cases and not other else 1


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == '__main__':
    sys.exit(main())
