"""A good media handler, and for each point of the contract one that fails it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from contextlib import suppress
import copy
from dataclasses import dataclass
from dataclasses import replace
from functools import lru_cache
from functools import partial
from itertools import pairwise
import json
import logging
import marshal
import os
import re
import signal
import sys
import threading
from typing import Any, ClassVar

from falcon import WebSocketPayloadType

from falcon_media import BinaryHandler
from falcon_media import Codec
from falcon_media import Framing
from falcon_media import HandlerSpec
from falcon_media import hookimpl
from falcon_media import InvalidPayload
from falcon_media import Limits
from falcon_media import LINES
from falcon_media import MalformedPayload
from falcon_media import PayloadTooLarge
from falcon_media import TextHandler
from falcon_media import UnserializableMedia
from falcon_media.json.handler import JSONHandler
from falcon_media.limits import media_check
from falcon_media.protocol.annotation import Span
from falcon_media.protocol.message_types import Types
from falcon_media_tools.annotation.json_text import annotate_json

TEXT = WebSocketPayloadType.TEXT
BINARY = WebSocketPayloadType.BINARY

SPECS: list[HandlerSpec] = []


def json_codec(limits: Limits | None, **options: Any) -> Codec[str]:
    """What strict JSON is made of, and nobody's name on it."""
    codec = JSONHandler(limits=limits, **options).codec
    assert codec is not None
    return codec


class Good(TextHandler):
    """Strict JSON, in a handler that is put under the guard by others.

    Keyword Args:
        ensure_ascii: As for JSON.
        limits: The budgets.
    """

    media_type: ClassVar = 'application/x-good'
    requires: ClassVar[tuple[str, ...]] = ()
    summary: ClassVar = 'JSON that is good'
    annotate: ClassVar[Any] = None
    plain: ClassVar[Any] = None

    def __init_subclass__(cls) -> None:
        SPECS.append(
            HandlerSpec(
                name=cls.__name__.lower(),
                payload_type=cls.payload_type,
                media_type=cls.media_type,
                factory=cls,
                summary=cls.summary,
                requires=cls.requires,
                unenforced=getattr(cls, 'unenforced', ()),
                annotate=cls.annotate,
                plain=cls.plain,
            )
        )
        cls.name = cls.__dict__.get('name', cls.__name__.lower())

    def __init__(
        self, *, ensure_ascii: bool = False, limits: Limits | None = None
    ) -> None:
        self._json = json_codec(limits, ensure_ascii=ensure_ascii)

    def serialize(self, media: object) -> Any:
        return self._json.encode(media)

    def deserialize(self, payload: str) -> Any:
        return self._json.decode(payload)


class Kept(Good):
    """Keeps the contract."""

    annotate = staticmethod(annotate_json)
    plain = staticmethod(lambda media: media)


# ------------------------------------------------------------------------- The plugin


class OtherName(TextHandler):
    name = 'another'

    def __init__(self, *, limits: Limits | None = None) -> None:
        super().__init__(
            Codec(encode=json.dumps, decode=json.loads, unchecked=0), limits
        )


class LongSummary(Good):
    summary = 'two\nlines'


class OddMediaType(Good):
    media_type = 'x-good'


class NoMediaType(Good):
    media_type = ''


class Undeclared(Good):
    requires = ('pluggy>=1.7',)


class EagerImport(Good):
    requires = ('falcon-media-fake-library',)


class Declared(Good):
    requires = ('falcon-media-fake-library>=1.0',)


class Swallower(Good):
    def __init__(self, *, limits: Limits | None = None, **options: object) -> None:
        super().__init__(limits=limits)


class Unlimited(TextHandler):
    name = 'unlimited'

    def __init__(self, *, indent: int = 0) -> None:
        super().__init__(Codec(encode=json.dumps, decode=json.loads, unchecked=0))


class Mode(Good):
    """Safe, unless it is told otherwise."""

    def __init__(self, *, limits: Limits | None = None, is_lax: bool = False) -> None:
        super().__init__(limits=limits)
        if type(is_lax) is not bool:
            raise TypeError
        self._is_lax = is_lax

    def deserialize(self, payload: str) -> Any:
        if self._is_lax and '"' in payload:
            raise SystemExit('lax')
        return super().deserialize(payload)


class Careless(Good):
    def __init__(self, *, limits: Limits | None = None, indent: int = 0) -> None:
        super().__init__(limits=limits)


class Failing(Good):
    def __init__(self, *, limits: Limits | None = None, level: int = 0) -> None:
        super().__init__(limits=limits)
        self.level = 2 + level


# ------------------------------------------------------------------------------ Values


class WrongType(Good):
    def serialize(self, media: object) -> Any:
        text = super().serialize(media)
        return text.encode() if isinstance(media, list) else text


