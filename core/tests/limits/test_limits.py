from __future__ import annotations

from collections import defaultdict
from collections import deque
from collections import namedtuple
from collections import OrderedDict
from collections import UserDict
from collections import UserList
from collections import UserString
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import FrozenInstanceError
import datetime as dt
from decimal import Decimal
from enum import Enum
import gc
import json
from random import Random
import subprocess
import sys
import tracemalloc
from types import FrameType
from types import MappingProxyType
from typing import Any
from uuid import UUID
import weakref

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
import pytest

from falcon_media import ConfigError
from falcon_media import Limits
from falcon_media import MediaError
from falcon_media import PayloadTooLarge
from falcon_media import UnserializableMedia
from falcon_media.limits import binary_screen
from falcon_media.limits import check_size
from falcon_media.limits import decoded_check
from falcon_media.limits import json_bytes_check
from falcon_media.limits import json_text_check
from falcon_media.limits import media_check
from falcon_media.limits import unchecked_binary
from falcon_media.limits import unchecked_json_text
from falcon_media.limits import utf8_size

# NOTE: No deadline and no database: neither a slow machine nor what an earlier run
#   found has a say in whether a test passes.
properties = settings(deadline=None, database=None, max_examples=200)


def refused(check: Callable[[Any], None], subject: object) -> str | None:
    """Return the name of the budget that the subject exceeds."""
    try:
        check(subject)
    except PayloadTooLarge as ex:
        return ex.limit
    return None


def memory(function: Callable[[Any], None], argument: object) -> int:
    """Return the peak memory of a function in bytes, even if it raises."""
    tracemalloc.start()
    try:
        with suppress(MediaError):
            function(argument)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def nested(levels: int) -> Any:
    media: Any = 0
    for level in range(levels):
        media = ([media], (media,), {'a': media}, {1: media})[level % 4]
    return media


# -------------------------------------------------------------------------- Limits


def test_the_defaults_of_the_budgets() -> None:
    limits = Limits()
    assert (limits.max_size, limits.max_depth, limits.max_items) == (2**20, 64, 2**18)


def test_limits_are_values() -> None:
    assert Limits(max_depth=8) == Limits(max_depth=8)
    assert len({Limits(), Limits(), Limits(max_items=1)}) == 2
    with pytest.raises(FrozenInstanceError):
        Limits().max_depth = 1  # type: ignore[misc]  # the point of the test
    with pytest.raises(TypeError):
        Limits(1, 2, 3)  # type: ignore[call-arg]  # the point of the test
    assert not hasattr(Limits(), '__dict__')


@pytest.mark.parametrize('name', ['max_size', 'max_depth', 'max_items'])
@pytest.mark.parametrize('value', [0, -1, 1.5, '64', None, True, float('inf')])
def test_a_budget_must_be_a_positive_integer(name: str, value: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        Limits(**{name: value})
    assert str(caught.value) == (
        f'limits: {name} must be a positive integer, not {value!r}'
    )


# ---------------------------------------------------------------------------- Size


@pytest.mark.parametrize(
    ('text', 'size'),
    [('', 0), ('a', 1), ('é', 2), ('€', 3), ('😀', 4), ('\ud800', 3), ('a€' * 9, 36)],
)
def test_utf8_size_counts_bytes(text: str, size: int) -> None:
    assert utf8_size(text) == size


@properties
@given(st.text(st.characters(codec='utf-8')), st.integers(1, 60))
def test_size_is_counted_in_bytes(text: str, max_size: int) -> None:
    limits = Limits(max_size=max_size)
    payload = text.encode()
    expected = 'max_size' if len(payload) > max_size else None
    assert refused(lambda text: check_size(text, limits), text) == expected
    assert refused(lambda data: check_size(data, limits), payload) == expected


@pytest.mark.parametrize(
    'payload', ['abcde', 'ééé', '\ud800\ud800', b'abcde'], ids=ascii
)
def test_a_size_error_has_the_limit_and_the_size(payload: str | bytes) -> None:
    with pytest.raises(PayloadTooLarge) as caught:
        check_size(payload, Limits(max_size=4))
    assert caught.value.detail == 'larger than 4 bytes'
    assert caught.value.size == len(payload)
    assert (caught.value.limit, caught.value.limit_value) == ('max_size', 4)


@pytest.mark.parametrize('character', ['a', 'é', '€', '😀'])
def test_the_largest_text_is_accepted(character: str) -> None:
    size = len(character.encode())
    check_size(character * 9, Limits(max_size=size * 9))
    with pytest.raises(PayloadTooLarge):
        check_size(character * 9, Limits(max_size=size * 9 - 1))


def test_a_text_that_is_clearly_too_long_is_not_encoded() -> None:
    limits = Limits(max_size=1000)
    text = 'é' * 1_000_000
    assert memory(lambda text: check_size(text, limits), text) < 100_000


# ----------------------------------------------------------------------- JSON text

# NOTE: Strings with everything that may confuse a scanner.
json_strings = st.text(st.sampled_from('[]{}",:\\/\nué€😀 a'), max_size=8)
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-99, 99), json_strings),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(json_strings, inner, max_size=4)
    ),
    max_leaves=24,
)
json_styles = st.fixed_dictionaries(
    {'ensure_ascii': st.booleans(), 'indent': st.sampled_from([None, 0, 1, '\t'])}
)
small_limits = st.builds(
    Limits, max_depth=st.integers(1, 6), max_items=st.integers(1, 20)
)


