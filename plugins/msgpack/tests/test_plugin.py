"""The plugin as the core sees it: its hooks, and what importing it costs."""

from __future__ import annotations

from importlib import metadata
import subprocess
import sys

import falcon
from packaging.requirements import Requirement
import pytest

import falcon_media_msgpack
from falcon_media_msgpack import MessagePackHandler


def test_the_hook_describes_one_handler() -> None:
    (spec,) = falcon_media_msgpack.falcon_media_handlers()
    assert spec.name == MessagePackHandler.name == 'msgpack'
    assert spec.payload_type is falcon.WebSocketPayloadType.BINARY
    assert spec.media_type == 'application/msgpack'
    assert spec.aliases == ('application/x-msgpack', 'application/vnd.msgpack')
    assert spec.factory is MessagePackHandler
    assert spec.unenforced == ()


def test_the_handler_needs_what_the_distribution_needs() -> None:
    (spec,) = falcon_media_msgpack.falcon_media_handlers()
    required = map(Requirement, metadata.requires('falcon-media-msgpack') or ())
    assert set(map(Requirement, spec.requires)) <= set(required)


def test_the_entry_point_is_the_module() -> None:
    (entry_point,) = metadata.entry_points(
        group='falcon_media.handlers.v1', name='msgpack'
    )
    assert entry_point.load() is falcon_media_msgpack


def test_listing_imports_no_codec_library() -> None:
    program = (
        'import sys, falcon_media_msgpack as plugin;'
        'plugin.falcon_media_handlers();'
        'assert "msgpack" not in sys.modules;'
        'plugin.MessagePackHandler();'
        'assert "msgpack" in sys.modules'
    )
    subprocess.run([sys.executable, '-c', program], check=True, timeout=60)


def test_diagnostics_tell_the_version() -> None:
    facts = falcon_media_msgpack.falcon_media_diagnostics()
    assert facts['msgpack'] == metadata.version('msgpack')


@pytest.mark.parametrize(
    ('version', 'leaks'),
    [((3, 11, 9), False), ((3, 12, 6), True), ((3, 12, 7), False), ((3, 13, 0), False)],
)
def test_diagnostics_tell_of_an_interpreter_that_never_frees_keys(
    version: tuple[int, int, int], leaks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('falcon_media_msgpack.sys.version_info', version)
    facts = falcon_media_msgpack.falcon_media_diagnostics()
    assert ('msgpack keys' in facts) is leaks
