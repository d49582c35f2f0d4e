from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
import math
import sys
from types import SimpleNamespace
from typing import Any

from falcon import WebSocketPayloadType
import pytest

from falcon_media import BinaryHandler
from falcon_media import Codec
from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import PayloadTooLarge
from falcon_media import Registry
from falcon_media import TextHandler
from falcon_media import UnserializableMedia
from falcon_media.limits import compiled_checks
from falcon_media.limits import speedups
from falcon_media.protocol.fastpath import JSON_LEAVES
from falcon_media.protocol.fastpath import Received
from falcon_media.protocol.fastpath import Sent

MODULE = 'falcon_media_speedups'

needs_speedups = pytest.mark.skipif(
    speedups() is None, reason='the compiled checks are not installed'
)


@pytest.fixture
def afresh() -> Iterator[None]:
    """Clear the cache of ``speedups()``, before the test and after it."""
    speedups.cache_clear()
    yield
    speedups.cache_clear()


def closer(_: object) -> Any:
    raise UnserializableMedia('looked closer')


def closer_payload(_: object) -> Any:
    raise MalformedPayload('looked closer')


def codec(**options: Any) -> Codec[Any]:
    return Codec(encode=closer, decode=closer_payload, unchecked=1_000_000, **options)


def text_handler(limits: Limits | None = None, **options: Any) -> TextHandler:
    return TextHandler(codec(**options), limits, name='text')


def binary_handler(limits: Limits | None = None, **options: Any) -> BinaryHandler:
    return BinaryHandler(codec(**options), limits, name='binary')


# ---------------------------------------------------------------- Where there are none


@pytest.mark.usefixtures('afresh')
def test_without_the_compiled_checks_the_results_are_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, MODULE, None)
    handler = text_handler(
        sent=Sent(call=str, leaves=JSON_LEAVES),
        received=Received(reads='json', call=int),
    )
    assert speedups() is None
    with pytest.raises(UnserializableMedia, match='looked closer'):
        handler.serialize(1)
    with pytest.raises(MalformedPayload, match='looked closer'):
        handler.deserialize('1')


@pytest.mark.usefixtures('afresh')
def test_compiled_checks_of_another_version_are_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, MODULE, SimpleNamespace(API=0))
    assert speedups() is None
    assert compiled_checks(max_depth=1, max_items=1, leaves=(), keys=()) is None


@needs_speedups
def test_tools_show_the_compiled_checks() -> None:
    registry = Registry.discover()
    registry.rows()
    told = registry.diagnostics()
    assert told['falcon-media-speedups'] == version('falcon-media-speedups')


# ------------------------------------------------------------------------------- Sent


@needs_speedups
def test_plain_objects_go_straight_to_the_library() -> None:
    handler = text_handler(sent=Sent(call=repr, leaves=(int, str)))
    assert handler.serialize({'a': [1, ('b',)]}) == "{'a': [1, ('b',)]}"
    for media in ({'a': 1.5}, {1: 2}, {1}, [[True]]):
        with pytest.raises(UnserializableMedia, match='looked closer'):
            handler.serialize(media)


@needs_speedups
def test_options_of_sent_objects_are_enforced() -> None:
    finite = text_handler(
        sent=Sent(call=repr, leaves=JSON_LEAVES, float_bound=math.inf)
    )
    assert finite.serialize([1e308, -1e308]) == '[1e+308, -1e+308]'
    short = text_handler(sent=Sent(call=repr, leaves=(int,), short_integers=True))
    assert short.serialize(2**63 - 1) == '9223372036854775807'
    keys = text_handler(sent=Sent(call=repr, leaves=(int,), keys=(int,)))
    assert keys.serialize({1: 2}) == '{1: 2}'
    for handler, media in ((finite, math.nan), (short, 2**63), (keys, {'a': 1})):
        with pytest.raises(UnserializableMedia, match='looked closer'):
            handler.serialize(media)


@needs_speedups
def test_utf8_is_decoded_to_text() -> None:
    sent = Sent(call=str.encode, leaves=(str,), is_utf8=True)
    assert text_handler(sent=sent).serialize('é') == 'é'


