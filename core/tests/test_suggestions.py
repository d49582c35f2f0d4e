from __future__ import annotations

import pytest

from falcon_media.suggestions import nearest


@pytest.mark.parametrize(
    ('given', 'meant'),
    [('JSON', 'json'), ('Ensure_Ascii', 'ensure_ascii'), ('x', None)],
)
def test_a_name_in_another_case_is_the_closest(given: str, meant: str | None) -> None:
    assert nearest(given, ['ensure_ascii', 'json']) == meant
