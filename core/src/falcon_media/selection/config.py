"""Arguments, environment and TOML -> one validated selection.

For each setting, the first of these counts: an argument of ``install()``, an
environment variable, the configuration, the default.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from copy import copy
from dataclasses import fields
import os
from pathlib import Path
import re
from types import NoneType
from typing import Any, TypeVar

from falcon_media.errors import ConfigError
from falcon_media.limits import Limits
from falcon_media.plugins.discovery import Policy
from falcon_media.plugins.discovery import split
from falcon_media.plugins.use import Use
from falcon_media.protocol.batching import Batched
from falcon_media.selection.model import Choice
from falcon_media.selection.model import DEFAULT
from falcon_media.selection.model import Selection
from falcon_media.suggestions import nearest
from falcon_media.suggestions import one_of

__all__ = (
    'gather',
    'select',
    'under_assigned',
)

_T = TypeVar('_T')

# NOTE: A subprotocol is a token (RFC 6455, section 4.1, and RFC 9110, section 5.6.2).
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def gather(
    *,
    text: object = None,
    binary: object = None,
    limits: Limits | None = None,
    subprotocols: Mapping[str, object] | None = None,
    http: Iterable[object] | None = None,
    config: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    environ: Mapping[str, str] = os.environ,
    under: Selection | None = None,
) -> Selection:
    """Merge the arguments, the environment and the configuration file.

    Args:
        text: See :func:`falcon_media.install`, as for the others.
        binary: See there.
        limits: See there.
        subprotocols: See there.
        http: See there.
        config: A path, or the contents as a mapping.
        environ: Environment variables.
        under: An earlier selection, for the settings that are not set now.

    Returns:
        Selection: A new one. Its form is checked, and errors are in ``problems``. Names
        and options are checked when handlers are built.

    Raises:
        ConfigError: The file can't be read or parsed.
    """
    problems: list[str] = []
    arguments: dict[str, Any] = {
        'text': text,
        'binary': binary,
        'limits': limits,
        'subprotocols': subprotocols,
        'http': http,
    }
    layers = [
        _Layer('argument', arguments, problems, named=lambda key: f'argument {key}'),
        _environment(environ, problems),
    ]
    if config is None and environ.get('FALCON_MEDIA_CONFIG'):
        config = environ['FALCON_MEDIA_CONFIG']
    if isinstance(config, Mapping):
        layers.append(_Layer('config', config, problems))
    elif isinstance(config, str | os.PathLike):
        layers.append(_Layer(os.fspath(config), _read(Path(config)), problems))
    elif config is not None:
        problems.append(f'argument config = {config!r}: expected a path or a mapping')
    if under is not None:
        layers += under.layers
    selection = _merge(layers)
    selection.layers = layers
    selection.problems += problems
    return selection


def select(**settings: Any) -> Selection:
    """Merge the settings as :func:`gather` does, and raise all problems at once.

    Raises:
        ConfigError: There are problems; one per line.
    """
    selection = gather(**settings)
    if selection.problems:
        raise ConfigError('\n'.join(selection.problems))
    return selection


def under_assigned(selection: Selection, handlers: Mapping[str, Any]) -> Selection:
    """Return a selection that handlers assigned by the app override."""
    layer = _Layer('', handlers, selection.problems, named=lambda key: DEFAULT)
    found = copy(selection)
    found.layers = [layer, *selection.layers]
    return found


class _Layer:
    """One source of settings; checks each setting when it is read."""

    def __init__(
        self,
        place: str,
        settings: Mapping[str, Any],
        problems: list[str],
        named: Callable[[str], str] | None = None,
    ) -> None:
        self._problems = problems
        self._named = named or (lambda key: f'{place}: {key}')
        self._settings = {
            key: value for key, value in settings.items() if value is not None
        }
        self._check_keys('', self._settings, _KEYS)

    def handler(self, key: str) -> Choice | None:
        """Read a setting that is a handler."""
        if key not in self._settings:
            return None
        return self._choice(key, self._settings[key])

    def subprotocols(self) -> dict[str, Choice] | None:
        """Read the handlers by subprotocol."""
        if (table := self._table('subprotocols')) is None:
            return None
        found: dict[str, Choice | None] = {}
        for name, value in table.items():
            key = f'subprotocols.{_quoted(name)}'
            if not isinstance(name, str) or not _TOKEN.fullmatch(name):
                self.complain(
                    key,
                    value,
                    'a subprotocol may contain only letters, digits and '
                    "!#$%&'*+-.^_`|~ (RFC 6455)",
                )
            elif isinstance(value, Mapping) and 'batched' in value:
                found[name] = self._batched(key, value)
            else:
                found[name] = self._choice(key, value, _HANDLER_OR_BATCHED)
        return {name: choice for name, choice in found.items() if choice is not None}

    def handler_list(self, key: str) -> tuple[Choice, ...] | None:
        """Read a setting that is a list of handlers."""
        values = self._settings.get(key)
        if values is None:
            return None
        if isinstance(values, str | Mapping) or not isinstance(values, Iterable):
            self.complain(key, values, 'expected a list of handler names')
            return None
        choices = [self._choice(key, value) for value in values]
        return tuple(choice for choice in choices if choice is not None)

    def budgets(self) -> dict[str, Choice]:
        """Read the budgets."""
        limits = self._settings.get('limits')
        if isinstance(limits, Limits):
            return {
                budget: Choice(getattr(limits, budget), self._named('limits'))
                for budget in limits.named
            }
        table = self._table('limits') or {}
        self._check_keys('limits.', table, _BUDGETS)
        found = {}
        for budget in _BUDGETS:
            value = table.get(budget)
            if value is None:
                continue
            if isinstance(value, int) and not isinstance(value, bool) and value > 0:
                found[budget] = Choice(value, self._named(f'limits.{budget}'))
            else:
                self.complain(f'limits.{budget}', value, 'expected a positive integer')
        return found

    def options(self) -> dict[str, Choice]:
        """Read the options by handler name."""
        found = {}
        for name, options in (self._table('handlers') or {}).items():
            key = f'handlers.{_quoted(name)}'
            if isinstance(options, Mapping):
                found[name] = Choice(dict(options), self._named(key))
            else:
                self.complain(key, options, 'expected a table of options')
        return found

    def policy(self) -> dict[str, Any]:
        """Read the fields of a :class:`Policy`."""
        table = self._table('plugins') or {}
        self._check_keys('plugins.', table, _PLUGIN_KEYS)
        found: dict[str, Any] = {}
        for key in ('allow', 'block'):
            value = table.get(key)
            if value is None:
                continue
            if isinstance(value, list | tuple) and all(
                isinstance(name, str) for name in value
            ):
                found[key] = value
                found[f'{key}_source'] = self._named(f'plugins.{key}')
            else:
                self.complain(f'plugins.{key}', value, 'expected a list of names')
        strict = table.get('strict')
        if isinstance(strict, bool):
            found['strict'] = strict
        elif strict is not None:
            self.complain('plugins.strict', strict, 'expected true or false')
        return found

    def complain(self, key: str, value: object, expected: str) -> None:
        """Record a problem."""
        self._problems.append(f'{self._named(key)} = {value!r}: {expected}')

    def _choice(
        self, key: str, value: Any, keys: tuple[str, ...] = ('handler',)
    ) -> Choice | None:
        if isinstance(value, Mapping) and isinstance(value.get('handler'), str):
            options = {name: one for name, one in value.items() if name != 'handler'}
            value = value['handler'] and Use(value['handler'], options)
        # NOTE: Don't test the truth of a handler, since it may have a length of 0.
        if (isinstance(value, str) and not value) or isinstance(value, _NO_HANDLERS):
            expected = 'expected the name of a handler'
            if isinstance(value, Mapping):
                expected = self._expected_in_table(value, keys)
            self.complain(key, value, expected)
            return None
        return Choice(value, self._named(key))

    def _expected_in_table(
        self, table: Mapping[str, Any], keys: tuple[str, ...]
    ) -> str:
        if 'batched' in table:
            return (
                'batched works only for subprotocols, since the client must know '
                'about it: move the table to subprotocols, and name a handler here'
            )
        ways = ' or '.join(f'{one} = "name"' for one in keys)
        expected = f'expected the name of a handler, as {ways} in the table'
        meant = [
            f'{near!r} instead of {str(name)!r}'
            for name in table
            if (near := nearest(str(name), keys)) and near not in table
        ]
        return f'{expected}. Did you mean {meant[0]}?' if meant else expected

    def _batched(self, key: str, table: Mapping[str, Any]) -> Choice | None:
        for name, value in table.items():
            if name not in _BATCHED_KEYS:
                near = nearest(str(name), _BATCHED_KEYS)
                hint = f'Did you mean {near!r}? ' if near else ''
                self.complain(
                    f'{key}.{name}',
                    value,
                    f'unknown key. {hint}The keys beside batched are its bounds '
                    f'({", ".join(_BATCHED_KEYS[1:])}); for a handler with options, '
                    'write batched = {handler = "name", ...}',
                )
        bounds = {
            name: value
            for name, value in table.items()
            if name in _BATCHED_KEYS and name != 'batched'
        }
        choice = self._choice(f'{key}.batched', table['batched'])
        handler = choice and choice.value
        try:
            batched = Batched(handler, **bounds)
        except ConfigError as ex:
            self._problems.append(f'{self._named(key)}: {ex}')
            return choice
        return choice and Choice(batched, self._named(key))

    def _table(self, key: str) -> Mapping[str, Any] | None:
        value = self._settings.get(key)
        if value is None or isinstance(value, Mapping):
            return value
        self.complain(key, value, 'expected a table')
        return None

    def _check_keys(
        self, prefix: str, table: Mapping[str, Any], known: tuple[str, ...]
    ) -> None:
        for key, value in table.items():
            if key not in known:
                self.complain(
                    f'{prefix}{key}', value, f'unknown key. {one_of(str(key), known)}'
                )


_NO_HANDLERS = (NoneType, int, float, Mapping, list, tuple)

_KEYS = ('text', 'binary', 'http', 'handlers', 'limits', 'plugins', 'subprotocols')
_PLUGIN_KEYS = ('allow', 'block', 'strict')
_HANDLER_OR_BATCHED = ('handler', 'batched')
_BATCHED_KEYS = ('batched', 'max_bytes', 'max_count', 'max_delay', 'max_received')
_BUDGETS = tuple(budget.name for budget in fields(Limits))

_VARIABLES = {
    'TEXT': 'text',
    'BINARY': 'binary',
    'HTTP': 'http',
    'SUBPROTOCOLS': 'subprotocols',
    **{budget.upper(): budget for budget in _BUDGETS},
}
_OTHER_VARIABLES = ('BLOCK', 'CONFIG', 'PLUGINS', 'STRICT')
_PREFIX = 'FALCON_MEDIA_'


def _environment(environ: Mapping[str, str], problems: list[str]) -> _Layer:
    settings: dict[str, Any] = {}
    known = [*_VARIABLES, *_OTHER_VARIABLES]
    for variable, value in environ.items():
        name = variable.removeprefix(_PREFIX)
        if name == variable or not value:
            continue
        if name not in known:
            # NOTE: Plugins may read other variables with this prefix, so only a name
            #   that is close to a known one is an error.
            if near := nearest(name, known):
                problems.append(
                    f'{variable} = {value!r}: unknown variable. '
                    f'Did you mean {_PREFIX}{near}?'
                )
        elif name.startswith('MAX_'):
            limits = settings.setdefault('limits', {})
            limits[name.lower()] = int(value) if value.isdecimal() else value
        elif name == 'HTTP':
            settings['http'] = split(value)
        elif name == 'SUBPROTOCOLS':
            pairs = [pair.partition('=') for pair in split(value)]
            settings['subprotocols'] = {key.strip(): to.strip() for key, _, to in pairs}
        elif name in _VARIABLES:
            settings[_VARIABLES[name]] = value
    policy = Policy.of(environ)
    settings['plugins'] = {
        key: value
        for key, value in (
            ('allow', policy.allow),
            ('block', policy.block or None),
            ('strict', policy.strict or None),
        )
        if value is not None
    }
    names = {key: variable for variable, key in _VARIABLES.items()} | {
        'plugins.allow': 'PLUGINS',
        'plugins.block': 'BLOCK',
        'plugins.strict': 'STRICT',
    }

    def named(key: str) -> str:
        table, _, entry = key.partition('.')
        if table == 'subprotocols' and entry:
            return f'{_PREFIX}SUBPROTOCOLS: {entry}'
        return _PREFIX + names.get(key.rpartition('limits.')[2], key)

    return _Layer('environment', settings, problems, named=named)


def _read(path: Path) -> Mapping[str, Any]:
    # PERF: Most apps have no file.
    import tomllib

    try:
        document = tomllib.loads(path.read_text('utf-8'))
    except OSError as ex:
        raise ConfigError(f'{path}: cannot be read: {ex.strerror}') from ex
    except ValueError as ex:
        raise ConfigError(f'{path}: not valid TOML: {ex}') from ex
    if path.name != 'pyproject.toml':
        return document
    try:
        table = document['tool']['falcon-media']
    except (KeyError, TypeError):
        raise ConfigError(f'{path}: missing table [tool.falcon-media]') from None
    if not isinstance(table, dict):
        raise ConfigError(f'{path}: tool.falcon-media must be a table')
    return table


def _merge(layers: list[_Layer]) -> Selection:
    text = _first(layer.handler('text') for layer in layers)
    binary = _first(layer.handler('binary') for layer in layers)
    subprotocols = _first(layer.subprotocols() for layer in layers)
    http = _first(layer.handler_list('http') for layer in layers)
    budgets: dict[str, Choice] = {}
    policy: dict[str, Any] = {}
    options: dict[str, Choice] = {}
    for layer in reversed(layers):
        budgets.update(layer.budgets())
        policy.update(layer.policy())
        options.update(layer.options())
    return Selection(
        text=text,
        binary=binary,
        limits=Limits(**{name: found.value for name, found in budgets.items()}),
        limits_sources={
            name: budgets[name].source if name in budgets else DEFAULT
            for name in _BUDGETS
        },
        options=options,
        subprotocols=subprotocols or {},
        http=http or (),
        policy=Policy(**policy),
    )


def _first(found: Iterable[_T | None]) -> _T | None:
    # NOTE: Read all of them, since the problems of overridden settings count too.
    return next((value for value in list(found) if value is not None), None)


def _quoted(name: object) -> str:
    return str(name) if re.fullmatch(r'[\w-]+', str(name)) else f'"{name}"'
