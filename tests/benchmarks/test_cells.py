from __future__ import annotations

import pytest

from benchmarks.cells import Cell


def test_a_round_is_one_value_of_each() -> None:
    cell = Cell({'message': '2 KB'})
    cell.add({'ours': 1.0, 'bare': 2.0})
    cell.add({'bare': 4.0, 'ours': 3.0})
    assert cell.rounds == {'ours': [1.0, 3.0], 'bare': [2.0, 4.0]}


@pytest.mark.parametrize('seconds', [{'ours': 1.0}, {'ours': 1.0, 'other': 1.0}])
def test_a_round_without_one_of_them_is_an_error(seconds: dict[str, float]) -> None:
    cell = Cell({})
    cell.add({'ours': 1.0, 'bare': 2.0})
    with pytest.raises(ValueError, match='not the contestants'):
        cell.add(seconds)
    assert cell.rounds == {'ours': [1.0], 'bare': [2.0]}


def test_a_cell_is_where_its_labels_are() -> None:
    cell = Cell({'handler': 'cbor', 'message': '2 KB'})
    assert cell.is_at({})
    assert cell.is_at({'handler': 'cbor'})
    assert cell.is_at({'handler': ('json', 'cbor'), 'message': '2 KB'})
    assert not cell.is_at({'handler': 'cbor', 'message': '100 B'})
    assert not cell.is_at({'handler': ('json', 'msgpack')})
    assert not cell.is_at({'direction': 'encode'})
