"""Points about what outlives a message: shared objects, caches, and references."""

from __future__ import annotations

import copy
import gc
from itertools import chain
import sys
from typing import Any

from falcon_media_testing.declaration import Declaration
from falcon_media_testing.declaration import Sample
from falcon_media_testing.failure import ContractFailure
from falcon_media_testing.failure import show_media
from falcon_media_testing.failure import show_payload
from falcon_media_testing.parts import change
from falcon_media_testing.parts import mutable_parts
from falcon_media_testing.parts import shared
from falcon_media_testing.point import point
from falcon_media_testing.trying import receive
from falcon_media_testing.trying import send
from falcon_media_testing.watch import Unwatched

__all__ = ('FreshPoints',)

_SAMPLES = 6


class FreshPoints(Declaration):
    """Points about isolation: one connection does not affect another."""

    @point('fresh-objects')
    def test_fresh_objects(self, watch: Unwatched) -> None:
        """Each payload becomes an object of its own, though it is equal to another one.

        Why: an app changes what it receives. Where a decoder is memoised, the next
        client with the same payload gets the object that an app has changed already.
        """
        for label, payload in self._repeated():
            first = self._received(payload, watch, label)
            second = self._received(payload, watch, f'{label} once more')
            path = shared(first, second)
            if path is not None:
                raise ContractFailure(
                    f'deserialize({show_payload(payload)}), {label}, was called twice, '
                    f'and {path} of both results is one object.',
                    _NOT_MEMOISED,
                )
            before = copy.deepcopy(second)
            change(first)
            third = self._received(payload, watch, f'{label}, after a change')
            if not self.same(before, third):
                raise ContractFailure(
                    f'deserialize({show_payload(payload)}), {label}\n'
                    f'returned at first:          {show_media(before)}\n'
                    f'after that was changed:     {show_media(third)}',
                    _NOT_MEMOISED,
                )
            if not label.startswith('sample'):
                self._check_apart(payload, third)
        self._check_empties(watch)

    def _repeated(self) -> list[tuple[str, Any]]:
        found = [
            (f'sample {number}', sample.payload)
            for number, sample in enumerate(self.samples[:_SAMPLES], 1)
        ]
        entries = [('k000001', 1), ('k000002', 2)]
        equal_maps = self.made('maps', [entries, entries])
        if equal_maps is not None:
            found.append(('an array of two equal maps', equal_maps))
        return found

    def _check_empties(self, watch: Unwatched) -> None:
        label = 'empty containers'
        media = {'k000001': [[], []], 'k000002': [{}, {}]}
        payload, refusal = send(self.handler, media, watch, label)
        if refusal is not None:
            return
        twice = [self._received(payload, watch, label) for _ in range(2)]
        # NOTE: The messages of a schema have containers of their own.
        if not all(self.same(media, one) for one in twice):
            return  # pragma: no cover  # our own schemas refuse to send it
        parts = [part for one in twice for part in chain(*one.values())]
        if len({*map(id, parts)}) < len(parts):
            raise ContractFailure(
                f'deserialize({show_payload(payload)}) was called twice, and two of '
                'the empty containers in the results are one object: a change to one '
                'of them changes the other.',
                'Make a new list or dict wherever a payload has an empty one, and '
                'return no constant in its place.',
            )

    def _check_apart(self, payload: Any, media: Any) -> None:
        parts = media if isinstance(media, list) else next(iter(media.values()))
        if parts[0] is parts[1]:
            raise ContractFailure(
                f'deserialize({show_payload(payload)}) returned '
                f'{show_media(media)}, whose two maps are one object: a change to one '
                'of them changes the other.',
                _NOT_MEMOISED,
            )

    def _received(self, payload: Any, watch: Unwatched, label: str) -> Any:
        media, error = receive(self.handler, _copy(payload), watch, label)
        if error is not None:
            raise ContractFailure(
                f'deserialize({show_payload(payload)}), {label}, was refused: {error}',
                'See test_golden_bytes first: the samples have to be received.',
            )
        return media

    @point('sent-as-it-is')
    def test_sent_as_it_is(self, watch: Unwatched) -> None:
        """An object is sent as it is at that moment, and each time in the same way.

        Why: an app changes an object and sends it again. An encoder that knows it by
        its identity, or by a key that leaves something out, sends the old one. And what
        a handler needs of earlier messages, a client that has just come does not have.
        What has been sent is not changed by the next message.
        """
        self._check_memory(watch)
        other = self.build()
        for number, sample in enumerate(self.sent[:_SAMPLES], 1):
            label = f'sample {number}'
            payload = self._sent(sample.media, watch, label)
            again = self._sent(copy.deepcopy(sample.media), watch, f'an equal {label}')
            if again != payload:
                raise ContractFailure(
                    f'serialize({show_media(sample.media)}), {label}, was called '
                    f'twice\nreturned at first: {show_payload(payload)}\n'
                    f'then:              {show_payload(again)}',
                    'Write equal objects in one way: without a time, a random number, '
                    'a counter, or the order of a set.',
                )
            received, refusal = receive(other, payload, watch, f'{label}, elsewhere')
            if refusal is not None or not self.same(sample.media, received):
                raise ContractFailure(
                    f'A handler that was used before sent {label} as '
                    f'{show_payload(payload)}\nA new handler received '
                    f'{refusal or show_media(received)}\n'
                    f'expected: {show_media(sample.media)}',
                    'A payload must be complete: keep no table of strings, and no '
                    'former message, that the other side would have to know.',
                )
        for one in self.sent[:_SAMPLES]:
            for another in self.sent[:_SAMPLES]:
                if another is not one:
                    self._check_changed(one, another, watch)

    def _check_memory(self, watch: Unwatched) -> None:
        """Check that a payload is not overwritten by the next one."""
        codec: Any = self.handler.codec
        made: list[tuple[int, Any, bytes]] = []
        for number, sample in enumerate(self.sent[:_SAMPLES], 1):
            self._sent(sample.media, watch, f'sample {number}')
            # NOTE: The guard makes bytes of other types, so it is not asked.
            payload = codec.encode(sample.media)
            if not isinstance(payload, str):
                made.append((number, payload, bytes(payload)))
        for number, payload, before in made:
            if payload != before:
                raise ContractFailure(
                    f'The handler encoded sample {number} as {show_payload(before)}, '
                    f'in a {type(payload).__name__}. It then encoded the next samples '
                    'into the same memory.',
                    'Return bytes(buffer), or make a buffer for each message. A '
                    'payload may wait for its turn while others are encoded, in this '
                    'thread and in others.',
                )

    def _check_changed(self, one: Sample, other: Sample, watch: Unwatched) -> None:
        media: Any = copy.deepcopy(one.media)
        if type(media) is not type(other.media) or not isinstance(media, dict | list):
            return
        self._sent(media, watch, 'a sample')
        media.clear()
        changed = copy.deepcopy(other.media)
        (media.update if isinstance(media, dict) else media.extend)(changed)
        payload = self._sent(media, watch, 'an object that has changed since')
        expected = self._sent(changed, watch, 'another sample')
        if payload != expected:
            raise ContractFailure(
                f'serialize() was called with {show_media(one.media)}\n'
                f'The app then changed that object into {show_media(media)}\n'
                f'serialize() returned: {show_payload(payload)}\n'
                f'expected:             {show_payload(expected)}',
                'Keep no payload for an object: neither id(media), nor its length or '
                'its type, says that it is the same as before.',
            )

    def _sent(self, media: Any, watch: Unwatched, label: str) -> Any:
        payload, error = send(self.handler, media, watch, label)
        if error is not None:
            raise ContractFailure(
                f'serialize({show_media(media)}), {label}, was refused: {error}',
                'See test_golden_bytes first: the samples have to be sent.',
            )
        return payload

    @point('nothing-is-kept')
    def test_nothing_is_kept(self, watch: Unwatched) -> None:
        """When a call has ended, the handler refers to no payload and no object.

        Why: what is kept is memory that a client can fill, and a message that another
        client may get to see.
        """
        for number, sample in enumerate(self.samples[:_SAMPLES], 1):
            payload = sample.payload
            for label, given in (
                (f'sample {number}', payload),
                (f'the first half of sample {number}', payload[: len(payload) // 2]),
                (f'sample {number}, twice', payload + payload),
            ):
                # NOTE: There is one empty text, and one of each character.
                if len(given) > 1:
                    self._check_payload(_copy(given), label, watch)
            if not sample.received_only:
                self._check_media(copy.deepcopy(sample.media), number, watch)

    def _check_payload(self, payload: Any, label: str, watch: Unwatched) -> None:
        before = sys.getrefcount(payload)
        receive(self.handler, payload, watch, label)
        if sys.getrefcount(payload) > before:
            # NOTE: An exception and its frames may be garbage, not collected yet.
            gc.collect()
        if sys.getrefcount(payload) > before:
            raise ContractFailure(
                f'After deserialize({show_payload(payload)}), {label}, had ended, and '
                'its result was dropped, something still referred to the payload.',
                _NOTHING_KEPT,
            )

    def _check_media(self, media: Any, number: int, watch: Unwatched) -> None:
        parts = [part for _, part in mutable_parts(media)]
        before = [sys.getrefcount(parts[at]) for at in range(len(parts))]
        send(self.handler, media, watch, f'sample {number}')
        gc.collect()
        for at, count in enumerate(before):
            if sys.getrefcount(parts[at]) > count:
                raise ContractFailure(
                    f'After serialize({show_media(media)}), sample {number}, had ended,'
                    f' something still referred to {show_media(parts[at])}.',
                    _NOTHING_KEPT,
                )


_NOT_MEMOISED = (
    'Decode each payload anew: without lru_cache, a cache of your own, a template that '
    'is filled in, or a default value that is one object for all.'
)

_NOTHING_KEPT = (
    'Keep no payload and no object in an attribute of the handler, a cache, a closure, '
    'or a memoryview that outlives the call.'
)


def _copy(payload: Any) -> Any:
    """Make an equal payload that is another object."""
    return payload[:0].join([payload[:1], payload[1:]])
