"""Which Python values survive in a mapping of fields, and that the README says so."""

from __future__ import annotations

from dataclasses import dataclass
import datetime as dt
from decimal import Decimal
import difflib
import enum
import math
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from plugins.protobuf.tests.payloads import both_ways
from plugins.protobuf.tests.schemas import Kinds
from plugins.protobuf.tests.schemas import Legacy
import pytest

from falcon_media import Limits
from falcon_media import UnserializableMedia
from falcon_media_protobuf import ProtobufHandler

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
    a_int32: int


@dataclass
class Row:
    """A row of the table.

    Attributes:
        value: What it is called there.
        field: The kind of field that it is put into.
        examples: Values, by fields of that kind.
        result: What becomes of it.
        expected: What is read from the field, if that is not the value.
    """

    value: str
    field: str
    examples: list[tuple[str, Any]]
    result: str = EQUAL
    expected: Any = None


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
        'changed: the nearest of 32 bits',
        0.10000000149011612,
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
        'changed: not set',
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
        '`datetime`, aware', '`Timestamp`', [('at', AWARE)], 'changed: the same instant'
    ),
    Row(
        '`datetime`, naive',
        '`Timestamp`',
        [('at', AWARE.replace(tzinfo=None))],
        REFUSED,
    ),
    Row(
        '`timedelta`', '`Duration`', [('lasts', dt.timedelta(days=-1, microseconds=1))]
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
        '`IntEnum`', 'integers, enums', [('a_int32', Number.RED), ('color', Number.RED)]
    ),
    Row('`StrEnum`', '`string`', [('a_string', Text.RED)]),
    Row('`int`', 'enums', [('color', 1), ('color', 7)]),
    Row(
        '`str`, the name of a value',
        'enums',
        [('color', 'RED')],
        'changed: its number',
        1,
    ),
    Row('`str`, no name of a value', 'enums', [('color', 'GREEN')], REFUSED),
    Row('`list`', 'repeated', [('numbers', [1, 2]), ('words', ['a']), ('words', [])]),
    Row('`tuple`', 'repeated', [('numbers', (1, 2))], 'changed: like a list', [1, 2]),
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
        'changed: the message',
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
        'changed: the message, equal in content',
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
HANDLER = ProtobufHandler(message=Kinds, allow_empty=True)


def is_same(got: Any, value: Any) -> bool:
    if isinstance(value, float):
        return (
            type(got) is float
            and math.copysign(1, got) == math.copysign(1, value)
            and (got == value or (math.isnan(got) and math.isnan(value)))
        )
    if isinstance(value, dt.datetime):
        instant: dt.datetime = got.ToDatetime(tzinfo=dt.UTC)
        return instant == value
    if isinstance(value, dt.timedelta):
        lasts: dt.timedelta = got.ToTimedelta()
        return lasts == value
    # NOTE: Messages compare equal with mappings and lists where they act like them.
    return bool(got == value)


@pytest.mark.parametrize('row', ROWS, ids=lambda row: f'{row.value} in {row.field}')
def test_a_row_of_the_table(row: Row) -> None:
    for field, value in row.examples:
        if row.result == REFUSED:
            with pytest.raises(UnserializableMedia):
                HANDLER.serialize({field: value})
            continue
        media: Any = both_ways(HANDLER, {field: value})
        got = getattr(media, field)
        if value is None:
            assert not media.HasField(field)
        elif row.expected is not None:
            assert got == row.expected
        elif isinstance(value, dict) and field in {'nested', 'at'}:
            assert got == type(got)(**value)
        else:
            assert is_same(got, value)


def table() -> str:
    lines = ['| Python value | field | result |', '| --- | --- | --- |']
    lines += [f'| {row.value} | {row.field} | {row.result} |' for row in ROWS]
    return '\n'.join([*lines, ''])


def test_the_readme_has_the_table() -> None:
    readme = README.read_text('utf-8')
    _, _, rest = readme.partition(BEGIN)
    found, end, _ = rest.partition(END)
    assert end
    difference = difflib.unified_diff(
        found.splitlines(), table().splitlines(), 'README.md', 'the tests', lineterm=''
    )
    assert found == table(), '\n'.join(difference)


# ----------------------------------------------------------------------- In any mixture

TEXT = st.text(st.characters(exclude_categories=['Cs']), max_size=8)
SCALARS = {
    'a_int32': st.integers(-(2**31), 2**31 - 1),
    'a_uint64': st.integers(0, 2**64 - 1),
    'a_sint64': st.integers(-(2**63), 2**63 - 1),
    'a_double': st.floats(allow_nan=False),
    'a_float': st.floats(allow_nan=False, width=32),
    'a_bool': st.booleans(),
    'a_string': TEXT,
    'a_bytes': st.binary(max_size=8),
    'color': st.integers(-(2**31), 2**31 - 1),
    'numbers': st.lists(st.integers(-(2**31), 2**31 - 1), max_size=4),
    'words': st.lists(TEXT, max_size=4),
    'reals': st.lists(st.floats(allow_nan=False), max_size=4),
    'counts': st.dictionaries(TEXT, st.integers(-(2**31), 2**31 - 1), max_size=4),
    'flags': st.dictionaries(st.booleans(), TEXT, max_size=2),
    'note': TEXT,
    'channel': st.integers(-(2**31), 2**31 - 1),
}
FIELDS = st.recursive(
    st.fixed_dictionaries({}, optional=SCALARS),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            **SCALARS,
            'nested': inner,
            'parts': st.lists(inner, max_size=3),
            'by_id': st.dictionaries(
                st.integers(-(2**31), 2**31 - 1), inner, max_size=3
            ),
        },
    ),
    max_leaves=8,
)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=4)
    | st.binary(max_size=4)
    | st.decimals()
    | st.datetimes()
    | st.sampled_from([Plain.RED, Number.RED, Text.RED, Kinds(), Data(1), ...]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(
            st.sampled_from(['a_int32', 'nested', 'a']), inner, max_size=3
        )
    ),
    max_leaves=6,
)


def holds(message: Any, fields: dict[str, Any]) -> bool:
    """Whether a message has what is in a mapping."""
    for name, value in fields.items():
        got = getattr(message, name)
        if name == 'nested':
            same = holds(got, value)
        elif name == 'parts':
            same = len(got) == len(value) and all(map(holds, got, value))
        elif name == 'by_id':
            same = set(got) == set(value) and all(
                holds(got[k], value[k]) for k in value
            )
        else:
            same = is_same(got, value)
        if not same:
            return False
    return True


@settings(deadline=None)
@given(FIELDS)
def test_a_mapping_that_is_sent_arrives_equal(fields: dict[str, Any]) -> None:
    media = both_ways(HANDLER, fields)
    assert holds(media, fields)
    assert media == Kinds(**fields)


@settings(deadline=None)
@given(st.sampled_from(sorted(Kinds.DESCRIPTOR.fields_by_name)), ANYTHING)
def test_any_value_arrives_or_is_refused(field: str, value: Any) -> None:
    try:
        media = both_ways(HANDLER, {field: value})
    except UnserializableMedia:
        return
    assert media == Kinds(**{field: value})


def test_as_much_as_is_received() -> None:
    handler = ProtobufHandler(message=Kinds, limits=Limits(max_items=10))
    assert handler.serialize({'numbers': [0] * 9})
    too_many: list[Any] = [
        {'numbers': [0] * 10},
        {'parts': [{}] * 5},
        {'more': [0] * 9},
    ]
    for fields in too_many:
        with pytest.raises(UnserializableMedia, match='more than 10 items'):
            handler.serialize(fields)
