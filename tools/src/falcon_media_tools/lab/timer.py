"""Time the handlers in a separate process.

So the page stays responsive, nothing else runs beside the measurement, and a codec
library that crashes does not end the lab. ``python -m`` this module is that process. It
answers each line of JSON on standard input with a line on standard output, so the lab
can stop after any of them.
"""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import redirect_stdout
from contextlib import suppress
from dataclasses import asdict
import json
import signal
import sys
from typing import Any, cast, TypedDict

from falcon_media_tools.lab.formats import load_formats
from falcon_media_tools.lab.formats import Source
from falcon_media_tools.lab.message import read_message
from falcon_media_tools.timing import Rounds

__all__ = ('Answer', 'answers', 'Timer', 'TimerFailed')

SLICE = 0.2
"""Seconds of a step; a newer message can interrupt after each step."""

STEPS = 8
"""Steps for each message."""

PATIENCE = 30
"""The time-out of a step in seconds. The largest message takes a few."""


class Answer(TypedDict):
    """The results after a step.

    ``speeds`` are :class:`falcon_media_tools.timing.Speed` as dicts; ``handler`` is the
    key of a format.
    """

    speeds: list[dict[str, Any]]


class TimerFailed(Exception):
    """The process has ended or doesn't answer."""


class Timer:
    """The timing process, started on demand.

    Args:
        source (Source): The source of options and budgets.
        turn (asyncio.Semaphore): Held during a step, to limit the number of processes
            that measure at once.
    """

    def __init__(self, source: Source, turn: asyncio.Semaphore) -> None:
        self._source = source
        self._turn = turn
        self._process: Process | None = None

    async def time(self, text: str) -> AsyncIterator[Answer]:
        """Time the handlers on a message; the iteration may stop at any time.

        Args:
            text (str): The message, as typed.

        Yields:
            Answer: The results so far.

        Raises:
            TimerFailed: The process has ended or doesn't answer.
        """
        request: dict[str, Any] = {'text': text}
        for _ in range(STEPS):
            async with self._turn:
                answer = await self._ask(request)
            yield answer
            request = {}

    async def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.communicate()

    async def _ask(self, request: dict[str, Any]) -> Answer:
        try:
            async with asyncio.timeout(PATIENCE):
                if self._process is None:
                    self._process = await _start()
                    await _exchange(self._process, asdict(self._source))
                answer: Answer = await _exchange(self._process, request)
                return answer
        except (OSError, TimeoutError, ValueError) as ex:
            await self.close()
            raise TimerFailed(
                'The timing process has ended or does not answer: a codec library may '
                'have crashed. Change the message to start it again.'
            ) from ex


async def _start() -> Process:
    return await asyncio.create_subprocess_exec(
        # NOTE: Without -P, a file `json.py` in the current folder would replace the
        #   real module.
        *(sys.executable, '-P', '-m', 'falcon_media_tools.lab.timer'),
        stdin=PIPE,
        stdout=PIPE,
    )


async def _exchange(process: Process, request: object) -> Any:
    to_process = cast('asyncio.StreamWriter', process.stdin)
    from_process = cast('asyncio.StreamReader', process.stdout)
    to_process.write(json.dumps(request).encode() + b'\n')
    await to_process.drain()
    # NOTE: If the process has ended, the line is empty, which is not JSON.
    return json.loads(await from_process.readline())


def answers(lines: Iterable[str]) -> Iterator[Answer]:
    """Answer each line of input; the main loop of the timing process.

    Args:
        lines (Iterable[str]): The first line is the source of options and budgets. Each
            other line starts a new message, or continues with the last one.

    Yields:
        Answer: The results so far; the first answer is empty.
    """
    requests = map(json.loads, lines)
    formats = load_formats(Source(**next(requests)))
    yield Answer(speeds=[])
    rounds = Rounds(())
    for request in requests:
        if 'text' in request:
            media = read_message(request['text'])
            rounds = Rounds(
                task
                for format_ in formats.usable.values()
                for task in format_.tasks(media)
            )
        for _ in rounds.run(seconds=SLICE):
            pass
        yield Answer(speeds=[asdict(speed) for speed in rounds.speeds('')])


if __name__ == '__main__':
    # NOTE: Ctrl-C is for the lab, which then ends this process too.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    output = sys.stdout
    # NOTE: Output of plugins must not mix with the answers.
    with redirect_stdout(sys.stderr):
        for answer in answers(sys.stdin):
            print(json.dumps(answer), file=output, flush=True)