class AlwaysWrongType(Good):
    def serialize(self, media: object) -> Any:
        return super().serialize(media).encode()


class OwnText(str):
    __slots__ = ()


class OwnType(Good):
    def serialize(self, media: object) -> Any:
        return OwnText(super().serialize(media))


class WrongBytes(Good):
    """Wrong both ways, so that what it sends comes back equal."""

    def serialize(self, media: object) -> Any:
        return super().serialize(media).replace(',', ';')

    def deserialize(self, payload: str) -> Any:
        return super().deserialize(payload.replace(';', ','))


class WrongReading(Good):
    def deserialize(self, payload: str) -> Any:
        media = super().deserialize(payload)
        return True if media == 1 else media


class SilentChange(Good):
    """Big integers go out as floats, and NaN as null."""

    def serialize(self, media: object) -> Any:
        return super().serialize(self._lossy(media))

    def _lossy(self, media: Any) -> Any:
        if isinstance(media, list):
            return [self._lossy(item) for item in media]
        if isinstance(media, dict):
            return {key: self._lossy(value) for key, value in media.items()}
        if isinstance(media, int) and abs(media) > 2**53:
            return float(media)
        return None if media != media else media


class Choosy(Good):
    """Refuses what the contract says that it carries."""

    def serialize(self, media: object) -> Any:
        if 'null' in (payload := super().serialize(media)):
            raise UnserializableMedia('no None here')
        return payload


class Partial(Good):
    """Carries all floats but the smallest ones."""

    def serialize(self, media: object) -> Any:
        if 'e-324' in (payload := super().serialize(media)):
            raise UnserializableMedia('too small')
        return payload


class OneWay(Good):
    """Sends what it does not receive."""

    def deserialize(self, payload: str) -> Any:
        if 'żółw' in payload:
            raise MalformedPayload('no animals')
        return super().deserialize(payload)


class Cutter(Good):
    """Wrong from a certain length on, which no probe has."""

    def serialize(self, media: object) -> Any:
        if isinstance(media, str) and 6 < len(media) < 40:
            media = media[:6]
        return super().serialize(media)


class Swapping(Good):
    """Goes wrong where a tuple stands next to something else."""

    def serialize(self, media: object) -> Any:
        if isinstance(media, list) and tuple in map(type, media[1:]):
            media = media[::-1]
        return super().serialize(media)


class Tidy(Good):
    """Sorts lists where they are."""

    def serialize(self, media: object) -> Any:
        if isinstance(media, list):
            media.sort(key=repr)
        return super().serialize(media)


# ---------------------------------------------------------------------------- Payloads


class Escaping(Good):
    def deserialize(self, payload: str) -> Any:
        if payload.startswith('{') and not payload.endswith('}'):
            raise SystemExit('no more')
        return super().deserialize(payload)


class EscapingWhenSent(Good):
    def serialize(self, media: object) -> Any:
        if media == []:
            raise SystemExit('no more')
        return super().serialize(media)


class Interrupted(Good):
    """As with Ctrl-C."""

    def serialize(self, media: object) -> Any:
        if media == 1:
            raise KeyboardInterrupt
        return super().serialize(media)

    def deserialize(self, payload: str) -> Any:
        raise KeyboardInterrupt


class Hoarder(Good):
    def deserialize(self, payload: str) -> Any:
        if payload == '[':
            return bytearray(1 << 62)
        return super().deserialize(payload)


class Leaking(Good):
    def deserialize(self, payload: str) -> Any:
        try:
            return super().deserialize(payload)
        except ValueError as ex:
            raise MalformedPayload(f'no JSON: {payload}') from ex


class Accusing(Good):
    """Says what is for handlers that are bound to a type."""

    def deserialize(self, payload: str) -> Any:
        try:
            return super().deserialize(payload)
        except ValueError as ex:
            raise InvalidPayload('no JSON') from ex


class Hasty(Accusing):
    """Says so of whatever does not fit its type, before it has seen all of it."""

    types = Types(dict, dict)


class Impostor(Good):
    def deserialize(self, payload: str) -> Any:
        try:
            return super().deserialize(payload)
        except ValueError as ex:
            raise MalformedPayload('no JSON', handler='json') from ex


class Lenient(Good):
    """Ignores what follows, and completes what is cut off."""

    def deserialize(self, payload: str) -> Any:
        decoder = json.JSONDecoder()
        for missing in ('', ']', '}', '"}', 'null]}'):
            try:
                media, _ = decoder.raw_decode(payload + missing)
            except ValueError:
                continue
            return media
        raise MalformedPayload('no JSON')


class EmptyIsNone(Good):
    def deserialize(self, payload: str) -> Any:
        return super().deserialize(payload) if payload else None


