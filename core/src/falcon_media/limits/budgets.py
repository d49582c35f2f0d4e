"""Budgets, and the checks that need only the size or the bytes of a payload."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import fields
from dataclasses import replace
import sys

from falcon_media.errors import ConfigError
from falcon_media.errors import PayloadTooLarge

__all__ = (
    'binary_screen',
    'check_size',
    'is_of_digits',
    'Limits',
    'more_digits',
    'payload_size',
    'too_deep',
    'too_large',
    'too_many',
    'too_many_digits',
    'unchecked_binary',
    'utf8_size',
)


class _Default(int):
    """The default value of a budget.

    NOTE: The value itself is marked, so that the mark is copied with it, for instance
        by ``dataclasses.replace()``.
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The budgets of one message.

    An instance remembers which budgets were passed, even if their value is the default.
    If several layers set budgets, each budget comes from the nearest layer that sets
    it.

    Attributes:
        max_size (int): Size of the payload in bytes (default 1 MiB); for TEXT, in
            UTF-8.
        max_depth (int): Containers on the longest path from the root (default 64). The
            root counts as 1; a scalar alone has depth 0.
        max_items (int): Elements of all arrays plus entries of all maps in the payload
            (default 262,144).

    Raises:
        ConfigError: A budget is not a positive integer.
    """

    max_size: int = _Default(1_048_576)
    max_depth: int = _Default(64)
    max_items: int = _Default(262_144)

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            # NOTE: bool is an int, and max_depth=True is a mistake.
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ConfigError(
                    f'limits: {field.name} must be a positive integer, not {value!r}'
                )

    @property
    def named(self) -> tuple[str, ...]:
        """The names of the budgets that were passed, in order."""
        return tuple(
            field.name
            for field in fields(self)
            if type(getattr(self, field.name)) is not _Default
        )

    def over(self, other: Limits) -> Limits:
        """Merge these budgets with those of a layer behind this one.

        Args:
            other (Limits): The layer behind this one.

        Returns:
            Limits: These budgets, and those of `other` that were not passed here.
        """
        return replace(other, **{name: getattr(self, name) for name in self.named})

    def settled(self) -> Limits:
        """Return the same budgets, all marked as passed."""
        # PERF: CPython compares plain ints faster than those of a subclass.
        return Limits(
            **{field.name: int(getattr(self, field.name)) for field in fields(self)}
        )


def too_large(limits: Limits, name: str, detail: str) -> PayloadTooLarge:
    """Make the error for a payload that exceeds a budget."""
    return PayloadTooLarge(detail, limit=name, limit_value=getattr(limits, name))


def too_deep(limits: Limits) -> PayloadTooLarge:
    """Make the error for a payload that exceeds ``max_depth``."""
    return too_large(
        limits, 'max_depth', f'nested deeper than {limits.max_depth} levels'
    )


def too_many(limits: Limits) -> PayloadTooLarge:
    """Make the error for a payload that exceeds ``max_items``."""
    return too_large(limits, 'max_items', f'more than {limits.max_items} items')


# ---------------------------------------------------------------------------- Size


def utf8_size(text: str) -> int:
    """Count the bytes of a text in UTF-8.

    A lone surrogate counts as three, although it can't be encoded.
    """
    # PERF: A str knows whether it is ASCII, of any length.
    return len(text) if text.isascii() else len(text.encode('utf-8', 'surrogatepass'))


def payload_size(payload: str | bytes) -> int:
    """Count the bytes of a payload; for a text, in UTF-8."""
    return utf8_size(payload) if isinstance(payload, str) else len(payload)


def check_size(payload: str | bytes, limits: Limits) -> None:
    """Refuse a payload of more than ``max_size`` bytes.

    Args:
        payload (str | bytes): A text is measured in UTF-8.
        limits (Limits): The budgets.

    Raises:
        PayloadTooLarge: The payload exceeds the budget.
    """
    size = len(payload)
    max_size = limits.max_size
    # PERF: A character takes one to four bytes, so the text is encoded only if its
    #   length doesn't decide. That takes at most 4 * max_size bytes.
    if size <= max_size and (
        isinstance(payload, bytes)
        or 4 * size <= max_size
        or utf8_size(payload) <= max_size
    ):
        return
    error = too_large(limits, 'max_size', f'larger than {max_size} bytes')
    error.size = size
    raise error


# --------------------------------------------------------------------- Binary formats


def unchecked_binary(limits: Limits) -> int:
    """Return the size up to which a MessagePack or CBOR payload needs no check.

    Each container takes at least one byte; each item takes one besides the root's.
    """
    return min(limits.max_depth, limits.max_items + 1)


def binary_screen(container_headers: bytes, limits: Limits) -> Callable[[bytes], bool]:
    """Make a fast accept for bytes, which saves the check of the decoded object.

    PERF: Half the cost of :func:`decoded_check` for a message of 1.4 KB. Longer
        messages usually have too many containers for it, and are not scanned.

    Args:
        container_headers (bytes): All bytes that can begin a container.
        limits (Limits): The budgets.

    Returns:
        Callable: Takes the payload; returns whether it is certainly within the budgets.
    """
    max_depth = limits.max_depth
    max_size = min(_ACCEPT_SIZE, limits.max_items + 1)
    others = bytes(set(range(256)) - set(container_headers))

    def accept(payload: bytes) -> bool:
        return (
            len(payload) <= max_size
            and len(payload.translate(None, others)) <= max_depth
        )

    return accept


_ACCEPT_SIZE = 4096


# ------------------------------------------------------------------ Digits of integers


def is_of_digits(ex: BaseException | None) -> bool:
    """Tell whether CPython raised an exception for an integer of too many digits."""
    # NOTE: A plain ValueError; the message is in the documentation of CPython.
    return type(ex) is ValueError and 'for integer string conversion' in str(ex)


def more_digits() -> str:
    """Describe an integer of too many digits, and the function that accepts it."""
    return (
        f'more than {sys.get_int_max_str_digits()} digits: '
        'sys.set_int_max_str_digits() accepts them'
    )


def too_many_digits() -> PayloadTooLarge:
    """Make the error for an integer of more digits than CPython accepts."""
    return PayloadTooLarge(
        f'it contains an integer of {more_digits()}',
        limit='int_max_str_digits',
        limit_value=sys.get_int_max_str_digits(),
    )
