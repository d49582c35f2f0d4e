"""Records -> specs -> handlers, keyed by payload type and name.

A plugin is imported when one of its names is selected, or when all are listed. Its
errors are stored in its record, and raised if it was selected.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from functools import cached_property
import inspect
import logging
import os
from typing import Any, NamedTuple, TYPE_CHECKING, TypedDict

from falcon import WebSocketPayloadType

from falcon_media.errors import ConfigError
from falcon_media.errors import HandlerConflict
from falcon_media.errors import HandlerLoadError
from falcon_media.errors import HandlerNotFound
from falcon_media.limits import Limits
from falcon_media.plugins.discovery import BUILTIN
from falcon_media.plugins.discovery import CORE
from falcon_media.plugins.discovery import discover
from falcon_media.plugins.discovery import normalize
from falcon_media.plugins.discovery import Policy
from falcon_media.plugins.discovery import Record
from falcon_media.plugins.discovery import UNREADABLE
from falcon_media.plugins.use import as_limits
from falcon_media.plugins.use import Use
from falcon_media.printable import printable
from falcon_media.protocol.message_types import TYPE_OPTIONS
from falcon_media.protocol.message_types import Types
from falcon_media.protocol.wrapping import adopt
from falcon_media.protocol.wrapping import made_by
from falcon_media.requirements import version_of
from falcon_media.suggestions import nearest

if TYPE_CHECKING:
    from falcon_media.plugins.loader import Plugins
    from falcon_media.protocol.handlers import Handler
    from falcon_media.protocol.spec import HandlerSpec

__all__ = (
    'OURS',
    'Registry',
    'Row',
    'UnknownName',
)

OURS = {
    'cbor': 'cbor',
    'msgpack': 'msgpack',
    'msgspec-json': 'msgspec',
    'msgspec-msgpack': 'msgspec',
    'orjson': 'orjson',
    'orjson-bytes': 'orjson',
    'protobuf': 'protobuf',
    'rapidjson': 'rapidjson',
}
"""Handler -> the extra of the core that installs it."""


class UnknownName(NamedTuple):
    """A name in an allow-list or block-list that matches nothing installed.

    Attributes:
        source (str): Where the list was set.
        name (str): The name.
        meant (str | None): An installed name that is similar and not in the list.
        is_allowed (bool): Whether the list is an allow-list.
    """

    source: str
    name: str
    meant: str | None
    is_allowed: bool

    @property
    def is_fault(self) -> bool:
        """Whether it is an error in strict mode; blocking an absent name is not."""
        return self.is_allowed or self.meant is not None

    def __str__(self) -> str:
        kind = 'distribution' if self.is_allowed else 'distribution or handler'
        hint = f'. Did you mean {printable(self.meant, of=repr)}?' if self.meant else ''
        return (
            f'{self.source}: no installed {kind} of a plugin is named '
            f'{printable(self.name, of=repr)}{hint}'
        )


class Row(TypedDict):
    """One line of a listing."""

    name: str
    payload_type: str | None
    media_type: str | None
    distribution: str
    version: str
    state: str
    error: str | None
    summary: str | None
    unenforced: list[str]


class Registry:
    """The installed handlers.

    Args:
        records (Iterable[Record]): The discovered records.
        extensions (Iterable[object]): Modules or objects that implement hooks around
            building a handler, or the hooks of a plugin.

    Attributes:
        unknown_names (tuple[UnknownName, ...]): Names in the allow-list and the
            block-list that match nothing installed.

    Raises:
        ConfigError: A hook of an extension does not exist, has wrong arguments, or
            fails.
    """

    def __init__(
        self, records: Iterable[Record], extensions: Iterable[object] = ()
    ) -> None:
        records = list(records)
        known = {(record.name, record.value) for record in records}
        for extension in extensions:
            # NOTE: An app may also pass a plugin that is installed.
            records += [
                record
                for record in self._plugins.extend(extension)
                if (record.name, record.value) not in known
            ]
        self.records = tuple(records)
        self.unknown_names: tuple[UnknownName, ...] = ()

    @classmethod
    def discover(
        cls, policy: Policy | None = None, extensions: Iterable[object] = ()
    ) -> Registry:
        """Find the installed handlers.

        Args:
            policy (Policy): The plugins that may be used (default: read from the
                environment variables).
            extensions (Iterable[object]): See the class.

        Returns:
            Registry: A new one.

        Raises:
            HandlerLoadError: The policy is strict, and a plugin is broken.
            HandlerConflict: The policy is strict, and two distributions provide one
                handler.
            ConfigError: The policy is strict, and names a missing plugin.
        """
        policy = policy or Policy.of(os.environ)
        registry = cls([Record('json', BUILTIN), *discover(policy)], extensions)
        policy.apply(
            [record for record in registry.records if record.plugin is not None]
        )
        registry.unknown_names = tuple(_unknown_names(policy, registry.records))
        if policy.strict:
            registry._require_all()
        return registry

    def warn(self) -> None:
        """Log a warning for each plugin that is known to be broken.

        No plugin is imported, so errors in the code of a plugin are not found. A name
        in an allow-list or block-list that looks misspelt is logged as well.
        """
        logger = logging.getLogger('falcon_media')
        for record in self.records:
            if record.state == 'broken':
                logger.warning(
                    '%s, and is not used: %s', record.failure, printable(record.error)
                )
        for unknown in self.unknown_names:
            if unknown.meant is not None:
                logger.warning('%s', unknown)

    def rows(self) -> list[Row]:
        """Load all plugins and describe each handler.

        Returns:
            list[Row]: One for each handler, and one for each plugin without handlers.
        """
        for record in self.records:
            self._load(record)
        conflicts = self._conflicts()
        rows = []
        for record in self.records:
            for spec in record.specs or (None,):
                payload_type = spec.payload_type if spec else None
                conflict = conflicts.get((record.name, payload_type))
                usable = record.state == 'loaded'
                rows.append(
                    Row(
                        name=record.name,
                        payload_type=payload_type.name if payload_type else None,
                        media_type=spec.media_type if spec else None,
                        distribution=record.distribution,
                        version=record.version,
                        state='conflict' if conflict and usable else record.state,
                        error=str(conflict) if conflict and usable else record.error,
                        summary=spec.summary if spec else None,
                        unenforced=list(spec.unenforced) if spec else [],
                    )
                )
        return rows

    def find(self, name: str, payload_type: WebSocketPayloadType | None) -> HandlerSpec:
        """Find an installed handler and load its plugin.

        Args:
            name (str): ``'name'`` or ``'distribution:name'``.
            payload_type (falcon.WebSocketPayloadType | None): TEXT or BINARY; ``None``
                for either.

        Returns:
            HandlerSpec: The spec of the handler.

        Raises:
            HandlerNotFound: There is none.
            HandlerConflict: There are several.
            HandlerLoadError: It is broken, blocked or incompatible, or lacks a
                library.
        """
        distribution, _, handler = name.rpartition(':')
        named = [
            record
            for record in self.records
            if record.name == handler
            and (
                not distribution
                or normalize(record.distribution) == normalize(distribution)
            )
        ]
        candidates = [
            record
            for record in named
            if record.state not in ('blocked', 'incompatible')
        ]
        for record in candidates:
            self._load(record)
        broken = [record for record in candidates if record.state == 'broken']
        matches = [
            (record, spec)
            for record in candidates
            for spec in record.specs
            if record.state == 'loaded' and payload_type in (None, spec.payload_type)
        ]
        if len(broken) + len(matches) > 1:
            raise _conflict(handler, [*broken, *(record for record, _ in matches)])
        if matches:
            return matches[0][1]
        for record in broken or named:
            if record.state != 'loaded':
                raise HandlerLoadError(
                    f'{record.failure}: {printable(record.error)}',
                    name=handler,
                    distribution=record.origin,
                ) from record.cause
        raise self._not_found(name, payload_type, named)

    def build(
        self,
        choice: str | Use,
        payload_type: WebSocketPayloadType | None,
        limits: Limits,
        types: Types | None = None,
    ) -> Handler:
        """Make a handler.

        Args:
            choice (str | Use): Its name, or its name with options.
            payload_type (falcon.WebSocketPayloadType | None): TEXT or BINARY; ``None``
                for either.
            limits (Limits): The budgets that the options don't set.
            types (Types | None): The message types; they override the options.

        Returns:
            Handler: A new instance, under the guard.

        Raises:
            ConfigError: An option is unknown, missing or invalid.
            HandlerNotFound: See :meth:`find`.
            HandlerConflict: See :meth:`find`.
            HandlerLoadError: See :meth:`find`; or the handler failed to build.
        """
        choice = Use(choice) if isinstance(choice, str) else choice
        spec = self.find(choice.name, payload_type)
        options = dict(choice.options)
        if 'limits' in options:
            limits = as_limits(options.pop('limits')).over(limits)
        limits = limits.settled()
        with made_by(spec.name):
            parameters = inspect.signature(spec.factory).parameters
        types = _take_types(options, parameters, types)
        _check_options(spec, options, parameters)
        if 'limits' in parameters:
            options['limits'] = limits
        with made_by(spec.name):
            handler = self._plugins.build(spec, options)
            adopted = adopt(handler, spec.payload_type, limits, name=spec.name)
        if types is None:
            return adopted
        from falcon_media.protocol.type_binding import bind_types

        return bind_types(adopted, types)

    def option_faults(self, name: str, options: Mapping[str, object]) -> dict[str, str]:
        """Check the options of a handler, selected or not.

        Args:
            name (str): The handler.
            options (Mapping): Its options; of the values, only budgets are checked.

        Returns:
            dict[str, str]: Option -> error; empty if its plugin can't be loaded.
        """
        named = [record for record in self.records if record.name == name]
        for record in named:
            self._load(record)
        loaded = [record for record in named if record.state == 'loaded']
        faults: dict[str, str] = {}
        for spec in (spec for record in loaded for spec in record.specs):
            parameters = inspect.signature(spec.factory).parameters
            for option, value in options.items():
                try:
                    if option == 'limits':
                        as_limits(value)
                    elif option not in TYPE_OPTIONS:
                        _check_option(spec, option, parameters)
                except ConfigError as ex:
                    faults[option] = ex.detail
        return faults

    def diagnostics(self) -> dict[str, str]:
        """Collect facts for a bug report from the loaded plugins.

        Returns:
            dict[str, str]: Label -> fact; plugin -> error if its hook fails.
        """
        return self._plugins.diagnostics()

    @cached_property
    def _plugins(self) -> Plugins:
        # PERF: This imports pluggy. An app without handlers by name starts without it.
        from falcon_media.plugins.loader import Plugins

        return Plugins()

    def _load(self, record: Record) -> None:
        if record.state == 'found':
            self._plugins.load(record)

    def _conflicts(
        self,
    ) -> dict[tuple[str, WebSocketPayloadType | None], HandlerConflict]:
        owners: dict[tuple[str, WebSocketPayloadType | None], list[Record]] = {}
        for record in self.records:
            for spec in record.specs if record.state == 'loaded' else ():
                owners.setdefault((spec.name, spec.payload_type), []).append(record)
        return {
            key: _conflict(key[0], records)
            for key, records in owners.items()
            if len(records) > 1
        }

    def _require_all(self) -> None:
        self.rows()
        for record in self.records:
            if record.state in ('broken', 'incompatible'):
                raise HandlerLoadError(
                    f'strict mode requires all plugins to load, but {record.failure}: '
                    f'{printable(record.error)}',
                    name=record.name,
                    distribution=record.origin,
                ) from record.cause
        for conflict in self._conflicts().values():
            raise conflict
        wrong = [str(unknown) for unknown in self.unknown_names if unknown.is_fault]
        if wrong:
            raise ConfigError('\n'.join(wrong))

    def _not_found(
        self, name: str, payload_type: WebSocketPayloadType | None, named: list[Record]
    ) -> HandlerNotFound:
        distribution, _, name = name.rpartition(':')
        of_others = [record for record in self.records if record.name == name]
        if of_others and not named:
            picks = ' or '.join(
                repr(f'{printable(record.distribution)}:{name}') for record in of_others
            )
            return HandlerNotFound(
                f'no distribution {distribution!r} provides a handler {name!r}. '
                f'Did you mean {picks}?',
                name=name,
                installed=[name],
            )
        kind = payload_type.name if payload_type else 'media'
        installed = sorted(
            row['name']
            for row in self.rows()
            if row['state'] in ('loaded', 'conflict')
            and kind in ('media', row['payload_type'])
        )
        if named:
            detail = (
                f'{name!r} is a {named[0].specs[0].payload_type.name} handler; it '
                f'cannot be used for {kind} payloads.'
            )
        else:
            detail = f'no {kind} handler named {name!r} is installed.'
        # NOTE: The payload type of a handler that is not installed is unknown.
        present = {normalize(record.distribution) for record in self.records}
        to_get = {
            one for one, extra in OURS.items() if f'{CORE}-{extra}' not in present
        }
        others = {*installed, *(() if named else to_get)} - {name}
        near = nearest(name, others)
        if near and name not in to_get:
            detail += f' Did you mean {near!r}?'
        of_kind = f' for {kind}' if payload_type else ''
        detail += f' Installed{of_kind}: {", ".join(installed) or "none"}.'
        one = name if name in to_get else near
        if one in to_get and version_of(CORE) is None:
            plugin = f'{CORE}-{OURS[one]}'.replace('-', '_')
            detail += (
                f' No package metadata is installed here, so plugins cannot be '
                f'discovered: import the plugin, and pass it as install(app, '
                f'extensions=[{plugin}])'
            )
        elif one in to_get:
            detail += f" To install {one}: pip install '{CORE}[{OURS[one]}]'"
        for record in self.records:
            if record.name == UNREADABLE:
                detail += f'. {record.failure}: {printable(record.error)}'
        return HandlerNotFound(detail, name=name, installed=installed)


def _unknown_names(policy: Policy, records: Sequence[Record]) -> Iterator[UnknownName]:
    # PERF: Names are read from the metadata of each plugin; most apps have no list.
    if policy.allow:
        owners = {record.name: record.distribution for record in records}
        yield from _unknown_in(
            policy.allow, set(owners.values()), policy.allow_source, owners
        )
    if policy.block:
        # NOTE: The built-in handler can't be blocked.
        plugins = [record for record in records if record.value != BUILTIN]
        names = {name for one in plugins for name in (one.distribution, one.name)}
        yield from _unknown_in(policy.block, names, policy.block_source)


def _unknown_in(
    listed: Sequence[str],
    known: set[str],
    source: str,
    owners: Mapping[str, str] | None = None,
) -> Iterator[UnknownName]:
    there = set(map(normalize, known))
    given = set(map(normalize, listed))
    # NOTE: A first-party name that is not installed is not misspelt.
    ours = {*OURS, *(f'{CORE}-{extra}' for extra in OURS.values())}
    for name in listed:
        if normalize(name) in there:
            continue
        meant = owners.get(name) if owners else None
        if meant is None and normalize(name) not in ours:
            meant = nearest(name, known)
        if meant is not None and normalize(meant) in given:
            meant = None
        yield UnknownName(source, name, meant, is_allowed=owners is not None)


def _named_options(
    parameters: Mapping[str, inspect.Parameter],
) -> dict[str, inspect.Parameter]:
    return {
        name: parameter
        for name, parameter in parameters.items()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        and name != 'limits'
    }


def _check_option(
    spec: HandlerSpec, option: str, parameters: Mapping[str, inspect.Parameter]
) -> None:
    named = _named_options(parameters)
    takes_any = any(
        parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()
    )
    if option in named or takes_any:
        return
    detail = f'handler {spec.name!r} has no option {option!r}.'
    if near := nearest(option, {*named, *TYPE_OPTIONS}):
        detail += f' Did you mean {near!r}?'
    listed = ', '.join(sorted(named)) or 'none'
    raise ConfigError(f'{detail} Its options: {listed}.')


def _check_options(
    spec: HandlerSpec,
    options: Mapping[str, object],
    parameters: Mapping[str, inspect.Parameter],
) -> None:
    for option in options:
        _check_option(spec, option, parameters)
    for name, parameter in _named_options(parameters).items():
        if parameter.default is parameter.empty and name not in options:
            raise ConfigError(
                f'handler {spec.name!r} needs the option {name!r}: '
                f'falcon_media.use({spec.name!r}, {name}=...)'
            )


def _take_types(
    options: dict[str, Any],
    parameters: Mapping[str, inspect.Parameter],
    wanted: Types | None,
) -> Types | None:
    """Take the message types out of the options of a handler.

    Returns:
        Types | None: The types to bind the handler to once it is made; ``None`` if
        there are none, or if the handler takes them as options.
    """
    takes_types = {'receive', 'send'} <= parameters.keys()
    # NOTE: A handler may have a different option with one of these names.
    taken = {
        option: options.pop(option)
        for option in TYPE_OPTIONS
        if option in options and (takes_types or option not in parameters)
    }
    types = Types.of(taken)
    if wanted is not None:
        types = wanted.over(types)
    if types is None or not takes_types:
        return types
    options |= {'receive': types.receive, 'send': types.send}
    return None


def _conflict(name: str, records: Sequence[Record]) -> HandlerConflict:
    picks = ' or '.join(
        repr(f'{printable(record.distribution)}:{name}') for record in records
    )
    return HandlerConflict(
        f'several distributions provide the handler {name!r}: '
        f'{" and ".join(record.origin for record in records)}. Select one of them as '
        f'{picks}, or uninstall the other',
        name=name,
        distributions=[record.distribution for record in records],
    )
