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


def nested(
    levels: int, wrap: Callable[[object], object], innermost: object, step: int = 1
) -> object:
    media = innermost
    for _ in range(1 if innermost != 0 else 0, levels, step):
        media = wrap(media)
    return media


def is_sent(media: object) -> bool:
    try:
        orjson.dumps(media)
    except TypeError:
        return False
    return True


EMPTY: tuple[object, ...] = ([], {})
MOST = next(
    levels
    for levels in range(1, 1024)
    if not any(
        is_sent(nested(levels + 1, wrap, innermost))
        for wrap in (in_array, in_object)
        for innermost in EMPTY
    )
)


@pytest.mark.parametrize('innermost', [0, [], {}], ids=repr)
def test_no_shape_of_an_object_is_sent_with_more_levels(innermost: object) -> None:
    assert 200 < MOST < 1000
    for wrap in (in_array, in_object):
        assert not is_sent(nested(MOST + 1, wrap, innermost))
    assert not is_sent(nested(MOST + 2, in_both, innermost, step=2))


def give(media: object, _: object) -> object:
    return media


@pytest.mark.parametrize('innermost', [0, [], {}], ids=repr)
@pytest.mark.parametrize('wrap', [in_array, in_object])
def test_what_default_returns_is_as_deep_as_what_it_replaces(
    wrap: Callable[[object], object], innermost: object
) -> None:
    for levels in range(1, MOST, 10):
        around: object = object()
        for _ in range(MOST - levels):
            around = [around]
        with pytest.raises(TypeError):
            orjson.dumps(
                around, default=partial(give, nested(levels + 1, wrap, innermost))
            )


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