def json_depth(value: object) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return 0
    return 1 + max(map(json_depth, value), default=0)


def json_items(value: object) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return 0
    return len(value) + sum(map(json_items, value))


def opened(text: str) -> int:
    """Return the depth of a JSON decoder at the end of a text."""
    depth = 0
    in_string = escaped = False
    for character in text:
        if escaped:
            escaped = False
        elif character == '\\':
            escaped = in_string
        elif character == '"':
            in_string = not in_string
        elif not in_string:
            depth += (character in '[{') - (character in ']}')
    return depth


@properties
@given(json_values, json_styles, small_limits)
def test_json_text_is_refused_exactly_when_it_is_over_a_budget(
    value: object, style: dict[str, Any], limits: Limits
) -> None:
    text = json.dumps(value, **style)
    over: set[str | None] = set()
    if json_depth(value) > limits.max_depth:
        over.add('max_depth')
    if json_items(value) > limits.max_items:
        over.add('max_items')
    assert refused(json_text_check(limits), text) in (over or {None})
    assert refused(json_bytes_check(limits), text.encode()) in (over or {None})


@properties
@given(json_values, json_styles, st.integers(1, 4), st.data())
def test_no_suffix_makes_json_text_less_deep(
    value: object, style: dict[str, Any], max_depth: int, data: st.DataObject
) -> None:
    text = json.dumps([value, [[[[[]]]]]], **style)
    deep = next(end for end in range(len(text)) if opened(text[:end]) > max_depth)
    rest = data.draw(st.text(st.sampled_from('[]{}",:\\ a'), max_size=40))
    check = json_text_check(Limits(max_depth=max_depth))
    assert refused(check, text[:deep] + rest) == 'max_depth'


@properties
@given(st.text(st.sampled_from('[]{}",:\\ 1é\ud800\0')), small_limits)
def test_any_text_is_accepted_or_refused(text: str, limits: Limits) -> None:
    assert refused(json_text_check(limits), text) in (None, 'max_depth', 'max_items')
    data = text.encode('utf-8', 'surrogatepass')
    assert refused(json_bytes_check(limits), data) in (None, 'max_depth', 'max_items')


def repeated(count: int, piece: str, *, end: str = '0') -> str:
    return '[' + f'{piece},' * count + end + ']'


JSON_TEXTS: dict[str, tuple[Callable[[], str], str | None]] = {
    'depth 64': (lambda: '[' * 64 + ']' * 64, None),
    'depth 65': (lambda: '[' * 65 + ']' * 65, 'max_depth'),
    'maps 64': (lambda: '{"a":' * 64 + '1' + '}' * 64, None),
    'both 66': (lambda: '{"a":[' * 33 + ']}' * 33, 'max_depth'),
    'long and flat': (lambda: repeated(9000, '[[]]'), None),
    'brackets in strings': (lambda: repeated(9000, '"["'), None),
    'brackets and escapes': (lambda: json.dumps(['[{"\\' * 9000]), None),
    'few escapes': (lambda: repeated(9000, '"["', end='"\\"["'), None),
    'deep after escapes': (
        lambda: repeated(9000, '"\\"["', end='[' * 64 + ']' * 64),
        'max_depth',
    ),
    'deep after an escape': (
        lambda: repeated(9000, '"]"', end='"\\\\",' + '[' * 64 + ']' * 64),
        'max_depth',
    ),
    # 1 MB each, for a scanner to choke on
    'openings': (lambda: '[' * 1_000_000, 'max_depth'),
    'openings and closings': (lambda: '[' * 500_000 + ']' * 500_000, 'max_depth'),
    'quoted openings': (lambda: '"[' * 500_000, 'max_depth'),
    'escaped quotes': (lambda: '["' + '\\"[' * 300_000 + '"]', None),
    'escaped brackets': (lambda: '["' + '\\u005b' * 150_000 + '"]', None),
    'backslashes': (lambda: '\\' * 1_000_000, None),
    'odd backslashes': (lambda: '["' + '\\' * 999_999 + '"]' + '[' * 99, None),
    'quotes': (lambda: '"' * 1_000_000, None),
    'combs': (
        lambda: repeated(2000, '[' * 63 + ']' * 63, end='[' * 64 + ']' * 64),
        'max_depth',
    ),
    # by items
    'items': (lambda: repeated(262_143, '0'), None),
    'one item more': (lambda: repeated(262_144, '0'), 'max_items'),
    'empty arrays': (lambda: repeated(262_143, ' [ ] '), None),
    'one array more': (lambda: repeated(262_144, '[]'), 'max_items'),
    'one map more': (lambda: repeated(262_144, '{}', end='{}'), 'max_items'),
    'arrays of a string': (lambda: repeated(131_072, '[""]'), 'max_items'),
    'maps of one entry': (lambda: repeated(131_072, '{"":0}'), 'max_items'),
    'marks in one string': (lambda: '["' + ',[{' * 300_000 + '"]', None),
    'marks in strings': (lambda: repeated(100_000, '",[,{,"'), None),
    'a million containers': (lambda: repeated(333_333, '[]'), 'max_items'),
}


