"""What an author reads when a handler does not keep the contract.

What was asked, what the handler did, what to do about it, and where to read on: a
failure says all four, with the bytes in hex and the objects cut to a length that can be
read.
"""

from __future__ import annotations

import reprlib
import textwrap
import traceback

__all__ = ('ContractFailure', 'show_error', 'show_media', 'show_payload')

GUIDE = 'docs/authors.md'

_SHOWN = 48
_INDENT = '    '


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
        did (str): What the handler did.
        cure (str): What to do about it, if there is something to say.
        handler (str): Name of the handler; set where the point is known.
        asks (str): What the contract asks.
        anchor (str): Where to read on in the guide.
    """

    def __init__(self, did: str, cure: str = '') -> None:
        super().__init__(did, cure)
        self.did = did
        self.cure = cure
        self.handler = ''
        self.asks = ''
        self.anchor = ''

    def __str__(self) -> str:
        parts = [f'The handler {self.handler!r} does not keep the contract.']
        for title, text in (
            ('The contract asks:', self.asks),
            ('What it did:', self.did),
            ('What to do:', self.cure),
        ):
            if text:
                parts.append(f'{title}\n{textwrap.indent(text.strip(), _INDENT)}')
        parts.append(f'Read on: {GUIDE}#{self.anchor}')
        return '\n\n'.join(parts)


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
