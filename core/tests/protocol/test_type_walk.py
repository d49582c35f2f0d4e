"""Parts of a message that are found by its type."""

from __future__ import annotations

from collections.abc import Callable
import enum
import sys
from typing import Any, NamedTuple, TypedDict

from msgspec import Struct
import pytest

from falcon_media import HookError
from falcon_media import InvalidPayload
from falcon_media import PayloadTooLarge
from falcon_media.protocol.type_walk import hashes_check
from falcon_media.protocol.type_walk import keys_check
from falcon_media.protocol.type_walk import missing_check
from falcon_media.protocol.type_walk import open_check
from falcon_media.protocol.type_walk import times_cutter


class One(Struct, tag='one', array_like=True):
    plain: list[int]
    hashed: set[int] = set()


class Two(Struct, tag='two', array_like=True):
    hashed: set[int]


class Numbered(Struct, tag=1):
    hashed: set[int]


class Other(Struct, tag=2):
    hashed: list[int]


class Pair(NamedTuple):
    plain: list[int]
    hashed: frozenset[int]


class Named(TypedDict):
    hashed: set[int]
    plain: list[int]


class Tree(Struct):
    below: dict[str, Tree] = {}
    hashed: set[int] = set()


class Untagged(Struct):
    hashed: set[int]


MANY = list(range(5000))


@pytest.mark.parametrize(
    ('cls', 'media', 'path'),
    [
        (One | Two, ['one', [], MANY], '$[2]'),
        (One | Two, ['two', MANY], '$[1]'),
        (One | None, ['one', [], MANY], '$[2]'),
        (Numbered | Other | None, {'type': 1, 'hashed': MANY}, '$.hashed'),
        (
            dict[str, Numbered | Other],
            {'a': {'type': 1, 'hashed': MANY}},
            '$[...].hash',
        ),
        (Numbered | Other | list[set[int]], [MANY], '$[0]'),
        (Pair, [[], MANY], '$[1]'),
        (Named, {'hashed': MANY}, '$.hashed'),
        (Tree, {'below': {'a': {'hashed': MANY}}}, '$.below[...].hashed'),
        (Untagged, {'hashed': {*MANY}}, '$.hashed'),
        (dict[str, int] | set[int], MANY, '$'),
    ],
    ids=str,
)
def test_a_part_that_becomes_a_set_is_found(cls: Any, media: Any, path: str) -> None:
    check: Any = hashes_check(cls)
    with pytest.raises(PayloadTooLarge) as caught:
        check(media)
    assert f'at {path}' in str(caught.value)


@pytest.mark.parametrize(
    ('cls', 'media'),
    [
        (One | Two, ['one', MANY, []]),
        (One | Two, []),
        (One | Two, ['three', MANY]),
        (One | Two, 5),
        (Numbered | Other, {'type': 2, 'hashed': MANY}),
        (Numbered | Other, {'type': None, 'hashed': MANY}),
        (Pair, [MANY, []]),
        (Named, {'plain': MANY}),
        (Tree, {'below': {'a': {'other': MANY}}}),
        (dict[int, int] | list[int], MANY),
    ],
    ids=str,
)
def test_a_part_that_stays_a_list_may_be_long(cls: Any, media: Any) -> None:
    check: Any = hashes_check(cls)
    check(media)


def test_a_type_without_such_parts_needs_no_check() -> None:
    assert hashes_check(dict[str, list[Pair | int]] | None) is not None
    assert hashes_check(dict[str, list[int]]) is None
    assert open_check(dict[str, int], print, print) is None


def test_open_parts_are_found() -> None:
    parts: list[object] = []
    keys: list[object] = []
    check: Any = open_check(dict[Any, int] | list[Any], parts.extend, keys.extend)
    for media in ({1: 2}, [3, [4]], 5):
        check(media)
    assert parts == [1, 3, [4]]
    assert keys == [1]


