"""The bytes that objects of MessagePack begin with."""

from __future__ import annotations

__all__ = ('HEADERS', 'read_header', 'SIZES')

# NOTE: fixmap and fixarray, array 16 and 32, map 16 and 32.
HEADERS = frozenset((*range(0x80, 0xA0), *range(0xDC, 0xE0)))
"""Those of containers."""


def read_header(payload: bytes, position: int) -> tuple[int, int, int]:
    """Read what begins with a byte that does not tell all by itself.

    Args:
        payload (bytes): The payload.
        position (int): Where that byte is.

    Returns:
        tuple: Where the next object, or the first one of a container, begins; the
        items of a container; and the objects that each of these is, 0 for what is no
        container.
    """
    token = payload[position]
    position += 1
    if token < 0xA0:
        return position, token & 0x0F, 1 if token & 0x10 else 2
    width, rest, each = _LENGTHS[token]
    number = int.from_bytes(payload[position : position + width])
    position += width
    return (position, number, each) if each else (position + rest + number, 0, 0)


_FIXED = {
    **dict.fromkeys((0xCC, 0xD0), 2),
    **dict.fromkeys((0xCD, 0xD1, 0xD4), 3),
    0xD5: 4,
    **dict.fromkeys((0xCA, 0xCE, 0xD2), 5),
    0xD6: 6,
    **dict.fromkeys((0xCB, 0xCF, 0xD3), 9),
    0xD7: 10,
    0xD8: 18,
}

# NOTE: Bytes of the length; bytes besides it, and what it says; objects of an item.
_LENGTHS = {
    0xC4: (1, 0, 0),
    0xC5: (2, 0, 0),
    0xC6: (4, 0, 0),
    0xC7: (1, 1, 0),
    0xC8: (2, 1, 0),
    0xC9: (4, 1, 0),
    0xD9: (1, 0, 0),
    0xDA: (2, 0, 0),
    0xDB: (4, 0, 0),
    0xDC: (2, 0, 1),
    0xDD: (4, 0, 1),
    0xDE: (2, 0, 2),
    0xDF: (4, 0, 2),
}


def _size(token: int) -> int:
    if 0xA0 <= token < 0xC0:
        return 1 + (token & 0x1F)
    return 0 if token in HEADERS or token in _LENGTHS else _FIXED.get(token, 1)


SIZES = [_size(token) for token in range(256)]
"""Bytes of an object that begins with a byte, or 0 where that alone does not tell."""
