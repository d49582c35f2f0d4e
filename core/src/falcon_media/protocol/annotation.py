"""The meaning of each byte of a payload, for tools.

An annotator walks over the bytes of a payload, says what each of them is for, and stops
at the first that is wrong. A plugin names its annotator in ``HandlerSpec.annotate``;
``falcon-media decode`` shows the result. No message goes through it.

It takes the payload (of TEXT, the UTF-8) and the options of the handler by name, and
yields a :class:`Span` for each piece. It imports no codec library before it is called,
doesn't recurse, so that no payload is too deep for it, and doesn't raise. :func:`walk`,
:class:`Cursor` and :class:`Nesting` do that.
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
    """Some bytes of a payload, and what they mean.

    Attributes:
        start (int): Offset of the first byte.
        end (int): Offset after the last byte.
        depth (int): How many containers it is in.
        text (str): What it means. Printable, whatever the payload holds.
        fault (bool): Whether it is what is wrong. There is nothing after it.
    """

    start: int
    end: int
    depth: int
    text: str
    fault: bool = False


Annotator: TypeAlias = Callable[[bytes, Mapping[str, object]], Iterable[Span]]
"""Payload, and the options of its handler -> what its bytes mean."""


class Fault(Exception):
    """What a walk ends in where a byte is wrong.

    Args:
        detail (str): What is wrong with it.
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
        """How many bytes there are to read."""
        return len(self.payload) - self.pos

    def need(self, size: int, end: int | None = None) -> None:
        """See to it that there are some bytes to read.

        Args:
            size (int): So many.
            end (int): Where the last one has to be (default: in the payload).

        Raises:
            Fault: There are not so many.
        """
        left = self.left if end is None else end - self.pos
        if size > left:
            s = '' if size == 1 else 's'
            raise Fault(f'cut off: {size} byte{s} needed, {left} left')

    def take(self, size: int) -> bytes:
        """Read some bytes.

        Raises:
            Fault: There are not so many.
        """
        self.need(size)
        self.pos += size
        return self.payload[self.pos - size : self.pos]

    def uint(self, size: int) -> int:
        """Read an integer of some bytes, the highest first, without a sign."""
        return int.from_bytes(self.take(size))

    def utf8(self, size: int) -> str:
        """Read some bytes of UTF-8.

        Raises:
            Fault: There are not so many, or they are no UTF-8.
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
    """The containers that are open around a place, for formats that count elements.

    Args:
        cursor (Cursor): The place.

    Attributes:
        is_key (bool): Whether the item that was begun last is a key of a map.
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
            Fault: There should be one, and the payload is at its end.
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
        """Go into the item that was begun last.

        Args:
            count (int | None): Elements, or entries, in it; ``None`` for as many as
                come before :meth:`close`.
            is_map (bool): Whether they are entries: each a key, and a value.
        """
        if count is not None and is_map:
            count *= 2
        self._levels.append(_Level(count, is_map))

    def close(self) -> None:
        """End a container without a count, by an item that was begun to say so.

        Raises:
            Fault: It can't end here.
        """
        level = self._levels.pop()
        if level.left is not None or (level.is_map and not self.is_key):
            raise Fault('an end marker where an item is expected')
        self._cursor.depth -= 1


def walk(payload: bytes, steps: Callable[[Cursor], Iterable[Span]]) -> Iterator[Span]:
    """Walk over a payload.

    Args:
        payload (bytes): The payload.
        steps (Callable): Takes a cursor, and yields spans; raises a :class:`Fault`.

    Yields:
        Span: Those of `steps`; then, if something is wrong, a last one with the fault.
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
    """Put a string of a payload into words that are safe to print.

    Control characters, and those that change the order of the characters around them,
    are escaped: what a client sends may not draw on the terminal of who looks at it.

    Args:
        value (str | bytes): The string.
        longest (int): Characters, or bytes, of it to show.

    Returns:
        str: ``"text"``, or ``0x...`` for bytes; with ``...`` where it goes on.
    """
    more = '...' if len(value) > longest else ''
    if isinstance(value, bytes):
        return f'0x{value[:longest].hex()}{more}' if value else '0x'
    text = value[:longest].replace('\\', '\\\\').replace('"', '\\"')
    return f'"{printable(text)}"{more}'


def printable(text: str) -> str:
    """Escape what is not to be printed: see :func:`shown`."""
    if text.isprintable():
        return text
    return ''.join(
        character
        if character.isprintable()
        else character.encode('unicode_escape').decode()
        for character in text
    )
