from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
import logging
import re
import sys
from typing import Any

from falcon import WebSocketPayloadType
import pytest

import falcon_media
from falcon_media import ConfigError
from falcon_media import HandlerConflict
from falcon_media import HandlerLoadError
from falcon_media import HandlerNotFound
from falcon_media import Limits
from falcon_media import Registry
from falcon_media import use
from falcon_media.plugins.discovery import discover
from falcon_media.plugins.discovery import Policy

Distribute = Callable[..., Any]

TEXT = WebSocketPayloadType.TEXT
BINARY = WebSocketPayloadType.BINARY


PLUGIN = """
    from falcon import WebSocketPayloadType
    from falcon_media import BinaryHandler, HandlerSpec, TextHandler, hookimpl

    class Shout(TextHandler):
        def __init__(self, volume=1):
            self.volume = volume

        def serialize(self, media):
            return str(media).upper() + '!' * self.volume

        def deserialize(self, payload):
            return payload.rstrip('!').lower()

    @hookimpl
    def falcon_media_handlers():
        return [
            HandlerSpec(
                name='shout',
                payload_type=WebSocketPayloadType.TEXT,
                media_type='text/x-shout',
                factory=Shout,
                summary='LOUD',
            )
        ]
"""
"""A plugin that works: a TEXT handler ``shout`` with an option ``volume``."""


def build(name: Any, payload_type: WebSocketPayloadType = TEXT) -> Any:
    return Registry.discover().build(name, payload_type, Limits())


def plugin(*replacements: tuple[str, str]) -> str:
    source = PLUGIN
    for old, new in replacements:
        assert old in source
        source = source.replace(old, new)
    return source


@pytest.fixture
def shout(distribute: Distribute) -> None:
    distribute(
        'acme-shout', handlers={'shout': 'acme_shout'}, modules={'acme_shout': PLUGIN}
    )


def row(name: str) -> dict[str, Any]:
    (found,) = [row for row in Registry.discover().rows() if row['name'] == name]
    return dict(found)


def test_the_built_in_handler_is_found() -> None:
    assert row('json') == {
        'name': 'json',
        'payload_type': 'TEXT',
        'media_type': 'application/json',
        'distribution': 'falcon-media',
        'version': metadata.version('falcon-media'),
        'state': 'loaded',
        'error': None,
        'summary': row('json')['summary'],
        'unenforced': [],
    }


@pytest.mark.usefixtures('shout')
def test_an_installed_distribution_is_found() -> None:
    assert row('shout')['state'] == 'loaded'
    assert build('shout').serialize('hi') == 'HI!'


@pytest.mark.usefixtures('shout')
def test_options_reach_the_handler() -> None:
    assert build(use('shout', volume=3)).serialize('hi') == 'HI!!!'


@pytest.mark.usefixtures('shout')
def test_nothing_is_imported_before_it_is_selected() -> None:
    registry = Registry.discover()
    registry.build('json', TEXT, Limits())
    assert 'acme_shout' not in sys.modules
    registry.build('shout', TEXT, Limits())
    assert 'acme_shout' in sys.modules


@pytest.mark.usefixtures('shout')
def test_limits_can_be_given_for_any_handler() -> None:
    handler = build(use('shout', limits={'max_size': 8}))
    with pytest.raises(falcon_media.PayloadTooLarge):
        handler.deserialize('x' * 9)


@pytest.mark.usefixtures('shout')
@pytest.mark.parametrize(
    ('choice', 'payload_type', 'message'),
    [
        (
            'shuot',
            TEXT,
            (
                r"no TEXT handler named 'shuot' is installed\. Did you mean "
                r"'shout'\? Installed for TEXT: json, .*shout"
            ),
        ),
        ('shout', BINARY, r"'shout' is a TEXT handler; it cannot be used for BINARY"),
    ],
)
def test_an_unknown_name(
    choice: str, payload_type: WebSocketPayloadType, message: str
) -> None:
    with pytest.raises(HandlerNotFound, match=message) as caught:
        build(choice, payload_type)
    assert caught.value.name == choice
    if payload_type is TEXT:
        assert 'shout' in caught.value.installed


