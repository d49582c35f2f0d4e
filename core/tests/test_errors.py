from __future__ import annotations

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
