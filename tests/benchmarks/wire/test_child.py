from __future__ import annotations

import resource

import pytest

from benchmarks.cells import Skipped
from benchmarks.wire.child import Child
from benchmarks.wire.child import need_files
from benchmarks.wire.child import Pipe


def double(pipe: Pipe, skipped: str) -> None:
    while (number := pipe.recv()) is not None:
        if number == 0:
            raise Skipped(skipped)
        pipe.send(number + number)


def test_a_child_answers_and_tells_what_it_failed_of() -> None:
    with Child(double, 'no zeros here', cpu=None) as child:
        assert child.ask(21) == 42
        with pytest.raises(RuntimeError, match=r'(?s)failed:.*TypeError'):
            child.ask(object())
        with pytest.raises(RuntimeError, match='is gone'):
            child.ask(21)


def test_what_a_child_can_not_do_here_is_skipped() -> None:
    with (
        Child(double, 'no zeros here', cpu=None) as child,
        pytest.raises(Skipped, match='no zeros here'),
    ):
        child.ask(0)


@pytest.mark.parametrize(
    ('limits', 'raised'),
    [
        ((1_024, 4_096), [(2_000, 4_096)]),
        ((1_024, resource.RLIM_INFINITY), [(2_000, resource.RLIM_INFINITY)]),
        ((2_000, 4_096), []),
        ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), []),
    ],
)
def test_the_limit_of_open_files_is_raised_where_it_can_be(
    limits: tuple[int, int],
    raised: list[tuple[int, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, 'getrlimit', lambda which: limits)
    monkeypatch.setattr(resource, 'setrlimit', lambda which, new: found.append(new))
    need_files(2_000)
    assert found == raised


def test_a_hard_limit_that_is_too_low_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, 'getrlimit', lambda which: (256, 1_999))
    with pytest.raises(Skipped, match=r'2000 open files .* the limit is 1999'):
        need_files(2_000)
