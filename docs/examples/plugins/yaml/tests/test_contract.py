from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

from falcon_media import PayloadTooLarge, UnsupportedPayload
from falcon_media_testing import BEYOND_JSON, HandlerContract, Refused, Sample


class TestYAMLHandler(HandlerContract):
    name = 'yaml'
    readme = Path(__file__).parent.parent / 'README.md'
    samples = (
        Sample({'a': [1, 2.5, True, None]}, 'a:\n- 1\n- 2.5\n- true\n- null\n'),
        Sample(['yes', '1', '', []], "- 'yes'\n- '1'\n- ''\n- []\n"),
        Sample(datetime(2024, 2, 29, 1, 30, tzinfo=UTC), '2024-02-29 01:30:00+00:00\n'),
        Sample({'a': {'b': [1]}}, '{a: {b: [0x1]}}', received_only=True),
        Sample([float('inf'), float('-inf')], '[.inf, -.Inf]', received_only=True),
        Sample(
            datetime(2024, 2, 29, 1, 30, 0, 100_000, tzinfo=UTC),
            '2024-02-29T01:30:00.100000000Z',
            received_only=True,
        ),
    )
    refuses = (
        Refused('{a: 1, a: 2}', why='the same key twice'),
        Refused('[&a [], *a]', UnsupportedPayload, 'an alias'),
        Refused(
            '[&a [x, x], '
            + ', '.join(
                f'&{new} [*{old}, *{old}]' for old, new in pairwise('abcdefghi')
            )
            + ']',
            UnsupportedPayload,
            'aliases of aliases',
        ),
        Refused('!!python/object/apply:os.getpid []', UnsupportedPayload, 'a tag'),
        Refused('!!set {a}', UnsupportedPayload, 'a tag'),
        Refused('{<<: {a: 1}}', UnsupportedPayload, 'a merge key'),
        Refused('1' + ':1' * 1000, UnsupportedPayload, 'a number in base 60'),
        Refused('0x' + 'f' * 5000, PayloadTooLarge, 'an integer that is too long'),
        Refused('-1.5e+400', why='a number that is too large'),
        Refused(
            '2024-02-29T01:30:00.1234567Z',
            UnsupportedPayload,
            'a time that is finer than a microsecond',
        ),
        Refused('{[a]: 1}', UnsupportedPayload, 'a key that is a sequence'),
        Refused('--- 1\n--- 2\n', why='two documents'),
        Refused('# nothing', why='no document'),
    )
    enforces = ('max_depth', 'max_items')
    bad_options = ({'sort_keys': 'yes'},)
    # NOTE: In block style, every line may be the last.
    truncation_is_detected = False
    cant_carry = BEYOND_JSON - {
        'bool_key',
        'colliding_keys',
        'date',
        'datetime_aware',
        'datetime_naive',
        'float_key',
        'infinity',
        'int_key',
        'none_key',
    } | {'int_enum', 'named_tuple', 'ordered_dict', 'str_enum'}
    changes: ClassVar = {'tuple': list}

    def nested(self, depth: int) -> str:
        return '[' * depth + ']' * depth

    # NOTE: The handler decodes what it sends, so it does not send a key twice, or too
    #   many numbers as keys.
    def maps(self, maps: Sequence[Sequence[tuple[Any, int]]]) -> str | None:
        if isinstance(maps[0][0][0], tuple):
            return None
        written = [
            f'{{{", ".join(f"{key}: {value}" for key, value in entries)}}}'
            for entries in maps
        ]
        return written[0] if len(written) == 1 else f'[{", ".join(written)}]'
