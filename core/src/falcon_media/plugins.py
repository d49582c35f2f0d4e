"""Plugins and extensions, under pluggy: each is checked by itself, and asked.

Imported when something is to be loaded: an app whose handlers are all instances starts
without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import pluggy

from falcon_media import hookspecs
from falcon_media.discovery import CORE
from falcon_media.discovery import Record
from falcon_media.errors import ConfigError
from falcon_media.errors import HandlerLoadError
from falcon_media.errors import MediaError
from falcon_media.handlers import Handler
from falcon_media.handlers import HandlerSpec
from falcon_media.hookspecs import hookimpl
from falcon_media.libraries import installed_library

__all__ = ('Plugins',)


class Plugins:
    """The plugins that were loaded, and the extensions."""

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._manager.register(_Builder(), name=f'{CORE}:builder')

    def extend(self, extension: object) -> None:
        """Register a module or an object with hooks around building a handler.

        Raises:
            ConfigError: It has a hook that does not exist, or with other arguments.
        """
        try:
            self._register(extension, name=repr(extension))
        except (pluggy.PluginValidationError, ValueError) as ex:
            raise ConfigError(f'extension {extension!r}: {_one_line(ex)}') from ex

    def load(self, record: Record) -> None:
        """Import a plugin, and have it describe its handlers.

        What is wrong with it stays with its record.
        """
        try:
            plugin: Any = record.entry_point.load()
            if not self._manager.is_registered(plugin):
                self._register(plugin, name=f'{record.distribution}:{record.name}')
            record.specs = self._specs(plugin, record.name)
            for requirement in record.specs[0].requires:
                _check_requirement(requirement)
        # NOTE: Importing a plugin runs code that we don't know: whatever it ends in,
        #   an exit included, is the plugin's fault and must not become the app's.
        except (Exception, SystemExit) as ex:  # noqa: BLE001  # see NOTE
            error = f'{type(ex).__name__}: {_one_line(ex)}'
            if isinstance(ex, _Unusable):
                error = str(ex)
            record.fail('broken', error, ex)
        else:
            record.state = 'loaded'

    def build(self, spec: HandlerSpec, options: Mapping[str, object]) -> object:
        """Build a handler, by whatever hook comes first.

        Args:
            spec (HandlerSpec): The handler.
            options (Mapping): Its options, checked.

        Returns:
            object: What is to be the handler, not checked.

        Raises:
            MediaError: What the handler raises of ours.
            HandlerLoadError: It raises anything else.
        """
        try:
            return self._manager.hook.falcon_media_build_handler(
                spec=spec, options=options
            )
        except MediaError:
            raise
        except Exception as ex:
            raise HandlerLoadError(
                f'handler {spec.name!r} could not be made: '
                f'{type(ex).__name__}: {_one_line(ex)}',
                name=spec.name,
            ) from ex

    def diagnostics(self) -> dict[str, str]:
        """What all of them tell for a bug report, by label."""
        facts: dict[str, str] = {}
        for name, plugin in self._manager.list_name_plugin():
            ask = self._caller('falcon_media_diagnostics', plugin)
            try:
                for answer in ask():
                    facts.update(answer)
            # NOTE: See load(): this is the code of a plugin too.
            except Exception as ex:  # noqa: BLE001  # see NOTE
                facts[name] = f'{type(ex).__name__}: {_one_line(ex)}'
        return facts

    def _register(self, plugin: object, name: str) -> None:
        self._manager.register(plugin, name=name)
        try:
            self._manager.check_pending()
        except pluggy.PluginValidationError:
            self._manager.unregister(plugin)
            raise

    def _caller(self, hook: str, plugin: object) -> Any:
        others = [one for one in self._manager.get_plugins() if one is not plugin]
        return self._manager.subset_hook_caller(hook, others)

    def _specs(self, plugin: object, name: str) -> tuple[HandlerSpec, ...]:
        answers = self._caller('falcon_media_handlers', plugin)()
        if not answers:
            raise _Unusable(
                f'{plugin!r} has no falcon_media_handlers() hook: write one, and mark '
                'it with @falcon_media.hookimpl'
            )
        answer = answers[0]
        if not isinstance(answer, Sequence) or not all(
            isinstance(spec, HandlerSpec) for spec in answer
        ):
            raise _Unusable(
                'falcon_media_handlers() must return a sequence of HandlerSpec, and '
                f'returned {answer!r}'
            )
        specs = tuple(spec for spec in answer if spec.name == name)
        if not specs:
            brought = ', '.join(repr(spec.name) for spec in answer) or 'none'
            raise _Unusable(
                f'the entry point is named {name!r}, and falcon_media_handlers() '
                f'brings {brought}: the two must be the same'
            )
        return specs


class _Builder:
    """The core's own implementation of building a handler: the last resort."""

    @hookimpl(trylast=True)
    def falcon_media_build_handler(
        self, spec: HandlerSpec, options: Mapping[str, object]
    ) -> Handler:
        return spec.factory(**options)


class _Unusable(Exception):
    """What a plugin did wrong, in words that need no class name in front."""


def _check_requirement(requirement: str) -> None:
    library = installed_library(requirement)
    if library.version is None:
        raise _Unusable(
            f'it needs {requirement}, which is not installed: {library.cure}'
        )
    if not library.is_met:
        raise _Unusable(
            f'it needs {requirement}, and {library.version} is installed: '
            f'{library.cure}'
        )


def _one_line(ex: BaseException) -> str:
    return ' '.join(str(ex).split())
