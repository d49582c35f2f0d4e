"""How long handlers take, found out in a process of its own.

So the page stays responsive, nothing else runs where it is timed, and a codec library
that crashes takes nobody with it. ``python -m`` this module is that process. It answers
each line of JSON on its standard input by one on its output, so that whoever asks can
stop after any of them.
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
"""Seconds of a step, after which a newer message may have its turn."""

STEPS = 8
"""Steps for each message."""

PATIENCE = 30
"""Seconds after which a step has failed. The largest message takes a few."""


class Answer(TypedDict):
    """What is known after a step.

    ``speeds`` are those of :class:`falcon_media_tools.timing.Speed`, with the keys of
    formats for handlers.
    """

    speeds: list[dict[str, Any]]


class TimerFailed(Exception):
    """The process has ended, or doesn't answer."""


class Timer:
    """The process, started when it is needed.

    Args:
        source (Source): Of which handlers.
        turn (asyncio.Semaphore): Held during a step: how many processes may time
            something at once.
    """

    def __init__(self, source: Source, turn: asyncio.Semaphore) -> None:
        self._source = source
        self._turn = turn
        self._process: Process | None = None

    async def time(self, text: str) -> AsyncIterator[Answer]:
        """Time the handlers on a message, as an iterator that may be left at any time.

        Args:
            text (str): The message, as it is typed.

        Yields:
            Answer: What is known so far.

        Raises:
            TimerFailed: The process has ended, or doesn't answer.
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
        # NOTE: -P, or a file `json.py` in the folder of whoever starts the lab would
        #   be imported in place of the real one.
        *(sys.executable, '-P', '-m', 'falcon_media_tools.lab.timer'),
        stdin=PIPE,
        stdout=PIPE,
    )


async def _exchange(process: Process, request: object) -> Any:
    to_process = cast('asyncio.StreamWriter', process.stdin)
    from_process = cast('asyncio.StreamReader', process.stdout)
    to_process.write(json.dumps(request).encode() + b'\n')
    await to_process.drain()
    # NOTE: The line is empty where the process has ended, and then no JSON.
    return json.loads(await from_process.readline())


def answers(lines: Iterable[str]) -> Iterator[Answer]:
    """What the process does: an answer for each line.

    Args:
        lines (Iterable[str]): The first says of which handlers, then each begins with a
            message or goes on with the last.

    Yields:
        Answer: The first is empty.
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
    # NOTE: Ctrl-C is for the lab, which then ends this as well.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    output = sys.stdout
    # NOTE: What a plugin prints must not get among the answers.
    with redirect_stdout(sys.stderr):
        for answer in answers(sys.stdin):
            print(json.dumps(answer), file=output, flush=True)
