"""Points about values: the bytes they become, and what comes back."""

from __future__ import annotations

from collections.abc import Iterable
import copy
from typing import Any

from falcon import WebSocketPayloadType

from falcon_media.errors import MediaError
from falcon_media.limits import Limits
from falcon_media_testing.changes import Changes
from falcon_media_testing.declaration import Declaration
from falcon_media_testing.examples import for_each
from falcon_media_testing.failure import ContractFailure
from falcon_media_testing.failure import show_cause
from falcon_media_testing.failure import show_media
from falcon_media_testing.failure import show_payload
from falcon_media_testing.naming import kinds_of
from falcon_media_testing.outcomes import proposal
from falcon_media_testing.outcomes import rows
from falcon_media_testing.point import point
from falcon_media_testing.table import check_table
from falcon_media_testing.table import make_table
from falcon_media_testing.trying import receive
from falcon_media_testing.trying import send
from falcon_media_testing.watch import Unwatched

__all__ = ('ValuePoints',)

_ROOM = 1 << 24


class ValuePoints(Declaration):
    """What a peer in another language relies on, and an app on the other side."""

    @point('payload-type')
    def test_payload_type(self, watch: Unwatched) -> None:
        """A TEXT handler returns str and takes it, a BINARY one does with bytes.

        Why: a server sends what it is given. Bytes from a TEXT handler go out as a
        BINARY frame on some servers, and are an error on others.
        """
        is_text = self.spec.payload_type is WebSocketPayloadType.TEXT
        expected: type = str if is_text else bytes
        for number, sample in enumerate(self.samples, 1):
            if type(sample.payload) is not expected:
                raise ContractFailure(
                    f'The payload of sample {number} is '
                    f'{type(sample.payload).__name__}. This is a handler for '
                    f'{self.spec.payload_type.name} payloads.',
                    f'Write the payload of the sample as {expected.__name__}. If the '
                    'handler is for the other payload type, correct its spec.',
                )
            if sample.received_only:
                continue
            _, error = send(self.handler, sample.media, watch, f'sample {number}')
            if error is not None:
                raise ContractFailure(
                    f'serialize() refused sample {number}, '
                    f'{show_media(sample.media)}: {error}{show_cause(error)}',
                    'Have the handler send it. If it is only received, declare '
                    'Sample(..., received_only=True).',
                )

    @point('golden-bytes')
    def test_golden_bytes(self, watch: Unwatched) -> None:
        """A sample is sent as its payload, byte by byte, and received from it.

        Why: a codec that is wrong both ways passes its own round trip. The peer, which
        has another library, is the one to find out.
        """
        for number, sample in enumerate((*self.samples, *self.vectors), 1):
            label = f'sample {number}'
            if not sample.received_only:
                payload, error = send(self.handler, sample.media, watch, label)
                if payload != sample.payload:
                    raise ContractFailure(
                        f'serialize({show_media(sample.media)}), {label}\n'
                        f'{_outcome(error, show_payload(payload))}\n'
                        f'expected: {show_payload(sample.payload)}',
                        "Compare both with the format's specification. If the handler "
                        'is wrong, correct it. If both payloads stand for the object, '
                        'and the expected one is not the one that is sent, declare it '
                        'so:\nSample(..., received_only=True).',
                    )
            media, refusal = receive(self.handler, sample.payload, watch, label)
            if refusal is not None or not self.same(sample.media, media):
                raise ContractFailure(
                    f'deserialize({show_payload(sample.payload)}), {label}\n'
                    f'{_outcome(refusal, _typed(media))}\n'
                    f'expected: {_typed(sample.media)}',
                    "Compare both with the format's specification, and correct the "
                    'handler, or the sample. The types have to be the same too.',
                )

    @point('round-trips')
    def test_round_trips(self, watch: Unwatched) -> None:
        """What the format carries comes back equal, in any combination.

        Why: values that are right one by one go wrong together: where a length needs
        another byte, where a shortcut for plain objects ends, where keys collide. The
        objects are made by Hypothesis, from what is declared not to be carried.
        """
        # NOTE: What is sent may be larger than what is received.
        handler = self.build(Limits(max_size=_ROOM))

        def try_one(media: Any) -> None:
            label = f'an object of the domain: {show_media(media)}'
            payload, error = send(handler, media, watch, label)
            if error is not None:
                raise ContractFailure(
                    f'serialize() refused {label}\n{error}{show_cause(error)}',
                    _cure_of_domain(self, media),
                )
            received, refusal = receive(handler, payload, watch, label)
            if refusal is not None or not self.same(media, received):
                raise ContractFailure(
                    f'{label}\nsent as: {show_payload(payload)}\n'
                    f'{_outcome(refusal, _typed(received), "received")}\n'
                    f'expected: {_typed(media)}',
                    'Have deserialize() return it. If the format can not tell it from '
                    'something else, refuse it in serialize().\n'
                    + _cure_of_domain(self, media),
                )

        for_each(self.domain(), self.examples, try_one)

    @point('round-trips')
    def test_anything(self, watch: Unwatched) -> None:
        """Any object comes back equal, or changed as declared, or it is not sent.

        Why: an app passes on what it got from somewhere else. What is refused alone is
        to be refused in any company, and what is changed, nowhere in another way.
        """
        changes = Changes(self.changes, self.probes)
        handler = self.build(Limits(max_size=_ROOM))

        def try_one(media: Any) -> None:
            label = f'an object of any kind: {show_media(media)}'
            payload, error = send(handler, media, watch, label)
            if error is not None:
                return
            received, refusal = receive(handler, payload, watch, label)
            expected = changes(media)
            if refusal is not None or not self.same(expected, received):
                raise ContractFailure(
                    f'{label}\nsent as: {show_payload(payload)}\n'
                    f'{_outcome(refusal, _typed(received), "received")}\n'
                    f'expected: {_typed(expected)}',
                    'Refuse in serialize() what would not come back equal, or changed '
                    f'as the contract says. In this object: {_kinds(self, media)}.',
                )

        for_each(self.anything(), self.examples, try_one)

    @point('values-and-flags')
    def test_values(self, watch: Unwatched) -> None:
        """Each kind of value comes back equal, unless it is declared what happens.

        Why: nobody notices a value that was changed silently until it is too late. A
        declared "can't" that works is as wrong: it is what people choose a format by.
        """
        found = rows(self, watch)
        wrong = [str(row) for row in found if row.outcome != row.declared]
        if wrong:
            raise ContractFailure('\n'.join(wrong), proposal(found))

    @point('media-is-not-touched')
    def test_media_is_not_touched(self, watch: Unwatched) -> None:
        """Sending an object leaves it as it was.

        Why: an app sends one object to many connections, and goes on using it.
        """
        for label, media in _media_of(self):
            before = copy.deepcopy(media)
            send(self.handler, media, watch, label)
            if not self.same(before, media):
                raise ContractFailure(
                    f'serialize() of {label}\nchanged {show_media(before)}\n'
                    f'into    {show_media(media)}',
                    'Leave the object as it is: make a copy before you sort, convert '
                    'or remove something, at any depth.',
                )

    @point('fidelity-table')
    def test_table_in_the_readme(self, watch: Unwatched) -> None:
        """The table in the README says what the contract says.

        Why: it is what people read before they choose, and nobody remembers to change
        it.
        """
        if self.readme is not None:
            check_table(self.readme, make_table(self, watch))


