"""What becomes of each kind of Python value, beside what is declared to."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

from falcon_media.protocol.handlers import Handler
from falcon_media_testing.declaration import Declaration
from falcon_media_testing.declaration import Loosened
from falcon_media_testing.failure import ContractFailure
from falcon_media_testing.failure import show_error
from falcon_media_testing.failure import show_media
from falcon_media_testing.probes import Probe
from falcon_media_testing.shapes import Place
from falcon_media_testing.trying import receive
from falcon_media_testing.trying import send
from falcon_media_testing.watch import Unwatched

__all__ = ('NOWHERE', 'proposal', 'Row', 'rows')

_Change = Callable[[Any], object]

EQUAL = 'equal'
REFUSED = 'refused'
NOWHERE = ''
_NO_PLACE = 'no place for it'


@dataclass(frozen=True, slots=True)
class Row:
    """What becomes of the values of a probe.

    Attributes:
        probe (Probe): The probe.
        declared (str): What the contract says.
        outcome (str): What happened; the same words, if it is the same.
        evidence (str): One case of what happened otherwise.
        comes_back_as (type | None): The type of what came back, where that is how the
            values changed.
        option (str): The option, if it is about what becomes of them with one.
    """

    probe: Probe
    declared: str
    outcome: str
    evidence: str
    comes_back_as: type | None
    option: str = ''

    def __str__(self) -> str:
        given = f' with {self.option}' if self.option else ''
        text = (
            f'{self.probe.name}{given}: the contract says '
            f'"{self.declared or _NO_PLACE}", and it was "{self.outcome or _NO_PLACE}"'
        )
        return f'{text}\n    {self.evidence}' if self.evidence else text


def rows(contract: Declaration, watch: Unwatched) -> list[Row]:
    """Try all probes of a contract.

    Args:
        contract (Declaration): The contract.
        watch (Unwatched): Where to note cases.

    Returns:
        list[Row]: One for each probe, and after it one for what an option makes of it.
    """
    found = []
    for probe in contract.probes:
        change = contract.changes.get(probe.name)
        declared = EQUAL if change is None else _change_text(change, probe)
        if probe.name in contract.cant_carry:
            declared = REFUSED
        handler = contract.handler
        found.append(_row(contract, handler, probe, declared, change, watch))
        loosened = contract.loosened.get(probe.name)
        if loosened is not None:
            change = loosened.change
            declared = EQUAL if change is None else _change_text(change, probe)
            handler = contract.build(**loosened.options)
            row = _row(contract, handler, probe, declared, change, watch)
            found.append(replace(row, option=loosened.text or _written(loosened)))
    return found


def _row(
    contract: Declaration,
    handler: Handler,
    probe: Probe,
    declared: str,
    change: _Change | None,
    watch: Unwatched,
) -> Row:
    outcomes: dict[str, tuple[str, type | None]] = {}
    for value in probe.values():
        for place in _places(contract, probe, value):
            label = f'the probe {probe.name}, {place.where}: {show_media(value)}'
            payload, error = send(handler, place.media, watch, label)
            if error is not None:
                outcomes.setdefault(REFUSED, (f'{label}\n    {error}', None))
                continue
            media, refusal = receive(handler, payload, watch, label)
            if refusal is not None:
                evidence = f'{label}\n    {refusal}'
                outcomes.setdefault('sent, and refused on its return', (evidence, None))
                continue
            received = _taken(contract, place, media)
            if contract.same(value, received):
                outcomes.setdefault(EQUAL, (label, None))
            elif change is not None and contract.same(change(value), received):
                outcomes.setdefault(_change_text(change, probe), (label, None))
            else:
                text = f'altered: {show_media(received)} ({type(received).__name__})'
                came_as = type(received)
                outcomes.setdefault(text, (label, came_as))
    if not outcomes:
        # NOTE: A schema has no field for everything. What is declared of it is wrong.
        is_said = declared != EQUAL
        return Row(probe, declared if is_said else NOWHERE, NOWHERE, '', None)
    wrong = {text: found for text, found in outcomes.items() if text != declared}
    evidence, comes_back_as = next(iter(wrong.values()), ('', None))
    return Row(probe, declared, ', '.join(outcomes), evidence, comes_back_as)


def _places(contract: Declaration, probe: Probe, value: Any) -> Iterator[Place]:
    for place in contract.places(probe, value):
        if not isinstance(place, Place):
            raise ContractFailure(
                f'{type(contract).__name__}.places({probe.name}, {show_media(value)}) '
                f'yielded {show_media(place)} ({type(place).__name__})',
                'This is code of the contract. Yield Place(where, media, take): a '
                'label, the message with the value in it, and a function from a '
                'message that was received to the value in it.',
            )
        yield place


def _taken(contract: Declaration, place: Place, media: Any) -> object:
    try:
        return place.take(media)
    except Exception as ex:
        raise ContractFailure(
            f'{type(contract).__name__}.places() yielded the place {place.where!r}. '
            f'deserialize() returned {show_media(media)} ({type(media).__name__}) for '
            f'it, and its function take() raised {show_error(ex)}',
            'If that is the right message, correct take() in the contract: it takes a '
            'message that was received, and returns the value in it. If it is not, '
            'correct the handler.',
        ) from ex


def _change_text(change: _Change, probe: Probe) -> str:
    name = getattr(change, '__name__', '<lambda>')
    if name == '<lambda>':
        raise ContractFailure(
            f'changes in the contract has {change!r} for {probe.name}, which has no '
            'name.',
            'Use a type, or a function whose name says what comes back: the table in '
            'the README shows it.',
        )
    if not isinstance(change, type):
        return f'changed: {name.strip("_").replace("_", " ")}'
    if all(change(value) == value for value in probe.values()):
        return f'equal, as `{name}`'
    return f'changed: `{name}`'


def proposal(found: Sequence[Row]) -> str:
    """Write down the declarations that would fit what happened."""
    plain = [row for row in found if not row.option]
    refused = sorted(row.probe.name for row in plain if row.outcome == REFUSED)
    changes = {
        row.probe.name: row.comes_back_as.__name__
        for row in plain
        if row.comes_back_as is not None
    }
    in_part = [
        row.probe.name
        for row in plain
        if {EQUAL, REFUSED}.issubset(row.outcome.split(', '))
    ]
    lines = [
        'If the handler is wrong: have it refuse what would not come back equal.',
        'If that is how the format is, declare it in the contract:',
    ]
    if refused:
        lines.append(f'cant_carry = {{{", ".join(map(repr, refused))}}}')
    if changes:
        shown = ', '.join(f'{name!r}: {change}' for name, change in changes.items())
        lines.append(f'changes = {{{shown}}}  # if they are documented, and harmless')
    if in_part:
        lines.append(
            f'{", ".join(in_part)}: carried in part. Have the handler carry all of it, '
            'or refuse all; or split the probe in two.'
        )
    return '\n'.join(lines)


def _written(loosened: Loosened) -> str:
    return ', '.join(
        f'{name}={getattr(value, "__qualname__", None) or repr(value)}'
        for name, value in loosened.options.items()
    )
