"""Names of probes, for messages."""

from __future__ import annotations

from collections import OrderedDict

import pytest

from falcon_media_testing import PROBES
from falcon_media_testing.naming import kinds_of


@pytest.mark.parametrize(
    ('media', 'names'),
    [
        (None, ['none']),
        (7, ['int']),
        (2**53 + 1, ['int_beyond_53_bits']),
        (2**63, ['unsigned_64_bits']),
        (-(2**64), ['int_beyond_64_bits']),
        pytest.param(10**4999, ['huge_int'], id='huge'),
        (0.5, ['float']),
        (-0.0, ['negative_zero']),
        (float('nan'), ['nan']),
        (float('-inf'), ['infinity']),
        ('a', ['str']),
        ('\0', ['nul', 'str']),
        ('\n', ['line_breaks', 'str']),
        ('\x01', ['control_characters', 'str']),
        ('\ud800', ['lone_surrogate', 'str']),
        ([1, 2], ['list', 'int']),
        ([1, 'a'], ['list', 'mixed_list', 'int', 'str']),
        (OrderedDict(a=(1,)), ['ordered_dict', 'str', 'tuple', 'int']),
        ({None: b'a'}, ['dict', 'none_key', 'bytes']),
        ({'\0': 1}, ['dict', 'nul', 'str', 'nul_key', 'int']),
        ({1: True, (2,): 1.5}, ['dict', 'int_key', 'bool', 'tuple_key', 'float']),
        (range(3), []),
    ],
)
def test_each_part_of_an_object_has_a_name(media: object, names: list[str]) -> None:
    assert kinds_of(media, PROBES) == [repr(name) for name in names]
