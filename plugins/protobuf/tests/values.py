"""What becomes of Python values in the fields of a message, by kind of field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import datetime as dt
from decimal import Decimal
import enum
from functools import partial
import math
import struct
from typing import Any, Final, NamedTuple
from uuid import UUID

from plugins.protobuf.tests.schemas import Kinds
from plugins.protobuf.tests.schemas import Legacy

from falcon_media_testing import Place
from falcon_media_testing import Probe

__all__ = ('CANT_CARRY', 'CHANGES', 'place', 'PROBES')


class Put(NamedTuple):
    """A value in a field."""

    field: str
    value: Any


def place(put: Put) -> Place:
    """Put a value into a message of all kinds."""
    field, value = put
    if value is None:
        # NOTE: There is nothing to be read from a field that is not set.
        return Place(field, {field: None}, lambda got: Put(field, got.HasField(field)))
    return Place(field, {field: value}, partial(_taken, field, value))


def _taken(field: str, value: Any, message: Any) -> Put:
    got = getattr(message, field)
    # NOTE: Containers of protobuf's own, which act like those of Python.
    if isinstance(value, list | tuple) and field != 'more':
        got = [*got]
    elif isinstance(value, dict) and field in {'counts', 'flags', 'by_id'}:
        got = dict(got)
    return Put(field, got)


# ------------------------------------------------------------------- What comes back


def _change(make: Callable[[Any], Any]) -> Callable[[Put], Put]:
    def change(put: Put) -> Put:
        return put._replace(value=make(put.value))

    change.__name__ = make.__name__
    return change


def the_nearest_of_32_bits(value: float) -> float:
    (found,) = struct.unpack('<f', struct.pack('<f', value))
    return float(found)


def not_set(value: None) -> bool:
    return False


def an_equal_float(value: int) -> float:
    return float(value)


def an_equal_int(value: int) -> int:
    return int(value)


def an_equal_str(value: str) -> str:
    return str(value)


def its_number(value: str) -> int:
    return {'RED': 1}[value]


def a_list(value: tuple[Any, ...]) -> list[Any]:
    return [*value]


def _message(put: Put) -> Put:
    """A field that is set to something equal comes back as the message that it is."""
    return Put(put.field, getattr(Kinds(**{put.field: put.value}), put.field))


def the_message(put: Put) -> Put:
    return _message(put)


def the_message_for_the_same_instant(put: Put) -> Put:
    return _message(put)


def the_message_for_the_same_duration(put: Put) -> Put:
    return _message(put)


def the_message_of_equal_content(put: Put) -> Put:
    return _message(put)


# ------------------------------------------------------------------------------ Values


class Plain(enum.Enum):
    RED = 1


class Number(enum.IntEnum):
    RED = 1


class Text(enum.StrEnum):
    RED = 'red'


@dataclass
class Data:
    a_int32: int


REFUSED: Final = 'refused'


class Row(NamedTuple):
    """A row of the table.

    Attributes:
        value: What it is called there.
        field: The kind of field that it is put into.
        examples: Values, by fields of that kind.
        outcome: A function to what comes back, if it is not the same; or that it is
            refused.
    """

    value: str
    field: str
    examples: list[tuple[str, Any]]
    outcome: Callable[[Put], Put] | str | None = None


AWARE = dt.datetime(2026, 7, 1, 12, 30, 0, 1, tzinfo=dt.timezone(dt.timedelta(hours=2)))
JSON: dict[str, Any] = {'a': [1.5, 'x', True, None, {'b': {}}], 'c': []}
INT_FIELDS = ['a_int32', 'a_int64', 'a_uint32', 'a_uint64', 'a_sint64', 'a_fixed64']

ROWS = [
    Row('`bool`', '`bool`', [('a_bool', True), ('a_bool', False)]),
    Row(
        '`bool`', 'any number', [(n, True) for n in (*INT_FIELDS, 'a_double')], REFUSED
    ),
    Row('`int`', 'integers', [(name, 7) for name in INT_FIELDS]),
    Row(
        '`int`, limits of the type',
        'integers',
        [
            ('a_int32', -(2**31)),
            ('a_sfixed32', 2**31 - 1),
            ('a_uint32', 2**32 - 1),
            ('a_int64', -(2**63)),
            ('a_sint64', 2**63 - 1),
            ('a_uint64', 2**64 - 1),
            ('a_fixed64', 2**64 - 1),
        ],
    ),
    Row(
        '`int`, out of range (as beyond 64 bits)',
        'integers',
        [
            ('a_int32', 2**31),
            ('a_uint32', -1),
            ('a_int64', 2**63),
            ('a_uint64', 2**64),
            ('a_uint64', -1),
            ('a_int64', 10**400),
        ],
        REFUSED,
    ),
    Row(
        '`int` that is exact as a float',
        '`double`, `float`',
        [('a_double', 2**53), ('a_float', 2**24)],
        _change(an_equal_float),
    ),
    Row(
        '`int` that is not',
        '`double`, `float`',
        [('a_double', 2**53 + 1), ('a_float', 2**24 + 1), ('a_double', 10**400)],
        REFUSED,
    ),
    Row('`int`', '`bool`', [('a_bool', 1), ('a_bool', 0)], REFUSED),
    Row('`float`', '`double`', [('a_double', 0.1), ('a_double', 5e-324)]),
    Row(
        '`float`',
        '`float`',
        [('a_float', 0.1)],
        _change(the_nearest_of_32_bits),
    ),
    Row(
        '`float` that would become 0 or infinite',
        '`float`',
        [('a_float', 1e300), ('a_float', -1e39), ('a_float', 1e-300)],
        REFUSED,
    ),
    Row('`float`', 'integers', [('a_int32', 1.0), ('a_uint64', 1.5)], REFUSED),
    Row('NaN', '`double`, `float`', [('a_double', math.nan), ('a_float', math.nan)]),
    Row(
        'infinity',
        '`double`, `float`',
        [('a_double', math.inf), ('a_float', -math.inf)],
    ),
    Row('-0.0', '`double`, `float`', [('a_double', -0.0), ('a_float', -0.0)]),
    Row(
        '`Decimal`',
        'any number',
        [
            ('a_double', Decimal('0.5')),
            ('a_float', Decimal(1)),
            ('a_int32', Decimal(1)),
        ],
        REFUSED,
    ),
    Row('`str`', '`string`', [('a_string', 'žluť 😀\0'), ('a_string', '')]),
    Row('`str`, 1 MB', '`string`', [('a_string', 'ž' * 500_000)]),
    Row('`str` with a lone surrogate', '`string`', [('a_string', '\ud800')], REFUSED),
    Row('`str`', '`bytes`', [('a_bytes', 'a')], REFUSED),
    Row('`bytes`', '`bytes`', [('a_bytes', b'\0\xff'), ('a_bytes', b'')]),
    Row('`bytes`', '`string`', [('a_string', b'a'), ('a_string', b'\xff')], REFUSED),
    Row('`bytearray`', '`bytes`', [('a_bytes', bytearray(b'a'))], REFUSED),
    Row('`memoryview`', '`bytes`', [('a_bytes', memoryview(b'a'))], REFUSED),
    Row(
        '`None`',
        'fields with presence (`optional`, in a `oneof`, messages)',
        [('note', None), ('file', None), ('nested', None)],
        _change(not_set),
    ),
    Row(
        '`None`',
        'other fields, elements, values',
        [
            ('a_int32', None),
            ('a_string', None),
            ('numbers', None),
            ('counts', None),
            ('words', [None]),
            ('parts', [None]),
            ('counts', {'a': None}),
            ('by_id', {1: None}),
        ],
        REFUSED,
    ),
    Row(
        '`datetime`, aware',
        '`Timestamp`',
        [('at', AWARE)],
        the_message_for_the_same_instant,
    ),
    Row(
        '`datetime`, naive',
        '`Timestamp`',
        [('at', AWARE.replace(tzinfo=None))],
        REFUSED,
    ),
    Row(
        '`timedelta`',
        '`Duration`',
        [('lasts', dt.timedelta(days=-1, microseconds=1))],
        the_message_for_the_same_duration,
    ),
    Row('`date`, `time`', 'any', [('at', AWARE.date()), ('at', AWARE.time())], REFUSED),
    Row(
        '`UUID`',
        'any',
        [('a_string', UUID(int=1)), ('a_bytes', UUID(int=1))],
        REFUSED,
    ),
    Row('`Enum`', 'any', [('color', Plain.RED), ('a_int32', Plain.RED)], REFUSED),
    Row(
        '`IntEnum`',
        'integers, enums',
        [('a_int32', Number.RED), ('color', Number.RED)],
        _change(an_equal_int),
    ),
    Row('`StrEnum`', '`string`', [('a_string', Text.RED)], _change(an_equal_str)),
    Row('`int`', 'enums', [('color', 1), ('color', 7)]),
    Row(
        '`str`, the name of a value',
        'enums',
        [('color', 'RED')],
        _change(its_number),
    ),
    Row('`str`, no name of a value', 'enums', [('color', 'GREEN')], REFUSED),
    Row('`list`', 'repeated', [('numbers', [1, 2]), ('words', ['a']), ('words', [])]),
    Row('`tuple`', 'repeated', [('numbers', (1, 2))], _change(a_list)),
    Row(
        '`set`, iterators, `str`, `bytes`, `dict`',
        'repeated',
        [
            ('words', {'a'}),
            ('words', iter(['a'])),
            ('words', 'ab'),
            ('numbers', b'ab'),
            ('words', {'a': 1}),
            ('parts', {'a_int32': 1}),
        ],
        REFUSED,
    ),
    Row(
        '`dict`',
        'maps',
        [('counts', {'a': 1}), ('flags', {True: 'x'}), ('counts', {})],
    ),
    Row('`int` keys', 'maps with integer keys', [('by_id', {-1: Kinds()})]),
    Row(
        'keys of another type, as `None`',
        'maps',
        [
            ('counts', {1: 1}),
            ('counts', {None: 1}),
            ('counts', {b'a': 1}),
            ('by_id', {'1': {}}),
            ('by_id', {True: {}}),
            ('by_id', {2**31: {}}),
            ('flags', {1: ''}),
        ],
        REFUSED,
    ),
    Row('pairs', 'maps', [('counts', [('a', 1)])], REFUSED),
    Row(
        '`dict`',
        'messages',
        [('nested', {'a_int32': 1}), ('nested', {}), ('at', {'seconds': 5})],
        the_message,
    ),
    Row(
        '`dict` with a field that is not there, or two of a `oneof`',
        'messages',
        [
            ('nested', {'nope': 1}),
            ('nested', {1: 1}),
            ('nested', {'file': 'a', 'channel': 1}),
        ],
        REFUSED,
    ),
    Row('the message', 'messages', [('nested', Kinds(a_int32=1)), ('nested', Kinds())]),
    Row(
        'another message',
        'any',
        [
            ('nested', Legacy(id=1)),
            ('parts', [Legacy(id=1)]),
            ('counts', Kinds(extra={'a': 1}).extra),
            ('numbers', Kinds(more=[1]).more),
            ('a_int32', Kinds()),
        ],
        REFUSED,
    ),
    Row(
        'dataclass',
        'messages',
        [('nested', Data(1))],
        REFUSED,
    ),
    Row(
        'what is in JSON (`dict`, `list`)',
        '`Struct`, `ListValue`',
        [('extra', JSON), ('more', [JSON, 'a'])],
        the_message_of_equal_content,
    ),
    Row(
        'what is not, and an `int` that is not exact as a float',
        '`Struct`, `ListValue`',
        [
            ('extra', {1: 'a'}),
            ('extra', {None: 'a'}),
            ('extra', {'a': b'x'}),
            ('extra', {'a': {'b': 2**53 + 1}}),
            ('extra', {'a': Decimal(1)}),
            ('extra', {'a': AWARE}),
            ('extra', [1]),
            ('more', {'a': 1}),
            ('more', 'ab'),
            ('more', [{1}]),
            ('extra', {'a': '\ud800'}),
        ],
        REFUSED,
    ),
]


def _probe(row: Row) -> Probe:
    return Probe(
        _name(row),
        row.value,
        lambda: [Put(*example) for example in row.examples],
        where=row.field,
    )


def _name(row: Row) -> str:
    return f'{row.value} in {row.field}'


PROBES = tuple(map(_probe, ROWS))
CANT_CARRY = frozenset(_name(row) for row in ROWS if row.outcome == REFUSED)
CHANGES = {_name(row): row.outcome for row in ROWS if callable(row.outcome)}
