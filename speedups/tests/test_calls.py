"""The calls that encoders and decoders make, and their results."""

from __future__ import annotations

from collections.abc import Callable
import gc
from io import BytesIO
import json
import re
import sys
import threading
import tracemalloc
from typing import Any
import weakref

import cbor2
from hypothesis import example
from hypothesis import given
from hypothesis import strategies as st
import msgpack
import pytest

from falcon_media_speedups import Checks
from falcon_media_speedups import Decoder
from falcon_media_speedups import Encoder
from falcon_media_speedups import Shape

CLOSER = object()
"""The result of the call with all checks."""

MAX_DEPTH = 8
MAX_ITEMS = 40


def checks(max_depth: int, max_items: int) -> Checks:
    scalars = (bool, bytes, float, int, str, type(None))
    shape = Shape(leaves=scalars, keys=scalars, float_bound=0, short_integers=False)
    shape.open(dict_of=shape, list_of=shape, tuple_of=None, structs=())
    return Checks(shape=shape, max_depth=max_depth, max_items=max_items)


def encoder(call: Callable[[Any], object], **options: Any) -> Encoder:
    defaults: dict[str, Any] = {
        'checks': checks(MAX_DEPTH, MAX_ITEMS),
        'call': call,
        'otherwise': lambda _: CLOSER,
        'shortest': 0,
        'is_text': True,
        'is_utf8': False,
    }
    return Encoder(**defaults | options)


def decoder(call: Callable[[Any], object], **options: Any) -> Decoder:
    defaults: dict[str, Any] = {
        'checks': checks(MAX_DEPTH, MAX_ITEMS),
        'call': call,
        'otherwise': lambda _: CLOSER,
        'shortest': 0,
        'longest': 1_000,
        'is_text': False,
        'looks_ahead': False,
        'is_opaque': False,
    }
    return Decoder(**defaults | options)


def of_json(**options: Any) -> Callable[[Any], object]:
    chosen: dict[str, Any] = {'call': json.loads, 'is_text': True}
    return decoder(**chosen | options).decode_json


# --------------------------------------------------------------------------- Reference


class _TwiceError(Exception):
    pass


