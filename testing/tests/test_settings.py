"""Settings of the process that a plugin has changed."""

from __future__ import annotations

from collections.abc import Iterator
import decimal
import sys

import pytest
from testing.tests.bad_contracts import contract
from testing.tests.test_points import failure_of
from testing.tests.test_points import said

from falcon_media_testing.settings import Settings


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    limit = sys.getrecursionlimit()
    yield
    sys.setrecursionlimit(limit)


def test_a_handler_that_raises_the_limit_of_recursion() -> None:
    text = failure_of(contract('recursive'), 'test_process_is_left_alone')
    said(
        text,
        "test_process_is_left_alone failed for the handler 'recursive'.",
        'The handler was made and used, and that changed',
        'sys.setrecursionlimit(): ',
        'Remove the call.',
    )


def test_only_what_is_different_is_told() -> None:
    before = Settings()
    assert before.changed() == []
    with decimal.localcontext() as context:
        context.prec = 7
        (line,) = before.changed()
    assert line.startswith('decimal.getcontext(): (')
    assert before.changed() == []
