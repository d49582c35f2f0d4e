"""Handlers under mutations of their samples, and the command that runs them all."""

from __future__ import annotations

from pathlib import Path
import re
import subprocess
import sys

import pytest
from testing.tests.bad_contracts import contract
from testing.tests.bad_contracts import KeptContract

from falcon_media import Limits
from falcon_media_testing import isolation
from falcon_media_testing import Sample
from falcon_media_testing.fuzz import main
from falcon_media_testing.mutation import fuzz
from falcon_media_testing.mutation import Fuzzed
from falcon_media_testing.mutation import MOST_FINDINGS
from falcon_media_testing.mutation import try_mutants
from falcon_media_testing.watch import Unwatched

CONTRACTS = """
from testing.tests.bad_contracts import *

class TestKept(IsolatedContract):
    name = 'kept'

class TestBytes(BytesContract):
    pass

class TestEscaping(IsolatedContract):
    name = 'escaping'

class TestCrashing(CrashingContract):
    samples = (*KeptContract.samples, Sample([[]], '[' * 401 + ']' * 401))
    patience = 5.0

class TestAbsent(IsolatedContract):
    name = 'absent'

class Unnamed(IsolatedContract):
    name = 'kept'
"""


@pytest.fixture
def contracts(tmp_path: Path) -> str:
    path = tmp_path / 'test_contract.py'
    path.write_text(CONTRACTS)
    return str(path)


def test_what_becomes_of_mutations() -> None:
    result = try_mutants(KeptContract(), Unwatched(), seed=1, count=500)
    assert result.cases == 500
    assert result.objects > 20
    assert result.errors['MalformedPayload'] > 100
    assert result.objects + result.errors.total() == 500
    assert (result.other, result.findings) == (0, [])


def test_what_must_not_become_of_them() -> None:
    result = try_mutants(contract('escaping'), Unwatched(), seed=1, count=500)
    assert result.other > MOST_FINDINGS
    assert len(result.findings) == MOST_FINDINGS
    assert 'deserialize() of a mutated payload raised SystemExit' in result.findings[0]
    assert result.objects + result.errors.total() + result.other == 500


def test_an_object_that_can_be_received_and_not_sent() -> None:
    result = try_mutants(contract('choosy'), Unwatched(), seed=1, count=500)
    assert result.objects
    assert not result.other


def test_a_handler_for_some_time() -> None:
    made = KeptContract()
    result = fuzz(made.handler, made.samples, 0.1, seed=2)
    assert result.cases
    assert not result.other
    assert fuzz(made.handler, made.samples, 0) == Fuzzed()


def test_an_object_that_takes_more_than_it_came_in() -> None:
    # It comes back as 1000000000000000.0, which is too long.
    sample = Sample([1e15], '[1e15]')
    made = contract('kept', samples=(sample, sample), refuses=())
    made.handler = made.build(Limits(max_size=6))
    assert not try_mutants(made, Unwatched(), seed=3, count=300).other


def test_the_command(contracts: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ['--seconds', '0.2', '--seed', '7', '--contract', contracts]
    assert main([*arguments, 'kept', 'bytes']) == 0
    first, head, kept, coded, last = capsys.readouterr().out.splitlines()
    assert first == '2 contracts, 0.2 s each, --seed 7'
    assert head.split() == [
        'HANDLER',
        'CONTRACT',
        'CASES',
        'OBJECTS',
        'REFUSED',
        'OTHER',
    ]
    assert re.fullmatch(r'kept +TestKept +[\d,]+ +[\d,]+ +[\d,]+ +0', kept)
    assert re.fullmatch(r'bytes +TestBytes +[\d,]+ +[\d,]+ +[\d,]+ +0', coded)
    assert last.endswith(' payloads; neither an object nor a PayloadError: 0')


@pytest.mark.parametrize(
    ('name', 'finding'),
    [
        ('escaping', 'raised SystemExit: no more'),
        ('crashing', 'signal 6 (SIGABRT), in this case:'),
    ],
)
def test_the_command_finds_something(
    contracts: str, capsys: pytest.CaptureFixture[str], name: str, finding: str
) -> None:
    assert main(['--seconds', '3', f'--contract={contracts}', name]) == 1
    printed = capsys.readouterr().out
    assert finding in printed
    assert f'\n{name} (Test{name.title()}):\n' in printed
    assert not printed.splitlines()[-2].endswith(' 0')


def test_a_handler_that_can_not_be_had_is_told_once(
    contracts: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(['--seconds', '60', f'--contract={contracts}', 'absent']) == 1
    assert (
        capsys.readouterr().out.count(
            'The handler could not be selected: HandlerNotFound'
        )
        == 1
    )


def test_no_time_is_no_success(
    contracts: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(['--seconds', '0', f'--contract={contracts}', 'kept']) == 1
    assert capsys.readouterr().out.endswith(
        '0 payloads; neither an object nor a PayloadError: 0\n'
    )


def test_a_handler_that_has_no_contract(
    contracts: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([f'--contract={contracts}', 'kept', 'nobody'])
    assert 'no contract for nobody' in capsys.readouterr().err


def test_a_file_without_contracts(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / 'tests').mkdir()
    (tmp_path / 'tests' / 'test_contract.py').write_text('')
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main([])
    assert 'no contract for any handler' in capsys.readouterr().err


def test_the_module_is_a_program() -> None:
    for module in ('fuzz', 'fidelity'):
        done = subprocess.run(
            [
                sys.executable,
                '-W',
                'error',
                '-m',
                f'falcon_media_testing.{module}',
                '-h',
            ],
            capture_output=True,
            check=True,
            text=True,
        )
        assert f'python -m falcon_media_testing.{module}' in done.stdout
    isolation.close()
