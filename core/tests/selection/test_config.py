from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import falcon.asgi
import pytest

import falcon_media
from falcon_media import batched
from falcon_media import ConfigError
from falcon_media import Limits
from falcon_media import use
from falcon_media.selection.config import select


def problems_of(config: Any = None, **settings: Any) -> list[str]:
    settings = {'environ': {}, **settings}
    with pytest.raises(ConfigError) as caught:
        select(config=config, **settings)
    return str(caught.value).splitlines()


def toml(tmp_path: Path, text: str, name: str = 'falcon-media.toml') -> Path:
    path = tmp_path / name
    path.write_text(dedent(text))
    return path


EXAMPLE = """
    text = "rapidjson"
    binary = "cbor"
    http = ["cbor"]
    [handlers.rapidjson]
    ensure_ascii = false
    [limits]
    max_size = 65536
    [subprotocols]
    "chat.v1.json" = "rapidjson"
    "chat.v1.cbor" = "cbor"
    [plugins]
    allow = ["falcon-media-cbor"]
    block = ["protobuf"]
    strict = true
"""


def test_a_file(tmp_path: Path) -> None:
    path = toml(tmp_path, EXAMPLE)
    selection = select(config=path, environ={})
    assert selection.text == ('rapidjson', f'{path}: text')
    assert selection.binary == ('cbor', f'{path}: binary')
    assert selection.http == (('cbor', f'{path}: http'),)
    assert selection.options['rapidjson'].value == {'ensure_ascii': False}
    assert selection.limits == Limits(max_size=65536)
    assert selection.limits_sources == {
        'max_size': f'{path}: limits.max_size',
        'max_depth': 'default',
        'max_items': 'default',
    }
    assert list(selection.subprotocols) == ['chat.v1.json', 'chat.v1.cbor']
    assert selection.subprotocols['chat.v1.cbor'].value == 'cbor'
    assert selection.policy.allow == ['falcon-media-cbor']
    assert selection.policy.allow_source == f'{path}: plugins.allow'
    assert selection.policy.block == ['protobuf']
    assert selection.policy.strict


def test_a_table_in_pyproject(tmp_path: Path) -> None:
    text = '[tool.falcon-media]\ntext = "json"\n[tool.other]\nx = 1\n'
    path = toml(tmp_path, text, 'pyproject.toml')
    selection = select(config=str(path), environ={})
    assert selection.text == ('json', f'{path}: text')


def test_a_mapping() -> None:
    handler = falcon_media.use('json')
    selection = select(
        config={'text': handler, 'limits': Limits(max_depth=3)}, environ={}
    )
    assert selection.text == (handler, 'config: text')
    assert selection.limits.max_depth == 3


def test_the_default() -> None:
    selection = select(environ={})
    assert selection.text is selection.binary is None
    assert selection.limits == Limits()
    assert selection.policy.allow is None


ENVIRON = {
    'FALCON_MEDIA_TEXT': 'env-text',
    'FALCON_MEDIA_BINARY': 'env-binary',
    'FALCON_MEDIA_HTTP': 'one, two',
    'FALCON_MEDIA_SUBPROTOCOLS': 'chat.v1 = one, chat.v2=two',
    'FALCON_MEDIA_MAX_SIZE': '99',
    'FALCON_MEDIA_PLUGINS': '',
    'FALCON_MEDIA_BLOCK': 'x, y',
    'FALCON_MEDIA_STRICT': '1',
    'FALCON_MEDIA_MY_OWN_PLUGIN_KEY': 'not ours',
    'PATH': '/bin',
}


def test_the_environment() -> None:
    selection = select(environ=ENVIRON)
    assert selection.text == ('env-text', 'FALCON_MEDIA_TEXT')
    assert selection.binary == ('env-binary', 'FALCON_MEDIA_BINARY')
    assert [choice.value for choice in selection.http] == ['one', 'two']
    assert {name: to.value for name, to in selection.subprotocols.items()} == {
        'chat.v1': 'one',
        'chat.v2': 'two',
    }
    assert selection.limits.max_size == 99
    assert selection.limits_sources['max_size'] == 'FALCON_MEDIA_MAX_SIZE'
    assert selection.policy.allow == []
    assert selection.policy.allow_source == 'FALCON_MEDIA_PLUGINS'
    assert selection.policy.block == ['x', 'y']
    assert selection.policy.strict


def test_a_file_named_in_the_environment(tmp_path: Path) -> None:
    path = toml(tmp_path, 'text = "json"')
    selection = select(environ={'FALCON_MEDIA_CONFIG': str(path)})
    assert selection.text == ('json', f'{path}: text')


