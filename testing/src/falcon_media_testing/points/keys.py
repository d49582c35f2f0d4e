"""Points about the keys of maps: equal ones, many, and those that collide."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from functools import partial
import sys
from typing import Any

from falcon_media.protocol.handlers import Handler
from falcon_media_testing.cost import growth
from falcon_media_testing.cost import refused_late
from falcon_media_testing.declaration import Declaration
from falcon_media_testing.failure import ContractFailure
from falcon_media_testing.failure import show_cause
from falcon_media_testing.failure import show_media
from falcon_media_testing.failure import show_payload
from falcon_media_testing.flags import check_flag
from falcon_media_testing.point import point
from falcon_media_testing.shapes import pair_payload
from falcon_media_testing.shapes import repeating
from falcon_media_testing.shapes import STAND_IN
from falcon_media_testing.trying import receive
from falcon_media_testing.trying import send
from falcon_media_testing.watch import Unwatched

__all__ = ('KeyPoints',)

_BETWEEN = 300
_COPIES = 4

# NOTE: The numbers of maps, and of keys in each of them, that are too many: one and a
#   half times the bound of the core, 4,096 squared.
_MANY = ((1, 5_000), (3, 3_000))
_RECORDS, _FIELDS = 1_000, 5
_TYPES: tuple[tuple[str, type], ...] = (
    ('integer', int),
    ('float', float),
    ('tuple', tuple),
)
# NOTE: Of each kind, keys, and keys that all have one hash. Next to no floats have.
_KINDS: tuple[tuple[str, Callable[[int], Any], Callable[[int], Any]], ...] = (
    (
        'integer',
        lambda number: 1_000_000 + number,
        lambda number: (number + 1) * sys.hash_info.modulus,
    ),
    ('float', lambda number: number + 0.5, lambda number: number + 0.5),
    (
        'tuple',
        lambda number: (-1, number),
        lambda number: tuple(-1 - (number >> bit & 1) for bit in range(13)),
    ),
)
# NOTE: Half of the bound, and twice as many as it allows.
_AROUND_BOUND = (2_000, 8_000)
_BEFORE = (
    'Count such keys before the library makes a dict or a set of them '
    '(Codec.check_payload), or while it does (a hook that is called with each key): '
    'for each map the square of their number, up to '
    'falcon_media.limits.MAX_NON_TEXT_KEYS squared for the whole payload; and raise '
    'PayloadTooLarge. Or accept no keys but text.'
)
_COUNTS = (1_000, 4_000, 16_000)

# NOTE: Different ways to write the first character of a key.
_SPELLINGS = (r'\u006b', r'\x6b', r'\153', '&#107;', '&#x6b;', '%6b', '%6B')

# NOTE: Python takes the two of each pair for one key.
_EQUAL_KEYS: tuple[tuple[Any, Any], ...] = (
    (7, 7),
    (1, True),
    (1, 1.0),
    (0, False),
    (1.5, 1.5),
    (None, None),
    (b'a', b'a'),
    ((1,), (1,)),
)


class KeyPoints(Declaration):
    """Points about keys: maps hide no value, and take a bounded time."""

    @point('duplicate-keys')
    def test_duplicate_keys(self, watch: Unwatched) -> None:
        """A payload with a map that has the same key twice is refused.

        Why: of two readers, one takes the first value and the other one the last. That
        is a way to pass by a filter. The two may stand far apart, have the same value,
        have maps and lists beside them or between them, be spelt differently, or be
        equal only in Python, as 1 and true are. In two different maps, one of them
        within the other too, a key is no fault.
        """
        self._check_distinct(watch)
        accepted = []
        duplicates = list(self._duplicates())
        for label, payload in duplicates:
            media, refusal = receive(self.handler, payload, watch, label)
            if refusal is None:
                shown = f'{show_payload(payload)}, as {show_media(media)}'
                accepted.append(f'{label}: {shown}')
        accepted += self._equal_keys(watch)
        # NOTE: Of the fields of a schema, the kit knows nothing.
        if duplicates or accepted:
            check_flag(
                'duplicates_are_detected', self.duplicates_are_detected, accepted
            )

    def _check_distinct(self, watch: Unwatched) -> None:
        key, other = _text_keys(2)
        media = {key: {key: [{key: 1}, {key: 2}], other: {key: 3}}, other: {key: 4}}
        label = 'maps with the same keys, within each other'
        payload, refusal = send(self.handler, media, watch, label)
        if refusal is not None:
            return
        _, error = receive(self.handler, payload, watch, label)
        if error is not None:
            raise ContractFailure(
                f'deserialize() refused {label}, none of which has a key twice: '
                f'{error}{show_cause(error)}\npayload: {show_payload(payload)}',
                'Compare the keys of each map with each other, and not with those of '
                'the maps around it: keep a set of keys for each map that has begun '
                'and not ended.',
            )

    def _duplicates(self) -> Iterator[tuple[str, Any]]:
        one, other, third = _text_keys(3)
        many = _text_keys(_BETWEEN)
        fine = [(one, 0), (other, 0)]
        for label, *maps in (
            ('a key twice, side by side', [(one, 1), (one, 2)]),
            ('a key twice, with the same value', [(one, 1), (one, 1)]),
            ('a key twice, with another key between', [(one, 1), (other, 1), (one, 2)]),
            (
                'a key twice, in a map whose keys are not in order',
                [(third, 0), (one, 1), (other, 0), (one, 2)],
            ),
            (
                f'a key twice, with {_BETWEEN - 1} others between',
                [*((key, 1) for key in many), (many[0], 1)],
            ),
            (
                f'a key twice, in the middle of {_BETWEEN} others',
                [*((key, 1) for key in many), (many[150], 2)],
            ),
            ('two keys twice', [(one, 1), (other, 1), (other, 2), (one, 2)]),
            ('a key twice, in the second of two maps', fine, [(one, 1), (one, 2)]),
            (
                'a key twice, in the first of two maps',
                [(one, 1), (other, 1), (one, 1)],
                fine,
            ),
        ):
            payload = self.made('maps', maps)
            if payload is None:
                return
            yield label, payload
        yield from self._beside_containers()
        yield from self._respelt()

    def _beside_containers(self) -> Iterator[tuple[str, Any]]:
        """Yield a key twice, with maps and lists among the values."""
        one, other, third, *many = _text_keys(_BETWEEN)
        maps = {key: {third: [number]} for number, key in enumerate(many)}
        for label, media in (
            ('first with a map as its value', {one: {third: 1}, STAND_IN: 2}),
            ('then with a map as its value', {one: 1, STAND_IN: {third: 1}}),
            ('with maps as values', {one: {other: 1}, STAND_IN: {third: 2}}),
            ('with empty maps as values', {one: {}, STAND_IN: {}}),
            ('with lists as values', {one: [1], STAND_IN: [{}, 2]}),
            ('with a map between', {one: 1, other: {third: 1}, STAND_IN: 2}),
            (
                'with a list of maps between',
                {one: 1, other: [{}, {third: 1}, [], 0], STAND_IN: 2},
            ),
            (f'with {len(maps)} maps between', {one: 1, **maps, STAND_IN: 2}),
            ('behind a map', {other: {third: 1}, one: 1, STAND_IN: 2}),
            ('in front of a map', {one: 1, STAND_IN: 2, other: {third: 1}}),
            ('in a map within a map', {other: {one: 1, STAND_IN: 2}}),
            ('in a map within lists', {other: [[0, {one: 1, STAND_IN: 2}]]}),
            (
                'in a map within a map that has it too',
                {one: {third: {}, one: 1, STAND_IN: 2}},
            ),
            (
                'in the second of two maps within a map',
                {other: {one: 1}, third: {one: 1, STAND_IN: 2}},
            ),
            (
                'with text between that has brackets, quotes and a backslash',
                {one: '{"[', other: '\\"}],:\\', STAND_IN: '}'},
            ),
        ):
            yield from self._with_stand_in(f'a key twice, {label}', media, one)

    def _with_stand_in(
        self, label: str, media: object, key: str
    ) -> Iterator[tuple[str, Any]]:
        payload = repeating(self.writers, media, key)
        if payload is not None:  # pragma: no branch  # takes a format of flat maps
            yield label, payload

    def _respelt(self) -> Iterator[tuple[str, Any]]:
        """Yield a key twice, the second time in another spelling that is the same."""
        one, other = _text_keys(2)
        alone, twice = (
            self.made('maps', [[(one, 1)]]),
            self.made('maps', [[(other, 1), (one, 2)]]),
        )
        if not isinstance(alone, str):
            return
        for spelling in _SPELLINGS:
            key = spelling + one[1:]
            if self._is_read_as(alone.replace(one, key), {one: 1}):
                payload = twice.replace(one, key).replace(other, one)
                label = f'a key twice, once written as {key}'
                yield label, payload
                for _, beside in self._with_stand_in(
                    label, {STAND_IN: {other: 1}, one: 2}, one
                ):
                    yield f'{label}, beside a map', beside.replace(one, key, 1)

    def _is_read_as(self, payload: Any, media: Any) -> bool:
        found, error = receive(self.handler, payload, Unwatched(), 'a spelling')
        return error is None and self.same(media, found)

    def _equal_keys(self, watch: Unwatched) -> list[str]:
        accepted = []
        for one, other in _EQUAL_KEYS:
            payload = pair_payload(self.handler, one, other)
            if payload is None:
                continue
            label = f'the keys {one!r} and {other!r}'
            media, refusal = receive(self.handler, payload, watch, label)
            # NOTE: Where they become strings, there are two.
            if refusal is None and isinstance(media, dict) and len(media) < 2:
                shown = f'{show_payload(payload)}, as {show_media(media)}'
                accepted.append(f'{label}: {shown}')
        return accepted

    @point('colliding-keys')
    def test_colliding_keys(self, watch: Unwatched) -> None:
        """Many keys that are not text are refused before a map is made of them.

        Why: hashes of numbers, and of tuples of them, are no secret, so a client can
        choose keys that all collide. Half a megabyte of such keys takes seconds, in
        which no other client is served. Text is hashed with a secret. A thousand small
        maps with such keys are no danger, and are received.
        """
        for kind, make, make_colliding in _KINDS:
            few = self.made('maps', [[(make(number), 0) for number in range(3)]])
            if few is None:
                self._check_can_write(kind)
                continue
            too_many = [
                (
                    f'{maps} map(s) of {keys:,} {kind} keys',
                    self.made('maps', [_entries(make, keys)] * maps),
                )
                for maps, keys in _MANY
            ]
            records = (
                f'{_RECORDS:,} maps of {_FIELDS} {kind} keys',
                self.made('maps', [_entries(make, _FIELDS)] * _RECORDS),
            )
            for handler in self.writers:
                media, error = receive(handler, few, watch, f'three {kind} keys')
                # NOTE: Where they have become text, they do not collide.
                if error is None and not all(isinstance(key, str) for key in media):
                    self._check_bound(handler, too_many, records, watch)
                    if isinstance(few, str):
                        self._check_time(handler, kind, make_colliding, watch)

    def _check_bound(
        self,
        handler: Handler,
        too_many: Sequence[tuple[str, Any]],
        records: tuple[str, Any],
        watch: Unwatched,
    ) -> None:
        for label, payload in too_many:
            _, error = receive(handler, payload, watch, label)
            if error is None:
                raise ContractFailure(
                    f'deserialize() accepted {label}: {show_payload(payload)}',
                    _BEFORE,
                )
            # NOTE: A reader of text makes parts of it first, which take memory too.
            if isinstance(payload, str):
                continue
            cost = refused_late(handler.codec, payload, watch, _COPIES)
            if cost:
                raise ContractFailure(
                    f'deserialize() of {label}, without the guard: {cost}', _BEFORE
                )
        label, payload = records
        _, error = receive(handler, payload, watch, label)
        if error is not None:
            raise ContractFailure(
                f'deserialize() refused {label}: {error}{show_cause(error)}',
                'Collisions cost the square of the number of keys in one map. So add '
                'up these squares, and not the numbers of all maps.',
            )

    def _check_time(
        self,
        handler: Handler,
        kind: str,
        make: Callable[[int], Any],
        watch: Unwatched,
    ) -> None:
        """Check that keys in text are refused before there is a map of them."""
        label = f'{kind} keys that all have the same hash'

        def call(payload: Any) -> None:
            receive(handler, payload, watch, label)

        grown = growth(
            _AROUND_BOUND,
            lambda count: self.made('maps', [_entries(make, count)]),
            call,
        )
        if grown is not None:  # pragma: no branch  # as in the examples of docs
            raise ContractFailure(
                f'deserialize() of a map of {label}: {grown}\nSo a map, or a set, was '
                'made of too many of them, and refused only then.',
                _BEFORE,
            )

    def _check_can_write(self, kind: str) -> None:
        cls = dict(_TYPES)[kind]
        for number, sample in enumerate((*self.samples, *self.vectors), 1):
            if isinstance(sample.media, dict) and cls in map(type, sample.media):
                raise ContractFailure(
                    f'Sample {number} has a key of type {cls.__name__}, so the handler '
                    'receives such keys. It does not send them, or not in a way that '
                    'the kit knows, so the kit can not write payloads with them.',
                    'Override maps() in the contract class: it returns a payload of '
                    'maps with the entries that it is given.',
                )

    @point('cost')
    def test_cost(self, watch: Unwatched) -> None:
        """Four times the payload takes about four times as long to receive.

        Why: a search in a list, or a slice for each item, is not noticed in a test with
        ten keys. With 30,000 of them, in less than half a megabyte, it takes all of the
        server's time for seconds. Times are CPU times, and compared with each
        other.
        """
        text = partial(_text, self)
        shapes: list[tuple[str, Callable[[int], Any]]] = [
            ('distinct keys of a map', lambda count: self.made('maps', _keys(count))),
            ('characters of text', text),
        ]
        # NOTE: Where there are no items, nobody can make many.
        if 'max_items' not in self.spec.unenforced:
            shapes += [
                ('items', lambda count: self.made('many', count)),
                ('empty containers', lambda count: self.made('empties', count)),
            ]
        for label, make in shapes:
            factor = 16 if make is text else 1

            def call(payload: Any, label: str = label) -> None:
                receive(self.handler, payload, watch, label)

            watch.case(f'payloads of many {label} are made')
            grown = growth([count * factor for count in _COUNTS], make, call)
            if grown is not None:
                raise ContractFailure(
                    f'deserialize() of payloads with many {label}: {grown}',
                    'Find the step whose cost is not the same for each part of the '
                    'payload: `key in seen` where `seen` is a list (make it a set), '
                    'payload[position:] for each item (keep the position instead), '
                    'text += part, list.pop(0), or a number of thousands of digits.',
                )


def _text_keys(count: int) -> list[str]:
    # NOTE: All of one length, so that one can be written over another.
    return [f'k{number:06}' for number in range(count)]


def _entries(make: Callable[[int], Any], count: int) -> list[tuple[Any, int]]:
    return [(make(number), 0) for number in range(count)]


def _keys(count: int) -> list[list[tuple[str, int]]]:
    return [[(key, 0) for key in _text_keys(count)]]


def _text(contract: Declaration, length: int) -> Any:
    """Make a payload with a long text, or ``None`` if no place can hold it."""
    for probe in contract.probes:
        if probe.name != 'str':
            continue
        for place in contract.places(probe, 'żó"\\' * (length // 4)):
            codec: Any = contract.handler.codec
            try:
                return codec.encode(place.media)
            # NOTE: The format may not have it.
            except Exception:  # noqa: BLE001  # pragma: no cover  # see NOTE
                return None
    return None
