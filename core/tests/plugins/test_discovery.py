"""Discovery of damaged packages ends in rows, and ``install()`` in a SetupError."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from importlib import import_module
from importlib import metadata
import logging
from pathlib import Path
import sys
from typing import Any

from core.tests.plugins.test_registry import PLUGIN
from core.tests.plugins.test_registry import plugin
import falcon.asgi
import pytest

import falcon_media
from falcon_media import ConfigError
from falcon_media import HandlerConflict
from falcon_media import HandlerLoadError
from falcon_media import HandlerNotFound
from falcon_media import Registry
from falcon_media import SetupError
from falcon_media.plugins.discovery import UNREADABLE

Distribute = Callable[..., Path]

GROUP = b'falcon_media.handlers.v1'
HOSTILE = '\x1b[31mred\x1b]0;title\x07\u202e'


def install(**settings: Any) -> falcon_media.Installed:
    return falcon_media.install(falcon.asgi.App(), **settings)


def rows(distribution: str) -> list[dict[str, Any]]:
    return [
        dict(row)
        for row in Registry.discover().rows()
        if row['distribution'] == distribution
    ]


# ----------------------------------------------------------------- damaged metadata


@pytest.mark.parametrize(
    'content',
    [
        pytest.param(b'\xff\xfe\x00', id='not UTF-8'),
        pytest.param(b'[console_scripts]\nno equals sign\n', id='no equals sign'),
        pytest.param(b'[console_scripts\n= \n[]\n=', id='no name'),
        pytest.param(b'', id='empty'),
    ],
)
@pytest.mark.parametrize(
    'settings',
    [{}, {'text': 'json'}, {'http': ['json']}, {'subprotocols': {'a': 'json'}}],
    ids=str,
)
def test_broken_entry_points_of_other_packages_are_ignored(
    distribute: Distribute, content: bytes, settings: dict[str, Any]
) -> None:
    distribute('acme-other', entry_points=content)
    install(**settings)


@pytest.fixture
def unreadable(distribute: Distribute) -> None:
    distribute('acme-other', entry_points=b'\xff\xfe\x00')


@pytest.mark.usefixtures('unreadable')
def test_unreadable_entry_points_are_listed_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    (row,) = rows('acme-other')
    assert (row['name'], row['state']) == (UNREADABLE, 'broken')
    assert row['error'].startswith(
        'its entry_points.txt cannot be read (UnicodeDecodeError'
    )
    with caplog.at_level(logging.WARNING, 'falcon_media'):
        install()
    (line,) = caplog.messages
    assert line.startswith(
        'an unknown handler of acme-other 1.0 is broken, and is not used: its entry_po'
    )


@pytest.mark.usefixtures('unreadable')
def test_a_missing_handler_mentions_unreadable_entry_points() -> None:
    with pytest.raises(HandlerNotFound, match=r'of acme-other 1\.0 is broken: its ent'):
        install(text='shout')


@pytest.mark.usefixtures('unreadable')
def test_unreadable_entry_points_are_an_error_in_strict_mode(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv('FALCON_MEDIA_STRICT', '1')
    with pytest.raises(HandlerLoadError, match='unknown handler of acme-other'):
        install()
    monkeypatch.setenv('FALCON_MEDIA_BLOCK', 'acme-other')
    install()


@pytest.mark.parametrize(
    'line',
    [
        pytest.param(b'\xef\xbb\xbf[%b]' % GROUP, id='byte order mark'),
        b'[ %b ]' % GROUP,
        b'[%b' % GROUP,
        b'[falcon_media.handlers]',
        b'[falcon_media.handler.v1]',
        b'[falcon-media.handlers.v1]',
        b'[Falcon_Media.Handlers.V1]',
    ],
    ids=bytes.decode,
)
def test_an_almost_correct_group_of_entry_points_is_broken(
    distribute: Distribute, line: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    distribute('acme-shout', entry_points=line + b'\nshout = acme_shout\n')
    (row,) = rows('acme-shout')
    assert (row['name'], row['state']) == (UNREADABLE, 'broken')
    assert 'instead of [falcon_media.handlers.v1]' in row['error']
    assert row['error'].isprintable()
    with pytest.raises(HandlerNotFound, match=r'of acme-shout 1\.0 is broken'):
        install(text='shout')
    monkeypatch.setenv('FALCON_MEDIA_STRICT', '1')
    with pytest.raises(HandlerLoadError, match=r'of acme-shout 1\.0 is broken'):
        install()


def test_other_groups_that_mention_falcon_media_are_ignored(
    distribute: Distribute,
) -> None:
    lines = b'[console_scripts]\n# [falcon_media.handlers]\nfalcon-media = a\n[x]\n'
    distribute('acme-other', entry_points=lines)
    assert rows('acme-other') == []


@pytest.mark.parametrize(
    'line',
    [
        b'shout',
        b'shout =',
        b'shout = a b c',
        b'shout = acme:',
        b'shout = acme_shout\nshout = acme_other',
    ],
)
def test_a_handler_with_a_malformed_entry_point_is_broken(
    distribute: Distribute, line: bytes
) -> None:
    # The other entry point and the sections of other tools still work.
    content = b'[x]\nno equals\n[%b]\n%b\n# note\nroar = acme_roar\n' % (GROUP, line)
    distribute(
        'acme-shout',
        entry_points=content,
        modules={'acme_roar': plugin(("name='shout'", "name='roar'"))},
    )
    states = {row['name']: row['state'] for row in rows('acme-shout')}
    assert states == {'roar': 'loaded', 'shout': 'broken'}
    with pytest.raises(HandlerLoadError, match='not of the form NAME = MODULE'):
        install(text='shout')
    install(text='roar')


def test_an_entry_point_may_name_extras_and_an_object(distribute: Distribute) -> None:
    distribute(
        'acme-shout',
        handlers={'shout': 'acme_shout:plugin.itself [fast, faster]'},
        modules={
            'acme_shout': f'{PLUGIN}\n    class plugin:\n'
            '        falcon_media_handlers = itself = staticmethod(lambda: [])\n'
            '    import sys\n    plugin.itself = sys.modules[__name__]\n'
        },
    )
    install(text='shout')


@pytest.mark.parametrize(
    'content',
    [
        None,
        b'',
        b'Name: acme-shout\n',
        b'Version: 1.0\n',
        b'Name:\nVersion:\n\nName: later\n',
        b'\xff\xfe\x00',
    ],
)
def test_a_distribution_without_a_name_is_named_unknown(
    distribute: Distribute, content: bytes | None
) -> None:
    root = distribute(
        'acme-shout',
        handlers={'shout': 'acme_shout'},
        modules={'acme_shout': PLUGIN},
        metadata=content or b'x',
    )
    if content is None:
        (root / 'acme_shout-1.0.dist-info/METADATA').unlink()
    (row,) = rows('unknown')
    assert (row['name'], row['version'], row['state']) == ('shout', '?', 'loaded')
    install(text='unknown:shout')


def test_damaged_metadata_and_paths_are_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / 'acme_file-1.0.dist-info').write_bytes(b'\xff')
    (tmp_path / 'acme_egg-1.0.egg-info').write_bytes(b'\xff')
    (tmp_path / 'broken.zip').write_bytes(b'PK\x03\x04')
    for path in (tmp_path, tmp_path / 'broken.zip', tmp_path / 'no-such-folder'):
        monkeypatch.syspath_prepend(path)
    install(text='json')


def test_an_egg_is_a_distribution_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / 'acme_shout.egg-info'
    info.mkdir()
    (info / 'PKG-INFO').write_text('Name: acme-shout\nVersion: 2.0\n')
    (info / 'entry_points.txt').write_bytes(b'[%b]\nshout = no_such\n' % GROUP)
    monkeypatch.syspath_prepend(tmp_path)
    assert [row['version'] for row in rows('acme-shout')] == ['2.0']


@pytest.mark.parametrize('raises', [(OSError(),), (OSError(), OSError())])
@pytest.mark.usefixtures('unreadable')
def test_a_failing_third_party_finder_is_skipped(
    monkeypatch: pytest.MonkeyPatch, raises: tuple[Exception, ...]
) -> None:
    class Found:
        def __init__(self) -> None:
            self._left = list(raises)

        def __iter__(self) -> Found:
            return self

        def __next__(self) -> metadata.Distribution:
            if self._left:
                raise self._left.pop()
            raise StopIteration

    class Finder:
        find_spec = staticmethod(lambda *args: None)
        find_distributions = staticmethod(lambda context: Found())

    monkeypatch.setattr(sys, 'meta_path', [Finder, *sys.meta_path])
    # A finder that keeps failing is no longer called.
    assert len(rows('acme-other')) == (1 if len(raises) == 1 else 0)
    install(text='json')


# ---------------------------------------------------------------- several versions


def record_files(root: Path, version: str) -> None:
    """Write the RECORD of a version for the files that exist now."""
    lines = [
        f'{path.name},sha256={digest.decode().rstrip("=")},'
        for path in root.glob('*.py')
        for digest in [urlsafe_b64encode(sha256(path.read_bytes()).digest())]
    ]
    (root / f'acme_shout-{version}.dist-info/RECORD').write_text('\n'.join(lines))


@pytest.fixture
def upgrade(distribute: Distribute) -> Callable[..., None]:
    def install_versions(*versions: str, records: bool) -> None:
        for version in versions:
            root = distribute(
                'acme-shout',
                version=version,
                handlers={'shout': 'acme_shout', f'only-{version}': 'acme_shout'},
                modules={'acme_shout': f'{PLUGIN}\n    # {version}'},
            )
            if records:
                record_files(root, version)

    return install_versions


@pytest.mark.parametrize(
    ('versions', 'records', 'imported'),
    [
        (('1.0', '1.10', '1.9'), False, '1.10'),
        (('1.0', '1.1'), True, '1.1'),
        (('1.1', '1.0'), True, '1.0'),
    ],
    ids=['the highest', 'an upgrade', 'a downgrade'],
)
def test_stale_metadata_does_not_count(
    upgrade: Callable[..., None],
    versions: tuple[str, ...],
    records: bool,
    imported: str,
) -> None:
    upgrade(*versions, records=records)
    found = rows('acme-shout')
    assert {row['version'] for row in found} == {imported}
    assert [row['name'] for row in found] == [f'only-{imported}', 'shout']
    install(text='shout')


@pytest.mark.parametrize('record', [b'\xff', b'acme_shout.py,sha256=no,', b'a,b,c,d'])
def test_a_damaged_record_of_files_is_ignored(
    upgrade: Callable[..., None], tmp_path: Path, record: bytes
) -> None:
    upgrade('1.0', '1.1', records=True)
    (tmp_path / 'acme-shout/acme_shout-1.1.dist-info/RECORD').write_bytes(record)
    assert {row['version'] for row in rows('acme-shout')} == {'1.1'}


def test_stale_metadata_of_a_library_does_not_count(
    distribute: Distribute,
) -> None:
    for version in ('0.9', '2.0', '1.0'):
        distribute('acme-lib', version=version)
    needy = plugin(("summary='LOUD'", "summary='', requires=('acme-lib>=2',)"))
    distribute('acme', handlers={'shout': 'acme_shout'}, modules={'acme_shout': needy})
    install(text='shout')


def test_a_library_without_a_version_is_not_recent_enough(
    distribute: Distribute,
) -> None:
    distribute('acme-lib', metadata='Name: acme-lib\n')
    needy = plugin(("summary='LOUD'", "summary='', requires=('acme-lib>=2',)"))
    distribute('acme', handlers={'shout': 'acme_shout'}, modules={'acme_shout': needy})
    with pytest.raises(HandlerLoadError, match=r'needs acme-lib>=2, but \? is inst'):
        install(text='shout')


# ------------------------------------------------------------ code that may do anything


RAISED = {
    'SystemExit': 'raise SystemExit(3)',
    'GeneratorExit': 'raise GeneratorExit',
    'PanicException': "raise type('PanicException', (BaseException,), {})('oh')",
    'RecursionError': 'recurse = lambda: recurse(); recurse()',
    'DeprecationWarning': "import warnings; warnings.warn('x', DeprecationWarning)",
    'MalformedPayload': "import falcon_media as f; raise f.MalformedPayload('x')",
    'Mute': (
        "raise type('Mute', (BaseException,), "
        "{'__str__': lambda self: __import__('sys').exit()})"
    ),
}


@pytest.mark.parametrize('name', RAISED)
@pytest.mark.parametrize(
    ('line', 'replacement'),
    [
        ('class Shout', '{}\n\n    class Shout'),
        ('return [', '{}\n        return ['),
        ('self.volume = volume', '{}'),
    ],
    ids=['import', 'hook', 'factory'],
)
def test_any_exception_of_a_plugin_is_a_load_error(
    distribute: Distribute, name: str, line: str, replacement: str
) -> None:
    source = plugin((line, replacement.format(RAISED[name])))
    distribute('acme', handlers={'shout': 'acme_exit'}, modules={'acme_exit': source})
    with pytest.raises(HandlerLoadError, match=name) as caught:
        install(text='shout')
    assert type(caught.value.__cause__).__name__ == name
    # If it is not selected, the app starts.
    assert len(rows('acme')) == 1
    install(text='json')


@pytest.mark.parametrize(
    ('line', 'replacement'),
    [
        ('class Shout', 'raise KeyboardInterrupt\n\n    class Shout'),
        ('self.volume = volume', 'raise KeyboardInterrupt'),
        ('return str(media)', 'raise KeyboardInterrupt; return str(media)'),
    ],
)
def test_an_interrupt_stays_one(
    distribute: Distribute, line: str, replacement: str
) -> None:
    source = plugin((line, replacement))
    distribute('acme', handlers={'shout': 'acme_stop'}, modules={'acme_stop': source})
    with pytest.raises(KeyboardInterrupt):
        install(text='shout')


def test_an_interrupt_while_an_error_is_formatted_stays_one() -> None:
    class Extension:
        def __repr__(self) -> str:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        install(extensions=[Extension()])


def test_a_factory_without_a_signature(distribute: Distribute) -> None:
    source = plugin(('factory=Shout', 'factory=dict.fromkeys.__self__'))
    distribute('acme', handlers={'shout': 'acme_dict'}, modules={'acme_dict': source})
    with pytest.raises(HandlerLoadError, match="'shout' could not be made: ValueError"):
        install(text='shout')


def test_a_handler_that_exits_when_it_is_tried(distribute: Distribute) -> None:
    source = plugin(('return str(media)', 'raise SystemExit; return str(media)'))
    distribute('acme', handlers={'shout': 'acme_exit'}, modules={'acme_exit': source})
    install(text='shout')


def test_a_failed_registration_is_undone(
    distribute: Distribute,
) -> None:
    source = plugin(('falcon_media_handlers()', 'falcon_media_handlers(app)'))
    distribute('acme', handlers={'shout': 'acme_odd'}, modules={'acme_odd': source})
    registry = Registry.discover()
    (row,) = [row for row in registry.rows() if row['distribution'] == 'acme']
    assert row['state'] == 'broken'
    assert 'acme:shout' not in registry.diagnostics()


@pytest.mark.parametrize(
    ('answer', 'shown'),
    [
        ('{1: 2}', {'1': '2'}),
        ('[1]', {'acme:shout': "AttributeError: 'list' object has no attribute"}),
        ("__import__('sys').exit(4)", {'acme:shout': 'SystemExit: 4'}),
    ],
)
def test_facts_for_a_bug_report_are_texts(
    distribute: Distribute, answer: str, shown: dict[str, str]
) -> None:
    hook = f'@hookimpl\n    def falcon_media_diagnostics():\n        return {answer}\n'
    distribute(
        'acme',
        handlers={'shout': 'acme_facts'},
        modules={'acme_facts': f'{PLUGIN}\n    {hook}'},
    )
    registry = Registry.discover()
    registry.rows()
    facts = registry.diagnostics()
    for label, fact in shown.items():
        assert facts[label].startswith(fact)


def test_an_interrupted_report_is_interrupted(distribute: Distribute) -> None:
    hook = '@hookimpl\n    def falcon_media_diagnostics(): raise KeyboardInterrupt\n'
    distribute(
        'acme',
        handlers={'shout': 'acme_stop'},
        modules={'acme_stop': f'{PLUGIN}\n    {hook}'},
    )
    registry = Registry.discover()
    registry.rows()
    with pytest.raises(KeyboardInterrupt):
        registry.diagnostics()


@pytest.mark.parametrize('choice', ['shout', f'{HOSTILE}:shout', 'shoot', 'roar'])
def test_text_of_a_plugin_is_escaped(distribute: Distribute, choice: str) -> None:
    words = f'{HOSTILE}{"x" * 100_000}'
    distribute(
        'acme-shout',
        metadata=f'Name: {HOSTILE}\nVersion: 1.0{HOSTILE}\n',
        handlers={'shout': 'acme_loud', HOSTILE: 'acme_loud'},
        modules={'acme_loud': f'raise ValueError({words!r})'},
    )
    with pytest.raises(SetupError) as refused:
        install(text=choice)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 2000
    with pytest.raises(ConfigError) as caught:
        install(config={'handlers': {'no-such': {}}})
    assert str(caught.value).isprintable()


# ----------------------------------------------------------------- without any metadata


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch, distribute: Distribute) -> None:
    """Hide all package metadata, as in a frozen app."""
    distribute('acme-shout', modules={'acme_shout': PLUGIN})
    monkeypatch.setattr(metadata, 'distributions', lambda **context: iter(()))

    def version(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, 'version', version)


@pytest.mark.usefixtures('frozen')
def test_the_built_in_handler_needs_no_metadata() -> None:
    install(text='json')
    (row,) = Registry.discover().rows()
    assert (row['name'], row['version'], row['state']) == ('json', '?', 'loaded')


@pytest.mark.usefixtures('frozen')
def test_a_plugin_may_be_passed_where_there_is_no_metadata() -> None:
    shout = import_module('acme_shout')
    installed = install(text='shout', extensions=[shout])
    (row,) = [row for row in installed.registry.rows() if row['name'] == 'shout']
    assert (row['distribution'], row['version']) == ('acme_shout', '?')
    assert installed.handlers.text.handler.serialize('a') == 'A!'
    install(text='acme-shout:shout', extensions=[shout])


@pytest.mark.usefixtures('frozen')
def test_an_unknown_name_says_how_to_pass_a_plugin() -> None:
    with pytest.raises(
        HandlerNotFound, match=r'install\(app, extensions=\[falcon_media_cbor\]\)'
    ):
        install(binary='cbor')


@pytest.mark.usefixtures('frozen')
def test_the_library_of_a_plugin_that_was_passed_needs_no_metadata(
    distribute: Distribute,
) -> None:
    needy = plugin(("summary='LOUD'", "summary='', requires=('acme-lib>=2',)"))
    distribute('acme-needy', modules={'acme_needy': needy})
    install(text='shout', extensions=[import_module('acme_needy')])


def test_an_old_library_is_refused_for_a_passed_plugin(
    distribute: Distribute,
) -> None:
    needy = plugin(("summary='LOUD'", "summary='', requires=('pluggy>=99',)"))
    distribute('acme-needy', modules={'acme_needy': needy})
    with pytest.raises(HandlerLoadError, match='needs pluggy>=99'):
        install(text='shout', extensions=[import_module('acme_needy')])


@pytest.mark.parametrize(
    ('variable', 'value'),
    [
        ('FALCON_MEDIA_BLOCK', 'acme-shout'),
        ('FALCON_MEDIA_BLOCK', 'shout'),
        ('FALCON_MEDIA_PLUGINS', ''),
    ],
)
@pytest.mark.usefixtures('frozen')
def test_an_operator_may_block_a_plugin_that_was_passed(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(HandlerLoadError, match='is blocked'):
        install(text='shout', extensions=[import_module('acme_shout')])


def test_a_plugin_that_is_installed_may_be_passed_too(distribute: Distribute) -> None:
    distribute(
        'acme-shout', handlers={'shout': 'acme_shout'}, modules={'acme_shout': PLUGIN}
    )
    installed = install(text='shout', extensions=[import_module('acme_shout')])
    found = [row for row in installed.registry.rows() if row['name'] == 'shout']
    assert [row['distribution'] for row in found] == ['acme-shout']


def test_a_plugin_that_was_passed_may_be_in_conflict(distribute: Distribute) -> None:
    distribute(
        'acme-shout', handlers={'shout': 'acme_shout'}, modules={'acme_shout': PLUGIN}
    )
    distribute('acme-other', modules={'acme_other': PLUGIN})
    extensions = [import_module('acme_other')]
    with pytest.raises(HandlerConflict, match="'acme_other:shout'"):
        install(text='shout', extensions=extensions)
    install(text='acme-other:shout', extensions=extensions)


@pytest.mark.parametrize(
    ('replacement', 'message'),
    [
        ("return 'shout' or [", 'must return a sequence of HandlerSpec'),
        ('raise SystemExit(3)\n        return [', 'SystemExit: 3'),
    ],
)
def test_a_passed_plugin_with_a_failing_hook_is_an_error(
    distribute: Distribute, replacement: str, message: str
) -> None:
    source = plugin(('return [', replacement))
    distribute('acme-bad', modules={'acme_bad': source})
    with pytest.raises(ConfigError, match=f'^extension <module .acme_bad.*{message}'):
        install(extensions=[import_module('acme_bad')])


def test_an_extension_may_be_interrupted() -> None:
    class Extension:
        @falcon_media.hookimpl
        def falcon_media_handlers(self) -> Any:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        install(extensions=[Extension()])


def test_an_extension_may_have_a_failing_repr() -> None:
    class Extension:
        def __repr__(self) -> str:
            raise SystemExit

        @falcon_media.hookimpl
        def falcon_media_biuld_handler(self) -> None: ...

    with pytest.raises(ConfigError, match=r'^extension <Extension>: SystemExit'):
        install(extensions=[Extension()])
