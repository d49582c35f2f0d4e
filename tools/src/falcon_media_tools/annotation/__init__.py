"""Annotators of JSON and MessagePack, and the call of any annotator.

NOTE: What libraries there are show a value in a notation of its own (cbor-diag for
    CBOR), or guess at a schema (bbpb for Protocol Buffers), and give up on the whole of
    a payload that is wrong somewhere. None says where the bytes of a value are.
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
    """Tell what the bytes of a payload mean, where the plugin of a handler can.

    Args:
        spec (HandlerSpec): The handler.
        payload (str | bytes): The payload.
        options (Mapping): The options that the handler was made with.

    Yields:
        Span: In their order; none where the plugin brings no annotator. Where that
        raises is the end, which is no fault of the payload's.
    """
    if spec.annotate is None:
        return
    if isinstance(payload, str):
        payload = payload.encode('utf-8', 'surrogatepass')
    try:
        annotator = annotator_of(spec)
        # NOTE: A span takes a byte, but for a fault at the end.
        for span in islice(annotator(payload, options), len(payload) + 1):
            yield span._replace(text=printable(span.text))
            if span.fault:
                return
    # NOTE: This is the code of a plugin, and only there to explain.
    except Exception:  # noqa: BLE001  # see NOTE
        return