def unique(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    media = dict(pairs)
    if len(media) != len(pairs):
        raise _TwiceError
    return media


def has_unique_keys(text: str | bytes) -> bool:
    try:
        json.loads(text, object_pairs_hook=unique)
    except _TwiceError:
        return False
    return True


def depth_of(media: Any) -> int:
    if isinstance(media, dict):
        media = media.values()
    elif not isinstance(media, list):
        return 0
    return 1 + max(map(depth_of, media), default=0)


def items_of(media: Any) -> int:
    if isinstance(media, dict):
        media = media.values()
    elif not isinstance(media, list):
        return 0
    return len(media) + sum(map(items_of, media))


def same(one: object, other: object) -> bool:
    # NOTE: NaN is not equal to itself, and True is equal to 1.
    return repr(one) == repr(other)


# -------------------------------------------------------------------------------- JSON

blanks = st.sampled_from(['', '', '', ' ', '\n', '\t ', '\r\n'])
contents = st.sampled_from(
    [
        '',
        'a',
        'b',
        'é',
        '😀',
        ':',
        '":',
        '" :',
        '\\',
        '{',
        '}]',
        '[[',
        '\\u003a',
        '\x01',
    ]
)


@st.composite
def strings(draw: st.DrawFn) -> str:
    text = ''.join(draw(st.lists(contents, max_size=3)))
    return json.dumps(text, ensure_ascii=draw(st.booleans()))


@st.composite
def texts(draw: st.DrawFn, depth: int = 0) -> str:
    """JSON with white space, escapes, and maybe duplicate keys."""
    kind = draw(st.integers(0, 3 if depth > 3 else 6))
    blank = draw(blanks)
    if kind < 4:
        scalars = [
            'null',
            'true',
            '0',
            '-1.5e3',
            '12345678901234567890',
            draw(strings()),
        ]
        return blank + scalars[draw(st.integers(0, 5))] + draw(blanks)
    count = draw(st.integers(0, 3))
    values = [draw(texts(depth + 1)) for _ in range(count)]
    if kind == 4:
        return f'{blank}[{",".join(values)}]'
    pairs = [
        f'{draw(blanks)}{draw(strings())}{draw(blanks)}:{value}' for value in values
    ]
    return f'{blank}{{{",".join(pairs)}}}{draw(blanks)}'


def within(media: object) -> bool:
    return depth_of(media) <= MAX_DEPTH and items_of(media) <= MAX_ITEMS


@given(text=texts(), as_text=st.booleans(), looks_ahead=st.booleans())
@example(text='{"a":{"a":1},"a":1}', as_text=True, looks_ahead=True)
@example(text=r'{"a":"\u003a","a":1}', as_text=True, looks_ahead=False)
def test_json_is_accepted_if_no_entry_is_missing(
    text: str, as_text: bool, looks_ahead: bool
) -> None:
    payload = text if as_text else text.encode()
    decode = of_json(is_text=as_text, looks_ahead=looks_ahead)
    media = json.loads(text)
    if has_unique_keys(text) and within(media) and len(text.encode()) <= 1_000:
        assert same(decode(payload), media)
    else:
        assert decode(payload) is CLOSER


@given(text=texts(), as_text=st.booleans())
@example(text=r'{"a":1,"\u0061":2}', as_text=True)
@example(text='{"a":{"b":1},"b":[{"a":1}]}', as_text=False)
def test_typed_json_is_accepted_if_all_keys_differ(text: str, as_text: bool) -> None:
    payload = text if as_text else text.encode()
    found = of_json(is_text=as_text, is_opaque=True)(payload)
    if found is not CLOSER:
        assert has_unique_keys(text)
        assert depth_of(found) <= MAX_DEPTH
    elif not re.search(r'\\|\d[eE]', text) and len(text.encode()) <= 1_000:
        assert not has_unique_keys(text) or depth_of(json.loads(text)) > MAX_DEPTH


@given(
    text=st.one_of(
        st.text(alphabet='{}[]",:\\ \x00a0'),
        st.binary(),
        st.binary().map(lambda data: b'{"a":' + data),
    ),
    options=st.fixed_dictionaries(
        {'looks_ahead': st.booleans(), 'is_opaque': st.booleans()}
    ),
)
@example(text='"' * 3 + '\\', options={'looks_ahead': True, 'is_opaque': False})
@example(text='"\\', options={'looks_ahead': True, 'is_opaque': True})
@example(text='\ud800', options={'looks_ahead': True, 'is_opaque': True})
def test_text_that_is_not_json_is_not_accepted(
    text: str | bytes, options: dict[str, bool]
) -> None:
    found = of_json(is_text=isinstance(text, str), **options)(text)
    if found is not CLOSER:
        assert same(found, json.loads(text))


@pytest.mark.parametrize('is_opaque', [False, True])
@pytest.mark.parametrize(('text', 'depth'), [('[' * 9, 9), ('[' * 8 + ']' * 8, 8)])
def test_deep_json_is_not_passed_to_the_call(
    text: str, depth: int, is_opaque: bool
) -> None:
    given: list[str] = []

    def decode(text: str) -> object:
        given.append(text)
        return json.loads(text)

    of_json(call=decode, looks_ahead=True, is_opaque=is_opaque)(text)
    assert given == ([text] if depth <= MAX_DEPTH else [])


def test_brackets_in_strings_do_not_count() -> None:
    text = json.dumps(['[' * 20 + '\\"[', {'{': '"{' * 20}])
    assert of_json(looks_ahead=True)(text) == json.loads(text)


def test_nul_is_not_passed_to_a_call_that_may_end_there() -> None:
    decode = of_json(call=lambda _: {}, looks_ahead=True)
    assert decode('{}') == {}
    assert decode('{}\0{"a":1}') is CLOSER
    assert of_json(call=lambda _: {'a:': 1})('{"a:":1}\0,"":2') is CLOSER
    assert of_json(call=lambda _: {}, is_opaque=True)('{}\0') is CLOSER


def test_a_long_payload_is_not_passed_to_the_call() -> None:
    decode = of_json(longest=4)
    assert decode('"é"') == 'é'
    assert decode('"éé"') is CLOSER


def test_more_than_32_keys_of_a_type_are_not_accepted() -> None:
    def text(count: int) -> str:
        return json.dumps({str(number): 0 for number in range(count)})

    decode = of_json(is_opaque=True)
    assert decode(text(32)) is not CLOSER
    assert decode(text(33)) is CLOSER


def test_the_keys_of_all_open_maps_are_limited() -> None:
    text = '0'
    for level in range(100):
        entries = [f'"{level}.{number}":0' for number in range(30)]
        text = '{' + ','.join([*entries, f'"z":{text}']) + '}'
    options = {'checks': checks(128, 10_000), 'longest': 100_000}
    assert of_json(is_opaque=True, **options)(text) is CLOSER
    assert of_json(**options)(text) == json.loads(text)


# --------------------------------------------------------------- MessagePack and CBOR

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(),
    st.text(max_size=40),
    st.binary(max_size=40),
)
media_of_binary = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=20),
        st.dictionaries(
            st.one_of(st.text(max_size=3), st.binary(max_size=3), st.integers(0, 9)),
            inner,
            max_size=17,
        ),
    ),
    max_leaves=20,
)


