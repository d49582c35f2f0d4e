"""One message in every format, side by side."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass

from falcon_media.protocol.handlers import Handler
from falcon_media_tools.measuring import Frame
from falcon_media_tools.measuring import send_and_receive
from falcon_media_tools.samples import Sample
from falcon_media_tools.timing import Rounds
from falcon_media_tools.timing import Speed
from falcon_media_tools.timing import tasks_of

__all__ = ('Budget', 'compare', 'Comparison', 'usual_baseline')


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How long to measure a message; it ends with whichever is used up first.

    Attributes:
        seconds (float | None): Time, warm-up included.
        rounds (int | None): Rounds that count.
    """

    seconds: float | None = None
    rounds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What was found for a message.

    Attributes:
        sample (str): The message.
        baseline (str | None): The handler that ratios are to; ``None`` where no handler
            carries the message.
        clock (str): What times were read from.
        rounds (int): Rounds that count.
        frames (list[Frame]): One for each handler.
        speeds (list[Speed]): Two for each that carries the message.
    """

    sample: str
    baseline: str | None
    clock: str
    rounds: int
    frames: list[Frame]
    speeds: list[Speed]


def compare(
    sample: Sample,
    handlers: Mapping[str, Handler],
    *,
    baseline: str | None,
    budget: Budget,
    progress: Callable[[float], None],
) -> Comparison:
    """Measure a message with every handler.

    Args:
        sample (Sample): The message.
        handlers (Mapping): Name -> handler.

    Keyword Args:
        baseline (str | None): The handler to compare with (default: see
            :func:`usual_baseline`).
        budget (Budget): How long to measure.
        progress (Callable): Is told how much of the budget is used, from 0 to 1.

    Returns:
        Comparison: What was found.
    """
    frames = [
        send_and_receive(name, handler, sample.media)
        for name, handler in handlers.items()
    ]
    carried = {frame.handler: frame for frame in frames if frame.is_carried}
    baseline = baseline or usual_baseline(carried)
    rounds = Rounds(
        task
        for name, frame in carried.items()
        for task in tasks_of(name, handlers[name], sample.media, frame.payload)
    )
    for used in rounds.run(seconds=budget.seconds, rounds=budget.rounds):
        progress(used)
    return Comparison(
        sample=sample.name,
        baseline=baseline,
        clock=rounds.clock.name,
        rounds=rounds.count,
        frames=frames,
        speeds=rounds.speeds(baseline) if baseline else [],
    )


def usual_baseline(names: Mapping[str, object]) -> str | None:
    """``json``, which everybody knows, or else the first of the names."""
    return 'json' if 'json' in names else next(iter(names), None)