class Mangling(Good):
    """What it made of a payload does not come back."""

    def deserialize(self, payload: str) -> Any:
        media = super().deserialize(payload)
        return [1, 2, 4] if media == [1, 2, 3, 3] else media

    def serialize(self, media: object) -> Any:
        return super().serialize([1, 2, 3] if media == [1, 2, 4] else media)


class WrongError(Good):
    """Takes a tag that it does not know for a broken payload."""


class Moody(Good):
    """Does not forget an error."""

    def __init__(self, *, limits: Limits | None = None) -> None:
        super().__init__(limits=limits)
        self._left_over = ''

    def deserialize(self, payload: str) -> Any:
        self._left_over += payload
        media = super().deserialize(self._left_over)
        self._left_over = ''
        return media


# ----------------------------------------------------------------------------- Budgets


def depth_of(payload: str) -> int:
    depth = deepest = 0
    for character in payload:
        depth += (character == '[') - (character == ']')
        deepest = max(deepest, depth)
    return deepest


class Boundless(TextHandler):
    """Has budgets, and checks none of them."""

    name = 'boundless'

    def __init__(self, *, limits: Limits | None = None) -> None:
        super().__init__(
            Codec(encode=json.dumps, decode=json.loads, unchecked=10**9), limits
        )


class Prompt(TextHandler):
    """Refuses what is too deep, without saying so."""

    name = 'prompt'

    def __init__(self, *, limits: Limits | None = None) -> None:
        limits = limits or Limits()
        max_depth = limits.max_depth

        def decode(payload: str) -> object:
            if depth_of(payload) > max_depth:
                raise ValueError('too deep')
            return json.loads(payload)

        super().__init__(Codec(encode=json.dumps, decode=decode, unchecked=0), limits)


class Wasteful(Good):
    """Makes all of an object, and then looks at the budgets."""

    def deserialize(self, payload: str) -> Any:
        json.loads(payload)
        return super().deserialize(payload)


class Narrow(Good):
    """Refuses what is within its budgets."""

    def deserialize(self, payload: str) -> Any:
        if len(payload) > 20:
            raise MalformedPayload('too much for me')
        return super().deserialize(payload)


class Indenting(Good):
    """Writes a level in a way that depends on its own depth."""

    def serialize(self, media: object) -> Any:
        return json.dumps(media, indent=1)


class Modest(Good):
    """Says of a budget that nobody can enforce it."""

    unenforced = ('max_depth',)


class Leaving(Good):
    """Gives up the process for what is too deep."""

    def deserialize(self, payload: str) -> Any:
        if depth_of(payload) > 64:
            raise SystemExit(2)
        return super().deserialize(payload)


class Crashing(Good):
    """Ends the process where a library in C overflows the stack."""

    def deserialize(self, payload: str) -> Any:
        if depth_of(payload[:2000]) > 400:
            os.abort()
        return super().deserialize(payload)


class CrashingWhenSent(TextHandler):
    """Encodes without a look at the depth."""

    name = 'crashingwhensent'

    def __init__(self, *, limits: Limits | None = None) -> None:
        def encode(media: object) -> str:
            depth = 0
            inner = media
            while isinstance(inner, (list, dict)) and inner and depth < 1000:
                inner = next(iter(inner.values() if type(inner) is dict else inner))
                depth += 1
            if depth >= 1000:
                signal.raise_signal(signal.SIGSEGV)
            return json.dumps(media)

        super().__init__(Codec(encode=encode, decode=json.loads, unchecked=0), limits)


class OneDeeper(TextHandler):
    """Sends one level more than max_depth."""

    name = 'onedeeper'

    def __init__(self, *, limits: Limits | None = None) -> None:
        limits = limits or Limits()
        super().__init__(
            Codec(
                encode=json.dumps,
                decode=json_codec(limits).decode,
                unchecked=0,
                check_media=self._check(limits),
            ),
            limits,
        )

    def _check(self, limits: Limits) -> Callable[[object], None]:
        return media_check(replace(limits, max_depth=limits.max_depth + 1))


class OwnDepth(OneDeeper):
    """Sends up to a depth of its own."""

    name = 'owndepth'

    def _check(self, limits: Limits) -> Callable[[object], None]:
        return media_check(Limits())


class FirstBranch(OneDeeper):
    """Looks for the depth in the first part of each container."""

    name = 'firstbranch'

    def _check(self, limits: Limits) -> Callable[[object], None]:
        # NOTE: The encoder has no end of its own on a small stack.
        check_far = media_check(Limits(max_depth=200))

        def check(media: Any) -> None:
            check_far(media)
            parts = [media]
            for _ in range(limits.max_depth + 1):
                if not parts or not isinstance(parts[0], list | dict | tuple):
                    return
                first = parts[0]
                parts = [*(first.values() if isinstance(first, dict) else first)]
            raise UnserializableMedia('too deep')

        return check


