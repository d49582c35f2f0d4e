"""Batches of newline-delimited JSON, for the contract of whatever has ``LINES``.

By https://github.com/ndjson/ndjson-spec, which leaves it to the receiver what becomes
of an empty line. Here it is refused.
"""

from __future__ import annotations

from falcon_media.errors import PayloadTooLarge
from falcon_media_testing.declaration import Batch
from falcon_media_testing.declaration import Refused

__all__ = ('BATCHES', 'REFUSED')

BATCHES = (
    Batch([{'a': 1}, [2, None], 'text\n'], '{"a":1}\n[2,null]\n"text\\n"\n'),
    Batch([[]], '[]\n'),
    Batch([1, 2], '1\r\n2', received_only=True),
)
"""Objects with the frames that they share."""

REFUSED = (
    Refused('1\n\n2\n', why='an empty line'),
    Refused('\n', why='nothing but an empty line'),
    Refused('[1,\n2]\n', why='a message of two lines'),
    Refused('1 2\n3\n', why='two messages in a line'),
    Refused('1\n' * 600_000, PayloadTooLarge, why='too large'),
    Refused('1\n' * 1000, PayloadTooLarge, why='too many'),
)
"""Frames of which a part is refused."""
