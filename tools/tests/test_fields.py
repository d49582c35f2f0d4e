"""Messages of a type, as the commands show and take them."""

from __future__ import annotations

from collections.abc import Callable
import json
import sys
from typing import Any, TYPE_CHECKING

from core.tests.typed_messages import Command
from core.tests.typed_messages import Order
import pytest

from falcon_media_tools.fields import from_fields
from falcon_media_tools.fields import to_fields

if TYPE_CHECKING:
    from tools.tests.conftest import Run

Typed = Callable[[bytes], None]

TYPES = 'core.tests.typed_messages'
EVENT = (
    '{"at":"2026-03-01T00:00:00Z","key":"00000000-0000-0000-0000-000000000001",'
    '"price":"1.50","data":"/w==","counts":{"1":2}}'
)
SHOWN = {
    'at': {'$datetime': '2026-03-01T00:00:00+00:00'},
    'key': {'$uuid': '00000000-0000-0000-0000-000000000001'},
    'price': {'$decimal': '1.50'},
    'data': {'$bytes': 'ff'},
    'counts': {'$map': [[1, 2]]},
}


@pytest.fixture
def shown(run: Run, typed: Typed) -> Callable[..., Any]:
    """A function that decodes a frame of JSON, and returns the document."""

    def shown(frame: str, *options: str) -> Any:
        typed(frame.encode())
        argv = [f'--option={option}' for option in options]
        result = run('decode', '--handler=json', '--json', *argv)
        assert result.code == 0
        return json.loads(result.out)

    return shown


def test_fields_shown_by_decode_are_accepted_by_encode(
    run: Run, typed: Typed, shown: Callable[..., Any]
) -> None:
    option = f'type={TYPES}:Event'
    document = shown(EVENT, option)
    assert document['value'] == SHOWN
    typed(json.dumps(document).encode())
    result = run('encode', '--handler=json', f'--option={option}')
    assert result == (0, EVENT, '')


def test_a_message_that_was_written_by_hand(run: Run, typed: Typed) -> None:
    typed(EVENT.replace('"1"', '"7"').encode())
    result = run('encode', '--handler=json', f'--option=type={TYPES}:Event')
    assert result.out == EVENT.replace('"1"', '"7"')


def test_the_types_may_differ_by_direction(
    run: Run, typed: Typed, shown: Callable[..., Any]
) -> None:
    options = [f'receive={TYPES}:Order', f'send={TYPES}:Item']
    assert shown('{"id":1}', *options)['value'] == {'id': 1, 'items': [], 'notes': {}}
    assert shown('{"id":1}', options[1])['value'] == {'id': 1}
    typed(b'{"name":"a"}')
    argv = [f'--option={option}' for option in options]
    assert run('encode', '--handler=json', *argv).out == '{"name":"a","price":0.0}'
    typed(b'{"id":1}')
    assert run('encode', '--handler=json', argv[0]).out == '{"id":1}'


def test_a_mismatch_with_the_type_is_refused_with_its_path(
    run: Run, typed: Typed
) -> None:
    typed(b'{"id":1,"items":[{"name":2}]}')
    result = run('encode', '--handler=json', f'--option=type={TYPES}:Order')
    assert (result.code, result.out) == (1, '')
    assert 'json: TEXT media: $.items[0].name: not valid for the type' in result.err
    typed(b'{"id":"x"}\n')
    result = run('decode', '--handler=json', f'--option=type={TYPES}:Order')
    assert result.code == 1
    assert ', at $.id' in result.out
    assert 'at byte: none: well-formed, but refused for its content' in result.out


def test_objects_unknown_to_msgspec_are_unchanged() -> None:
    media = [object(), Order(1)]
    assert to_fields(media) is media
    assert from_fields(media, list[Order]) is media
    assert from_fields(media, object()) is media


def test_types_without_msgspec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'msgspec', None)
    media = Order(1)
    assert to_fields(media) is media
    assert from_fields(media, Order) is media


def test_deep_nesting_is_left_to_the_handler(run: Run, typed: Typed) -> None:
    typed(b'{"name":"a","tags":' + b'[' * 900 + b']' * 900 + b'}')
    argv = ['encode', '--handler=json', f'--option=type={TYPES}:Command']
    result = run(*argv)
    assert result.code == 1
    assert 'json: TEXT media: ' in result.err


def test_a_dataclass() -> None:
    command = Command('a', Order(1))
    assert from_fields(to_fields(command), Command) == command