class Hanging(Good):
    """Never comes back from a payload that is cut off."""

    def deserialize(self, payload: str) -> Any:
        while payload == '[':
            pass
        return super().deserialize(payload)


# --------------------------------------------------------------------------------- Use


class Shared(Good):
    """Keeps the message in the handler while it is encoded."""

    media: Any = None

    def serialize(self, media: object) -> Any:
        self.media = media
        return super().serialize(self.media)


class SharedWhenReceiving(Good):
    payload: Any = None

    def deserialize(self, payload: str) -> Any:
        self.payload = payload
        return super().deserialize(self.payload)


def is_main() -> bool:
    return threading.current_thread() is threading.main_thread()


class Torn(Good):
    """Forgets the message that is being encoded when another one comes."""

    _current: Any = None

    def serialize(self, media: object) -> Any:
        self._current = {'media': media}
        try:
            return super().serialize(self._current.pop('media'))
        finally:
            self._current = {}


class MainThreadOnly(Good):
    def serialize(self, media: object) -> Any:
        if not is_main():
            raise RuntimeError('not in this thread')
        return super().serialize(media)


class LaxOnServer(Good):
    """Accepts on a server what it refuses in a test."""

    def deserialize(self, payload: str) -> Any:
        try:
            return super().deserialize(payload)
        except MalformedPayload:
            if is_main():
                raise
            return []


class SlowOnServer(Good):
    def deserialize(self, payload: str) -> Any:
        if not is_main():
            # NOTE: In place of forever, so that the process can come to its end.
            threading.Event().wait(1.5)
        return super().deserialize(payload)


# ----------------------------------------------------- Others that keep the contract


class Lines(Good):
    """A mapping, with an entry a line: nobody can tell whether there were more."""

    def serialize(self, media: object) -> Any:
        if not isinstance(media, dict):
            raise UnserializableMedia('not a mapping')
        send = super().serialize
        return '\n'.join(send({key: value}) for key, value in media.items())

    def deserialize(self, payload: str) -> Any:
        media: dict[str, object] = {}
        for line in filter(None, payload.split('\n')):
            entry = super().deserialize(line)
            if not isinstance(entry, dict):
                raise MalformedPayload('a line that is no entry')
            media |= entry
        return media


@dataclass
class Note:
    """A message of a schema: nobody looks into its text."""

    text: str


def spans(*found: Span) -> Any:
    return staticmethod(lambda payload, options: iter(found))


class LostAnnotator(Good):
    annotate = staticmethod(lambda payload, options: options['lost'])


class LateAnnotator(Good):
    annotate = spans(Span(1, 2, 0, 'it'))


class ShortAnnotator(Good):
    annotate = spans(Span(0, 1, 0, 'it'))


class LoudAnnotator(Good):
    annotate = spans(Span(0, 1, 0, '\x1b[31m'))


class TirelessAnnotator(Good):
    annotate = spans(Span(0, 1, 0, 'no', fault=True), Span(1, 2, 0, 'it'))


class FarAnnotator(Good):
    annotate = spans(Span(9_999, 10_000, 0, 'no', fault=True))


class StrictAnnotator(Good):
    annotate = spans(Span(0, 1, 0, 'no', fault=True))


class OtherPlain(Good):
    plain = staticmethod(lambda media: [media])


class Notes(Good):
    """Of what is in a note, nobody knows how deep it is."""

    media_type = ''
    unenforced = ('max_depth', 'max_items')

    def serialize(self, media: object) -> Any:
        if isinstance(media, dict):
            media = Note(**media)
        if not isinstance(media, Note) or type(media.text) is not str:
            raise UnserializableMedia('not a note')
        media.text.encode()
        return f'<{media.text}>'

    def deserialize(self, payload: str) -> Any:
        if not re.fullmatch('<[^<>]*>', payload):
            raise MalformedPayload('not a note')
        return Note(payload[1:-1])


# ------------------------------------------------------------------------ The batches


def in_lines(frame: str, most: int) -> list[str]:
    return LINES.split(frame, most)


class Batches(Good):
    """Keeps the contract, of messages that share a frame too."""

    framing = LINES


class TrailingBatches(Good):
    framing = Framing(
        part=LINES.part, split=lambda frame, most: frame.split('\n', most)
    )


class CommaBatches(Good):
    framing = Framing(
        part=lambda payload: f'{payload},',
        split=lambda frame, most: frame.removesuffix(',').split(',', most),
    )


class UncarriedBatches(Good):
    @staticmethod
    def part(payload: str) -> str:
        raise UnserializableMedia('no place for it')

    framing = Framing(part=part, split=in_lines)