@needs_speedups
def test_the_depth_of_sent_objects_is_checked() -> None:
    handler = text_handler(Limits(max_depth=2), sent=Sent(call=repr, leaves=()))
    assert handler.serialize([[]]) == '[[]]'
    with pytest.raises(UnserializableMedia, match='looked closer'):
        handler.serialize([[[]]])


# --------------------------------------------------------------------------- Received


@needs_speedups
def test_payloads_go_straight_to_the_library() -> None:
    received = Received(reads='json', call=lambda text: {'a': text})
    handler = text_handler(received=received)
    assert handler.deserialize('{"a":1}') == {'a': '{"a":1}'}
    with pytest.raises(MalformedPayload, match='looked closer'):
        handler.deserialize('{"a":1,"a":1}')


@needs_speedups
@pytest.mark.parametrize(
    ('reads', 'one', 'two'),
    [
        ('cbor', 'a1616101', 'a2616101616102'),
        ('message_pack', '81a16101', '82a16101a16102'),
    ],
)
def test_binary_payloads_go_straight_to_the_library(
    reads: Any, one: str, two: str
) -> None:
    handler = binary_handler(received=Received(reads=reads, call=lambda _: {'a': 1}))
    assert handler.deserialize(bytes.fromhex(one)) == {'a': 1}
    with pytest.raises(MalformedPayload, match='looked closer'):
        handler.deserialize(bytes.fromhex(two))


@needs_speedups
def test_a_payload_may_need_only_a_check_of_its_size() -> None:
    received = Received(reads=None, call=bytes.hex, shortest=1, longest=2)
    handler = binary_handler(
        sent=Sent(call=bytes, leaves=(int,), shortest=1), received=received
    )
    assert handler.deserialize(b'ab') == '6162'
    assert handler.serialize(1) == b'\0'
    for payload in (b'', b'abc'):
        with pytest.raises(MalformedPayload, match='looked closer'):
            handler.deserialize(payload)
    with pytest.raises(UnserializableMedia, match='looked closer'):
        handler.serialize(0)


@needs_speedups
def test_the_size_is_checked() -> None:
    received = Received(reads='json', call=lambda text: text)
    handler = text_handler(Limits(max_size=5), received=received)
    assert handler.deserialize('"éa"') == '"éa"'
    with pytest.raises(PayloadTooLarge) as caught:
        handler.deserialize('"éé"')
    assert caught.value.limit == 'max_size'


@needs_speedups
def test_items_that_may_be_too_many_are_counted_before_decoding() -> None:
    received = Received(reads='json', call=lambda _: [])
    handler = text_handler(Limits(max_items=3), received=received)
    assert handler.deserialize('[1,2,3]') == []
    with pytest.raises(MalformedPayload, match='looked closer'):
        handler.deserialize('[1,2,3,4]')


@needs_speedups
def test_tighter_budgets_than_the_handlers_are_enforced() -> None:
    received = Received(
        reads='json', call=lambda _: [], is_opaque=True, limits=Limits(max_depth=1)
    )
    handler = text_handler(received=received)
    assert handler.deserialize('[]') == []
    with pytest.raises(MalformedPayload, match='looked closer'):
        handler.deserialize('[[]]')


@needs_speedups
@pytest.mark.parametrize('most', [sys.maxsize, 10**30])
def test_huge_budgets_are_accepted(most: int) -> None:
    limits = Limits(max_size=most, max_depth=most, max_items=most)
    handler = text_handler(
        limits,
        sent=Sent(call=repr, leaves=()),
        received=Received(reads='json', call=lambda _: []),
    )
    assert handler.serialize([]) == '[]'
    assert handler.deserialize('[]') == []


@needs_speedups
def test_a_payload_that_the_library_refuses_goes_to_the_guard() -> None:
    handler = text_handler(
        sent=Sent(call=lambda media: media.missing, leaves=JSON_LEAVES),
        received=Received(reads='json', call=int),
    )
    with pytest.raises(UnserializableMedia, match='looked closer') as sent:
        handler.serialize('a')
    with pytest.raises(MalformedPayload, match='looked closer') as received:
        handler.deserialize('{}')
    assert sent.value.handler == received.value.handler == 'text'
    assert received.value.payload_type is WebSocketPayloadType.TEXT