@pytest.mark.parametrize(('text', 'limit'), JSON_TEXTS.values(), ids=JSON_TEXTS)
def test_json_text_is_checked_against_the_default_budgets(
    text: Callable[[], str], limit: str | None
) -> None:
    assert refused(json_text_check(Limits()), text()) == limit
    assert refused(json_bytes_check(Limits()), text().encode()) == limit


def test_a_json_text_error_has_the_limit() -> None:
    check = json_text_check(Limits(max_depth=2, max_items=3))
    with pytest.raises(PayloadTooLarge) as caught:
        check('[[[]]]')
    assert caught.value.detail == 'nested deeper than 2 levels'
    assert (caught.value.limit, caught.value.limit_value) == ('max_depth', 2)
    with pytest.raises(PayloadTooLarge) as caught:
        check('[0,0,0,0]')
    assert caught.value.detail == 'more than 3 items'
    assert (caught.value.limit, caught.value.limit_value) == ('max_items', 3)


@properties
@given(json_values, small_limits)
def test_short_json_text_needs_no_check(value: object, limits: Limits) -> None:
    text = json.dumps(value, separators=(',', ':'), ensure_ascii=False)
    if len(text) <= unchecked_json_text(limits):
        assert json_depth(value) <= limits.max_depth
        assert json_items(value) <= limits.max_items


@pytest.mark.parametrize(
    ('limits', 'text'),
    [
        (Limits(max_depth=5), '[[[[[[]]]]]]'),
        (Limits(max_items=5), '[0,0,0,0,0,0]'),
    ],
)
def test_no_longer_json_text_goes_unchecked(limits: Limits, text: str) -> None:
    assert unchecked_json_text(limits) < len(text) <= unchecked_json_text(limits) + 2
    assert refused(json_text_check(limits), text) is not None


# ------------------------------------------------------------------------- Binary

MSGPACK_HEADERS = bytes([*range(0x80, 0xA0), *range(0xDC, 0xE0)])


def msgpack(value: object) -> bytes:
    """The part of MessagePack that the tests need."""
    if isinstance(value, list):
        return bytes([0x90 + len(value)]) + b''.join(map(msgpack, value))
    if isinstance(value, dict):
        items = (msgpack(key) + msgpack(item) for key, item in value.items())
        return bytes([0x80 + len(value)]) + b''.join(items)
    if isinstance(value, str):
        data = value.encode()
        return bytes([0xD9, len(data)]) + data
    assert isinstance(value, int | None)
    return b'\xc0' if value is None else bytes([0xD0, value % 256])


@properties
@given(json_values, small_limits)
def test_a_screened_payload_is_within_the_budgets(
    value: object, limits: Limits
) -> None:
    payload = msgpack(value)
    if binary_screen(MSGPACK_HEADERS, limits)(payload):
        assert json_depth(value) <= limits.max_depth
        assert json_items(value) <= limits.max_items


@properties
@given(json_values, small_limits)
def test_a_small_binary_payload_needs_no_check(value: object, limits: Limits) -> None:
    payload = msgpack(value)
    if len(payload) <= unchecked_binary(limits):
        assert json_depth(value) <= limits.max_depth
        assert json_items(value) <= limits.max_items


