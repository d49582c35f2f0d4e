"""Entry points -> records. Reads metadata only, and imports no plugin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from functools import cached_property
import re
from typing import Literal, NamedTuple, TYPE_CHECKING, TypeAlias

from falcon_media.printable import one_line
from falcon_media.printable import printable
from falcon_media.requirements import distributions
from falcon_media.requirements import in_force
from falcon_media.requirements import name_and_version
from falcon_media.requirements import UNKNOWN
from falcon_media.requirements import version_of

if TYPE_CHECKING:
    from importlib.metadata import Distribution

    from falcon_media.protocol.spec import HandlerSpec

__all__ = (
    'BUILTIN',
    'CORE',
    'discover',
    'GROUP',
    'Policy',
    'Record',
    'State',
    'UNREADABLE',
)

CORE = 'falcon-media'
"""The distribution of the core, which provides the built-in handler."""

BUILTIN = 'falcon_media.json.handler'
"""Module of the built-in plugin, which has no entry point."""

GROUP_FAMILY = 'falcon_media.handlers.'
GROUP = f'{GROUP_FAMILY}v1'
"""The entry point group of this version of the handler protocol."""

State: TypeAlias = Literal['found', 'loaded', 'blocked', 'broken', 'incompatible']


class Record:
    """One entry point, and its state.

    Args:
        name (str): Name of the entry point, which is the name of the handler.
        value (str): Location of the plugin: ``'package.module'`` or
            ``'package.module:object'``.
        group (str): Group of the entry point.

    Keyword Args:
        distribution (Distribution): The distribution that declares it; none for the
            built-in plugin.
        plugin (object): The plugin itself, if the app passed it.

    Attributes:
        name (str): See above, as for `value`, `group` and `plugin`.
        state (str): ``'found'`` until it is loaded; see :data:`State`.
        error (str | None): Why it can't be used.
        cause (BaseException | None): The exception behind `error`, if there was one.
        specs (tuple[HandlerSpec, ...]): Specs of its handlers, once it is loaded.
    """

    def __init__(
        self,
        name: str,
        value: str,
        group: str = GROUP,
        *,
        distribution: Distribution | None = None,
        plugin: object = None,
    ) -> None:
        self.name = name
        self.value = value
        self.group = group
        self.plugin = plugin
        self.state: State = 'found'
        self.error: str | None = None
        self.cause: BaseException | None = None
        self.specs: tuple[HandlerSpec, ...] = ()
        self._distribution = distribution

    @property
    def distribution(self) -> str:
        """The distribution that declares it."""
        return self._declared_by[0]

    @property
    def version(self) -> str:
        """The distribution's version."""
        return self._declared_by[1]

    @cached_property
    def _declared_by(self) -> tuple[str, str]:
        if self._distribution is not None:
            return name_and_version(self._distribution)
        if self.plugin is not None:
            # NOTE: Apps pass plugins where package metadata may be missing.
            return self.value.partition('.')[0], UNKNOWN
        return CORE, version_of(CORE) or UNKNOWN

    @property
    def origin(self) -> str:
        """The distribution and its version, as in ``falcon-media-cbor 0.1.0``."""
        return f'{printable(self.distribution)} {printable(self.version)}'

    @property
    def failure(self) -> str:
        """The handler, its distribution and its state, for messages."""
        name = f'handler {self.name!r}'
        if self.name == UNREADABLE:
            name = 'an unknown handler'
        return f'{name} of {self.origin} is {self.state}'

    def fail(
        self, state: State, error: str, cause: BaseException | None = None
    ) -> None:
        """Mark the record as unusable."""
        self.state = state
        self.error = error
        self.cause = cause


class Policy(NamedTuple):
    """Rules for the plugins that may be used.

    Attributes:
        allow (Sequence[str] | None): Distributions that may be used; ``None`` for all,
            empty for none.
        block (Sequence[str]): Distributions and handler names that must not be used.
        strict (bool): Whether all plugins must load.
        allow_source (str): Where `allow` was set, for messages.
        block_source (str): Where `block` was set, for messages.
    """

    allow: Sequence[str] | None = None
    block: Sequence[str] = ()
    strict: bool = False
    allow_source: str = 'FALCON_MEDIA_PLUGINS'
    block_source: str = 'FALCON_MEDIA_BLOCK'

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Policy:
        """Read the policy from environment variables.

        Args:
            environ (Mapping): ``FALCON_MEDIA_PLUGINS`` and ``FALCON_MEDIA_BLOCK`` are
                comma-separated lists; ``FALCON_MEDIA_STRICT`` is on unless it is
                missing, empty or ``0``.

        Returns:
            Policy: A new one.
        """
        allow = environ.get('FALCON_MEDIA_PLUGINS')
        return cls(
            allow=None if allow is None else split(allow),
            block=split(environ.get('FALCON_MEDIA_BLOCK', '')),
            strict=environ.get('FALCON_MEDIA_STRICT', '') not in ('', '0'),
        )

    def apply(self, records: Sequence[Record]) -> None:
        """Mark the records that must not be used."""
        allowed = None if self.allow is None else set(map(normalize, self.allow))
        blocked = set(map(normalize, self.block))
        for record in records:
            # NOTE: An incompatible record stays incompatible.
            if record.state == 'incompatible':
                continue
            if allowed is not None and normalize(record.distribution) not in allowed:
                record.fail('blocked', f'not in {self.allow_source}')
            elif blocked and blocked & {
                normalize(record.distribution),
                normalize(record.name),
            }:
                record.fail('blocked', f'in {self.block_source}')


