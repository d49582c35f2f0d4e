"""A type for messages of any shape, down to a depth.

msgspec has no budget for depth, and overflows a stack of 128 KB at less than 400
levels. It does keep to a type, though. So messages are decoded to a type that is made
of containers within containers, down to a few levels. What is deeper doesn't fit, and
no step is taken into it.

PERF: This takes as long as to decode without a type. The types grow twice as many with
    each level, so that deeper messages, which are few, have to be decoded again.
"""

from __future__ import annotations

from typing import Any, Union

__all__ = ('shallow_type',)

_LEVELS = 6

_SCALAR = Union[None, bool, int, float, str]  # noqa: UP007  # built up at run time


def shallow_type(max_depth: int) -> Any:
    """Make a type for lists, dicts with keys of str, and scalars but bytes.

    Args:
        max_depth (int): How deep messages may be at the most.

    Returns:
        Any: A type for those that are not as deep as that, or not very deep.
    """
    found: Any = _SCALAR
    for _ in range(min(max_depth, _LEVELS)):
        found = Union[_SCALAR, list[found], dict[str, found]]  # noqa: UP007  # see above
    return found
