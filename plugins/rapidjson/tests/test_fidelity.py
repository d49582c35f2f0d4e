"""What the handler does to each kind of Python value, and that the README says so.

The table in the README is the one that this module's data makes.
"""

from __future__ import annotations

from collections import namedtuple
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
import datetime as dt
from decimal import Decimal
from difflib import unified_diff
from enum import Enum
from enum import IntEnum
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import rapidjson

from falcon_media import UnserializableMedia
from falcon_media_rapidjson import RapidJSONHandler

README = Path(__file__).parent.parent / 'README.md'


class Color(Enum):
    RED = 1


class Level(IntEnum):
    HIGH = 3


class Mode(StrEnum):
    ON = 'on'


@dataclass
class Point:
    x: int = 1


Pair = namedtuple('Pair', 'a b')  # noqa: PYI024  # the untyped kind is what is tried


def generator() -> Iterator[int]:
    yield 1


def nested(levels: int) -> object:
    media: object = 0
    for _ in range(levels):
        media = [media]
    return media


def cycle() -> object:
    media: list[object] = []
    media.append(media)
    return media


@dataclass
class Row:
    """A line of the table.

    Attributes:
        label: What is tried, in Markdown.
        media: It.
        change: What is said of it, if it changes.
        received: What then comes back.
        refused: Whether it isn't sent.
    """

    label: str
    media: Any
    change: str | None = None
    received: Any = None
    refused: bool = field(default=False, kw_only=True)

    @property
    def result(self) -> str:
        if self.refused:
            return 'refused'
        return 'equal' if self.change is None else f'changed: {self.change}'


def refused(label: str, media: object) -> Row:
    return Row(label, media, refused=True)


ROWS = [
    Row('`str`', 'héllo 😀 \0'),
    Row('`str` of 1 MiB less 2 bytes', 'x' * (1_048_576 - 2)),
    refused('`str` with half a surrogate pair', '\ud800'),
    Row('`bool`', [True, False]),
    Row('`None`', None),
    Row('`int`', -123),
    Row('`int` beyond 64 bits', 2**64),
    Row('`int` of 4,300 digits', int('9' * 4300)),
    refused('`int` of 4,301 digits', 10**4300),
    Row('`float`', [0.1, 1e300, 5e-324, 1 / 3]),
    Row('`-0.0`', -0.0),
    refused('NaN', float('nan')),
    refused('Infinity', float('inf')),
    refused('`Decimal`', Decimal('1.10')),
    refused('`datetime`, aware', dt.datetime(2024, 6, 20, 12, 30, tzinfo=dt.UTC)),
    refused('`datetime`, naive', dt.datetime(2024, 6, 20, 12, 30)),  # noqa: DTZ001  # meant
    refused('`date`', dt.date(2024, 6, 20)),
    refused('`time`', dt.time(12, 30)),
    refused('`UUID`', UUID(int=1)),
    refused('`bytes`', b'abc'),
    refused('`bytearray`', bytearray(b'abc')),
    refused('`memoryview`', memoryview(b'abc')),
    Row('`list`, `dict`, nested up to 64 levels', {'a': [1, {'b': nested(61)}]}),
    refused('nested 65 levels', nested(65)),
    refused('an object that contains itself', cycle()),
    Row('`tuple`', (1, (2,)), '`list`', [1, [2]]),
    Row('`namedtuple`', Pair(1, 2), '`list`', [1, 2]),
    Row('`OrderedDict`', OrderedDict(b=1, a=2), 'an equal `dict`', {'b': 1, 'a': 2}),
    refused('`set`, `frozenset`', {1}),
    refused('generator', generator()),
    refused('`Enum`', Color.RED),
    Row('`IntEnum`', Level.HIGH, 'an equal `int`', 3),
    Row('`StrEnum`', Mode.ON, 'an equal `str`', 'on'),
    refused('dataclass', Point()),
    Row(
        '`rapidjson.RawJSON`', rapidjson.RawJSON('[1]'), 'what its text stands for', [1]
    ),
    refused('`None` as a key', {None: 1}),
    refused('`int` as a key', {1: 1}),
    refused('`bool` as a key', {True: 1}),
    refused('`tuple` as a key', {(1,): 1}),
    Row('`StrEnum` as a key', {Mode.ON: 1}, 'an equal `str`', {'on': 1}),
]


@pytest.mark.parametrize('row', ROWS, ids=lambda row: row.label)
def test_row(row: Row) -> None:
    handler = RapidJSONHandler()
    if row.refused:
        with pytest.raises(UnserializableMedia):
            handler.serialize(row.media)
        return
    received = handler.deserialize(handler.serialize(row.media))
    expected = row.media if row.change is None else row.received
    # NOTE: 1, 1.0 and True are equal, and so are 0.0 and -0.0.
    assert repr(received) == repr(expected)
    assert received == expected
    if row.change is not None and 'equal' in row.change:
        assert received == row.media


def test_the_table_in_the_readme() -> None:
    page = README.read_text('utf-8')
    begin, end = '<!-- fidelity:begin -->\n', '<!-- fidelity:end -->\n'
    actual = page.partition(begin)[2].partition(end)[0].splitlines()
    expected = [
        '| Python value | comes back |',
        '| --- | --- |',
        *(f'| {row.label} | {row.result} |' for row in ROWS),
    ]
    diff = '\n'.join(
        unified_diff(actual, expected, 'README.md', 'what was tried', lineterm='')
    )
    assert not diff, f'the table is not up to date:\n{diff}'
