"""Read and write frames as raw bytes, hex or base64."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
import re
from typing import NamedTuple

__all__ = ('BadFrame', 'FORMS', 'Frame', 'read', 'write')

FORMS = ('raw', 'hex', 'base64')


class BadFrame(Exception):
    """The input does not have the expected form."""


class Frame(NamedTuple):
    """A frame from the input.

    Attributes:
        payload (bytes): The payload.
        form (str): The form of the input.
        others (tuple[str, ...]): Other forms that the input may have.
    """

    payload: bytes
    form: str
    others: tuple[str, ...] = ()


def read(data: bytes, form: str | None = None, *, is_text: bool = False) -> Frame:
    """Read a frame.

    Without a form, TEXT is raw. For BINARY, pairs of hex digits are hex, padded base64
    is base64, and everything else is raw.

    Args:
        data (bytes): The input.
        form (str): Its form (default: detected).
        is_text (bool): Whether the payload is TEXT.

    Returns:
        Frame: The frame.

    Raises:
        BadFrame: The input does not have that form, or is hex with a digit missing.
    """
    if form is not None:
        return Frame(_READERS[form](data), form)
    if not is_text:
        _check_digits(data)
    possible = [other for other in FORMS[1:] if _is_in(data, other)]
    possible.insert(0 if is_text else len(possible), 'raw')
    first, *others = possible
    if first == 'hex' and len(data) >= _LONG:
        others = ['raw']
    return Frame(_READERS[first](data), first, tuple(others))


def write(payload: bytes, form: str) -> bytes:
    """Write a frame, with a newline at the end unless it is raw."""
    return _WRITERS[form](payload)


# NOTE: One random base64 text of this length in 26 million consists of hex digits only.
_LONG = 16
_SPACE = re.compile(rb'\s+')
_AROUND_HEX = re.compile(rb'(?<![0-9A-Fa-f])0x|\\x|[\s:,]', re.IGNORECASE)
_NO_HEX = re.compile(rb'[^0-9A-Fa-f]')
_NO_BASE64 = re.compile(rb'[^A-Za-z0-9+/=_-]')
_URL_SAFE = bytes.maketrans(b'-_', b'+/')


def _from_hex(data: bytes) -> bytes:
    digits = _AROUND_HEX.sub(b'', data)
    if wrong := _NO_HEX.search(digits):
        raise BadFrame(f'not hex: {_shown(wrong)} is not a hex digit')
    if len(digits) % 2:
        raise BadFrame(f'not hex: {len(digits)} digits, and each byte takes two')
    return binascii.unhexlify(digits)


def _check_digits(data: bytes) -> None:
    # NOTE: A raw payload rarely looks like this.
    digits = _AROUND_HEX.sub(b'', data)
    if len(digits) > 1 and len(digits) % 2 and not _NO_HEX.search(digits):
        raise BadFrame(
            f'hex with a digit missing: {len(digits)} digits, and each byte takes two'
        )


def _from_base64(data: bytes) -> bytes:
    text = _SPACE.sub(b'', data).translate(_URL_SAFE)
    if wrong := _NO_BASE64.search(text):
        raise BadFrame(f'not base64: {_shown(wrong)} is not in the alphabet')
    if b'=' not in text:
        text += b'=' * (-len(text) % 4)
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise BadFrame('not base64: the end is missing, or = is misplaced') from None


def _shown(found: re.Match[bytes]) -> str:
    return ascii(found[0].decode('latin-1'))


_READERS: dict[str, Callable[[bytes], bytes]] = {
    'raw': bytes,
    'hex': _from_hex,
    'base64': _from_base64,
}

_WRITERS: dict[str, Callable[[bytes], bytes]] = {
    'raw': bytes,
    'hex': lambda payload: payload.hex().encode() + b'\n',
    'base64': lambda payload: base64.b64encode(payload) + b'\n',
}


def _is_in(data: bytes, form: str) -> bool:
    # NOTE: Any word of three letters is base64 without its padding.
    if form == 'base64' and len(_SPACE.sub(b'', data)) % 4:
        return False
    try:
        return bool(_READERS[form](data))
    except BadFrame:
        return False
