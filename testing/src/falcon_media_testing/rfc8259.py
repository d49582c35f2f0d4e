"""Texts for handlers of JSON, to be right about to the character (RFC 8259).

For a contract::

    samples = rfc8259.MESSAGES
    vectors = (*rfc8259.SENT, *rfc8259.RECEIVED)
    refuses = (*rfc8259.REFUSED, *rfc8259.TOO_LARGE)

and ``rfc8259.TOO_MANY_DIGITS``, where integers may be of any size.
"""

from __future__ import annotations

from falcon_media.errors import PayloadTooLarge
from falcon_media_testing.declaration import Refused
from falcon_media_testing.declaration import Sample

__all__ = (
    'MESSAGES',
    'RECEIVED',
    'REFUSED',
    'SENT',
    'TOO_LARGE',
    'TOO_MANY_DIGITS',
)

MESSAGES: tuple[Sample, ...] = (
    Sample(
        {'type': 'chat', 'text': 'hé: "llo"', 'at': [12, 30.5, None, {'a': True}]},
        '{"type":"chat","text":"hé: \\"llo\\"","at":[12,30.5,null,{"a":true}]}',
    ),
    Sample(
        {'rows': [{'id': n, 'at': '12:30:00'} for n in range(10)]},
        '{"rows":['
        + ','.join(f'{{"id":{n},"at":"12:30:00"}}' for n in range(10))
        + ']}',
    ),
    Sample([], '[]'),
    Sample(
        [1, -2.5e10, '😀', {'': []}, {}],
        '[1,-2.5e+10,"\\ud83d\\ude00",{"":[]}, {} ]',
        received_only=True,
    ),
)
"""Messages as apps send them, with the texts of handlers as :data:`SENT` has them."""

# NOTE: The texts of section 13, and the character of section 7.
_EXAMPLES: dict[str, object] = {
    """
      {
        "Image": {
            "Width":  800,
            "Height": 600,
            "Title":  "View from 15th Floor",
            "Thumbnail": {
                "Url":    "http://www.example.com/image/481989943",
                "Height": 125,
                "Width":  100
            },
            "Animated" : false,
            "IDs": [116, 943, 234, 38793]
          }
      }
    """: {
        'Image': {
            'Width': 800,
            'Height': 600,
            'Title': 'View from 15th Floor',
            'Thumbnail': {
                'Url': 'http://www.example.com/image/481989943',
                'Height': 125,
                'Width': 100,
            },
            'Animated': False,
            'IDs': [116, 943, 234, 38793],
        }
    },
    """
      [
        {
           "precision": "zip",
           "Latitude":  37.7668,
           "Longitude": -122.3959,
           "Address":   "",
           "City":      "SAN FRANCISCO",
           "State":     "CA",
           "Zip":       "94107",
           "Country":   "US"
        },
        {
           "precision": "zip",
           "Latitude":  37.371991,
           "Longitude": -122.026020,
           "Address":   "",
           "City":      "SUNNYVALE",
           "State":     "CA",
           "Zip":       "94085",
           "Country":   "US"
        }
      ]
    """: [
        {
            'precision': 'zip',
            'Latitude': 37.7668,
            'Longitude': -122.3959,
            'Address': '',
            'City': 'SAN FRANCISCO',
            'State': 'CA',
            'Zip': '94107',
            'Country': 'US',
        },
        {
            'precision': 'zip',
            'Latitude': 37.371991,
            'Longitude': -122.026020,
            'Address': '',
            'City': 'SUNNYVALE',
            'State': 'CA',
            'Zip': '94085',
            'Country': 'US',
        },
    ],
    '"Hello world!"': 'Hello world!',
    '42': 42,
    'true': True,
    '"\\uD834\\uDD1E"': '\U0001d11e',
}

# NOTE: The rest of the grammar.
_GRAMMAR: dict[str, object] = {
    ' \t\n\r[ 1 , 2 ]\r\n\t ': [1, 2],
    '{ "a" : 1 , "b" : { } }': {'a': 1, 'b': {}},
    '[1E3,1e+3,1000.0e0,10000e-1]': [1000.0] * 4,
    '[-0,0,-0.0]': [0, 0, -0.0],
    r'"\"\\\/\b\f\n\r\t\u00e9\u00E9"': '"\\/\b\f\n\r\téé',
    '"\x7f\u2028"': '\x7f\u2028',
    '"\\u0000"': '\0',
    '{"\\u0000":1}': {'\0': 1},
    '"\\ud83d\\ude00"': '😀',
    '{"a":1,"A":2,"a ":3}': {'a': 1, 'A': 2, 'a ': 3},
}

