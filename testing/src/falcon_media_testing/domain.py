"""A Hypothesis strategy for the objects that a format says it can carry."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Sequence
import datetime as dt
from typing import Any, TypeAlias

from hypothesis import strategies as st

from falcon_media_testing.probes import Probe

__all__ = ('anything', 'domain')

_Strategy: TypeAlias = st.SearchStrategy[Any]

_ZONES = st.builds(
    dt.timezone, st.integers(-23 * 60, 23 * 60).map(lambda m: dt.timedelta(minutes=m))
)

_SCALARS: dict[str, Callable[[], _Strategy]] = {
    'none': st.none,
    'bool': st.booleans,
    'int': lambda: st.integers(-(2**53), 2**53),
    'int_beyond_53_bits': lambda: st.integers(-(2**63), 2**63 - 1),
    'unsigned_64_bits': lambda: st.integers(2**63, 2**64 - 1),
    'int_beyond_64_bits': lambda: st.integers(-(2**200), 2**200),
    'nan': lambda: st.just(float('nan')),
    'infinity': lambda: st.sampled_from([float('inf'), float('-inf')]),
    # NOTE: There is a minus zero, which few formats have.
    'decimal': lambda: st.decimals(-(10**9), 10**9).map(
        lambda number: number or abs(number)
    ),
    'bytes': lambda: st.binary(max_size=40),
    'datetime_aware': lambda: st.datetimes(
        # NOTE: Whatever the zone, the time in UTC is one that there is.
        dt.datetime(1, 1, 3),  # noqa: DTZ001  # the zones are those of the next line
        dt.datetime(9999, 12, 29),  # noqa: DTZ001  # see above
        timezones=_ZONES,
    ),
    'datetime_naive': st.datetimes,
    'date': st.dates,
    'time': st.times,
    'timedelta': st.timedeltas,
    'uuid': st.uuids,
}


def domain(probes: Collection[str], root: type = object) -> _Strategy:
    """Make a strategy for nested objects.

    Args:
        probes (Collection[str]): Names of the probes that come back equal. Others than
            the kit's are ignored.
        root (type): What the outermost value must be: ``dict``, or anything.

    Returns:
        SearchStrategy: For lists, mappings and scalars.
    """
    text = _text(probes)
    scalars = [make() for name, make in _SCALARS.items() if name in probes]
    scalars += [_floats(probes)] if 'float' in probes else []
    scalars += [text] if 'str' in probes else []
    keys = [text if 'nul_key' in probes else _text({*probes} - {'nul'})]
    if 'int_key' in probes:
        keys.append(st.integers(-(2**53), 2**53))
    if 'bytes_key' in probes:
        keys.append(st.binary(max_size=10))
    mappings = st.one_of(keys)

    def containers(inner: _Strategy) -> _Strategy:
        found: list[_Strategy] = [st.dictionaries(mappings, inner, max_size=5)]
        if 'mixed_list' in probes:
            found.append(st.lists(inner, max_size=5))
        elif 'list' in probes:
            found += [st.lists(scalar, max_size=5) for scalar in scalars]
        return st.one_of(found)

    scalar = st.one_of(scalars)
    trees = st.recursive(scalar, containers, max_leaves=20)
    # NOTE: By itself, Hypothesis makes few objects without a container around them.
    media = st.one_of(scalar, _long(scalar, text, probes), trees)
    if root is dict:
        return st.dictionaries(mappings, media, max_size=5)
    return media


def anything(probes: Sequence[Probe], refused: Collection[str]) -> _Strategy:
    """Make a strategy for objects of all kinds.

    Args:
        probes (Sequence[Probe]): What to make them of.
        refused (Collection[str]): Names of those that are declared not to be carried.
            They are rare, or next to all objects would be refused for one of them.

    Returns:
        SearchStrategy: For nested objects, odd ones among them.
    """
    short = [probe for probe in probes if probe.name not in _LARGE]
    fine = [probe for probe in short if probe.name not in refused]
    odd = [probe for probe in short if probe.name in refused]
    values = [_values(fine)] * 7 + [_values(odd)] * bool(odd)
    odd_keys = st.sampled_from([None, True, 1, 1.5, b'a', 'a', '1', 'None', (), (1,)])
    text = st.text('ab1', max_size=2)
    return st.recursive(
        st.one_of(values),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.lists(inner, max_size=4).map(tuple),
            st.dictionaries(text, inner, max_size=4),
            st.dictionaries(st.one_of(text, odd_keys), inner, max_size=2),
        ),
        max_leaves=6,
    )


_LARGE = ('big_str', 'huge_int')


def _values(probes: Sequence[Probe]) -> _Strategy:
    # NOTE: Made anew each time: an iterator can be sent once.
    return st.sampled_from(probes).flatmap(
        lambda probe: st.integers(0, len(probe.values()) - 1).map(
            lambda number: probe.values()[number]
        )
    )


# NOTE: Where a format needs more for a length than before.
_LENGTHS = tuple(2**bits + more for bits in (3, 4, 5, 6, 7, 8, 16) for more in (-1, 0))


def _long(scalar: _Strategy, text: _Strategy, probes: Collection[str]) -> _Strategy:
    lengths = st.sampled_from(_LENGTHS)
    short = st.sampled_from(_LENGTHS[:-2])
    found = [
        st.builds(lambda part, length: (part or 'x') * length, text, short),
        st.builds(lambda length: 'x' * length, lengths),
        st.builds(
            lambda length, value: {f'x{n}': value for n in range(length)}, short, scalar
        ),
    ]
    if 'list' in probes:
        found.append(st.builds(lambda length, item: [item] * length, short, scalar))
    if 'bytes' in probes:
        found.append(st.builds(bytes, lengths))
    return st.one_of(found)


def _floats(probes: Collection[str]) -> _Strategy:
    odd = [0.0, 1.0, 1e16, 1e22, 5e-324, 2.2250738585072014e-308]
    floats = st.floats(allow_nan=False, allow_infinity=False)
    if 'negative_zero' in probes:
        return st.one_of(st.sampled_from([*odd, -0.0]), floats)
    return st.one_of(st.sampled_from(odd), floats.map(lambda number: number or 0.0))


_NUL = '\0'
_BREAKS = '\t\n\r\x85\u2028\u2029'
_CONTROLS = '\x01\x08\x1b\x1f\x7f\x9f\ufeff\uffff'
_ODD = '"\'\\/{}[]<>&,:=#%!*|`~ \xa0é\u0301\u07ff\u0800\ud7ff\ue000\U00010000\U0010ffff'


def _text(probes: Collection[str]) -> _Strategy:
    left_out = ''
    odd = _ODD
    categories: tuple[Any, ...] = ('Cs',)
    for name, characters in (('nul', _NUL), ('line_breaks', _BREAKS)):
        if name in probes:
            odd += characters
        else:
            left_out += characters
    if 'control_characters' in probes:
        odd += _CONTROLS
    else:
        categories += ('Cc', 'Cf', 'Cn')
    usual = st.characters(exclude_characters=left_out, exclude_categories=categories)
    text = st.one_of(st.text(usual, max_size=40), st.text(odd, max_size=12))
    if 'str_like_other_type' in probes:
        return text
    # NOTE: What begins like this looks like nothing but text.
    return text.map(lambda rest: f'x{rest}')
