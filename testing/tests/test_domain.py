"""The objects that are made from what a format says it can carry."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import re
from typing import Any

import hypothesis
from hypothesis import strategies as st
import pytest

from falcon_media_testing import PROBES
from falcon_media_testing.domain import domain

NAMES = frozenset(probe.name for probe in PROBES)
PLAIN = frozenset({'int', 'str', 'list', 'dict'})


SETTINGS = hypothesis.settings(
    max_examples=100,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)


def examples(strategy: st.SearchStrategy[Any]) -> list[Any]:
    found: list[Any] = []

    @SETTINGS
    @hypothesis.given(strategy)
    def collect(media: Any) -> None:
        found.append(media)

    collect()
    return found


def scalars(media: object) -> Iterator[Any]:
    match media:
        case dict():
            for key, value in media.items():
                yield key
                yield from scalars(value)
        case list():
            for value in media:
                yield from scalars(value)
        case _:
            yield media


def test_nothing_but_what_is_declared() -> None:
    found = examples(domain(PLAIN))
    assert {type(media) for media in found} == {int, str, list, dict}
    assert {type(value) for media in found for value in scalars(media)} == {int, str}


def test_all_that_is_declared() -> None:
    types = {
        type(value) for media in examples(domain(NAMES)) for value in scalars(media)
    }
    assert {int, float, str, bytes, bool}.issubset(types)
    assert len(types) > 10


@pytest.mark.parametrize(
    ('probe', 'is_one'),
    [
        ('int_key', lambda key: isinstance(key, int)),
        ('bytes_key', lambda key: isinstance(key, bytes)),
    ],
)
def test_keys_of_other_types(probe: str, is_one: Callable[[Any], bool]) -> None:
    def keys(names: frozenset[str]) -> list[Any]:
        found = examples(domain(names, root=dict))
        return [key for media in found for key in media]

    assert any(map(is_one, keys(PLAIN | {probe})))
    assert not any(map(is_one, keys(PLAIN)))


@pytest.mark.parametrize(
    ('probe', 'pattern'),
    [
        ('nul', '\0'),
        ('line_breaks', '[\n\r\x85\u2028\u2029]'),
        ('control_characters', '[\x01-\x08\x7f]'),
    ],
)
def test_characters_that_are_left_out(probe: str, pattern: str) -> None:
    without = frozenset({'str', 'str_like_other_type'})
    for media in examples(domain(without)):
        assert not any(re.search(pattern, str(text)) for text in scalars(media))
    found = hypothesis.find(
        domain(without | {probe}),
        lambda media: any(re.search(pattern, str(text)) for text in scalars(media)),
        settings=SETTINGS,
    )
    assert found


def test_text_that_looks_like_another_type_is_left_out() -> None:
    texts = [text for text in examples(domain({'str'})) if isinstance(text, str)]
    assert texts
    assert all(text.startswith('x') for text in texts)


def test_negative_zero_is_left_out() -> None:
    def zeros(names: set[str]) -> set[str]:
        found = examples(domain(names))
        return {repr(value) for media in found for value in scalars(media) if not value}

    assert zeros({'float'}) == {'0.0'}
    assert zeros({'float', 'negative_zero'}) == {'0.0', '-0.0'}


def test_lists_of_one_type() -> None:
    found = examples(domain(PLAIN - {'dict'}))
    lists = [media for media in found if isinstance(media, list) and media]
    assert lists
    assert all(len({*map(type, media)}) == 1 for media in lists)


def test_mappings_alone() -> None:
    assert {type(media) for media in examples(domain(NAMES, root=dict))} == {dict}
