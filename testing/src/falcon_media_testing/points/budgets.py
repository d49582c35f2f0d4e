"""Points about budgets: size, depth and items, and what there is no bottom to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

from falcon_media.errors import PayloadError
from falcon_media.errors import PayloadTooLarge
from falcon_media.limits import Limits
from falcon_media.limits import utf8_size
from falcon_media.protocol.handlers import Handler
from falcon_media.protocol.spec import Budget
from falcon_media_testing.cost import refused_late
from falcon_media_testing.declaration import Declaration
from falcon_media_testing.failure import ContractFailure
from falcon_media_testing.failure import show_cause
from falcon_media_testing.failure import show_media
from falcon_media_testing.failure import show_payload
from falcon_media_testing.point import point
from falcon_media_testing.trying import on_small_stack
from falcon_media_testing.trying import receive
from falcon_media_testing.trying import send
from falcon_media_testing.watch import Unwatched

__all__ = ('BudgetPoints',)

_DEPTH = 16
_ITEMS = 300
_DEEP = 100_000
_EMPTIES = 10_000


class BudgetPoints(Declaration):
    """What keeps one message from taking all there is."""

    @point('budgets')
    def test_size_budget(self, watch: Unwatched) -> None:
        """A payload of max_size bytes is received, and one of a byte more is refused.

        Why: everything else that a payload can cost is bounded by its size first. Of
        text, the bytes of its UTF-8 count.
        """
        # NOTE: One of them has as few characters for its bytes as there is.
        payloads = [sample.payload for sample in self.samples if sample.payload]
        for payload in (
            max(payloads, key=_size),
            min(payloads, key=lambda one: len(one) / _size(one)),
        ):
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
                (limits, self.made('nested', depth)),
                (limits, self.made('nested', depth + 1)),
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
                (limits, self.made('many', items)),
                (limits, self.made('many', items + 1)),
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
            'max_depth': [partial(self.made, 'nested', _DEPTH + 1)],
            'max_items': [
                partial(self.made, 'many', _ITEMS + 1),
                partial(self.made, 'empties', _EMPTIES),
            ],
        }
        for budget, over in payloads.items():
            if budget in self.spec.unenforced:
                continue
            made = [make() for make in over]
            late = [refused_late(codec, payload, watch) for payload in made if payload]
            if not late:
                continue
            found = next(filter(None, late), '')
            if found and budget in self.enforces:
                raise ContractFailure(
                    f'The contract says that {budget} is enforced before the object is '
                    f'made: enforces = {sorted(self.enforces)}. check_payload and '
                    f'decode of the codec were called, without the guard: {found}',
                    f'Check {budget} in Codec.check_payload, or give the library the '
                    f'budget. Otherwise remove {budget!r} from enforces: the guard '
                    'measures the object after it was made.',
                )
            if not found and budget not in self.enforces:
                raise ContractFailure(
                    f'The handler does better than the contract says: {budget} is '
                    'enforced before the object is made, and enforces = '
                    f'{sorted(self.enforces)} does not name it.',
                    f'Add {budget!r} to enforces.',
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
            payload = self.made('nested', depth)
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
                        f'deserialize() of a payload with {label} ended in '
                        f'{error or "an object"}\n'
                        f'expected: {expected.__name__}\n'
                        f'payload: {show_payload(part)}',
                        'Count the levels before the library decodes '
                        '(Codec.check_payload), and raise PayloadTooLarge(..., '
                        "limit='max_depth', limit_value=...). If the library has a "
                        'limit of depth, and gives no reason of its own for it, '
                        'declare too_deep = PayloadError.',
                    )
                if part is payload:
                    errors.add(type(error))
        if errors == {PayloadTooLarge} and self.too_deep is not PayloadTooLarge:
            raise ContractFailure(
                f'The contract says too_deep = {self.too_deep.__name__}, but every '
                'payload that was too deep ended in PayloadTooLarge.',
                'Remove too_deep from the contract.',
            )

    @point('deep-media')
    def test_deep_media(self, watch: Unwatched) -> None:
        """What is nested too deeply, or contains itself, is refused when it is sent.

        An object of max_depth levels is sent, and one more level is refused.

        Why: encoders that recurse in C end the process, and an object that contains
        itself comes about by a mistake that is easily made. A message that is a level
        too deep is one that the peer refuses.
        """
        for number, media in enumerate(self.deep_media(_DEEP), 1):
            self._check_unsent(media, f'object {number} of {_DEEP} levels', watch)
        for number, media in enumerate(self.endless_media(), 1):
            self._check_unsent(media, f'object {number} that contains itself', watch)
        for depth in (Limits().max_depth, _DEPTH):
            for options in ({}, *self.variants):
                handler = self.build(Limits(max_depth=depth), **options)
                self._check_depth_sent(handler, depth, watch)

    def _check_unsent(self, media: object, label: str, watch: Unwatched) -> None:
        for handler in self.handlers:
            _, error = on_small_stack(partial(send, handler, media, watch, label))
            if error is None:
                raise ContractFailure(
                    f'serialize() of {label} returned a payload.',
                    'Give the codec check_media=media_check(limits), from '
                    'falcon_media.limits.',
                )

    def _check_depth_sent(self, handler: Handler, depth: int, watch: Unwatched) -> None:
        for number, media in enumerate(self.deep_media(depth), 1):
            label = f'object {number} of {depth} levels, with max_depth={depth}'
            _, error = send(handler, media, watch, label)
            if error is not None:
                raise ContractFailure(
                    f'serialize() refused {label}: {error}{show_cause(error)}',
                    'Have the handler send what is within its budgets. If the format '
                    'can not carry it, override deep_media().',
                )
        if 'max_depth' in self.spec.unenforced:
            return
        for number, media in enumerate(self.deep_media(depth + 1), 1):
            label = f'object {number} of {depth + 1} levels, with max_depth={depth}'
            _, error = send(handler, media, watch, label)
            if error is None:
                raise ContractFailure(
                    f'serialize() of {label} returned a payload: {show_media(media)}',
                    'Count every container as a level, empty ones and those that are '
                    'not the first in theirs too, and refuse what has more than '
                    'limits.max_depth of them, with the limits that the handler was '
                    'made with. media_check(limits) of falcon_media.limits does that, '
                    'as check_media of the codec. If the object has fewer levels, '
                    'correct deep_media() of the contract.',
                )


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
            f'deserialize() refused {label}: {error}{show_cause(error)}\n'
            f'payload: {show_payload(payload)}',
            'The budget itself is still allowed: refuse what is over it, and only '
            'that. Of text, max_size counts the bytes of its UTF-8.',
        )
    limits, payload = beyond
    value = getattr(limits, budget)
    label = f'a payload over {budget}={value}'
    _, error = receive(contract.build(limits), payload, watch, label)
    if budget in contract.spec.unenforced:
        if error is not None:
            raise ContractFailure(
                f'The spec says that {budget} can not be enforced for this format, but '
                f'deserialize() refused {label}: {error}',
                f'Remove {budget!r} from unenforced in the spec.',
            )
        return
    if error is None:
        raise ContractFailure(
            f'deserialize() accepted {label}: {show_payload(payload)}',
            'Codec.unchecked is the length up to which no payload can be over budget, '
            'and longer ones need check_payload or check_decoded. If the budget can '
            'not be checked for this format, name it in unenforced of the spec.',
        )
    if not isinstance(error, PayloadTooLarge) or error.limit != budget:
        limit = getattr(error, 'limit', None)
        raise ContractFailure(
            f'deserialize() refused {label}\n'
            f'with {type(error).__name__} (limit={limit!r}): {error}',
            f'Raise PayloadTooLarge(..., limit={budget!r}, limit_value=...), or name '
            'the exception of the library in Codec.too_large.',
        )
