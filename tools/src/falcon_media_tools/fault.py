"""Locate the bytes for which a payload was refused."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from json import JSONDecoder
import re
from typing import NamedTuple

from falcon_media.errors import InvalidPayload
from falcon_media.errors import PayloadError
from falcon_media.errors import UnsupportedPayload
from falcon_media.protocol.annotation import Span
from falcon_media.protocol.guard import NOT_WELL_FORMED
from falcon_media.protocol.handlers import Handler

__all__ = ('locate', 'Place')


class Place(NamedTuple):
    """The bytes where a payload is wrong.

    Attributes:
        start (int): Offset of the first wrong byte.
        end (int): Offset after the last one.
        detail (str | None): The error at this place, if known.
    """

    start: int
    end: int
    detail: str | None = None


def locate(
    handler: Handler,
    payload: str | bytes,
    error: PayloadError,
    spans: Sequence[Span],
) -> Place | None:
    """Find the bytes for which a payload was refused.

    Args:
        handler (Handler): The handler that refused it.
        payload (str | bytes): The payload.
        error (PayloadError): The error that it raised.
        spans (Sequence[Span]): The annotated bytes, up to the first wrong one.

    Returns:
        Place: The location, or ``None`` if it is unknown.
    """
    fault = None
    if spans and spans[-1].fault:
        fault = Place(spans[-1].start, spans[-1].end, spans[-1].text)
    # NOTE: An unsupported item may precede malformed bytes; then the error is about it.
    if isinstance(error, UnsupportedPayload) or fault is None:
        return _found(handler, payload, error, spans) or fault
    return fault


def _found(
    handler: Handler,
    payload: str | bytes,
    error: PayloadError,
    spans: Sequence[Span],
) -> Place | None:
    if error.detail == NOT_WELL_FORMED or error.limit in _COUNTED:
        return None
    if isinstance(error, InvalidPayload):
        # NOTE: A shortened payload is malformed before it is invalid, so a search by
        #   prefix fails. The error has the path of the value.
        return None
    if _REPEATED in error.detail:
        place = _repeated_key(payload, spans)
        if place is not None:
            return place
    if error.limit == 'max_depth' and isinstance(payload, str):
        return _too_deep(spans, error.limit_value)
    # NOTE: The payload is well-formed, and the handler refuses its content, such as a
    #   tag or a duplicate key, as soon as it reads that. A shorter prefix fails with
    #   another error: it is truncated. So the shortest prefix that fails with the same
    #   error ends in the bytes that the error is about.
    low, high = 0, len(payload)
    while high - low > 1:
        middle = (low + high) // 2
        if _refuses(handler, payload[:middle], error):
            high = middle
        else:
            low = middle
    if high == len(payload):
        # NOTE: The error may be about the payload as a whole.
        return None
    beginning = payload[:high]
    end = len(beginning.encode() if isinstance(beginning, str) else beginning)
    for span in spans:
        if span.start < end <= span.end:
            return Place(span.start, span.end)
    return Place(end - 1, end)


_COUNTED = ('max_size', 'max_items')
"""Budgets that no single byte exceeds."""


_REPEATED = 'same key twice'
_LENGTH = re.compile(r'\((\d+)\)')


def _repeated_key(payload: str | bytes, spans: Sequence[Span]) -> Place | None:
    """Find the first duplicate key of a container.

    NOTE: Equal keys of different types (1 and 1.0) are not found.
    """
    data = payload.encode() if isinstance(payload, str) else payload
    seen: dict[int, set[object]] = {}
    for span, following in pairwise(spans):
        if following.depth > span.depth:
            seen[following.depth] = set()
        elif span.text.endswith(':'):
            key = _key(data[span.start : span.end], span.text)
            keys = seen.setdefault(span.depth, set())
            if key in keys:
                return Place(span.start, span.end)
            keys.add(key)
    return None


def _key(data: bytes, text: str) -> object:
    # NOTE: The text of a span shows only the beginning of a long string.
    if text.startswith('"'):
        return JSONDecoder().raw_decode(data.decode())[0]
    kind, _, value = text.partition(' ')
    length = _LENGTH.search(kind)
    return data[len(data) - int(length[1]) :] if length else value or kind


def _too_deep(spans: Sequence[Span], max_depth: int | None) -> Place | None:
    # NOTE: The depth of text is checked before decoding, for the payload as a whole and
    #   only if it is long enough to be too deep, so a search by prefix fails.
    for span, below in pairwise(spans):
        if span.depth == max_depth and below.depth > span.depth:
            return Place(span.start, span.end)
    return None


def _refuses(handler: Handler, payload: str | bytes, error: PayloadError) -> bool:
    try:
        handler.deserialize(payload)  # type: ignore[arg-type]  # of the type it takes
    except PayloadError as ex:
        return type(ex) is type(error) and ex.detail == error.detail
    return False
