"""The mutable parts of objects."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
import datetime as dt
from typing import Any

import pytest

from falcon_media_testing.parts import change
from falcon_media_testing.parts import mutable_parts
from falcon_media_testing.parts import shared


@dataclass
class Note:
    words: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Frozen:
    words: list[str] = field(default_factory=list)


class Uncopyable:
    def __copy__(self) -> Uncopyable:
        raise TypeError


def test_inner_parts_come_first_and_immutable_ones_not_at_all() -> None:
    media = {
        'a': [1, ('x', [2])],
        'n': Note(['w']),
        't': dt.date.min,
        'u': Uncopyable(),
    }
    paths = [path for path, _ in mutable_parts(media)]
    assert paths == ["$['a'][1][1]", "$['a']", "$['n'].words", "$['n']", '$']


def test_an_object_that_contains_itself_has_an_end() -> None:
    media: list[Any] = []
    media.append(media)
    assert [path for path, _ in mutable_parts(media)] == ['$']


@pytest.mark.parametrize(
    ('make', 'path'),
    [
        (lambda part: {'a': [part]}, "$['a'][0]"),
        (lambda part: (1, part), '$[1]'),
        (Note, '$.words'),
    ],
)
def test_a_part_of_two_objects_is_found(make: Any, path: str) -> None:
    part: list[str] = ['x']
    assert shared(make(part), make(part)) == path
    assert shared(make(['x']), make(['x'])) is None


def test_every_part_is_changed() -> None:
    words = ['w']
    note = Note(['w'])
    frozen = Frozen(['w'])
    change([words, {'a': 1}, note, frozen, {1}, bytearray(b'a')])
    assert words == []
    assert note.words is None
    assert frozen.words == []
