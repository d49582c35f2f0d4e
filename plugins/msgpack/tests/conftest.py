"""Memory that is counted."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import gc
import tracemalloc

import pytest

MemoryOf = Callable[[Callable[[], object]], int]


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
