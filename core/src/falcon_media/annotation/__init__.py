"""What the bytes of a payload mean, one after the other.

A handler says whether a payload is good, and what becomes of it. An annotator says
where: it walks over the bytes, tells what each of them is for, and stops at the first
that is wrong. It is a function that a plugin names in its spec
(``HandlerSpec.annotate``), and people see its work in ``falcon-media decode``. No
message goes through it.

It takes the payload (of TEXT, the UTF-8) and the options of the handler, by name, and
yields a :class:`Span` for each piece. It imports no codec library before it is called;
it doesn't recurse, so that no payload can be too deep for it; and it doesn't raise.
:class:`Cursor` and :class:`Nesting` make all of that easy to keep.

NOTE: What libraries there are show a value in a notation of its own (cbor-diag for
    CBOR), or guess at a schema (bbpb for Protocol Buffers), and give up on the whole of
    a payload that is wrong somewhere. None says where the bytes of a value are.
"""

from __future__ import annotations

from falcon_media.annotation.json_text import annotate_json
from falcon_media.annotation.message_pack import annotate_msgpack
from falcon_media.annotation.walk import annotate
from falcon_media.annotation.walk import Annotator
from falcon_media.annotation.walk import Cursor
from falcon_media.annotation.walk import Fault
from falcon_media.annotation.walk import Nesting
from falcon_media.annotation.walk import printable
from falcon_media.annotation.walk import shown
from falcon_media.annotation.walk import Span
from falcon_media.annotation.walk import walk

__all__ = (
    'annotate',
    'annotate_json',
    'annotate_msgpack',
    'Annotator',
    'Cursor',
    'Fault',
    'Nesting',
    'printable',
    'shown',
    'Span',
    'walk',
)
