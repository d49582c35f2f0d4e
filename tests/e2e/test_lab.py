"""The lab's wire and attacks, with every handler that is installed."""

from __future__ import annotations

from collections.abc import Iterator

from falcon import WebSocketPayloadType
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from falcon_media_testing.server import serving
from falcon_media_tools.lab.app import create_app
from falcon_media_tools.lab.attacks import Attack
from falcon_media_tools.lab.attacks import attacks_on
from falcon_media_tools.lab.formats import Format
from falcon_media_tools.lab.formats import load_formats
from falcon_media_tools.lab.formats import Source
from falcon_media_tools.lab.message import read_message
from falcon_media_tools.lab.samples import samples

TIMEOUT = 20
MEDIA = {'text': 'hello', 'numbers': [1.5, -2.5], 'none': None, 'yes': True}

FORMATS = load_formats(Source()).usable

ON_ANY = {
    **dict.fromkeys(('truncated', 'trailing'), 1007),
    'too-large': 1009,
    'wrong-type': 1003,
}
ON_FORMATS = {
    'application/json': {
        **dict.fromkeys(('duplicate-key', 'nan', 'huge-number'), 1007),
        'digits': 1009,
        **dict.fromkeys(('surrogate', 'nul', 'bad-string'), 1007),
        'too-deep': 1009,
    },
    'application/cbor': {
        **dict.fromkeys(('duplicate-key', 'declared-length', 'bad-string'), 1007),
        **dict.fromkeys(('tag-30', 'shared-reference'), 1003),
        'undefined': 1003,
        **dict.fromkeys(('integer-keys', 'too-deep'), 1009),
    },
    'application/msgpack': {
        **dict.fromkeys(('duplicate-key', 'declared-length', 'bad-string'), 1007),
        **dict.fromkeys(('ext', 'int-key'), 1003),
        'too-deep': 1009,
    },
    'application/x-protobuf': {
        **dict.fromkeys(('wire-type', 'field-0', 'declared-length', 'json'), 1007),
        'groups': 1009,
    },
}


@pytest.fixture(scope='module')
def address() -> Iterator[str]:
    """Where the lab is served."""
    with serving(create_app(), TIMEOUT) as server:
        yield server.address


def outcome(address: str, key: str, payload: str | bytes) -> int | str | bytes:
    """What comes back, or the code that the lab closes with."""
    with connect(
        f'ws://{address}/wire',
        subprotocols=[Subprotocol(key)],
        compression=None,
        proxy=None,
    ) as connection:
        connection.send(payload)
        try:
            return connection.recv(TIMEOUT)
        except ConnectionClosed as ex:
            return ex.rcvd.code if ex.rcvd and ex.rcvd.reason else 1006


def frame_of(chosen: Format, media: object) -> str | bytes:
    payload = chosen.send_and_receive(media).payload
    assert payload is not None
    return payload


def assemble(attack: Attack) -> str | bytes:
    pieces = [data * times for data, times in attack.parts]
    if isinstance(pieces[0], str):
        return ''.join(map(str, pieces))
    return b''.join(map(bytes, pieces))  # type: ignore[arg-type]  # all of one type


@pytest.mark.parametrize('key', FORMATS)
def test_attacks_end_in_their_close_codes(address: str, key: str) -> None:
    chosen = FORMATS[key]
    codes = {
        attack.key: outcome(address, key, assemble(attack))
        for attack in attacks_on(chosen, frame_of(chosen, MEDIA))
        if attack.invalid_text is None
    }
    expected = ON_ANY | ON_FORMATS[chosen.spec.media_type]
    if chosen.spec.media_type != 'application/x-protobuf':
        expected['empty'] = 1007
    if chosen.handler.name.startswith('orjson'):
        # Its integers have 64 bits.
        expected['digits'] = 1007
    if chosen.handler.payload_type is WebSocketPayloadType.TEXT:
        # What is not UTF-8 never reaches a handler.
        del expected['bad-string']
    assert codes == expected


@pytest.mark.parametrize('key', FORMATS)
def test_a_message_comes_back_the_same(address: str, key: str) -> None:
    chosen = FORMATS[key]
    answer = outcome(address, key, frame_of(chosen, MEDIA))
    assert not isinstance(answer, int)
    assert chosen.handler.deserialize(answer) == MEDIA  # type: ignore[arg-type]  # of the type that it sends


@pytest.mark.parametrize(
    'key', [key for key, chosen in FORMATS.items() if chosen.spec.annotate]
)
def test_every_frame_is_annotated_from_end_to_end(key: str) -> None:
    frame = frame_of(FORMATS[key], MEDIA)
    spans = [*FORMATS[key].annotated(frame)]
    assert spans[0].start == 0
    assert spans[-1].end == len(frame)
    assert not any(span.fault for span in spans)


@pytest.mark.parametrize('key', FORMATS)
def test_the_samples_are_carried_by_every_handler(key: str) -> None:
    for sample in samples():
        frame = FORMATS[key].send_and_receive(read_message(sample['text']))
        assert frame.is_carried
        assert {(one.sent, one.received) for one in frame.changes} <= {('int', 'float')}


# ------------------------------------------------------- JSON in Protocol Buffers


@pytest.fixture
def value() -> Format:
    """Protocol Buffers without a schema."""
    found = FORMATS['lab.protobuf']
    assert found.note
    return found


@pytest.mark.parametrize(
    'media',
    [None, True, 1.5, 'x', [], {}, [[], {}, None], {'a': {'b': [1.5, 'x', False]}}],
    ids=repr,
)
def test_any_json_is_a_value(value: Format, media: object) -> None:
    assert value.send_and_receive(media).changes == []


def test_a_value_of_no_kind_is_null(value: Format) -> None:
    # An unknown field, since a payload that is empty is refused.
    assert value.handler.deserialize(b'\x78\x00') is None  # type: ignore[arg-type]  # a BINARY handler


@pytest.mark.parametrize(
    'media', [b'x', {'a': b'x'}, {1: 'x'}, 10**400, float], ids=repr
)
def test_what_is_no_json_is_no_value(value: Format, media: object) -> None:
    assert value.send_and_receive(media).refused


def test_messages_are_timed_and_not_their_making(value: Format) -> None:
    encode, decode = value.tasks(MEDIA)
    assert encode.argument.DESCRIPTOR.full_name == 'google.protobuf.Value'
    assert decode.call(decode.argument) == encode.argument
    assert [*value.tasks(b'x')] == []


def test_a_message_of_ones_own() -> None:
    options = {'protobuf': {'message': 'google.protobuf.wrappers_pb2:StringValue'}}
    chosen = load_formats(Source(options=options)).usable['lab.protobuf']
    assert chosen.note is None
    frame = chosen.send_and_receive({'value': 'x'})
    assert frame.payload == b'\x0a\x01x'
