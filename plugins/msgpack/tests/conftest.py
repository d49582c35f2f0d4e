"""What tests of hostile input need whatever the format."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import gc
import os
import subprocess
import sys
from textwrap import dedent
import tracemalloc

import pytest

RunConfined = Callable[..., str]
MemoryOf = Callable[[Callable[[], object]], int]

_CONFINED = """
import resource
import sys
import threading

resource.setrlimit(resource.RLIMIT_AS, (2 ** 30, 2 ** 30))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

def main():
{body}

faults = []
threading.excepthook = faults.append
threading.stack_size(128 * 1024)
thread = threading.Thread(target=main)
thread.start()
thread.join()
if faults:
    raise faults[0].exc_value
"""


@pytest.fixture
def run_confined() -> RunConfined:
    """A function that runs a program on a stack of 128 KB and in 1 GB of memory.

    A crash of the interpreter fails the test, and so does a program that hangs.
    """

    def run(body: str, **environment: str) -> str:
        indented = '\n'.join(f'    {line}' for line in dedent(body).splitlines())
        done = subprocess.run(
            [sys.executable, '-c', _CONFINED.format(body=indented)],
            capture_output=True,
            check=False,
            env=os.environ | environment,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, f'exit {done.returncode}: {done.stderr[-2000:]}'
        return done.stdout

    return run


@pytest.fixture
def traced() -> Iterator[None]:
    """Have each allocation counted for the length of the test."""
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.fixture
def peak_of(traced: None) -> MemoryOf:
    """A function that calls another, and tells the bytes in use at its peak."""

    def measure(call: Callable[[], object]) -> int:
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        call()
        return tracemalloc.get_traced_memory()[1] - before

    return measure


@pytest.fixture
def growth_of(traced: None) -> MemoryOf:
    """A function that calls another, and tells the bytes that it leaves in use."""

    def measure(call: Callable[[], object]) -> int:
        call()
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        call()
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before

    return measure
