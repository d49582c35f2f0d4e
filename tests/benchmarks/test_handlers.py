"""Who is compared with whom."""

from __future__ import annotations

import json
from typing import Any

from falcon.media import JSONHandlerWS
from falcon.media import MessagePackHandlerWS
import pytest

from benchmarks.handlers import Entrant
from benchmarks.handlers import entrants
from benchmarks.messages import CHAT
from benchmarks.messages import Message
from benchmarks.messages import MESSAGES

ENTRANTS = {entrant.name: entrant for entrant in entrants()}


def test_those_that_are_installed_are_found() -> None:
    assert {'json', 'orjson', 'msgpack', 'cbor', 'protobuf'} <= set(ENTRANTS)
    assert [entrant.name for entrant in entrants(frozenset({'cbor'}))] == ['cbor']


@pytest.mark.parametrize('message', MESSAGES.values(), ids=MESSAGES)
@pytest.mark.parametrize('entrant', ENTRANTS.values(), ids=ENTRANTS)
def test_a_message_has_the_same_fields_in_all_formats(
    entrant: Entrant, message: Message
) -> None:
    media = message.make()
    library = entrant.library(message)
    handler: Any = entrant.handler(message)
    made: Any = library.make(media)
    payload: Any = handler.serialize(made)
    assert library.decode(payload) == made == handler.deserialize(library.payload(made))
    if entrant.name == 'protobuf':
        assert {field.name for field, _ in made.ListFields()} == set(media)
    else:
        assert made == media


@pytest.mark.parametrize(('size', 'most'), [('100 B', 100), ('2 KB', 2_100)])
def test_a_message_has_about_its_size(size: str, most: int) -> None:
    text = json.dumps(MESSAGES[size].make(), separators=(',', ':'), ensure_ascii=False)
    assert 0.9 * most < len(text.encode()) <= most


def test_falcon_is_compared_with_the_same_library() -> None:
    assert isinstance(ENTRANTS['msgpack'].falcon(CHAT)['Falcon'], MessagePackHandlerWS)
    assert {*ENTRANTS['json'].falcon(CHAT)} == {'Falcon'}
    assert ENTRANTS['cbor'].falcon(CHAT) == {}

    both = ENTRANTS['rapidjson'].falcon(CHAT)
    assert {*both} == {'Falcon', 'Falcon default'}
    assert all(isinstance(handler, JSONHandlerWS) for handler in both.values())
    # rapidjson writes no white space by default, and json does.
    assert both['Falcon'].serialize({'a': [1, 2]}) == '{"a":[1,2]}'
    assert both['Falcon default'].serialize({'a': [1, 2]}) == '{"a": [1, 2]}'
