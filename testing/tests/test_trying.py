from __future__ import annotations

from collections.abc import Iterator
import gc

import pytest

from falcon_media import TextHandler
from falcon_media_testing import ContractFailure
from falcon_media_testing.trying import on_small_stack
from falcon_media_testing.trying import send
from falcon_media_testing.watch import Unwatched


@pytest.fixture(params=[True, False], ids=['collecting', 'not-collecting'])
def is_collecting(request: pytest.FixtureRequest) -> Iterator[bool]:
    before = gc.isenabled()
    (gc.enable if request.param else gc.disable)()
    yield request.param
    (gc.enable if before else gc.disable)()


def test_garbage_is_not_freed_on_a_small_stack(*, is_collecting: bool) -> None:
    assert on_small_stack(gc.isenabled) is False
    assert gc.isenabled() is is_collecting


def test_what_is_raised_on_a_small_stack_is_raised(*, is_collecting: bool) -> None:
    with pytest.raises(ZeroDivisionError):
        on_small_stack(lambda: 1 / 0)
    assert gc.isenabled() is is_collecting


class Halves(TextHandler):
    """Not under the guard, which would refuse it."""

    def __init__(self) -> None:
        pass

    def serialize(self, media: object) -> str:
        return '"\ud800"'


def test_text_without_a_form_in_utf_8_is_a_failure_and_not_a_value() -> None:
    with pytest.raises(ContractFailure, match='text with half a surrogate') as caught:
        send(Halves(), None, Unwatched(), 'a text')
    assert "'lone_surrogate' belongs into cant_carry" in caught.value.cure