@pytest.mark.parametrize(
    ('limits', 'payload'),
    [
        (Limits(max_depth=5), b'\x91' * 5 + b'\x90'),
        (Limits(max_depth=9, max_items=5), b'\x96' + bytes(6)),
    ],
)
def test_no_larger_binary_payload_goes_unchecked(
    limits: Limits, payload: bytes
) -> None:
    assert len(payload) == unchecked_binary(limits) + 1


@pytest.mark.parametrize(
    ('payload', 'accepted'),
    [
        (b'', True),
        (b'\x91' * 63 + b'\x90', True),
        (b'\x91' * 64 + b'\x90', False),
        (b'\xdc\x0f\xfd' + bytes(4093), True),
        (b'\xdc\x0f\xfe' + bytes(4094), False),
    ],
)
def test_a_screen_accepts_small_payloads_with_few_headers(
    payload: bytes, accepted: bool
) -> None:
    assert binary_screen(MSGPACK_HEADERS, Limits())(payload) is accepted


def test_a_screen_respects_max_items() -> None:
    screen = binary_screen(MSGPACK_HEADERS, Limits(max_items=5))
    assert screen(b'\x95' + bytes(5))
    assert not screen(b'\x96' + bytes(6))


# ---------------------------------------------------------------- Objects: the oracle


class Colour(Enum):
    RED = ((((),),),)


@dataclass(frozen=True)
class Point:
    x: object = (((()),),)


class Table(dict[Any, Any]):
    pass


Pair = namedtuple('Pair', ['left', 'right'])  # noqa: PYI024  # libraries see a tuple

SCALARS: tuple[object, ...] = (
    *(None, True, 7, 1.5, 'text', b'bytes', bytearray(b'ab'), memoryview(b'ab')),
    *(dt.datetime.now(dt.UTC), dt.date(2020, 2, 29), dt.time(1), dt.timedelta(1)),
    *(UUID(int=1), Decimal('1.5'), Colour.RED, Point(), range(9), UserString('ab')),
    *(object(), len, iter([[[[]]]]), Point),
)


def oracle(media: object) -> tuple[int, int]:
    """Return the depth and the number of items, by their definition."""
    if isinstance(media, Mapping):
        children = [*media.keys(), *media.values()]
    elif isinstance(media, list | tuple | AbstractSet | deque | UserList):
        children = list(media)
    else:
        return 0, 0
    below = [oracle(child) for child in children]
    depth = 1 + max((depth for depth, _ in below), default=0)
    return depth, len(media) + sum(items for _, items in below)


def pairs(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Pair]:
    return st.builds(Pair, inner, inner)


keys = st.recursive(
    st.one_of(st.text(max_size=2), st.integers(0, 9), st.none()),
    lambda inner: st.one_of(
        st.tuples(inner), st.frozensets(inner, max_size=2), st.tuples(inner, inner)
    ),
    max_leaves=4,
)
plain_media = st.recursive(
    st.sampled_from(SCALARS[:12]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(st.text(max_size=2), inner, max_size=5),
        st.dictionaries(keys, inner, max_size=2),
        st.lists(inner, max_size=2).map(tuple),
        st.sets(keys, max_size=2),
    ),
    max_leaves=30,
)
any_media = st.recursive(
    st.sampled_from(SCALARS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(st.text(max_size=2), inner, max_size=5),
        st.dictionaries(keys, inner, max_size=2),
        pairs(inner),
        st.frozensets(keys, max_size=2),
        st.lists(inner, max_size=3).map(UserList),
        st.lists(inner, max_size=3).map(deque),
        *(
            st.dictionaries(keys, inner, max_size=3).map(make)
            for make in (
                *(Table, OrderedDict, UserDict, MappingProxyType),
                lambda entries: defaultdict(list, entries),
            )
        ),
    ),
    max_leaves=30,
)


def expected_refusals(media: object, limits: Limits) -> set[str | None]:
    depth, items = oracle(media)
    over: set[str | None] = set()
    if depth > limits.max_depth:
        over.add('max_depth')
    if items > limits.max_items:
        over.add('max_items')
    return over or {None}


# ----------------------------------------------------------------- Objects: the checks


@properties
@given(plain_media, small_limits)
def test_a_plain_object_is_refused_exactly_when_it_is_over_a_budget(
    media: object, limits: Limits
) -> None:
    assert refused(decoded_check(limits), media) in expected_refusals(media, limits)


@properties
@given(any_media, small_limits)
def test_any_object_is_refused_exactly_when_it_is_over_a_budget(
    media: object, limits: Limits
) -> None:
    assert refused(decoded_check(limits), media) in expected_refusals(media, limits)


