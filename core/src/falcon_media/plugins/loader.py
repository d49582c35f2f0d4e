"""Load plugins and extensions with pluggy, and check each of them separately.

Imported when a plugin is loaded. An app whose handlers are all instances starts without
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import pluggy

from falcon_media.errors import ConfigError
from falcon_media.plugins import hookspecs
from falcon_media.plugins.discovery import BUILTIN
from falcon_media.plugins.discovery import CORE
from falcon_media.plugins.discovery import Record
from falcon_media.printable import one_line
from falcon_media.printable import printable
from falcon_media.protocol.handlers import Handler
from falcon_media.protocol.markers import hookimpl
from falcon_media.protocol.markers import PROJECT
from falcon_media.protocol.spec import HandlerSpec
from falcon_media.requirements import installed_library

__all__ = ('Plugins',)


class Plugins:
    """The loaded plugins and the extensions."""

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._manager.register(_Builder(), name=f'{CORE}:builder')

    def extend(self, extension: object) -> list[Record]:
        """Register a module or an object with hooks.

        Returns:
            list[Record]: One for each handler that it provides.

        Raises:
            ConfigError: One of its hooks does not exist, has wrong arguments, or fails.
        """
        shown = printable(extension, of=repr)
        try:
            self._register(extension, name=shown)
            specs = self._all_specs(extension) or ()
            where = getattr(extension, '__name__', type(extension).__name__)
        except KeyboardInterrupt:
            raise
        except BaseException as ex:
            reason = ex if isinstance(ex, _Unusable) else one_line(ex)
            if isinstance(ex, pluggy.PluginValidationError):
                reason = ' '.join(str(ex).split())
            raise ConfigError(f'extension {shown}: {printable(reason)}') from ex
        return [
            Record(name, where, plugin=extension)
            for name in dict.fromkeys(spec.name for spec in specs)
        ]

    def load(self, record: Record) -> None:
        """Import a plugin and read the specs of its handlers.

        Errors are stored in the record.
        """
        try:
            plugin = record.plugin
            if plugin is None:
                plugin = _import(record)
            if not self._manager.is_registered(plugin):
                self._register(plugin, name=f'{record.distribution}:{record.name}')
            record.specs = self._specs(plugin, record.name)
            for requirement in record.specs[0].requires:
                _check_requirement(requirement, is_known=record.plugin is None)
        except KeyboardInterrupt:
            raise
        # NOTE: Importing a plugin runs unknown code. Whatever it raises, SystemExit
        #   included, must not stop the app.
        except BaseException as ex:  # noqa: BLE001  # see NOTE
            error = str(ex) if isinstance(ex, _Unusable) else one_line(ex)
            record.fail('broken', error, ex)
        else:
            record.state = 'loaded'

    def build(self, spec: HandlerSpec, options: Mapping[str, object]) -> object:
        """Build a handler with the first hook that returns one.

        Args:
            spec (HandlerSpec): The handler.
            options (Mapping): Its options, checked.

        Returns:
            object: The handler, not checked.
        """
        return self._manager.hook.falcon_media_build_handler(spec=spec, options=options)

    def diagnostics(self) -> dict[str, str]:
        """Collect facts for a bug report from all plugins, by label."""
        facts: dict[str, str] = {}
        for name, plugin in self._manager.list_name_plugin():
            ask = self._caller('falcon_media_diagnostics', plugin)
            try:
                for answer in ask():
                    facts |= {str(label): str(fact) for label, fact in answer.items()}
            except KeyboardInterrupt:
                raise
            # NOTE: See load(): this runs code of a plugin too.
            except BaseException as ex:  # noqa: BLE001  # see NOTE
                facts[name] = one_line(ex)
        return facts

    def _register(self, plugin: object, name: str) -> None:
        # NOTE: pluggy reads every attribute of the plugin, which may run its code.
        try:
            self._manager.register(plugin, name=name)
            self._manager.check_pending()
        except BaseException:
            if self._manager.get_plugin(name) is plugin:
                self._manager.unregister(name=name)
            raise

    def _caller(self, hook: str, plugin: object) -> Any:
        others = [one for one in self._manager.get_plugins() if one is not plugin]
        return self._manager.subset_hook_caller(hook, others)

    def _all_specs(self, plugin: object) -> Sequence[HandlerSpec] | None:
        answers = self._caller('falcon_media_handlers', plugin)()
        if not answers:
            return None
        answer = answers[0]
        if not isinstance(answer, Sequence) or not all(
            isinstance(spec, HandlerSpec) for spec in answer
        ):
            raise _Unusable(
                'falcon_media_handlers() must return a sequence of HandlerSpec, not '
                f'{answer!r}'
            )
        return answer

    def _specs(self, plugin: object, name: str) -> tuple[HandlerSpec, ...]:
        every = self._all_specs(plugin)
        if every is None:
            raise _Unusable(
                f'{plugin!r} has no falcon_media_handlers() hook: implement it, and '
                'mark it with @falcon_media.hookimpl'
            )
        specs = tuple(spec for spec in every if spec.name == name)
        if not specs:
            brought = ', '.join(repr(spec.name) for spec in every) or 'none'
            raise _Unusable(
                f'the entry point is named {name!r}, but falcon_media_handlers() '
                f'describes {brought}: give both the same name'
            )
        return specs


class _Builder:
    """The core's implementation of the hook that builds a handler; runs last."""

    @hookimpl(trylast=True)
    def falcon_media_build_handler(
        self, spec: HandlerSpec, options: Mapping[str, object]
    ) -> Handler:
        return spec.factory(**options)


class _Unusable(Exception):
    """A mistake of a plugin; the text needs no class name in front."""


def _import(record: Record) -> object:
    if record.value == BUILTIN:
        # NOTE: An import statement, so that tools that freeze an app find it.
        from falcon_media.json import handler as builtin

        return builtin
    from importlib import metadata

    return metadata.EntryPoint(record.name, record.value, record.group).load()


def _check_requirement(requirement: str, *, is_known: bool) -> None:
    library = installed_library(requirement)
    if library.version is None:
        # NOTE: If the plugin has no metadata, its library may have none either.
        if not is_known:
            return
        raise _Unusable(
            f'it needs {requirement}, which is not installed: {library.cure}'
        )
    if not library.is_met:
        raise _Unusable(
            f'it needs {requirement}, but {library.version} is installed: '
            f'{library.cure}'
        )
