"""Bad payloads, made from good ones."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from random import Random
import sys
from typing import Any, TypeVar

__all__ = ('LONGEST', 'mutants', 'trailing', 'truncations')

_Payload = TypeVar('_Payload', str, bytes)

LONGEST = 65_536
"""Length of the longest mutants."""

_ALL_TRUNCATIONS = 512
_SAMPLED = 64

# NOTE: What formats use for lengths, markers and delimiters, and what decoders stumble
#   over: the ends of ranges, NUL, marks of byte order, numbers that are none.
_BYTES: tuple[bytes, ...] = (
    *(bytes([value]) for value in (0, 1, 0x1F, 0x20, 0x7F, 0x80, 0xC0, 0xC1, 0xFE)),
    *(b'\xff' * count for count in (1, 2, 4, 8)),
    *(b'\x7f' + b'\xff' * count for count in (1, 3, 7)),
    *(b'\x00' * count for count in (2, 4, 8)),
    *(b'\x80' * 8, b'\xed\xa0\x80', b'\xef\xbb\xbf', b'\xc0\x80', b'\xf4\x90\x80\x80'),
    *(head.to_bytes() + b'\xff' * 4 for head in (0x9A, 0xBA, 0xDB, 0xDD, 0xDF)),
)
_TEXTS: tuple[str, ...] = (
    *('\0', '\ufeff', '\x7f', '\x85', '\u2028', '\U0010ffff', '\r', '\n', '\t', ' '),
    *('"', "'", '\\', '/', '{', '}', '[', ']', '(', ')', '<', '>', ',', ':', '=', '#'),
    *('&', '*', '!', '|', '-', '+', '.', '~', '?', '%', '@', '`', '$', ';'),
    *('null', 'true', 'False', 'NaN', '-Infinity', '.inf', '1e400', '-0', '0x', '00'),
    *('\\u0000', '\\ud800', '\\udc00\\ud800', '\\x', '&a', '*a', '<<', '!!', '---'),
    *('9' * 20, '9' * 400, '9' * 4301, '0.' + '3' * 40, '1E-400', '2024-02-30'),
)


def truncations(payload: _Payload) -> Iterator[_Payload]:
    """Yield what a payload begins with: all of it, where it is short, but the payload.

    Args:
        payload (str | bytes): The payload.

    Yields:
        str | bytes: The empty one first.
    """
    return (payload[:length] for length in _lengths(len(payload)))


def _lengths(size: int) -> Iterable[int]:
    if size <= _ALL_TRUNCATIONS:
        return range(size)
    ends = [*range(_SAMPLED), *range(size - _SAMPLED, size)]
    return sorted({*ends, *range(0, size, size // _SAMPLED)})


def trailing(payload: _Payload) -> Iterator[_Payload]:
    """Yield what begins with a payload, and goes on.

    Args:
        payload (str | bytes): The payload; not an empty one.

    Yields:
        str | bytes: It with something after it that is no white space.
    """
    if isinstance(payload, str):
        extras = ('x', '\0', '1', payload[0], payload[-1], payload, f'\n{payload}')
        yield from (payload + extra for extra in extras if extra.strip())
    else:
        ends = (b'\0', b'\x01', b'\xff', payload[:1], payload[-1:], payload)
        yield from (payload + end for end in ends if end.strip())


def mutants(
    payloads: Sequence[_Payload], seed: int, longest: int = LONGEST
) -> Iterator[_Payload]:
    """Yield payloads that are like these, without end.

    Args:
        payloads (Sequence): Payloads to begin with, valid or not; all of one type.
        seed (int): The same one gives the same mutants.
        longest (int): Length that is not exceeded (default 65,536).

    Yields:
        str | bytes: Some of them are arbitrary, and most have been changed a few times.
    """
    chance = Random(seed)  # noqa: S311  # the same ones each time
    interesting: Any = _TEXTS if isinstance(payloads[0], str) else _BYTES
    while True:
        payload: Any = chance.choice(payloads)
        if chance.random() < 0.05:
            payload = _arbitrary(chance, payload)
        for _ in range(chance.choice((1, 1, 1, 2, 3, 5, 9))):
            other = chance.choice(payloads)
            payload = _mutated(chance, payload, other, chance.choice(interesting))
            # NOTE: Each time, since one that is repeated again and again takes all the
            #   memory there is.
            payload = payload[:longest]
        yield payload


def _arbitrary(chance: Random, like: _Payload) -> _Payload:
    size = chance.choice((0, 1, 2, 3, 8, 40, 300))
    if isinstance(like, bytes):
        return chance.randbytes(size)
    return ''.join(map(_character, (chance for _ in range(size))))


def _character(chance: Random) -> str:
    # NOTE: A TEXT frame is UTF-8, so it has no halves of surrogate pairs.
    code = chance.choice((chance.randrange(128), chance.randrange(0xD800)))
    return chr(code)


def _mutated(
    chance: Random, payload: _Payload, other: _Payload, interesting: _Payload
) -> _Payload:
    size = len(payload)
    start = chance.randrange(size + 1)
    stop = min(size, start + chance.choice((0, 1, 1, 2, 4, 16, size)))
    before, cut, after = payload[:start], payload[start:stop], payload[stop:]
    match chance.randrange(8):
        case 0:
            return before + after
        case 1:
            return before + interesting + after
        case 2:
            # NOTE: All of it, for what is read as a length.
            over = chance.choice((1, len(interesting)))
            return before + interesting + payload[start + over :]
        case 3:
            return before + cut * chance.choice((2, 2, 3, 40, 300)) + after
        case 4:
            where = chance.randrange(len(other) + 1)
            return before + other[where:]
        case 5:
            where = chance.randrange(len(other) + 1)
            return before + other[where : where + chance.randrange(32)] + after
        case 6:
            return before + after + cut
        case _:
            return before + _changed(chance, payload[start : start + 1]) + after


def _changed(chance: Random, unit: _Payload) -> _Payload:
    """Change one byte in one bit, or one character into a near one."""
    if isinstance(unit, bytes):
        return bytes(value ^ (1 << chance.randrange(8)) for value in unit)
    return ''.join(
        chr(min(max(ord(character) + chance.choice((-1, 1)), 0), sys.maxunicode))
        for character in unit
    ).translate(_NO_SURROGATES)


_NO_SURROGATES = {0xD800: 0xD7FF, 0xDFFF: 0xE000}
