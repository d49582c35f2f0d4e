from __future__ import annotations

from collections.abc import Callable
from copy import copy
import pickle
from typing import Any

import falcon
import pytest

import falcon_media
from falcon_media import errors


def public_errors() -> list[type[errors.MediaError]]:
    return [getattr(errors, name) for name in errors.__all__]


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    docstring = errors.__doc__ or ''
    for error in public_errors():
        assert f'{error.__name__}' in docstring
        assert issubclass(error, falcon_media.MediaError)
        assert getattr(falcon_media, error.__name__) is error


@pytest.mark.parametrize(
    ('error', 'bases', 'close_code', 'http_status'),
    [
        (falcon_media.MalformedPayload, ValueError, 1007, 400),
        (falcon_media.InvalidPayload, ValueError, 1007, 422),
        (falcon_media.UnsupportedPayload, falcon_media.PayloadError, 1003, 415),
        (falcon_media.PayloadTooLarge, falcon_media.PayloadError, 1009, 413),
        (falcon_media.UnserializableMedia, TypeError, 1011, 500),
        (falcon_media.HookError, falcon_media.MediaError, 1011, 500),
    ],
)
def test_codes(error: Any, bases: type, close_code: int, http_status: int) -> None:
    assert issubclass(error, bases)
    assert error.close_code == close_code
    assert error.http_status == http_status
    # RFC 6455, section 5.5: a control frame carries 125 bytes, two of them the code.
    assert len(error.reason.encode()) <= 123


def test_data_is_formatted_when_it_is_printed() -> None:
    error = falcon_media.PayloadTooLarge(
        'nested too deeply',
        handler='cbor',
        payload_type=falcon.WebSocketPayloadType.BINARY,
        size=4096,
        limit='max_depth',
        limit_value=64,
    )
    assert str(error) == (
        'cbor: BINARY payload of size 4096: nested too deeply [max_depth=64]'
    )
    error.__cause__ = KeyError('secret')
    assert str(error).endswith(' (KeyError)')
    assert error.cause is error.__cause__
    assert str(falcon_media.MalformedPayload('odd')) == 'media handler: payload: odd'
    assert str(falcon_media.UnserializableMedia('odd')) == 'media handler: media: odd'
    assert str(falcon_media.ConfigError('odd')) == 'odd'
    invalid = falcon_media.InvalidPayload('odd')
    assert invalid.path is None
    assert str(invalid) == 'media handler: payload: odd'
    invalid.path = '$.items[3].price'
    assert str(invalid) == 'media handler: payload: odd, at $.items[3].price'


@pytest.mark.parametrize('error', public_errors(), ids=lambda error: error.__name__)
def test_errors_can_be_pickled(error: type[errors.MediaError]) -> None:
    before = error('what happened')
    before.__dict__['extra'] = 'kept'
    after = pickle.loads(pickle.dumps(before))  # noqa: S301  # our own bytes
    assert type(after) is error
    assert after.detail == 'what happened'
    assert vars(after)['extra'] == 'kept'


def through_pickle(protocol: int) -> Callable[[Any], Any]:
    return lambda ex: pickle.loads(pickle.dumps(ex, protocol))  # noqa: S301  # our own bytes


@pytest.mark.parametrize(
    'again',
    [copy, *map(through_pickle, range(pickle.HIGHEST_PROTOCOL + 1))],
    ids=['copy', *map(str, range(pickle.HIGHEST_PROTOCOL + 1))],
)
def test_a_copy_keeps_the_data_and_the_text(again: Callable[[Any], Any]) -> None:
    error = falcon_media.InvalidPayload(
        'odd',
        handler='cbor',
        payload_type=falcon.WebSocketPayloadType.BINARY,
        size=3,
        limit='max_depth',
        limit_value=64,
    )
    error.path = '$.a'
    # Anything, such as an object that can't be pickled.
    error.__cause__ = KeyError(lambda: None)
    for _ in range(2):
        copied = again(error)
        assert type(copied) is type(error)
        assert str(copied) == str(error)
        assert copied.handler == 'cbor'
        assert copied.payload_type is falcon.WebSocketPayloadType.BINARY
        assert (copied.size, copied.limit, copied.limit_value) == (3, 'max_depth', 64)
        assert copied.path == '$.a'
        error = copied


class Strict(falcon_media.UnsupportedPayload):
    """An error of an app, with a custom constructor."""

    def __init__(self, *, tag: int) -> None:
        super().__init__(f'tag {tag}')
        self.tag = tag


def test_an_error_with_another_constructor_can_be_copied() -> None:
    for again in (copy, through_pickle(4)):
        copied = again(Strict(tag=64))
        assert (copied.tag, copied.detail, copied.size) == (64, 'tag 64', None)
