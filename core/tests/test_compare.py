"""Strict comparison of objects, and reports of differences.

See also ``testing/test_values.py``, for more pairs of objects.
"""

from __future__ import annotations

from datetime import datetime
from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st
import pytest

from falcon_media.compare import differences
from falcon_media.compare import same

AT = datetime(2026, 9, 14, tzinfo=UTC)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats() | st.text(max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=1), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ('sent', 'received', 'told'),
    [
        (1, True, ['$: int -> bool']),
        ({'at': AT}, {'at': '2026-09-14'}, ['$.at: datetime -> str']),
        (
            {'\x1b[2J': 1, 2: 1},
            {'\x1b[2J': 2, 2: 2},
            [r"$['\x1b[2J']: 1 -> 2", '$[2]: 1 -> 2'],
        ),
        ({'a': [0.1, 0.2]}, {'a': [0.1, 0.25]}, ['$.a[*]: 0.2 -> 0.25']),
        ([1, 2, 3], [1, 2], ['$: 3 items -> 2 items']),
        ((1, 2), [1, '2'], ['$: tuple -> list', '$[*]: int -> str']),
        ({1: 'a'}, {'1': 'a'}, ['$: key 1 -> nothing', "$: nothing -> key '1'"]),
        ({1: 'a'}, {True: 'a'}, ['$: key 1 -> nothing', '$: nothing -> key True']),
        ({1, 2}, {1.0, 2}, ['$: {1, 2} -> {1.0, 2}']),
        (
            [{'at': AT, 'n': 1}] * 3,
            [{'at': 'now', 'n': 1}] * 3,
            ['$[*].at: datetime -> str (3 times)'],
        ),
    ],
)
def test_a_difference_is_reported_with_its_path(
    sent: object, received: object, told: list[str]
) -> None:
    assert [str(difference) for difference in differences(sent, received)] == told


@given(VALUES, VALUES)
def test_different_objects_have_differences(one: object, other: object) -> None:
    assert bool(differences(one, other)) is not same(one, other)
    assert same(one, one)
