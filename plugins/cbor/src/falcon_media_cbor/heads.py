"""The bytes that items of CBOR begin with (RFC 8949, section 3)."""

from __future__ import annotations

__all__ = ('STEPS',)


def _step(head: int) -> int:
    major, info = head >> 5, head & 31
    if info < 24:
        return 1 + info if major in (2, 3) else 1
    if info < 28 and major not in (2, 3, 4, 5):
        return 1 + (1 << info - 24)
    return 0


STEPS = [_step(head) for head in range(256)]
"""Bytes from a head to the next one, or 0 where the head alone does not tell."""
