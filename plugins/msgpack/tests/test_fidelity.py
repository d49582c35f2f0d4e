"""Which Python values come back, each tried; the README's table says the same."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
import datetime as dt
from decimal import Decimal
from difflib import unified_diff
from enum import Enum
from enum import IntEnum
from enum import StrEnum
from math import inf
from math import nan
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import msgpack
import pytest

from falcon_media import UnserializableMedia
from falcon_media_msgpack import MessagePackHandler

README = Path(__file__).parent.parent / 'README.md'
BEGIN, END = '<!-- fidelity:begin -->\n', '<!-- fidelity:end -->'

UTC = dt.datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=dt.UTC)
EAST = UTC.astimezone(dt.timezone(dt.timedelta(hours=5, minutes=30)))


class Color(Enum):
    RED = 'red'


class Size(IntEnum):
    BIG = 3


class Name(StrEnum):
    ANN = 'ann'


class Point(NamedTuple):
    x: int
    y: int


@dataclass
class Data:
    x: int


@dataclass
class Row:
    """A row of the table.

    Attributes:
        name: What the README calls it.
        values: Examples of it.
        outcome: What becomes of each of them.
        option: One that makes a difference, as it is written.
        handler: With that option.
        loosened: What becomes of them then.
    """

    name: str
    values: list[Any]
    outcome: str
    option: str = ''
    handler: Callable[[], MessagePackHandler] = MessagePackHandler
    loosened: str = ''

    def __str__(self) -> str:
        with_option = f' {self.loosened} with `{self.option}`' if self.option else ''
        return f'| {self.name} | {self.outcome} |{with_option} |'


ROWS = [
    Row('`None`', [None], 'equal'),
    Row('`bool`', [True, False], 'equal'),
    Row('`int` from -2^63 to 2^64 - 1', [0, -1, -(2**63), 2**64 - 1], 'equal'),
    Row('`int` beyond', [2**64, -(2**63) - 1, 10**400], 'refused'),
    Row('`float`', [0.1, 5e-324, 1.7976931348623157e308], 'equal'),
    Row('`NaN`', [nan], 'equal (NaN)'),
    Row('`Infinity`, `-Infinity`', [inf, -inf], 'equal'),
    Row('`-0.0`', [-0.0], 'equal'),
    Row('`str`', ['', 'żółw', '\0', '🎈'], 'equal'),
    Row('`str` of 1 MB', ['x' * 1_000_000], 'equal'),
    Row('`str` with a lone surrogate', ['\ud800', 'a\udfff'], 'refused'),
    Row('`bytes`', [b'', b'\x00\xff'], 'equal'),
    Row('`bytearray`', [bytearray(b'ab')], 'equal, as `bytes`'),
    Row('`memoryview` of bytes', [memoryview(b'ab')], 'equal, as `bytes`'),
    Row('`memoryview` of other items', [memoryview(b'abcd').cast('H')], 'refused'),
    Row('`list`', [[], [1, ['a']]], 'equal'),
    Row('`tuple`, named ones too', [(), (1, 2), Point(1, 2)], 'changed: a `list`'),
    Row('`dict` with keys of `str`', [{}, {'a': {'b': []}}], 'equal'),
    Row('`dict` with keys of `bytes`', [{b'a': 1}, {b'a': 1, 'a': 2}], 'equal'),
    Row(
        '`dict` with keys of `None`, `bool`, `int`, `float`',
        [{None: 1}, {True: 1}, {1: 1}, {1.5: 1}],
        'refused',
        'strict_map_key=False',
        lambda: MessagePackHandler(strict_map_key=False),
        'equal',
    ),
    Row('`dict` with other keys', [{(): 1}, {UTC: 1}, {Color.RED: 1}], 'refused'),
    Row('`OrderedDict`', [OrderedDict(a=1)], 'equal, as `dict`'),
    Row('`set`, `frozenset`', [set(), {1}, frozenset({1})], 'refused'),
    Row('`Enum`', [Color.RED], 'refused'),
    Row('`IntEnum`', [Size.BIG], 'equal, as `int`'),
    Row('`StrEnum`', [Name.ANN], 'equal, as `str`'),
    Row('dataclass', [Data(1)], 'refused'),
    Row('`Decimal`', [Decimal(1), Decimal('0.1')], 'refused'),
    Row('`UUID`', [UUID(int=7)], 'refused'),
    Row(
        '`datetime` with a zone',
        [UTC, EAST],
        'refused',
        'timestamp=3',
        lambda: MessagePackHandler(timestamp=3),
        'equal',
    ),
    Row('`datetime` without a zone', [UTC.replace(tzinfo=None)], 'refused'),
    Row('`date`, `time`', [UTC.date(), UTC.time(), UTC.timetz()], 'refused'),
    Row(
        '`msgpack.Timestamp`',
        [msgpack.Timestamp(1, 2), msgpack.Timestamp(-1)],
        'refused',
        'timestamp=0',
        lambda: MessagePackHandler(timestamp=0),
        'equal',
    ),
    Row(
        '`msgpack.ExtType`',
        [msgpack.ExtType(5, b'a')],
        'refused',
        'ext_hook=msgpack.ExtType',
        lambda: MessagePackHandler(ext_hook=msgpack.ExtType),
        'equal',
    ),
    Row(
        'any other object',
        [object(), 1j, iter([])],
        'refused',
        'default=repr',
        lambda: MessagePackHandler(default=repr),
        'changed: a `str`',
    ),
]


WRAPPERS: list[tuple[Callable[[Any], Any], Callable[[Any], Any]]] = [
    (lambda value: value, lambda media: media),
    (lambda value: [0, value], lambda media: media[1]),
    (lambda value: {'a': value}, lambda media: media['a']),
]


@pytest.mark.parametrize('row', ROWS, ids=lambda row: row.name)
@pytest.mark.parametrize(
    ('wrap', 'unwrap'), WRAPPERS, ids=['alone', 'in a list', 'in a dict']
)
def test_each_row_is_true(
    row: Row, wrap: Callable[[Any], Any], unwrap: Callable[[Any], Any]
) -> None:
    def outcome(handler: MessagePackHandler, value: Any) -> str:
        try:
            payload = handler.serialize(wrap(value))
        except UnserializableMedia:
            return 'refused'
        assert isinstance(payload, bytes)
        return verdict(value, unwrap(handler.deserialize(payload)))

    for value in row.values:
        assert outcome(MessagePackHandler(), value) == row.outcome
        if row.option:
            assert outcome(row.handler(), value) == row.loosened


def verdict(value: object, back: object) -> str:
    same_type = type(back) is type(value)
    if isinstance(value, float) and repr(back) == repr(value) == 'nan':
        return 'equal (NaN)'
    if back != value or (value == 0 and repr(back) != repr(value)):
        return f'changed: a `{type(back).__name__}`'
    return 'equal' if same_type else f'equal, as `{type(back).__name__}`'


def test_the_readme_has_the_table() -> None:
    head = ['| Python value | by default | with an option |', '| --- | --- | --- |']
    table = ''.join(f'{line}\n' for line in [*head, *map(str, ROWS)])
    written = README.read_text('utf-8').partition(BEGIN)[2].partition(END)[0]
    diff = unified_diff(written.splitlines(), table.splitlines(), 'README', 'tests')
    assert written == table, '\n'.join(diff)