@pytest.mark.parametrize(
    ('argument', 'environ', 'config', 'expected'),
    [
        ('a', 'e', 'c', ('a', 'argument text')),
        (None, 'e', 'c', ('e', 'FALCON_MEDIA_TEXT')),
        (None, '', 'c', ('c', 'config: text')),
        (None, None, None, None),
    ],
)
def test_precedence(
    argument: str | None, environ: str | None, config: str | None, expected: Any
) -> None:
    selection = select(
        text=argument,
        environ={} if environ is None else {'FALCON_MEDIA_TEXT': environ},
        config={'text': config},
    )
    assert selection.text == expected


def test_precedence_of_budgets_is_by_budget() -> None:
    selection = select(
        environ={'FALCON_MEDIA_MAX_SIZE': '1'},
        config={'limits': {'max_size': 2, 'max_depth': 2}},
    )
    assert selection.limits == Limits(max_size=1, max_depth=2)
    assert select(
        limits=Limits(max_items=3),
        environ={'FALCON_MEDIA_MAX_SIZE': '1'},
        config={'limits': {'max_depth': 2}},
    ).limits == Limits(max_size=1, max_depth=2, max_items=3)


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    path = toml(
        tmp_path,
        """
        tetx = "json"
        binary = 3
        http = "cbor"
        handlers = {json = 1}
        limits = {max_szie = 5, max_depth = 0, max_items = true}
        subprotocols = {"a b" = "json", ok = ""}
        plugins = {allow = "all", blokc = [], strict = 1}
        """,
    )
    those = 'Expected one of: '
    assert problems_of(path) == [
        (
            f"{path}: tetx = 'json': unknown key. Did you mean 'text'? {those}binary, "
            'handlers, http, limits, plugins, subprotocols, text'
        ),
        f'{path}: binary = 3: expected the name of a handler',
        (
            f'{path}: subprotocols."a b" = \'json\': a subprotocol may contain only '
            "letters, digits and !#$%&'*+-.^_`|~ (RFC 6455)"
        ),
        f"{path}: subprotocols.ok = '': expected the name of a handler",
        f"{path}: http = 'cbor': expected a list of handler names",
        (
            f"{path}: limits.max_szie = 5: unknown key. Did you mean 'max_size'? "
            f'{those}max_depth, max_items, max_size'
        ),
        f'{path}: limits.max_depth = 0: expected a positive integer',
        f'{path}: limits.max_items = True: expected a positive integer',
        (
            f"{path}: plugins.blokc = []: unknown key. Did you mean 'block'? "
            f'{those}allow, block, strict'
        ),
        f"{path}: plugins.allow = 'all': expected a list of names",
        f'{path}: plugins.strict = 1: expected true or false',
        f'{path}: handlers.json = 1: expected a table of options',
    ]


def test_problems_of_the_environment() -> None:
    assert problems_of(
        environ={'FALCON_MEDIA_TXET': 'json', 'FALCON_MEDIA_MAX_SIZE': 'big'}
    ) == [
        "FALCON_MEDIA_TXET = 'json': unknown variable. Did you mean FALCON_MEDIA_TEXT?",
        "FALCON_MEDIA_MAX_SIZE = 'big': expected a positive integer",
    ]


@pytest.mark.parametrize(
    ('name', 'text', 'message'),
    [
        ('falcon-media.toml', 'text = ', 'not valid TOML: Invalid value (at end of '),
        ('pyproject.toml', '[tool.x]', 'missing table [tool.falcon-media]'),
        ('pyproject.toml', 'tool = 3', 'missing table [tool.falcon-media]'),
        ('pyproject.toml', 'tool.falcon-media = 3', 'falcon-media must be a table'),
    ],
)
def test_an_invalid_file_is_an_error(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    (problem,) = problems_of(toml(tmp_path, text, name))
    assert message in problem


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path / 'nowhere.toml')
    assert problem.endswith('nowhere.toml: cannot be read: No such file or directory')


@pytest.mark.parametrize('table', ['handlers', 'limits', 'plugins', 'subprotocols'])
def test_a_setting_that_must_be_a_table_is_checked(table: str) -> None:
    assert f"config: {table} = 'x': expected a table" in problems_of({table: 'x'})


@pytest.mark.parametrize(
    ('config', 'problem'),
    [
        (
            {'text': {'handlr': 'json'}},
            (
                'as handler = "name" in the table. '
                "Did you mean 'handler' instead of 'handlr'?"
            ),
        ),
        (
            {'http': [{'Handler': 'json'}]},
            "Did you mean 'handler' instead of 'Handler'?",
        ),
        (
            {'subprotocols': {'a': {'batchd': 'json', 'max_count': 3}}},
            (
                'as handler = "name" or batched = "name" in the table. '
                "Did you mean 'batched' instead of 'batchd'?"
            ),
        ),
        # Here the value is wrong.
        ({'text': {'handler': 3}}, 'as handler = "name" in the table'),
        ({'text': {'batched': 'json'}}, 'batched works only for subprotocols, since'),
        ({'http': [{'batched': 'json'}]}, 'batched works only for subprotocols, since'),
        (
            {'subprotocols': {'a': {'batched': {'batched': 'json'}}}},
            'batched works only for subprotocols, since',
        ),
        (
            {'subprotocols': {'a': {'batched': 'json', 'sort_keys': True}}},
            'for a handler with options, write batched = {handler = "name", ',
        ),
    ],
    ids=str,
)
def test_a_table_without_a_handler_name_is_refused(
    config: dict[str, Any], problem: str
) -> None:
    (found,) = problems_of(config)
    assert problem in found


