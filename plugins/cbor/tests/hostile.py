"""What tests of hostile input need, whatever the format."""

from __future__ import annotations

from collections.abc import Iterator
import os
import random
import subprocess
import sys
from textwrap import dedent
from textwrap import indent

SMALL_STACK = 128 * 1024
"""Bytes of stack that a thread gets where the C library is musl."""


def truncations(payload: bytes) -> Iterator[bytes]:
    """Yield all that a payload begins with, but for the whole of it."""
    return (payload[:size] for size in range(len(payload)))


def mutations(
    payload: bytes, *, count: int, alphabet: bytes, seed: int = 0
) -> Iterator[bytes]:
    """Yield payloads that are like one, and the same ones each time.

    Args:
        payload (bytes): What to begin with.
        count (int): How many.
        alphabet (bytes): Bytes that mean something in the format.
        seed (int): Which ones.
    """
    chance = random.Random(seed)  # noqa: S311  # not for secrets
    for _ in range(count):
        data = bytearray(payload)
        for _ in range(chance.randint(1, 4)):
            start = chance.randrange(len(data) + 1)
            end = start + chance.choice((0, 0, 1, 1, 2, 8))
            data[start:end] = chance.choice(
                (
                    chance.randbytes(chance.randint(0, 3)),
                    bytes(chance.choices(alphabet, k=chance.randint(1, 3))),
                    payload[start : start + chance.randint(0, 16)],
                )
            )
        yield bytes(data)


def run(
    code: str,
    *,
    before: str = '',
    stack: int | None = None,
    max_memory: int = 1 << 30,
    max_seconds: int = 30,
) -> str:
    """Run code in a process of its own, and return what it printed.

    A crash, a hang or an exception there fails the test here.

    Args:
        code (str): What to run.
        before (str): What to run before, with as much stack as there is. It makes, for
            one, objects that are nested so deeply that to free them takes that much.
        stack (int | None): Bytes of stack. The code then runs in a thread.
        max_memory (int): Bytes of address space.
        max_seconds (int): Seconds of CPU time.
    """
    program = _PROGRAM.format(
        before=dedent(before),
        code=indent(dedent(code), '    '),
        stack=stack or 0,
        max_memory=max_memory,
        max_seconds=max_seconds,
    )
    done = subprocess.run(
        [sys.executable, '-c', program],
        env={**os.environ, 'PYTHONFAULTHANDLER': '1'},
        capture_output=True,
        check=False,
        text=True,
        timeout=4 * max_seconds,
    )
    assert done.returncode == 0, f'exit status {done.returncode}\n{done.stderr}'
    return done.stdout


_PROGRAM = """
import resource
import threading

resource.setrlimit(resource.RLIMIT_AS, ({max_memory}, {max_memory}))
resource.setrlimit(resource.RLIMIT_CPU, ({max_seconds}, {max_seconds}))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

{before}
faults = []

def main():
{code}

if {stack}:
    threading.excepthook = faults.append
    threading.stack_size({stack})
    thread = threading.Thread(target=main)
    thread.start()
    thread.join()
    if faults:
        raise faults[0].exc_value
else:
    main()
"""
