from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from falcon_media.limits import speedups

if TYPE_CHECKING:
    from tools.tests.conftest import Run

Distribute = Callable[..., Path]
Install = Callable[..., None]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def write_app(tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """A function that writes a module with an app, named ``acme_app``."""

    def write(source: str) -> None:
        head = 'import falcon\nimport falcon.asgi\nimport falcon_media\n'
        (tmp_path / 'acme_app.py').write_text(head + dedent(source))

    yield write
    sys.modules.pop('acme_app', None)


def whats(findings: list[dict[str, str]]) -> list[str]:
    return [finding['what'] for finding in findings]


# -------------------------------------------------------------------------- installed


def test_no_problem_is_found(run: Run) -> None:
    result = run('doctor', '--json')
    assert result.code == 0
    assert {'CPython', 'falcon', 'falcon-media'} <= result.json['versions'].keys()
    assert 'json' in [row['name'] for row in result.json['handlers']]
    assert result.json['problems'] == []
    assert any(
        what.startswith('no handler is selected')
        for what in whats(result.json['notes'])
    )


def test_a_library_that_is_missing(run: Run, plugin: Install) -> None:
    plugin('loud', more="requires=('acme-lib>=2.1', 'falcon>=1')", tells=False)
    result = run('doctor', '--json')
    assert 'acme-loud:loud' not in result.json['versions']
    assert result.code == 1
    assert {
        'name': 'acme-lib',
        'version': None,
        'needed': '2.1',
        'safe': None,
        'handler': 'loud',
    } in result.json['libraries']
    assert result.json['problems'] == [
        {
            'what': (
                "handler 'loud' of acme-loud 1.0 is broken: it needs acme-lib>=2.1, "
                'which is not installed'
            ),
            'cure': "pip install 'acme-lib>=2.1'",
        }
    ]


@pytest.mark.parametrize(
    ('version', 'code'), [('3.11.5', 1), ('3.11.6', 0), ('3.12', 0)]
)
def test_a_library_with_known_holes(
    run: Run, plugin: Install, distribute: Distribute, version: str, code: int
) -> None:
    distribute('orjson', version=version)
    plugin('quick', more="requires=('orjson',)")
    result = run('doctor', '--json')
    assert result.code == code
    # NOTE: Where our own plugin is installed too, it has the same problem.
    problems = [one for one in result.json['problems'] if "'quick'" in one['what']]
    assert problems == code * [
        {
            'what': (
                f"orjson {version}, used by handler 'quick', has known "
                'vulnerabilities, fixed in 3.11.6'
            ),
            'cure': "pip install 'orjson>=3.11.6'",
        }
    ]


@pytest.fixture
def asked_again() -> Iterator[None]:
    """Whether the compiled checks are installed is asked in the test, and after it."""
    speedups.cache_clear()
    yield
    speedups.cache_clear()


@pytest.mark.usefixtures('asked_again')
def test_compiled_checks_that_can_not_be_used(
    run: Run, distribute: Distribute, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, 'falcon_media_speedups', raising=False)
    distribute('falcon-media-speedups', modules={'falcon_media_speedups': 'API = 0'})
    result = run('doctor', '--json')
    assert result.code == 0
    assert 'falcon-media-speedups' not in result.json['versions']
    assert {
        'what': (
            'falcon-media-speedups 1.0 is installed but cannot be used; all checks '
            'run in Python'
        ),
        'cure': 'pip install --upgrade falcon-media falcon-media-speedups',
    } in result.json['notes']


def test_compiled_checks_in_use_need_no_note(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('falcon_media_tools.findings.speedups', lambda: sys)
    notes = run('doctor', '--json').json['notes']
    assert not [note for note in notes if 'falcon-media-speedups' in note['what']]


@pytest.mark.usefixtures('asked_again')
def test_checks_that_were_built_without_a_compiler(
    run: Run, distribute: Distribute, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, 'falcon_media_speedups', raising=False)
    name = 'falcon-media-speedups'
    root = distribute(name, modules={'falcon_media_speedups': 'import nothing_there'})
    record = root / 'falcon_media_speedups-1.0.dist-info' / 'RECORD'
    record.write_text('falcon_media_speedups.py,,\n')
    (note,) = [
        note for note in run('doctor', '--json').json['notes'] if name in note['what']
    ]
    assert note['what'].startswith(f'{name} 1.0 was built without a compiler')
    assert '--no-cache-dir' in note['cure']


def test_a_plugin_that_does_not_load(run: Run, distribute: Distribute) -> None:
    distribute('acme-broken', handlers={'aaa': 'no_such_module'})
    result = run('doctor', '--json')
    assert result.code == 1
    (problem,) = result.json['problems']
    assert problem['what'].startswith(
        "handler 'aaa' of acme-broken 1.0 is broken: ModuleNotFoundError"
    )
    assert problem['cure'] == (
        'pip install --upgrade acme-broken, or report it to its authors; until then, '
        'set FALCON_MEDIA_BLOCK=acme-broken'
    )


def test_a_plugin_for_another_version(run: Run, distribute: Distribute) -> None:
    distribute('acme-old', handlers={'aaa': 'aaa'}, group='falcon_media.handlers.v0')
    result = run('doctor', '--json')
    assert result.code == 1
    (problem,) = result.json['problems']
    assert 'is incompatible: it is registered for' in problem['what']
    assert problem['cure'] == 'pip install --upgrade falcon-media acme-old'


def test_a_duplicate_name_is_a_problem(run: Run, plugin: Install) -> None:
    plugin('loud')
    plugin('loud', distribution='acme-louder')
    result = run('doctor', '--json')
    assert result.code == 1
    assert result.json['problems'] == [
        {
            'what': (
                "several distributions provide the handler 'loud': acme-loud 1.0 and "
                'acme-louder 1.0'
            ),
            'cure': (
                "Select one of them as 'acme-loud:loud' or 'acme-louder:loud', or "
                'uninstall the other'
            ),
        }
    ]


def test_a_duplicate_name_is_a_note_if_one_is_selected(
    run: Run, plugin: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin('loud')
    plugin('loud', distribution='acme-louder')
    monkeypatch.setenv('FALCON_MEDIA_TEXT', 'acme-louder:loud')
    result = run('doctor', '--json')
    assert result.code == 0
    assert any('several distributions' in what for what in whats(result.json['notes']))


def test_a_blocked_plugin_is_not_a_problem(
    run: Run, plugin: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin('loud')
    monkeypatch.setenv('FALCON_MEDIA_BLOCK', 'loud')
    result = run('doctor', '--json')
    assert result.code == 0
    states = {row['name']: row['state'] for row in result.json['handlers']}
    assert states['loud'] == 'blocked'


def test_a_plugin_that_fails_to_tell_of_itself(
    run: Run, distribute: Distribute
) -> None:
    source = """
        import falcon_media

        @falcon_media.hookimpl
        def falcon_media_diagnostics():
            raise OSError('no disk')
    """
    distribute(
        'acme-mute', handlers={'mute': 'acme_mute'}, modules={'acme_mute': source}
    )
    result = run('doctor', '--json')
    assert result.json['versions']['acme-mute:mute'] == 'OSError: no disk'


# ------------------------------------------------------------------- by configuration


def test_a_configuration(run: Run, plugin: Install, tmp_path: Path) -> None:
    plugin('loud', more="unenforced=('max_depth',)")
    (tmp_path / 'media.toml').write_text(
        'text = "loud"\nhttp = ["json"]\nlimits.max_depth = 9\n'
        'subprotocols."chat.v1" = "json"\n'
    )
    result = run('doctor', '--config', 'media.toml', '--json')
    assert result.code == 0
    assert result.json['subject'] == 'media.toml'
    choices = [
        (row['payload_type'], row['subprotocol'], row['media_type'], row['handler'])
        for row in result.json['choices']
    ]
    assert choices[0] == ('TEXT', None, None, 'loud')
    assert ('TEXT', 'chat.v1', None, 'json') in choices
    assert ('TEXT', None, 'application/json', 'json') in choices
    assert result.json['choices'][0]['source'] == 'media.toml: text'
    assert {
        'budget': 'max_depth',
        'value': 9,
        'of': None,
        'source': 'media.toml: limits.max_depth',
    } in result.json['limits']
    assert whats(result.json['notes'])[-1] == (
        "handler 'loud' is used but cannot enforce max_depth"
    )


@pytest.mark.parametrize(
    ('source', 'what', 'cure'),
    [
        (
            'txt = "json"',
            "media.toml: txt = 'json': unknown key",
            "Did you mean 'text'? Expected one of: binary, handlers",
        ),
        (
            'limits.max_size = "big"',
            "media.toml: limits.max_size = 'big'",
            'give a positive integer',
        ),
        (
            'text = "jsn"',
            "media.toml: text: no TEXT handler named 'jsn' is installed",
            "Did you mean 'json'?",
        ),
        ('text =', 'media.toml: not valid TOML: ', 'correct media.toml'),
        (
            'text = "loud"\nplugins.block = ["loud"]',
            "media.toml: text: handler 'loud' of acme-loud 1.0 is blocked: in media.t",
            'remove it from media.toml: plugins.block',
        ),
        (
            'text = "loud"\nplugins.allow = []',
            "media.toml: text: handler 'loud' of acme-loud 1.0 is blocked: not in med",
            'add it to media.toml: plugins.allow',
        ),
        (
            'plugins.strict = true\ntext = "json"',
            "strict mode requires all plugins to load, but handler 'zzz' of acme-bro",
            'pip install --upgrade acme-broken',
        ),
    ],
)
def test_errors_of_a_configuration_have_a_cure(
    run: Run,
    plugin: Install,
    distribute: Distribute,
    tmp_path: Path,
    source: str,
    what: str,
    cure: str,
) -> None:
    plugin('loud')
    if 'strict' in source:
        distribute('acme-broken', handlers={'zzz': 'no_such_module'})
    (tmp_path / 'media.toml').write_text(source)
    result = run('doctor', '--config', 'media.toml', '--json')
    assert result.code == 1
    (problem,) = result.json['problems']
    assert problem['what'].startswith(what)
    assert problem['cure'].startswith(cure)


def test_all_problems_are_reported_at_once(run: Run, tmp_path: Path) -> None:
    (tmp_path / 'media.toml').write_text('txt = "json"\nbniary = "cbor"')
    result = run('doctor', '--config', 'media.toml')
    assert result.code == 1
    assert (
        result.out.count('problem: ') == result.out.count('  cure: Did you mean') == 2
    )


def test_an_unused_configuration_is_reported(run: Run, tmp_path: Path) -> None:
    (tmp_path / 'falcon-media.toml').write_text('text = "json"')
    result = run('doctor', '--json')
    assert result.code == 0
    (note,) = [note for note in result.json['notes'] if 'not in use' in note['what']]
    assert note['cure'].endswith('for doctor: --config falcon-media.toml')


def test_a_configuration_that_the_environment_names(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / 'media.toml').write_text('text = "json"')
    monkeypatch.setenv('FALCON_MEDIA_CONFIG', 'media.toml')
    result = run('doctor', '--json')
    assert result.code == 0
    assert result.json['choices'][0]['source'] == 'media.toml: text'
    assert not any('selected' in what for what in whats(result.json['notes']))


def test_a_handler_that_the_environment_names(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('FALCON_MEDIA_TEXT', 'json')
    result = run('doctor', '--json')
    assert result.json['choices'][0]['source'] == 'FALCON_MEDIA_TEXT'
    assert not any('selected' in what for what in whats(result.json['notes']))


def test_a_configuration_that_is_not_there(run: Run) -> None:
    result = run('doctor', '--config', 'nowhere.toml')
    assert result.code == 2
    assert "File 'nowhere.toml' does not exist" in result.err
    assert result.err.count('\n') == 1


# ---------------------------------------------------------------------------- by app


# NOTE: Routes are known by the names of their classes, wherever these are defined; so
#   no other test has classes of these names.
APP = """
    @falcon_media.media_handlers(text='loud', limits={'max_size': 4096})
    class Barometer:
        async def on_websocket(self, req, ws): ...

    app = falcon.asgi.App()
    app.add_route('/sensor', Barometer())
    falcon_media.install(
        app,
        text=falcon_media.use('json', limits={'max_depth': 8}),
        subprotocols={'v1': falcon_media.use('loud', volume=3)},
    )
"""


def test_an_app(run: Run, plugin: Install, write_app: Callable[[str], None]) -> None:
    plugin('loud')
    write_app(APP)
    result = run('doctor', '--app', 'acme_app:app', '--json')
    assert result.code == 0
    assert result.json['subject'] == 'app acme_app:app'
    told = [
        (row['route'], row['subprotocol'], row['asked'], row['source'])
        for row in result.json['choices']
    ]
    assert (None, 'v1', 'loud(volume=3)', 'argument subprotocols.v1') in told
    assert ('Barometer', None, 'loud', '@media_handlers on Barometer: text=') in told
    limits = {
        (row['of'], row['budget']): (row['value'], row['source'])
        for row in result.json['limits']
    }
    assert limits[None, 'max_size'] == (1_048_576, 'default')
    assert limits['Barometer', 'max_size'] == (4096, '@media_handlers on Barometer')
    assert [
        value
        for (of, budget), value in limits.items()
        if budget == 'max_depth' and of and of.endswith('for TEXT')
    ] == [(8, 'argument text')]
    assert not any('selected' in what for what in whats(result.json['notes']))


DECORATED = """
@falcon_media.media_handlers(limits={{'max_size': 999}})
class Orders:
    async def on_post(self, req, resp): ...

class Mixed:
    @falcon_media.media_handlers(limits={{'max_depth': 9}})
    async def on_put(self, req, resp): ...

    @falcon_media.media_handlers(limits={{'max_depth': 7}})
    async def on_websocket(self, req, ws): ...

@falcon_media.media_handlers(text='json')
class Named:
    async def on_post(self, req, resp): ...
    async def on_websocket(self, req, ws): ...

app = falcon.asgi.App()
for resource in (Orders(), Mixed(), Named()):
    app.add_route(f'/{{type(resource).__name__}}', resource)
falcon_media.install(app, http={http})
"""


@pytest.mark.parametrize(
    ('http', 'handler', 'source'),
    [
        ('[]', 'JSONHandler', 'default'),
        ("['json']", 'json', 'argument http'),
        (
            "[falcon_media.use('json', limits={'max_size': 50})]",
            'json',
            'argument http',
        ),
    ],
)
def test_resources_that_are_decorated_have_their_rows_for_http(
    run: Run, write_app: Callable[[str], None], http: str, handler: str, source: str
) -> None:
    write_app(DECORATED.format(http=http))
    result = run('doctor', '--app', 'acme_app:app', '--json')
    assert result.code == 0
    rows = {
        (row['route'], row['media_type'] or row['payload_type']): row
        for row in result.json['choices']
        if row['route']
    }
    # NOTE: A resource is told by what it answers; one without types or budgets speaks
    #   over HTTP what the app does.
    json = 'application/json'
    assert rows.keys() == {
        ('Orders', json),
        ('Mixed.on_put', json),
        *(('Mixed.on_websocket', kind) for kind in ('TEXT', 'BINARY')),
        ('Named', 'TEXT'),
    }
    orders = rows['Orders', json]
    assert (orders['handler'], orders['source']) == (handler, source)
    is_own = 'limits' in http
    assert orders['limits']['max_size'] == (50 if is_own else 999)
    assert orders['limits_sources']['max_size'] == (
        'argument http' if is_own else '@media_handlers on Orders'
    )
    assert rows['Mixed.on_put', json]['limits']['max_depth'] == 9
    assert 'HTTP of Orders' in run('doctor', '--app', 'acme_app:app').out


def test_an_app_that_is_given_a_configuration(
    run: Run,
    write_app: Callable[[str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv('FALCON_MEDIA_CONFIG', '')
    (tmp_path / 'media.toml').write_text('text = "json"')
    write_app('app = falcon.asgi.App()\nfalcon_media.install(app)')
    result = run('doctor', '--app', 'acme_app:app', '--config', 'media.toml', '--json')
    assert result.code == 0
    assert result.json['choices'][0]['source'] == 'media.toml: text'


@pytest.mark.parametrize(
    ('source', 'what', 'cure'),
    [
        (
            'app = falcon.asgi.App()',
            'the app does not use falcon-media: install() was not called',
            "call falcon_media.install(app, text='...', binary='...')",
        ),
        (
            """
            @falcon_media.media_handlers(text='jsn')
            class Hygrometer:
                async def on_websocket(self, req, ws): ...

            app = falcon.asgi.App()
            falcon_media.install(app)
            app.add_route('/', Hygrometer())
            """,
            "@media_handlers on Hygrometer: text=: no TEXT handler named 'jsn'",
            "Did you mean 'json'?",
        ),
        (
            """
            def app():
                app = falcon.asgi.App()
                falcon_media.install(app, text='jsn')
                return app
            """,
            "argument text: no TEXT handler named 'jsn' is installed",
            "Did you mean 'json'?",
        ),
        (
            'app = 1 / 0',
            'the app does not start: import acme_app: ZeroDivisionError: division by',
            'fix the app at that line and run doctor again',
        ),
    ],
)
def test_errors_of_an_app_have_a_cure(
    run: Run, write_app: Callable[[str], None], source: str, what: str, cure: str
) -> None:
    write_app(source)
    result = run('doctor', '--app', 'acme_app:app', '--json')
    assert result.code == 1
    (problem,) = result.json['problems']
    assert problem['what'].startswith(what)
    assert problem['cure'].startswith(cure)


@pytest.mark.parametrize(
    ('source', 'chosen'),
    [
        (
            """
            app = falcon.asgi.App()
            table = app.ws_options.media_handlers
            table[falcon.WebSocketPayloadType.TEXT] = JSONHandler()
            """,
            ('TEXT', None, 'ws_options.media_handlers'),
        ),
        (
            """
            app = falcon.App()
            falcon_media.install(app, http=['json'])
            """,
            ('TEXT', 'application/json', 'media_handlers'),
        ),
    ],
)
def test_an_app_that_was_given_a_handler_in_another_way(
    run: Run,
    write_app: Callable[[str], None],
    source: str,
    chosen: tuple[str, str | None, str],
) -> None:
    write_app(f'from falcon_media.json.handler import JSONHandler\n{dedent(source)}')
    result = run('doctor', '--app', 'acme_app:app', '--json')
    assert result.code == 0
    assert chosen in [
        (row['payload_type'], row['media_type'], row['source'])
        for row in result.json['choices']
    ]


def test_a_handler_that_was_assigned_after_install(
    run: Run, write_app: Callable[[str], None]
) -> None:
    write_app("""
        import falcon.media

        app = falcon.asgi.App()
        falcon_media.install(app, text='json')
        table = app.ws_options.media_handlers
        table[falcon.WebSocketPayloadType.TEXT] = falcon.media.JSONHandlerWS()
    """)
    result = run('doctor', '--app', 'acme_app:app', '--json')
    assert result.code == 0
    assert result.json['notes'][0] == {
        'what': (
            'TEXT: a JSONHandlerWS was assigned to media_handlers after install() '
            'and replaces the installed handler'
        ),
        'cure': 'pass it as falcon_media.install(app, text=...)',
    }


@pytest.mark.parametrize(
    ('name', 'message'),
    [
        ('acme_nowhere:app', "module 'acme_nowhere' not found"),
        ('acme_app', "'acme_app' is not of the form MODULE:APP"),
    ],
)
def test_no_such_app(run: Run, name: str, message: str) -> None:
    result = run('doctor', '--app', name)
    assert result.code == 2
    assert result.err.startswith(
        f'falcon-media doctor: Invalid value for --app: {message}'
    )
    assert result.err.count('\n') == 1


# ---------------------------------------------------------------------------- output


def test_piped_it_is_plain_text(
    run: Run, plugin: Install, write_app: Callable[[str], None]
) -> None:
    plugin('loud', more="requires=('pluggy>=1',)")
    write_app(APP)
    lines = run('doctor', '--app', 'acme_app:app').out.splitlines()
    for title in (
        *('Installed', 'Libraries', 'Selected by app acme_app:app', 'Limits'),
        'Findings',
    ):
        assert lines[lines.index(title) - 1] == ''
    assert 'no problem found' in lines
    words = [line.split() for line in lines]
    assert [
        'max_size',
        '4096',
        'Barometer',
        '@media_handlers',
        'on',
        'Barometer',
    ] in words
    assert ['TEXT', 'of', 'Barometer', 'loud', '@media_handlers', 'on'] in [
        line[:6] for line in words
    ]


@pytest.mark.parametrize('columns', [80, 120])
def test_on_a_terminal_it_fits(
    run: Run,
    plugin: Install,
    distribute: Distribute,
    write_app: Callable[[str], None],
    on_terminal: Callable[[int], None],
    columns: int,
) -> None:
    plugin('loud')
    distribute('acme-broken', handlers={'aaa': 'no_such_module'})
    write_app(APP)
    on_terminal(columns)
    result = run('doctor', '--app', 'acme_app:app')
    assert result.code == 1
    assert max(map(len, result.out.splitlines())) <= columns
    words = result.words()
    assert ['problem', 'handler', "'aaa'", 'of'] in [line[:4] for line in words]
    assert ['cure', 'pip', 'install', '--upgrade', 'acme-broken,'] in [
        line[:5] for line in words
    ]
    assert 'no problem found' not in result.out


def test_files_are_named_from_here(run: Run, plugin: Install, tmp_path: Path) -> None:
    plugin('loud')
    config = tmp_path / 'media.toml'
    config.write_text('text = "loud"\nlimits.max_depth = 9\n')
    words = run('doctor', '--config', str(config)).words()
    assert ['TEXT', 'loud', 'media.toml:', 'text'] in words
    assert words[-1] == ['no', 'problem', 'found']
    limits = [line for line in words if line[:2] == ['max_depth', '9']]
    assert limits[0][-2:] == ['media.toml:', 'limits.max_depth']


def test_metadata_that_an_upgrade_left_behind(run: Run, distribute: Distribute) -> None:
    for version in ('1.0', '2.0'):
        distribute('acme-lib', version=version)
        distribute('acme-loud', version=version, handlers={'loud': 'no_such_module'})
    result = run('doctor', '--json')
    assert {
        'what': (
            'acme-loud 2.0 is installed, but the metadata of 1.0 is left over; some '
            'tools report that version'
        ),
        'cure': 'delete the .dist-info folder of acme-loud 1.0',
    } in result.json['notes']
    assert not any('acme-lib' in what for what in whats(result.json['notes']))


def test_an_unreadable_plugin_is_installed_again(
    run: Run, distribute: Distribute
) -> None:
    distribute('acme-odd', entry_points=b'\xff')
    (problem,) = run('doctor', '--json').json['problems']
    assert problem['cure'] == (
        'pip install --force-reinstall acme-odd; until then, '
        'set FALCON_MEDIA_BLOCK=acme-odd'
    )


def test_a_plugin_with_a_malformed_group_is_for_its_authors(
    run: Run, distribute: Distribute
) -> None:
    distribute('acme-odd', entry_points=b'\xef\xbb\xbf[falcon_media.handlers.v1]\n')
    (problem,) = run('doctor', '--json').json['problems']
    assert r"'\ufeff[falcon_media.handlers.v1]' instead of" in problem['what']
    assert problem['cure'].startswith('pip install --upgrade acme-odd, or report i')


def test_names_in_lists_of_plugins_that_nothing_has(
    run: Run, distribute: Distribute, monkeypatch: pytest.MonkeyPatch
) -> None:
    distribute('acme-loud', handlers={'loud': 'no_such_module'})
    monkeypatch.setenv('FALCON_MEDIA_PLUGINS', 'falcon-media,other')
    monkeypatch.setenv('FALCON_MEDIA_BLOCK', 'acme-luod')
    notes = run('doctor', '--json').json['notes']
    assert [note['cure'] for note in notes if 'is named' in note['what']] == [
        'install it, or remove it from FALCON_MEDIA_PLUGINS',
        "Did you mean 'acme-loud'?",
    ]


@pytest.mark.parametrize(
    ('method', 'http', 'router', 'noted'),
    [
        ('on_post', '[]', 'None', True),
        ('on_put', '[]', 'None', True),
        ('on_get', '[]', 'None', False),
        ('on_post', "['json']", 'None', False),
        ('on_post', '[]', 'Router()', False),
    ],
)
def test_bodies_that_are_read_without_budgets(
    run: Run,
    write_app: Callable[[str], None],
    method: str,
    http: str,
    router: str,
    noted: bool,
) -> None:
    write_app(f"""
        class Router:
            def add_route(self, path, resource, **options): ...
            def find(self, uri, req=None): ...

        class Orders:
            async def {method}(self, req, resp): ...

        app = falcon.asgi.App(router={router})
        app.add_route('/orders', Orders())
        falcon_media.install(app, http={http})
    """)
    result = run('doctor', '--app', 'acme_app:app', '--json')
    assert result.code == 0
    verb = method.removeprefix('on_').upper()
    note = {
        'what': (
            f"HTTP: {verb} /orders may read a body with Falcon's own media handlers, "
            'which have no budgets'
        ),
        'cure': "pass http=['json'], or other handlers, to falcon_media.install()",
    }
    assert (note in result.json['notes']) is noted