@properties
@given(any_media, st.integers(1, 6))
def test_media_is_refused_exactly_when_it_is_too_deep(
    media: object, max_depth: int
) -> None:
    depth, _ = oracle(media)
    limits = Limits(max_depth=max_depth, max_items=1)
    for check in (media_check(limits), media_check(limits, exact=True)):
        if depth <= max_depth:
            check(media)
        else:
            message = f'nested deeper than {max_depth} levels'
            with pytest.raises(UnserializableMedia, match=message):
                check(media)


@pytest.mark.parametrize('scalar', SCALARS, ids=lambda scalar: type(scalar).__name__)
def test_a_scalar_has_depth_0(scalar: object) -> None:
    limits = Limits(max_depth=1, max_items=1)
    for check in (media_check(limits), decoded_check(limits)):
        check(scalar)
        check([scalar])
        with pytest.raises(MediaError):
            check([[scalar]])


@pytest.mark.parametrize('levels', [1, 2, 3, 4, 5, 6, 63, 64])
def test_the_greatest_depth_is_accepted(levels: int) -> None:
    limits = Limits(max_depth=levels)
    for make in (media_check, decoded_check):
        make(limits)(nested(levels))
        make(limits)([*nested(levels)])


@pytest.mark.parametrize('levels', [2, 3, 4, 5, 6, 7, 65, 401, 1025, 100_000])
@pytest.mark.parametrize('leaf', [0, UUID(int=1)])
def test_one_level_more_is_refused(levels: int, leaf: object) -> None:
    limits = Limits(max_depth=min(levels - 1, 64))
    media = [leaf, nested(levels - 1)]
    with pytest.raises(UnserializableMedia) as caught:
        media_check(limits)(media)
    assert caught.value.detail == f'nested deeper than {limits.max_depth} levels'
    assert refused(decoded_check(limits), media) == 'max_depth'


def test_an_error_about_a_decoded_object_has_the_limit() -> None:
    check = decoded_check(Limits(max_depth=2, max_items=3))
    with pytest.raises(PayloadTooLarge) as caught:
        check([[[]]])
    assert caught.value.detail == 'nested deeper than 2 levels'
    assert (caught.value.limit, caught.value.limit_value) == ('max_depth', 2)
    with pytest.raises(PayloadTooLarge) as caught:
        check({'a': 1, 'b': [1, 2]})
    assert caught.value.detail == 'more than 3 items'
    assert (caught.value.limit, caught.value.limit_value) == ('max_items', 3)


@pytest.mark.parametrize('leaf', [0, UUID(int=1)], ids=['static', 'heap'])
@pytest.mark.parametrize('rows', [900, 1100, 5_000])
def test_wide_objects_are_accepted(rows: int, leaf: object) -> None:
    table = [{'id': leaf, 'tags': ['a', 'b'], 'name': 'row'} for _ in range(rows)]
    items = rows * 6
    decoded_check(Limits(max_depth=3, max_items=items))(table)
    assert refused(decoded_check(Limits(max_items=items - 1)), table) == 'max_items'
    assert refused(decoded_check(Limits(max_depth=2)), table) == 'max_depth'
    media_check(Limits(max_depth=3))(table)
    with pytest.raises(UnserializableMedia):
        media_check(Limits(max_depth=2))(table)


def test_items_are_counted_among_leaves_that_refer_to_their_types() -> None:
    media = {'id': UUID(int=1), 'rows': [[[[[0] * 1000]]]], 'more': UserList([0] * 9)}
    items = 3 + 4 + 1000 + 9
    decoded_check(Limits(max_items=items))(media)
    assert refused(decoded_check(Limits(max_items=items - 1)), media) == 'max_items'


def test_the_greatest_number_of_items_is_accepted() -> None:
    check = decoded_check(Limits())
    check([[] for _ in range(262_144)])
    check({str(number): number for number in range(262_144)})
    assert refused(check, [[] for _ in range(262_145)]) == 'max_items'
    # The fast accept counts keys; the budget does not.
    check(dict.fromkeys(range(262_144)))
    assert refused(check, dict.fromkeys(range(262_145))) == 'max_items'


def test_sent_media_may_be_larger_than_received_payloads() -> None:
    media_check(Limits(max_items=1))(list(range(1_100_000)))


def python_frames(function: Callable[[Any], None], argument: object) -> int:
    frames: list[FrameType] = []

    def profile(frame: FrameType, event: str, _: object) -> None:
        if event == 'call':
            frames.append(frame)

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        function(argument)
    finally:
        sys.setprofile(before)
    return len(frames)


