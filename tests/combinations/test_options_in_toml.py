"""Whatever an option takes in Python can be said in a TOML file."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import cbor2
import falcon.asgi
import msgpack
import msgspec
import pytest

import falcon_media
from falcon_media import ConfigError

AT = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
HERE = 'tests.combinations.test_options_in_toml'


class Money:
    pass


def as_text(media: object) -> str:
    return type(media).__name__


def read_ext(code: int, data: bytes) -> object:
    return [code, data]


def read_tag(value: object, immutable: bool) -> object:
    return ['tagged', value]


def write_money(encoder: Any, money: Money) -> None:
    encoder.encode('money')


def handler(tmp_path: Path, name: str, options: str) -> Any:
    path = tmp_path / 'media.toml'
    path.write_text(f'subprotocols = {{a = "{name}"}}\n[handlers.{name}]\n{options}\n')
    installed = falcon_media.install(falcon.asgi.App(), config=path)
    return installed.handlers.subprotocols['a'].handler


@pytest.mark.parametrize(
    'name',
    [
        *('json', 'rapidjson', 'orjson', 'orjson-bytes'),
        *('msgpack', 'msgspec-json', 'msgspec-msgpack'),
    ],
)
def test_default(tmp_path: Path, name: str) -> None:
    made = handler(tmp_path, name, f'default = "{HERE}:as_text"')
    assert made.deserialize(made.serialize([Money()])) == ['Money']
    with pytest.raises(ConfigError, match=r"default: .* has no 'as_txt'.*'as_text'"):
        handler(tmp_path, name, f'default = "{HERE}:as_txt"')
    with pytest.raises(
        ConfigError, match=r"default must be .* not 'str': name one as 'package"
    ):
        handler(tmp_path, name, 'default = "str"')
    with pytest.raises(ConfigError, match=f'{name}: default.* must be a function'):
        handler(tmp_path, name, f'default = "{HERE}:AT"')


@pytest.mark.parametrize(
    ('name', 'payload'),
    [
        ('msgpack', msgpack.packb(msgpack.ExtType(7, b'a'))),
        ('msgspec-msgpack', msgspec.msgpack.encode(msgspec.msgpack.Ext(7, b'a'))),
    ],
)
def test_ext_hook(tmp_path: Path, name: str, payload: bytes) -> None:
    made = handler(tmp_path, name, f'ext_hook = "{HERE}:read_ext"')
    assert made.deserialize(payload) == [7, b'a']


@pytest.mark.parametrize(
    ('options', 'media', 'text'),
    [
        ('datetime_mode = "DM_ISO8601"', AT, '"2026-01-02T03:04:05+00:00"'),
        ('datetime_mode = "ISO8601"', AT, '"2026-01-02T03:04:05+00:00"'),
        ('datetime_mode = "rapidjson.DM_ISO8601"', AT, '"2026-01-02T03:04:05+00:00"'),
        (
            'datetime_mode = "ISO8601 | DM_IGNORE_TZ"',
            AT,
            '"2026-01-02T03:04:05"',
        ),
        ('number_mode = "DECIMAL"', Decimal('1.50'), '1.50'),
        ('bytes_mode = "UTF8"', b'a', '"a"'),
        ('iterable_mode = "IM_ANY_ITERABLE"', iter([1]), '[1]'),
        ('mapping_mode = "COERCE_KEYS_TO_STRINGS"', {1: 2}, '{"1":2}'),
        ('uuid_mode = "UM_HEX"', 1, '1'),
        ('parse_mode = "TRAILING_COMMAS"', 1, '1'),
    ],
)
def test_modes_of_rapidjson(
    tmp_path: Path, options: str, media: object, text: str
) -> None:
    assert handler(tmp_path, 'rapidjson', options).serialize(media) == text


def test_options_of_cbor(tmp_path: Path) -> None:
    made = handler(
        tmp_path,
        'cbor',
        f"""
        timezone = "UTC"
        semantic_decoders = {{64 = "{HERE}:read_tag"}}
        encoders = {{"{HERE}:Money" = "{HERE}:write_money"}}
        """,
    )
    assert made.deserialize(cbor2.dumps(cbor2.CBORTag(64, b'a'))) == ['tagged', b'a']
    assert made.deserialize(made.serialize([Money()])) == ['money']
    assert made.deserialize(made.serialize(AT.replace(tzinfo=None))) == AT