class EncodedBatches(Good):
    framing = Framing(
        part=LINES.part,
        split=lambda frame, most: [line.encode() for line in in_lines(frame, most)],  # type: ignore[misc]  # it's bad
    )


class RaisingBatches(Good):
    @staticmethod
    def split(frame: str, most: int) -> list[str]:
        if not frame:
            raise SystemExit('nothing to do')
        return in_lines(frame, most)

    framing = Framing(part=LINES.part, split=split)


class ForgetfulBatches(Good):
    framing = Framing(
        part=LINES.part, split=lambda frame, most: in_lines(frame, most)[:most]
    )


class DistinctBatches(Good):
    framing = Framing(
        part=LINES.part,
        split=lambda frame, most: [*dict.fromkeys(in_lines(frame, most))],
    )


class SortedBatches(Good):
    framing = Framing(
        part=LINES.part, split=lambda frame, most: sorted(in_lines(frame, most))
    )


class EagerBatches(Good):
    @staticmethod
    def split(frame: str, most: int) -> list[str]:
        lines = in_lines(frame, most)
        for line in lines:
            JSONHandler().deserialize(line)
        return lines

    framing = Framing(part=LINES.part, split=split)


class ReadyBatches(Good):
    """Decodes messages where it splits a frame, and those that are equal once."""

    def __init__(self, *, limits: Limits | None = None) -> None:
        super().__init__(limits=limits)
        self._ready: dict[str, Any] = {}
        self.framing = Framing(part=LINES.part, split=self._split)

    def _split(self, frame: str, most: int) -> list[str]:
        lines = in_lines(frame, most)
        with suppress(ValueError):
            self._ready = {line: json.loads(line) for line in lines}
        return lines

    def deserialize(self, payload: str) -> Any:
        if payload in self._ready:
            return self._ready[payload]
        return super().deserialize(payload)


class CopiedBatches(ReadyBatches):
    """Gives away what it has decoded, and copies of it from then on."""

    def __init__(self, *, limits: Limits | None = None) -> None:
        super().__init__(limits=limits)
        self._given: set[str] = set()

    def _split(self, frame: str, most: int) -> list[str]:
        self._given.clear()
        return super()._split(frame, most)

    def deserialize(self, payload: str) -> Any:
        media = super().deserialize(payload)
        if payload in self._given:
            return copy.deepcopy(media)
        self._given.add(payload)
        return media


class Bytes(BinaryHandler):
    """Strict JSON in bytes; keeps the contract."""

    name = 'bytes'

    def __init__(self, *, limits: Limits | None = None) -> None:
        limits = limits or Limits()
        inner = json_codec(limits)
        super().__init__(
            Codec(
                encode=lambda media: inner.encode(media).encode(),
                decode=lambda payload: inner.decode(payload.decode()),
                unchecked=limits.max_size,
                check_payload=lambda payload: None,
                check_media=inner.check_media,
            ),
            limits,
        )


# ------------------------------------------------------------------- Keys, and the cost


def pairs_of(payload: str, check: Any) -> Any:
    return json.loads(payload, object_pairs_hook=check)


class Adjacent(TextHandler):
    """Finds a key that comes twice where the two stand side by side."""

    name = 'adjacent'

    def __init__(self, *, limits: Limits | None = None) -> None:
        super().__init__(
            Codec(encode=json_codec(limits).encode, decode=self._decode, unchecked=0),
            limits,
        )

    @staticmethod
    def _decode(payload: str) -> object:
        def check(pairs: list[tuple[str, object]]) -> dict[str, object]:
            for (one, _), (other, _) in pairwise(pairs):
                if one == other:
                    raise ValueError('twice')
            return dict(pairs)

        return pairs_of(payload, check)


class Values(Adjacent):
    """Finds a key that comes twice with different values."""

    name = 'values'

    @staticmethod
    def _decode(payload: str) -> object:
        def check(pairs: list[tuple[str, object]]) -> dict[str, object]:
            found: dict[str, object] = {}
            for key, value in pairs:
                if found.setdefault(key, value) != value:
                    raise ValueError('twice')
            return found

        return pairs_of(payload, check)


class Spelling(Adjacent):
    """Compares keys as they are written."""

    name = 'spelling'

    @staticmethod
    def _decode(payload: str) -> object:
        keys: list[set[str]] = [set()]
        for brace, key in re.findall(r'([{}])|"([^"]*)"\s*:', payload):
            if brace == '{':
                keys.append(set())
            elif brace:
                keys.pop()
            elif key in keys[-1]:
                raise ValueError('twice')
            else:
                keys[-1].add(key)
        return json.loads(payload)


