"""A point of the contract: a test that pytest sees, and a body that runs elsewhere.

What a point asks is said by the docstring of its method, which is what an author reads
when it fails.
"""

from __future__ import annotations

from collections.abc import Callable
import inspect
from typing import Any, TypeAlias

from falcon_media_testing import isolation
from falcon_media_testing.blame import blamed
from falcon_media_testing.declaration import Declaration
from falcon_media_testing.failure import ContractFailure
from falcon_media_testing.watch import Unwatched

__all__ = ('Body', 'point', 'run_point')

Body: TypeAlias = Callable[[Any, Unwatched], None]


def point(anchor: str) -> Callable[[Body], Callable[[Any], None]]:
    """Make a test method of a point's body.

    Args:
        anchor (str): The section of the guide that is about it.

    Returns:
        Callable: To decorate a method that takes a ``Watch``. The test it becomes takes
        nothing, and fails without a traceback: what there is to say is in the message.
    """

    def decorate(body: Body) -> Callable[[Any], None]:
        def test(self: Declaration) -> None:
            import pytest

            try:
                if self.isolated:
                    isolation.call(
                        type(self), self.patience, 'run_point', point=body.__name__
                    )
                else:
                    run_point(self, Unwatched(), body.__name__)
            except ContractFailure as ex:
                failure = ex
            else:
                return
            failure.handler = self.name
            failure.point = body.__name__
            failure.asks = inspect.getdoc(body) or ''
            failure.anchor = anchor
            pytest.fail(str(failure), pytrace=False)

        # NOTE: No functools.wraps(), or pytest would look for a fixture of the name of
        #   the body's argument.
        for name in ('__name__', '__qualname__', '__module__', '__doc__'):
            setattr(test, name, getattr(body, name))
        test.body = body  # type: ignore[attr-defined]  # a function takes any
        test.anchor = anchor  # type: ignore[attr-defined]  # see above
        return test

    return decorate


def run_point(contract: Declaration, watch: Unwatched, point: str) -> None:
    """Run the body of a point, in the process that this is.

    Args:
        contract (Declaration): The contract.
        watch (Unwatched): Where to note cases.
        point (str): Name of the point.
    """
    try:
        getattr(type(contract), point).body(contract, watch)
    except ContractFailure:
        raise
    except Exception as ex:
        raise blamed(ex, contract) from ex
