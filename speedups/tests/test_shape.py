"""Shapes of objects of classes, and of their members."""

from __future__ import annotations

import gc
import sys
import threading
from types import MemberDescriptorType
from typing import Any
import weakref

import pytest

from falcon_media_speedups import Checks
from falcon_media_speedups import Shape


class Point:
    __slots__ = ('after', 'x')

    def __init__(self, x: object, after: object = None) -> None:
        self.x = x
        self.after = after


class Named(Point):
    __slots__ = ('name',)


def leaf(*leaves: type) -> Shape:
    return Shape(leaves=leaves, keys=(str,), float_bound=0, short_integers=False)


def member(cls: type, name: str) -> MemberDescriptorType:
    found = getattr(cls, name)
    assert isinstance(found, MemberDescriptorType)
    return found


def points(*others: type) -> Shape:
    """A point with an int, and a next point or ``None``."""
    shape = leaf(type(None), *others)
    members = (member(Point, 'x'), member(Point, 'after'))
    shape.open(
        dict_of=None,
        list_of=None,
        tuple_of=None,
        structs=((Point, members, (leaf(int), shape)),),
    )
    return shape


def accepts(shape: Shape, media: object, depth: int = 64, items: int = 1_000) -> bool:
    return Checks(shape=shape, max_depth=depth, max_items=items).accepts(media)


def chain(length: int) -> Point | None:
    point = None
    for number in range(length):
        point = Point(number, point)
    return point


def test_each_member_has_its_own_shape() -> None:
    shape = points()
    assert accepts(shape, Point(1))
    assert accepts(shape, Point(1, Point(2)))
    assert not accepts(shape, Point('a'))
    assert not accepts(shape, Point(1, Point('a')))
    assert not accepts(shape, Point(1, 2))


def test_other_classes_are_not_accepted() -> None:
    assert not accepts(points(), Named(1))
    assert not accepts(points(), object())
    assert accepts(points(str), 'a')


def test_a_deleted_member_is_not_accepted() -> None:
    point = Point(1)
    del point.x
    assert not accepts(points(), point)


def test_depth_and_items_count_objects_with_members() -> None:
    assert accepts(points(), chain(3), depth=3)
    assert not accepts(points(), chain(4), depth=3)
    assert accepts(points(), chain(3), items=6)
    assert not accepts(points(), chain(3), items=5)


def test_an_object_that_contains_itself_is_not_accepted() -> None:
    point = Point(1)
    point.after = point
    assert not accepts(points(), point, items=10**9)


def test_a_small_stack_is_enough() -> None:
    found: list[bool] = []
    size = threading.stack_size(128 * 1024)
    try:
        thread = threading.Thread(
            target=lambda: found.append(accepts(points(), chain(128), depth=128))
        )
        thread.start()
    finally:
        threading.stack_size(size)
    thread.join(timeout=30)
    assert found == [True]


def test_references_to_members_are_released() -> None:
    value = object()
    point = Point(value)
    before = sys.getrefcount(value)
    for _ in range(100):
        assert not accepts(points(), point)
    assert sys.getrefcount(value) == before


def test_a_shape_may_have_several_classes() -> None:
    shape = leaf()
    shape.open(
        dict_of=None,
        list_of=None,
        tuple_of=None,
        structs=(
            (Point, (member(Point, 'x'),), (leaf(int),)),
            (Named, (member(Named, 'name'),), (leaf(str),)),
        ),
    )
    named = Named(None)
    named.name = 'here'  # type: ignore[attr-defined]  # a slot
    assert accepts(shape, Point(1))
    assert accepts(shape, named)
    assert not accepts(shape, Point('a'))


def test_each_container_has_its_own_shape() -> None:
    shape = leaf()
    shape.open(dict_of=leaf(int), list_of=leaf(str), tuple_of=leaf(float), structs=())
    fitting: list[object] = [{'a': 1}, ['a'], (1.5,), {}, [], ()]
    assert all(accepts(shape, media) for media in fitting)
    others: list[object] = [{'a': 'b'}, [1], (1,), {1: 1}, [[]], 1]
    assert not any(accepts(shape, media) for media in others)


def test_a_shape_has_no_containers_before_it_is_opened() -> None:
    assert accepts(leaf(int), 1)
    assert not accepts(leaf(int), [1])


@pytest.mark.parametrize(
    ('inner', 'error'),
    [
        ({'dict_of': 1}, TypeError),
        ({'list_of': int}, TypeError),
        ({'tuple_of': 'a'}, TypeError),
        ({'structs': [1]}, TypeError),
        ({'structs': (1,)}, TypeError),
        ({'structs': ((Point,),)}, TypeError),
        ({'structs': ((1, (), ()),)}, TypeError),
        ({'structs': ((Point, (member(Point, 'x'),), ()),)}, ValueError),
        ({'structs': ((Point, (1,), (leaf(),)),)}, TypeError),
        ({'structs': ((Point, (member(Point, 'x'),), (1,)),)}, TypeError),
    ],
)
def test_arguments_are_checked(inner: dict[str, Any], error: type[Exception]) -> None:
    shape = points()
    defaults = {'dict_of': None, 'list_of': None, 'tuple_of': None, 'structs': ()}
    with pytest.raises(error):
        shape.open(**defaults | inner)
    assert accepts(shape, 1) is False


def test_a_shape_that_contains_itself_is_collected() -> None:
    class Own:
        __slots__ = ('x',)

    shape = leaf()
    shape.open(
        dict_of=shape,
        list_of=shape,
        tuple_of=shape,
        structs=((Own, (member(Own, 'x'),), (shape,)),),
    )
    alive = weakref.ref(Own)
    del Own, shape
    gc.collect()
    assert alive() is None
