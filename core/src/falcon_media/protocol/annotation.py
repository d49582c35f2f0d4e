"""Annotators: functions that explain each byte of a payload, for tools.

An annotator walks over a payload, explains its bytes piece by piece, and stops at the
first error. A plugin names its annotator in ``HandlerSpec.annotate``, and
``falcon-media decode`` shows the result. It is not used for messages.

An annotator takes the payload (for TEXT, in UTF-8) and the options of the handler by
name, and yields a :class:`Span` for each piece. It must not import a codec library
before it is called, must not recurse, so that any depth works, and must not raise.
:func:`walk`, :class:`Cursor` and :class:`Nesting` take care of the last two.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

__all__ = (
    'Annotator',
    'Cursor',
    'Fault',
    'Nesting',
    'printable',
    'shown',
    'Span',
    'walk',
)


class Span(NamedTuple):
    """Some bytes of a payload, with their meaning.

    Attributes:
        start (int): Offset of the first byte.
        end (int): Offset after the last byte.
        depth (int): Number of containers around it.
        text (str): The meaning. Printable for any payload.
        fault (bool): Whether this is the error. It is the last span then.
    """

    start: int
    end: int
    depth: int
    text: str
    fault: bool = False


Annotator: TypeAlias = Callable[[bytes, Mapping[str, object]], Iterable[Span]]
"""Payload, and the options of its handler -> spans with the meaning of its bytes."""


class Fault(Exception):
    """An error in a payload, which ends the walk.

    Args:
        detail (str): The description of the error.
        start (int): Its offset (default: where the span begins that is being read).
    """

    def __init__(self, detail: str, start: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.start = start


class Cursor:
    """A place in a payload.

    Args:
        payload (bytes): The payload.

    Attributes:
        payload (bytes): The payload.
        start (int): Where the span begins that is being read.
        pos (int): How far it has been read.
        depth (int): How many containers that is in.
    """

    __slots__ = ('depth', 'payload', 'pos', 'start')

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.start = self.pos = self.depth = 0

    @property
    def left(self) -> int:
        """Number of bytes that are left to read."""
        return len(self.payload) - self.pos

    def need(self, size: int, end: int | None = None) -> None:
        """Check that enough bytes are left.

        Args:
            size (int): Number of bytes.
            end (int): Offset that they must not exceed (default: that of the end).

        Raises:
            Fault: Fewer bytes are left.
        """
        left = self.left if end is None else end - self.pos
        if size > left:
            s = '' if size == 1 else 's'
            raise Fault(f'cut off: {size} byte{s} needed, {left} left')

    def take(self, size: int) -> bytes:
        """Read some bytes.

        Raises:
            Fault: Fewer bytes are left.
        """
        self.need(size)
        self.pos += size
        return self.payload[self.pos - size : self.pos]

    def uint(self, size: int) -> int:
        """Read an unsigned big-endian integer."""
        return int.from_bytes(self.take(size))

    def utf8(self, size: int) -> str:
        """Read some bytes of UTF-8.

        Raises:
            Fault: Fewer bytes are left, or they are not UTF-8.
        """
        data = self.take(size)
        try:
            return data.decode()
        except UnicodeDecodeError as ex:
            start = self.pos - size + ex.start
            raise Fault(f'invalid UTF-8: {ex.reason}', start) from None

    def span(self, text: str) -> Span:
        """End a span here, and begin the next."""
        start, self.start = self.start, self.pos
        return Span(start, self.pos, self.depth, text)


@dataclass(slots=True)
class _Level:
    left: int | None
    is_map: bool
    seen: int = 0


class Nesting:
    """The stack of open containers, for formats that count elements.

    Args:
        cursor (Cursor): The place.

    Attributes:
        is_key (bool): Whether the current item is a key of a map.
    """

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._levels = [_Level(1, is_map=False)]
        self.is_key = False

    def begin(self) -> bool:
        """Begin the next item.

        Returns:
            bool: Whether there is one.

        Raises:
            Fault: An item is missing, but the payload ends.
        """
        levels, cursor = self._levels, self._cursor
        while levels and levels[-1].left == 0:
            levels.pop()
        if not levels:
            return False
        level = levels[-1]
        cursor.depth = len(levels) - 1
        if not cursor.left:
            missing = 'the end' if level.left is None else f'{level.left} more'
            raise Fault(f'cut off: {missing} expected')
        self.is_key = level.is_map and level.seen % 2 == 0
        level.seen += 1
        if level.left is not None:
            level.left -= 1
        return True

    def open(self, count: int | None, *, is_map: bool = False) -> None:
        """Open the current item as a container.

        Args:
            count (int | None): Number of elements or entries; ``None`` for a container
                that ends with :meth:`close`.
            is_map (bool): Whether it has entries: each a key and a value.
        """
        if count is not None and is_map:
            count *= 2
        self._levels.append(_Level(count, is_map))

    def close(self) -> None:
        """Close a container without a count; the current item is its end marker.

        Raises:
            Fault: The container can't end here.
        """
        level = self._levels.pop()
        if level.left is not None or (level.is_map and not self.is_key):
            raise Fault('an end marker where an item is expected')
        self._cursor.depth -= 1


def walk(payload: bytes, steps: Callable[[Cursor], Iterable[Span]]) -> Iterator[Span]:
    """Walk over a payload, and turn a fault into the last span.

    Args:
        payload (bytes): The payload.
        steps (Callable): Takes a cursor, and yields spans; raises a :class:`Fault`.

    Yields:
        Span: The spans of `steps`; then, if there is an error, a last one with it.
    """
    cursor = Cursor(payload)
    try:
        if not payload:
            raise Fault('empty')
        yield from steps(cursor)
        cursor.start = cursor.pos
        if cursor.left:
            raise Fault('trailing data after the payload')
    except Fault as ex:
        start = cursor.start if ex.start is None else ex.start
        if start > cursor.start:
            yield Span(cursor.start, start, cursor.depth, 'valid up to here')
        end = min(max(cursor.pos, start + 1), len(payload))
        yield Span(start, end, cursor.depth, ex.detail, fault=True)


_LONGEST = 60


def shown(value: str | bytes, longest: int = _LONGEST) -> str:
    """Format a string of a payload so that it is safe to print.

    Control characters, and those that change the direction of text, are escaped: a
    client must not be able to draw on a terminal.

    Args:
        value (str | bytes): The string.
        longest (int): Number of characters or bytes to show.

    Returns:
        str: ``"text"``, or ``0x...`` for bytes; with ``...`` if it was cut.
    """
    more = '...' if len(value) > longest else ''
    if isinstance(value, bytes):
        return f'0x{value[:longest].hex()}{more}' if value else '0x'
    text = value[:longest].replace('\\', '\\\\').replace('"', '\\"')
    return f'"{printable(text)}"{more}'


def printable(text: str) -> str:
    """Escape the characters that are not printable: see :func:`shown`."""
    if text.isprintable():
        return text
    return ''.join(
        character
        if character.isprintable()
        else character.encode('unicode_escape').decode()
        for character in text
    )
