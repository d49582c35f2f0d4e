"""The names of probes for the parts of an object, for messages."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

from falcon_media_testing.probes import Probe

__all__ = ('kinds_of',)

_CONTROL = frozenset((*range(0x20), *range(0x7F, 0xA0), 0xFEFF, 0xFFFE, 0xFFFF))
_BREAKS = frozenset(map(ord, '\t\n\r\x85\u2028\u2029'))


def kinds_of(media: object, probes: Sequence[Probe]) -> list[str]:
    """Name the probes that the parts of an object belong to.

    Args:
        media (object): The object.
        probes (Sequence[Probe]): The probes of the contract.

    Returns:
        list[str]: Their names, quoted, as they are written in ``cant_carry``.
    """
    by_type: dict[type, str] = {}
    for probe in probes:
        for value in probe.values():
            by_type.setdefault(type(value), probe.name)
    known = {probe.name for probe in probes}
    found = dict.fromkeys(_kinds(media, by_type))
    return [repr(name) for name in found if name in known]


def _kinds(media: Any, by_type: dict[type, str]) -> Iterator[str]:
    cls = type(media)
    if cls is int:
        yield _kind_of_int(media)
    elif cls is float:
        yield _kind_of_float(media)
    elif cls is str:
        yield from _kinds_of_str(media)
    else:
        yield by_type.get(cls, '')
    if isinstance(media, dict):
        for key, value in media.items():
            yield from _kinds_of_key(key)
            yield from _kinds(value, by_type)
    elif isinstance(media, list | tuple):
        if len({*map(type, media)}) > 1:
            yield 'mixed_list'
        for item in media:
            yield from _kinds(item, by_type)


def _kind_of_int(number: int) -> str:
    if abs(number) <= 2**53:
        return 'int'
    if -(2**63) <= number < 2**63:
        return 'int_beyond_53_bits'
    if 0 <= number < 2**64:
        return 'unsigned_64_bits'
    # NOTE: 4,300 digits, the most that int() takes.
    return 'int_beyond_64_bits' if number.bit_length() < 14_284 else 'huge_int'


def _kind_of_float(number: float) -> str:
    if number != number:
        return 'nan'
    if number in {float('inf'), float('-inf')}:
        return 'infinity'
    return 'negative_zero' if repr(number) == '-0.0' else 'float'


def _kinds_of_str(text: str) -> Iterator[str]:
    codes = {*map(ord, text)}
    if 0 in codes:
        yield 'nul'
    if codes & _BREAKS:
        yield 'line_breaks'
    if codes & (_CONTROL - _BREAKS - {0}):
        yield 'control_characters'
    if any(0xD800 <= code < 0xE000 for code in codes):
        yield 'lone_surrogate'
    yield 'str'


def _kinds_of_key(key: object) -> Iterator[str]:
    if isinstance(key, str):
        yield from _kinds_of_str(key)
        if '\0' in key:
            yield 'nul_key'
    else:
        yield f'{type(key).__name__.removesuffix("Type").lower()}_key'
