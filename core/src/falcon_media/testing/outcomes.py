"""What becomes of each kind of Python value, beside what is declared to."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

from falcon_media.handlers import Handler
from falcon_media.testing.declaration import Declaration
from falcon_media.testing.declaration import Loosened
from falcon_media.testing.failure import ContractFailure
from falcon_media.testing.failure import show_media
from falcon_media.testing.probes import Probe
from falcon_media.testing.trying import receive
from falcon_media.testing.trying import send
from falcon_media.testing.watch import Unwatched

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
            f'{self.probe.name}{given}: declared "{self.declared or _NO_PLACE}", '
            f'and it is "{self.outcome or _NO_PLACE}"'
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
        for place in contract.places(probe, value):
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
            try:
                received = place.take(media)
            except Exception as ex:  # noqa: BLE001  # whatever came back is something else
                received = ex
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


def _change_text(change: _Change, probe: Probe) -> str:
    name = getattr(change, '__name__', '<lambda>')
    if name == '<lambda>':
        raise ContractFailure(
            f'The change of {probe.name} is {change!r}, which has no name.',
            'Use a type, or a function whose name says what comes back: it is what the '
            'table says.',
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
        'Where the handler is at fault, have it refuse what would not come back equal.',
        'Where this is how the format is, declare it:',
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
