from __future__ import annotations

import pytest

from falcon_media_tools.figures import quantity
from falcon_media_tools.figures import ratio_number


@pytest.mark.parametrize(
    ('seconds', 'shown'),
    [
        (12.34, '12.3 s'),
        (1, '1.00 s'),
        (0.5, '500 ms'),
        (0.00123456, '1.23 ms'),
        (0.0000456, '45.6 µs'),
        (0.000000789, '789 ns'),
        (0.0000000042, '4.20 ns'),
        (0, '0 ns'),
    ],
)
def test_a_time_has_a_unit_and_three_digits(seconds: float, shown: str) -> None:
    assert quantity(seconds) == shown


@pytest.mark.parametrize(
    ('value', 'shown'),
    [(1, '1.00'), (12.345, '12.35'), (0.5, '0.50'), (0.0312, '0.031'), (0, '0')],
)
def test_a_ratio_has_at_least_two_digits(value: float, shown: str) -> None:
    assert ratio_number(value) == shown
