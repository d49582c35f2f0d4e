"""What the kit costs those who don't use it, and how it shows things."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
import pkgutil
import subprocess
import sys
import threading

import pytest

import falcon_media_testing
from falcon_media_testing import ContractFailure
from falcon_media_testing.failure import show_error
from falcon_media_testing.failure import show_media
from falcon_media_testing.failure import show_payload
from falcon_media_testing.interleaving import interrupted
from falcon_media_testing.interleaving import lines_of
from falcon_media_testing.loading import classes_in


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, '-c', program], capture_output=True, check=True, text=True
    )
    return done.stdout


def test_the_core_imports_nothing_of_it() -> None:
    program = (
        'import json, sys; from falcon_media import *;'
        'print(json.dumps([name for name in sys.modules if'
        ' name.startswith(("falcon_media_testing", "pytest", "hypothesis"))]))'
    )
    assert json.loads(run(program)) == []


def test_it_imports_what_is_heavy_where_it_is_needed() -> None:
    program = (
        'import json, sys, falcon_media_testing;'
        'print(json.dumps([name for name in'
        ' ("hypothesis", "pytest", "uvicorn", "websockets") if name in sys.modules]))'
    )
    assert json.loads(run(program)) == []


def test_every_module_can_be_imported() -> None:
    path = falcon_media_testing.__path__
    for module in pkgutil.walk_packages(path, 'falcon_media_testing.'):
        importlib.import_module(module.name)


def test_all_public_names_are_there() -> None:
    assert sorted(falcon_media_testing.__all__) == [*falcon_media_testing.__all__]
    for name in falcon_media_testing.__all__:
        assert getattr(falcon_media_testing, name)


# ---------------------------------------------------------------------------- Messages


class Odd:
    def __repr__(self) -> str:
        raise LookupError


@pytest.mark.parametrize(
    ('payload', 'shown'),
    [
        (b'', '(nothing) (0 bytes)'),
        (b'\x00\xff', '00 ff (2 bytes)'),
        (bytes(50), f'{"00 " * 48}... (50 bytes)'),
        ('ž"', "'\\u017e\"' (2 characters)"),
        (bytearray(b'a'), '61 (1 bytes)'),
        (None, 'None (NoneType)'),
    ],
)
def test_a_payload_is_shown(payload: object, shown: str) -> None:
    assert show_payload(payload) == shown


def test_any_object_is_shown() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert show_media(deep) == '[[[[[[...]]]]]]'
    assert show_media(range(10**9)) == 'range(0, 1000000000)'
    assert show_media(Odd()).startswith('<Odd instance at ')
    assert show_media([10**5000]) == '[<int of 16610 bits>]'
    assert len(show_media('x' * 10_000)) < 200


def test_an_error_is_shown_with_its_place() -> None:
    with pytest.raises(LookupError) as caught:
        repr(Odd())
    text = show_error(caught.value)
    assert text.startswith('LookupError\n')
    assert f'{Path(__file__).name}:' in text
    assert text.endswith(' in __repr__')


# ------------------------------------------------------------------------- Interleaving


def test_a_call_is_interrupted_at_each_line() -> None:
    seen: list[str] = []

    def call() -> None:
        seen.append('a')
        seen.append('b')
        seen.append('c')

    def other() -> None:
        seen.append('-')

    assert lines_of(call) == 3
    found = []
    for line in (1, 2, 3, 4):
        seen.clear()
        for ended in interrupted(call, other, line):
            ended.result()
        found.append(''.join(seen))
    assert found == ['-abc', 'a-bc', 'ab-c', 'abc-']


def test_what_becomes_of_both_is_told() -> None:
    def call() -> int:
        return 1

    def other() -> None:
        raise LookupError

    ended, other_ended = interrupted(call, other, 1)
    assert ended.result() == 1
    assert isinstance(other_ended.exception(), LookupError)


def test_a_lock_is_waited_for() -> None:
    lock = threading.Lock()
    seen: list[str] = []

    def call() -> None:
        with lock:
            seen.append('a')
            seen.append('b')

    def other() -> None:
        with lock:
            seen.append('-')

    lines = lines_of(call)
    for line in range(1, lines + 1):
        for ended in interrupted(call, other, line):
            ended.result()
    assert seen.count('-') == lines
    assert 'a-b' not in ''.join(seen)


# ----------------------------------------------------------------------------- Loading


def test_what_is_no_module_can_not_be_loaded(tmp_path: Path) -> None:
    with pytest.raises(ContractFailure, match='is not a Python module'):
        classes_in(tmp_path / 'contract.txt', object)
