"""JSON texts, good and bad, and what it takes to try the bad ones."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

from hypothesis import strategies as st

# NOTE: The texts of RFC 8259, section 13, and the character of section 7.
RFC_8259: dict[str, object] = {
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

SAMPLES = [
    '{"type":"chat","text":"h\\u00e9: \\"llo\\"","at":[12,30.5,null,{"a":true}]}',
    '[1,-2.5e+10,"\\ud83d\\ude00",{"":[]}, {} ]',
    '{"rows":[{"id":1,"at":"12:30:00"},{"id":2,"at":"12:31:00"}],"x":{"y":{"z":[[]]}}}',
    '"text \\\\ with \\"escapes\\" and é"',
]

MALFORMED = [
    '',
    ' ',
    '\n\t',
    # No JSON, though Python's library lets some of it pass.
    *('NaN', 'Infinity', '-Infinity', '[NaN]', '{"a":-Infinity}'),
    *('1e400', '-1e400', '[1.8e308]', f'{"9" * 400}.0'),
    *('{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '[{"b":[{"":0,"":0}]}]'),
    *('"\\ud800"', '"\\udc00\\ud800"', '{"\\ud800":1}', '"\ud800"', '["\udfff"]'),
    # More digits than int() takes.
    *('9' * 4301, f'[-{"9" * 5000}]'),
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
]


def mutated(sample: str) -> st.SearchStrategy[str]:
    """A sample with a few characters gone, changed, repeated or put in."""
    bits = st.sampled_from(
        [*'{}[]",:\\ \n\t0e+-.tn\0é\ud800\ufeff', '\\u', '"a":', '1e9']
    )

    @st.composite
    def mutate(draw: st.DrawFn) -> str:
        text = sample
        for _ in range(draw(st.integers(1, 4))):
            start = draw(st.integers(0, len(text)))
            end = draw(st.integers(start, min(len(text), start + 8)))
            change = draw(st.sampled_from(['', draw(bits), 2 * text[start:end]]))
            text = text[:start] + change + text[end:]
        return text

    return mutate()


def run_python(source: str) -> list[str]:
    """Run a program with 1 GiB of memory, and return the lines it prints."""
    limit = """
        import resource
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    """
    done = subprocess.run(
        [sys.executable, '-c', dedent(limit) + dedent(source)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.splitlines()