@st.composite
def mutated(draw: st.DrawFn, pack: Callable[[object], bytes]) -> bytes:
    data = bytearray(pack(draw(media_of_binary)))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(data)))
        data[place : place + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return bytes(data)


class Format:
    """A binary format and its library."""

    def __init__(
        self,
        name: str,
        pack: Callable[[object], bytes],
        unpack: Callable[[bytes], object],
        is_unique: Callable[[bytes], bool],
    ) -> None:
        self.name = name
        self.pack = pack
        self.unpack = unpack
        self.is_unique = is_unique

    def decoder(
        self, call: Callable[[bytes], object], **options: Any
    ) -> Callable[[bytes], object]:
        found: Callable[[bytes], object] = getattr(
            decoder(call, **options), f'decode_{self.name}'
        )
        return found


def unpack(data: bytes) -> object:
    return msgpack.unpackb(data, strict_map_key=False)


def unpack_unique(data: bytes) -> bool:
    try:
        msgpack.unpackb(data, strict_map_key=False, object_pairs_hook=unique)
    except _TwiceError:
        return False
    return True


def load(data: bytes) -> object:
    with BytesIO(data) as stream:
        media = cbor2.CBORDecoder(stream).decode()
        if stream.tell() != len(data):
            raise ValueError('there is more')
    return media


def load_unique(data: bytes) -> bool:
    try:
        cbor2.loads(data, allow_duplicate_keys=False)
    except cbor2.CBORDecodeError:
        return False
    return True


FORMATS = [
    Format('message_pack', msgpack.packb, unpack, unpack_unique),
    Format('cbor', cbor2.dumps, load, load_unique),
]
each_format = pytest.mark.parametrize(
    'binary', FORMATS, ids=[binary.name for binary in FORMATS]
)


@each_format
@given(data=st.data())
def test_packed_objects_are_accepted(binary: Format, data: st.DataObject) -> None:
    media = data.draw(media_of_binary)
    payload = binary.pack(media)
    found = binary.decoder(binary.unpack)(payload)
    if within(media) and len(payload) <= 1_000:
        assert same(found, binary.unpack(payload))
    else:
        assert found is CLOSER


@each_format
@given(data=st.data(), is_opaque=st.booleans())
def test_only_one_whole_object_is_passed_to_the_call(
    binary: Format, is_opaque: bool, data: st.DataObject
) -> None:
    payload = data.draw(st.one_of(st.binary(), mutated(binary.pack)))
    given: list[object] = []

    refused: list[str] = []

    def call(payload: bytes) -> object:
        try:
            given.append(binary.unpack(payload))
        except ValueError as ex:
            refused.append(str(ex))
            raise
        return given[0]

    found = binary.decoder(call, is_opaque=is_opaque)(payload)
    # NOTE: The library checks the content of strings.
    assert all('utf' in reason.lower() for reason in refused)
    if found is not CLOSER:
        assert found is given[0]
        assert binary.is_unique(payload)
    for media in given:
        assert within(media)


@each_format
@pytest.mark.parametrize('is_opaque', [False, True])
def test_a_duplicate_key_is_not_accepted(binary: Format, is_opaque: bool) -> None:
    decode = binary.decoder(binary.unpack, is_opaque=is_opaque)
    one = binary.pack({'a': 1, 'b': {'a': 2}})
    two = one.replace(binary.pack('b'), binary.pack('a'))
    assert decode(one) == {'a': 1, 'b': {'a': 2}}
    assert decode(two) is CLOSER


@each_format
def test_keys_that_are_not_strings_are_not_accepted(binary: Format) -> None:
    payload = binary.pack({1: 'a', None: 'b', 2.5: 'c'})
    assert binary.decoder(binary.unpack)(payload) == {1: 'a', None: 'b', 2.5: 'c'}
    assert binary.decoder(binary.unpack, is_opaque=True)(payload) is CLOSER
    twice = payload.replace(binary.pack(None), binary.pack(1))
    assert binary.decoder(binary.unpack)(twice) is CLOSER


def never(payload: bytes) -> object:
    raise AssertionError('the library is called')


@each_format
@pytest.mark.parametrize('key', [-1, None, True, 1.5, (), (-1, -2)], ids=str)
def test_the_library_is_not_called_for_keys_that_may_collide(
    binary: Format, key: object
) -> None:
    # NOTE: Raw bytes, since a dict has no duplicate keys.
    entry = binary.pack([key])[1:] + binary.pack(0)

    def payload(*counts: int) -> bytes:
        maps = [binary.pack(dict.fromkeys(range(count), 0)) for count in counts]
        heads = [data[:3] for data in maps]
        return binary.pack([None] * len(counts))[:1] + b''.join(
            head + entry * count for head, count in zip(heads, counts, strict=True)
        )

    options = {'checks': checks(8, 1_000_000), 'longest': 1_000_000}
    refused = binary.decoder(never, **options)
    for counts in [(4_097,), (60_000,), (3_000, 3_000), (4_096, 300)]:
        assert refused(payload(*counts)) is CLOSER
        # Also if the payload is cut off.
        assert refused(payload(*counts)[:-1]) is CLOSER
    calls: list[bytes] = []
    decode = binary.decoder(calls.append, **options)
    accepted: list[tuple[int, ...]] = [(4_096,), (2_896, 2_896), (300,) * 8]
    for counts in accepted:
        assert decode(payload(*counts)) is CLOSER
    assert len(calls) == (0 if isinstance(key, tuple) else 3)


@each_format
def test_the_library_is_not_called_for_keys_that_it_must_not_have(
    binary: Format,
) -> None:
    shape = Shape(
        leaves=(int, str, bytes), keys=(str, bytes), float_bound=0, short_integers=False
    )
    shape.open(dict_of=shape, list_of=shape, tuple_of=None, structs=())
    strict = Checks(shape=shape, max_depth=MAX_DEPTH, max_items=MAX_ITEMS)
    decode = binary.decoder(never, checks=strict)
    assert decode(binary.pack({1: 'a'})) is CLOSER


@each_format
@pytest.mark.parametrize('count', [32, 33])
def test_many_keys_are_accepted_without_a_type(binary: Format, count: int) -> None:
    media = {str(number): 0 for number in range(count)}
    payload = binary.pack(media)
    assert binary.decoder(binary.unpack)(payload) == media
    opaque = binary.decoder(binary.unpack, is_opaque=True)(payload)
    assert opaque == (media if count <= 32 else CLOSER)


@each_format
@pytest.mark.parametrize('payload', ['text', bytearray(b'\x01'), None, 7])
def test_a_payload_that_is_not_bytes_is_not_accepted(
    binary: Format, payload: Any
) -> None:
    assert binary.decoder(binary.unpack)(payload) is CLOSER


@each_format
def test_a_payload_that_is_too_long_is_not_accepted(binary: Format) -> None:
    payload = binary.pack('x' * 20)
    size = len(payload)
    assert binary.decoder(binary.unpack, longest=size)(payload) == 'x' * 20
    assert binary.decoder(binary.unpack, longest=size - 1)(payload) is CLOSER


@each_format
@pytest.mark.parametrize('size', [0, 23, 24, 255, 256, 65_535, 65_536])
def test_lengths_of_all_widths_are_read(binary: Format, size: int) -> None:
    options = {'checks': checks(2, 200_000), 'longest': 1_000_000}
    decode = binary.decoder(binary.unpack, **options)
    for media in (
        'x' * size,
        b'x' * size,
        [0] * size,
        dict.fromkeys(map(str, range(size)), 0),
    ):
        payload = binary.pack(media)
        assert decode(payload) == media
        assert decode(payload + b'\0') is CLOSER
        if size:
            assert decode(payload[:-1]) is CLOSER


@pytest.mark.parametrize(
    'payload',
    [
        'c1',
        'c70100ff',
        'c8000100ff',
        'd400ff',
        'd6ff00000000',
        'ddffffffff',
        'dfffffffff',
        'c6ffffffff',
        '81a16180ff',
    ],
)
def test_unusual_message_pack_is_not_accepted(payload: str) -> None:
    decode = decoder(lambda _: 'the call').decode_message_pack
    assert decode(bytes.fromhex(payload)) is CLOSER


@pytest.mark.parametrize(
    'payload',
    [
        'c074323031332d30332d32315432303a30343a30305a',
        'c24101',
        'f7',
        'f0',
        'f8ff',
        'ff',
        '9f01ff',
        '5f4101ff',
        '1c',
        '1c' + '00' * 16,
        'bb8000000000000000',
        '1f',
        '9bffffffffffffffff',
        'bbffffffffffffffff',
        'bb7fffffffffffffff',
        '5bffffffffffffffff',
        '7b7fffffffffffffff',
    ],
)
def test_unusual_cbor_is_not_accepted(payload: str) -> None:
    decode = decoder(lambda _: 'the call').decode_cbor
    assert decode(bytes.fromhex(payload)) is CLOSER


# ------------------------------------------------------------------------------- Calls


def test_plain_objects_are_encoded_by_the_call() -> None:
    encode = encoder(lambda media: f'the call, {media}').encode
    assert encode([1]) == 'the call, [1]'
    assert encode(media=[1]) == 'the call, [1]'
    assert encode({1}) is CLOSER


@pytest.mark.parametrize('is_text', [True, False])
def test_a_result_of_another_type_is_not_accepted(is_text: bool) -> None:
    class Text(str):
        __slots__ = ()

    def encoded(made: object) -> object:
        return encoder(lambda _: made, is_text=is_text).encode(0)

    assert encoded('a') == ('a' if is_text else CLOSER)
    assert encoded(b'a') == (CLOSER if is_text else b'a')
    for made in (bytearray(b'a'), Text('a'), 1, None):
        assert encoded(made) is CLOSER


def test_bytes_are_decoded_to_text() -> None:
    encode = encoder(lambda media: media, is_utf8=True).encode
    assert encode('é'.encode()) == 'é'
    assert encode(b'\xff') is CLOSER
    assert encode('text') is CLOSER


def test_bytes_may_need_only_a_check_of_their_size() -> None:
    decode = decoder(bytes.hex, shortest=1, longest=2).decode
    assert decode(b'ab') == '6162'
    for payload in (b'', b'abc', 'ab', bytearray(b'ab'), None):
        assert decode(payload) is CLOSER


def test_an_empty_result_is_not_accepted() -> None:
    encode = encoder(lambda media: media[0], shortest=1, is_text=False).encode
    assert encode([b'a']) == b'a'
    assert encode([b'']) is CLOSER


def fail(_: object) -> object:
    raise ValueError('by the call')


def interrupt(_: object) -> object:
    raise KeyboardInterrupt


def calls_of(call: Callable[[Any], object], **options: Any) -> list[Callable[[], Any]]:
    takes_bytes = decoder(call, **options)
    return [
        lambda: encoder(call, **options).encode(0),
        lambda: takes_bytes.decode(b'0'),
        lambda: takes_bytes.decode_json(b'0'),
        lambda: takes_bytes.decode_cbor(b'\0'),
        lambda: takes_bytes.decode_message_pack(b'\0'),
    ]


@pytest.mark.parametrize('number', range(5))
def test_a_failing_call_is_repeated_with_all_checks(number: int) -> None:
    assert calls_of(fail)[number]() is CLOSER

    def refuse(_: object) -> object:
        raise LookupError('in other words')

    with pytest.raises(LookupError, match='in other words') as caught:
        calls_of(fail, otherwise=refuse)[number]()
    assert caught.value.__context__ is None


@pytest.mark.parametrize('number', range(5))
def test_an_interrupt_is_passed_on(number: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        calls_of(interrupt)[number]()


def test_no_reference_is_leaked() -> None:
    encode = encoder(str).encode
    decode = of_json()
    decode_opaque = of_json(is_opaque=True)
    unpack = decoder(msgpack.unpackb).decode_message_pack
    unpack_opaque = decoder(msgpack.unpackb, is_opaque=True).decode_message_pack

    def work() -> None:
        for _ in range(200):
            decode('{"a":[1,2.5,"x"]}')
            decode('{"a":1,"a":2}')
            decode('{')
            decode_opaque('{"a":1}')
            unpack(b'\x81\xa1a\x92\x01\xc0')
            unpack(b'\x82\xa1a\x01\xa1a\x01')
            unpack_opaque(b'\xa2\xc3\xa9')
            unpack_opaque(b'\xa2\xc3\xff')
            encode([1])
            encode({1})

    work()
    gc.collect()
    before = sys.getallocatedblocks()
    work()
    gc.collect()
    # NOTE: One leaked reference in each round would add up to 200.
    assert sys.getallocatedblocks() - before < 100


def test_a_cycle_through_a_call_is_collected() -> None:
    class Holder:
        calls: tuple[Encoder, Decoder]

        def closer(self, _: object) -> object:
            return self

    gc.collect()
    holder = Holder()
    holder.calls = (
        encoder(str, otherwise=holder.closer),
        decoder(json.loads, otherwise=holder.closer),
    )
    assert holder.calls[0].encode({1}) is holder
    assert holder.calls[1].decode_json(b'?') is holder
    alive = weakref.ref(holder)
    del holder
    gc.collect()
    assert alive() is None


def test_a_small_stack_is_enough() -> None:
    depth = 128
    options = {'checks': checks(depth, depth), 'otherwise': lambda _: 'closer'}
    encode = encoder(lambda _: 'a', **options).encode
    takes_bytes = decoder(lambda _: media, looks_ahead=True, **options)
    opaque = decoder(lambda _: media, is_opaque=True, **options)
    media: object = 0
    for _ in range(depth):
        media = [media]
    found: list[object] = []

    def work() -> None:
        found.append(encode(media))
        for decode in (takes_bytes, opaque):
            found.append(decode.decode_json(b'[' * depth + b'0' + b']' * depth))
            found.append(decode.decode_cbor(b'\x81' * depth + b'\0'))
            found.append(decode.decode_message_pack(b'\x91' * depth + b'\0'))

    size = threading.stack_size(128 * 1024)
    try:
        thread = threading.Thread(target=work)
        thread.start()
    finally:
        threading.stack_size(size)
    thread.join(timeout=30)
    assert found == ['a', *[media] * 6]


@pytest.mark.parametrize(
    'options', [{'checks': None}, {'shortest': 'a'}, {'unknown': True}]
)
@pytest.mark.parametrize('make', [encoder, decoder])
def test_arguments_are_checked(
    make: Callable[..., object], options: dict[str, Any]
) -> None:
    with pytest.raises(TypeError):
        make(json.loads, **options)


def test_calls_take_one_argument_by_position_or_by_name() -> None:
    call: Any
    for call, name, value in (
        (encoder(str).encode, 'media', 1),
        (decoder(bytes.hex).decode, 'payload', b'a'),
        (decoder(json.loads).decode_json, 'payload', b'1'),
        (decoder(msgpack.unpackb).decode_message_pack, 'payload', b'\1'),
        (decoder(cbor2.loads).decode_cbor, 'payload', b'\1'),
    ):
        assert call(value) == call(**{name: value})
        for args, kwargs in (
            ((), {}),
            ((value, value), {}),
            ((value,), {name: value}),
            ((), {'other': value}),
        ):
            with pytest.raises(TypeError, match=f'takes exactly one argument, {name}'):
                call(*args, **kwargs)


@pytest.mark.parametrize('is_text', [True, False])
def test_payloads_of_the_other_type_are_not_accepted(is_text: bool) -> None:
    decode = of_json(is_text=is_text)
    assert decode('1' if is_text else b'1') == 1
    assert decode(b'1' if is_text else '1') is CLOSER


def test_a_text_that_is_too_long_is_not_encoded() -> None:
    text = '"' + '😀' * 1_000_000 + '"'
    tracemalloc.start()
    try:
        assert of_json()(text) is CLOSER
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


def test_only_the_given_leaves_and_keys_are_accepted() -> None:
    shape = Shape(leaves=(int,), keys=(str,), float_bound=0, short_integers=False)
    shape.open(dict_of=shape, list_of=shape, tuple_of=None, structs=())
    chosen = Checks(shape=shape, max_depth=8, max_items=8)
    for binary in FORMATS:
        decode = binary.decoder(binary.unpack, checks=chosen)
        assert decode(binary.pack({'a': [1]})) == {'a': [1]}
        for media in ({b'a': 1}, [b'a'], {'a': 'b'}, [None]):
            assert decode(binary.pack(media)) is CLOSER


@pytest.mark.parametrize(
    'text',
    [
        '{"a":1,"x":1e400}',
        '{"a":1,"x":1E5}',
        '{"a":1,"x":1.e5}',
        '{"a":1,"x":' + '9' * 65 + '}',
        '[' + '9' * 65 + ',1]',
        '9' * 65,
    ],
)
def test_numbers_that_the_library_may_skip_are_not_accepted(text: str) -> None:
    assert of_json(call=lambda _: 'the call', is_opaque=True)(text) is CLOSER


@pytest.mark.parametrize('text', ['[true,false,null]', '{"1e5":"1e400"}', '9' * 64])
def test_text_that_only_looks_like_such_numbers_is_accepted(text: str) -> None:
    assert of_json(is_opaque=True)(text) == json.loads(text)


@pytest.mark.parametrize(
    'payload', ['a1ff', '81a1ff01', '81a16192a2c3a9a1ff', 'd901ff']
)
def test_malformed_text_that_the_library_may_skip_is_not_accepted(payload: str) -> None:
    call = decoder(lambda _: 'the call', is_opaque=True).decode_message_pack
    assert call(bytes.fromhex(payload)) is CLOSER


@given(
    text=st.one_of(
        st.binary(max_size=8),
        st.text(max_size=3).map(str.encode),
        st.lists(
            st.sampled_from(
                [
                    *(b'\x7f', b'\x80', b'\xbf', b'\xc1', b'\xc2', b'\xdf', b'\xe0'),
                    *(b'\xa0', b'\x9f', b'\xed', b'\xef', b'\xf0', b'\x90', b'\x8f'),
                    *(b'\xf4', b'\xf5', b'\xff'),
                ]
            ),
            max_size=5,
        ).map(b''.join),
    )
)
def test_text_of_a_type_is_utf8(text: bytes) -> None:
    payload = bytes((0xA0 + len(text), *text))
    opaque = decoder(lambda _: 'the call', is_opaque=True)
    expected: object = 'the call'
    try:
        text.decode()
    except UnicodeDecodeError:
        expected = CLOSER
    assert opaque.decode_message_pack(payload) == expected


@pytest.mark.parametrize(
    ('name', 'payload'),
    [
        ('message_pack', 'a2c3a9'),
        ('message_pack', 'c401ff'),
        ('message_pack', 'd902c3a9'),
        ('cbor', '62c3a9'),
        ('cbor', '41ff'),
    ],
)
def test_text_and_bytes_of_a_type(name: str, payload: str) -> None:
    opaque = decoder(lambda _: 'the call', is_opaque=True)
    assert getattr(opaque, f'decode_{name}')(bytes.fromhex(payload)) == 'the call'


@each_format
@pytest.mark.parametrize('is_opaque', [False, True])
def test_items_are_counted_before_the_call(binary: Format, is_opaque: bool) -> None:
    decode = binary.decoder(binary.unpack, is_opaque=is_opaque)
    fits: list[object] = [0] * (MAX_ITEMS - 1)
    assert decode(binary.pack([fits])) == [fits]
    assert decode(binary.pack([[*fits, 0]])) is CLOSER


@pytest.mark.parametrize(
    ('name', 'payload'),
    [
        ('cbor', 'a260016002'),
        ('message_pack', '82a001a002'),
        ('json', b'{"":1,"":2}'.hex()),
        ('json', b'{"a":{"":1,"":2}}'.hex()),
    ],
)
@pytest.mark.parametrize('is_opaque', [False, True])
def test_a_duplicate_empty_key_is_not_accepted(
    name: str, payload: str, is_opaque: bool
) -> None:
    call: dict[str, Callable[[bytes], object]] = {
        'cbor': cbor2.loads,
        'json': json.loads,
        'message_pack': msgpack.unpackb,
    }
    decode = getattr(decoder(call[name], is_opaque=is_opaque), f'decode_{name}')
    assert decode(bytes.fromhex(payload)) is CLOSER
