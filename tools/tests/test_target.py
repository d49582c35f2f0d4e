from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import sys
from textwrap import dedent

import falcon.asgi
import pytest

from falcon_media import HandlerNotFound
from falcon_media_tools.target import AppError
from falcon_media_tools.target import load_app
from falcon_media_tools.target import NoSuchApp

SOURCE = """
    import falcon.asgi
    import falcon_media

    print('imported')
    app = falcon.asgi.App()

    class factory:
        app = app

    def create():
        print('made')
        return falcon.asgi.App()

    def fails():
        raise ValueError('no database')

    def exits():
        raise SystemExit(3)

    def asks_for_what_there_is_not():
        falcon_media.install(app, text='acme-nothing')

    number = 5
"""


@pytest.fixture(autouse=True)
def _module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / 'acme_feed.py').write_text(dedent(SOURCE))
    (tmp_path / 'acme_lacking.py').write_text('import acme_nowhere')
    (tmp_path / 'acme_makers.py').write_text('def my_app(): ...\n')
    (tmp_path / 'acme_empty.py').touch()
    monkeypatch.chdir(tmp_path)
    yield
    for name in ('feed', 'makers', 'empty'):
        sys.modules.pop(f'acme_{name}', None)


@pytest.mark.parametrize(
    'name', ['acme_feed:app', 'acme_feed:factory.app', 'acme_feed:create']
)
def test_an_app(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = list(sys.path)
    assert isinstance(load_app(name), falcon.asgi.App)
    assert sys.path == before
    captured = capsys.readouterr()
    assert not captured.out
    assert captured.err.startswith('imported\n')


@pytest.mark.parametrize(
    ('name', 'message'),
    [
        ('acme_feed', "'acme_feed' is not of the form MODULE:APP"),
        (':app', "':app' is not of the form MODULE:APP"),
        ('acme_nowhere:app', "module 'acme_nowhere' not found in "),
        ('acme_feed.sub:app', "module 'acme_feed.sub' not found in "),
        (
            'acme_feed:ap',
            "module 'acme_feed' has no 'ap'. Did you mean 'app'? Expected one of: app",
        ),
        (
            'acme_makers:app',
            "module 'acme_makers' has no 'app'. Did you mean 'my_app'? Expected one",
        ),
        (
            'acme_empty:app',
            "module 'acme_empty' has no 'app' and no Falcon app: name the falcon.asgi",
        ),
        ('acme_feed:number', 'acme_feed:number is not a Falcon app but a int'),
    ],
)
def test_no_app(name: str, message: str) -> None:
    with pytest.raises(NoSuchApp) as caught:
        load_app(name)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ('name', 'message', 'file'),
    [
        ('acme_feed:fails', 'acme_feed:fails(): ValueError: no database', 'feed'),
        ('acme_feed:exits', 'acme_feed:exits(): SystemExit: 3', 'feed'),
        (
            'acme_lacking:app',
            "import acme_lacking: ModuleNotFoundError: No module named 'acme_nowhere'",
            'lacking',
        ),
    ],
)
def test_an_app_that_does_not_start(name: str, message: str, file: str) -> None:
    with pytest.raises(AppError) as caught:
        load_app(name)
    assert str(caught.value).startswith(f'{message} (')
    assert f'acme_{file}.py, line ' in str(caught.value)


def test_a_missing_handler_is_reported() -> None:
    with pytest.raises(HandlerNotFound, match="no TEXT handler named 'acme-nothing'"):
        load_app('acme_feed:asks_for_what_there_is_not')
