"""Handlers by name, with options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from dataclasses import fields
from types import UnionType
from typing import Any

from falcon_media.errors import ConfigError
from falcon_media.limits import Limits
from falcon_media.printable import printable
from falcon_media.protocol.message_types import type_name
from falcon_media.suggestions import nearest

__all__ = (
    'as_limits',
    'Use',
    'use',
)


def _shown(value: object) -> str:
    # NOTE: As a configuration file names it.
    if isinstance(value, type):
        return repr(f'{value.__module__}:{value.__qualname__}')
    return type_name(value) if isinstance(value, UnionType) else repr(value)


@dataclass(frozen=True, slots=True)
class Use:
    """The name of a handler, with its options; see :func:`use`."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise ConfigError(
                'use() expects the name of a handler to make with the options, not '
                f'{printable(self.name, of=repr)}'
            )

    def __str__(self) -> str:
        options = ', '.join(
            f'{key}={_shown(value)}' for key, value in self.options.items()
        )
        return f'{self.name}({options})' if options else self.name


def use(name: str, /, **options: Any) -> Use:
    """Name an installed handler, with options.

    Args:
        name (str): Name of the handler; ``'distribution:name'`` if several
            distributions provide one of that name.
        **options: Parameters of the handler's class, checked by ``install()``. Every
            handler also accepts ``limits``, whose budgets override those of the route
            and the app, and ``type``, the type of its messages or
            ``'package.module:Name'``. Use ``receive`` and ``send`` if the types differ
            by direction.

    Returns:
        Use: To pass as ``text=`` or ``binary=``.
    """
    return Use(name, options)


def as_limits(value: object) -> Limits:
    """Convert a mapping to budgets; return budgets as they are.

    Raises:
        ConfigError: It is neither, or names an unknown budget.
    """
    if isinstance(value, Limits):
        return value
    if not isinstance(value, Mapping):
        raise ConfigError(f'limits must be falcon_media.Limits(...), not {value!r}')
    budgets = [budget.name for budget in fields(Limits)]
    for key in value:
        if key not in budgets:
            near = nearest(str(key), budgets)
            hint = f' Did you mean {near!r}?' if near else ''
            raise ConfigError(
                f'limits: unknown budget {key!r}.{hint} The budgets: '
                f'{", ".join(budgets)}.'
            )
    return Limits(**value)
