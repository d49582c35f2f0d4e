"""``module:app`` -> the Falcon app, as an ASGI server would import it."""

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
    """There is no app of that name."""


class AppError(Exception):
    """The app is there, and does not start."""


def load_app(name: str) -> falcon.App[Any, Any]:
    """Import an app.

    What is printed meanwhile goes to standard error.

    Args:
        name (str): ``'module:app'``, where ``app`` is an app, or a function without
            arguments that makes one.

    Returns:
        falcon.App: The app.

    Raises:
        NoSuchApp: There is none of that name.
        AppError: An exception was raised on the way.
        SetupError: One of ours was: what the app asked ``install()`` for can't be had.
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
            f'{name} is no Falcon app, but a {type(app).__name__}: name the '
            'falcon.asgi.App itself, or a function that returns it'
        )
    return app


@contextmanager
def imports_from_here() -> Iterator[None]:
    """Have modules imported from the current folder, as by a server started in it."""
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
                f'there is no module {ex.name!r} in {Path.cwd()} or on sys.path'
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
    return ', and no app at all: name the falcon.asgi.App, or a function that makes it'


@contextmanager
def _blamed(step: str) -> Iterator[None]:
    try:
        yield
    except (SetupError, NoSuchApp):
        raise
    # NOTE: This is the code of an app: whatever it ends in is to be told.
    except (Exception, SystemExit) as ex:
        last = traceback.extract_tb(ex.__traceback__)[-1]
        text = ' '.join(f'{type(ex).__name__}: {ex}'.split())
        raise AppError(f'{step}: {text} ({last.filename}, line {last.lineno})') from ex
