from collections.abc import Callable
from typing import Any, final

@final
class Checks:
    def __init__(
        self,
        *,
        max_depth: int,
        max_items: int,
        containers: tuple[type, ...],
        leaves: tuple[type, ...],
        keys: tuple[type, ...],
        float_bound: float,
        short_integers: bool,
    ) -> None: ...
    def accepts(self, media: object, /) -> bool: ...

@final
class Calls:
    def __init__(
        self,
        *,
        checks: Checks,
        call: Callable[[Any], object],
        otherwise: Callable[[Any], object],
        longest: int,
        is_utf8: bool,
        looks_ahead: bool,
        is_opaque: bool,
    ) -> None: ...
    def encode(self, media: object, /) -> Any: ...
    def decode_cbor(self, payload: Any, /) -> object: ...
    def decode_json(self, payload: Any, /) -> object: ...
    def decode_message_pack(self, payload: Any, /) -> object: ...
