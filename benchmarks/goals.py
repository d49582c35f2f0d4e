"""The performance goals, as data. A run reports them but never fails by them."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import Literal

__all__ = ('Goal', 'GOALS')

_SOURCE = 'issue 7, for CPython 3.13'

Where = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A goal for a contestant, in all cells with certain labels.

    Attributes:
        text (str): The goal, in the words of its source.
        bench (str): The bench that measures it.
        kind (str): ``'ratio'`` or ``'difference'``, of a contestant to a baseline;
            ``'value'``, of a contestant; or ``'fact'``, whose name `contestant` is.
        contestant (str): The contestant.
        baseline (str): The contestant to compare with.
        at_most (float | None): The bound; seconds, unless it is a ratio.
        at_least (float | None): The bound, if more is better.
        where (Mapping): Labels of the cells.
        source (str): The place that sets the goal.
    """

    text: str
    bench: str
    kind: Literal['ratio', 'difference', 'value', 'fact']
    contestant: str
    baseline: str = ''
    at_most: float | None = None
    at_least: float | None = None
    where: Where = field(default_factory=dict)
    source: str = _SOURCE


_MSGSPEC = ('msgspec-json', 'msgspec-msgpack')
_QUEUE_0 = 'falcon-media, queue 0'
# NOTE: A difference of nanoseconds is visible only for short messages: for long ones it
#   is less than the difference of two runs.
_SHORT = {'message': '100 B'}

GOALS: Sequence[Goal] = (
    Goal(
        text='encode at most 50 ns over the library call',
        bench='codecs',
        kind='difference',
        contestant='falcon-media',
        baseline='library',
        at_most=50e-9,
        where=_SHORT | {'direction': 'encode'},
    ),
    Goal(
        text='decode at most 80 ns over the library call',
        bench='codecs',
        kind='difference',
        contestant='falcon-media',
        baseline='library',
        at_most=80e-9,
        where=_SHORT | {'direction': 'decode'},
    ),
    Goal(
        text='typed: encode at most 50 ns over the library call',
        bench='codecs',
        kind='difference',
        contestant='typed',
        baseline='library, typed',
        at_most=50e-9,
        where=_SHORT | {'direction': 'encode'},
    ),
    Goal(
        text='typed: decode at most 80 ns over the library call',
        bench='codecs',
        kind='difference',
        contestant='typed',
        baseline='library, typed',
        at_most=80e-9,
        where=_SHORT | {'direction': 'decode'},
    ),
    Goal(
        text="below Falcon's handler for the same library, in every cell",
        bench='codecs',
        kind='ratio',
        contestant='falcon-media',
        baseline='Falcon',
        at_most=1.0,
    ),
    Goal(
        text="orjson encodes 10x faster than Falcon's default",
        bench='codecs',
        kind='ratio',
        contestant='Falcon default',
        baseline='falcon-media',
        at_least=10.0,
        where={'handler': 'orjson', 'direction': 'encode'},
    ),
    Goal(
        text="orjson decodes 2.2x faster than Falcon's default",
        bench='codecs',
        kind='ratio',
        contestant='Falcon default',
        baseline='falcon-media',
        at_least=2.2,
        where={'handler': 'orjson', 'direction': 'decode'},
    ),
    Goal(
        text="msgspec-msgpack encodes 2x faster than Falcon's MessagePack",
        bench='codecs',
        kind='ratio',
        contestant='Falcon default',
        baseline='falcon-media',
        at_least=2.0,
        where={'handler': 'msgspec-msgpack', 'direction': 'encode'},
    ),
    Goal(
        text="msgspec-msgpack decodes 1.6x faster than Falcon's MessagePack",
        bench='codecs',
        kind='ratio',
        contestant='Falcon default',
        baseline='falcon-media',
        at_least=1.6,
        where={'handler': 'msgspec-msgpack', 'direction': 'decode'},
    ),
    Goal(
        text='typed decode at 2 KB faster than untyped',
        bench='codecs',
        kind='ratio',
        contestant='typed',
        baseline='falcon-media',
        at_most=1.0,
        where={'handler': _MSGSPEC, 'message': '2 KB', 'direction': 'decode'},
    ),
    Goal(
        text='echo at most 1.15x of bare ASGI (max_receive_queue=0)',
        bench='echo',
        kind='ratio',
        contestant=_QUEUE_0,
        baseline='bare ASGI',
        at_most=1.15,
    ),
    Goal(
        text='echo ahead of Starlette, in every size',
        bench='echo',
        kind='ratio',
        contestant=_QUEUE_0,
        baseline='Starlette',
        at_most=1.0,
    ),
    Goal(
        text='echo ahead of Litestar, in every size',
        bench='echo',
        kind='ratio',
        contestant=_QUEUE_0,
        baseline='Litestar',
        at_most=1.0,
    ),
    Goal(
        text='broadcast at most 1.25x of bare ASGI sends',
        bench='broadcast',
        kind='ratio',
        contestant='Broadcast',
        baseline='bare ASGI',
        at_most=1.25,
    ),
    Goal(
        text="broadcast at 2 KB 2.7x less CPU than Falcon's send_media loop",
        bench='broadcast',
        kind='ratio',
        contestant='Falcon loop',
        baseline='Broadcast',
        at_least=2.7,
        where={'message': '2 KB', 'deflate': 'off'},
    ),
    Goal(
        text="broadcast at 64 KB 20x less CPU than Falcon's send_media loop",
        bench='broadcast',
        kind='ratio',
        contestant='Falcon loop',
        baseline='Broadcast',
        at_least=20.0,
        where={'message': '64 KB', 'deflate': 'off'},
    ),
    Goal(
        text='batching of 20 small messages 5x less CPU than frame by frame',
        bench='batching',
        kind='ratio',
        contestant='frame by frame',
        baseline='batched',
        at_least=5.0,
    ),
    Goal(
        text='import falcon_media at most 5 ms over import falcon.asgi',
        bench='startup',
        kind='value',
        contestant='falcon-media',
        at_most=5e-3,
        where={'what': 'import falcon_media'},
    ),
    Goal(
        text='discovery once, at most 6 ms at 60 distributions',
        bench='startup',
        kind='value',
        contestant='falcon-media',
        at_most=6e-3,
        where={'distributions': '60'},
    ),
    Goal(
        text='discovery once, at most 35 ms at 400 distributions',
        bench='startup',
        kind='value',
        contestant='falcon-media',
        at_most=35e-3,
        where={'distributions': '400'},
    ),
    Goal(
        text='no codec imported until it is selected',
        bench='startup',
        kind='fact',
        contestant='no codec library imported',
    ),
)