@pytest.mark.parametrize('name', ['msgpack', 'msgpck'])
def test_an_unknown_first_party_name_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    # NOTE: Simulate that no plugin is installed.
    monkeypatch.setattr('falcon_media.plugins.registry.discover', lambda policy: [])
    with pytest.raises(
        HandlerNotFound,
        match=r"To install msgpack: pip install 'falcon-media\[msgpack\]'",
    ):
        build(name, BINARY)


def test_an_unknown_name_of_a_plugin_with_several_handlers(
    monkeypatch: pytest.MonkeyPatch, distribute: Distribute
) -> None:
    monkeypatch.setattr('falcon_media.plugins.registry.discover', lambda policy: [])
    with pytest.raises(HandlerNotFound) as caught:
        build('msgspec-json', TEXT)
    assert str(caught.value).endswith(
        'Installed for TEXT: json. To install msgspec-json: pip install '
        "'falcon-media[msgspec]'"
    )
    # NOTE: No hint to install what is installed already.
    distribute('falcon-media-msgspec', handlers={'msgspec-json': 'no_such_module'})
    there = [record for record in discover(Policy()) if record.name == 'msgspec-json']
    monkeypatch.setattr('falcon_media.plugins.registry.discover', lambda policy: there)
    with pytest.raises(HandlerNotFound) as caught:
        build('msgspec-jsn', TEXT)
    assert 'To get' not in str(caught.value)


@pytest.mark.usefixtures('shout')
@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (
            {'volum': 2},
            (
                r"has no option 'volum'\. Did you mean 'volume'\? Its options: "
                'volume'
            ),
        ),
        ({'colour': 2}, r"has no option 'colour'\. Its options: volume"),
    ],
)
def test_an_unknown_option_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(use('shout', **options))


def test_a_factory_that_takes_any_option(distribute: Distribute) -> None:
    source = plugin(
        ('self, volume=1', 'self, **options'), ('volume = volume', 'volume = 2')
    )
    distribute('acme', handlers={'shout': 'acme_any'}, modules={'acme_any': source})
    assert build(use('shout', colour='red')).serialize('a') == 'A!!'


def test_a_missing_option_is_refused(distribute: Distribute) -> None:
    source = plugin(('volume=1', 'volume'))
    distribute('acme', handlers={'shout': 'acme_needy'}, modules={'acme_needy': source})
    with pytest.raises(ConfigError, match=r"needs the option 'volume': .*use\('shout'"):
        build('shout')


