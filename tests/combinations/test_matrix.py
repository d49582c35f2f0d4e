"""Every feature, with a handler of each kind, chosen in every way."""

from __future__ import annotations

import pytest
from tests.combinations.features import Feature
from tests.combinations.features import FEATURES
from tests.combinations.kinds import Kind
from tests.combinations.kinds import KINDS
from tests.combinations.making import Cell
from tests.combinations.ways import Way
from tests.combinations.ways import WAYS

CELLS = [
    (way, feature, kind)
    for way in WAYS
    for kind in KINDS
    if way.needs <= kind.has
    for feature in FEATURES
    if feature.needs <= kind.has | way.has
]


def test_no_cell_is_lost() -> None:
    # NOTE: A new way, feature or kind changes the number; nothing else does.
    assert (len(WAYS), len(FEATURES), len(KINDS)) == (30, 29, 9)
    assert len(CELLS) == 3125


@pytest.mark.parametrize(('way', 'feature', 'kind'), CELLS, ids=str)
def test_combination(way: Way, feature: Feature, kind: Kind) -> None:
    Cell(way, kind).attempt(feature.attempt)