@pytest.mark.parametrize('make', [media_check, decoded_check])
def test_most_messages_are_accepted_without_a_count(
    make: Callable[[Limits], Callable[[object], None]],
) -> None:
    check = make(Limits())
    lines = [{'sku': str(n), 'when': dt.datetime.now(dt.UTC)} for n in range(90)]
    assert python_frames(check, {'order': {'lines': lines}, 'total': 1.5}) == 1
    # NOTE: Any other way in Python has a frame for each map.
    for media in (lines * 100, [[[lines]]] * 100, nested(60)):
        assert python_frames(check, media) <= 60


def test_a_leaf_that_refers_to_its_type_does_not_lead_astray() -> None:
    # NOTE: A type refers to its methods, those to their modules, and so on.
    event = {'id': UUID(int=1), 'lines': [{'sku': str(n)} for n in range(90)]}
    assert memory(media_check(Limits()), event) < 100_000


# ------------------------------------------------------- Objects: cycles and sharing


def self_containing() -> Iterator[object]:
    array: list[Any] = [1]
    array.append(array)
    yield array
    table: dict[str, Any] = {'a': [1, 2]}
    table['b'] = [3, (table,)]
    yield table
    user: UserList[Any] = UserList()
    user.append([UUID(int=1), user])
    yield user
    inner: list[Any] = []
    inner.append([[[inner]]])
    yield [{'a': {'b': inner}}, UUID(int=1)]


@pytest.mark.parametrize(
    'media', [*self_containing()], ids=['list', 'dict', 'user', 'in']
)
def test_an_object_that_contains_itself_is_refused(media: object) -> None:
    with pytest.raises(UnserializableMedia) as caught:
        media_check(Limits())(media)
    assert caught.value.detail == 'it contains itself'
    assert refused(decoded_check(Limits()), media) == 'max_depth'


def shared(levels: int, width: int) -> list[Any]:
    media: list[Any] = []
    for _ in range(levels):
        media = [media] * width
    return media


@pytest.mark.parametrize(('levels', 'width'), [(200, 2), (200, 10), (100, 2000)])
def test_shared_objects_do_not_multiply_the_work(levels: int, width: int) -> None:
    media = shared(levels, width)
    with pytest.raises(UnserializableMedia):
        media_check(Limits())(media)
    with pytest.raises(UnserializableMedia):
        media_check(Limits())([UUID(int=1), media])
    assert refused(decoded_check(Limits()), media) is not None


def test_shared_objects_take_little_memory() -> None:
    assert memory(media_check(Limits()), shared(100, 4000)) < 100_000_000


def test_shared_objects_count_as_often_as_they_occur() -> None:
    media = shared(10, 2)
    items = sum(2**level for level in range(1, 11))
    decoded_check(Limits(max_items=items))(media)
    assert refused(decoded_check(Limits(max_items=items - 1)), media) == 'max_items'


def test_a_few_objects_that_would_encode_to_terabytes_are_refused() -> None:
    media_check(Limits())(shared(20, 2))
    with pytest.raises(UnserializableMedia) as caught:
        media_check(Limits())(shared(60, 2))
    assert caught.value.detail == (
        'more than 16777216 items, shared ones counted each time'
    )
    with pytest.raises(UnserializableMedia, match='more than 2000 items'):
        media_check(Limits(), max_items=2000)(shared(10, 2))
    media_check(Limits(), max_items=2**61)(shared(60, 2))


def deepest_path(node: int, graph: list[list[int]], at_most: int) -> int:
    """Count the containers on the longest path from a node, up to at_most + 1."""
    level = {node}
    for depth in range(at_most + 1):
        if not level:
            return depth
        level = {child for parent in level for child in graph[parent]}
    return at_most + 1


@properties
@given(st.integers(0, 2**32), st.integers(1, 12), st.integers(1, 8), st.booleans())
def test_graphs_are_checked_by_their_deepest_path(
    seed: int, nodes: int, max_depth: int, with_uuid: bool
) -> None:
    random = Random(seed)  # noqa: S311  # not for security
    graph = [
        [random.randrange(nodes) for _ in range(random.randrange(3))]
        for _ in range(nodes)
    ]
    media: list[Any] = [[UUID(int=1)] if with_uuid else [] for _ in range(nodes)]
    for node, children in enumerate(graph):
        media[node] += [media[child] for child in children]
    check = media_check(Limits(max_depth=max_depth))
    if deepest_path(0, graph, max_depth) <= max_depth:
        check(media[0])
        return
    with pytest.raises(UnserializableMedia) as caught:
        check(media[0])
    details = {f'nested deeper than {max_depth} levels'}
    if deepest_path(0, graph, nodes) > nodes:
        details.add('it contains itself')
    assert caught.value.detail in details
    # NOTE: A path with more containers than exist has one of them twice.
    assert max_depth < nodes or caught.value.detail == 'it contains itself'


