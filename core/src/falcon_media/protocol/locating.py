"""Search for the part of an object that can't be sent, with advice how to send it.

Used on the error path only. The handler itself tries smaller and smaller parts of the
object, so the result holds for every format, option and function of the app.
"""

from __future__ import annotations

from collections import UserString
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import is_dataclass
import datetime as dt
from decimal import Decimal
from enum import Enum
from math import isfinite
from time import thread_time
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from falcon_media.errors import UnserializableMedia
from falcon_media.limits import is_of_digits
from falcon_media.limits import more_digits
from falcon_media.protocol.message_types import field_names

__all__ = (
    'Cures',
    'DataClass',
    'key_step',
    'locate',
    'NOT_CARRIED',
    'Place',
    'reason',
    'remaining_cures',
)

Cures: TypeAlias = Mapping['type | str', str]
"""Kind of value -> the option that makes a handler carry it, such as ``'default='``.

The keys are types, of which the first match counts, or one of these: ``'key'`` (any
key), ``'not finite'`` (a float), ``'long int'`` (beyond 64 bits), ``'naive'`` (a
datetime without a time zone), ``'lone surrogate'`` (in a string).
"""

NOT_CARRIED = 'something that the handler does not carry'
"""The default reason of an ``UnserializableMedia``."""


def remaining_cures(cures: Cures, options: Mapping[str, object]) -> Cures:
    """Select the options that would make a handler carry more.

    Args:
        cures (Cures): All of them, except ``default``, which is added here.
        options (Mapping): Name -> value, as the handler was made.

    Returns:
        Cures: The options that are not set.
    """
    left = {key: cure for key, cure in cures.items() if not _is_set(cure, options)}
    if 'default' in options:
        left[object] = (
            'default= (a function that converts it)'
            if options['default'] is None
            else 'a default= that returns something that the handler carries'
        )
    return left


def _is_set(cure: str, options: Mapping[str, object]) -> bool:
    name, _, wanted = cure.partition('=')
    return name in options and bool(options[name]) != wanted.startswith('False')


# NOTE: The search blocks the event loop, and a client may provoke it.
_MAX_SECONDS = 0.05
_MAX_STEPS = 1_024

# NOTE: If one of these replaces a part, the object can be sent, unless another part
#   can't.
_NEUTRAL: tuple[object, ...] = (None, '', 0, {}, [])