class FirstMap(Adjacent):
    """Looks at the keys of the outermost map alone."""

    name = 'firstmap'

    @staticmethod
    def _decode(payload: str) -> object:
        last: list[list[tuple[str, object]]] = []

        def keep(pairs: list[tuple[str, object]]) -> dict[str, object]:
            last[:] = [pairs]
            return dict(pairs)

        media = pairs_of(payload, keep)
        if isinstance(media, dict) and len(last[0]) != len(media):
            raise ValueError('twice')
        return media


def has_containers(values: Iterable[object]) -> bool:
    return any(isinstance(value, dict | list) for value in values)


class FlatMaps(Adjacent):
    """Compares the keys of maps without containers in them."""

    name = 'flatmaps'

    @staticmethod
    def _decode(payload: str) -> object:
        def check(pairs: list[tuple[str, object]]) -> dict[str, object]:
            found = dict(pairs)
            is_flat = not has_containers(value for _, value in pairs)
            if is_flat and len(found) < len(pairs):
                raise ValueError('twice')
            return found

        return pairs_of(payload, check)


class ForgottenKeys(Adjacent):
    """Forgets the keys in front of a map when the map has ended."""

    name = 'forgottenkeys'

    @staticmethod
    def _decode(payload: str) -> object:
        seen: set[str] = set()
        for brace, key in re.findall(r'([{}])|"((?:[^"\\]|\\.)*)"\s*:', payload):
            if brace:
                seen = set()
            elif (key := json.loads(f'"{key}"')) in seen:
                raise ValueError('twice')
            seen.add(key)
        return json.loads(payload)


class OuterMaps(Adjacent):
    """Looks at maps in the outermost list or map, and no further."""

    name = 'outermaps'

    @staticmethod
    def _decode(payload: str) -> object:
        twice: list[object] = []

        def check(pairs: list[tuple[str, object]]) -> dict[str, object]:
            found = dict(pairs)
            if len(found) < len(pairs):
                twice.append(found)
            return found

        media: Any = pairs_of(payload, check)
        for outer in (media, *(media if isinstance(media, list) else ())):
            if any(outer is found for found in twice):
                raise ValueError('twice')
        return media


class NestedKeys(Adjacent):
    """Takes a key for one that comes twice where a map around it has it too."""

    name = 'nestedkeys'

    @staticmethod
    def _decode(payload: str) -> object:
        def check(pairs: list[tuple[str, Any]]) -> dict[str, object]:
            keys = [key for key, _ in pairs]
            for key, value in pairs:
                inner = value if isinstance(value, dict) else ()
                if keys.count(key) > 1 or key in inner:
                    raise ValueError('twice')
            return dict(pairs)

        return pairs_of(payload, check)


class Quadratic(Adjacent):
    """Looks for each key in a list."""

    name = 'quadratic'

    @staticmethod
    def _decode(payload: str) -> object:
        def check(pairs: list[tuple[str, object]]) -> dict[str, object]:
            seen: list[str] = []
            for key, _ in pairs:
                if key in seen:
                    raise ValueError('twice')
                seen.append(key)
            return dict(pairs)

        return pairs_of(payload, check)


class Slicing(Good):
    """Takes off what it has read, one bracket after the other."""

    def deserialize(self, payload: str) -> Any:
        rest, depth = payload, 0
        while rest:
            depth += rest.count('[') - rest.count(']')
            rest = rest[max(rest.find(',') + 1, 0) or len(rest) :]
        return super().deserialize(payload)


class AnyKeys(BinaryHandler):
    """Maps with keys of any kind, as lists of pairs; makes a dict of them all."""

    name = 'anykeys'
    most: ClassVar[int] = 10**9

    def __init__(self, *, limits: Limits | None = None) -> None:
        limits = limits or Limits()
        super().__init__(
            Codec(
                encode=lambda media: marshal.dumps(media, 2),
                decode=self._decode,
                unchecked=-1,
                check_payload=self._check,
            ),
            limits,
        )

    def _check(self, payload: bytes) -> None:
        if payload.count(b'i') > self.most:
            raise PayloadTooLarge('too many')

    @staticmethod
    def _decode(payload: bytes) -> object:
        return marshal.loads(payload)  # noqa: S302  # the kit's own payloads


class LateKeys(AnyKeys):
    """Counts keys when it has made the dict."""

    name = 'latekeys'

    @staticmethod
    def _decode(payload: bytes) -> object:
        media = marshal.loads(payload)  # noqa: S302  # see above
        maps = media if isinstance(media, list) else [media]
        if max(map(len, maps)) > 1_000:
            raise PayloadTooLarge('too many')
        return media


