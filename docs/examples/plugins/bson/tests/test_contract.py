from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar
from uuid import UUID

from falcon_media import UnsupportedPayload
from falcon_media_testing import BEYOND_JSON, HandlerContract, Refused, Sample


class TestBSONHandler(HandlerContract):
    name = 'bson'
    readme = Path(__file__).parent.parent / 'README.md'
    root = dict
    samples = (
        # NOTE: The two examples of bsonspec.org.
        Sample(
            {'hello': 'world'},
            b'\x16\x00\x00\x00\x02hello\x00\x06\x00\x00\x00world\x00\x00',
        ),
        Sample(
            {'BSON': ['awesome', 5.05, 1986]},
            b'\x31\x00\x00\x00\x04BSON\x00\x26\x00\x00\x00'
            b'\x020\x00\x08\x00\x00\x00awesome\x00'
            b'\x011\x00\x33\x33\x33\x33\x33\x33\x14\x40'
            b'\x102\x00\xc2\x07\x00\x00\x00\x00',
        ),
        Sample({}, b'\x05\x00\x00\x00\x00'),
        Sample(
            {'t': datetime(2024, 2, 29, 1, 30, tzinfo=UTC), 'u': UUID(int=1)},
            b'\x28\x00\x00\x00\x09t\x00\xc0\x8d\x7b\xf2\x8d\x01\x00\x00\x05u\x00\x10\x00\x00\x00\x04'
            b'\x00\x00\x00\x00\x00\x00\x00\x00'
            b'\x00\x00\x00\x00\x00\x00\x00\x01\x00',
        ),
        Sample(
            {'a': 1},
            b'\x10\x00\x00\x00\x12a\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00',
            received_only=True,
        ),
    )
    refuses = (
        Refused(
            b'\x0e\x00\x00\x00\x08a\x00\x01\x0aa\x00\x00\x00\x00', why='one key twice'
        ),
        Refused(
            b'\x0c\x00\x00\x00\x0ba\x00x\x00i\x00\x00',
            UnsupportedPayload,
            'a regular expression',
        ),
        Refused(
            b'\x0d\x00\x00\x00\x05a\x00\x00\x00\x00\x00\x80\x00',
            UnsupportedPayload,
            'binary data of another subtype',
        ),
        Refused(
            b'\x14\x00\x00\x00\x03a\x00\x0c\x00\x00\x00\x08$ref\x00\x01\x00\x00',
            UnsupportedPayload,
            'a reference',
        ),
        Refused(
            b'\x10\x00\x00\x00\x04a\x00\x08\x00\x00\x00\x0a7\x00\x00\x00',
            why='an array with a key of 7',
        ),
        Refused(b'\x0c\x00\x00\x00\x02a\x00\xff\xff\xff\xff\x00', why='a length of -1'),
        Refused(b'\x0c\x00\x00\x00\x03a\x00\xff\xff\xff\x7f\x00', why='a huge length'),
    )
    enforces = ('max_depth', 'max_items')
    cant_carry = BEYOND_JSON - {'bytes', 'infinity', 'nan', 'uuid'} | {
        'int_beyond_64_bits',
        'int_enum',
        'named_tuple',
        'nul_key',
        'ordered_dict',
        'str_enum',
        'unsigned_64_bits',
    }
    changes: ClassVar = {'tuple': list}

    def nested(self, depth: int) -> bytes:
        # NOTE: The innermost document takes 5 bytes, and each around it 8 more.
        sizes = (5 + 8 * level for level in range(depth - 1, 0, -1))
        heads = b''.join(size.to_bytes(4, 'little') + b'\x03k\0' for size in sizes)
        return heads + b'\5\0\0\0\0' + b'\0' * (depth - 1)
