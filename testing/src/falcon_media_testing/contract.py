"""The contract that a media handler keeps, as a class to derive from."""

from __future__ import annotations

from typing import Any

from falcon_media_testing.mutation import try_mutants
from falcon_media_testing.point import run_point
from falcon_media_testing.points.annotations import AnnotationPoints
from falcon_media_testing.points.batches import BatchPoints
from falcon_media_testing.points.budgets import BudgetPoints
from falcon_media_testing.points.fresh import FreshPoints
from falcon_media_testing.points.keys import KeyPoints
from falcon_media_testing.points.payloads import PayloadPoints
from falcon_media_testing.points.plugin import PluginPoints
from falcon_media_testing.points.use import UsePoints
from falcon_media_testing.points.values import ValuePoints
from falcon_media_testing.points.words import WordPoints
from falcon_media_testing.watch import Unwatched

__all__ = ('HandlerContract',)


# NOTE: pytest runs the tests of the last base class first, and what is said of the
#   plugin and its samples explains the rest.
class HandlerContract(
    AnnotationPoints,
    UsePoints,
    BatchPoints,
    FreshPoints,
    BudgetPoints,
    KeyPoints,
    WordPoints,
    PayloadPoints,
    ValuePoints,
    PluginPoints,
):
    """All that is asked of a media handler; each test method is a point of it.

    A subclass at the top of a test module says which handler it is about, and what its
    format can and can't do; pytest does the rest::

        class TestYAML(HandlerContract):
            name = 'yaml'
            samples = (
                Sample([1, 'a'], '[1, a]'),
                Sample({'a': None}, '{a: null}'),
            )
            cant_carry = BEYOND_JSON

    What can be declared is in :class:`Declaration`. The handler is made the way that an
    app makes it: by the name of its entry point, from the distribution that is
    installed. It is tried in a process of its own, where a crash or a hang is a failure
    of one point, and not the end of the tests.
    """

    def run_point(self, watch: Unwatched, point: str) -> None:
        """Run one point; called in the process where the handler is tried."""
        run_point(self, watch, point)

    def run_fuzz(self, watch: Unwatched, seconds: float, seed: int) -> dict[str, Any]:
        """Try mutated payloads; called in the process where the handler is tried."""
        return vars(try_mutants(self, watch, seed=seed, seconds=seconds))
