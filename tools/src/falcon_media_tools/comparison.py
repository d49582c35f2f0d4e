"""Compare a message in every format."""

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
    """A budget for measuring a message; measuring ends when either is used up.

    Attributes:
        seconds (float | None): The time, warm-up included.
        rounds (int | None): The number of rounds that count.
    """

    seconds: float | None = None
    rounds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The results for a message.

    Attributes:
        sample (str): Name of the message.
        baseline (str | None): The handler that ratios compare with; ``None`` if no
            handler carries the message.
        clock (str): Name of the clock.
        rounds (int): The number of rounds that count.
        frames (list[Frame]): One for each handler.
        speeds (list[Speed]): Two for each handler that carries the message.
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
        budget (Budget): When to stop.
        progress (Callable): Called with the used part of the budget, from 0 to 1.

    Returns:
        Comparison: The results.
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
    """Return ``json`` if present, or else the first of the names."""
    return 'json' if 'json' in names else next(iter(names), None)
