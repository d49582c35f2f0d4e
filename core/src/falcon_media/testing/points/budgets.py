"""Points about budgets: size, depth and items, and what there is no bottom to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
import tracemalloc
from typing import Any

from falcon_media.errors import PayloadError
from falcon_media.errors import PayloadTooLarge
from falcon_media.handlers import Budget
from falcon_media.limits import Limits
from falcon_media.limits import utf8_size
from falcon_media.testing.declaration import Declaration
from falcon_media.testing.failure import ContractFailure
from falcon_media.testing.failure import show_payload
from falcon_media.testing.point import point
from falcon_media.testing.trying import on_small_stack
from falcon_media.testing.trying import receive
from falcon_media.testing.trying import send
from falcon_media.testing.watch import Unwatched

__all__ = ('BudgetPoints',)

_DEPTH = 16
_ITEMS = 300
_DEEP = 100_000
_EMPTIES = 10_000
_LARGE = 5_000
_COPIES = 12


class BudgetPoints(Declaration):
    """What keeps one message from taking all there is."""

    @point('budgets')
    def test_size_budget(self, watch: Unwatched) -> None:
        """A payload of max_size bytes is received, and one of a byte more is refused.

        Why: everything else that a payload can cost is bounded by its size first. Of
        text, the bytes of its UTF-8 count.
        """
        payload = max((sample.payload for sample in self.samples), key=_size)
        size = _size(payload)
        _check_boundary(
            self,
            'max_size',
            (Limits(max_size=size), payload),
            (Limits(max_size=size - 1), payload),
            watch,
        )

    @point('budgets')
    def test_depth_budget(self, watch: Unwatched) -> None:
        """max_depth containers within each other are received, and one more is refused.

        Why: what an app does with an object tends to be recursive, even where the
        decoder is not.
        """
        for depth in (Limits().max_depth, _DEPTH):
            limits = Limits(max_depth=depth)
            _check_boundary(
                self,
                'max_depth',
                (limits, self.nested(depth)),
                (limits, self.nested(depth + 1)),
                watch,
            )

    @point('budgets')
    def test_items_budget(self, watch: Unwatched) -> None:
        """max_items elements and entries are received, and one more is refused.

        Why: an empty container takes a byte or two on the wire, and a hundred times as
        much in memory.
        """
        for items in (2 * _ITEMS, _ITEMS):
            limits = Limits(max_items=items)
            _check_boundary(
                self,
                'max_items',
                (limits, self.many(items)),
                (limits, self.many(items + 1)),
                watch,
            )

    @point('budgets')
    def test_enforced_budgets(self, watch: Unwatched) -> None:
        """The budgets that are declared as enforced early are, and no others.

        Why: a payload over a budget costs what the budget allows where that is enforced
        before the object is made, and else all that is in the payload.
        """
        limits = Limits(max_size=1 << 24, max_depth=_DEPTH, max_items=_ITEMS)
        codec: Any = self.build(limits).codec
        payloads: dict[Budget, list[Callable[[], Any]]] = {
            'max_depth': [partial(self.nested, _DEPTH + 1)],
            'max_items': [
                partial(self.many, _ITEMS + 1),
                partial(self.empties, _EMPTIES),
            ],
        }
        for budget, over in payloads.items():
            if budget in self.spec.unenforced:
                continue
            made = [make() for make in over]
            costs = [_cost(codec, payload, watch) for payload in made if payload]
            if not costs:
                continue
            is_enforced = all(cost == _REFUSED for cost in costs)
            if is_enforced is not (budget in self.enforces):
                verb = 'add it to' if is_enforced else 'take it out of'
                raise ContractFailure(
                    f'Without the guard, a payload over {budget} {max(costs)}, and the '
                    f'contract says enforces = {sorted(self.enforces)}.',
                    f'For {budget}: {verb} enforces; or give the library the budget.',
                )

    @point('deep-payloads')
    def test_deep_payloads(self, watch: Unwatched) -> None:
        """Payloads nested to any depth are refused, on a stack of 128 KB too.

        Why: decoders that recurse in C end the process where the stack ends. A million
        brackets are a megabyte.
        """
        errors: set[type[PayloadError]] = set()
        for depth in self.depths:
            watch.case(f'a payload of {depth} levels is made')
            payload = self.nested(depth)
            if payload is None:
                continue
            parts = (payload, payload[: len(payload) // 2])
            for handler, part in product(self.handlers, parts):
                label = f'{depth} levels' + (', cut off' if part is not payload else '')
                _, error = on_small_stack(partial(receive, handler, part, watch, label))
                if 'max_depth' in self.spec.unenforced:
                    continue
                expected = self.too_deep if part is payload else PayloadError
                if not isinstance(error, expected):
                    raise ContractFailure(
                        f'{label} ended in {error or "an object"}\n'
                        f'expected: {expected.__name__}\n'
                        f'payload: {show_payload(part)}'
                    )
                if part is payload:
                    errors.add(type(error))
        if errors == {PayloadTooLarge} and self.too_deep is not PayloadTooLarge:
            raise ContractFailure(
                f'The contract says too_deep = {self.too_deep.__name__}, and all ended '
                'in PayloadTooLarge.',
                'Leave the declaration out.',
            )

    @point('deep-media')
    def test_deep_media(self, watch: Unwatched) -> None:
        """What is nested too deeply, or contains itself, is refused when it is sent.

        Why: encoders that recurse in C end the process, and an object that contains
        itself comes about by a mistake that is easily made.
        """
        for number, media in enumerate(self.deep_media(_DEEP), 1):
            self._check_unsent(media, f'object {number} of {_DEEP} levels', watch)
        for number, media in enumerate(self.endless_media(), 1):
            self._check_unsent(media, f'object {number} that contains itself', watch)
        for number, media in enumerate(self.deep_media(Limits().max_depth), 1):
            label = f'object {number} of max_depth levels'
            _, error = send(self.handler, media, watch, label)
            if error is not None:
                raise ContractFailure(f'It refused {label}: {error}')

    def _check_unsent(self, media: object, label: str, watch: Unwatched) -> None:
        for handler in self.handlers:
            _, error = on_small_stack(partial(send, handler, media, watch, label))
            if error is None:
                raise ContractFailure(f'It sent {label}.')


def _size(payload: Any) -> int:
    return utf8_size(payload) if isinstance(payload, str) else len(payload)


def _check_boundary(
    contract: Declaration,
    budget: Budget,
    within: tuple[Limits, Any],
    beyond: tuple[Limits, Any],
    watch: Unwatched,
) -> None:
    limits, payload = within
    if payload is None:
        return
    value = getattr(limits, budget)
    label = f'a payload with all of {budget}={value}'
    _, error = receive(contract.build(limits), payload, watch, label)
    if error is not None:
        raise ContractFailure(
            f'It refused {label}: {error}\npayload: {show_payload(payload)}'
        )
    limits, payload = beyond
    value = getattr(limits, budget)
    label = f'a payload over {budget}={value}'
    _, error = receive(contract.build(limits), payload, watch, label)
    if budget in contract.spec.unenforced:
        if error is not None:
            raise ContractFailure(
                f'The spec says that nobody can enforce {budget}, and it was: {error}',
                f'Take {budget!r} out of unenforced.',
            )
        return
    if error is None:
        raise ContractFailure(
            f'It accepted {label}: {show_payload(payload)}',
            'Codec.unchecked is the length up to which no payload can be over budget, '
            'and longer ones owe check_payload or check_decoded. Where nobody can '
            'tell, the spec says so: unenforced.',
        )
    if not isinstance(error, PayloadTooLarge) or error.limit != budget:
        limit = getattr(error, 'limit', None)
        raise ContractFailure(
            f'It refused {label}\n'
            f'with {type(error).__name__} (limit={limit!r}): {error}',
            f'Raise PayloadTooLarge(..., limit={budget!r}, limit_value=...), or name '
            'the exception of the library in Codec.too_large.',
        )


_REFUSED = 'is refused'


def _cost(codec: Any, payload: Any, watch: Unwatched) -> str:
    """What becomes of a payload, in words, without the guard's measuring."""
    watch.case('what is over a budget, without the guard', payload)
    tracemalloc.start()
    try:
        if codec.check_payload is not None:
            codec.check_payload(payload)
        codec.decode(payload)
    except Exception:  # noqa: BLE001  # the library's own way to refuse it
        size = len(payload)
        peak = tracemalloc.get_traced_memory()[1]
        # NOTE: A few copies of the payload, and none of what is in it: an empty list
        #   is a byte or two on the wire, and 56 or more in memory.
        if size < _LARGE or peak <= _COPIES * size:
            return _REFUSED
        return f'is refused when {peak:,} bytes have been taken for {size:,}'
    else:
        return 'becomes an object'
    finally:
        tracemalloc.stop()
