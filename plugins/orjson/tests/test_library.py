"""What the handlers rely on, and orjson does not document."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import partial
import threading
from uuid import UUID

import orjson
import pytest

# NOTE: That of some operating systems.
SMALL_STACK = 128 * 1024


def in_array(media: object) -> object:
    return [media]


def in_object(media: object) -> object:
    return {'': media}


def in_both(media: object) -> object:
    return [{'': media}]


def levels_sent(wrap: Callable[[object], object], step: int) -> int:
    """Most containers within each other that the library sends."""
    media: object = 0
    for levels in range(0, 1024, step):
        try:
            orjson.dumps(media)
        except TypeError:
            return levels - step
        media = wrap(media)
    pytest.fail('there is no limit')


def test_no_shape_of_an_object_is_sent_with_more_levels() -> None:
    most = max(levels_sent(in_array, 1), levels_sent(in_object, 1))
    assert 200 < most < 1000
    assert levels_sent(in_both, 2) <= most


def give(media: object, _: object) -> object:
    return media


def test_what_default_returns_is_as_deep_as_what_it_replaces() -> None:
    most = max(levels_sent(in_array, 1), levels_sent(in_object, 1))
    for levels in range(1, most, 10):
        around: object = object()
        for _ in range(most - levels):
            around = [around]
        media: object = []
        for _ in range(levels):
            media = [media]
        with pytest.raises(TypeError):
            orjson.dumps(around, default=partial(give, media))


def test_the_decoder_ends_at_1024_levels_on_a_small_stack() -> None:
    found: list[str] = []

    def run() -> None:
        orjson.loads('[' * 1024 + ']' * 1024)
        for text in ('[' * 1025 + ']' * 1025, '{"":' * 100_000):
            try:
                orjson.loads(text)
            except ValueError as ex:
                found.append(type(ex).__name__)

    before = threading.stack_size(SMALL_STACK)
    try:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert found == ['JSONDecodeError'] * 2


@pytest.mark.parametrize('number', [2.0**63, -(2.0**63), 2.0**64, 1e19, 1e308])
def test_a_large_float_is_not_sent_as_an_integer_would_be(number: float) -> None:
    assert b'e' in orjson.dumps(number)


def test_what_would_pass_without_us() -> None:
    class Color(Enum):
        RED = 1

    assert orjson.loads('18446744073709551616') == 2.0**64
    assert orjson.loads('{"a":1,"a":2}') == {'a': 2}
    assert orjson.dumps([float('nan'), float('inf')]) == b'[null,null]'
    assert orjson.dumps(Color.RED) == b'1'
    every_flag = (
        orjson.OPT_PASSTHROUGH_DATACLASS
        | orjson.OPT_PASSTHROUGH_DATETIME
        | orjson.OPT_PASSTHROUGH_SUBCLASS
    )
    assert orjson.dumps(Color.RED, option=every_flag) == b'1'
    assert orjson.dumps(UUID(int=1), option=every_flag) == f'"{UUID(int=1)}"'.encode()


@pytest.mark.parametrize(
    'text',
    ['NaN', 'Infinity', '1e400', '9' * 400, '"\\ud800"', '\ufeff1', '1\0', '[1,]'],
)
def test_what_the_library_refuses_by_itself(text: str) -> None:
    for payload in (text, text.encode()):
        with pytest.raises(ValueError, match='column'):
            orjson.loads(payload)


@pytest.mark.parametrize('media', ['\ud800', 2**64, -(2**63) - 1, {1: 2}, {1}, b'a'])
def test_what_the_library_does_not_send(media: object) -> None:
    with pytest.raises(TypeError):
        orjson.dumps(media)
