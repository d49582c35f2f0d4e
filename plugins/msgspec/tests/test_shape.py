"""Types whose objects need not be decoded again to know that they come back equal."""

from __future__ import annotations

from collections.abc import Callable
import datetime as dt
from math import inf
from math import nan
from typing import Annotated, Any, Generic, Literal, TypeVar

from hypothesis import given
from hypothesis import strategies as st
import msgspec
import pytest

from falcon_media import Handler
from falcon_media import Limits
from falcon_media import UnserializableMedia
from falcon_media.spi import compiled_checks
from falcon_media.spi import speedups
from falcon_media_msgspec import MsgspecJSONHandler
from falcon_media_msgspec import MsgspecMessagePackHandler
from falcon_media_msgspec.shape import shape_of

LEAVES = (bool, float, int, str, type(None))

pytestmark = pytest.mark.skipif(
    speedups() is None, reason='the compiled checks are not installed'
)
each_handler = pytest.mark.parametrize(
    'make', [MsgspecJSONHandler, MsgspecMessagePackHandler]
)


class Point(msgspec.Struct):
    x: int
    y: float = 0.0


class Tree(msgspec.Struct, omit_defaults=True, rename='camel'):
    own_name: str
    below: list[Tree] = []
    points: dict[str, Point | None] = {}
    pair: tuple[int | str, ...] = ()
    any_at_all: Any = None


class Left(msgspec.Struct, tag=True, frozen=True):
    x: bool


class Right(msgspec.Struct, tag=True, eq=False):
    x: str


class Checked(msgspec.Struct):
    x: int

    def __post_init__(self) -> None:
        self.x += 1


class Particular(msgspec.Struct):
    x: int

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = None  # type: ignore[assignment]  # as for every mutable Struct


class Row(msgspec.Struct, array_like=True):
    x: int
    y: str = ''


T = TypeVar('T')


class Box(msgspec.Struct, Generic[T]):
    x: T


KNOWN = [
    Point,
    Tree,
    Left | Right,
    Left | Right | None,
    list[Point],
    dict[str, Any],
    tuple[Left, ...],
    list[Row],
    int | str | list[float],
    Any,
]
UNKNOWN = [
    Checked,
    Particular,
    Box[int],
    list[Checked],
    Annotated[int, msgspec.Meta(ge=0)],
    dict[int, str],
    dict[Annotated[str, msgspec.Meta(min_length=1)], int],
    tuple[int, str],
    set[int],
    Literal['a'],
    dt.datetime,
    bytes,
    list[str] | bytes,
]


@pytest.mark.parametrize('cls', KNOWN, ids=str)
def test_types_that_are_known_by_their_classes(cls: Any) -> None:
    assert shape_of(cls, LEAVES, float_bound=0) is not None


@pytest.mark.parametrize('cls', UNKNOWN, ids=str)
def test_types_that_take_a_closer_look(cls: Any) -> None:
    assert shape_of(cls, LEAVES, float_bound=0) is None


def test_a_field_that_something_else_stands_before() -> None:
    class Behind(Point):
        x = property(lambda self: 'a')

    assert shape_of(Behind, LEAVES, float_bound=0) is None


values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(),
        st.text(max_size=3),
        st.binary(max_size=3),
        st.dates(),
        st.builds(Left, st.booleans() | st.none()),
        st.builds(Right, st.text(max_size=2)),
        st.builds(Row, st.integers(0, 9) | st.none()),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=2).map(tuple),
        st.dictionaries(st.text(max_size=2) | st.integers(), inner, max_size=3),
        st.builds(Point, inner, inner),
        st.builds(
            Tree,
            st.text(max_size=2),
            st.lists(st.builds(Tree, st.text(max_size=2)), max_size=2),
            st.dictionaries(st.text(max_size=2), inner, max_size=2),
            st.lists(inner, max_size=2).map(tuple),
            inner,
        ),
    ),
    max_leaves=8,
)


@pytest.mark.parametrize('cls', KNOWN, ids=str)
@given(media=values)
def test_what_has_the_shape_comes_back_equal(cls: Any, media: object) -> None:
    for library, float_bound, leaves in (
        (msgspec.json, inf, LEAVES),
        (msgspec.msgpack, 0, (*LEAVES, bytes)),
    ):
        shape = shape_of(cls, leaves, float_bound=float_bound)
        checks = compiled_checks(max_depth=64, max_items=1_000, shape=shape)
        assert checks is not None
        if checks.accepts(media):
            received = library.decode(library.encode(media), type=cls)
            # NOTE: NaN is not equal to itself; and see Right.
            assert repr(received) == repr(media)


@each_handler
@pytest.mark.parametrize('strict', [True, False])
def test_what_has_the_shape_is_encoded_at_once(
    make: Callable[..., Any], strict: bool
) -> None:
    handler = make(type=Tree, strict_encode=strict)
    tree = Tree('a', [Tree('b')], {'c': Point(1)}, (1, 'd'), {'e': [1.5, None]})
    assert handler.deserialize(handler.serialize(tree)) == tree


@each_handler
@pytest.mark.parametrize(
    'media',
    [
        Point('a'),  # type: ignore[arg-type]  # what is tried
        Point(1, None),  # type: ignore[arg-type]  # likewise
        Tree('a', pair=(1.5,)),  # type: ignore[arg-type]  # likewise
        {'own_name': 'a'},
        None,
    ],
)
def test_what_does_not_have_it_is_refused_as_ever(
    make: Callable[..., Handler], media: object
) -> None:
    handler = make(type=Tree)
    with pytest.raises(UnserializableMedia):
        handler.serialize(media)


@each_handler
def test_depth(make: Callable[..., Any]) -> None:
    # NOTE: The innermost containers are the lists of those that have none below.
    handler = make(type=Tree, limits=Limits(max_depth=4))
    fits, not_quite = Tree('a', [Tree('b')]), Tree('a', [Tree('b', [Tree('c')])])
    assert handler.deserialize(handler.serialize(fits)) == fits
    with pytest.raises(UnserializableMedia, match='nested deeper than 4 levels'):
        handler.serialize(not_quite)


def test_nan_is_for_a_closer_look_in_json() -> None:
    with pytest.raises(UnserializableMedia):
        MsgspecJSONHandler(type=Point).serialize(Point(1, nan))
    packed: Any = MsgspecMessagePackHandler(type=Point)
    assert (
        repr(packed.deserialize(packed.serialize(Point(1, nan)))) == 'Point(x=1, y=nan)'
    )
