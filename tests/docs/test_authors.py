"""The guide for authors names all there is, as it is."""

from __future__ import annotations

from dataclasses import fields
import inspect
from pathlib import Path
import re

import pytest
from tests.docs.test_links import anchors

from falcon_media import Codec
from falcon_media import HandlerSpec
from falcon_media.plugins import hookspecs
from falcon_media.protocol.markers import PROJECT
from falcon_media_testing import HandlerContract
from falcon_media_testing.declaration import Declaration
from falcon_media_testing.failure import GUIDE

PATH = Path(__file__).parent.parent.parent / GUIDE


def rows(section: str) -> list[str]:
    """What is between backquotes in the first cell of each row of a section's table."""
    _, _, text = PATH.read_text('utf-8').partition(f'\n{section}\n')
    text = re.split(r'^#+ ', text, maxsplit=1, flags=re.MULTILINE)[0]
    cells = re.findall(r'^\| `(.+?)` \|', text, re.MULTILINE)
    return [cell.replace(r'\|', '|') for cell in cells]


def test_each_hook_is_there_with_its_signature() -> None:
    hooks = {
        name: hook
        for name, hook in inspect.getmembers(hookspecs, inspect.isfunction)
        if hasattr(hook, f'{PROJECT}_spec')
    }
    assert len(hooks) >= 3
    signatures = [
        f'{name}{inspect.signature(hook)}'.replace("'", '')
        for name, hook in hooks.items()
    ]
    assert sorted(rows('### The hooks')) == sorted(signatures)


@pytest.mark.parametrize(
    ('section', 'cls'),
    [('### The spec', HandlerSpec), ('### The handler and its codec', Codec)],
)
def test_each_field_is_there(section: str, cls: type) -> None:
    assert rows(section) == [field.name for field in fields(cls)]


def test_each_point_of_the_contract_has_its_section() -> None:
    points = {
        method.anchor
        for name, method in inspect.getmembers(HandlerContract)
        if name.startswith('test_')
    }
    assert points <= anchors(PATH)
    _, _, text = PATH.read_text('utf-8').partition('\n## The contract, ')
    text = re.split(r'^## ', text, maxsplit=1, flags=re.MULTILINE)[0]
    assert len(re.findall(r'^### ', text, re.MULTILINE)) == len(points)


def test_each_flag_is_there() -> None:
    assert rows('## Capability flags') == list(Declaration.__annotations__)


def test_each_method_to_override_is_there() -> None:
    methods = {name for name, _ in inspect.getmembers(Declaration, inspect.isfunction)}
    told = set(re.findall(r'`(\w+)\(\)`', PATH.read_text('utf-8')))
    assert methods - told == {'build', 'exempts', 'made'}
