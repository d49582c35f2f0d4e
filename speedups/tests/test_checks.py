"""Compare the compiled checks of objects with the same in Python."""

from __future__ import annotations

from collections import OrderedDict
import datetime as dt
import enum
import gc
import math
import sys
from typing import Any
import weakref

from hypothesis import example
from hypothesis import given
from hypothesis import strategies as st
import pytest

from falcon_media_speedups import Checks
from falcon_media_speedups import Shape

SCALARS = (bool, float, int, str, type(None))
OTHERS = (bytes, dt.date, dt.datetime)


def make(**options: Any) -> Checks:
    defaults: dict[str, Any] = {
        'max_depth': 64,
        'max_items': 1_000,
        'containers': (dict, list, tuple),
        'leaves': SCALARS,
        'keys': (str,),
        'float_bound': 0,
        'short_integers': False,
    }
    chosen = defaults | options
    budgets = {name: chosen.pop(name) for name in ('max_depth', 'max_items')}
    containers = chosen.pop('containers')
    shape = Shape(**chosen)
    shape.open(
        dict_of=shape if dict in containers else None,
        list_of=shape if list in containers else None,
        tuple_of=shape if tuple in containers else None,
        structs=(),
    )
    return Checks(shape=shape, **budgets)


class Text(str):
    __slots__ = ()


class Level(enum.IntEnum):
    LOW = 1


# --------------------------------------------------------------------------- Reference


def is_plain(media: Any, options: dict[str, Any], depth: int = 0) -> bool:
    kind = type(media)
    if kind in {dict, list, tuple}:
        if kind not in options['containers'] or depth == options['max_depth']:
            return False
        items: Any = media
        if kind is dict:
            if not all(is_key(key, options) for key in items):
                return False
            items = items.values()
        return all(is_plain(item, options, depth + 1) for item in items)
    if kind not in options['leaves']:
        return False
    if kind is float and options['float_bound']:
        return bool(abs(media) < options['float_bound'])
    return kind is not int or is_short(media, options)


def is_key(key: Any, options: dict[str, Any]) -> bool:
    return type(key) in options['keys'] and (
        type(key) is not int or is_short(key, options)
    )


def is_short(number: int, options: dict[str, Any]) -> bool:
    return not options['short_integers'] or -(2**63) <= number < 2**63


def items_of(media: Any) -> int:
    if isinstance(media, dict):
        media = media.values()
    elif not isinstance(media, list | tuple):
        return 0
    return len(media) + sum(map(items_of, media))


leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from((2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64)),
    st.floats(),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.dates(),
    st.just(Text('a')),
    st.just(Level.LOW),
)
keys = st.one_of(
    st.text(max_size=3),
    st.integers(),
    st.sampled_from((2**63 - 1, 2**63, -(2**63) - 1)),
    st.none(),
    st.just(Text('b')),
)
objects = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(keys, inner, max_size=4),
        st.dictionaries(keys, inner, max_size=2).map(OrderedDict),
    ),
    max_leaves=12,
)
choices = st.fixed_dictionaries(
    {
        'max_depth': st.integers(0, 5),
        'max_items': st.integers(0, 12),
        'containers': st.sampled_from(
            [(dict, list, tuple), (dict, list), (list,), (dict,), ()]
        ),
        'leaves': st.lists(st.sampled_from(SCALARS + OTHERS), unique=True).map(tuple),
        'keys': st.sampled_from([(str,), (str, bytes), (int, type(None)), ()]),
        'float_bound': st.sampled_from([0, math.inf, 2.0**63, 1.0]),
        'short_integers': st.booleans(),
    }
)


@given(media=objects, options=choices)
def test_only_plain_objects_are_accepted(
    media: object, options: dict[str, Any]
) -> None:
    expected = is_plain(media, options) and items_of(media) <= options['max_items']
    assert make(**options).accepts(media) is expected


