"""Calls in a process of their own: a crash or a hang there is a failure here."""

from __future__ import annotations

import atexit
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import tempfile
from typing import Any

from falcon_media_testing.declaration import Declaration
from falcon_media_testing.failure import ContractFailure
from falcon_media_testing.failure import show_payload
from falcon_media_testing.loading import locate
from falcon_media_testing.watch import Case
from falcon_media_testing.watch import LOADING
from falcon_media_testing.watch import LOADING_SECONDS

__all__ = ('call', 'close', 'Died', 'Worker')

MEMORY = 1 << 30
"""Bytes that a contract may take on top of what it takes when it is loaded."""

_LAST_LINES = 25


class Died(ContractFailure):
    """The process ended in the middle of a case.

    Attributes:
        case (Case): The case.
        hung (bool): Whether the case took too long; otherwise it crashed.
    """

    def __init__(self, did: str, cure: str, case: Case, *, hung: bool) -> None:
        super().__init__(did, cure)
        self.case = case
        self.hung = hung


class Worker:
    """A process for the calls of one contract.

    Args:
        contract (type): The contract class.
        patience (float): Seconds that a case may take.

    Attributes:
        contract (type): The same.
        process (subprocess.Popen): The process.
    """

    def __init__(self, contract: type[Declaration], patience: float) -> None:
        self.contract = contract
        self._patience = patience
        location = locate(contract)
        self._folder = tempfile.TemporaryDirectory(prefix='falcon_media_testing_')
        folder = Path(self._folder.name)
        self._notes = folder / 'notes'
        self._stderr = folder / 'stderr'
        self._said = 0
        setup = {
            'location': location,
            'notes': str(self._notes),
            'patience': patience,
            'memory': MEMORY,
        }
        # NOTE: What the environment selects for an app is not asked for here.
        environ = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith('FALCON_MEDIA_')
        }
        environ |= {
            **contract.environ,
            'PYTHONPATH': os.pathsep.join(sys.path),
            # NOTE: Each arena of glibc takes 64 MB of addresses, whatever is in it.
            'MALLOC_ARENA_MAX': '2',
        }
        with self._stderr.open('wb') as stderr:
            self.process = subprocess.Popen(  # our own module
                [sys.executable, '-m', 'falcon_media_testing.worker'],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=environ,
                text=True,
                encoding='utf-8',
            )
        self._setup: dict[str, Any] | None = setup

    def call(self, method: str, **arguments: object) -> Any:
        """Call a method of the contract there.

        Args:
            method (str): Its name; it is given a ``Watch`` first.
            **arguments: What else it is given; to be written as JSON.

        Returns:
            Any: What it returns; as it comes out of JSON.

        Raises:
            ContractFailure: The method raised it.
            Died: The process did not survive the call.
        """
        # NOTE: What was said before is about other cases.
        self._said = self._stderr.stat().st_size
        # NOTE: Not before, or a process that never was would leave a half-made object.
        if self._setup is not None:
            self._send(self._setup)
            self._setup = None
        self._send({'method': method, 'arguments': arguments})
        assert self.process.stdout is not None  # noqa: S101  # it is a pipe
        line = self.process.stdout.readline()
        if not line.endswith('\n'):
            raise self._death()
        answer = json.loads(line)
        if 'failure' in answer:
            raise ContractFailure(*answer['failure'])
        if 'error' in answer:
            raise ContractFailure(
                'The contract could not be run in a process of its own:\n'
                f'{answer["error"]}',
                'The last lines say why. The process imports the module of the '
                'contract: whatever that needs has to be importable there.',
            )
        return answer['result']

    def close(self, patience: float | None = None) -> int:
        """Have the process end, and return its exit status.

        Args:
            patience (float): Seconds until it is ended by force (default: the case's).
        """
        with self.process:
            try:
                self.process.communicate(timeout=patience or self._patience)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self._folder.cleanup()
        return self.process.returncode

    def _send(self, request: dict[str, Any]) -> None:
        stdin = self.process.stdin
        assert stdin is not None  # noqa: S101  # it is a pipe
        try:
            stdin.write(f'{json.dumps(request)}\n')
            stdin.flush()
        except BrokenPipeError:
            raise self._death() from None

    def _death(self) -> Died:
        status = self.process.wait()
        said = (
            self._stderr.read_bytes()[self._said :]
            .decode('utf-8', 'replace')
            .strip()
            .splitlines()
        )
        hung = any(line.startswith('Timeout (') for line in said)
        try:
            case = Case.read(self._notes)
        except OSError:
            case = Case(0, 'the process was started')
        what = f'{case.label}: {show_payload(case.payload, case.size)}'
        if not case.payload:
            what = case.label
        patience = LOADING_SECONDS if case.label == LOADING else self._patience
        how = (
            f'was ended, since one call took longer than {patience:g} seconds'
            if hung
            else f'ended with {_status_name(status)}'
        )
        return Died(
            '\n'.join(
                [
                    f'The process in which the handler is tried {how}, in this case:',
                    what,
                    '',
                    *said[-_LAST_LINES:],
                ]
            ),
            'If the label above names a call of the handler: refuse the payload or '
            'the object before the library gets it (Codec.check_payload, check_media), '
            'or give the library a budget of its own. If it does not, the lines above '
            'show where the process stood.',
            case,
            hung=hung,
        )


def _status_name(status: int) -> str:
    if status < 0:
        try:
            return f'signal {-status} ({signal.Signals(-status).name})'
        except ValueError:  # pragma: no cover  # a real-time signal
            return f'signal {-status}'
    return f'exit status {status}'


_current: Worker | None = None


def call(
    contract: type[Declaration], patience: float, method: str, **arguments: object
) -> Any:
    """Call a method of a contract in a process that its other calls use too.

    See :meth:`Worker.call`. After a crash, the next call starts a new process.
    """
    global _current  # noqa: PLW0603  # one process, for the class that is being tested
    if _current is None or _current.contract is not contract:
        close()
        _current = Worker(contract, patience)
    try:
        return _current.call(method, **arguments)
    except Died:
        close()
        raise


def close() -> None:
    """Have the process end, if there is one."""
    global _current  # noqa: PLW0603  # see call()
    if _current is not None:
        _current.close()
        _current = None


atexit.register(close)
