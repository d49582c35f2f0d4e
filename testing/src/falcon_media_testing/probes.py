"""Python values with names: what a handler can carry is declared, and tried, by them.

A name stands for values that formats tend to treat alike. Each of them comes back
equal, or changed in a way that is declared, or is refused; see :class:`HandlerContract`
for how that is said.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
import datetime as dt
from decimal import Decimal
from enum import Enum
from enum import IntEnum
from enum import StrEnum
from fractions import Fraction
from math import inf
from math import nan
from typing import Any, NamedTuple
from uuid import UUID

__all__ = ('BEYOND_JSON', 'Probe', 'PROBES')


@dataclass(frozen=True, slots=True)
class Probe:
    """Values that are asked for by one name.

    Attributes:
        name (str): The name, for ``cant_carry`` and ``changes``.
        label (str): What a table for people calls it, in Markdown.
        values (Callable): Makes the values, anew for each use.
        group (str): Neighbours of one group share a row of the table where they share
            their fate.
        where (str): For schema-bound formats: what kind of field it is put into, if
            that makes a difference. A column of the table.
    """

    name: str
    label: str
    values: Callable[[], Sequence[Any]]
    group: str = ''
    where: str = ''


class Plain(Enum):
    """An enum whose members are values of no other type."""

    RED = 1


class Number(IntEnum):
    """An enum whose members are integers."""

    RED = 1


class Text(StrEnum):
    """An enum whose members are strings."""

    RED = 'red'


class Pair(NamedTuple):
    """A tuple with names."""

    x: int
    y: int


@dataclass
class Record:
    """A dataclass."""

    x: int


_UTC = dt.datetime(2024, 2, 29, 12, 30, 15, 123456, tzinfo=dt.UTC)
_EAST = _UTC.astimezone(dt.timezone(dt.timedelta(hours=5, minutes=30)))
_ALMOST_1_MIB = 1_048_576 - 1024

PROBES: tuple[Probe, ...] = (
    Probe('none', '`None`', lambda: [None], 'constants'),
    Probe('bool', '`bool`', lambda: [True, False], 'constants'),
    Probe(
        'int',
        '`int` of up to 53 bits',
        lambda: [0, 1, -1, -129, 2**31, -(2**53)],
        'integers',
    ),
    Probe(
        'int_beyond_53_bits',
        '`int` of 64 bits',
        lambda: [2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63)],
        'integers',
    ),
    Probe(
        'unsigned_64_bits',
        '`int` of 64 bits without sign',
        lambda: [2**63, 2**64 - 1],
        'integers',
    ),
    Probe(
        'int_beyond_64_bits',
        '`int` beyond 64 bits',
        lambda: [2**64, -(2**63) - 1, 10**40],
        'integers',
    ),
    Probe(
        'huge_int', '`int` of 5,000 digits', lambda: [10**4999, -(10**4999)], 'integers'
    ),
    Probe(
        'float',
        '`float`',
        lambda: [0.0, 1.0, -1.5, 0.1, 1e22, 5e-324, 1.7976931348623157e308],
        'numbers',
    ),
    Probe('negative_zero', '`-0.0`', lambda: [-0.0], 'numbers'),
    Probe('nan', 'NaN', lambda: [nan], 'numbers'),
    Probe('infinity', 'Infinity, -Infinity', lambda: [inf, -inf], 'numbers'),
    Probe('decimal', '`Decimal`', lambda: [Decimal('1.10'), Decimal(7)], 'numbers'),
    Probe('fraction', '`Fraction`', lambda: [Fraction(1, 3)], 'numbers'),
    Probe('complex', '`complex`', lambda: [1j], 'numbers'),
    Probe(
        'str', '`str`', lambda: ['', 'a', ' é e\u0301 ', 'żółw', '🎈', '"\\/\''], 'text'
    ),
    Probe(
        'str_like_other_type',
        '`str` that looks like another type',
        lambda: ['true', 'null', '~', 'no', '1', '1e3', '0x1F', 'NaN', '2024-02-29'],
        'text',
    ),
    Probe(
        'line_breaks',
        '`str` with line breaks',
        lambda: ['a\nb', 'a\r\nb', 'a\rb\r', '\n', 'a\x85b\u2028c\u2029', '\ta '],
        'text',
    ),
    Probe('nul', '`str` with NUL', lambda: ['\0', 'a\0b'], 'text'),
    Probe(
        'control_characters',
        '`str` with control characters',
        lambda: ['\x01', 'a\x08\x1f', '\x7f\x9f', '\ufeffa', '\ufffe\uffff'],
        'text',
    ),
    Probe('big_str', '`str` of nearly 1 MiB', lambda: ['x' * _ALMOST_1_MIB], 'text'),
    Probe(
        'lone_surrogate',
        '`str` with half a surrogate pair',
        lambda: ['\ud800', 'a\udfff'],
        'text',
    ),
    Probe('bytes', '`bytes`', lambda: [b'', b'abc', b'\x00\xff'], 'bytes'),
    Probe('bytearray', '`bytearray`', lambda: [bytearray(b'abc')], 'bytes'),
    Probe('memoryview', '`memoryview`', lambda: [memoryview(b'abcd')[::2]], 'bytes'),
    Probe('datetime_aware', '`datetime` with a zone', lambda: [_UTC, _EAST], 'times'),
    Probe(
        'datetime_naive',
        '`datetime` without a zone',
        lambda: [_UTC.replace(tzinfo=None)],
        'times',
    ),
    Probe('date', '`date`', lambda: [_UTC.date(), dt.date.min], 'times'),
    Probe('time', '`time`', lambda: [_UTC.time(), dt.time.min], 'times'),
    Probe(
        'timedelta',
        '`timedelta`',
        lambda: [dt.timedelta(days=1, microseconds=7)],
        'times',
    ),
    Probe('uuid', '`UUID`', lambda: [UUID(int=2**127 + 1)]),
    Probe('list', '`list`', lambda: [[], [1, 2], [[], [[]]]], 'sequences'),
    Probe(
        'mixed_list',
        '`list` of several types',
        lambda: [[1, 'a', 1.5, [True]]],
        'sequences',
    ),
    Probe('tuple', '`tuple`', lambda: [(), (1, 'a')], 'sequences'),
    Probe('named_tuple', 'named tuple', lambda: [Pair(1, 2)], 'sequences'),
    Probe(
        'set',
        '`set`, `frozenset`',
        lambda: [{1, 2}, set(), frozenset({1})],
        'sequences',
    ),
    Probe('iterator', 'iterator', lambda: [iter([1])], 'sequences'),
    Probe(
        'dict', '`dict`', lambda: [{}, {'a': 1, '': 'b', 'żółw': {'a': {}}}], 'mappings'
    ),
    # NOTE: Formats that end a key with NUL may have strings that contain it.
    Probe(
        'nul_key',
        '`dict` with NUL in a key',
        lambda: [{'\0': 1}, {'a\0b': 1}],
        'mappings',
    ),
    Probe('ordered_dict', '`OrderedDict`', lambda: [OrderedDict(b=1, a=2)], 'mappings'),
    Probe('bytes_key', '`dict` with keys of `bytes`', lambda: [{b'a': 1}], 'keys'),
    Probe('none_key', '`dict` with keys of `None`', lambda: [{None: 1}], 'keys'),
    Probe('bool_key', '`dict` with keys of `bool`', lambda: [{True: 1}], 'keys'),
    Probe(
        'int_key', '`dict` with keys of `int`', lambda: [{7: 1}, {7: 1, 'a': 2}], 'keys'
    ),
    Probe('float_key', '`dict` with keys of `float`', lambda: [{1.5: 1}], 'keys'),
    Probe('tuple_key', '`dict` with keys of `tuple`', lambda: [{(1, 2): 1}], 'keys'),
    Probe(
        'colliding_keys',
        '`dict` with keys that look the same',
        lambda: [{'1': 'a', 1: 'b'}, {'None': 1, None: 2}],
        'keys',
    ),
    Probe('enum', '`Enum`', lambda: [Plain.RED], 'objects'),
    Probe('int_enum', '`IntEnum`', lambda: [Number.RED], 'objects'),
    Probe('str_enum', '`StrEnum`', lambda: [Text.RED], 'objects'),
    Probe('dataclass', 'dataclass', lambda: [Record(1)], 'objects'),
    Probe('object', 'any other object', lambda: [object(), len], 'objects'),
)
"""The probes of the kit, in the order of its tables."""

BEYOND_JSON = frozenset(
    (
        *('nan', 'infinity', 'decimal', 'fraction', 'complex', 'lone_surrogate'),
        *('huge_int', 'bytes', 'bytearray', 'memoryview', 'datetime_aware'),
        *('datetime_naive', 'date', 'time', 'timedelta', 'uuid', 'set', 'iterator'),
        *('none_key', 'bool_key', 'int_key', 'float_key', 'bytes_key', 'tuple_key'),
        *('colliding_keys', 'enum', 'dataclass', 'object'),
    )
)
"""Names of what a strict JSON can't carry: where most declarations begin."""