# NOTE: Exact, whatever their size.
_NUMBERS: dict[str, object] = {
    '9' * 4300: int('9' * 4300),
    '-9223372036854775809': -(2**63) - 1,
    '9007199254740993': 2**53 + 1,
    '1.7976931348623157e308': 1.7976931348623157e308,
}

RECEIVED: tuple[Sample, ...] = tuple(
    Sample(media, text, received_only=True)
    for texts in (_EXAMPLES, _GRAMMAR, _NUMBERS)
    for text, media in texts.items()
)
"""Texts with the objects that they stand for."""

SENT: tuple[Sample, ...] = (
    Sample(None, 'null'),
    Sample(True, 'true'),
    Sample(False, 'false'),
    Sample(0, '0'),
    Sample(-1, '-1'),
    Sample(2**64, '18446744073709551616'),
    Sample(-0.0, '-0.0'),
    Sample(0.1, '0.1'),
    Sample('', '""'),
    Sample('\x7f', '"\x7f"'),
    Sample('é\u2028\U0001d11e', '"é\u2028\U0001d11e"'),
    Sample([], '[]'),
    Sample({}, '{}'),
    Sample([1, [2, []], {}], '[1,[2,[]],{}]'),
    Sample({'b': 1, 'a': [None]}, '{"b":1,"a":[null]}'),
)
"""Objects with their texts, for handlers that write no white space and escape nothing
that they need not. (How control characters and exponents are written is up to them.)"""

_MALFORMED: tuple[str, ...] = (
    '',
    ' ',
    '\n\t',
    # No JSON, though some libraries let it pass.
    *('NaN', 'Infinity', '-Infinity', '[NaN]', '{"a":-Infinity}'),
    *('1e400', '-1e400', '[1.8e308]', f'{"9" * 400}.0'),
    *('{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '[{"b":[{"":0,"":0}]}]'),
    *('"\\ud800"', '"\\udc00\\ud800"', '{"\\ud800":1}', '"\ud800"', '["\udfff"]'),
    # Not the encoding that was expected.
    *(
        '\ufeff1',
        '\ufeff',
        '\ufeff{"a":1}',
        '{"a":1}'.encode('utf-16').decode('latin1'),
    ),
    '[1]'.encode('utf-16-le').decode('latin1'),
    # NUL, and all that follows it.
    *('\0', '1\0', '1\0 2', '[1]\0', '"\0"', '"a\0b"', '\0[1]', '[1,\0 2]'),
    # Control characters in strings.
    *('"\n"', '"\t"', '"\x1f"'),
    # Other white space.
    *('\xa01', '\x0c1', '\u20281', '1\x0b'),
    # Dialects.
    *('[1,]', '{"a":1,}', '[,1]', '[1,,2]', "['a']", '{a:1}', '{1:2}', '{null:1}'),
    *('/**/1', '1//', '[1] # a', '{"a" 1}', '{"a"=1}', '{"a"}', '[1:2]', '[1 2]'),
    # Numbers.
    *('01', '-01', '+1', '.5', '1.', '-', '1e', '1e+', '0x10', '1_0', '--1', '1.e1'),
    # Escapes.
    *('"\\x41"', '"\\u12"', '"\\u12g4"', '"\\"', '"\\\'"', '"\\u+123"'),
    *('True', 'None', 'nul', 'nulll', 'undefined', 'truefalse'),
    *('[', ']', '{', '}', '"', '[}', '{]', '[1}', '{"a":1]', ',', ':'),
)

REFUSED: tuple[Refused, ...] = tuple(
    Refused(padding + text, why=f'no JSON: {text[:40]!a}')
    for text in _MALFORMED
    # NOTE: There may be another way for short ones.
    for padding in ('', ' ' * 300)
)
"""Texts that are not JSON, or that leave open which object they stand for."""

TOO_MANY_DIGITS: tuple[Refused, ...] = tuple(
    Refused(padding + text, PayloadTooLarge, why='more digits than int() takes')
    for text in ('9' * 4301, f'[-{"9" * 5000}]', f'{{"a":{"1" * 4301}}}')
    for padding in ('', ' ' * 300)
)
"""Integers that a decoder which reads them of any size leaves to ``int()``."""

TOO_LARGE: tuple[Refused, ...] = (
    *(
        Refused(f'{opening * levels}0{closing * levels}', PayloadTooLarge)
        for levels in (65, 1025, 100_000)
        for opening, closing in (('{"":', '}'), ('[{"a":', '}]'), (' [ ', ''))
    ),
    Refused('["' * 300_000, PayloadTooLarge),
    *(
        Refused(f'[{",".join([item] * 262_145)}]', PayloadTooLarge)
        for item in ('[]', '{}', '0', '""', '[0]')
    ),
)
"""Texts that are over the default budgets, by depth or by items."""
