"""Bad payloads that are made from good ones."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest

from falcon_media_testing.corpora import mutants
from falcon_media_testing.corpora import trailing
from falcon_media_testing.corpora import truncations

SAMPLES: dict[str, list[Any]] = {
    'text': ['{"a": [1, 2.5, "ž"]}', '[]', '"\U0010ffff\ud7ff\ue000"'],
    'bytes': [b'\x82\xa1a\x93\x01\x02\x03', b'\x90', bytes(100)],
}


def test_a_short_payload_is_cut_everywhere() -> None:
    assert [*truncations('abc')] == ['', 'a', 'ab']
    assert [*truncations(b'')] == []


def test_a_long_payload_is_cut_at_its_ends_and_here_and_there() -> None:
    sizes = [len(payload) for payload in truncations(bytes(10_000))]
    assert sizes[:64] == [*range(64)]
    assert sizes[-64:] == [*range(10_000 - 64, 10_000)]
    assert 180 < len(sizes) < 200


@pytest.mark.parametrize('payload', ['[1] ', b'\x20\x01', b'\x91\x01'])
def test_what_follows_is_no_white_space(payload: Any) -> None:
    longer = [*trailing(payload)]
    assert longer
    for other in longer:
        assert other.startswith(payload)
        assert other[len(payload) :].strip()


@pytest.mark.parametrize('kind', SAMPLES)
def test_mutants_are_many_and_the_same_each_time(kind: str) -> None:
    samples = SAMPLES[kind]
    once = [*islice(mutants(samples, 1), 3000)]
    again = [*islice(mutants(samples, 1), 3000)]
    others = [*islice(mutants(samples, 2), 3000)]
    assert once == again != others
    assert len({*once}) > 1000
    assert {type(payload) for payload in once} == {type(samples[0])}


def test_text_has_no_half_of_a_surrogate_pair() -> None:
    for text in islice(mutants(SAMPLES['text'], 3), 5000):
        text.encode()


def test_mutants_have_a_length_that_is_not_exceeded() -> None:
    found = islice(mutants([b'x' * 50], 4, longest=60), 500)
    assert max(map(len, found)) == 60
