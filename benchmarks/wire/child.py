"""A child process on its own CPU, which answers requests."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
import os
import resource
import traceback
from types import TracebackType
from typing import Any, Self, TypeAlias

from benchmarks.cells import Skipped

__all__ = ('Child', 'need_files', 'Pipe')

TIMEOUT = 120.0
"""Seconds within which a request must be answered."""

Pipe: TypeAlias = 'Connection[Any, Any]'


class _Failure:
    """The failure that ended a child."""

    def __init__(self, text: str) -> None:
        self.text = text


class Child:
    """A process that runs a function and answers requests through a pipe.

    Args:
        target (Callable): Function that takes the other end of the pipe, and returns
            when it receives ``None``.
        arguments: Further arguments of the function.

    Keyword Args:
        cpu (int | None): The CPU to run on.
    """

    def __init__(
        self, target: Callable[..., None], *arguments: Any, cpu: int | None
    ) -> None:
        context = get_context('spawn')
        self._pipe, other = context.Pipe()
        self._process = context.Process(
            target=_run, args=(target, other, cpu, arguments), daemon=True
        )
        self._process.start()
        other.close()

    def ask(self, request: object) -> Any:
        """Send a request, and wait for the answer.

        Raises:
            Skipped: The request can't be done here.
            RuntimeError: The child failed, or did not answer in time.
        """
        self.tell(request)
        return self.answer()

    def tell(self, request: object) -> None:
        """Send a request without waiting for the answer."""
        with suppress(BrokenPipeError):  # it has died, and answer() reports the failure
            self._pipe.send(request)

    def answer(self) -> Any:
        """Wait for the next answer; see :meth:`ask`."""
        if not self._pipe.poll(TIMEOUT):
            raise RuntimeError(f'no answer from a process in {TIMEOUT:.0f} s')
        try:
            answer = self._pipe.recv()
        except (ConnectionError, EOFError) as ex:
            raise RuntimeError('a process of the bench is gone') from ex
        if isinstance(answer, Skipped):
            raise answer
        if isinstance(answer, _Failure):
            raise RuntimeError(f'a process of the bench failed:\n{answer.text}')
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        ex: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.tell(None)
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._pipe.close()


def _run(
    target: Callable[..., None],
    pipe: Pipe,
    cpu: int | None,
    arguments: tuple[Any, ...],
) -> None:
    if cpu is not None:
        os.sched_setaffinity(0, {cpu})
    try:
        target(pipe, *arguments)
    except (EOFError, KeyboardInterrupt):
        return
    except Skipped as ex:
        pipe.send(ex)
    except Exception:  # noqa: BLE001  # the parent reports it
        with suppress(ConnectionError):
            pipe.send(_Failure(traceback.format_exc()))


def need_files(count: int) -> None:
    """Raise the limit of open files of this process, if it is lower.

    Raises:
        Skipped: The hard limit is lower as well.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        raise Skipped(
            f'it takes {count} open files in a process, and the limit is {hard} '
            '(ulimit -Hn)'
        )
    if soft != resource.RLIM_INFINITY and soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