# ------------------------------------------------------ Objects: types of all kinds


class Tag:
    def __init__(self, value: object) -> None:
        self.value = value


class SpecialTag(Tag):
    pass


def test_types_that_a_library_opens_are_checked() -> None:
    media: object = 0
    for level in range(100_000):
        media = Tag(media) if level % 2 else SpecialTag(media)
    media_check(Limits())(media)
    check = media_check(Limits(max_depth=3), contents={Tag: lambda tag: (tag.value,)})
    check(Tag([SpecialTag(0)]))
    check([UUID(int=1), Tag([Point()])])
    with pytest.raises(UnserializableMedia, match='deeper than 3'):
        check(Tag([SpecialTag([])]))
    with pytest.raises(UnserializableMedia, match='deeper than 3'):
        check(media)
    # NOTE: Take it apart, since deallocation would recurse.
    while isinstance(media, Tag):
        media = media.value


def test_types_without_garbage_collection_are_refused() -> None:
    with pytest.raises(TypeError, match='complex does not support garbage collection'):
        media_check(Limits(), contents={complex: lambda number: (number.real,)})


def test_an_open_set_of_types_is_checked() -> None:
    class Box:
        def __init__(self, value: object) -> None:
            self.value = value

    def opener(cls: type) -> Callable[[Any], list[object]] | None:
        return (lambda box: [box.value]) if cls is Box else None

    check = media_check(Limits(max_depth=3), fields=opener)
    check([Box([1])])
    check({'a': {1, 2}, 'b': len})
    deep: list[object] = [[Box([[]])], Box([Box([])]), [[[{}]]]]
    for media in deep:
        with pytest.raises(UnserializableMedia, match='nested deeper than 3 levels'):
            check(media)
    box = Box(None)
    box.value = [box]
    with pytest.raises(UnserializableMedia, match='it contains itself'):
        check(box)


def test_the_dict_of_a_living_instance_is_checked() -> None:
    limits = Limits(max_depth=4)
    deep, shallow = Tag([[[[]]]]), Tag([[]])
    checks = (
        media_check(limits),
        media_check(limits, exact=True),
        decoded_check(limits),
    )
    for check in checks:
        check(vars(shallow))
        with pytest.raises(MediaError):
            check(vars(deep))
    exact = media_check(limits, exact=True)
    exact([vars(shallow)])
    exact([vars(shallow), UUID(int=1)])
    exact([{'a': [vars(Tag(1))]}] * 2000)
    for media in (
        [vars(deep)],
        {'a': vars(deep), 'b': UUID(int=1)},
        [{'a': [vars(Tag([]))]}],
        vars(Tag(vars(Tag(vars(Tag(vars(Tag([])))))))),
        [vars(Tag(UUID(int=1))), [[[[]]]]],
    ):
        with pytest.raises(UnserializableMedia, match='deeper than 4'):
            exact(media)


def test_a_deep_object_in_dicts_of_living_instances_is_refused() -> None:
    instances = [Tag(0)]
    for _ in range(10_000):
        instances.append(Tag(vars(instances[-1])))
    with pytest.raises(UnserializableMedia, match='deeper than 64'):
        media_check(Limits(), exact=True)([vars(instances[-1])])
    instances[0].value = vars(instances[20])
    with pytest.raises(UnserializableMedia, match='it contains itself'):
        media_check(Limits(), exact=True)([vars(instances[30])])


class Endless(Mapping[str, object]):
    """Creates its content on each access."""

    def __getitem__(self, key: str) -> object:
        return [Endless()]

    def __iter__(self) -> Iterator[str]:
        return iter('ab')

    def __len__(self) -> int:
        return 2


def test_containers_that_a_mapping_creates_are_checked() -> None:
    with pytest.raises(UnserializableMedia) as caught:
        media_check(Limits(max_depth=9))(Endless())
    assert caught.value.detail == 'nested deeper than 9 levels'


class Broken(UserList[object]):
    def __iter__(self) -> Iterator[object]:
        raise OSError('lost')


def test_an_exception_of_a_container_is_passed_on() -> None:
    with pytest.raises(OSError, match='lost'):
        media_check(Limits())([Broken()])


def test_views_of_a_mapping_are_containers() -> None:
    table = {'a': [1]}
    check = media_check(Limits(max_depth=2))
    check(table.values())
    check([table.keys()])
    for view in (table.items(), [table.values()]):
        with pytest.raises(UnserializableMedia):
            check(view)


