"""The process in which handlers are tried: under bounds, and nobody else's loss.

It reads one request a line from its standard input, and answers each with a line on
what was its standard output; a handler that prints writes to standard error instead.
It ends when its input does.
"""

from __future__ import annotations

import faulthandler
import json
import os
from pathlib import Path
import sys
import traceback
from typing import Any, TextIO

from falcon_media_testing.failure import ContractFailure
from falcon_media_testing.loading import load
from falcon_media_testing.loading import Location
from falcon_media_testing.settings import AT_THE_START  # noqa: F401  # before the plugin
from falcon_media_testing.watch import LOADING
from falcon_media_testing.watch import LOADING_SECONDS
from falcon_media_testing.watch import Watch

__all__ = ('main',)


def main(requests: TextIO, answers: TextIO) -> None:
    """Answer requests until there are no more of them.

    The first one says what is wanted of this process: the class, where to note cases,
    and the bounds.

    Args:
        requests (TextIO): Requests, one a line.
        answers (TextIO): Where to write an answer to each.
    """
    faulthandler.enable()
    setup = json.loads(requests.readline())
    contract = None
    watch = Watch(Path(setup['notes']), setup['patience'])
    for line in requests:
        request = json.loads(line)
        answer: dict[str, Any] = {}
        try:
            if contract is None:
                watch.patience = LOADING_SECONDS
                watch.case(LOADING)
                contract = load(Location(*setup['location']))
                _limit_memory(setup['memory'])
                watch.rest()
                watch.patience = setup['patience']
            method = getattr(contract(), request['method'])
            answer['result'] = method(watch, **request['arguments'])
        except ContractFailure as ex:
            answer['failure'] = [ex.did, ex.cure]
        except Exception:  # noqa: BLE001  # told to the other side, whatever it is
            answer['error'] = traceback.format_exc()
        watch.rest()
        answers.write(f'{json.dumps(answer)}\n')
        answers.flush()


def _limit_memory(more: int) -> None:
    """Bound how much more memory may be taken, where the platform can do that."""
    try:
        import resource

        pages = int(Path('/proc/self/statm').read_text('ascii').split()[0])
    except (ImportError, OSError):  # pragma: no cover  # on Linux there is both
        return
    limit = pages * resource.getpagesize() + more
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == '__main__':
    # NOTE: What else is written to the standard output must not get into the answers.
    with os.fdopen(os.dup(1), 'w', encoding='utf-8') as stdout:
        os.dup2(2, 1)
        main(sys.stdin, stdout)