def _outcome(error: MediaError | None, value: str, verb: str = 'returned') -> str:
    return (
        f'{verb}: {value}' if error is None else f'refused: {error}{show_cause(error)}'
    )


def _kinds(contract: Declaration, media: object) -> str:
    return ', '.join(kinds_of(media, contract.probes)) or 'nothing that a probe names'


def _cure_of_domain(contract: Declaration, media: object) -> str:
    kinds = kinds_of(media, contract.probes)
    if not kinds:  # pragma: no cover  # takes an object that no probe resembles
        return (
            'Override domain() in the contract: it returns a strategy for the objects '
            'that the format carries.'
        )
    return (
        f'If the format can not carry it, add to cant_carry: {", ".join(kinds)} '
        '(those of them that are to blame). If it carries most objects of the kind, '
        'and not this one, override domain().'
    )


def _typed(media: object) -> str:
    return f'{show_media(media)} ({type(media).__name__})'


def _media_of(contract: Declaration) -> Iterable[tuple[str, Any]]:
    for number, sample in enumerate(contract.sent, 1):
        yield f'sample {number}', sample.media
    for name in ('list', 'mixed_list', 'tuple', 'dict', 'ordered_dict', 'set'):
        for probe in contract.probes:
            if probe.name == name:
                for value in probe.values():
                    for place in contract.places(probe, value):
                        yield f'the probe {name}, {place.where}', place.media