@given(media=objects)
@example(media=[[]] * 3)
def test_each_type_of_leaf_is_separate(media: object) -> None:
    for cls in SCALARS + OTHERS:
        options = {'leaves': (cls,), 'max_items': 100_000}
        assert make(**options).accepts(media) is is_plain(
            media,
            {
                'containers': (dict, list, tuple),
                'max_depth': 64,
                'keys': (str,),
                'float_bound': 0,
                'short_integers': False,
                **options,
            },
        )


# ------------------------------------------------------------------------------- Bounds


def nested(levels: int) -> object:
    media: object = 0
    for _ in range(levels):
        media = [media]
    return media


@pytest.mark.parametrize('most', [1, 64, 128])
def test_depth_is_limited(most: int) -> None:
    checks = make(max_depth=most)
    assert checks.accepts(nested(most))
    assert not checks.accepts(nested(most + 1))


def test_more_than_128_levels_are_not_accepted() -> None:
    checks = make(max_depth=sys.maxsize, max_items=sys.maxsize)
    assert checks.accepts(nested(128))
    assert not checks.accepts(nested(129))


def test_an_object_that_contains_itself_is_not_accepted() -> None:
    media: list[object] = []
    media.append(media)
    assert not make(max_items=sys.maxsize).accepts(media)


def test_shared_objects_count_wherever_they_occur() -> None:
    media: list[object] = [0]
    for _ in range(60):
        media = [media, media]
    assert not make(max_items=1_000_000).accepts(media)


def test_items_are_counted_in_all_containers() -> None:
    media = {'a': [1, 2], 'b': (3,)}
    assert make(max_items=5).accepts(media)
    assert not make(max_items=4).accepts(media)


def test_nan_is_not_accepted_with_a_bound() -> None:
    assert make(float_bound=0).accepts(math.nan)
    assert not make(float_bound=math.inf).accepts([math.nan])


@pytest.mark.parametrize('bound', [1.0, 2.0**63, math.inf])
def test_a_bound_is_for_both_signs(bound: float) -> None:
    checks = make(float_bound=bound)
    less = math.nextafter(bound, 0)
    assert checks.accepts([less, -less])
    assert not checks.accepts([bound])
    assert not checks.accepts([-bound])


def test_all_values_of_a_living_instance_are_checked() -> None:
    class User:
        def __init__(self) -> None:
            self.name = 'ann'

    user = User()
    assert make().accepts(vars(user))
    user.name = Text('bob')
    assert not make().accepts([vars(user)])


# --------------------------------------------------------------------------- Arguments


@pytest.mark.parametrize(
    ('options', 'error', 'reason'),
    [
        ({'leaves': (1,)}, TypeError, 'leaves must be types, not 1'),
        ({'leaves': (dict,)}, ValueError, "leaves must not have <class 'dict'>"),
        ({'keys': (tuple,)}, ValueError, "keys must not have <class 'tuple'>"),
        ({'leaves': [str]}, TypeError, 'tuple'),
        ({'max_depth': 'a'}, TypeError, 'integer'),
        ({'max_depth': 2**64}, OverflowError, 'C ssize_t'),
        ({'float_bound': 'a'}, TypeError, 'real number'),
        ({'max_depth': -1}, ValueError, 'must not be negative'),
        ({'max_items': -1}, ValueError, 'must not be negative'),
    ],
)
def test_arguments_are_checked(
    options: dict[str, Any], error: type[Exception], reason: str
) -> None:
    with pytest.raises(error, match=reason):
        make(**options)


def test_all_arguments_are_keyword_only() -> None:
    with pytest.raises(TypeError):
        Checks()  # type: ignore[call-arg]  # they are missing
    with pytest.raises(TypeError):
        Shape((), (), 0, False)  # type: ignore[call-arg]  # not by name
    with pytest.raises(TypeError):
        Checks(shape=None, max_depth=1, max_items=1)  # type: ignore[arg-type]  # no Shape


def test_types_are_released_with_the_checks() -> None:
    class Own:
        pass

    checks = make(leaves=(Own,))
    assert checks.accepts(Own())
    alive = weakref.ref(Own)
    del Own, checks
    gc.collect()
    assert alive() is None
