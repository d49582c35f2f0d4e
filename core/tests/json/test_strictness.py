"""Strict JSON: duplicate keys, infinite numbers and lone surrogates are found."""

from __future__ import annotations

from collections.abc import Callable
import json
from math import isfinite
from typing import Any, NoReturn

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
import pytest

from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import PayloadTooLarge
from falcon_media.json.strictness import CountingDecoder
from falcon_media.json.strictness import has_lone_surrogate
from falcon_media.json.strictness import may_have_coerced_key
from falcon_media.json.strictness import refused_number
from falcon_media.json.strictness import strict_decode
from falcon_media.json.strictness import unique_object
from falcon_media_testing.cost import growth

properties = settings(deadline=None, database=None, max_examples=500)


class Lax:
    """A decoder that accepts everything, and records the hooks that were used."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def plain(self, text: str) -> object:
        self.calls.append('plain')
        return json.loads(text)

    def unique(self, text: str) -> object:
        self.calls.append('unique')
        return json.loads(text, object_pairs_hook=unique_object)

    def make_counting(self) -> CountingDecoder:
        self.calls.append('make')
        counts: list[int] = []

        def hook(media: dict[str, Any]) -> dict[str, Any]:
            counts.append(len(media))
            return media

        def decode(text: str) -> object:
            self.calls.append('counting')
            return json.loads(text, object_hook=hook)

        def take_count() -> int:
            total = sum(counts)
            counts.clear()
            return total

        return CountingDecoder(decode, take_count)

    def strict(self, limits: Limits | None = None, **flags: Any) -> Callable[..., Any]:
        return strict_decode(
            self.plain,
            limits or Limits(),
            make_counting=self.make_counting,
            decode_unique=self.unique,
            **flags,
        )


def padded(text: str) -> str:
    """Make a long text of it, which takes another path through the code."""
    return f'{" " * 300}{text}'


@pytest.fixture(params=[str, padded], ids=['short', 'long'])
def length(request: pytest.FixtureRequest) -> Any:
    return request.param


# ----------------------------------------------------------------------- Duplicate keys

DUPLICATES = [
    '{"a":1,"a":2}',
    '{"a":1,"a":1}',
    '{"a":1,"b":2,"a":3}',
    '{"":0,"":0}',
    '{"a":1,"a" :2}',
    '{"a" :1,"a":2}',
    '{"a":1,"a"  :2}',
    '{"a"   :1,"a":2}',
    '{"a"  :1,"a"\t:2}',
    '{"a"\n:1,"a"\r:2}',
    '{"a":1,"\\u0061":2}',
    '{"\\u003a":1,":":2}',
    '{"a":{"x":1},"a":{"y":2}}',
    '[{"a":[{"b":0,"b":0}]}]',
    # The lost entry makes up for an additional colon.
    '{"a":{"b":1,"c":2},"a":{"d":"\\":"}}',
    '{"a":":","a":"\\u003a"}',
    '{"a":1,"a":"x :"}',
    '{"a":1, "b":"c", "a" : "\\":\\":\\":"}',
]


@pytest.mark.parametrize('text', DUPLICATES)
def test_duplicate_keys_are_refused(text: str, length: Callable[[str], str]) -> None:
    with pytest.raises(MalformedPayload, match='the same key twice'):
        Lax().strict()(length(text))


@pytest.mark.parametrize('text', DUPLICATES)
def test_duplicate_keys_can_be_allowed(text: str, length: Callable[[str], str]) -> None:
    lax = Lax()
    assert lax.strict(unique=False)(length(text)) == json.loads(text)
    assert lax.calls == ['plain']


@pytest.mark.parametrize(
    'text',
    [
        '{}',
        '[]',
        '""',
        '":"',
        '{"a":":","b":": :","c":" :)","d":"12:30:00","e:":"https://example.com/"}',
        '{"a" : "\\u003a", "b": [{"a":1}, {"a":2}], "c": "{\\"a\\":1}"}',
        '{"a":"\\":","\\":":"a"}',
        '{\n  "a" : " :",\n  "b" : "\t:"\n}'.replace('\t', '\\t'),
        '{"a":1,"A":2,"\\u0061\\u0301":3,"\\u00e1":4}',
    ],
)
def test_keys_that_only_look_duplicate_are_accepted(
    text: str, length: Callable[[str], str]
) -> None:
    assert Lax().strict()(length(text)) == json.loads(text)


@pytest.mark.parametrize(
    ('text', 'calls'),
    [
        ('{"type":"chat","text":"hello"}', ['plain']),
        ('{"at":"12:30:00","url":"https://example.com/","text":"a :)"}', ['plain']),
        ('{"a":"b","text":":)"}', ['plain', 'unique']),
        (padded('{"a":{"at":"12:30:00","text":"a :)"}}'), ['make', 'counting']),
        (padded('{"a":"b","text":":)"}'), ['make', 'counting', 'unique']),
    ],
)
def test_the_hook_is_used_if_the_bound_does_not_decide(
    text: str, calls: list[str]
) -> None:
    lax = Lax()
    lax.strict()(text)
    assert lax.calls == calls


def test_a_counting_decoder_is_used_again_after_an_error() -> None:
    lax = Lax()
    strict = lax.strict()
    for _ in range(3):
        with pytest.raises(ValueError, match='Expecting'):
            strict(padded('[{"a":1},{"b":2},'))
        assert strict(padded('{"a":1}')) == {'a': 1}
    assert lax.calls == ['make', *['counting'] * 6]


def test_a_counting_decoder_in_use_is_not_shared() -> None:
    lax = Lax()
    makes: list[CountingDecoder] = []

    def make_counting() -> CountingDecoder:
        counting = lax.make_counting()

        def decode(text: str) -> object:
            if 'outer' in text:
                # Like another thread, during the decoding.
                assert strict(padded('{"inner":{"a":1}}')) == {'inner': {'a': 1}}
            return counting.decode(text)

        makes.append(counting)
        return CountingDecoder(decode, counting.take_count)

    strict = strict_decode(
        lax.plain, Limits(), make_counting=make_counting, decode_unique=lax.unique
    )
    assert strict(padded('{"outer":1}')) == {'outer': 1}
    assert len(makes) == 2
    assert 'unique' not in lax.calls


# --------------------------------------------------------------- Numbers not finite

# NOTE: From 2**1024 - 2**970 on, a number is rounded to infinity.
INFINITE = [
    '1e400',
    '-1E+400',
    '1e0000400',
    '1e9999999999',
    '1.7976931348623159e308',
    '9e308',
    '12345678901234567890123456789.5e281',
    f'{"9" * 31}e278',
    f'{"9" * 32}e277',
    f'{"9" * 210}e99',
    f'{"9" * 250}.5e60',
    f'{"9" * 308}e+1',
    f'-{"9" * 309}.0',
    f'{2**1024 - 2**970}.0',
    f'{"1" * 400}e-1',
    f'0.{"0" * 40}1e350',
]
FINITE = [
    '1e-400',
    '1.7976931348623157e308',
    '0e999',
    '9e-308',
    f'{"1" * 309}',
    f'{"1" * 309}.0',
    f'{2**1024 - 2**970 - 1}.0',
    f'{"9" * 31}e277',
    f'0.{"0" * 400}1e400',
    '"1e400"',
    '"8f14e4567"',
    '"8e999"',
    '"0e000 1e400"',
]


@pytest.mark.parametrize('number', INFINITE)
@pytest.mark.parametrize('form', ['{}', '[{}]', '{{"a":{}}}', '{} ', '[0, {} ]'])
def test_infinite_numbers_are_refused(
    number: str, form: str, length: Callable[[str], str]
) -> None:
    text = length(form.format(number))
    with pytest.raises(MalformedPayload, match='not finite'):
        Lax().strict()(text)
    assert Lax().strict(finite=False)(text) == json.loads(text)


@pytest.mark.parametrize('number', FINITE)
@pytest.mark.parametrize('form', ['{}', '[{}]', '{{"a":{}}}'])
def test_finite_numbers_are_exact(
    number: str, form: str, length: Callable[[str], str]
) -> None:
    text = length(form.format(number))
    assert Lax().strict()(text) == json.loads(text)


# ------------------------------------------------------------ Halves of surrogate pairs

HALVES = [
    '"\\ud800"',
    '"\\uDFFF"',
    '"\\ud83d\\ud83d\\ude00"',
    '"\\ud83d\\ude00\\ude00"',
    '"\\ude00\\ud83d"',
    '"\\ud83d \\ude00"',
    '"\\ud83dx"',
    '"\\\\\\ud83d"',
    '{"\\udc00":1}',
]
WHOLE = [
    '"\\ud83d\\ude00"',
    '"\\uD83D\\uDE00\\ud834\\uDD1E"',
    '"\\\\ud800"',
    '"\\\\\\\\ud800"',
    '"\\ud7ff\\ue000"',
    '"\\n\\ud83d\\ude00\\\\"',
    '"ud800"',
]


@pytest.mark.parametrize('text', HALVES)
def test_half_a_surrogate_pair_is_refused(
    text: str, length: Callable[[str], str]
) -> None:
    assert has_lone_surrogate(text)
    with pytest.raises(MalformedPayload, match='half a surrogate pair'):
        Lax().strict()(length(text))
    assert Lax().strict(paired=False)(length(text)) == json.loads(text)


@pytest.mark.parametrize('text', WHOLE)
def test_a_whole_surrogate_pair_is_a_character(
    text: str, length: Callable[[str], str]
) -> None:
    assert not has_lone_surrogate(text)
    assert Lax().strict()(length(text)) == json.loads(text)


@pytest.mark.parametrize('paired', [True, False])
def test_half_a_surrogate_pair_is_refused_without_an_escape(
    paired: bool, length: Callable[[str], str]
) -> None:
    with pytest.raises(UnicodeEncodeError):
        Lax().strict(paired=paired)(length('"\ud800"'))


# ------------------------------------------------------------------------------ Budgets


@pytest.mark.parametrize('flag', [True, False])
def test_budgets_are_checked_before_decoding(flag: bool) -> None:
    lax = Lax()
    strict = lax.strict(Limits(max_depth=3, max_items=400), unique=flag, finite=flag)
    assert strict('[[[]]]') == [[[]]]
    assert strict(f'[[[{",".join("0" * 300)}]]]') == [[[0] * 300]]
    lax.calls.clear()
    for text in ('[[[[]]]]', padded('[[[[]]]]')):
        with pytest.raises(PayloadTooLarge, match='deeper than 3'):
            strict(text)
    for text in (f'[{",".join("0" * 401)}]', padded(f'[{"[]," * 400}[]]')):
        with pytest.raises(PayloadTooLarge, match='more than 400 items'):
            strict(text)
    assert lax.calls == []


def test_brackets_in_strings_do_not_count_as_depth(
    length: Callable[[str], str],
) -> None:
    text = length('["[[[[[[", "{{{{"]')
    assert Lax().strict(Limits(max_depth=1))(text) == ['[[[[[[', '{{{{']


# ---------------------------------------------------------------- Against a slow oracle


def oracle(text: str) -> Any:
    """Decode a text by a slow decoder; raise ValueError if it is refused."""

    def refuse(constant: str) -> NoReturn:
        raise ValueError

    media = json.loads(text, object_pairs_hook=unique_object, parse_constant=refuse)

    def check(media: Any) -> None:
        if isinstance(media, float) and not isfinite(media):
            raise ValueError
        if isinstance(media, str):
            media.encode()
        if isinstance(media, dict):
            check(list(media))
            check(list(media.values()))
        if isinstance(media, list):
            for item in media:
                check(item)

    check(media)
    return media


FRAGMENTS = st.sampled_from(
    [
        *('{', '}', '[', ']', ',', ':', '"', ' ', '\n', '\t', '\\', '\\"', '\\\\'),
        *('"a"', '"a":', '"b" :', '"a"  : ', '"', '":"', '" :"', '"\\u0061":1', ' :)'),
        *('1', '0', '-', '.', 'e', 'E+', '308', '1e30', '9' * 31, '1e400', '{"a":1'),
        *('true', 'null', '\\ud83d', '\\ude00', '"\\ud83d\\ude00"', 'é', '"😀"'),
    ]
)

KEYS = st.sampled_from(['"a"', '"b"', '"\\u0061"', '":"', '"\\":"', '" :"', '""'])
NUMBERS = st.sampled_from([*INFINITE, *FINITE, '0', '-1', '1.5'])
STRINGS = st.sampled_from([*HALVES[:8], *WHOLE, '":"', '"a :"', '"12:30"', '"{["'])
SPACES = st.sampled_from(['', '', '', '', ' ', '  ', '\n', '\t', '\r\n'])


def arrays(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(values, max_size=3).map(lambda items: f'[{",".join(items)}]')


def objects(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    entry = st.tuples(KEYS, SPACES, st.just(':'), SPACES, values).map(''.join)
    return st.lists(entry, max_size=3).map(lambda items: f'{{{",".join(items)}}}')


DOCUMENTS = st.recursive(
    NUMBERS | STRINGS, lambda values: arrays(values) | objects(values), max_leaves=6
)


@properties
@given(st.lists(FRAGMENTS).map(''.join) | DOCUMENTS, st.sampled_from([str, padded]))
def test_the_decoder_accepts_the_texts_of_a_slow_one(
    text: str, length: Callable[[str], str]
) -> None:
    try:
        expected = oracle(text)
    except ValueError:
        with pytest.raises(ValueError):  # noqa: PT011  # any, of ours or the decoder's
            Lax().strict()(length(text))
    else:
        actual = Lax().strict()(length(text))
        assert json.dumps(actual) == json.dumps(expected)


@properties
@given(st.text(st.sampled_from('\\ud83dDe00cCx"')))
def test_halves_of_surrogate_pairs_are_found_in_any_string(content: str) -> None:
    try:
        media = json.loads(f'"{content}"')
    except ValueError:
        return
    assert has_lone_surrogate(f'"{content}"') is any(
        '\ud800' <= character <= '\udfff' for character in media
    )


# --------------------------------------------------------------- Keys that were coerced


@pytest.mark.parametrize(
    'key', [0, -1, 10**20, 1.5, -0.0, 1e16, 1e-7, True, False, None], ids=repr
)
def test_a_coerced_key_is_never_missed(key: object) -> None:
    media = {'a': [1, {key: 2}], 'b': None}
    assert may_have_coerced_key(json.dumps(media, separators=(',', ':')).encode())


@pytest.mark.parametrize('key', ['a', '', 'id', '1st', 'null?', 'is_true', 'é', ':'])
def test_most_keys_are_ruled_out_as_coerced(key: str) -> None:
    media = {key: [1, 1.5, None, True, '1', 'null'], 'b': '12:30'}
    text = json.dumps(media, separators=(',', ':'), ensure_ascii=False)
    assert not may_have_coerced_key(text.encode())


# ------------------------------------------------------ Numbers that a library refuses


@pytest.mark.parametrize(
    ('text', 'found'),
    [
        ('9' * 4301, 'integer'),
        (f'[1,-{"9" * 4301},]', 'integer'),
        ('9' * 4300, None),
        ('-' + '9' * 4300, None),
        ('9' * 400 + '.5', 'float'),
        (f'[0.{"9" * 5000}]', None),
        (f'"{"9" * 4301}"', None),
        (f'["\\"{"9" * 4301}', None),
        ('{"a":-1.5e400}', 'float'),
        ('[1e307,1E+309]', 'float'),
        ('[1e-400,0e999]', None),
        ('1e400' + '9' * 5000, 'float'),
        ('"\ud800",1e400', 'float'),
        ('', None),
        ('\\', None),
    ],
)
def test_a_number_that_a_library_refuses_is_found(text: str, found: str | None) -> None:
    assert refused_number(text, 4300) == found
    assert refused_number(text.encode(errors='replace'), 4300) == found


@pytest.mark.parametrize(
    ('start', 'unit'),
    [
        ('["', '\\"'),
        ('', '9' * 307 + 'x'),
        ('', '9' * 307 + '.'),
        ('', '1e'),
        ('', '1.0'),
        ('', '-'),
        ('1.', '0'),
    ],
    ids=lambda value: value[-4:],
)
def test_a_number_is_found_in_linear_time(start: str, unit: str) -> None:
    def make(size: int) -> str:
        return start + unit * (size // len(unit)) + '0e000'

    counts = (4_000, 16_000, 64_000, 256_000)
    assert growth(counts, make, lambda text: refused_number(text, 4300)) is None
