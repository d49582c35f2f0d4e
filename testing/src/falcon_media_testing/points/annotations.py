"""Points about what tools show to people: of bytes, and of objects."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from itertools import accumulate
from itertools import islice
from typing import Any

from falcon_media.errors import PayloadError
from falcon_media.protocol.annotation import Span
from falcon_media.protocol.spec import annotator_of
from falcon_media_testing.declaration import Declaration
from falcon_media_testing.failure import ContractFailure
from falcon_media_testing.failure import show_error
from falcon_media_testing.failure import show_media
from falcon_media_testing.failure import show_payload
from falcon_media_testing.mutation import mutants_of
from falcon_media_testing.point import point
from falcon_media_testing.watch import Unwatched

__all__ = ('AnnotationPoints',)

_DEEP = 20_000
_LONGEST = 50_000
_MUTATED_BYTES = 250_000


class AnnotationPoints(Declaration):
    """What somebody relies on who looks at a captured frame."""

    @point('annotations')
    def test_annotations(self, watch: Unwatched) -> None:
        """Where the spec has an annotator, it tells what each byte of a payload means.

        Each byte is in one span, in their order, up to the first that is wrong. There
        is none in a payload that the handler accepts. Whatever the payload, the
        annotator doesn't raise, and its words are safe to print.

        Why: people look at bytes when something is wrong already. A tool that fails on
        such a frame, or points at the wrong byte, is worse than none.
        """
        reference = self.spec.annotate
        if reference is None or (
            # NOTE: Those of the tools are tested where they are.
            isinstance(reference, str)
            and reference.startswith('falcon_media_tools.')
            and find_spec('falcon_media_tools') is None
        ):
            return
        for number, sample in enumerate((*self.samples, *self.vectors), 1):
            self._check(sample.payload, f'sample {number}', watch)
        payloads: list[Any] = [refused.payload for refused in self.refuses]
        # NOTE: A span for each byte of a million takes seconds.
        payloads = [payload for payload in payloads if len(payload) <= _LONGEST]
        payloads += filter(None, [self.made('nested', _DEEP)])
        # NOTE: The shortest first, and so many in all that it takes seconds.
        found = sorted(islice(mutants_of(self, seed=2), self.mutants // 4), key=len)
        sizes = accumulate(map(len, found))
        payloads += [
            payload
            for payload, size in zip(found, sizes, strict=True)
            if size <= _MUTATED_BYTES
        ]
        for payload in payloads:
            self._check(payload, 'a payload that is broken in some way', watch)

    def _check(self, payload: Any, label: str, watch: Unwatched) -> None:
        watch.case(f'annotate, {label}', payload)
        data: bytes = payload
        if isinstance(payload, str):
            data = payload.encode('utf-8', 'surrogatepass')
        try:
            spans = [*annotator_of(self.spec)(data, self.options)]
        except Exception as ex:  # noqa: BLE001  # whatever it is, it is the failure
            problem: str | None = f'raised {show_error(ex)}'
        else:
            problem = next(_problems(spans, data), None)
            if problem is None and spans and spans[-1].fault:
                problem = self._accepted(payload, spans[-1])
        if problem is not None:
            raise ContractFailure(
                f'annotate({show_payload(payload)}), {label}\n{problem}',
                'falcon_media.spi.walk() and its Cursor keep all of this: raise '
                'a Fault for what is wrong, and end each span with cursor.span(text).',
            )

    def _accepted(self, payload: Any, fault: Span) -> str | None:
        try:
            media = self.handler.deserialize(payload)
        except PayloadError:
            return None
        return (
            f'finds a fault at byte {fault.start} ({fault.text}); and the handler '
            f'makes {show_media(media)} of it'
        )

    @point('plain-objects')
    def test_plain_objects(self, watch: Unwatched) -> None:
        """What the spec's ``plain`` makes of an object is sent as the object is.

        Why: tools show it to people and write it to files, and what they read back has
        to be the same message.
        """
        plain = self.spec.plain
        if plain is None:
            return
        for number, sample in enumerate(self.sent, 1):
            watch.case(f'plain(), sample {number}')
            handler: Any = self.handler
            media = plain(handler.deserialize(sample.payload))
            again = handler.deserialize(handler.serialize(media))
            if not self.same(sample.media, again):
                raise ContractFailure(
                    f'plain() made {show_media(media)} of sample {number}, '
                    f'{show_media(sample.media)}, and what is sent of it comes back as '
                    f'{show_media(again)}.',
                    'Have plain() return what serialize() writes in the same way.',
                )


def _problems(spans: list[Span], data: bytes) -> Iterator[str]:
    end = 0
    for number, span in enumerate(spans, 1):
        is_last = number == len(spans)
        if span.fault and not is_last:
            yield f'goes on after a fault: {span}'
        if not span.text.isprintable():
            yield f'says what is not safe to print: {span}'
        if span.fault:
            if not end == span.start <= span.end <= len(data):
                yield f'goes on at byte {end} with {span}'
            return
        if span.start != end or span.end <= end:
            yield f'goes on at byte {end} with {span}'
        end = span.end
    if end != len(data):
        yield f'ends at byte {end}, without a fault'
