"""Frames, by the examples of RFC 6455 (5.7) and RFC 7692 (7.2.3.1)."""

from __future__ import annotations

import pytest

from benchmarks.wire.frames import accept_key
from benchmarks.wire.frames import build_frame
from benchmarks.wire.frames import FrameReader

HELLO = bytes.fromhex('810548656c6c6f')
HELLO_MASKED = bytes.fromhex('818537fa213d7f9f4d5158')
HELLO_DEFLATED = bytes.fromhex('c107f248cdc9c90700')

MESSAGES: list[str | bytes] = [
    *('Hello', 'Zoë', b'\x00\xff', 'a' * 125, b'b' * 126, 'c' * 65_536)
]


def read(*chunks: bytes) -> list[tuple[int, bytes]]:
    reader = FrameReader()
    reader.kept = []
    for chunk in chunks:
        reader.feed(chunk)
    assert reader.count == len(reader.kept)
    return reader.kept


def test_the_handshake_is_answered() -> None:
    # Section 1.3.
    assert accept_key('dGhlIHNhbXBsZSBub25jZQ==') == 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='


def test_frames_are_those_of_the_rfc() -> None:
    assert build_frame('Hello') == HELLO
    assert build_frame('Hello', mask=bytes.fromhex('37fa213d')) == HELLO_MASKED
    assert build_frame('Hello', deflated=True) == HELLO_DEFLATED
    assert build_frame(b'\0' * 256)[:4] == bytes.fromhex('827e0100')
    assert build_frame(b'\0' * 65_536)[:10] == bytes.fromhex('827f0000000000010000')


@pytest.mark.parametrize('deflated', [False, True])
def test_what_was_built_is_read_wherever_it_is_cut(deflated: bool) -> None:
    stream = b''.join(build_frame(message, deflated=deflated) for message in MESSAGES)
    sent = [
        (1, message.encode()) if isinstance(message, str) else (2, message)
        for message in MESSAGES
    ]
    assert read(stream) == sent
    for size in (1, 2, 3, 7, 1_000):
        cut = [stream[at : at + size] for at in range(0, len(stream), size)]
        assert read(*cut) == sent


def test_messages_are_counted_without_being_kept() -> None:
    reader = FrameReader()
    reader.feed(HELLO * 3 + HELLO[:3])
    assert (reader.count, reader.kept) == (3, None)
    reader.feed(HELLO[3:])
    assert reader.count == 4


@pytest.mark.parametrize(
    'data',
    [
        '880203e8',  # close
        '8900',  # ping
        '010348656c',  # the first part of a message
        '8100',  # empty
        '818537fa213d7f9f4d5158',  # masked
        b'HTTP'.hex(),
    ],
)
def test_whatever_else_comes_is_an_error(data: str) -> None:
    with pytest.raises(ValueError, match='the server sent a frame that begins with'):
        read(bytes.fromhex(data))
