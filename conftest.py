"""Fixtures of every suite: hidden assertions count, and a clock goes slowly.

Tests fail where an assertion fails in code that something else calls. Falcon, a server
or asyncio catches the ``AssertionError`` of a responder, a hook or a task, and logs it.
Without this the test that it is part of would pass.
"""

from __future__ import annotations

from collections.abc import Generator
import importlib.util
import logging
import time

import pytest


class _Assertions(logging.Handler):
    """Keeps the failed assertions that are logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.failed: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Look for an assertion in the exception of a record, and in its causes."""
        ex = record.exc_info[1] if record.exc_info else None
        while ex is not None:
            found: BaseException | None = ex
            if isinstance(ex, BaseExceptionGroup):
                found = ex.subgroup(AssertionError)
            if isinstance(found, AssertionError | BaseExceptionGroup):
                self.failed.append(found)
                return
            ex = ex.__cause__ or ex.__context__


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    """Raise the first assertion that failed in a test, and was caught and logged."""
    assertions = _Assertions()
    logging.root.addHandler(assertions)
    try:
        result = yield
    finally:
        logging.root.removeHandler(assertions)
    if assertions.failed:
        raise assertions.failed[0]
    return result


@pytest.fixture(autouse=True)
def _slow_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the search for the part that can't be sent twenty times its CPU time.

    On a machine that is busy it would end before it has found the place. It still ends,
    as it has to for objects that share their parts.
    """
    # NOTE: `nox -s lint` tests the tree alone.
    if importlib.util.find_spec('falcon_media'):
        monkeypatch.setattr(
            'falcon_media.protocol.locating.thread_time',
            lambda: time.thread_time() / 20,
        )
