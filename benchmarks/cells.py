"""The results of a run: cells of contestants that took turns, and facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from typing import Any

__all__ = ('Cell', 'Fact', 'Mismatch', 'Skipped')


@dataclass(slots=True)
class Cell:
    """Timings of contestants that took turns at the same work.

    Attributes:
        labels (dict): The labels of the work: label -> value.
        rounds (dict): Contestant -> seconds for one operation, in each round. The same
            position is the same round for all contestants.
    """

    labels: dict[str, str]
    rounds: dict[str, list[float]] = field(default_factory=dict)

    def add(self, seconds: Mapping[str, float]) -> None:
        """Add a round, with a turn of each contestant.

        Raises:
            ValueError: The contestants differ from those of earlier rounds.
        """
        if self.rounds and seconds.keys() != self.rounds.keys():
            raise ValueError(f'{set(seconds)} are not the contestants of {self.labels}')
        for contestant, value in seconds.items():
            self.rounds.setdefault(contestant, []).append(value)

    def is_at(self, where: Mapping[str, str | tuple[str, ...]]) -> bool:
        """Tell whether it has these labels; a tuple means any of its values."""
        return all(
            self.labels.get(label) in ((value,) if isinstance(value, str) else value)
            for label, value in where.items()
        )

    def as_json(self) -> dict[str, Any]:
        """Return it for the file of results."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact that holds or not, independent of time.

    Attributes:
        name (str): The name that goals use.
        holds (bool): Whether it holds.
        detail (str): The observation.
    """

    name: str
    holds: bool
    detail: str

    def as_json(self) -> dict[str, Any]:
        """Return it for the file of results."""
        return asdict(self)


class Skipped(Exception):
    """A bench, or a part of it, can't be run here; the message says why."""


class Mismatch(Exception):
    """A contestant did the wrong work, so that its time is meaningless."""
