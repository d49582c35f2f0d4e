"""Which Python values survive, and that the README says so."""

from __future__ import annotations

from collections import defaultdict
from collections import OrderedDict
from dataclasses import dataclass
import datetime as dt
from decimal import Decimal
import difflib
import enum
import math
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID
import zoneinfo

from plugins.cbor.tests.samples import sent_back
import pytest

from falcon_media import UnserializableMedia
from falcon_media_cbor import CBORHandler

README = Path(__file__).parent.parent / 'README.md'
BEGIN, END = '<!-- fidelity:begin -->\n', '<!-- fidelity:end -->\n'

EQUAL: Final = 'equal'
REFUSED: Final = 'refused'


class Plain(enum.Enum):
    RED = 1


class Number(enum.IntEnum):
    RED = 1


class Text(enum.StrEnum):
    RED = 'red'


@dataclass
class Data:
    number: int


class Pair(NamedTuple):
    x: int
    y: int


class Row(NamedTuple):
    """A row of the table.

    Attributes:
        value: What it is called there.
        examples: Values of that kind.
        outcome: What becomes of them.
        type: What they are when they come back, if it is not what they were.
    """

    value: str
    examples: list[Any]
    outcome: str = EQUAL
    type: type | None = None


def nested(levels: int) -> Any:
    media: Any = 0
    for level in range(levels):
        media = [media] if level % 2 else {'a': media}
    return media


LOOP: list[Any] = []
LOOP.append(LOOP)
DAY = dt.date(2026, 3, 1)
NAIVE = dt.datetime(2026, 3, 1, 12)  # noqa: DTZ001  # it is what is tested
PRAGUE = zoneinfo.ZoneInfo('Europe/Prague')

ROWS = [
    Row('`None`, `bool`', [None, True, False]),
    Row('`str`', ['', 'a', 'žluť 😀', '\0', 'x' * (2**20 - 5)]),
    Row('`str` with half of a surrogate pair', ['\ud800', 'a\udfff'], REFUSED),
    Row('`int` of 64 bits', [0, -1, 2**63, 2**64 - 1, -(2**64)]),
    Row('`int` beyond, of up to 1,024 bytes', [2**64, 2**8192 - 1, -(2**8192)]),
    Row('larger `int`', [2**8192, -(2**8192) - 1], f'{REFUSED} (`max_bignum`)'),
    Row('`float`', [0.5, 1.1, 5e-324, 1.7976931348623157e308]),
    Row('`-0.0`, `NaN`, `Infinity`', [-0.0, math.nan, math.inf, -math.inf]),
    Row('`Decimal`', [Decimal('1.10')], f'{REFUSED} (`allow_decimal`)'),
    Row(
        '`datetime` with a time zone',
        [
            dt.datetime(2026, 7, 1, 12, 30, 15, 123_456, tzinfo=z)
            for z in (dt.UTC, PRAGUE)
        ],
        f'{EQUAL}; the zone becomes its offset',
        dt.datetime,
    ),
    Row('`datetime` without', [NAIVE], f'{REFUSED} (`timezone`)'),
    Row('`date`', [DAY]),
    Row('`time`, `timedelta`', [dt.time(12), dt.timedelta(1)], REFUSED),
    Row('`UUID`', [UUID(int=1)]),
    Row('`bytes`', [b'', b'\x00\xff']),
    Row('`bytearray`', [bytearray(b'ab')], f'{EQUAL}, as `bytes`', bytes),
    Row('`memoryview`', [memoryview(b'ab')], REFUSED),
    Row('`list`', [[], [1, [2]]]),
    Row('`tuple`, named or not', [(), (1, 2), Pair(1, 2)], 'changed: `list`', list),
    Row('`set`, `frozenset`', [{1}, frozenset({1})], REFUSED),
    Row('`Enum`', [Plain.RED], REFUSED),
    Row('`IntEnum`', [Number.RED], f'{EQUAL}, as `int`', int),
    Row('`StrEnum`', [Text.RED], f'{EQUAL}, as `str`', str),
    Row('dataclass', [Data(1)], REFUSED),
    Row('`dict` with `str` or `bytes` keys', [{}, {'a': 1, b'a': 2}]),
    Row(
        '`OrderedDict`, `defaultdict`',
        [OrderedDict(b=1, a=2), defaultdict(list, a=[1])],
        f'{EQUAL}, as `dict`',
        dict,
    ),
    Row(
        '`dict` with other keys (`None`, `int`, ...)',
        [{None: 1}, {1: 1}, {(1, 2): 1}],
        f'{REFUSED} (`strict_hashable_types`)',
    ),
    Row('nested, up to 64 levels', [nested(64)]),
    Row('nested deeper, or in itself', [nested(65), LOOP], REFUSED),
]


def table() -> str:
    lines = ['| Python value | comes back |', '|---|---|']
    lines += [f'| {row.value} | {row.outcome} |' for row in ROWS]
    return '\n'.join(lines) + '\n'


@pytest.mark.parametrize('row', ROWS, ids=lambda row: row.value)
def test_the_row(row: Row) -> None:
    handler = CBORHandler()
    for example in row.examples:
        if row.outcome.startswith(REFUSED):
            for media in (example, [example], {'a': example}):
                with pytest.raises(UnserializableMedia):
                    handler.serialize(media)
            continue
        back = sent_back(handler, example)
        assert type(back) is (row.type or type(example))
        if row.outcome.startswith('changed'):
            assert back != example
            assert back == [*example]
        elif isinstance(example, float):
            assert repr(back) == repr(example)
        else:
            assert back == example


def test_the_readme_has_the_table() -> None:
    text = README.read_text('utf-8')
    written = text.partition(BEGIN)[2].partition(END)[0]
    difference = difflib.unified_diff(
        written.splitlines(),
        table().splitlines(),
        str(README),
        'what holds',
        lineterm='',
    )
    assert written == table(), '\n'.join(difference)
