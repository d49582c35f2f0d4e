"""What an author reads when a handler does not keep the contract.

What was asked, what the handler did, what to do about it, and where to read on: a
failure says all four, with the bytes in hex and the objects cut to a length that can be
read.
"""

from __future__ import annotations

import reprlib
import textwrap
import traceback

__all__ = (
    'ContractFailure',
    'show_cause',
    'show_error',
    'show_media',
    'show_payload',
)

GUIDE = 'docs/authors.md'

_SHOWN = 48
_INDENT = '    '
_WIDTH = 84


class _Repr(reprlib.Repr):
    """Cuts what is long, and stops at what is deep."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 5
        self.maxlist = self.maxtuple = self.maxdict = self.maxset = 8
        self.maxstring = self.maxother = 120

    def repr_int(self, x: int, level: int) -> str:
        # NOTE: Of thousands of digits, repr() raises ValueError.
        bits = x.bit_length()
        return repr(x) if bits < _SHOWN_BITS else f'<int of {bits} bits>'


_repr = _Repr()
_SHOWN_BITS = 400


class ContractFailure(AssertionError):
    """A handler does not keep the contract.

    Attributes:
        did (str): What was tried, and what happened.
        cure (str): What to do about it.
        handler (str): Name of the handler; set where the point is known.
        point (str): Name of the test.
        asks (str): What the contract asks.
        anchor (str): Where to read on in the guide.
    """

    def __init__(self, did: str, cure: str) -> None:
        super().__init__(did, cure)
        self.did = did
        self.cure = cure
        self.handler = ''
        self.point = ''
        self.asks = ''
        self.anchor = ''

    def __str__(self) -> str:
        parts = [f'{self.point} failed for the handler {self.handler!r}.']
        cure = '\n'.join(map(_wrapped, self.cure.splitlines()))
        for title, text in (
            ('The contract asks:', self.asks),
            ('What happened:', self.did),
            ('What to do:', cure),
        ):
            if text:
                parts.append(f'{title}\n{textwrap.indent(text.strip(), _INDENT)}')
        parts.append(f'Read on: {GUIDE}#{self.anchor}')
        return '\n\n'.join(parts)


def _wrapped(line: str) -> str:
    return textwrap.fill(line, _WIDTH, break_long_words=False, break_on_hyphens=False)


def show_payload(payload: object, size: int | None = None) -> str:
    """Show a payload: bytes in hex, text quoted, both with their size.

    Args:
        payload (object): The payload.
        size (int): Its length, where this is only what it begins with.
    """
    if isinstance(payload, str):
        shown = ascii(payload[:_SHOWN])
        unit = 'characters'
    elif isinstance(payload, bytes | bytearray | memoryview):
        shown = bytes(payload[:_SHOWN]).hex(' ') or '(nothing)'
        unit = 'bytes'
    else:
        return f'{show_media(payload)} ({type(payload).__name__})'
    size = len(payload) if size is None else size
    more = ' ...' if size > _SHOWN else ''
    return f'{shown}{more} ({size} {unit})'


def show_media(media: object) -> str:
    """Show an object, whatever its size, and whatever its ``repr()`` does."""
    return _repr.repr(media)


def show_error(ex: BaseException) -> str:
    """Show an exception, with the place that it comes from."""
    lines = ''.join(traceback.format_exception_only(ex)).strip()
    frames = traceback.extract_tb(ex.__traceback__)
    places = [
        f'  {frame.filename}:{frame.lineno} in {frame.name}' for frame in frames[-3:]
    ]
    return '\n'.join([lines, *places])


def show_cause(ex: BaseException) -> str:
    """Show the first cause of an exception, on a line of its own, if it has one.

    Args:
        ex (BaseException): An exception, whose own text is shown elsewhere.
    """
    cause = ex
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return '' if cause is ex else f'\ncaused by {show_error(cause)}'
