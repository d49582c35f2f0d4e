"""Read the user's messages from files or standard input."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
import sys
from typing import Any

from falcon import WebSocketPayloadType

from falcon_media.errors import PayloadError
from falcon_media.protocol.handlers import Handler
from falcon_media_tools.measuring import told

__all__ = ('read_sample', 'Sample', 'SampleError')

STDIN = '-'


class SampleError(Exception):
    """The sample can't be read or decoded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A message.

    Attributes:
        name (str): Its name.
        media (object): The message.
    """

    name: str
    media: object


def read_sample(path: str, handler: Handler) -> Sample:
    """Read a message.

    Args:
        path (str): A file with the payload of one message; ``'-'`` for standard input.
        handler (Handler): The handler that decodes it.

    Returns:
        Sample: The message.

    Raises:
        SampleError: The sample can't be read or decoded.
    """
    name = 'stdin' if path == STDIN else Path(path).name
    try:
        content = sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()
        return Sample(name=name, media=_decoded(content, handler))
    except OSError as ex:
        raise SampleError(f'{name}: cannot be read: {ex.strerror}') from ex
    except UnicodeDecodeError as ex:
        raise SampleError(
            f'{name}: not valid UTF-8 at byte {ex.start}, and {handler.name} is text: '
            'pass the format of the file with --from'
        ) from ex
    except PayloadError as ex:
        budget = f' (--config may set limits.{ex.limit})' if ex.limit else ''
        raise SampleError(f'{name}: {told(ex)}{budget}') from ex


def _decoded(content: bytes, handler: Handler) -> object:
    payload: Any = content
    if handler.payload_type is WebSocketPayloadType.TEXT:
        # NOTE: Some editors write a byte order mark.
        payload = content.decode('utf-8-sig')
    return handler.deserialize(payload)
