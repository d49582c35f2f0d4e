"""What a handler is given, noted before it is: a crash can't tell any more.

The note is in a file that another process reads after the crash. While a handler is
watched, a clock is running too: when one case takes too long, the process ends with a
traceback of where it stood, whether or not the handler ever gives Python a turn.
"""

from __future__ import annotations

import faulthandler
import mmap
from pathlib import Path
import struct
import time
from typing import NamedTuple

__all__ = ('Case', 'LOADING', 'LOADING_SECONDS', 'Unwatched', 'Watch')

_HEAD = struct.Struct('<QHHQ?')
_LABEL = 400
_PAYLOAD = 1024
SIZE = _HEAD.size + _LABEL + _PAYLOAD

_REARM_SECONDS = 0.1

LOADING = 'the contract is loaded'
LOADING_SECONDS = 60.0
"""What importing a library may take, on a machine that is busy."""


class Case(NamedTuple):
    """A case, as it was noted.

    Attributes:
        number (int): How many cases there have been, this one included.
        label (str): What the case is.
        payload (str | bytes): The payload, or what it begins with.
        size (int): Its length.
    """

    number: int
    label: str
    payload: str | bytes = b''
    size: int = 0

    @classmethod
    def read(cls, path: Path) -> Case:
        """Read the last case that was noted in a file."""
        data = path.read_bytes()
        number, label, noted, size, is_text = _HEAD.unpack_from(data)
        start = _HEAD.size + _LABEL
        payload = data[start : start + noted]
        return cls(
            number,
            data[_HEAD.size : _HEAD.size + label].decode('utf-8', 'replace'),
            payload.decode('utf-8', 'replace') if is_text else payload,
            size,
        )


class Unwatched:
    """Where nobody reads the notes, and no clock is running."""

    number = 0

    def case(self, label: str, payload: str | bytes = b'') -> None:
        """Note a case that is about to be tried.

        Args:
            label (str): What it is, for people.
            payload (str | bytes): What a handler is about to be given, if anything.
        """
        self.number += 1


class Watch(Unwatched):
    """Notes in a file, under a clock.

    Args:
        path (Path): The file.
        patience (float): Seconds that a case may take.

    Attributes:
        patience (float): The same; it may be changed between cases.
    """

    def __init__(self, path: Path, patience: float) -> None:
        path.write_bytes(bytes(SIZE))
        with path.open('r+b') as file:
            self._map = mmap.mmap(file.fileno(), SIZE)
        self.patience = patience
        self._armed_at = 0.0

    def case(self, label: str, payload: str | bytes = b'') -> None:
        """Note a case, and wind up the clock."""
        super().case(label, payload)
        is_text = isinstance(payload, str)
        noted = payload[:_PAYLOAD]
        data = noted.encode('utf-8', 'replace') if isinstance(noted, str) else noted
        data = data[:_PAYLOAD]
        name = label.encode('utf-8', 'replace')[:_LABEL]
        view = self._map
        view[: _HEAD.size] = _HEAD.pack(
            self.number, len(name), len(data), len(payload), is_text
        )
        view[_HEAD.size : _HEAD.size + len(name)] = name
        start = _HEAD.size + _LABEL
        view[start : start + len(data)] = data
        # PERF: A new clock is a new thread, so not one for each case.
        now = time.monotonic()
        if now - self._armed_at > _REARM_SECONDS:
            self._armed_at = now
            # NOTE: Not sys.stderr, which a test may have replaced.
            faulthandler.dump_traceback_later(self.patience, exit=True, file=2)

    def rest(self) -> None:
        """Stop the clock, and begin to count anew."""
        faulthandler.cancel_dump_traceback_later()
        self.number = 0
        self._armed_at = 0.0
