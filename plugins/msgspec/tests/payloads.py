"""Bytes of MessagePack, which are those of its other handler; JSON; and bad ones."""

from __future__ import annotations

from datetime import datetime
from datetime import UTC

from plugins.msgpack.tests.payloads import BATCHES
from plugins.msgpack.tests.payloads import DECLARED
from plugins.msgpack.tests.payloads import EXTENSIONS
from plugins.msgpack.tests.payloads import KEYS
from plugins.msgpack.tests.payloads import LONGER
from plugins.msgpack.tests.payloads import MALFORMED
from plugins.msgpack.tests.payloads import REFUSED_BATCHES
from plugins.msgpack.tests.payloads import SHORTEST
from plugins.msgpack.tests.payloads import TIMES_OUT_OF_RANGE
from plugins.msgpack.tests.payloads import TIMESTAMPS
from plugins.msgpack.tests.payloads import TOO_LARGE

__all__ = (
    'BATCHES',
    'DECLARED',
    'EXTENSIONS',
    'INVALID_NODES',
    'KEYS',
    'LONGER',
    'MALFORMED',
    'REFUSED_BATCHES',
    'REPEATED_JSON',
    'REPEATED_NODES',
    'SHORTEST',
    'TIMES',
    'TIMES_BEYOND_DATETIME',
    'TIMES_FINER_THAN_DATETIME',
    'TIMES_OUT_OF_RANGE',
    'TOO_LARGE',
    'UNUSUAL_JSON',
)

# What a timestamp can be, and a datetime can't.
TIMES_BEYOND_DATETIME = ['c7 0c ff 3b9ac9ff 7fffffffffffffff']
TIMES_FINER_THAN_DATETIME = ['d7 ff 00000004 00000001', 'd7 ff ee6b27ff ffffffff']
TIMES = {
    wire: datetime.fromtimestamp(seconds, UTC)
    for wire, (seconds, _) in TIMESTAMPS.items()
    if wire not in (*TIMES_BEYOND_DATETIME, *TIMES_FINER_THAN_DATETIME)
}

# ------------------------------------------------------------------------------ JSON

# What is received though msgspec would write it otherwise.
UNUSUAL_JSON: tuple[tuple[object, str], ...] = (
    ({'a': 1}, ' {"a" : 1}'),
    ({'a': ':) :'}, '{"a":":) :"}'),
    ({'a"': '":'}, r'{"a\"":"\":"}'),
    ({'a\\': '":'}, r'{"a\\":"\u0022:"}'),
    ({'a': ' :'}, '{"a"\t:" :"}'),
    ([{'é': 1.0}], r'[{"\u00e9":1.0e0}]'),
)

# What has a key twice, and means to hide it.
REPEATED_JSON = (
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":1}',
    '[{"a" :1,"a"\n:1}]',
    '{"a":1,"a":2,"s":"\\u0022:"}',
    '{"a\\\\":1,"a\\\\":2}',
    '{"s":"\\":\\":","a":1,"a":2}',
    '[[[[[[[[{"a":1,"a":1}]]]]]]]]',
)

REPEATED_NODES = (
    '{"id":1,"id":1}',
    '{"id":1,"name":"","nodes":[],"nodes":[],"named":{}}',
    '{"id":1,"named":{"a":1,"a":1}}',
    '{"id":1,"more":{"a":1,"a":1}}',
)

INVALID_NODES = (
    '{}',
    '[]',
    '{"id":null}',
    '{"id":"1"}',
    '{"id":1.5}',
    '{"id":1,"name":1}',
    '{"id":1,"nodes":{}}',
    '{"id":1,"nodes":[{}]}',
    '{"id":1,"named":{"a":"b"}}',
)
