"""What the plugin tells of itself."""

from __future__ import annotations

from importlib import metadata
import inspect
from pathlib import Path

from falcon import WebSocketPayloadType
import pytest

import falcon_media_rapidjson
from falcon_media_rapidjson import RapidJSONHandler

README = Path(__file__).parent.parent / 'README.md'


def test_the_handler_is_described() -> None:
    (spec,) = falcon_media_rapidjson.falcon_media_handlers()
    assert spec.name == 'rapidjson'
    assert spec.payload_type is WebSocketPayloadType.TEXT
    assert spec.media_type == 'application/json'
    assert spec.factory is RapidJSONHandler
    assert spec.unenforced == ()
    assert spec.summary


def test_diagnostics() -> None:
    assert falcon_media_rapidjson.falcon_media_diagnostics() == {
        'python-rapidjson': metadata.version('python-rapidjson')
    }


def test_every_option_is_documented() -> None:
    page = README.read_text('utf-8')
    options = set(inspect.signature(RapidJSONHandler).parameters)
    assert {option for option in options if f'| `{option}` |' in page} == options


@pytest.mark.parametrize('option', inspect.signature(RapidJSONHandler).parameters)
def test_options_have_names_only(option: str) -> None:
    parameter = inspect.signature(RapidJSONHandler).parameters[option]
    assert parameter.kind is parameter.KEYWORD_ONLY
