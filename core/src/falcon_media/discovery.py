"""Entry points -> records. Reads metadata only: no plugin is imported here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from collections.abc import Sequence
from functools import cached_property
import re
from typing import Literal, NamedTuple, TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from importlib import metadata

    from falcon_media.handlers import HandlerSpec

__all__ = ('CORE', 'discover', 'GROUP', 'Policy', 'Record', 'State')

CORE = 'falcon-media'
"""The distribution that brings what is built in."""

GROUP_FAMILY = 'falcon_media.handlers.'
GROUP = f'{GROUP_FAMILY}v1'
"""The entry point group of this version of the handler protocol."""

State: TypeAlias = Literal['found', 'loaded', 'blocked', 'broken', 'incompatible']


class Record:
    """One entry point, and what is known of it so far.

    Args:
        entry_point (EntryPoint): How to import it. One of no distribution is that of
            what is built in.

    Attributes:
        name (str): Name of the entry point, which is the name of the handler.
        entry_point (EntryPoint): See above.
        state (str): ``'found'`` until it is loaded.
        error (str | None): Why it can't be used.
        cause (BaseException | None): The exception behind `error`, if there was one.
        specs (tuple[HandlerSpec, ...]): What it brings, once it is loaded.
    """

    def __init__(self, entry_point: metadata.EntryPoint) -> None:
        self.name = entry_point.name
        self.entry_point = entry_point
        self.state: State = 'found'
        self.error: str | None = None
        self.cause: BaseException | None = None
        self.specs: tuple[HandlerSpec, ...] = ()

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
        # PERF: Most entry points are not the one that is selected, and it takes
        #   another file to be read and parsed.
        return _name_and_version(self.entry_point)

    @property
    def origin(self) -> str:
        """The distribution and its version, as in ``falcon-media-cbor 0.1.0``."""
        return f'{self.distribution} {self.version}'

    def fail(
        self, state: State, error: str, cause: BaseException | None = None
    ) -> None:
        """Mark the record as not usable."""
        self.state = state
        self.error = error
        self.cause = cause


class Policy(NamedTuple):
    """Which of the installed plugins may be used.

    Attributes:
        allow (Sequence[str] | None): Distributions that may be used; ``None`` for all,
            and empty for none.
        block (Sequence[str]): Distributions and handler names that may not.
        strict (bool): Whether everything found must load.
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
        """Read the environment variables.

        Args:
            environ (Mapping): ``FALCON_MEDIA_PLUGINS`` and ``FALCON_MEDIA_BLOCK`` are
                lists parted by commas; ``FALCON_MEDIA_STRICT`` is on unless it is
                missing, empty or ``0``.

        Returns:
            Policy: What they say.
        """
        allow = environ.get('FALCON_MEDIA_PLUGINS')
        return cls(
            allow=None if allow is None else split(allow),
            block=split(environ.get('FALCON_MEDIA_BLOCK', '')),
            strict=environ.get('FALCON_MEDIA_STRICT', '') not in ('', '0'),
        )


def discover(policy: Policy) -> list[Record]:
    """Find the handlers that are installed.

    Args:
        policy (Policy): Which of them may be used.

    Returns:
        list[Record]: Sorted by name and distribution.
    """
    allowed = None if policy.allow is None else set(map(normalize, policy.allow))
    blocked = set(map(normalize, policy.block))
    # PERF: Half of what it takes to import falcon_media, and it takes part in nothing
    #   before an app has something installed.
    from importlib import metadata

    installed = metadata.entry_points()
    family = [group for group in installed.groups if group.startswith(GROUP_FAMILY)]
    records = [
        Record(entry_point)
        for group in family
        for entry_point in installed.select(group=group)
    ]
    for record in records:
        group = record.entry_point.group
        if group != GROUP:
            record.fail(
                'incompatible',
                f'it is registered for {group}, and this version of falcon-media loads '
                f'{GROUP}: install versions of the two that agree',
            )
        elif allowed is not None and normalize(record.distribution) not in allowed:
            record.fail('blocked', f'not in {policy.allow_source}')
        elif blocked and blocked & {
            normalize(record.distribution),
            normalize(record.name),
        }:
            record.fail('blocked', f'in {policy.block_source}')
    # PERF: See Record; few names are there twice.
    times = Counter(record.name for record in records)
    return sorted(
        records,
        key=lambda record: (
            record.name,
            record.distribution if times[record.name] > 1 else '',
        ),
    )


def split(names: str) -> list[str]:
    """Split a list parted by commas."""
    return [name.strip() for name in names.split(',') if name.strip()]


def normalize(name: str) -> str:
    """Normalize a distribution name (PyPA specification "Names and normalization")."""
    return re.sub(r'[-_.]+', '-', name).lower()


def _name_and_version(entry_point: metadata.EntryPoint) -> tuple[str, str]:
    distribution = entry_point.dist
    if distribution is None:
        from importlib import metadata

        return CORE, metadata.version(CORE)
    # NOTE: What a missing or damaged METADATA file ends in depends on the version of
    #   CPython.
    unknown = 'unknown', '?'
    try:
        fields = distribution.metadata
        if 'Name' not in fields or 'Version' not in fields:
            return unknown
        return fields['Name'], fields['Version']
    except (LookupError, OSError, TypeError, ValueError):
        return unknown
