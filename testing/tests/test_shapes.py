"""Objects and payloads of a certain shape."""

from __future__ import annotations

from testing.tests.bad_contracts import KeptContract
from testing.tests.bad_contracts import LinesContract


def test_a_payload_of_any_depth() -> None:
    lists, mappings = KeptContract(), LinesContract()
    for depth in (1, 2, 3, 4, 10):
        assert lists.nested(depth) == '[' * depth + ']' * depth
    assert mappings.nested(1) == ''
    for depth in (2, 3, 4, 10):
        inner = depth - 2
        assert mappings.nested(depth) == '{"k":' * inner + '{"k":{}}' + '}' * inner


def test_a_payload_of_any_length() -> None:
    assert KeptContract().many(3) == '[0,0,0]'
    assert LinesContract().many(3) == '{"k":[0,0]}'
