"""Why a payload was refused, and at which of its bytes."""

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
    """Where a payload is wrong.

    Attributes:
        start (int): Offset of the first byte that is.
        end (int): Offset after the last one.
        detail (str | None): What is wrong there, where that is known.
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
        handler (Handler): What refused it.
        payload (str | bytes): The payload.
        error (PayloadError): What it said.
        spans (Sequence[Span]): What the bytes mean, up to the first that is wrong.

    Returns:
        Place: They; ``None`` where that can't be told.
    """
    fault = None
    if spans and spans[-1].fault:
        fault = Place(spans[-1].start, spans[-1].end, spans[-1].text)
    # NOTE: What is not accepted may come before what is wrong, and is then told.
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
        # NOTE: What is cut off is malformed first; it tells by a path itself.
        return None
    if _REPEATED in error.detail:
        place = _repeated_key(payload, spans)
        if place is not None:
            return place
    if error.limit == 'max_depth' and isinstance(payload, str):
        return _too_deep(spans, error.limit_value)
    # NOTE: The bytes are in order, and the handler refuses what they mean: a tag, a key
    #   that is there twice. It does so as soon as it gets there, and before that says
    #   something else: that the payload is cut off. So the shortest beginning that it
    #   refuses with the same words ends in what they are about.
    low, high = 0, len(payload)
    while high - low > 1:
        middle = (low + high) // 2
        if _refuses(handler, payload[:middle], error):
            high = middle
        else:
            low = middle
    if high == len(payload):
        # NOTE: It may be about all that came before.
        return None
    beginning = payload[:high]
    end = len(beginning.encode() if isinstance(beginning, str) else beginning)
    for span in spans:
        if span.start < end <= span.end:
            return Place(span.start, span.end)
    return Place(end - 1, end)


_COUNTED = ('max_size', 'max_items')
"""Budgets that no single byte is over."""


_REPEATED = 'same key twice'
_LENGTH = re.compile(r'\((\d+)\)')


def _repeated_key(payload: str | bytes, spans: Sequence[Span]) -> Place | None:
    """Find the first key that its container has already.

    NOTE: Where two keys are equal and not of one kind (1 and 1.0), there is none.
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
    # NOTE: Of a long string, the text shows the beginning alone.
    if text.startswith('"'):
        return JSONDecoder().raw_decode(data.decode())[0]
    kind, _, value = text.partition(' ')
    length = _LENGTH.search(kind)
    return data[len(data) - int(length[1]) :] if length else value or kind


def _too_deep(spans: Sequence[Span], max_depth: int | None) -> Place | None:
    # NOTE: Text is looked at as a whole before it is decoded, and only if it is long
    #   enough to be too deep.
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
