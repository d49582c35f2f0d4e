"""Dump the bytes of a payload beside their meaning."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple

from falcon_media.protocol.annotation import Span

__all__ = ('around', 'dump', 'Line')

_WIDTH = 8
_LONGEST = 4 * _WIDTH
_INDENT = 2
_DEEPEST = 16
_CONTEXT = 16


class Line(NamedTuple):
    """A line of a dump.

    Attributes:
        offset (int | None): Offset of the first byte; ``None`` without bytes.
        data (bytes): The bytes.
        text (str): Their meaning, indented by depth.
        fault (bool): Whether they are wrong.
    """

    offset: int | None
    data: bytes
    text: str
    fault: bool = False

    @property
    def hex(self) -> str:
        """The bytes in hex."""
        return self.data.hex(' ')


def dump(payload: bytes, spans: Iterable[Span]) -> Iterator[Line]:
    """Yield the lines of a dump.

    Args:
        payload (bytes): The payload.
        spans (Iterable[Span]): Its annotated bytes.

    Yields:
        Line: One for each eight bytes of a span; long spans are cut.
    """
    for span in spans:
        # NOTE: More indentation would leave no room for the text.
        depth = span.depth
        indent = ' ' * (_INDENT * min(depth, _DEEPEST))
        level = f'({depth} levels) ' if depth > _DEEPEST else ''
        here = '  <-- here' if span.fault else ''
        text = f'{indent}{level}{span.text}{here}'
        data = payload[span.start : span.end]
        for start in range(0, min(len(data), _LONGEST) or 1, _WIDTH):
            yield Line(
                span.start + start, data[start : start + _WIDTH], text, span.fault
            )
            text = ''
        if len(data) > _LONGEST:
            yield Line(None, b'', f'{indent}... {len(data) - _LONGEST} more bytes')


def around(payload: bytes, start: int, end: int) -> str:
    """Show some bytes in brackets, with those around them.

    Args:
        payload (bytes): The payload.
        start (int): Offset of the first byte in brackets.
        end (int): Offset after the last one; only the first few are shown.

    Returns:
        str: Hex, with ``...`` where the payload continues.
    """
    end = min(end, start + _WIDTH)
    first, last = max(start - _CONTEXT, 0), end + _CONTEXT
    parts = (
        '...' if first else '',
        payload[first:start].hex(' '),
        f'[{payload[start:end].hex(" ")}]',
        payload[end:last].hex(' '),
        '...' if last < len(payload) else '',
    )
    return ' '.join(filter(None, parts))