@pytest.mark.parametrize(
    ('replacements', 'message'),
    [
        (
            ('class Shout', 'import no_such_module\n\n    class Shout'),
            "ModuleNotFoundError: No module named 'no_such_module'",
        ),
        (('class Shout', 'raise SystemExit(3)\n\n    class Shout'), 'SystemExit: 3'),
        (
            ('falcon_media_handlers()', 'falcon_media_handler()'),
            'unknown hook .falcon_media_handler.',
        ),
        (
            ('falcon_media_handlers()', 'falcon_media_handlers(app)'),
            'Argument.*not declared in the hookspec|definition: .*hookimpl',
        ),
        (('@hookimpl', ''), r'has no falcon_media_handlers\(\) hook: implement it'),
        (('return [', "return 'shout' or ["), 'must return a sequence of HandlerSpec'),
        (('return [', 'return [None] or ['), 'must return a sequence of HandlerSpec'),
        (
            ("name='shout'", "name='whisper'"),
            ("entry point is named 'shout', but .* describes 'whisper'"),
        ),
        (('return [', 'return [] or () and ['), 'describes none'),
        (("name='shout'", "name='Sh out'"), "invalid handler name 'Sh out'"),
        (
            ("summary='LOUD'", "summary='LOUD', requires=('no-such-dist>=2',)"),
            "needs no-such-dist>=2, which is not installed: pip install 'no-such-dist",
        ),
        (
            ("summary='LOUD'", "summary='LOUD', requires=('pluggy>=99',)"),
            r'needs pluggy>=99, but \d+\.\d+',
        ),
    ],
)
def test_a_broken_plugin(
    distribute: Distribute, replacements: tuple[str, str], message: str
) -> None:
    distribute(
        'acme-broken',
        handlers={'shout': 'acme_broken'},
        modules={'acme_broken': plugin(replacements)},
    )
    broken = row('shout')
    assert broken['state'] == 'broken'
    assert broken['distribution'] == 'acme-broken'
    assert re.search(message, broken['error'])
    with pytest.raises(HandlerLoadError, match=message) as caught:
        build('shout')
    assert caught.value.distribution == 'acme-broken 1.0'
    assert caught.value.__cause__ is not None
    # A broken plugin that is not selected does no harm.
    assert build('json').serialize([1]) == '[1]'


def test_the_same_registry_is_asked_again_about_a_broken_plugin(
    distribute: Distribute,
) -> None:
    distribute('acme', handlers={'shout': 'no_such_module_at_all'})
    registry = Registry.discover()
    for _ in range(2):
        with pytest.raises(HandlerLoadError, match='no_such_module_at_all'):
            registry.find('shout', TEXT)


def test_a_factory_that_fails(distribute: Distribute) -> None:
    source = plugin(('self.volume = volume', "raise OSError('no\\nluck')"))
    distribute('acme', handlers={'shout': 'acme_fail'}, modules={'acme_fail': source})
    with pytest.raises(HandlerLoadError, match='could not be made: OSError: no luck'):
        build('shout')


def test_a_factory_that_refuses_an_option(distribute: Distribute) -> None:
    source = plugin(
        (
            'self.volume = volume',
            "import falcon_media as f; raise f.ConfigError('loud')",
        )
    )
    distribute('acme', handlers={'shout': 'acme_conf'}, modules={'acme_conf': source})
    with pytest.raises(ConfigError, match=r'^loud$'):
        build('shout')


@pytest.fixture
def twins(distribute: Distribute) -> None:
    for name in ('one', 'two'):
        distribute(
            f'acme-{name}',
            handlers={'shout': f'acme_{name}'},
            modules={f'acme_{name}': PLUGIN},
        )


@pytest.mark.usefixtures('twins')
def test_one_name_from_two_distributions_is_a_conflict() -> None:
    with pytest.raises(
        HandlerConflict,
        match=r'acme-one 1\.0 and acme-two 1\.0\. Select one of them as '
        "'acme-one:shout' or 'acme-two:shout'",
    ) as caught:
        build('shout')
    assert caught.value.distributions == ('acme-one', 'acme-two')


@pytest.mark.usefixtures('twins')
def test_one_of_two_distributions_can_be_selected() -> None:
    assert build('Acme_Two:shout').serialize('a') == 'A!'
    assert 'acme_two' in sys.modules
    assert 'acme_one' not in sys.modules


@pytest.mark.usefixtures('twins')
@pytest.mark.parametrize('distribution', ['shout', 'acme-on', 'acme'])
def test_a_distribution_without_the_handler_is_an_error(distribution: str) -> None:
    with pytest.raises(HandlerNotFound) as caught:
        build(f'{distribution}:shout')
    assert str(caught.value) == (
        f"no distribution {distribution!r} provides a handler 'shout'. Did you "
        "mean 'acme-one:shout' or 'acme-two:shout'?"
    )
    assert (caught.value.name, caught.value.installed) == ('shout', ('shout',))
    with pytest.raises(HandlerNotFound, match="Did you mean 'falcon-media:json'"):
        build('json:json')


