"""What the plugin tells of itself."""

from __future__ import annotations

from importlib import metadata
import inspect
from pathlib import Path

from falcon import WebSocketPayloadType
import pytest

import falcon_media_orjson
from falcon_media_orjson import OrjsonBytesHandler
from falcon_media_orjson import OrjsonHandler

README = Path(__file__).parent.parent / 'README.md'


def test_the_handlers_are_described() -> None:
    text, data = falcon_media_orjson.falcon_media_handlers()
    assert (text.name, data.name) == ('orjson', 'orjson-bytes')
    assert text.payload_type is WebSocketPayloadType.TEXT
    assert data.payload_type is WebSocketPayloadType.BINARY
    assert text.factory is OrjsonHandler
    assert data.factory is OrjsonBytesHandler
    for spec in (text, data):
        assert spec.media_type == 'application/json'
        assert spec.unenforced == ()
        assert spec.summary


def test_diagnostics() -> None:
    assert falcon_media_orjson.falcon_media_diagnostics() == {
        'orjson': metadata.version('orjson')
    }


def test_both_handlers_have_the_same_options() -> None:
    options, others = map(inspect.signature, (OrjsonHandler, OrjsonBytesHandler))
    assert options == others


def test_every_option_is_documented() -> None:
    page = README.read_text('utf-8')
    options = set(inspect.signature(OrjsonHandler).parameters)
    assert {option for option in options if f'| `{option}` |' in page} == options
    described = inspect.getdoc(OrjsonHandler) or ''
    assert all(f'\n    {option} (' in described for option in options)


@pytest.mark.parametrize('option', inspect.signature(OrjsonHandler).parameters)
def test_options_have_names_only(option: str) -> None:
    parameter = inspect.signature(OrjsonHandler).parameters[option]
    assert parameter.kind is parameter.KEYWORD_ONLY