# ------------------------------------------------- A table where a name of a handler is


def test_a_table_stands_for_a_handler_with_options(tmp_path: Path) -> None:
    path = toml(
        tmp_path,
        """
        text = {handler = "json", sort_keys = true}
        http = ["json", {handler = "cbor", limits = {max_size = 5}}]
        [subprotocols]
        "a" = {handler = "json", receive = "orders:Command"}
        "b" = {batched = {handler = "json", sort_keys = true}, max_delay = 0.5}
        """,
    )
    selection = select(config=path, environ={})
    assert selection.text == (use('json', sort_keys=True), f'{path}: text')
    assert [choice.value for choice in selection.http] == [
        'json',
        use('cbor', limits={'max_size': 5}),
    ]
    chosen = {name: choice.value for name, choice in selection.subprotocols.items()}
    assert chosen == {
        'a': use('json', receive='orders:Command'),
        'b': batched(use('json', sort_keys=True), max_delay=0.5),
    }


@pytest.mark.parametrize(
    'value', ['{}', '{sort_keys = true}', '{handler = ""}', '{handler = 3}']
)
@pytest.mark.parametrize(
    ('setting', 'place'),
    [
        ('text = {}', 'text'),
        ('http = [{}]', 'http'),
        ('subprotocols = {{a = {}}}', 'subprotocols.a'),
        ('subprotocols = {{a = {{batched = {}}}}}', 'subprotocols.a.batched'),
    ],
)
def test_a_table_without_a_handler(
    tmp_path: Path, setting: str, place: str, value: str
) -> None:
    path = toml(tmp_path, setting.format(value))
    (problem,) = problems_of(path)
    assert problem.startswith(f'{path}: {place} = ')
    assert 'expected the name of a handler' in problem


def test_errors_of_form_names_and_options_are_raised_at_once(tmp_path: Path) -> None:
    path = toml(
        tmp_path,
        """
        tetx = "json"
        binary = 3
        text = {handler = "jsn"}
        http = [{handler = "json", sort_kyes = true}]
        limits.max_depth = 0
        handlers.json = {recieve = "orders:Command", ensure_ascii = true, limits = 3}
        handlers.nobody = {}
        subprotocols = {"a b" = "json", ok = "json"}
        """,
    )
    with pytest.raises(ConfigError) as caught:
        falcon_media.install(falcon.asgi.App(), config=path)
    lines = str(caught.value).splitlines()
    parts = [
        (': tetx', "Did you mean 'text'"),
        (': binary = 3', 'expected the name'),
        (': text: ', "no TEXT handler named 'jsn'"),
        (': http: ', "no option 'sort_kyes'. Did you mean 'sort_keys'?"),
        (': limits.max_depth', 'expected a positive integer'),
        (': handlers.json: ', "no option 'recieve'. Did you mean 'receive'?"),
        (': handlers.json: ', 'limits must be'),
        (': handlers.nobody: ', 'unknown handler'),
        (': subprotocols."a b"', 'only letters'),
    ]
    for place, message in parts:
        assert [line for line in lines if place in line and message in line], message
    assert len(lines) == len(parts)


def test_the_options_of_a_handler_that_is_not_selected_are_checked() -> None:
    config = {'handlers': {'json': {'sort_kyes': True}}}
    message = r"config: handlers\.json: handler 'json' has no option 'sort_kyes'"
    with pytest.raises(ConfigError, match=message):
        falcon_media.install(falcon.asgi.App(), config=config)


def test_options_of_a_broken_unselected_plugin_are_not_checked(distribute: Any) -> None:
    distribute('acme', handlers={'broken': 'acme'}, modules={'acme': 'raise OSError'})
    config = {'handlers': {'broken': {'anything': True}}}
    installed = falcon_media.install(falcon.asgi.App(), text='json', config=config)
    assert installed.handlers.text.handler.name == 'json'


def test_a_problem_of_two_handlers_is_reported_once() -> None:
    @falcon_media.media_handlers(receive=42)
    class Resource:
        async def on_websocket(self, req: Any, ws: Any) -> None:
            """Never called."""

    app = falcon.asgi.App()
    app.add_route('/', Resource())
    with pytest.raises(ConfigError) as caught:
        falcon_media.install(app)
    assert len(set(str(caught.value).splitlines())) == len(
        str(caught.value).splitlines()
    )
