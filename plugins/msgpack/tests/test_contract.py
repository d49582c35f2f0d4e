"""What MessagePack can and can't do, for the contract of media handlers."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
import datetime as dt
from pathlib import Path
from typing import Any, ClassVar

import msgpack
from plugins.msgpack.tests import payloads

from falcon_media import MalformedPayload
from falcon_media import PayloadError
from falcon_media import PayloadTooLarge
from falcon_media import UnsupportedPayload
from falcon_media_testing import Batch
from falcon_media_testing import BEYOND_JSON
from falcon_media_testing import HandlerContract
from falcon_media_testing import Loosened
from falcon_media_testing import Probe
from falcon_media_testing import PROBES
from falcon_media_testing import Refused
from falcon_media_testing import Sample

OWN_TYPES = (
    Probe(
        'timestamp',
        '`msgpack.Timestamp`',
        lambda: [msgpack.Timestamp(1, 2), msgpack.Timestamp(-1)],
    ),
    Probe('ext_type', '`msgpack.ExtType`', lambda: [msgpack.ExtType(5, b'a')]),
)


class Zone(dt.tzinfo):
    """Runs Python code in the midst of packing, where threads may take turns."""

    def utcoffset(self, when: dt.datetime | None) -> dt.timedelta | None:
        return sum((dt.timedelta(0) for _ in range(5)), dt.timedelta(0))

    def dst(self, when: dt.datetime | None) -> None:
        return None

    def tzname(self, when: dt.datetime | None) -> None:
        return None


def its_repr(media: object) -> object:
    return repr(media)


def in_a_list(media: object) -> object:
    return [media]


def wrapped(
    them: Iterable[str], error: type[PayloadError], *around: bytes
) -> list[Refused]:
    return [
        Refused(before + bytes.fromhex(text), error)
        for text in them
        for before in (b'', *around)
    ]


def vectors(them: Mapping[str, object], *, received_only: bool) -> list[Sample]:
    return [
        Sample(media, bytes.fromhex(text), received_only=received_only)
        for text, media in them.items()
    ]


class TestMessagePack(HandlerContract):
    name = 'msgpack'
    readme: ClassVar[Path | None] = Path(__file__).parent.parent / 'README.md'
    # NOTE: By the formats of the specification, a part a line.
    samples: ClassVar[Sequence[Sample]] = (
        Sample(
            {'id': 7, 'text': 'żółw', 'data': b'\x00\xff', 'ratio': -0.5, 'ok': True},
            bytes.fromhex(
                """85
                a2 6964        07
                a4 74657874    a7 c5bcc3b3c58277
                a4 64617461    c4 02 00ff
                a5 726174696f  cb bfe0000000000000
                a2 6f6b        c3
                """
            ),
        ),
        Sample(
            [[1, [2, [3]]], {'a': {}}], bytes.fromhex('92 92 01 92 02 91 03 81a161 80')
        ),
        Sample('x' * 200, b'\xd9\xc8' + b'x' * 200),
        Sample([], b'\x90'),
    )
    vectors: ClassVar[Sequence[Sample]] = (
        *vectors(payloads.SHORTEST, received_only=False),
        *vectors(payloads.LONGER, received_only=True),
        Sample(float('nan'), bytes.fromhex('cb 7ff8000000000000')),
    )
    batches: ClassVar[Sequence[Batch]] = payloads.BATCHES
    refuses_batches: ClassVar[Sequence[Refused]] = payloads.REFUSED_BATCHES
    refuses: ClassVar[Sequence[Refused]] = (
        *wrapped(payloads.EXTENSIONS, UnsupportedPayload, b'\x91', b'\x81\xa1a'),
        *wrapped(
            (text for text, (_, rest) in payloads.TIMESTAMPS.items() if rest % 1000),
            UnsupportedPayload,
            b'\x91',
        ),
        *wrapped(payloads.KEYS, UnsupportedPayload, b'\x91'),
        *wrapped(payloads.MALFORMED, MalformedPayload),
        *wrapped(payloads.TIMES_OUT_OF_RANGE, MalformedPayload),
        *(
            Refused(bytes([0xC7, size, 0xFF]) + bytes(size))
            for size in (0, 1, 3, 5, 16)
        ),
        *(Refused(payload, PayloadError) for payload in payloads.DECLARED.values()),
        *(Refused(payload, PayloadTooLarge) for payload in payloads.TOO_LARGE),
    )
    variants: ClassVar[Sequence[Mapping[str, Any]]] = (
        {'strict_encode': False, 'default': in_a_list},
        {'raw': True, 'timestamp': 0},
        {'timestamp': None},
        {'timestamp': 1, 'truncate_nanoseconds': True},
    )
    probes: ClassVar[Sequence[Probe]] = (*PROBES, *OWN_TYPES)
    cant_carry: ClassVar[Collection[str]] = BEYOND_JSON - {
        *('nan', 'infinity', 'bytes', 'bytearray', 'memoryview', 'bytes_key'),
        'datetime_aware',
    } | {'int_beyond_64_bits', 'timestamp', 'ext_type'}
    changes: ClassVar[Mapping[str, Any]] = {
        'bytearray': bytes,
        'memoryview': bytes,
        'tuple': list,
        'named_tuple': list,
        'ordered_dict': dict,
        'int_enum': int,
        'str_enum': str,
    }
    loosened: ClassVar[Mapping[str, Loosened]] = {
        'timestamp': Loosened({'timestamp': 0}),
        'ext_type': Loosened(
            {'ext_hook': msgpack.ExtType}, text='ext_hook=msgpack.ExtType'
        ),
        'object': Loosened({'default': repr}, its_repr),
        **dict.fromkeys(
            ('none_key', 'bool_key', 'int_key', 'float_key', 'colliding_keys'),
            Loosened({'strict_map_key': False}),
        ),
    }
    enforces = ('max_depth', 'max_items')


class TestLooseMessagePack(TestMessagePack):
    options: ClassVar[Mapping[str, Any]] = {
        'allow_duplicate_keys': True,
        'strict_map_key': False,
        'ext_hook': msgpack.ExtType,
    }
    duplicates_are_detected = False
    variants = ()
    readme = None
    samples = (
        Sample(
            {'at': dt.datetime(1970, 1, 1, 0, 0, 1, tzinfo=Zone()), 7: [None]},
            bytes.fromhex('82 a2 6174 d6ff 00000001 07 91 c0'),
        ),
        Sample(
            [dt.datetime(1970, 1, 1, 0, 0, 2, tzinfo=Zone()), 'x'],
            bytes.fromhex('92 d6ff 00000002 a1 78'),
        ),
        Sample([msgpack.ExtType(5, b'a')], bytes.fromhex('91 d4 05 61')),
    )
    vectors = ()
    refuses_batches = ()
    refuses = tuple(
        Refused(payload, PayloadError) for payload in payloads.DECLARED.values()
    )
    cant_carry = BEYOND_JSON - {
        *('nan', 'infinity', 'bytes', 'bytearray', 'memoryview', 'bytes_key'),
        *('datetime_aware', 'none_key', 'bool_key', 'int_key', 'float_key'),
        'colliding_keys',
    } | {'int_beyond_64_bits', 'timestamp'}
    loosened: ClassVar[Mapping[str, Loosened]] = {}


class TestPureMessagePack(TestMessagePack):
    environ: ClassVar[Mapping[str, str]] = {'MSGPACK_PUREPYTHON': '1'}
    readme = None
    vectors = ()
    variants = ()
    loosened: ClassVar[Mapping[str, Loosened]] = {}
