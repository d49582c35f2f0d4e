from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from falcon_media import ConfigError
from falcon_media import HandlerLoadError
from falcon_media import HandlerNotFound
from falcon_media_tools.candidates import candidates
from falcon_media_tools.candidates import parse_options

Install = Callable[..., None]

NEEDY = """
    import falcon
    import falcon_media

    class Handler(falcon_media.BinaryHandler):
        def __init__(self, *, message, limits=None):
            __import__(message)
            super().__init__(
                falcon_media.Codec(encode=bytes, decode=bytes, unchecked=0), limits
            )

    @falcon_media.hookimpl
    def falcon_media_handlers():
        return [
            falcon_media.HandlerSpec(
                name='needy',
                payload_type=falcon.WebSocketPayloadType.BINARY,
                media_type='application/x-needy',
                factory=Handler,
                summary='Needs a message',
            )
        ]

    @falcon_media.hookimpl
    def falcon_media_diagnostics():
        return {'needylib': '7.0'}
"""


@pytest.fixture(autouse=True)
def _these_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('FALCON_MEDIA_PLUGINS', 'acme-loud,acme-needy,other-loud')


@pytest.fixture
def needy(distribute: Callable[..., Path]) -> None:
    distribute(
        'acme-needy', handlers={'needy': 'acme_needy'}, modules={'acme_needy': NEEDY}
    )


def test_all_that_are_installed(plugin: Install) -> None:
    plugin('loud')
    found = candidates()
    assert list(found.handlers) == ['json', 'loud']
    assert 'loud' not in found.absent


def test_those_that_are_named_in_their_order(plugin: Install) -> None:
    plugin('loud')
    assert list(candidates(['loud', 'json']).handlers) == ['loud', 'json']
    assert list(candidates(['acme-loud:loud']).handlers) == ['acme-loud:loud']


@pytest.mark.usefixtures('needy')
def test_a_handler_that_needs_an_option_is_skipped_with_the_reason() -> None:
    found = candidates()
    assert list(found.handlers) == ['json']
    assert found.absent['needy'] == (
        "handler 'needy' needs the option 'message': --option needy.message=..."
    )
    assert found.versions['needylib'] == '7.0'


@pytest.mark.usefixtures('needy')
def test_an_option_may_name_a_module_in_this_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / 'acme_events.py').write_text('')
    monkeypatch.chdir(tmp_path)
    found = candidates(options={'needy': {'message': 'acme_events'}})
    assert list(found.handlers) == ['json', 'needy']


@pytest.mark.usefixtures('needy')
def test_a_named_handler_that_cannot_be_made_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r'--option needy\.message=\.\.\.$'):
        candidates(['json', 'needy'])
    with pytest.raises(HandlerNotFound, match='meedy'):
        candidates(['meedy'])


def test_a_broken_handler_is_skipped_with_the_reason(plugin: Install) -> None:
    plugin('loud', more="requires=('acme-lib>=2.1',)")
    found = candidates()
    assert list(found.handlers) == ['json']
    assert 'acme-lib' in found.absent['loud']
    with pytest.raises(HandlerLoadError, match='acme-lib'):
        candidates(['loud'])


def test_a_name_provided_twice_is_skipped_with_the_reason(plugin: Install) -> None:
    plugin('loud')
    plugin('loud', distribution='other-loud')
    found = candidates()
    assert list(found.handlers) == ['json']
    assert {'acme-loud:loud (TEXT)', 'other-loud:loud (TEXT)'} <= found.absent.keys()
    assert list(candidates(['other-loud:loud']).handlers) == ['other-loud:loud']


def test_a_configuration_gives_options_and_budgets(
    plugin: Install, tmp_path: Path
) -> None:
    plugin('loud')
    config = tmp_path / 'falcon-media.toml'
    config.write_text('[limits]\nmax_depth = 7\n[handlers.json]\nsort_keys = true\n')
    found = candidates(config=str(config), options={'json': {'ensure_ascii': True}})
    assert found.handlers['json'].limits.max_depth == 7
    assert found.handlers['json'].serialize({'b': 1, 'a': 'ë'}) == (
        r'{"a":"\u00eb","b":1}'
    )
    sorts = {'json': {'sort_keys': False}}
    found = candidates(config=str(config), options=sorts)
    assert found.handlers['json'].serialize({'b': 1, 'a': 2}) == '{"b":1,"a":2}'

    config.write_text('[plugins]\nblock = ["acme-loud"]\nstrict = true\n')
    found = candidates(config=str(config))
    assert list(found.handlers) == ['json']
    assert 'block' in found.absent['loud']


def test_an_option_of_an_unknown_handler_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"no such handler\. Did you mean 'json'"):
        candidates(options={'jsom': {'sort_keys': True}})
    with pytest.raises(ConfigError, match="no option 'sort'"):
        candidates(['json'], options={'json': {'sort': True}})


@pytest.mark.parametrize(
    ('text', 'name', 'option', 'value'),
    [
        ('cbor.canonical=true', 'cbor', 'canonical', True),
        ('cbor.depth=3', 'cbor', 'depth', 3),
        ('cbor.name="3"', 'cbor', 'name', '3'),
        ('pb.message=a.b_pb2:C=', 'pb', 'message', 'a.b_pb2:C='),
        ('acme.json.tags=[1, 2]', 'acme.json', 'tags', [1, 2]),
    ],
)
def test_options_as_they_are_typed(
    text: str, name: str, option: str, value: Any
) -> None:
    assert parse_options([text]) == {name: {option: value}}


def test_several_options() -> None:
    assert parse_options(['a.b=1', 'a.c=2', 'd.b=3', 'a.b=4']) == {
        'a': {'b': 4, 'c': 2},
        'd': {'b': 3},
    }


@pytest.mark.parametrize('text', ['', 'a', 'a.b', 'a=1', '.b=1', 'a.=1', 'a.b='])
def test_a_malformed_option_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r'not of the form HANDLER\.OPTION=VALUE'):
        parse_options([text])


def test_an_option_that_was_typed_wrong_is_an_error_and_names_the_nearest(
    monkeypatch: pytest.MonkeyPatch, plugin: Install
) -> None:
    plugin('loud')
    with pytest.raises(
        ConfigError,
        match=r"^handler 'loud': type: 'falcon_media' has no 'Limit'\. Did you mean "
        "'Limits'\\?$",
    ):
        candidates(options={'loud': {'type': 'falcon_media:Limit'}})
    with pytest.raises(
        ConfigError, match=r"'loud' has no option 'volum'\. Did you mean"
    ):
        candidates(options={'loud': {'volum': 3}})
