"""The snippets of the READMEs and of ``docs/`` run, as a reader would run them.

A document is one test: its snippets share a namespace, in the order they stand in, and
a folder that is new, but for ``messages``, which are those of ``docs/examples/``. What
is done with a snippet is said by its language:

``python``
    is run, with ``docs/examples/`` importable. What needs a caller is in a function.
``toml``, ``json``
    has to parse. TOML that begins with ``# NAME.toml`` is written to that file, where
    the snippets after it find it.
``console``
    holds commands; where they are shown with their output, each stands after ``$``.
    ``falcon-media``, or ``python3 -m falcon_media``, is run and its output compared
    (``...`` stands for anything); in pipes and with redirections too, and by a shell
    then. A comment of ``# exit code 1`` says how it has to end. Of ``pip install`` and
    ``nox`` the names are checked. A command goes on after a backslash.
``text``, or none
    is not looked at.

Anything else fails, unless ``<!-- skip: next "reason" -->`` stands before it.
"""

from __future__ import annotations

import doctest
from importlib import metadata
import json
import os
from pathlib import Path
import re
import shlex
import subprocess
import sys
import tomllib
from unittest import SkipTest

from packaging.requirements import Requirement
import pytest
from sybil import Document
from sybil import Example
from sybil.parsers.markdown import CodeBlockParser
from sybil.parsers.markdown import PythonCodeBlockParser
from sybil.parsers.markdown import SkipParser

ROOT = Path(__file__).parent.parent.parent
FENCE = re.compile(r'^ *```([^\n`]+)$', re.MULTILINE)
LANGUAGES = {'python', 'toml', 'json', 'console', 'text'}


def test_each_snippet_is_in_a_language_that_is_checked(document: Path) -> None:
    assert set(FENCE.findall(document.read_text('utf-8'))) <= LANGUAGES


def test_the_snippets_run(
    document: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(ROOT / 'docs/examples')
    (tmp_path / 'messages').symlink_to(ROOT / 'docs/examples/messages')
    examples = Document.parse(
        str(document),
        PythonCodeBlockParser(),
        CodeBlockParser('toml', check_toml),
        CodeBlockParser('json', check_json),
        CodeBlockParser('console', run_console),
        SkipParser(),
    )
    for example in examples:
        try:
            example.evaluate()
        except SkipTest:
            continue


def check_toml(example: Example) -> None:
    tomllib.loads(example.parsed)
    named = re.match(r'# ([\w.-]+\.toml)\b', example.parsed)
    if named:
        Path(named[1]).write_text(example.parsed, 'utf-8')


def check_json(example: Example) -> None:
    json.loads(example.parsed)


def run_console(example: Example) -> str | None:
    text = example.parsed.replace('\\\n', ' ')
    if '$ ' not in text:
        text = re.sub('^', '$ ', text.rstrip(), flags=re.MULTILINE)
    for part in re.split(r'^\$ ', text, flags=re.MULTILINE)[1:]:
        line, _, expected = part.partition('\n')
        command_line, _, comment = line.partition(' #')
        code = re.match(r' exit code (\d+)', comment)
        ends = int(code[1]) if code else 0
        if is_for_a_shell(command_line):
            problems = [run(['sh', '-c', command_line], expected, ends)]
        else:
            problems = [
                check_command(shlex.split(command), expected, ends)
                for command in command_line.split('&&')
            ]
        for problem in filter(None, problems):
            return f'$ {line}\n{problem}'
    return None


def check_command(argv: list[str], expected: str, code: int) -> str | None:
    match argv:
        case ['python3' | 'python', '-m', *module]:
            return check_command(module, expected, code)
        case ['falcon_media' | 'falcon-media', *arguments]:
            argv = [sys.executable, '-m', 'falcon_media', *arguments]
            return run(argv, expected, code)
        case ['pip', 'install', *requirements]:
            return check_requirements(requirements)
        case ['nox', '-s', *names] | ['nox', '-P', _, '-s', *names]:
            return check_sessions(names)
        case _:
            return 'nothing runs or checks this command'


def is_for_a_shell(command: str) -> bool:
    words = [*shlex.shlex(command, posix=True, punctuation_chars='|<>')]
    return 'falcon-media' in command.split() and not {*words}.isdisjoint('|<>')


def run(argv: list[str], expected: str, code: int) -> str | None:
    folder = str(Path(sys.executable).parent)
    done = subprocess.run(
        argv,
        capture_output=True,
        check=False,
        env={**os.environ, 'PATH': f'{folder}{os.pathsep}{os.environ["PATH"]}'},
        text=True,
    )
    if done.returncode != code or done.stderr:
        return f'exit status {done.returncode}\n{done.stderr}'
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    if expected and not doctest.OutputChecker().check_output(
        expected, done.stdout, flags
    ):
        return f'printed\n{done.stdout}'
    return None


def check_requirements(requirements: list[str]) -> str | None:
    for requirement in map(Requirement, requirements):
        if requirement.name.startswith('falcon-media'):
            known = metadata.metadata(requirement.name).get_all('Provides-Extra') or ()
            unknown = requirement.extras.difference(known)
            if unknown:
                return f'{requirement.name} has no extra {", ".join(unknown)}'
    return None


def check_sessions(names: list[str]) -> str | None:
    source = (ROOT / 'noxfile.py').read_text('utf-8')
    sessions = set(
        re.findall(r'^def (\w+)\(\s*session: nox\.Session', source, re.MULTILINE)
    )
    for name in names:
        if name == '--':
            break
        if name.partition('(')[0] not in sessions:
            return f'there is no session {name}'
    return None
