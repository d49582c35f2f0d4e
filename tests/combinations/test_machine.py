"""A little of the life of an app; ``nox -s machine`` has more of it."""

from __future__ import annotations

from hypothesis import HealthCheck
from hypothesis import settings
from tests.combinations.machine import AppLife

TestAppLife = AppLife.TestCase
TestAppLife.settings = settings(
    deadline=None,
    max_examples=25,
    stateful_step_count=40,
    suppress_health_check=[HealthCheck.too_slow],
)
