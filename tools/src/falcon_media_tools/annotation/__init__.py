"""Annotate payloads: the annotators of JSON and MessagePack, and a safe call of any.

NOTE: Existing libraries show values in another notation (cbor-diag for CBOR) or guess a
    schema (bbpb for Protocol Buffers), and give up on a payload that is wrong anywhere.
    None gives the offsets of a value.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from itertools import islice

from falcon_media.protocol.annotation import printable
from falcon_media.protocol.annotation import Span
from falcon_media.protocol.spec import annotator_of
from falcon_media.protocol.spec import HandlerSpec

__all__ = ('annotate',)


def annotate(
    spec: HandlerSpec, payload: str | bytes, options: Mapping[str, object]
) -> Iterator[Span]:
    """Annotate the bytes of a payload, if the plugin has an annotator.

    Args:
        spec (HandlerSpec): The handler.
        payload (str | bytes): The payload.
        options (Mapping): The options of the handler.

    Yields:
        Span: In order; none without an annotator. If the annotator raises, the spans
        end there, whether or not the payload is valid.
    """
    if spec.annotate is None:
        return
    if isinstance(payload, str):
        payload = payload.encode('utf-8', 'surrogatepass')
    try:
        annotator = annotator_of(spec)
        # NOTE: Every span has at least one byte, except a fault at the end.
        for span in islice(annotator(payload, options), len(payload) + 1):
            yield span._replace(text=printable(span.text))
            if span.fault:
                return
    # NOTE: An annotator is plugin code and only explains; it must not fail a command.
    except Exception:  # noqa: BLE001  # see NOTE
        return