class _DataClassMeta(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return is_dataclass(type(instance))


class DataClass(metaclass=_DataClassMeta):
    """Stands for all dataclasses as a key of ``Cures``."""


class Place(NamedTuple):
    """The part of an object that can't be sent.

    Attributes:
        path (str): Its path, such as ``$.rows[1].at``.
        value (object): The value or the key.
        is_key (bool): Whether it is a key of the mapping at `path`.
        error (Exception | None): The exception of the codec for this part alone;
            ``None`` if the part contains itself.
        is_exact (bool): Whether the search was completed.
    """

    path: str
    value: object
    is_key: bool
    error: Exception | None
    is_exact: bool = True

    def explain(self, name: str, cures: Cures) -> str:
        """Describe the part, and how it can be sent.

        Args:
            name (str): Name of the handler.
            cures (Cures): The options that would help.

        Returns:
            str: The description. It shows no content of the object, only type names.
        """
        if self.error is None:
            return f'{type(self.value).__name__} contains itself'
        why = reason(self.error)
        if not self.is_exact:
            return f'in it, {why or NOT_CARRIED}'
        kind, what = _kind(self.value)
        if kind == _SURROGATE:
            why = None
        if self.is_key:
            kind, what = kind if kind == _SURROGATE else 'key', f'key of type {what}'
        cure = cures.get(kind) if kind else None
        if cure is None and why is not None:
            return f'{what}: {why}'
        carriers = []
        if not self.is_key:
            cure = cure or _first(cures, self.value) if kind in _OF_TYPES else cure
            carriers = _carriers(kind, self.value, name)
        ways = [f'pass {cure}'] if cure else []
        if carriers:
            ways.append(f'select a handler that carries it ({", ".join(carriers)})')
        return f"{what} can't be sent" + (': ' + ', or '.join(ways) if ways else '')


def locate(
    media: object, attempt: Callable[[object], object], *, has_fields: bool = False
) -> Place | None:
    """Find the first part of an object that can't be sent.

    Args:
        media (object): The object, for which `attempt` raises.
        attempt (Callable): Takes a copy of the object with entries left out; raises if
            it can't be sent. It may call functions of the app again.

    Keyword Args:
        has_fields (bool): Whether dataclasses, and other objects with fields, are sent
            as mappings of their fields.

    Returns:
        Place | None: ``None`` if `attempt` accepts no object at all, so that no part is
        at fault. A part that raises when it is opened is not searched.
    """
    search = _Search(attempt, has_fields)
    place = None
    try:
        if search.accepts_some():
            for place in search.places(media):  # noqa: B007  # the last one counts
                pass
    except _OutOfTimeError:
        return place and place._replace(is_exact=False)
    return place


def _shown_path(steps: Sequence[str]) -> str:
    """Join the steps of a path, without the middle of a long one."""
    if len(steps) > _SHOWN_STEPS:
        half = _SHOWN_STEPS // 2
        steps = [*steps[:half], '...', *steps[-half:]]
    return '$' + ''.join(steps)


def key_step(key: object) -> str:
    """Format a key as a step of a path: ``.name``, or ``[...]``.

    NOTE: A key may come from a client, so only identifiers of up to 64 characters are
        shown.
    """
    is_shown = (
        isinstance(key, str)
        and len(key) <= _SHOWN_LENGTH
        and key.isascii()
        and key.isidentifier()
    )
    return f'.{key}' if is_shown else '[...]'


_SHOWN_STEPS = 16
_SHOWN_LENGTH = 64


# -------------------------------------------------------------------------- The search


class _OutOfTimeError(Exception):
    """The search took too long."""


class _Part(NamedTuple):
    """An entry of a container."""

    step: str
    key: object
    value: object


_Make: TypeAlias = Callable[[Sequence[_Part]], object]
"""Makes a container of some of the parts of another."""


class _Search:
    def __init__(self, attempt: Callable[[object], object], has_fields: bool) -> None:
        self._attempt = attempt
        self._has_fields = has_fields
        self._until = thread_time() + _MAX_SECONDS
        # NOTE: Containers on the path, each with the next one as its only content. So
        #   the part keeps its depth, and the keys above it.
        self._way: list[tuple[_Make, _Part]] = []

    def places(self, media: object) -> Iterator[Place]:
        """Yield the places on the path to the part, beginning with the object."""
        above: set[int] = set()
        error = self._error(media)
        value = media
        while error is not None and len(self._way) < _MAX_STEPS:
            path = _shown_path([part.step for _, part in self._way])
            if id(value) in above:
                yield Place(path, value, False, None)
                return
            yield Place(path, value, False, error)
            above.add(id(value))
            make, parts = self._open(value)
            if len(parts) != 1 or type(value) not in _EXACT:
                parts, error = self._failing(make, parts)
            if not parts or error is None:
                return
            part = parts[0]
            self._way.append((make, part))
            if not self.accepts_some():
                self._way.pop()
                # NOTE: If not even an empty mapping can be sent, it is too deep.
                if make is _mapping and self._error({}) is None:
                    yield Place(path, part.key, True, error)
                return
            value = part.value

    def accepts_some(self) -> bool:
        """Tell whether any value can be sent in place of the last part."""
        return any(self._error(neutral) is None for neutral in _NEUTRAL)

    def _failing(
        self, make: _Make, parts: list[_Part]
    ) -> tuple[list[_Part], Exception | None]:
        """Find the first part that fails on its own, by bisection."""
        while len(parts) > 1:
            half = parts[: len(parts) // 2]
            parts = half if self._error(make(half)) else parts[len(half) :]
        return parts, self._error(make(parts)) if parts else None

    def _error(self, value: object) -> Exception | None:
        """Return the error for a value in place of the last part."""
        if thread_time() > self._until:
            raise _OutOfTimeError
        for make, part in reversed(self._way):
            value = make([part._replace(value=value)])
        try:
            self._attempt(value)
        except Exception as ex:  # noqa: BLE001  # whatever a library raises
            return ex
        return None

    def _open(self, value: object) -> tuple[_Make, list[_Part]]:
        try:
            return self._opened(value)
        # NOTE: A method of the object failed, or its keys are not hashable.
        except Exception:  # noqa: BLE001  # whatever an object of the app raises
            return _mapping, []

    def _opened(self, value: Any) -> tuple[_Make, list[_Part]]:
        if isinstance(value, Mapping):
            entries = list(value.items())
        elif isinstance(value, Sequence) and not isinstance(value, _STRINGS):
            items = [
                _Part(f'[{index}]', None, item) for index, item in enumerate(value)
            ]
            return _tuple if isinstance(value, tuple) else _list, items
        elif self._has_fields:
            entries = [
                (name, getattr(value, name))
                for name in field_names(type(value))
                if hasattr(value, name)
            ]
        else:
            entries = []
        parts = [_Part(key_step(key), key, item) for key, item in entries]
        _mapping(parts)
        return _mapping, parts


_EXACT = frozenset((dict, list, tuple))
_STRINGS = (str, bytes, bytearray, memoryview, range, UserString)


def _mapping(parts: Sequence[_Part]) -> object:
    return {part.key: part.value for part in parts}


def _list(parts: Sequence[_Part]) -> object:
    return [part.value for part in parts]


def _tuple(parts: Sequence[_Part]) -> object:
    return tuple(part.value for part in parts)


# ----------------------------------------------------------------------------- The text


def reason(error: Exception) -> str | None:
    """Return the reason that an error gives for an object that can't be sent.

    Args:
        error (Exception): One of ours, or one of a library.

    Returns:
        str | None: The reason, in our words; ``None`` if the error gives none.
    """
    if isinstance(error, NotImplementedError):
        return 'this handler does not serialize'
    if isinstance(error, RecursionError):
        return 'nested too deeply, or it contains itself'
    if isinstance(error, UnicodeEncodeError):
        return 'its text has half a surrogate pair (a lone surrogate)'
    for ex in (error, error.__cause__):
        if is_of_digits(ex):
            return f'it has {more_digits()}'
        if isinstance(ex, UnserializableMedia) and ex.detail != NOT_CARRIED:
            return ex.detail
    return None


_SURROGATE = 'lone surrogate'
# NOTE: Libraries don't call functions of the app for values of the other kinds.
_OF_TYPES = (None, 'naive')
_BASES = (Enum, str, bytes, int, float, dict, list, tuple)


def _kind(value: object) -> tuple[str | None, str]:
    """Return the kind of a value, if ``Cures`` has it, and a description."""
    cls = type(value)
    name = cls.__name__
    if cls is float and not isfinite(value):  # type: ignore[arg-type]  # a float
        return 'not finite', 'float that is not finite'
    if cls is int and not -(2**63) <= value < 2**64:  # type: ignore[operator]  # an int
        return 'long int', f'int of {value.bit_length()} bits'  # type: ignore[attr-defined]  # an int
    if cls is str and not _is_encodable(value):  # type: ignore[arg-type]  # a str
        return _SURROGATE, 'str with half a surrogate pair (a lone surrogate)'
    if cls is dt.datetime and value.tzinfo is None:  # type: ignore[attr-defined]  # a datetime
        return 'naive', 'datetime without a time zone'
    # NOTE: By type(), since `__class__` of a proxy may raise.
    base = next((base for base in _BASES if issubclass(cls, base)), cls)
    if is_dataclass(cls):
        return None, f'{name} (dataclass)'
    return None, name if base is cls else f'{name} ({base.__name__})'


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _first(cures: Cures, value: object) -> str | None:
    for cls, cure in cures.items():
        if isinstance(cls, type) and issubclass(type(value), cls):
            return cure
    return None


_BINARY = ('cbor', 'msgpack', 'msgspec-msgpack')
_CARRIERS: tuple[tuple[type | str, tuple[str, ...]], ...] = (
    ('not finite', _BINARY),
    ('long int', ('cbor', 'json', 'rapidjson')),
    (_SURROGATE, ()),
    ('naive', ()),
    (dt.datetime, _BINARY),
    (dt.date, ('cbor',)),
    (UUID, ('cbor',)),
    (Decimal, ('cbor with allow_decimal=True',)),
    (bytes, _BINARY),
    (bytearray, _BINARY),
)


# NOTE: The limit of cbor by default. json and rapidjson stop at 4,300 digits.
_LONGEST = 8_192


def _carriers(kind: str | None, value: Any, name: str) -> list[str]:
    """List the handlers of falcon-media that carry a value, with options if needed."""
    if kind == 'long int' and value.bit_length() > _LONGEST:
        return []
    names = next(
        (
            names
            for key, names in _CARRIERS
            if key == kind or (isinstance(key, type) and type(value) is key)
        ),
        (),
    )
    return [carrier for carrier in names if carrier.split()[0] != name]
