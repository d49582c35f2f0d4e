"""The words of docs, docstrings and messages: habits that make prose hard to read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
import re
import subprocess

import pytest

ROOT = Path(__file__).parent.parent

OPENINGS = re.compile(r'(What|Whose|Whatever|Which) ')
"""A first line of a docstring says what the thing is or does, by a noun or a verb."""

NOT_YET = (
    'ARCHITECTURE.md',
    'conftest.py',
    'core/CHANGELOG.md',
    'docs/examples/',
    'plugins/',
    'testing/',
    'tests/',
)
"""Files that are still to be rewritten."""

HABITS = {
    'is no': r'\b(is|are) no (?!longer\b|more\b|less\b|greater\b)',
    "can't be had": r"\b(can't|can ?not) be had\b",
    'is told': r'\b(is|are) told\b(?! apart)',
    'is looked at': r'\b(is|are) looked (at|for)\b',
    'parted by': r'\bparted by\b',
    'likewise': r'\blikewise\b',
    'for people': r'(?<!way )\bfor people\b',
    'what is left': r'\bwhat is left\b',
}
"""Habit -> the words of it."""


def files(*suffixes: str) -> list[Path]:
    """List the files of the tree, those that are not committed yet included."""
    listed = subprocess.run(
        ['git', 'ls-files', '--cached', '--others', '--exclude-standard', '-z'],  # noqa: S607  # git is where it is
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    paths = (ROOT / name for name in listed.stdout.split('\0') if name)
    return [
        path
        for path in paths
        if path.suffix in suffixes
        and path.is_file()
        and not str(path.relative_to(ROOT)).startswith(NOT_YET)
    ]


def docstrings(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each docstring."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(
            node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        ):
            text = ast.get_docstring(node)
            if text is not None:
                yield node.body[0].lineno, text


def texts(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each string, docstrings included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def habits_in(text: str) -> Iterator[str]:
    """Yield the habits that a text has."""
    for habit, words in HABITS.items():
        if re.search(words, text, re.IGNORECASE):
            yield habit


def test_a_docstring_opens_with_a_noun_or_a_verb() -> None:
    found = [
        f'{path.relative_to(ROOT)}:{line}: {text.splitlines()[0]}'
        for path in files('.py')
        for line, text in docstrings(path.read_text('utf-8'))
        if OPENINGS.match(text)
    ]
    assert not found


def test_strings_have_none_of_the_habits() -> None:
    found = [
        f'{path.relative_to(ROOT)}:{line}: {habit}'
        for path in files('.py')
        for line, text in texts(path.read_text('utf-8'))
        for habit in habits_in(' '.join(text.split()))
    ]
    assert not found


def test_pages_have_none_of_the_habits() -> None:
    found = [
        f'{path.relative_to(ROOT)}: {habit}'
        for path in files('.md')
        for habit in habits_in(' '.join(path.read_text('utf-8').split()))
    ]
    assert not found


def test_names_of_tests_say_what_holds() -> None:
    found = [
        f'{path.relative_to(ROOT)}: {name}'
        for path in files('.py')
        for name in re.findall(r'def (test_what_\w+)', path.read_text('utf-8'))
    ]
    assert not found


@pytest.mark.parametrize(
    ('text', 'habit'),
    [
        ('this is no WebSocket connection', 'is no'),
        ('where it can not be had', "can't be had"),
        ('names, parted by commas', 'parted by'),
        ('a line for people', 'for people'),
    ],
)
def test_a_habit_is_found(text: str, habit: str) -> None:
    assert [*habits_in(text)] == [habit]


def test_other_words_are_not_taken_for_a_habit() -> None:
    assert not [*habits_in('it is no longer there, and has no handler')]
