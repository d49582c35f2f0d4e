from collections.abc import Callable
from types import MemberDescriptorType
from typing import Any, final, TypeAlias

# Classes with their members, and the shape of each member.
Structs: TypeAlias = tuple[
    tuple[type, tuple[MemberDescriptorType, ...], tuple[Shape, ...]], ...
]

@final
class Shape:
    def __init__(
        self,
        *,
        leaves: tuple[type, ...],
        keys: tuple[type, ...],
        float_bound: float,
        short_integers: bool,
    ) -> None: ...
    def open(
        self,
        *,
        dict_of: Shape | None,
        list_of: Shape | None,
        tuple_of: Shape | None,
        structs: Structs,
    ) -> None: ...

@final
class Checks:
    def __init__(self, *, shape: Shape, max_depth: int, max_items: int) -> None: ...
    def accepts(self, media: object, /) -> bool: ...

@final
class Encoder:
    def __init__(
        self,
        *,
        checks: Checks,
        call: Callable[[Any], object],
        otherwise: Callable[[Any], object],
        shortest: int,
        is_text: bool,
        is_utf8: bool,
    ) -> None: ...
    def encode(self, media: object) -> Any: ...

@final
class Decoder:
    def __init__(
        self,
        *,
        checks: Checks,
        call: Callable[[Any], object],
        otherwise: Callable[[Any], object],
        shortest: int,
        longest: int,
        is_text: bool,
        looks_ahead: bool,
        is_opaque: bool,
    ) -> None: ...
    def decode(self, payload: Any) -> object: ...
    def decode_cbor(self, payload: Any) -> object: ...
    def decode_json(self, payload: Any) -> object: ...
    def decode_message_pack(self, payload: Any) -> object: ...