def test_types_of_the_app_are_not_kept_alive() -> None:
    check = media_check(Limits())
    types: list[weakref.ref[type]] = []
    for number in range(1000):
        instance = type(f'Type{number}', (), {})()
        types.append(weakref.ref(type(instance)))
        check([instance])
    gc.collect()
    assert sum(ref() is not None for ref in types) <= 256


# ------------------------------------------------------------------- A small stack

SMALL_STACK = """
import threading
from falcon_media.errors import MediaError
from falcon_media.limits import Limits
from falcon_media.limits import decoded_check
from falcon_media.limits import json_text_check
from falcon_media.limits import media_check

deep = []
for _ in range(100_000):
    deep = [deep]
itself = {}
itself['a'] = (itself,)
text = '[' * 1_000_000 + ']' * 1_000_000
refusals = []

def run():
    for make, subject in (
        (media_check, deep), (media_check, itself), (decoded_check, deep),
        (json_text_check, text),
    ):
        try:
            make(Limits())(subject)
        except MediaError as ex:
            refusals.append(ex.detail)

threading.stack_size(128 * 1024)
thread = threading.Thread(target=run)
thread.start()
thread.join()
print(*refusals, sep='; ')
"""


def test_no_check_depends_on_the_size_of_the_stack() -> None:
    done = subprocess.run(
        [sys.executable, '-c', SMALL_STACK],
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    deep = 'nested deeper than 64 levels'
    assert done.stdout == f'{deep}; it contains itself; {deep}; {deep}\n'


# ------------------------------------- What is relied on: gc.get_referents() of CPython


def untracked(media: object) -> object:
    """Make the garbage collector untrack objects that can't be in a cycle."""
    gc.collect()
    return media


@pytest.mark.parametrize(
    ('container', 'contents'),
    [
        ([1, 'a', None, 1], [1, 'a', None, 1]),
        (untracked((1, 'a', 1)), [1, 'a', 1]),
        (untracked(((), ((),))), [(), ((),)]),
        ({1, 'a'}, [1, 'a']),
        (frozenset({1, 'a'}), [1, 'a']),
        ({}, []),
        ((), []),
        # documented for no type, and counted on: values only, if all keys are strings
        (untracked({'a': 1, 'b': 1}), [1, 1]),
        ({'a': [1], 'b': ()}, [[1], ()]),
        ({(1,): 2, 3: (4,)}, [(1,), 2, 3, (4,)]),
        ({'a': 1, 2: 3}, ['a', 1, 2, 3]),
    ],
)
def test_the_referents_of_a_container_are_its_contents(
    container: object, contents: list[object]
) -> None:
    found = gc.get_referents(container)
    assert sorted(map(repr, found)) == sorted(map(repr, contents))


def test_the_referents_of_several_objects_are_those_of_each() -> None:
    found = gc.get_referents([1], 'a', [[1]], {'a': 2}, ([1],))
    assert found == [1, [1], 2, [1]]


def test_the_dict_of_a_living_instance_may_hide_its_values() -> None:
    # CPython 3.13 and later: all of its values, or none while the dict belongs to a
    # living instance.
    instance = Tag([1])
    table = vars(instance)
    assert gc.get_referents(table) in ([[1]], [])
    table['more'] = 2
    assert gc.get_referents(table) in ([[1], 2], [])
    assert gc.get_referents(dict(table), table.copy(), {**table}) == [[1], 2] * 3
    del instance
    assert gc.get_referents(table) == [[1], 2]


@pytest.mark.parametrize(
    'scalar',
    [None, True, 7, 1.5, 'text', b'bytes', bytearray(b'ab'), range(9), dt.date.min,
     dt.datetime.now(dt.UTC), dt.time(1), dt.timedelta(1)],
    ids=lambda scalar: type(scalar).__name__,
)  # fmt: skip  # one list
def test_scalars_have_no_referents(scalar: object) -> None:
    assert gc.get_referents(scalar) == []


@pytest.mark.parametrize(
    'container',
    [OrderedDict(a=[1]), defaultdict(list, a=[1]), deque([[1]]), Table(a=[1]),
     Pair([1], 2), UserList([[1]]).data, MappingProxyType({'a': [1]}).copy()],
    ids=lambda container: type(container).__name__,
)  # fmt: skip  # one list
def test_other_containers_refer_to_their_contents(container: object) -> None:
    assert [1] in gc.get_referents(container)


@pytest.mark.parametrize(
    'instance', [UUID(int=1), Colour.RED, Point(), Tag(1), Table(), Pair(1, 2)]
)
def test_instances_refer_to_their_type(instance: object) -> None:
    assert type(instance) in gc.get_referents(instance)
