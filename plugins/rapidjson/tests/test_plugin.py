"""What the plugin tells of itself, and what it does not import to do so."""

from __future__ import annotations

from importlib import metadata
import inspect
import json
from pathlib import Path
import subprocess
import sys
from typing import Any

from falcon import WebSocketPayloadType
import falcon.asgi
import pytest

import falcon_media
from falcon_media import TextHandler
import falcon_media_rapidjson
from falcon_media_rapidjson import RapidJSONHandler

DISTRIBUTION = 'falcon-media-rapidjson'
README = Path(__file__).parent.parent / 'README.md'


def test_the_handler_is_described() -> None:
    (spec,) = falcon_media_rapidjson.falcon_media_handlers()
    assert spec.name == 'rapidjson'
    assert spec.payload_type is WebSocketPayloadType.TEXT
    assert spec.media_type == 'application/json'
    assert spec.factory is RapidJSONHandler
    assert spec.unenforced == ()
    assert spec.summary


def test_its_distribution_agrees() -> None:
    (spec,) = falcon_media_rapidjson.falcon_media_handlers()
    assert set(spec.requires) <= set(metadata.requires(DISTRIBUTION) or ())
    (entry_point,) = metadata.distribution(DISTRIBUTION).entry_points
    assert entry_point.group == 'falcon_media.handlers.v1'
    assert entry_point.name == spec.name
    assert entry_point.load() is falcon_media_rapidjson


def test_diagnostics() -> None:
    assert falcon_media_rapidjson.falcon_media_diagnostics() == {
        'python-rapidjson': metadata.version('python-rapidjson')
    }


def test_listing_does_not_import_the_library() -> None:
    program = (
        'import json, sys, falcon_media_rapidjson as plugin; '
        'plugin.falcon_media_handlers(); plugin.falcon_media_diagnostics(); '
        'before = "rapidjson" in sys.modules; plugin.RapidJSONHandler(); '
        'print(json.dumps([before, "rapidjson" in sys.modules]))'
    )
    done = subprocess.run(
        [sys.executable, '-c', program], capture_output=True, check=True, timeout=60
    )
    assert json.loads(done.stdout) == [False, True]


def test_it_can_be_installed_by_name() -> None:
    app = falcon.asgi.App()
    falcon_media.install(app, text='rapidjson')
    handler: Any = app.ws_options.media_handlers[WebSocketPayloadType.TEXT]
    assert handler.deserialize(handler.serialize({'a': [1]})) == {'a': [1]}


def test_it_can_be_installed_with_options() -> None:
    app = falcon.asgi.App()
    falcon_media.install(app, text=falcon_media.use('rapidjson', ensure_ascii=True))
    handler: Any = app.ws_options.media_handlers[WebSocketPayloadType.TEXT]
    assert handler.serialize('é') == '"\\u00E9"'


def test_the_plain_falcon_way() -> None:
    app = falcon.asgi.App()
    handler = RapidJSONHandler()
    app.ws_options.media_handlers[WebSocketPayloadType.TEXT] = handler
    assert isinstance(handler, TextHandler)
    assert handler.deserialize(handler.serialize({'a': [1]})) == {'a': [1]}


def test_every_option_is_documented() -> None:
    page = README.read_text('utf-8')
    options = set(inspect.signature(RapidJSONHandler).parameters)
    assert {option for option in options if f'| `{option}` |' in page} == options


@pytest.mark.parametrize('option', inspect.signature(RapidJSONHandler).parameters)
def test_options_have_names_only(option: str) -> None:
    parameter = inspect.signature(RapidJSONHandler).parameters[option]
    assert parameter.kind is parameter.KEYWORD_ONLY
