"""What the clients of an app must have received, worked out without an event loop."""

from __future__ import annotations

from collections import defaultdict
from collections import deque
from dataclasses import dataclass
from dataclasses import field
from typing import Literal, TypeAlias

__all__ = ('GroupModel', 'Membership', 'Model')

Source: TypeAlias = int
"""A number of a group; -1 for what is sent to one client alone."""

ALONE = -1

OnFull: TypeAlias = Literal['disconnect', 'drop_oldest', 'drop_newest']


@dataclass(frozen=True)
class GroupModel:
    """The bounds of a group."""

    max_queue: int
    on_full: OnFull


@dataclass
class Membership:
    """A client in a group.

    Attributes:
        writing (str | None): The message whose write waits.
        queue (deque): Those behind it.
    """

    writing: str | None = None
    queue: deque[str] = field(default_factory=deque)

    def pending(self) -> list[str]:
        """All that waits, in order."""
        return [*([] if self.writing is None else [self.writing]), *self.queue]


class Model:
    """One client: what it has received, and what waits for it.

    Attributes:
        certain (dict): Source -> messages that it has received, in order.
        possible (dict): Source -> messages that it may have received after these, since
            its connection ends.
        groups (dict): Number of a group -> its membership.
        alone (list): Messages to it alone whose write waits.
        is_loose (bool): Whether its connection ends: what is sent from then on may be
            received or not, but never twice, and never in another order.
        is_stalled (bool): Whether it reads.
        close_code (int | None): With what it is, or will be closed.
        max_count (int | None): Messages in a frame, where there are batches.
        parts (list): What waits for a frame, with its source.
        frame (list): The frame that is being written.
        due (float | None): When the parts are sent.
    """

    def __init__(self, max_count: int | None, max_delay: float) -> None:
        self.certain: dict[Source, list[str]] = defaultdict(list)
        self.possible: dict[Source, list[str]] = defaultdict(list)
        self.groups: dict[int, Membership] = {}
        self.alone: list[str] = []
        self.is_loose = False
        self.is_stalled = False
        self.close_code: int | None = None
        self.max_count = max_count
        self.max_delay = max_delay
        self.parts: list[tuple[Source, str]] = []
        self.frame: list[tuple[Source, str]] = []
        self.due: float | None = None

    def loosen(self, close_code: int | None = None) -> None:
        """Have the connection end: from now on nothing is certain."""
        if not self.is_loose:
            self.close_code = close_code
        self.is_loose = True
        for source, text in [*self.frame, *self.parts]:
            self.possible[source].append(text)
        self.frame, self.parts, self.due = [], [], None
        for number in list(self.groups):
            self.possible[number] += self.groups[number].pending()
            self.groups[number] = Membership()
        self.possible[ALONE] += self.alone
        self.alone = []

    def leave(self, number: int) -> None:
        """Leave a group: what waits there is not received."""
        self.groups.pop(number, None)

    def send(self, source: Source, text: str, now: float) -> bool:
        """Write a message; return whether the writer is done with it."""
        if self.is_loose:
            self.possible[source].append(text)
            return True
        if self.max_count is not None:
            return self._offer(source, text, now)
        if self.is_stalled:
            return False
        self.certain[source].append(text)
        return True

    def broadcast(
        self, number: int, group: GroupModel, text: str, now: float
    ) -> Literal['dropped', 'too_slow'] | None:
        """Have a group write to it; return which message or member is dropped."""
        member = self.groups[number]
        if self.is_loose:
            self.possible[number].append(text)
        elif member.writing is None:
            if not self.send(number, text, now):
                member.writing = text
        elif len(member.queue) < group.max_queue:
            member.queue.append(text)
        elif group.on_full == 'disconnect':
            self.leave(number)
            self.loosen(1013)
            return 'too_slow'
        else:
            if group.on_full == 'drop_oldest':
                member.queue.popleft()
                member.queue.append(text)
            return 'dropped'
        return None

    def read(self) -> None:
        """Read on: all that waits is received."""
        self.is_stalled = False
        self._receive([*self.frame, *self.parts])
        self.frame, self.parts, self.due = [], [], None
        for number, member in self.groups.items():
            self._receive([(number, text) for text in member.pending()])
            self.groups[number] = Membership()
        self._receive([(ALONE, text) for text in self.alone])
        self.alone = []

    def flush(self) -> None:
        """Have the parts sent, if no frame is under way."""
        if not self.is_loose and self.parts and not self.frame:
            taken, self.parts, self.due = self.parts, [], None
            if self.is_stalled:
                self.frame = taken
            else:
                self._receive(taken)

    def pass_time(self, now: float) -> None:
        """Have the parts sent whose time has come."""
        if self.due is not None and self.due <= now:
            self.due = None
            self.flush()

    def agrees(self, received: dict[Source, list[str]]) -> bool:
        """Compare with what was received, by source."""
        for source in received.keys() | self.certain.keys():
            certain, got = self.certain[source], received.get(source, [])
            if got[: len(certain)] != certain:
                return False
            rest = iter(self.possible[source])
            if not all(text in rest for text in got[len(certain) :]):
                return False
        return True

    def _offer(self, source: Source, text: str, now: float) -> bool:
        assert self.max_count is not None
        if len(self.parts) >= self.max_count:
            self.flush()
            if self.parts:
                return False
        self.parts.append((source, text))
        if len(self.parts) >= self.max_count:
            self.due = None
            self.flush()
        elif self.due is None and not self.frame:
            self.due = now + self.max_delay
        return True

    def _receive(self, messages: list[tuple[Source, str]]) -> None:
        for source, text in messages:
            self.certain[source].append(text)
