from __future__ import annotations

from collections.abc import Callable
import json
from typing import Any

from falcon import WebSocketPayloadType
import pytest

from falcon_media import Codec
from falcon_media import ConfigError
from falcon_media import HookError
from falcon_media import MalformedPayload
from falcon_media import PayloadError
from falcon_media import PayloadTooLarge
from falcon_media import TextHandler
from falcon_media import UnserializableMedia
from falcon_media import UnsupportedPayload
from falcon_media.protocol.hooks import check_arguments
from falcon_media.protocol.hooks import load_hook
from falcon_media.protocol.hooks import receiving_hook
from falcon_media.protocol.hooks import sending_hook


class LibraryError(Exception):
    """An exception in which a codec library wraps those of hooks."""


def direct(hook: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return hook


def wrapping(hook: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def call(value: Any) -> Any:
        try:
            return hook(value)
        except Exception as ex:
            raise LibraryError from ex

    return call


def raiser(ex: Exception) -> Callable[[Any], Any]:
    def function(_: Any) -> Any:
        raise ex

    return function


def handler(library: Any, ex: Exception) -> TextHandler:
    return TextHandler(
        Codec(
            encode=library(sending_hook(raiser(ex), 'default')),
            decode=library(receiving_hook(raiser(ex), 'ext_hook')),
            unchecked=1000,
        ),
        name='some',
    )


@pytest.mark.parametrize('library', [direct, wrapping])
@pytest.mark.parametrize(
    'raised', [ZeroDivisionError(), TypeError(), KeyError(), RecursionError()]
)
def test_an_exception_of_a_receiving_hook_is_the_fault_of_the_app(
    library: Any, raised: Exception
) -> None:
    with pytest.raises(HookError) as caught:
        handler(library, raised).deserialize('secret')
    error = caught.value
    assert not isinstance(error, PayloadError)
    assert error.cause is raised
    assert (error.handler, error.payload_type) == ('some', WebSocketPayloadType.TEXT)
    assert str(error) == (
        f'some: TEXT payload: ext_hook raised an exception ({type(raised).__name__})'
    )


@pytest.mark.parametrize('library', [direct, wrapping])
@pytest.mark.parametrize(
    ('raised', 'expected'),
    [
        (ValueError(), MalformedPayload),
        (MalformedPayload('x'), MalformedPayload),
        (UnsupportedPayload('x'), UnsupportedPayload),
        (PayloadTooLarge('x'), PayloadTooLarge),
    ],
)
def test_a_receiving_hook_can_refuse_the_payload(
    library: Any, raised: Exception, expected: type[PayloadError]
) -> None:
    with pytest.raises(expected):
        handler(library, raised).deserialize('secret')


@pytest.mark.parametrize('library', [direct, wrapping])
@pytest.mark.parametrize('raised', [ZeroDivisionError(), TypeError(), ValueError()])
def test_an_exception_of_a_sending_hook_is_named_and_kept(
    library: Any, raised: Exception
) -> None:
    with pytest.raises(UnserializableMedia) as caught:
        handler(library, raised).serialize('secret')
    assert caught.value.cause is raised
    assert 'default raised an exception' in str(caught.value)
    assert type(raised).__name__ in str(caught.value)


@pytest.mark.parametrize('library', [direct, wrapping])
def test_a_sending_hook_can_refuse_the_object(library: Any) -> None:
    with pytest.raises(UnserializableMedia, match='in my words'):
        handler(library, UnserializableMedia('in my words')).serialize('secret')


def test_the_arguments_of_a_hook_are_checked() -> None:
    check_arguments(lambda code, data: None, 'x: ext_hook', 2)
    check_arguments(lambda *args: None, 'x: ext_hook', 2)
    check_arguments(dict, 'x: default', 1)
    with pytest.raises(ConfigError, match=r'x: ext_hook is called with 2 arguments'):
        check_arguments(lambda v: v, 'x: ext_hook', 2)
    with pytest.raises(ConfigError, match=r'called with 1 argument, .* \(a, b\)'):
        check_arguments(lambda a, b: a, 'x: default', 1)


def test_a_function_is_loaded_by_its_name() -> None:
    assert load_hook('json:dumps', 'x: default') is json.dumps
    assert load_hook(json.dumps, 'x: default') is json.dumps
    assert load_hook(None, 'x: default') is None
    with pytest.raises(ConfigError, match=r"^x: default: 'json' has no 'dump_'"):
        load_hook('json:dump_', 'x: default')
    with pytest.raises(
        ConfigError, match=r"must be a function, not 'a': name one as 'p"
    ):
        load_hook('a', 'x: default')
