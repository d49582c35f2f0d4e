"""The media handler, and the options it takes."""

from __future__ import annotations

from falcon_media import BinaryHandler, Codec, Limits, UnserializableMedia
from falcon_media.spi import media_check

__all__ = ['BSONHandler']


class BSONHandler(BinaryHandler):
    """BSON 1.1, by the ``bson`` of pymongo.

    - A message is a mapping with string keys, none of which occurs twice.
    - Times are in UTC, and exact to the millisecond; UUIDs are of subtype 4. No other
      types are accepted than those that Python has too.
    - What would not come back equal is not sent, but for tuples, which become lists.

    Keyword Args:
        limits: The budgets (default ``Limits()``).
    """

    name = 'bson'

    def __init__(self, *, limits: Limits | None = None) -> None:
        # NOTE: Here, so that listing the handler does not import its library.
        import bson

        from falcon_media_bson.codec import OPTIONS
        from falcon_media_bson.wire import wire_check

        limits = limits or Limits()

        def decode(payload: bytes) -> object:
            return bson.decode(payload, codec_options=OPTIONS)

        def encode(media: object) -> bytes:
            if type(media) is not dict:
                raise UnserializableMedia('a message is a dict')
            payload = bson.encode(media, codec_options=OPTIONS)
            # NOTE: A codec library changes more values silently than one would think.
            #   This refuses them all, and costs a decode for each encode: until there
            #   is a check that knows the library.
            if not _is_same(media, decode(payload)):
                raise UnserializableMedia('it would not come back equal')
            return payload

        super().__init__(
            Codec(
                encode=encode,
                decode=decode,
                # NOTE: The length up to which a payload owes no check. Here all of them
                #   do, an empty one too.
                unchecked=-1,
                check_payload=wire_check(limits),
                check_media=media_check(limits),
            ),
            limits,
        )


def _is_same(sent: object, received: object) -> bool:
    """Whether an object came back equal; tuples are lists then."""
    if type(sent) in (list, tuple) and isinstance(sent, (list, tuple)):
        return (
            isinstance(received, list)
            and len(sent) == len(received)
            and all(map(_is_same, sent, received))
        )
    if type(sent) is dict and isinstance(received, dict):
        return sent.keys() == received.keys() and all(
            type(key) is str and _is_same(value, received[key])
            for key, value in sent.items()
        )
    if type(sent) is float:
        # NOTE: NaN is not equal to itself.
        return repr(sent) == repr(received)
    return type(sent) is type(received) and sent == received
