"""What cbor2 does and does not say it does, and this package relies on."""

from __future__ import annotations

import datetime as dt
from gc import get_referents
from typing import Any, NoReturn

import cbor2
import pytest


class Refused(Exception):
    pass


class Nothing(dict[int, Any]):
    """A table that is asked for every tag and knows none."""

    def __missing__(self, tag: int) -> NoReturn:
        raise Refused(tag)


def failure(payload: str, **options: Any) -> cbor2.CBORDecodeError:
    with pytest.raises(cbor2.CBORDecodeError) as failed:
        cbor2.loads(bytes.fromhex(payload), **options)
    return failed.value


@pytest.mark.parametrize('tag', [0, 2, 4, 25, 28, 29, 30, 256, 258, 55799, 2**64 - 1])
def test_the_table_is_asked_at_the_head_of_a_tag(tag: int) -> None:
    # What the tag holds is missing, and yet it is not that which is reported.
    head = cbor2.dumps(cbor2.CBORTag(tag, 0))[:-1]
    ex = failure(head.hex(), semantic_decoders=Nothing())
    assert isinstance(ex.__cause__, Refused)
    assert ex.__cause__.args == (tag,)


@pytest.mark.parametrize('key', ['c24101', '81c24101'])
def test_what_a_function_raises_comes_as_the_cause(key: str) -> None:
    def refuse(value: object, immutable: bool) -> NoReturn:
        raise Refused

    ex = failure(key, semantic_decoders={2: refuse})
    assert isinstance(ex.__cause__, Refused)


def test_an_interrupt_comes_as_the_cause_too() -> None:
    def interrupt(value: object, immutable: bool) -> NoReturn:
        raise KeyboardInterrupt

    ex = failure('c24101', semantic_decoders={2: interrupt})
    assert isinstance(ex.__cause__, KeyboardInterrupt)


def test_what_comes_after_the_first_item_is_ignored() -> None:
    assert cbor2.loads(b'\x00\xff') == 0


@pytest.mark.parametrize(
    ('payload', 'levels'),
    [('00', 0), ('80', 0), ('a0', 0), ('8100', 1), ('8180', 1), ('81c24101', 2)],
)
def test_what_counts_as_depth(payload: str, levels: int) -> None:
    data = bytes.fromhex(payload)
    cbor2.loads(data, max_depth=levels)
    if levels:
        ex = failure(payload, max_depth=levels - 1)
        assert str(ex).startswith('maximum container nesting depth')


@pytest.mark.parametrize(
    ('payload', 'options', 'text'),
    [
        ('9fff', {'allow_indefinite': False}, 'encountered indefinite length'),
        ('815fff', {'allow_indefinite': False}, 'encountered indefinite length'),
        ('7fff', {'allow_indefinite': False}, 'encountered indefinite length'),
        ('bfff', {'allow_indefinite': False}, 'encountered indefinite length'),
        ('a10100', {'strict_hashable_types': True}, 'map key must be'),
        ('a260006000', {'allow_duplicate_keys': False}, 'Duplicate map key'),
    ],
)
def test_the_texts(payload: str, options: dict[str, Any], text: str) -> None:
    reason = str(failure(payload, **options)).partition(': ')[2]
    assert reason.startswith(text)


def test_simple_values_refer_to_their_classes() -> None:
    # Were it otherwise, they would be looked for in a slower way.
    for value in (cbor2.undefined, cbor2.CBORSimpleValue(0)):
        assert type(value) in get_referents(value)


def test_plain_values_refer_to_what_they_contain_alone() -> None:
    moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    leaves = [None, True, 1, 2**70, 1.5, 'a', b'b', moment, moment.date()]
    assert get_referents(*leaves) == []
    contents = get_referents([1, 'a'], {'b': 2.5})
    assert sorted(map(repr, contents)) == ["'a'", '1', '2.5']


def test_a_class_refers_to_itself_by_way_of_others() -> None:
    cls = type(cbor2.undefined)
    assert any(cls in get_referents(other) for other in get_referents(cls))


def test_what_is_wrong_with_what_cbor2_writes() -> None:
    # Each is refused before it gets there; where cbor2 mends it, that can go.
    assert cbor2.loads(cbor2.dumps(memoryview(b'ab'))) == [97, 98]
    half_a_minute = dt.timezone(dt.timedelta(seconds=30))
    moment = dt.datetime(2026, 1, 1, tzinfo=half_a_minute)
    assert cbor2.dumps(moment).endswith(b'T00:00:00Z:30')