@pytest.mark.usefixtures('twins')
def test_an_unknown_handler_of_a_distribution() -> None:
    with pytest.raises(HandlerNotFound, match=r"'shuot' is .* Did you mean 'shout'\?"):
        build('acme-one:shuot')


@pytest.mark.usefixtures('twins')
def test_a_conflict_is_listed_and_affects_no_other_handler() -> None:
    rows = [row for row in Registry.discover().rows() if row['name'] == 'shout']
    assert [row['state'] for row in rows] == ['conflict', 'conflict']
    assert all('Select one of them as' in str(row['error']) for row in rows)
    assert build('json').serialize(1) == '1'


def test_a_broken_twin_is_a_conflict_too(distribute: Distribute) -> None:
    distribute('acme-one', handlers={'shout': 'acme_one'}, modules={'acme_one': PLUGIN})
    distribute('acme-two', handlers={'shout': 'no_such_module'})
    with pytest.raises(HandlerConflict, match=r'acme-two 1\.0 and acme-one 1\.0'):
        build('shout')


def test_one_name_for_both_payload_types(distribute: Distribute) -> None:
    binary = plugin(
        ('(TextHandler)', '(BinaryHandler)'),
        ('PayloadType.TEXT', 'PayloadType.BINARY'),
        ("+ '!' * self.volume", ''),
        ('.upper()', '.upper().encode()'),
    )
    distribute('acme-t', handlers={'shout': 'acme_t'}, modules={'acme_t': PLUGIN})
    distribute('acme-b', handlers={'shout': 'acme_b'}, modules={'acme_b': binary})
    assert build('shout', TEXT).serialize('a') == 'A!'
    assert build('shout', BINARY).serialize('a') == b'A'


