"""What the plugin tells of itself."""

from __future__ import annotations

from importlib import metadata
import inspect
from pathlib import Path
import re

from falcon import WebSocketPayloadType

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


def test_the_public_names() -> None:
    assert falcon_media_cbor.__all__ == ('CBORHandler',)


def test_the_diagnostics() -> None:
    assert falcon_media_cbor.falcon_media_diagnostics() == {
        'cbor2': metadata.version('cbor2')
    }


def test_the_readme_has_the_options() -> None:
    text = (Path(__file__).parent.parent / 'README.md').read_text('utf-8')
    written = dict(re.findall(r'^\| `(\w+)` \| `(.+?)` \|', text, re.MULTILINE))
    parameters = inspect.signature(CBORHandler).parameters
    options = {name: str(option.default) for name, option in parameters.items()}
    assert written == options | {'limits': 'Limits()'}
