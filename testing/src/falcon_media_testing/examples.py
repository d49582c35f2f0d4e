"""Objects that Hypothesis makes, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ('for_each',)


def for_each(
    strategy: SearchStrategy[Any], examples: int, try_one: Callable[[Any], None]
) -> None:
    """Try objects of a strategy.

    Args:
        strategy (SearchStrategy): Makes the objects.
        examples (int): How many.
        try_one (Callable): Takes one of them; raises what is to be told.
    """
    import hypothesis

    # NOTE: The same objects each time: a contract is no fuzzer, which there is too.
    settings = hypothesis.settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    settings(hypothesis.given(strategy)(try_one))()
