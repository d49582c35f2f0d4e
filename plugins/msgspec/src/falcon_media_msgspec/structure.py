"""What the type of messages says of all of them, before there is one."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any, get_origin, TypeVar

from msgspec import inspect

from falcon_media import MalformedPayload
from falcon_media import PayloadTooLarge
from falcon_media.spi import has_nan_keys
from falcon_media.spi import nodes_of
from falcon_media.spi import parts_of

__all__ = ('again_or_none', 'countable', 'deepest', 'shows_all_entries')


def again_or_none(
    encode: Callable[[object], bytes], cls: Any
) -> Callable[[object], bytes | None]:
    """Make a function that encodes what was decoded, where that can be.

    Args:
        encode (Callable): Object to payload.
        cls: The type that it was decoded to.

    Returns:
        Callable: Returns ``None`` for an object that has something in it that can't be
        encoded (the default of a field, or what ``__post_init__()`` has made), or that
        was left as it is; and where a key that is there twice may be encoded twice.
    """
    nodes = nodes_of(inspect.type_info(cls))
    shows_nothing = has_nan_keys(cls) or any(
        isinstance(node, inspect.RawType) for node in nodes
    )

    def encode_again(media: object) -> bytes | None:
        try:
            return None if shows_nothing else encode(media)
        except Exception:  # noqa: BLE001  # of the payload it says nothing
            return None

    return encode_again


_Payload = TypeVar('_Payload', str, bytes)


def countable(
    decode_unique: Callable[[_Payload], object],
) -> Callable[[_Payload], object]:
    """Make a function that decodes a message for its keys and members to be counted.

    Of two entries with one key it would show the last alone, and the library builds
    both.

    Args:
        decode_unique (Callable): Payload to object; refuses a key that is there twice.

    Returns:
        Callable: Refuses such a key as too large.
    """

    def decode(payload: _Payload) -> object:
        try:
            return decode_unique(payload)
        except MalformedPayload as ex:
            raise PayloadTooLarge(
                'a message of this length must not have a key twice, since keys and '
                'members that are not text are counted'
            ) from ex

    return decode


def shows_all_entries(cls: Any) -> bool:
    """Whether what is encoded has no entries that were not there when decoded.

    A field that was left out, and so has its default, is one when it is encoded; and a
    string that begins with a colon looks like one. Then the entries that are encoded
    don't tell how many there were.

    Args:
        cls: A type that msgspec can decode to.

    Returns:
        bool: False if it is not sure.
    """
    return all(map(_adds_nothing, nodes_of(inspect.type_info(cls))))


def _adds_nothing(node: Any) -> bool:
    # NOTE: The alias of a generic class has none of its special attributes.
    own = getattr(node, 'cls', None)
    cls: Any = get_origin(own) or own
    if isinstance(node, inspect.StructType):
        # NOTE: The tag may be left out where there is one type to choose from.
        return (
            node.tag is None
            and not hasattr(cls, '__post_init__')
            and (
                cls.__struct_config__.omit_defaults
                or all(field.required for field in node.fields)
            )
        )
    if isinstance(node, inspect.DataclassType):
        # NOTE: A class of attrs may have converters.
        return (
            not hasattr(cls, '__post_init__')
            and not hasattr(cls, '__attrs_attrs__')
            and all(field.required for field in node.fields)
        )
    if isinstance(node, inspect.EnumType):
        # NOTE: A method of its own may make such a member of any text.
        return not any(str(one.value).startswith(':') for one in node.cls)
    return True


def deepest(cls: Any) -> float:
    """How deep objects of a type can be; infinite if there is no end to it.

    Args:
        cls: A type that msgspec can decode to.

    Returns:
        float: Containers within each other, the object itself included.
    """
    # NOTE: By id, since a type that is part of itself can't be compared. None stands
    #   for one that is being looked into.
    known: dict[int, float | None] = {}

    def height(node: Any) -> float:
        key = id(node)
        if key not in known:
            known[key] = None
            below = max(map(height, parts_of(node)), default=0)
            known[key] = below + isinstance(node, _CONTAINERS)
        found = known[key]
        return inf if found is None or isinstance(node, inspect.AnyType) else found

    return height(inspect.type_info(cls))


_CONTAINERS = (
    *(inspect.DictType, inspect.ListType, inspect.SetType, inspect.FrozenSetType),
    *(inspect.TupleType, inspect.VarTupleType, inspect.NamedTupleType),
    *(inspect.StructType, inspect.DataclassType, inspect.TypedDictType),
)
