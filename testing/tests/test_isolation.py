"""A handler that crashes or hangs is a failure of one point, and of nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
import os
from pathlib import Path
import signal
import sys
from typing import ClassVar

import pytest
from testing.tests import bad_contracts
from testing.tests.test_points import failure_of
from testing.tests.test_points import said

from falcon_media_testing import ContractFailure
from falcon_media_testing import HandlerContract
from falcon_media_testing import isolation
from falcon_media_testing.isolation import Died
from falcon_media_testing.isolation import Worker
from falcon_media_testing.watch import Unwatched


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    isolation.close()


def test_a_crash_while_receiving() -> None:
    made = bad_contracts.CrashingContract()
    text = failure_of(made, 'test_deep_payloads')
    said(
        text,
        "test_deep_payloads failed for the handler 'crashing'.",
        'Payloads nested to any depth are refused',
        'is tried ended with signal 6 (SIGABRT), in this case:',
        "deserialize(), 401 levels: '[[[[",
        'in deserialize',
        'Codec.check_payload',
        'Read on: docs/authors.md#deep-payloads',
    )
    # The next point is in another process.
    made.test_golden_bytes()


def test_a_crash_while_sending() -> None:
    text = failure_of(bad_contracts.CrashingWhenSentContract(), 'test_deep_media')
    said(
        text,
        'is tried ended with signal 11 (SIGSEGV), in this case:',
        'serialize(), object 1 of 100000 levels',
        'check_media',
    )


def test_a_hang() -> None:
    text = failure_of(bad_contracts.HangingContract(), 'test_truncated_payloads')
    said(
        text,
        'one call took longer than 4 seconds, in this case:',
        "deserialize(), the first 1 of sample 2: '[' (1 characters)",
        'Timeout (0:00:04)!',
        'in deserialize',
    )


def test_what_a_handler_prints_is_not_taken_for_an_answer() -> None:
    isolation.call(PrintingContract, 10, 'shout')


class PrintingContract(HandlerContract):
    name = 'kept'

    def shout(self, watch: Unwatched) -> None:
        sys.stdout.write('{"result": 1}\n')
        os.write(1, b'{"result": 1}\n')


class FailingContract(HandlerContract):
    name = 'kept'
    environ: ClassVar[Mapping[str, str]] = {'FALCON_TESTED': 'yes'}

    def fail(self, watch: Unwatched) -> None:
        raise ContractFailure('this', 'that')

    def stumble(self, watch: Unwatched) -> None:
        raise LookupError('oops')

    def leave(self, watch: Unwatched) -> None:
        os._exit(3)

    def swell(self, watch: Unwatched) -> int:
        return len(bytes(2 * isolation.MEMORY))

    def answer(self, watch: Unwatched, question: str) -> list[str]:
        watch.case('a question', question)
        names = ('FALCON_MEDIA_TEXT', 'FALCON_TESTED')
        return [question, *(os.environ.get(name, 'unset') for name in names)]


def call(method: str, **arguments: object) -> object:
    return isolation.call(FailingContract, 10, method, **arguments)


def test_what_a_method_returns_and_raises() -> None:
    assert call('answer', question='why?') == ['why?', 'unset', 'yes']
    with pytest.raises(ContractFailure) as caught:
        call('fail')
    assert (caught.value.did, caught.value.cure) == ('this', 'that')
    with pytest.raises(ContractFailure, match='LookupError: oops'):
        call('stumble')


def test_the_environment_selects_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('FALCON_MEDIA_TEXT', 'rapidjson')
    assert call('answer', question='') == ['', 'unset', 'yes']


def test_the_memory_is_bounded() -> None:
    with pytest.raises(ContractFailure, match='MemoryError'):
        call('swell')


def test_a_process_that_leaves() -> None:
    with pytest.raises(Died, match='ended with exit status 3') as caught:
        call('leave')
    assert caught.value.case.label == 'the contract is loaded'
    assert not caught.value.hung
    assert call('answer', question='still there?')


def test_a_process_that_has_gone_before_it_is_asked() -> None:
    worker = Worker(FailingContract, 10)
    assert worker.call('answer', question='')
    os.kill(worker.process.pid, signal.SIGKILL)
    worker.process.wait()
    with pytest.raises(Died, match='SIGKILL'):
        worker.call('answer', question='')
    worker.close()


def test_a_process_that_does_not_end_is_ended() -> None:
    worker = Worker(StubbornContract, 10)
    worker.call('stay')
    assert worker.close(patience=0.1) == -signal.SIGKILL


class StubbornContract(HandlerContract):
    name = 'kept'

    def stay(self, watch: Unwatched) -> None:
        import atexit

        atexit.register(signal.pause)


def test_a_process_that_does_not_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / 'falcon_media').mkdir()
    (tmp_path / 'falcon_media' / '__init__.py').write_text('raise SystemExit(4)')
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(
        Died, match=r'exit status 4, in this case:\s+the process was started'
    ):
        call('answer', question='')


def test_a_class_in_a_function_can_not_be_isolated() -> None:
    class Hidden(bad_contracts.IsolatedContract):
        pass

    text = failure_of(Hidden(), 'test_golden_bytes')
    said(text, 'Hidden is defined in a function', 'at the top of its module')


def test_a_class_that_can_not_be_loaded(tmp_path: Path) -> None:
    made = type('Gone', (bad_contracts.IsolatedContract,), {'__module__': __name__})
    with pytest.raises(ContractFailure, match="no attribute 'Gone'"):
        isolation.call(made, 10, 'run_point', point='test_golden_bytes')
