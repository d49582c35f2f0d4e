"""The bytes of a payload, beside what they mean."""

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
        offset (int | None): Offset of its first byte; ``None`` where it has none.
        data (bytes): Its bytes.
        text (str): What they mean, indented by depth.
        fault (bool): Whether they are wrong.
    """

    offset: int | None
    data: bytes
    text: str
    fault: bool = False

    @property
    def hex(self) -> str:
        """Its bytes, to be read."""
        return self.data.hex(' ')


def dump(payload: bytes, spans: Iterable[Span]) -> Iterator[Line]:
    """Lay out a payload.

    Args:
        payload (bytes): The payload.
        spans (Iterable[Span]): What its bytes mean.

    Yields:
        Line: One for each eight bytes of each span, up to a few.
    """
    for span in spans:
        # NOTE: Deeper ones would leave no room for what they mean.
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
    """Show the bytes around some, with these in brackets.

    Args:
        payload (bytes): The payload.
        start (int): Offset of the first.
        end (int): Offset after the last; of many, only the first few are shown.

    Returns:
        str: Hex, with ``...`` where it goes on.
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
