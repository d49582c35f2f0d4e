"""Points about many messages in one frame, where the format has a form for that."""

from __future__ import annotations

from collections.abc import Iterator
import copy
from functools import partial
from itertools import islice
from typing import Any

from falcon_media.errors import PayloadError
from falcon_media.errors import PayloadTooLarge
from falcon_media.errors import UnserializableMedia
from falcon_media.limits import Limits
from falcon_media.protocol.batching import Batched
from falcon_media.protocol.batching import Batching
from falcon_media.protocol.handlers import Handler
from falcon_media_testing import corpora
from falcon_media_testing.declaration import Declaration
from falcon_media_testing.examples import for_each
from falcon_media_testing.failure import ContractFailure
from falcon_media_testing.failure import show_error
from falcon_media_testing.failure import show_media
from falcon_media_testing.failure import show_payload
from falcon_media_testing.parts import change
from falcon_media_testing.parts import shared
from falcon_media_testing.point import point
from falcon_media_testing.trying import on_small_stack
from falcon_media_testing.trying import receive
from falcon_media_testing.trying import send
from falcon_media_testing.watch import Unwatched

__all__ = ('BatchPoints',)

_MOST = 100
_MUTANTS = 500
_LARGE = 1_000_000


class BatchPoints(Declaration):
    """What a subprotocol with batches relies on."""

    @point('batches')
    def test_batches(self, watch: Unwatched) -> None:
        """Messages that share a frame are sent as declared, byte by byte, and received.

        Each of them becomes an object of its own, though it is equal to another one.

        Why: the form is the format's own, and the peer has another library for it. A
        handler without one says so, and one that has it is tried. An app changes what
        it receives, and has not received the next message of the frame then.
        """
        batching = _batching(self, self.handler)
        for number, batch in enumerate(self.batches, 1):
            label = f'batch {number}'
            assert batching is not None  # noqa: S101  # or there are no batches
            if not batch.received_only:
                sent = [
                    send(self.handler, media, watch, label) for media in batch.media
                ]
                parts = [_part(batching, payload) for payload, _ in sent]
                frame = batch.payload[:0].join(parts)
                if frame != batch.payload:
                    raise ContractFailure(
                        f'{label} of {len(batch.media)} messages\n'
                        f'was sent as: {show_payload(frame)}\n'
                        f'expected:    {show_payload(batch.payload)}',
                        "Compare both with the format's own form for many messages, "
                        'and correct Framing.part, or the batch in the contract.',
                    )
            payloads, error = _split(batching, batch.payload, watch, label)
            received = [receive(self.handler, one, watch, label) for one in payloads]
            if error is not None or not _all_same(self, batch.media, received):
                raise ContractFailure(
                    f'{label}, {show_payload(batch.payload)}\n'
                    f'was received as {error or _shown(received)}\n'
                    f'expected: {len(batch.media)} messages, as declared',
                    'Correct Framing.split, which returns one payload for each '
                    'message, or the batch in the contract.',
                )
            parts = [_part(batching, payload) for payload in payloads]
            doubled = batch.payload[:0].join(part * 2 for part in parts)
            self._check_fresh(batching, doubled, watch, f'{label}, each message twice')

    def _check_fresh(
        self, batching: Batching, frame: Any, watch: Unwatched, label: str
    ) -> None:
        """Check that messages of a frame share nothing, and that no change is seen."""
        payloads, _ = _split(batching, frame, watch, label)
        received: list[Any] = []
        for number, payload in enumerate(payloads, 1):
            media, _ = receive(self.handler, payload, watch, label)
            for before, other in enumerate(received, 1):
                path = shared(other, media)
                if path is not None:
                    raise ContractFailure(
                        f'{label}: {show_payload(frame)}\n'
                        f'{path} of message {before} and of message {number} is one '
                        'object: a change to one of them changes the other.',
                        _DECODED_ANEW,
                    )
            received.append(media)
        for number, (payload, media) in enumerate(
            zip(payloads, received, strict=True), 1
        ):
            expected = copy.deepcopy(media)
            change(media)
            again, _ = receive(self.handler, payload, watch, label)
            if not self.same(expected, again):
                raise ContractFailure(
                    f'{label}: {show_payload(frame)}\n'
                    f'message {number} was received as: {show_media(expected)}\n'
                    f'after that was changed:    {show_media(again)}',
                    _DECODED_ANEW,
                )

    @point('batches')
    def test_any_batch(self, watch: Unwatched) -> None:
        """Any messages share a frame, and come out of it as they would alone.

        Why: what separates messages may occur within one.
        """
        from hypothesis import strategies as st

        handler = self.build(Limits(max_size=1 << 24))
        batching = _batching(self, handler)
        if batching is None:
            return

        def try_one(several: list[Any]) -> None:
            label = f'a batch of {len(several)}: {show_media(several)}'
            payloads = [send(handler, media, watch, label)[0] for media in several]
            parts = [_part(batching, payload) for payload in payloads]
            frame = payloads[0][:0].join(parts)
            found, error = _split(batching, frame, watch, label)
            if found != payloads:
                raise ContractFailure(
                    f'{label}\nsent as: {show_payload(frame)}\n'
                    f'split() returned {error or [*map(show_payload, found)]}',
                    'Refuse in part() what would not come out of split() as it was.',
                )

        several = st.lists(self.domain(), min_size=1, max_size=5)
        for_each(several, max(self.examples // 4, 1), try_one)

    @point('batches')
    def test_bad_batches(self, watch: Unwatched) -> None:
        """A frame that is broken in any way ends in messages, or in a PayloadError.

        Why: whoever may send many messages in a frame may send a million, or half of
        one. Those before the fault are received, one that is over a budget is refused
        alone, and time and memory are bounded.
        """
        batching = _batching(self, self.handler)
        if batching is None:
            return
        for batch in self.batches:
            for frame in corpora.truncations(batch.payload):
                label = f'the first {len(frame)} of a batch'
                found = _outcomes(self, batching, frame, watch, label)[:-1]
                if not _all_same(self, batch.media[: len(found)], found):
                    raise ContractFailure(
                        f'{label}, {show_payload(frame)}\n'
                        f'was received as {_shown(found)}, and the last one\n'
                        f'expected: {[*map(show_media, batch.media[: len(found)])]}',
                        'split() returns the payloads in the order of the frame. What '
                        'is cut off may only change the last one.',
                    )
        frames = [batch.payload for batch in self.batches]
        for frame in islice(corpora.mutants(frames, 0), _MUTANTS):
            _outcomes(self, batching, frame, watch, 'a batch that was mutated')
        for frame in _large(frames):
            outcomes = partial(_outcomes, self, batching, frame, watch, 'a large frame')
            on_small_stack(outcomes)
        for refused in self.refuses_batches:
            label = refused.why or 'a batch that must be refused'
            outcomes_of = partial(_outcomes, self, batching, refused.payload, watch)
            errors = [error for _, error in on_small_stack(partial(outcomes_of, label))]
            if not isinstance(next(filter(None, errors), None), refused.error):
                raise ContractFailure(
                    f'{label}: {show_payload(refused.payload)}\nended in {errors!r}\n'
                    f'expected {refused.error.__name__}',
                    'Have split(), or deserialize() for the part of it, raise that '
                    'error; if refuses_batches is wrong, correct it.',
                )
        self._check_bounds(batching, watch)

    def _check_bounds(self, batching: Batching, watch: Unwatched) -> None:
        payload = self.sent[0].payload
        part = _part(batching, payload)
        found, error = _split(batching, part * _MOST, watch, 'a full batch')
        if found != [payload] * _MOST:
            raise ContractFailure(
                f'A batch of {_MOST} equal messages ended in '
                f'{error or f"{len(found)} messages"}',
                'split() returns a payload for each message, equal ones too.',
            )
        found, error = _split(batching, part * (_MOST + 1), watch, 'one more')
        if not isinstance(error, PayloadTooLarge):
            raise ContractFailure(
                f'A batch of {_MOST + 1} messages, with max_received={_MOST}, ended in '
                f'{error or f"{len(found)} messages"}\nexpected: PayloadTooLarge',
                'split(frame, most) may stop when it has found more than `most`, but '
                'has to return more than that: then the frame is refused.',
            )
        deep = self.made('nested', self.handler.limits.max_depth + 1)
        if deep is None:
            return
        frame = part + _part(batching, deep) + part
        label = 'a batch with a message in it that is too deep'
        errors = [error for _, error in _outcomes(self, batching, frame, watch, label)]
        if (
            len(errors) != 3
            or not isinstance(errors[1], self.too_deep)
            or errors[0] is not None
            or errors[2] is not None
        ):
            raise ContractFailure(
                f'{label}, and two others, ended in {errors!r}\nexpected: the error of '
                'the one in the middle, and two messages',
                'split() finds where a message ends, and leaves it to deserialize() to '
                'refuse it.',
            )


_DECODED_ANEW = (
    'Decode each message anew, also where split() returns one payload several times, '
    'or the payload of the message before: keep no object from one to the next.'
)


def _batching(contract: Declaration, handler: Handler) -> Batching | None:
    if handler.framing is not None and contract.batches:
        return Batching(handler, Batched(contract.name, max_received=_MOST))
    if handler.framing is not None:
        raise ContractFailure(
            'The handler has a framing, and the contract declares no batches.',
            'Declare how messages share a frame: batches = (Batch([...], payload),).',
        )
    if contract.batches:
        raise ContractFailure(
            'The contract declares batches, and the handler has no framing.',
            'Give the handler a falcon_media.Framing, or remove `batches` from the '
            'contract.',
        )
    return None


def _part(batching: Batching, payload: Any) -> Any:
    try:
        return batching.part(payload)
    except UnserializableMedia as ex:
        raise ContractFailure(
            f'part({show_payload(payload)}) refused a payload of serialize(): {ex}',
            'Have serialize() return what can, for every object.',
        ) from ex


def _split(
    batching: Batching, frame: Any, watch: Unwatched, label: str
) -> tuple[list[Any], PayloadError | None]:
    watch.case(f'split(), {label}', frame)
    try:
        payloads = batching.split(frame)
    except PayloadError as ex:
        return [], ex
    except (Exception, SystemExit) as ex:
        raise ContractFailure(
            f'split() of {label} raised {show_error(ex)}\nframe: {show_payload(frame)}',
            'Whatever the frame, return payloads or raise an Exception: the guard '
            'turns it into a PayloadError.',
        ) from ex
    for payload in payloads:
        if type(payload) is not type(frame):
            raise ContractFailure(
                f'split() of {label} returned {show_payload(payload)}\n'
                f'frame: {show_payload(frame)}',
                f'Each payload has the type of the frame, {type(frame).__name__}.',
            )
    return payloads, None


def _outcomes(
    contract: Declaration, batching: Batching, frame: Any, watch: Unwatched, label: str
) -> list[tuple[Any, PayloadError | None]]:
    """What a peer receives of a frame, one message after the other."""
    payloads, error = _split(batching, frame, watch, label)
    if error is not None:
        return [(None, error)]
    return [receive(contract.handler, one, watch, label) for one in payloads]


def _all_same(
    contract: Declaration, media: Any, received: list[tuple[Any, PayloadError | None]]
) -> bool:
    return len(media) == len(received) and all(
        error is None and contract.same(sent, found)
        for sent, (found, error) in zip(media, received, strict=True)
    )


def _shown(received: list[tuple[Any, PayloadError | None]]) -> list[str]:
    return [str(error) if error else show_media(media) for media, error in received]


def _large(frames: list[Any]) -> Iterator[Any]:
    """Yield frames of many small parts, and of what looks like it."""
    empty = frames[0][:0]
    units = {frame[index : index + 1] for frame in frames for index in (0, -1)}
    if isinstance(empty, bytes):
        units |= {b'\0', b'\x01', b'\x80', b'\xff'}
    else:
        units |= {'\n', '0\n', '[', '\r\n'}
    for unit in units - {empty}:
        yield unit * (_LARGE // len(unit))
