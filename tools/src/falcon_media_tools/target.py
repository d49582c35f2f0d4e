"""Import a Falcon app from ``module:app``, as an ASGI server does."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from contextlib import redirect_stdout
from importlib import import_module
from inspect import isfunction
from pathlib import Path
import sys
import traceback
from typing import Any

import falcon

from falcon_media.errors import SetupError
from falcon_media.suggestions import one_of

__all__ = ('AppError', 'imports_from_here', 'load_app', 'NoSuchApp')


class NoSuchApp(Exception):
    """The name does not lead to a Falcon app."""


class AppError(Exception):
    """The app exists but does not start."""


def load_app(name: str) -> falcon.App[Any, Any]:
    """Import an app.

    Output that the app prints meanwhile goes to standard error.

    Args:
        name (str): ``'module:app'``, where ``app`` is an app, or a function without
            arguments that makes one.

    Returns:
        falcon.App: The app.

    Raises:
        NoSuchApp: The name does not lead to a Falcon app.
        AppError: The app raised an exception.
        SetupError: ``install()`` failed.
    """
    module_name, _, attribute = name.partition(':')
    if not module_name or not attribute:
        raise NoSuchApp(f'{name!r} is not of the form MODULE:APP, such as chat:app')
    with imports_from_here(), redirect_stdout(sys.stderr):
        app = _attribute(_module(module_name), attribute)
        if not isinstance(app, falcon.App) and callable(app):
            with _blamed(f'{name}()'):
                app = app()
    if not isinstance(app, falcon.App):
        raise NoSuchApp(
            f'{name} is not a Falcon app but a {type(app).__name__}: name the '
            'falcon.asgi.App, or a function that returns it'
        )
    return app


@contextmanager
def imports_from_here() -> Iterator[None]:
    """Allow imports from the current folder, as a server started in it does."""
    folder = str(Path.cwd())
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)


def _module(name: str) -> Any:
    with _blamed(f'import {name}'):
        try:
            return import_module(name)
        except ModuleNotFoundError as ex:
            if ex.name is None or not f'{name}.'.startswith(f'{ex.name}.'):
                raise
            raise NoSuchApp(
                f'module {ex.name!r} not found in {Path.cwd()} or on sys.path'
            ) from None


def _attribute(module: Any, path: str) -> Any:
    found = module
    for name in path.split('.'):
        try:
            found = getattr(found, name)
        except AttributeError:
            raise NoSuchApp(
                f'module {module.__name__!r} has no {path!r}'
                f'{_what_there_is(path, vars(module))}'
            ) from None
    return found


def _what_there_is(path: str, names: Mapping[str, object]) -> str:
    apps = [name for name, value in names.items() if isinstance(value, falcon.App)]
    makers = [
        name
        for name, value in names.items()
        if 'app' in name.split('_') and isfunction(value)
    ]
    if apps or makers:
        return f'. {one_of(path, [*apps, *makers])}'
    return ' and no Falcon app: name the falcon.asgi.App, or a function that returns it'


@contextmanager
def _blamed(step: str) -> Iterator[None]:
    try:
        yield
    except (SetupError, NoSuchApp):
        raise
    # NOTE: App code may raise anything; every failure is reported.
    except (Exception, SystemExit) as ex:
        last = traceback.extract_tb(ex.__traceback__)[-1]
        text = ' '.join(f'{type(ex).__name__}: {ex}'.split())
        raise AppError(f'{step}: {text} ({last.filename}, line {last.lineno})') from ex