@pytest.mark.parametrize(
    ('variable', 'value', 'reason'),
    [
        ('FALCON_MEDIA_PLUGINS', '', 'not in FALCON_MEDIA_PLUGINS'),
        ('FALCON_MEDIA_PLUGINS', 'some-other', 'not in FALCON_MEDIA_PLUGINS'),
        ('FALCON_MEDIA_BLOCK', 'x, Acme.Shout', 'in FALCON_MEDIA_BLOCK'),
        ('FALCON_MEDIA_BLOCK', 'shout', 'in FALCON_MEDIA_BLOCK'),
    ],
)
@pytest.mark.usefixtures('shout')
def test_a_blocked_plugin(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert row('shout')['state'] == 'blocked'
    with pytest.raises(
        HandlerLoadError, match=f'shout.*acme-shout 1.0 is blocked: {reason}'
    ):
        build('shout')
    assert 'acme_shout' not in sys.modules
    assert build('json').serialize(1) == '1'


@pytest.mark.usefixtures('shout')
def test_an_allowed_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('FALCON_MEDIA_PLUGINS', 'other, acme_shout')
    assert build('shout').serialize('a') == 'A!'


@pytest.mark.usefixtures('shout')
@pytest.mark.parametrize(
    ('variable', 'name', 'meant', 'is_fault'),
    [
        ('FALCON_MEDIA_PLUGINS', 'acme-shuot', 'acme-shout', True),
        ('FALCON_MEDIA_PLUGINS', 'shout', 'acme-shout', True),
        ('FALCON_MEDIA_PLUGINS', 'some-other', None, True),
        ('FALCON_MEDIA_BLOCK', 'acme-shuot', 'acme-shout', True),
        ('FALCON_MEDIA_BLOCK', 'shuot', 'shout', True),
        # It is fine to block a name that is not installed.
        ('FALCON_MEDIA_BLOCK', 'some-other', None, False),
    ],
)
def test_an_unknown_name_in_a_list_of_plugins_is_reported(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    variable: str,
    name: str,
    meant: str | None,
    is_fault: bool,
) -> None:
    monkeypatch.setattr(
        'falcon_media.plugins.registry.discover',
        lambda policy: [one for one in discover(policy) if one.name == 'shout'],
    )
    monkeypatch.setenv(variable, name)
    registry = Registry.discover()
    (unknown,) = registry.unknown_names
    assert (unknown.source, unknown.name, unknown.meant) == (variable, name, meant)
    with caplog.at_level(logging.WARNING, 'falcon_media'):
        registry.warn()
    assert caplog.messages == ([str(unknown)] if meant else [])
    monkeypatch.setenv('FALCON_MEDIA_STRICT', '1')
    if is_fault:
        with pytest.raises(ConfigError, match=f'{variable}: no .*{name}') as caught:
            Registry.discover()
        assert meant is None or f'Did you mean {meant!r}?' in str(caught.value)
    else:
        Registry.discover()


@pytest.mark.usefixtures('shout')
@pytest.mark.parametrize(
    'names',
    [
        'Acme.Shout, falcon-media',
        # A first-party name that is not installed is correct, and so is the other.
        'acme-shout, falcon-media-msgspec',
        'acme-shout, acme-shouts',
    ],
)
def test_a_correct_name_in_an_allow_list_is_not_reported(
    monkeypatch: pytest.MonkeyPatch, names: str
) -> None:
    monkeypatch.setattr(
        'falcon_media.plugins.registry.discover',
        lambda policy: [one for one in discover(policy) if one.name == 'shout'],
    )
    monkeypatch.setenv('FALCON_MEDIA_PLUGINS', names)
    assert [one for one in Registry.discover().unknown_names if one.meant] == []


def test_blocking_one_of_two_distributions_settles_a_conflict(
    monkeypatch: pytest.MonkeyPatch, twins: None
) -> None:
    monkeypatch.setenv('FALCON_MEDIA_BLOCK', 'acme-one')
    assert build('shout').serialize('a') == 'A!'


def test_a_plugin_of_another_protocol_version_is_incompatible(
    distribute: Distribute,
) -> None:
    distribute(
        'acme-next', handlers={'shout': 'acme_next'}, group='falcon_media.handlers.v2'
    )
    assert row('shout')['state'] == 'incompatible'
    with pytest.raises(HandlerLoadError, match=r'handlers\.v2, but this version'):
        build('shout')


@pytest.mark.parametrize('metadata', ['', 'Metadata-Version: 2.1\n', b'\xff'])
def test_damaged_metadata(distribute: Distribute, metadata: str | bytes) -> None:
    distribute(
        'acme-odd',
        handlers={'shout': 'acme_odd'},
        modules={'acme_odd': PLUGIN},
        metadata=metadata,
    )
    assert row('shout')['state'] == 'loaded'


@pytest.mark.parametrize('value', ['1', 'yes'])
def test_strict_mode_refuses_a_broken_plugin(
    monkeypatch: pytest.MonkeyPatch, distribute: Distribute, value: str
) -> None:
    monkeypatch.setenv('FALCON_MEDIA_STRICT', value)
    distribute('acme-broken', handlers={'shout': 'no_such_module'})
    with pytest.raises(
        HandlerLoadError, match=r'strict.*acme-broken 1\.0 is broken.*no_such_module'
    ):
        Registry.discover()


@pytest.mark.usefixtures('twins')
def test_strict_mode_refuses_a_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('FALCON_MEDIA_STRICT', '1')
    with pytest.raises(HandlerConflict, match='several distributions'):
        Registry.discover()


@pytest.mark.usefixtures('shout')
@pytest.mark.parametrize('value', ['', '0', '1'])
def test_strict_mode_accepts_working_plugins(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv('FALCON_MEDIA_STRICT', value)
    assert build('shout').serialize('a') == 'A!'


class Tracer:
    """An extension that wraps the building of handlers."""

    def __init__(self) -> None:
        self.built: list[str] = []

    @falcon_media.hookimpl(wrapper=True)
    def falcon_media_build_handler(self, spec: Any) -> Any:
        handler = yield
        self.built.append(f'{spec.name}: {type(handler).__name__}')
        return handler

    @falcon_media.hookimpl
    def falcon_media_diagnostics(self) -> dict[str, str]:
        return {'tracer': '1'}


@pytest.mark.usefixtures('shout')
def test_an_extension_wraps_building() -> None:
    tracer = Tracer()
    registry = Registry.discover(extensions=[tracer])
    registry.build('shout', TEXT, Limits())
    assert tracer.built == ['shout: Shout']
    assert registry.diagnostics()['tracer'] == '1'


def test_a_misspelt_hook_of_an_extension_is_refused() -> None:
    class Misspelt:
        @falcon_media.hookimpl
        def falcon_media_biuld_handler(self) -> None: ...

    with pytest.raises(ConfigError, match=r'unknown hook .falcon_media_biuld_handler'):
        Registry.discover(extensions=[Misspelt()])


def test_a_use_has_a_readable_form() -> None:
    assert str(use('shout')) == 'shout'
    assert str(use('shout', volume=2)) == 'shout(volume=2)'
    shown = "shout(message='falcon_media.limits.budgets:Limits')"
    assert str(use('shout', message=Limits)) == shown


@pytest.mark.parametrize(
    ('change', 'error', 'message'),
    [
        ({'name': 3}, TypeError, 'must be strings'),
        ({'media_type': None}, TypeError, 'must be strings'),
        ({'name': 'UPPER'}, ValueError, "invalid handler name 'UPPER'"),
        ({'payload_type': 'TEXT'}, TypeError, "BINARY, not 'TEXT'"),
        ({'factory': 'json:loads'}, TypeError, 'factory must be callable'),
        ({'requires': 'cbor2'}, TypeError, 'requires must be a tuple'),
        ({'requires': ('cbor2==6',)}, ValueError, "'cbor2==6'"),
        ({'aliases': 'text/plain'}, TypeError, 'aliases must be a tuple'),
        ({'unenforced': 'max_size'}, TypeError, 'unenforced must be a tuple'),
        ({'unenforced': ('speed',)}, ValueError, "unknown budget 'speed'"),
    ],
)
def test_a_spec_is_checked(
    change: dict[str, Any], error: type[Exception], message: str
) -> None:
    fields: dict[str, Any] = {
        'name': 'x',
        'payload_type': TEXT,
        'media_type': 'text/x',
        'factory': object,
        'summary': '',
        'requires': ('pluggy', 'falcon>=4.1'),
        'unenforced': ('max_items',),
    }
    falcon_media.HandlerSpec(**fields)
    with pytest.raises(error, match=message):
        falcon_media.HandlerSpec(**{**fields, **change})


@pytest.mark.parametrize(
    ('limits', 'message'),
    [
        (3, r'limits must be falcon_media\.Limits'),
        ({'max_szie': 1}, "unknown budget 'max_szie'. Did you mean 'max_size'"),
        ({'colour': 1}, r"unknown budget 'colour'\. The budgets: max_size, max_depth"),
        ({'max_size': 0}, 'max_size must be a positive integer'),
    ],
)
def test_invalid_limits_are_refused(limits: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(use('json', limits=limits))


def test_two_handlers_of_one_module(distribute: Distribute) -> None:
    second = "HandlerSpec(name='roar', payload_type=WebSocketPayloadType.TEXT, "
    second += "media_type='text/x-roar', factory=Shout, summary='LOUDER'), "
    source = plugin(('return [', f'return [{second}'))
    distribute(
        'acme',
        handlers={'shout': 'acme_both', 'roar': 'acme_both'},
        modules={'acme_both': source},
    )
    assert row('shout')['summary'] == 'LOUD'
    assert row('roar')['summary'] == 'LOUDER'
