"""What the plugin tells of itself, and what it does not import to do so."""

from __future__ import annotations

from importlib import metadata
import inspect
import json
from pathlib import Path
import re

from falcon import WebSocketPayloadType
import falcon.asgi
from plugins.cbor.tests import hostile
import pytest

import falcon_media
import falcon_media_cbor
from falcon_media_cbor import CBORHandler


def test_the_spec() -> None:
    (spec,) = falcon_media_cbor.falcon_media_handlers()
    assert spec.name == CBORHandler.name == 'cbor'
    assert spec.payload_type is WebSocketPayloadType.BINARY
    assert spec.media_type == 'application/cbor'
    assert spec.factory is CBORHandler
    assert spec.summary
    assert spec.requires == ('cbor2>=6.2',)
    assert spec.aliases == ()
    assert spec.unenforced == ()


def test_the_entry_point() -> None:
    (entry_point,) = metadata.entry_points(
        group='falcon_media.handlers.v1', name='cbor'
    )
    assert entry_point.load() is falcon_media_cbor


def test_the_public_names() -> None:
    assert falcon_media_cbor.__all__ == ('CBORHandler',)


def test_the_diagnostics() -> None:
    assert falcon_media_cbor.falcon_media_diagnostics() == {
        'cbor2': metadata.version('cbor2')
    }


def test_it_is_installed_by_its_name() -> None:
    app = falcon.asgi.App()
    falcon_media.install(app, binary=falcon_media.use('cbor', canonical=True))
    handler = app.ws_options.media_handlers[WebSocketPayloadType.BINARY]
    assert handler.serialize(1.5) == bytes.fromhex('f93e00')


def test_an_option_that_there_is_not() -> None:
    with pytest.raises(falcon_media.ConfigError, match='max_bignum'):
        falcon_media.install(
            falcon.asgi.App(), binary=falcon_media.use('cbor', max_bignums=1)
        )


def test_the_readme_has_the_options() -> None:
    text = (Path(__file__).parent.parent / 'README.md').read_text('utf-8')
    written = dict(re.findall(r'^\| `(\w+)` \| `(.+?)` \|', text, re.MULTILINE))
    parameters = inspect.signature(CBORHandler).parameters
    options = {name: str(option.default) for name, option in parameters.items()}
    assert written == options | {'limits': 'Limits()'}


def test_cbor2_is_imported_by_the_first_handler_and_not_before() -> None:
    printed = hostile.run(
        """
        import json
        import sys
        import falcon_media_cbor

        falcon_media_cbor.falcon_media_handlers()
        falcon_media_cbor.falcon_media_diagnostics()
        before = 'cbor2' in sys.modules
        payload = falcon_media_cbor.CBORHandler().serialize({'a': 1})
        print(json.dumps([before, payload.hex(), 'cbor2' in sys.modules]))
        """
    )
    assert json.loads(printed) == [False, 'a1616101', True]
