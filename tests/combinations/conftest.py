"""What the tests of combinations share."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite(
    'tests.combinations.features', 'tests.combinations.harness'
)
