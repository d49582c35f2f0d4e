"""Handlers under mutations of their samples: as many as one likes, or has time for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from itertools import islice
from itertools import takewhile
import time
from typing import Any

from falcon_media.compare import same
from falcon_media.errors import PayloadTooLarge
from falcon_media.protocol.handlers import Handler
from falcon_media_testing import corpora
from falcon_media_testing.declaration import Declaration
from falcon_media_testing.declaration import Sample
from falcon_media_testing.failure import ContractFailure
from falcon_media_testing.failure import show_media
from falcon_media_testing.failure import show_payload
from falcon_media_testing.trying import receive
from falcon_media_testing.trying import send
from falcon_media_testing.watch import Unwatched

__all__ = ('fuzz', 'Fuzzed', 'MOST_FINDINGS', 'mutants_of', 'try_mutants')

MOST_FINDINGS = 10

_Same = Callable[[Any, Any], bool]


@dataclass
class Fuzzed:
    """What became of many payloads.

    Attributes:
        cases (int): How many there were.
        objects (int): How many of them became objects.
        errors (Counter): How many ended in which ``PayloadError``.
        other (int): How many ended in anything else: another exception, the end of the
            process, no end at all, or an object that does not come back equal.
        findings (list[str]): The first few of those.
    """

    cases: int = 0
    objects: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    other: int = 0
    findings: list[str] = field(default_factory=list)

    def add(self, other: Fuzzed) -> None:
        """Add what became of others."""
        self.cases += other.cases
        self.objects += other.objects
        self.errors.update(other.errors)
        self.other += other.other
        self.findings = [*self.findings, *other.findings][:MOST_FINDINGS]

    def found(self, finding: str) -> None:
        """Add a case that ended in something else."""
        self.add(Fuzzed(other=1, findings=[finding]))


def fuzz(
    handler: Handler, samples: Sequence[Sample], seconds: float, *, seed: int = 0
) -> Fuzzed:
    """Give a handler mutations of its samples.

    Args:
        handler (Handler): The handler.
        samples (Sequence[Sample]): What to begin with.
        seconds (float): For how long.

    Keyword Args:
        seed (int): The same one gives the same mutations.

    Returns:
        Fuzzed: What became of them.
    """
    payloads = [sample.payload for sample in samples]
    found = corpora.mutants(payloads, seed)
    return _drive(handler, _timed(found, seconds), same, Unwatched())


def try_mutants(
    contract: Declaration,
    watch: Unwatched,
    *,
    seed: int,
    count: int | None = None,
    seconds: float | None = None,
) -> Fuzzed:
    """Give the handler of a contract mutations of its samples.

    Args:
        contract (Declaration): The contract.
        watch (Unwatched): Where to note cases.

    Keyword Args:
        seed (int): The same one gives the same mutations.
        count (int): How many (default: no end).
        seconds (float): For how long (default: no end).

    Returns:
        Fuzzed: What became of them.
    """
    found: Iterator[Any] = islice(mutants_of(contract, seed), count)
    if seconds is not None:
        found = _timed(found, seconds)
    return _drive(contract.handler, found, contract.same, watch)


def mutants_of(contract: Declaration, seed: int) -> Iterator[Any]:
    """Make mutations of what a contract accepts and refuses, without end."""
    payloads = [sample.payload for sample in (*contract.samples, *contract.vectors)]
    payloads += [refused.payload for refused in contract.refuses]
    # NOTE: What is made of long ones is no more telling, and takes its time.
    short = [payload for payload in payloads if len(payload) <= corpora.LONGEST]
    return corpora.mutants(short, seed)


def _timed(payloads: Iterator[Any], seconds: float) -> Iterator[Any]:
    end = time.monotonic() + seconds
    return takewhile(lambda _: time.monotonic() < end, payloads)


def _drive(
    handler: Handler, payloads: Iterator[Any], same: _Same, watch: Unwatched
) -> Fuzzed:
    result = Fuzzed()
    for payload in payloads:
        result.cases += 1
        try:
            media, error = receive(handler, payload, watch, 'a mutated payload')
            if error is not None:
                result.errors[type(error).__name__] += 1
                continue
            result.objects += 1
            _send_on(handler, payload, media, same, watch)
        except ContractFailure as ex:
            result.found(ex.did)
    return result


def _send_on(
    handler: Handler, payload: Any, media: object, same: _Same, watch: Unwatched
) -> None:
    sent, error = send(handler, media, watch, 'what a mutated payload became')
    if error is not None:
        return
    label = 'what was sent of what a mutated payload became'
    returned, refusal = receive(handler, sent, watch, label)
    if isinstance(refusal, PayloadTooLarge):
        # NOTE: The same object can take more bytes than it came in.
        return
    if refusal is not None or not same(media, returned):
        raise ContractFailure(
            f'received:  {show_payload(payload)}\n'
            f'became:    {show_media(media)}\n'
            f'sent on:   {show_payload(sent)}\n'
            f'came back: {refusal or show_media(returned)}',
            'Have deserialize() refuse what serialize() writes in another way.',
        )
