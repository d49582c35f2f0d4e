"""What objects of a type look like, for the compiled checks.

An object that is made of the very classes that its type names, and of nothing else,
comes back equal. So it need not be decoded again to be sure of that.
"""

from __future__ import annotations

from collections.abc import Collection
from inspect import getattr_static
from types import MemberDescriptorType
from typing import Any, TYPE_CHECKING

from msgspec import inspect
from msgspec import Struct

from falcon_media.spi import speedups

if TYPE_CHECKING:
    from falcon_media_speedups import Shape

__all__ = ('shape_of',)


def shape_of(cls: Any, leaves: Collection[type], *, float_bound: float) -> Shape | None:
    """Describe the objects of a type.

    Args:
        cls: A type that msgspec can decode to.
        leaves (Collection): The scalars that the format has without a type.

    Keyword Args:
        float_bound (float): What floats have to be less than, whatever their sign; 0
            for none.

    Returns:
        Shape: ``None`` if there may be more to it than of which classes they are, or if
        the compiled checks are not installed.
    """
    module = speedups()
    if module is None:
        return None
    try:
        return _Maker(module, leaves, float_bound).make(inspect.type_info(cls))
    except _Unknown:
        return None


class _Unknown(Exception):
    """A type that takes a look at each object, or a hook."""


class _Maker:
    def __init__(
        self, module: Any, leaves: Collection[type], float_bound: float
    ) -> None:
        self._new = module.Shape
        self._leaves = tuple(leaves)
        self._float_bound = float_bound
        # NOTE: By id, since a type that is part of itself can't be compared.
        self._known: dict[int, Shape] = {}

    def make(self, node: Any) -> Shape:
        """Make the shape of a node of a type."""
        if id(node) in self._known:
            return self._known[id(node)]
        parts = node.types if isinstance(node, inspect.UnionType) else (node,)
        scalars = [_SCALARS[type(part)] for part in parts if type(part) in _SCALARS]
        is_any = any(isinstance(part, inspect.AnyType) for part in parts)
        shape: Shape = self._new(
            leaves=self._leaves if is_any else tuple(scalars),
            keys=(str,),
            float_bound=self._float_bound,
            short_integers=False,
        )
        self._known[id(node)] = shape
        inner: dict[str, Any] = dict.fromkeys(('dict_of', 'list_of', 'tuple_of'))
        if is_any:
            # NOTE: A tuple would come back as a list.
            inner['dict_of'] = inner['list_of'] = shape
        structs = []
        for part in parts:
            _check_constraints(part)
            match part:
                case inspect.ListType():
                    inner['list_of'] = self.make(part.item_type)
                case inspect.VarTupleType():
                    inner['tuple_of'] = self.make(part.item_type)
                case inspect.DictType(key_type=inspect.StrType()):
                    _check_constraints(part.key_type)
                    inner['dict_of'] = self.make(part.value_type)
                case inspect.StructType():
                    members = _members(part)
                    shapes = tuple(self.make(field.type) for field in part.fields)
                    structs.append((part.cls, members, shapes))
                case inspect.AnyType():
                    pass
                case _ if type(part) not in _SCALARS:
                    raise _Unknown
        shape.open(**inner, structs=tuple(structs))
        return shape


_SCALARS: dict[type, type] = {
    inspect.BoolType: bool,
    inspect.FloatType: float,
    inspect.IntType: int,
    inspect.NoneType: type(None),
    inspect.StrType: str,
}

_CONSTRAINTS = (
    *('gt', 'ge', 'lt', 'le', 'multiple_of'),
    *('min_length', 'max_length', 'pattern'),
)


def _check_constraints(node: Any) -> None:
    if any(getattr(node, name, None) is not None for name in _CONSTRAINTS):
        raise _Unknown


def _members(node: inspect.StructType) -> tuple[MemberDescriptorType, ...]:
    cls = node.cls
    # NOTE: What __post_init__() makes of an object, or __eq__() thinks of two, nobody
    #   else knows. A generic type with its arguments is no class.
    if (
        not isinstance(cls, type)
        or hasattr(cls, '__post_init__')
        or cls.__eq__ is not Struct.__eq__
    ):
        raise _Unknown
    members = tuple(getattr_static(cls, field.name) for field in node.fields)
    if not all(isinstance(member, MemberDescriptorType) for member in members):
        raise _Unknown
    return members