class LateTextKeys(Adjacent):
    """Counts keys that are numbers, in text, when it has made the dict."""

    name = 'latetextkeys'

    def __init__(self, *, limits: Limits | None = None) -> None:
        TextHandler.__init__(
            self, Codec(encode=json.dumps, decode=self._decode, unchecked=0), limits
        )

    @staticmethod
    def _decode(payload: str) -> object:
        squares: list[int] = []

        def check(pairs: list[tuple[str, object]]) -> dict[object, object]:
            found: dict[object, object] = {
                int(key) if key.isdigit() else key: value for key, value in pairs
            }
            squares.append(len(found) ** 2)
            if sum(squares) > 4_096**2 or len(found) < len(pairs):
                raise PayloadTooLarge('too many')
            return found

        return pairs_of(payload, check)


class FewKeys(AnyKeys):
    """Allows so many of them in all maps together."""

    name = 'fewkeys'
    most = 4_096


# --------------------------------------------------------------------- What is kept


class Memoised(Good):
    """Decodes the same payload once."""

    def __init__(self, *, limits: Limits | None = None) -> None:
        super().__init__(limits=limits)
        self._decode = lru_cache(super().deserialize)

    def deserialize(self, payload: str) -> Any:
        return self._decode(payload)


class CopiedTop(Memoised):
    """Copies what it has kept, but for what is in it."""

    def deserialize(self, payload: str) -> Any:
        return copy.copy(super().deserialize(payload))


class LateCopy(Good):
    """Gives away what it keeps, and copies of it from then on."""

    kept: ClassVar[dict[str, Any]] = {}

    def deserialize(self, payload: str) -> Any:
        if payload in self.kept:
            return copy.deepcopy(self.kept[payload])
        return self.kept.setdefault(payload, super().deserialize(payload))


class Interned(Good):
    """Makes one object of equal maps."""

    def deserialize(self, payload: str) -> Any:
        super().deserialize(payload)
        known: dict[str, Any] = {}

        def intern(media: dict[str, Any]) -> Any:
            return known.setdefault(repr(media), media)

        return json.loads(payload, object_hook=intern)


class OneEmptyList(Good):
    """Has one list for all fields that are empty."""

    kept: ClassVar[list[Any]] = []

    def deserialize(self, payload: str) -> Any:
        media = super().deserialize(payload)
        return self._swapped(media) if isinstance(media, dict) else media

    def _swapped(self, media: Any) -> Any:
        if isinstance(media, dict):
            return {key: self._swapped(value) for key, value in media.items()}
        if isinstance(media, list):
            return [self._swapped(value) for value in media] or self.kept
        return media


class ByIdentity(Good):
    """Keeps the payload of an object by its identity."""

    kept: ClassVar[dict[int, Any]] = {}

    def serialize(self, media: object) -> Any:
        return self.kept.setdefault(id(media), super().serialize(media))


class Counting(Good):
    """Numbers its messages."""

    number = 0

    def serialize(self, media: object) -> Any:
        self.number += 1
        return super().serialize(media) + ' ' * (self.number % 3)


class Table(Good):
    """Writes a text that it has sent before by its number."""

    def __init__(self, *, limits: Limits | None = None) -> None:
        super().__init__(limits=limits)
        self._texts: list[str] = []

    def serialize(self, media: object) -> Any:
        if isinstance(media, str) and len(media) == 4:
            if media not in self._texts:
                self._texts.append(media)
            return f'#{self._texts.index(media)}'
        return super().serialize(media)

    def deserialize(self, payload: str) -> Any:
        if re.fullmatch(r'#\d+', payload):
            try:
                return self._texts[int(payload[1:])]
            except IndexError:
                raise MalformedPayload('an unknown text') from None
        return super().deserialize(payload)


class Remembering(Good):
    """Remembers the last payload, for a message of an error."""

    last: Any = None

    def deserialize(self, payload: str) -> Any:
        self.last = payload
        return super().deserialize(payload)


class RememberingBytes(BinaryHandler):
    """The same in bytes, through a memoryview."""

    name = 'rememberingbytes'

    def __init__(self, *, limits: Limits | None = None) -> None:
        inner = json_codec(limits)

        def decode(payload: bytes) -> object:
            self._view = memoryview(payload)
            return inner.decode(str(self._view, 'utf-8'))

        super().__init__(
            Codec(
                encode=lambda media: inner.encode(media).encode(),
                decode=decode,
                unchecked=0,
            ),
            limits,
        )


class RememberingMedia(Good):
    last: Any = None

    def serialize(self, media: object) -> Any:
        self.last = media
        return super().serialize(media)


class OneBuffer(Bytes):
    """Returns the memory that it writes all messages into."""

    name = 'onebuffer'

    def __init__(self, *, limits: Limits | None = None) -> None:
        super().__init__(limits=limits)
        self._buffer = bytearray()
        codec: Any = self.codec
        BinaryHandler.__init__(
            self, replace(codec, encode=partial(self._encode, codec.encode)), limits
        )

    def _encode(self, encode: Callable[[object], bytes], media: object) -> Any:
        payload = encode(media)
        self._buffer[:] = payload
        return self._buffer


