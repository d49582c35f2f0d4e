"""What our handlers send is read by Node, and what Node sends is read by them.

The packages are those that most programs for Node use: @msgpack/msgpack, cbor-x and
protobufjs. Where the two sides differ, a test says how.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import datetime as dt
from functools import partial
import json
import math
from pathlib import Path
from typing import Any, TYPE_CHECKING
from uuid import UUID

import pytest

from falcon_media import UnsupportedPayload
from falcon_media_cbor import CBORHandler
from falcon_media_tools.tagged import from_tagged
from falcon_media_tools.tagged import to_tagged

if TYPE_CHECKING:
    from tests.node.conftest import Ours
    from tests.node.conftest import Theirs

ROOT = Path(__file__).parent.parent.parent

Choose = Callable[..., 'Ours']
Ask = Callable[..., 'Theirs']

POWERS = (7, 8, 15, 16, 31, 32, 53, 63)
INTEGERS = [
    *(0, 23, 24, -1, -24, -25, -32, -33, 2**64 - 1),
    *(
        sign * 2**power + step
        for power in POWERS
        for sign in (1, -1)
        for step in (-1, 0)
    ),
]
MESSAGES: dict[str, Any] = {
    'chat': {
        'type': 'message',
        'room': 'general',
        'text': 'Zażółć gęślą jaźń 🦅 مرحبا \x00',
        'tags': [],
        'reply_to': None,
        'seen': True,
    },
    'telemetry': {
        'device': 'd-17',
        'at': dt.datetime(2026, 3, 1, 12, 30, 15, 250_000, dt.UTC),
        'before 1970': dt.datetime(1969, 12, 31, 23, 59, 59, 500_000, dt.UTC),
        'raw': bytes(range(256)),
        'readings': [-12.375, 0.1, 1 / 3, 1.7976931348623157e308, 5e-324, math.pi],
    },
    'integers': [number for number in INTEGERS if -(2**63) <= number < 2**64],
    'lengths': {
        'text': ['', *('é' * length for length in (15, 16, 127, 128, 40_000))],
        'bytes': [b'', *(b'\xff' * length for length in (255, 256, 70_000))],
        'array': [*range(20)],
        'map': {f'key {number}': number for number in range(20)},
        'long': [None] * 70_000,
    },
    'nested': [[[[{'a': [{'b': [{}]}]}]]], {'': {'': {'': []}}}],
    'not finite': [math.inf, -math.inf],
}


def words(message: Any) -> str:
    """A message as text, so that 1, 1.0 and True are three."""
    return json.dumps(to_tagged(from_tagged(message)), sort_keys=True)


def both_ways(ours: Ours, ask: Ask, messages: Sequence[Any]) -> None:
    tagged = [*map(to_tagged, messages)]
    theirs = ask(messages=tagged, frames=[*map(ours.encode, tagged)])
    received = [*map(ours.decode, theirs.frames)]
    assert [*map(words, theirs.messages)] == [*map(words, tagged)]
    assert [*map(words, received)] == [*map(words, tagged)]


MESSAGEPACK = {'msgpack': 'timestamp=3', 'msgspec-msgpack': 'timestamp=true'}
"""The handlers of MessagePack, with what has them carry times."""


@pytest.mark.parametrize('name', MESSAGES)
@pytest.mark.parametrize('handler', MESSAGEPACK)
def test_msgpack(ours: Choose, theirs: Ask, handler: str, name: str) -> None:
    ask = partial(theirs, 'msgpack')
    both_ways(ours(handler, MESSAGEPACK[handler]), ask, [MESSAGES[name]])


@pytest.mark.parametrize('name', MESSAGES)
def test_cbor(ours: Choose, theirs: Ask, name: str) -> None:
    both_ways(ours('cbor'), partial(theirs, 'cbor'), [MESSAGES[name]])


def test_what_only_cbor_carries(ours: Choose, theirs: Ask) -> None:
    messages = [
        {'id': UUID('6f1c1f3e-8a53-4a8b-9d5e-0d2f0a6f7b11')},
        [2**64, -(2**64) - 1, 10**30],
    ]
    both_ways(ours('cbor'), partial(theirs, 'cbor'), messages)


@pytest.mark.parametrize(
    ('folder', 'schema', 'name', 'messages'),
    [
        (
            'docs/examples',
            'events',
            'event_feed.Event',
            [
                {'kind': 'post', 'author': 'Zoë', 'text': 'Zażółć 🦅'},
                *({'kind': 'event', 'id': 2**power - 1} for power in (7, 31, 32, 53)),
                {'id': 2**53 + 1, 'after': 2**64 - 1},
            ],
        ),
        (
            'plugins/protobuf/tests',
            'sample',
            'falcon_media_protobuf.tests.Sample',
            [
                {
                    'device': 'd-17',
                    'taken': {'seconds': 1_772_368_215, 'nanos': 250_000_000},
                    'values': [-12.375, 0.1, 1 / 3, 5e-324, math.pi],
                    'labels': {'floor': 'piętro 3', '': ''},
                    'note': '',
                    'quality': 2,
                    'position': {'latitude': 50.0614, 'longitude': -19.9366},
                    'channel': 2**32 - 1,
                },
                {'taken': {'seconds': -1}},
                {'taken': {'seconds': -62_135_596_800}, 'file': 'é' * 5_000},
            ],
        ),
    ],
)
def test_protobuf(
    ours: Choose,
    theirs: Ask,
    monkeypatch: pytest.MonkeyPatch,
    folder: str,
    schema: str,
    name: str,
    messages: list[Any],
) -> None:
    # What --option names is imported from here.
    monkeypatch.chdir(ROOT / folder)
    handler = ours('protobuf', f'message={schema}_pb2:{name.rpartition(".")[2]}')
    proto = str(ROOT / folder / f'{schema}.proto')
    both_ways(handler, partial(theirs, 'protobuf', proto=proto, message=name), messages)


# ----------------------------------------------------------- where the two sides differ


FORMATS = {'msgpack': 'msgpack', 'msgspec-msgpack': 'msgpack', 'cbor': 'cbor'}
"""The format of each handler, by its name in ``peer.cjs``."""


@pytest.mark.parametrize(('name', 'format_name'), FORMATS.items())
def test_nan_is_one_on_both_sides(
    ours: Choose, theirs: Ask, name: str, format_name: str
) -> None:
    handler = ours(name)
    nan = to_tagged(math.nan)
    answer = theirs(format_name, messages=[nan], frames=[handler.encode(nan)])
    assert [*answer.messages, *map(handler.decode, answer.frames)] == [nan, nan]


@pytest.mark.parametrize(('name', 'format_name'), FORMATS.items())
def test_a_whole_float_comes_back_from_node_as_an_integer(
    ours: Choose, theirs: Ask, name: str, format_name: str
) -> None:
    handler = ours(name)
    (frame,) = theirs(format_name, messages=[1.0]).frames
    assert words(handler.decode(frame)) == '1'


@pytest.mark.parametrize(('name', 'format_name'), FORMATS.items())
def test_a_number_of_more_than_32_bits_comes_from_node_as_a_float(
    ours: Choose, theirs: Ask, name: str, format_name: str
) -> None:
    handler = ours(name)
    frames = theirs(format_name, messages=[2**40, -(2**40)], numbers=True).frames
    assert [*map(words, map(handler.decode, frames))] == [
        '1099511627776.0',
        '-1099511627776.0',
    ]


@pytest.mark.parametrize(('name', 'format_name'), FORMATS.items())
def test_node_has_no_microseconds(
    ours: Choose, theirs: Ask, name: str, format_name: str
) -> None:
    options = [MESSAGEPACK[name]] if name in MESSAGEPACK else []
    moment = dt.datetime(2026, 3, 1, 12, 30, 15, 250_999, dt.UTC)
    frame = ours(name, *options).encode(to_tagged(moment))
    (received,) = theirs(format_name, frames=[frame]).messages
    assert from_tagged(received) == moment.replace(microsecond=250_000)


def test_msgpack_for_node_rounds_where_it_is_not_told_to_use_bigint(
    ours: Choose, theirs: Ask
) -> None:
    frame = ours('msgpack').encode(2**53 + 1)
    (received,) = theirs('msgpack', frames=[frame], useBigInt64=False).messages
    assert from_tagged(received) == 2**53


@pytest.mark.parametrize(
    ('option', 'message', 'detail'),
    [
        ({'useRecords': True}, {'a': 1}, 'tag 57343: semantic_decoders accepts it'),
        ({'tagUint8Array': True}, b'\x00', 'tag 64: semantic_decoders accepts it'),
    ],
)
def test_what_cbor_x_alone_understands_is_refused(
    theirs: Ask, option: dict[str, bool], message: object, detail: str
) -> None:
    (frame,) = theirs('cbor', messages=[to_tagged(message)], **option).frames
    with pytest.raises(UnsupportedPayload, match=detail):
        CBORHandler().deserialize(frame)
