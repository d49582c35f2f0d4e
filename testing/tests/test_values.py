"""Probes, and what it means that two objects are the same."""

from __future__ import annotations

from collections import OrderedDict
from decimal import Decimal
from math import nan
from typing import Any, NamedTuple

import pytest

from falcon_media_testing import BEYOND_JSON
from falcon_media_testing import Probe
from falcon_media_testing import PROBES
from falcon_media_testing import same
from falcon_media_testing.changes import Changes


@pytest.mark.parametrize('probe', PROBES, ids=lambda probe: probe.name)
def test_a_probe_is_the_same_each_time(probe: Any) -> None:
    once, again = probe.values(), probe.values()
    assert once
    if probe.name not in {'iterator', 'object'}:
        assert same([*once], [*again])


def test_probes_have_names_and_labels_of_their_own() -> None:
    assert len({probe.name for probe in PROBES}) == len(PROBES)
    assert len({probe.label for probe in PROBES}) == len(PROBES)
    assert {probe.name for probe in PROBES} > BEYOND_JSON


@pytest.mark.parametrize(
    ('one', 'other'),
    [
        (nan, nan),
        ([nan, {'a': (1, 2.5)}], [nan, {'a': (1, 2.5)}]),
        ({'a': 1, 'b': 2}, {'b': 2, 'a': 1}),
        ({1, 'a'}, {'a', 1}),
        (Decimal('1.0'), Decimal(1)),
        (OrderedDict(a=1), OrderedDict(a=1)),
    ],
)
def test_the_same(one: object, other: object) -> None:
    assert same(one, other)


@pytest.mark.parametrize(
    ('one', 'other'),
    [
        (1, True),
        (1, 1.0),
        (0.0, -0.0),
        ('a', b'a'),
        (b'a', bytearray(b'a')),
        ([1], (1,)),
        ([1], [1, 2]),
        ([1, 2], [1, 2.0]),
        ({'a': 1}, {'a': True}),
        ({'a': 1}, {'b': 1}),
        ({1: 'a'}, {True: 'a'}),
        ({'a': 1}, {'a': 1, 'b': 2}),
        ({1}, {True}),
        ({1}, {2}),
        (OrderedDict(a=1), {'a': 1}),
        ('a', 'b'),
    ],
)
def test_not_the_same(one: object, other: object) -> None:
    assert not same(one, other)
    assert not same(other, one)


# ------------------------------------------------------------------------- What changes


class Pair(NamedTuple):
    x: int
    y: object


def without_breaks(text: str) -> object:
    return text.replace('\n', ' ')


def keys_of_str(media: dict[object, object]) -> object:
    return {str(key): value for key, value in media.items()}


@pytest.mark.parametrize(
    ('media', 'expected'),
    [
        (1, 1),
        ((1, (2,)), [1, [2]]),
        ([{'a': (1,)}], [{'a': [1]}]),
        # NOTE: Of a plain type, the values of the probe alone are changed.
        ('a\nb', 'a b'),
        ('c\nd', 'c\nd'),
        ([{7: (1,)}, {8: 1}], [{7: [1]}, {8: 1}]),
        ({7: 1}, {'7': 1}),
        (Pair(1, (2,)), {'x': 1, 'y': [2]}),
        (OrderedDict(a=(1,)), OrderedDict(a=[1])),
        (b'a', b'a'),
    ],
)
def test_what_comes_back(media: object, expected: object) -> None:
    own = Probe('own', 'own', lambda: [Pair(0, 0)])
    changes = Changes(
        {
            'tuple': list,
            'line_breaks': without_breaks,
            'int_key': keys_of_str,
            'own': Pair._asdict,
        },
        [*PROBES, own],
    )
    assert same(changes(media), expected)
