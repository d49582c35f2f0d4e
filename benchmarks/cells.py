"""What a run measures: cells of contestants that took turns, and facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from typing import Any

__all__ = ('Cell', 'Fact', 'Mismatch', 'Skipped')


@dataclass(slots=True)
class Cell:
    """Contestants that did the same work, and took turns at it.

    Attributes:
        labels (dict): What work it was: label -> value.
        rounds (dict): Contestant -> seconds for one operation, in each round. The
            rounds of all contestants are the same: one position, one stretch of time.
    """

    labels: dict[str, str]
    rounds: dict[str, list[float]] = field(default_factory=dict)

    def add(self, seconds: Mapping[str, float]) -> None:
        """Add a round, in which every contestant had its turn.

        Raises:
            ValueError: The contestants are not those of the rounds before.
        """
        if self.rounds and seconds.keys() != self.rounds.keys():
            raise ValueError(f'{set(seconds)} are not the contestants of {self.labels}')
        for contestant, value in seconds.items():
            self.rounds.setdefault(contestant, []).append(value)

    def is_at(self, where: Mapping[str, str | tuple[str, ...]]) -> bool:
        """Whether it has these labels; a tuple stands for any of its values."""
        return all(
            self.labels.get(label) in ((value,) if isinstance(value, str) else value)
            for label, value in where.items()
        )

    def as_json(self) -> dict[str, Any]:
        """For the file of results."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that holds or does not, whatever the time.

    Attributes:
        name (str): What it is called by a goal.
        holds (bool): Whether it does.
        detail (str): What was seen.
    """

    name: str
    holds: bool
    detail: str

    def as_json(self) -> dict[str, Any]:
        """For the file of results."""
        return asdict(self)


class Skipped(Exception):
    """A bench, or a part of it, that can't be run here; says why."""


class Mismatch(Exception):
    """A contestant did other work than it should have; what it took means nothing."""