def test_a_type_without_times_is_not_cut() -> None:
    media = {'a': ['04:05:06.1234567']}
    assert times_cutter(dict[str, list[str]])(media) == media


def calls_of(check: Callable[[], object]) -> int:
    """Count the calls of Python functions, and the resumed generators."""
    calls = 0

    def count(_frame: object, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event == 'call'

    sys.setprofile(count)
    try:
        check()
    finally:
        sys.setprofile(None)
    return calls


SMALL = 2000


@pytest.mark.parametrize(
    ('cls', 'part'),
    [
        (list[set[int]], []),
        (list[set[int]], [1]),
        (list[set[frozenset[int]]], [[]]),
        (list[set[frozenset[int]]], [[1], [2]]),
        (list[dict[int, int]], {'1': 1}),
        (list[dict[int, set[int]]], {'1': [1]}),
        (list[Untagged], {'hashed': [1]}),
        (list[Named], {'hashed': [1]}),
        (list[Pair], [[], [1]]),
        (list[One | Two], ['one', [], [1]]),
        (list[Numbered | Other], {'type': 1, 'hashed': [1]}),
        (list[dict[str, int] | set[int]], {'a': 1}),
        (list[tuple[set[int], ...]], [[1]]),
    ],
    ids=str,
)
def test_many_small_containers_cost_no_call_each(cls: Any, part: Any) -> None:
    media = [part] * SMALL
    check_hashes: Any = hashes_check(cls)
    check_keys: Any = keys_check(cls, str_keys=True) or bool
    check_hashes(media)
    assert calls_of(lambda: check_hashes(media)) < SMALL / 4
    assert calls_of(lambda: check_keys(media)) < SMALL / 4


def test_many_small_parts_that_are_open_cost_no_call_each() -> None:
    keys: list[object] = []
    check: Any = open_check(list[list[Any] | dict[Any, int]], bool, keys.extend)
    media = [[1], {1: 2}] * SMALL
    assert calls_of(lambda: check(media)) < SMALL / 4


def test_small_sets_add_up_to_the_bound() -> None:
    check: Any = hashes_check(list[set[int]])
    check([list(range(128))] * 1024)
    with pytest.raises(PayloadTooLarge):
        check([list(range(128))] * 1025)


def test_the_whole_content_of_a_member_counts() -> None:
    check: Any = hashes_check(set[frozenset[frozenset[int]]])
    member = [[1, 2, 3]]
    check([member] * 1000)
    with pytest.raises(PayloadTooLarge, match=r'at \$\Z|at \$[^.\[]'):
        check([member] * 2000)


def test_the_mapping_with_equal_keys_is_named() -> None:
    check: Any = keys_check(dict[str, list[dict[float, int]]], str_keys=True)
    with pytest.raises(InvalidPayload) as caught:
        check({'a': [{'1': 1}, {'1': 1, '1.0': 2}, {}], 'b': [{'1': 1}]})
    assert caught.value.path == '$[...][1]'


def test_the_path_may_lead_through_keys() -> None:
    check: Any = hashes_check(dict[frozenset[tuple[int, ...]], int])
    check({(1,): 1})
    with pytest.raises(PayloadTooLarge, match=r'at \$\[\.\.\.\]'):
        check({tuple((n,) for n in range(5000)): 1})


def test_keys_of_another_part_of_a_union_are_ignored() -> None:
    check: Any = keys_check(list[dict[float, int]], str_keys=True)
    with pytest.raises(InvalidPayload) as caught:
        check([{'x': 1, 'y': 2}, {'1': 1, '1.0': 2}, {'x': 1}])
    assert caught.value.path == '$[1]'


def test_values_of_an_enum_that_are_valid_or_no_values_at_all() -> None:
    class Size(enum.Enum):
        SMALL = 's'

        @classmethod
        def _missing_(cls, value: object) -> Any:
            raise KeyError(value)

    check = missing_check(list[Size])
    check(['s', [], None, 1.5])
    with pytest.raises(HookError):
        check(['s', [], 'm'])
