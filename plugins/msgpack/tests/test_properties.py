"""Any payload, and any object: as another implementation says, or one clear error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
import struct
from typing import Any

from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import PayloadError
from falcon_media import PayloadTooLarge
from falcon_media import UnsupportedPayload
from falcon_media_msgpack import MessagePackHandler

HANDLER = MessagePackHandler()
TIGHT = Limits(max_depth=3, max_items=12, max_size=5000)
TIGHT_HANDLERS = {
    unique: MessagePackHandler(
        allow_duplicate_keys=not unique, timestamp=None, limits=TIGHT
    )
    for unique in (True, False)
}


# ------------------------------------------------------------ another implementation

CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}


class Malformed(Exception):
    pass


@dataclass
class Reference:
    """A slow reader of MessagePack that tells all that can be wrong with a payload."""

    data: bytes
    at: int = 0
    depth: int = 0
    items: int = 0
    duplicate_key: bool = False
    wrong_key: bool = False
    extension: bool = False
    level: list[None] = field(default_factory=list)

    def take(self, size: int) -> bytes:
        taken = self.data[self.at : self.at + size]
        if len(taken) < size:
            raise Malformed
        self.at += size
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size))

    def read(self) -> Any:
        head = self.number(1)
        if head < 0x80:
            return head
        if head < 0x90:
            return self.map(head & 0x0F)
        if head < 0xA0:
            return self.array(head & 0x0F)
        if head < 0xC0:
            return self.text(head & 0x1F)
        if head >= 0xE0:
            return head - 0x100
        if head in CONSTANTS:
            return CONSTANTS[head]
        return self.read_sized(head)

    def read_sized(self, head: int) -> Any:
        match head:
            case 0xC4 | 0xC5 | 0xC6:
                return self.take(self.number(1 << (head - 0xC4)))
            case 0xC7 | 0xC8 | 0xC9:
                return self.ext(self.number(1 << (head - 0xC7)))
            case 0xCA:
                return struct.unpack('>f', self.take(4))[0]
            case 0xCB:
                return struct.unpack('>d', self.take(8))[0]
            case 0xCC | 0xCD | 0xCE | 0xCF:
                return self.number(1 << (head - 0xCC))
            case 0xD0 | 0xD1 | 0xD2 | 0xD3:
                return int.from_bytes(self.take(1 << (head - 0xD0)), signed=True)
            case 0xD4 | 0xD5 | 0xD6 | 0xD7 | 0xD8:
                return self.ext(1 << (head - 0xD4))
            case 0xD9 | 0xDA | 0xDB:
                return self.text(self.number(1 << (head - 0xD9)))
            case 0xDC | 0xDD:
                return self.array(self.number(2 << (head - 0xDC)))
            case 0xDE | 0xDF:
                return self.map(self.number(2 << (head - 0xDE)))
        raise Malformed

    def text(self, size: int) -> str:
        try:
            return self.take(size).decode()
        except UnicodeDecodeError:
            raise Malformed from None

    def ext(self, size: int) -> None:
        code, data = self.number(1), self.take(size)
        self.extension = True
        if code == 0xFF:
            if size not in (4, 8, 12):
                raise Malformed
            nanoseconds = int.from_bytes(data[:4]) >> (2 if size == 8 else 0)
            if size > 4 and nanoseconds >= 10**9:
                raise Malformed

    def inside(self, count: int) -> Iterator[None]:
        self.items += count
        self.level.append(None)
        self.depth = max(self.depth, len(self.level))
        for _ in range(count):
            yield
        self.level.pop()

    def array(self, count: int) -> list[Any]:
        return [self.read() for _ in self.inside(count)]

    def map(self, count: int) -> dict[Any, Any]:
        media: dict[Any, Any] = {}
        for _ in self.inside(count):
            key, value = self.read(), self.read()
            if type(key) in (str, bytes):
                self.duplicate_key |= key in media
                media[key] = value
            else:
                self.wrong_key = True
        return media


def expected(payload: bytes, unique: bool) -> tuple[set[type[Exception]], Any]:
    """Say which errors a payload may end in, and if there are none, what it holds."""
    reference = Reference(payload)
    errors: set[type[Exception]] = set()
    media = None
    try:
        media = reference.read()
    except Malformed:
        errors |= {MalformedPayload}
    if reference.at != len(payload) or (unique and reference.duplicate_key):
        errors |= {MalformedPayload}
    if reference.extension or reference.wrong_key:
        errors |= {UnsupportedPayload}
    if (
        reference.depth > TIGHT.max_depth
        or reference.items > TIGHT.max_items
        or len(payload) > TIGHT.max_size
    ):
        errors |= {PayloadTooLarge}
    return errors, media


def check_against_reference(payload: bytes) -> None:
    for unique, handler in TIGHT_HANDLERS.items():
        errors, media = expected(payload, unique)
        outcome, decoded = decode(handler, payload)
        if errors:
            assert outcome in errors
        else:
            assert outcome is None
            assert equal(decoded, media)


def decode(handler: MessagePackHandler, payload: bytes) -> tuple[type | None, object]:
    try:
        return None, handler.deserialize(payload)
    except PayloadError as ex:
        return type(ex), None


def equal(one: object, other: object) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[k], other[k]) for k in one)
    # NOTE: All NaN look the same to repr().
    return one == other or repr(one) == repr(other)


# -------------------------------------------------------------------------- payloads

HEADS = bytes((*range(0x80, 0x84), *range(0x90, 0x94), 0xA0, 0xA1, *range(0xC0, 0xE0)))
ENTRIES = [b'\xa1a', b'\xa1b', b'\xc4\x01a', b'\x01', b'\xd6\xff', b'\xd9\x01a']

formats = st.lists(
    st.one_of(
        st.sampled_from([bytes([head]) for head in HEADS]),
        st.sampled_from(ENTRIES),
        st.binary(max_size=4),
    ),
    max_size=40,
).map(b''.join)


@given(st.binary(max_size=300))
def test_arbitrary_bytes_end_as_the_reference_says(payload: bytes) -> None:
    check_against_reference(payload)


@settings(max_examples=400)
@given(formats)
@example(b'\x91\x91\x91\x90')
@example(b'\x82\xa1a\x01\xa1a\x02')
@example(b'\x82\xa1a\x01\xd9\x01a\x02')
@example(b'\x91\xd6\xff\x00\x00\x00\x01')
@example(b'\xc7\x00\xff')
def test_arbitrary_formats_end_as_the_reference_says(payload: bytes) -> None:
    check_against_reference(payload)
