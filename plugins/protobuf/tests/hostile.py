"""Bad payloads, and a place to try them where a crash hurts nobody."""

from __future__ import annotations

from collections.abc import Iterator
import os
import random
import subprocess
import sys
from textwrap import dedent

SMALL_STACK = 128 * 1024
"""Bytes of stack that a thread has on some platforms (musl)."""


def truncations(payload: bytes) -> Iterator[bytes]:
    """Yield everything that a payload starts with, but not the payload."""
    return (payload[:size] for size in range(len(payload)))


def mutations(payload: bytes, *, count: int, seed: int = 0) -> Iterator[bytes]:
    """Yield payloads that are like this one."""
    chance = random.Random(seed)  # noqa: S311  # the same ones each time
    for _ in range(count):
        data = bytearray(payload)
        for _ in range(chance.randint(1, 4)):
            start = chance.randrange(len(data) + 1)
            end = start + chance.choice([0, 0, 1, 1, 2, 8])
            new = chance.choice(
                [
                    chance.randbytes(chance.randint(0, 3)),
                    bytes([chance.choice([0, 1, 0x7F, 0x80, 0xC0, 0xFE, 0xFF])]),
                    payload[start : start + chance.randint(0, 16)],
                ]
            )
            data[start:end] = new
        yield bytes(data)


def run(
    code: str,
    *,
    stack: int | None = None,
    max_memory: int = 1_000_000_000,
    max_seconds: int = 60,
    **environ: str,
) -> str:
    """Run code in a process of its own, and return what it printed.

    The process may not take more than so much memory and CPU time. A crash, a hang or
    an exception fails the test.

    Args:
        code (str): What to run.
        stack (int | None): Bytes of stack; the code then runs in a thread.
        max_memory (int): Bytes of address space.
        max_seconds (int): Seconds of CPU time.
        environ (str): Environment variables, by name.
    """
    program = dedent(_PROGRAM).format(
        code=dedent(code), stack=stack, max_memory=max_memory, max_seconds=max_seconds
    )
    done = subprocess.run(
        [sys.executable, '-X', 'faulthandler', '-c', program],
        env={**os.environ, **environ},
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
code = compile({code!r}, '<code>', 'exec')
failed = []


def main():
    try:
        exec(code, {{}})
    except BaseException:
        failed.append(True)
        raise


if {stack}:
    threading.stack_size({stack})
    thread = threading.Thread(target=main)
    thread.start()
    thread.join()
    raise SystemExit(bool(failed))
main()
"""