def discover(policy: Policy) -> list[Record]:
    """Find the installed handlers.

    Args:
        policy (Policy): Which of them may be used.

    Returns:
        list[Record]: Sorted by name and distribution.
    """
    records = _installed()
    for record in records:
        if record.group != GROUP:
            record.fail(
                'incompatible',
                f'it is registered for {printable(record.group)}, but this version of '
                f'falcon-media loads {GROUP}: install compatible versions',
            )
    policy.apply(records)
    # PERF: Reading the distribution takes time; few names occur twice.
    times = Counter(record.name for record in records)
    return sorted(
        records,
        key=lambda record: (
            record.name,
            record.distribution if times[record.name] > 1 else '',
        ),
    )


def split(names: str) -> list[str]:
    """Split a comma-separated list."""
    return [name.strip() for name in names.split(',') if name.strip()]


def normalize(name: str) -> str:
    """Normalize a distribution name (PyPA specification "Names and normalization")."""
    return re.sub(r'[-_.]+', '-', name).lower()


def _installed() -> list[Record]:
    found: dict[object, list[tuple[Distribution, list[Record]]]] = {}
    for distribution in distributions():
        records = list(_records_of(distribution))
        if records:
            name, version = name_and_version(distribution)
            key = id(distribution) if version == UNKNOWN else normalize(name)
            found.setdefault(key, []).append((distribution, records))
    chosen = []
    for several in found.values():
        imported = in_force([distribution for distribution, _ in several])
        for distribution, records in several:
            if distribution is imported:
                chosen += records
    return chosen


def _records_of(distribution: Distribution) -> Iterator[Record]:
    # NOTE: Distribution.entry_points fails if any line is malformed, in any section.
    try:
        text = distribution.read_text('entry_points.txt')
    except Exception as ex:  # noqa: BLE001  # a file, or a finder, may raise anything
        record = Record(UNREADABLE, '', distribution=distribution)
        record.fail(
            'broken',
            f'its entry_points.txt cannot be read ({one_line(ex)}): reinstall it',
            ex,
        )
        yield record
        return
    # PERF: Few distributions have a matching line.
    if text is None or not _OURS.search(text):
        return
    values: dict[tuple[str, str], set[str | None]] = {}
    group = ''
    for line in map(str.strip, text.splitlines()):
        is_group = line.startswith('[') and line.endswith(']')
        if is_group:
            group = line.strip('[]')
        if _LIKE_GROUP.fullmatch(line) and not group.startswith(GROUP_FAMILY):
            record = Record(UNREADABLE, '', distribution=distribution)
            record.fail('broken', _BAD_GROUP.format(line=printable(line, 80, of=repr)))
            yield record
        elif is_group or not group.startswith(GROUP_FAMILY):
            continue
        elif line and not line.startswith('#'):
            name, equals, value = map(str.strip, line.partition('='))
            values.setdefault((group, name), set()).add(value if equals else None)
    for (of_group, name), said in values.items():
        where = said.pop() or ''
        record = Record(name, where, of_group, distribution=distribution)
        if said or not _OBJECT.fullmatch(where):
            record.fail('broken', _BAD_ENTRY_POINT.format(group=of_group))
        yield record


UNREADABLE = '(unreadable)'
"""Name of a record that stands for all entry points of a distribution."""

_OBJECT = re.compile(r'\w+(\.\w+)*\s*(:\s*\w+(\.\w+)*\s*)?(\[.*\])?')

_OURS = re.compile('falcon[-_.]media', re.IGNORECASE)

# NOTE: Python reads a line like this as another group, or as part of the previous one.
#   A byte order mark is enough.
_LIKE_GROUP = re.compile(
    r'[^\w#]*falcon[-_.]?media[-_.]?handlers?[-_.]?(v?\d+)?\W*', re.IGNORECASE
)

_BAD_GROUP = (
    f'its entry_points.txt has the line {{line}} instead of [{GROUP}], so the entry '
    'points below it are ignored: report it to the authors of the plugin'
)

_BAD_ENTRY_POINT = (
    'its line under [{group}] in entry_points.txt is not of the form NAME = MODULE, or '
    'is there several times: report it to the authors of the plugin'
)