class ViewOfBuffer(OneBuffer):
    """Returns a view of it."""

    name = 'viewofbuffer'

    def __init__(self, *, limits: Limits | None = None) -> None:
        super().__init__(limits=limits)
        self._buffer = bytearray(10_000)

    def _encode(self, encode: Callable[[object], bytes], media: object) -> Any:
        payload = encode(media)
        self._buffer[: len(payload)] = payload
        return memoryview(self._buffer)[: len(payload)]


class CopiedBuffer(OneBuffer):
    """Returns a copy of it, which is too late where there are threads.

    It runs many lines of a library before that.
    """

    name = 'copiedbuffer'

    def _encode(self, encode: Callable[[object], bytes], media: object) -> Any:
        json.dumps([media] * 50, indent=1)
        super()._encode(encode, media)
        return bytes(self._buffer)


# ------------------------------------------------------------------ The words of errors


class LeakingKey(Good):
    """Says which key came twice."""

    def deserialize(self, payload: str) -> Any:
        def check(pairs: list[tuple[str, object]]) -> dict[str, object]:
            for key, _ in pairs:
                if [one for one, _ in pairs].count(key) > 1:
                    raise MalformedPayload(f'{key} comes twice')
            return dict(pairs)

        with suppress(json.JSONDecodeError):
            pairs_of(payload, check)
        return super().deserialize(payload)


class LeakingTail(Good):
    """Shows where it stopped, in hex."""

    def deserialize(self, payload: str) -> Any:
        try:
            return super().deserialize(payload)
        except MalformedPayload as ex:
            rest = payload[-8:].encode('utf-8', 'replace').hex(' ')
            raise MalformedPayload(f'stopped before {rest}') from ex


class Logging(Good):
    def deserialize(self, payload: str) -> Any:
        logging.getLogger('handler').debug('received %s', payload)
        return super().deserialize(payload)


class Printing(Good):
    def deserialize(self, payload: str) -> Any:
        sys.stdout.write(f'received {payload!r}')
        return super().deserialize(payload)


class LeakingMedia(Good):
    def serialize(self, media: object) -> Any:
        try:
            return super().serialize(media)
        except ValueError:
            raise
        except Exception as ex:
            raise UnserializableMedia(f'{media} has no form') from ex


class LeakingKeyOfMedia(Good):
    """Shows an object whose keys it doesn't send."""

    def serialize(self, media: object) -> Any:
        if isinstance(media, dict) and 1 in media:
            raise UnserializableMedia(f'{media} has a key that is a number')
        return super().serialize(media)


# --------------------------------------------------------------------- The process


class Unstoppable(Good):
    """Takes Ctrl-C for a bad payload."""

    def deserialize(self, payload: str) -> Any:
        try:
            return super().deserialize(payload)
        except BaseException as ex:
            raise MalformedPayload('no JSON') from ex


class Recursive(Good):
    """Has the limit of recursion raised, for the whole app."""

    def __init__(self, *, limits: Limits | None = None) -> None:
        super().__init__(limits=limits)
        sys.setrecursionlimit(sys.getrecursionlimit() + 1)


class Awaitable(Good):
    def deserialize(self, payload: str) -> Any:
        super().deserialize(payload)

        class Later:
            def __await__(self) -> Any:
                yield

        return Later()


class Characters(TextHandler):
    """Counts characters where bytes are asked for."""

    name = 'characters'

    def __init__(self, *, limits: Limits | None = None) -> None:
        limits = limits or Limits()
        inner = json_codec(limits)
        most = limits.max_size

        def check(payload: str) -> None:
            if len(payload) * 2 > most:
                raise PayloadTooLarge('too long', limit='max_size', limit_value=most)

        super().__init__(
            Codec(
                encode=inner.encode,
                decode=inner.decode,
                unchecked=-1,
                check_payload=check,
            ),
            limits,
        )


SPECS += [
    HandlerSpec(
        name=cls.__name__.lower(),
        payload_type=cls.payload_type,
        media_type='application/x-good',
        factory=cls,
        summary='JSON in a codec',
    )
    for cls in (
        *(OtherName, Unlimited, Boundless, Prompt, CrashingWhenSent, Bytes),
        *(Adjacent, Values, Spelling, FirstMap, Quadratic, RememberingBytes),
        *(Characters, AnyKeys, LateKeys, FewKeys),
        *(OneDeeper, OwnDepth, FirstBranch, FlatMaps, ForgottenKeys, OuterMaps),
        *(NestedKeys, LateTextKeys, OneBuffer, ViewOfBuffer, CopiedBuffer),
    )
]


@hookimpl
def falcon_media_handlers() -> Sequence[HandlerSpec]:
    return SPECS
