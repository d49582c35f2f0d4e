"""Mappings of fields, with values of all kinds in any mixture."""

from __future__ import annotations

from hypothesis import strategies as st
from plugins.protobuf.tests.schemas import Kinds
from plugins.protobuf.tests.values import Data
from plugins.protobuf.tests.values import Number
from plugins.protobuf.tests.values import Plain
from plugins.protobuf.tests.values import Text

TEXT = st.text(st.characters(exclude_categories=['Cs']), max_size=8)
SCALARS = {
    'a_int32': st.integers(-(2**31), 2**31 - 1),
    'a_uint64': st.integers(0, 2**64 - 1),
    'a_sint64': st.integers(-(2**63), 2**63 - 1),
    'a_double': st.floats(allow_nan=False),
    'a_float': st.floats(allow_nan=False, width=32),
    'a_bool': st.booleans(),
    'a_string': TEXT,
    'a_bytes': st.binary(max_size=8),
    'color': st.integers(-(2**31), 2**31 - 1),
    'numbers': st.lists(st.integers(-(2**31), 2**31 - 1), max_size=4),
    'words': st.lists(TEXT, max_size=4),
    'reals': st.lists(st.floats(allow_nan=False), max_size=4),
    'counts': st.dictionaries(TEXT, st.integers(-(2**31), 2**31 - 1), max_size=4),
    'flags': st.dictionaries(st.booleans(), TEXT, max_size=2),
    'note': TEXT,
    'channel': st.integers(-(2**31), 2**31 - 1),
}
FIELDS = st.recursive(
    st.fixed_dictionaries({}, optional=SCALARS),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            **SCALARS,
            'nested': inner,
            'parts': st.lists(inner, max_size=3),
            'by_id': st.dictionaries(
                st.integers(-(2**31), 2**31 - 1), inner, max_size=3
            ),
        },
    ),
    max_leaves=8,
)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=4)
    | st.binary(max_size=4)
    | st.decimals()
    | st.datetimes()
    | st.sampled_from([Plain.RED, Number.RED, Text.RED, Kinds(), Data(1), ...]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(
            st.sampled_from(['a_int32', 'nested', 'a']), inner, max_size=3
        )
    ),
    max_leaves=6,
)
MIXTURES = st.builds(
    lambda field, value: {field: value},
    st.sampled_from(sorted(Kinds.DESCRIPTOR.fields_by_name)),
    ANYTHING,
)
