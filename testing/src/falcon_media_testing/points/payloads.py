"""Points about payloads of strangers: each ends in an object or in an error."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from falcon_media.errors import InvalidPayload
from falcon_media.errors import PayloadError
from falcon_media_testing import corpora
from falcon_media_testing.declaration import Declaration
from falcon_media_testing.declaration import Sample
from falcon_media_testing.failure import ContractFailure
from falcon_media_testing.failure import show_media
from falcon_media_testing.failure import show_payload
from falcon_media_testing.flags import check_flag
from falcon_media_testing.mutation import mutants_of
from falcon_media_testing.mutation import try_mutants
from falcon_media_testing.point import point
from falcon_media_testing.trying import on_small_stack
from falcon_media_testing.trying import receive
from falcon_media_testing.trying import send
from falcon_media_testing.watch import Unwatched

__all__ = ('PayloadPoints',)

_FAILING = 200


class PayloadPoints(Declaration):
    """What a platform relies on."""

    @point('truncated-payloads')
    def test_truncated_payloads(self, watch: Unwatched) -> None:
        """A payload that is cut off is refused, not taken for a shorter one.

        Why: connections break. What has arrived of a message is not a message.
        """
        accepted = []
        for label, sample in _containers(self):
            for payload in corpora.truncations(sample.payload):
                cut = f'the first {len(payload)} of {label}'
                media, error = receive(self.handler, payload, watch, cut)
                if error is None and not self.same(media, sample.media):
                    accepted.append(f'{cut}: {show_payload(payload)}')
                elif self.truncation_is_detected:
                    _check_malformed(error, cut, payload)
        check_flag('truncation_is_detected', self.truncation_is_detected, accepted)

    @point('trailing-data')
    def test_trailing_data(self, watch: Unwatched) -> None:
        """A payload that goes on after its end is refused.

        Why: one of two peers reads what the other does not see. That is how filters are
        passed by, and how a framing fault goes unnoticed.
        """
        accepted = []
        for label, sample in _containers(self):
            for payload in corpora.trailing(sample.payload):
                longer = f'{label} with more after it'
                media, error = receive(self.handler, payload, watch, longer)
                if error is None and self.same(media, sample.media):
                    accepted.append(f'{longer}: {show_payload(payload)}')
                elif self.trailing_is_detected:
                    _check_malformed(error, longer, payload)
        check_flag('trailing_is_detected', self.trailing_is_detected, accepted)

    @point('the-empty-payload')
    def test_empty_payload(self, watch: Unwatched) -> None:
        """An empty payload is refused, unless the format has one.

        Why: it is what a client sends by mistake, and few formats mean anything by it.
        """
        empty = self.samples[0].payload[:0]
        media, error = receive(self.handler, empty, watch, 'an empty payload')
        if (error is None) is not self.empty_is_valid:
            outcome = error or f'the object {show_media(media)}'
            raise ContractFailure(
                f'deserialize() of an empty payload ended in: {outcome}\n'
                f'The contract says empty_is_valid = {self.empty_is_valid}.',
                'If the format has an empty payload, declare empty_is_valid = True, '
                'and have the handler accept it. Otherwise have it raise '
                'MalformedPayload.',
            )

    @point('malformed-payloads')
    def test_mutated_payloads(self, watch: Unwatched) -> None:
        """Payloads that are broken in any way end in an object or in a PayloadError.

        Why: it is the promise that all the rest stands on. And an object that comes out
        of one must be a message like others: what is sent of it comes back equal.

        The payloads are the samples, changed at random, the same way each time; for
        more of them, `python -m falcon_media_testing.fuzz`.
        """
        result = try_mutants(self, watch, seed=0, count=self.mutants)
        if result.findings:
            raise ContractFailure(
                '\n\n'.join(result.findings),
                'Where an object did not come back equal: have deserialize() refuse '
                'what serialize() writes in another way, or serialize() refuse the '
                'object. Anything that is raised has to be an Exception, which the '
                'guard turns into a PayloadError. To try more payloads: '
                'python -m falcon_media_testing.fuzz',
            )
        for handler in self.handlers[1:]:
            for payload in islice(mutants_of(self, seed=1), self.mutants // 4):
                media, error = receive(handler, payload, watch, 'a mutated payload')
                if error is None:
                    send(handler, media, watch, 'what a mutated payload became')

    @point('payloads-that-must-be-refused')
    def test_refused_payloads(self, watch: Unwatched) -> None:
        """The payloads that are listed as refused end in the errors that are listed.

        Why: the error decides about the close code, and so about what a client does
        next: 1007 is for a fault of its own, 1003 for what is not spoken here, 1009 for
        what is too large. Time and memory are bounded, and the stack is one of 128 KB.
        """
        for refused in self.refuses:
            label = refused.why or 'a payload that must be refused'
            media, error = on_small_stack(
                partial(receive, self.handler, refused.payload, watch, label)
            )
            if not isinstance(error, refused.error):
                outcome = f'the object {show_media(media)}'
                if error is not None:
                    outcome = f'{type(error).__name__}: {error}'
                raise ContractFailure(
                    f'{label}: {show_payload(refused.payload)}\n'
                    f'ended in {outcome}\n'
                    f'expected {refused.error.__name__}',
                    'MalformedPayload is for a fault of the client, UnsupportedPayload '
                    'for a part of the format that is not accepted, PayloadTooLarge '
                    'for a budget. Raise the right one in Codec.check_payload or in '
                    'decode; if `refuses` is wrong, correct Refused(..., error).',
                )

    @point('use-after-an-error')
    def test_use_after_an_error(self, watch: Unwatched) -> None:
        """After each error, the handler decodes and encodes as before.

        Why: one handler serves all connections. What one client sends must not be felt
        by the others.
        """
        samples = self.sent[:4]
        before = [_outcomes(self, sample, watch, 'a sample') for sample in samples]
        for number, (payload, error) in enumerate(_failing(self, watch), 1):
            for sample, expected in zip(samples, before, strict=True):
                label = f'a sample, after error {number}'
                found = _outcomes(self, sample, watch, label)
                if found.shown == expected.shown and self.same(
                    found.media, expected.media
                ):
                    continue
                raise ContractFailure(
                    f'deserialize({show_payload(payload)}) raised '
                    f'{type(error).__name__}, as it should.\n'
                    f'Before that, {expected.shown}\nAfter it, {found.shown}',
                    'Keep no state between messages; make a new decoder for each one, '
                    'or reset it in any case.',
                )


class _Outcomes(NamedTuple):
    """What became of a sample, both ways."""

    media: Any
    shown: str


def _outcomes(
    contract: Declaration, sample: Sample, watch: Unwatched, label: str
) -> _Outcomes:
    media, refusal = receive(contract.handler, sample.payload, watch, label)
    sent, unsent = send(contract.handler, sample.media, watch, label)
    return _Outcomes(
        media,
        f'{show_payload(sample.payload)} is received as {refusal or show_media(media)},'
        f' and {show_media(sample.media)} sent as {unsent or show_payload(sent)}',
    )


def _containers(contract: Declaration) -> Iterator[tuple[str, Sample]]:
    # NOTE: 1 is a truncated 12, in formats for people, and a shorter word is a word.
    for number, sample in enumerate(contract.samples, 1):
        if sample.payload and not isinstance(sample.media, (str, int, float)):
            yield f'sample {number}', sample


def _check_malformed(error: PayloadError | None, label: str, payload: Any) -> None:
    if isinstance(error, InvalidPayload):
        raise ContractFailure(
            f'{label}: {show_payload(payload)}\nended in InvalidPayload, and it is not '
            'well-formed.',
            'A decoder that validates on the way may stop before it comes to the '
            'fault: decode once more without the type, and raise what that ends in.',
        )


def _failing(
    contract: Declaration, watch: Unwatched
) -> Iterator[tuple[Any, PayloadError]]:
    payloads = [refused.payload for refused in contract.refuses]
    for sample in contract.samples:
        cut = list(corpora.truncations(sample.payload))
        payloads += cut[:: max(len(cut) // 16, 1)]
        if sample.payload:
            payloads += corpora.trailing(sample.payload)
    for payload in payloads[:: len(payloads) // _FAILING + 1]:
        _, error = receive(contract.handler, payload, watch, 'a bad payload')
        if error is not None:
            yield payload, error
