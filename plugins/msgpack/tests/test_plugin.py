"""What the plugin tells of itself."""

from __future__ import annotations

from importlib import metadata

import falcon
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
