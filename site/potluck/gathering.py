"""What many ask of the database in one moment, as one statement: the way is most of what it costs.

Whoever comes first asks at once. Those who come meanwhile ask together, the first of them for
all, as soon as that is answered; so somebody alone waits for nobody.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from threading import Event
from typing import Generic, TypeVar

from gevent import monkey

logger = logging.getLogger(__name__)

SIZE_MAX = 100
# Then whoever is next asks beside those before: nobody waits longer than this for others, and
# somebody's lock holds up few.
PATIENCE_SECONDS = 0.005

# Nothing that is done under it waits, so greenlets have no need of gevent's, which costs as much as
# all the rest here.
Lock = monkey.get_original("threading", "Lock")

T = TypeVar("T")
R = TypeVar("R")


class _Turn(Generic[T, R]):
    """Somebody's, with what they ask. `answers` is empty where they have to ask it alone."""

    __slots__ = ("answers", "is_waiting", "item", "may_go")

    def __init__(self, item: T) -> None:
        self.item = item
        self.is_waiting = False
        # What wakes those who wait: to lead, or because they were led.
        self.may_go: Event | None = None
        self.answers: Sequence[R] = ()


class Gathering(Generic[T, R]):
    """Those of one kind; to ask twice must be to ask once."""

    def __init__(self, answer: Callable[[Sequence[T]], Sequence[R]]) -> None:
        """`answer` is a transaction of its own, and gives an answer to each in their order."""
        self._answer = answer
        self._waiting: deque[_Turn[T, R]] = deque()
        self._leader: _Turn[T, R] | None = None
        self._lock = Lock()

    def ask(self, item: T) -> R:
        """Asks it, with others or alone. Raises what `answer` raises for it alone."""
        turn: _Turn[T, R] = _Turn(item)
        patience_seconds = None
        with self._lock:
            if self._leader is None:
                self._leader = turn
            else:
                # One who loses patience asks for all who have come since.
                patience_seconds = None if self._waiting else PATIENCE_SECONDS
                turn.may_go, turn.is_waiting = Event(), True
                self._waiting.append(turn)
        try:
            if turn.may_go:
                self._wait(turn, turn.may_go, patience_seconds)
            if turn is self._leader:
                self._lead(turn)
        finally:
            self._leave(turn)
        (answer,) = turn.answers or self._answer([item])
        return answer

    def _wait(self, turn: _Turn[T, R], may_go: Event, patience_seconds: float | None) -> None:
        """Until it is this one's to lead, or whoever led is through."""
        if not may_go.wait(patience_seconds):
            with self._lock:
                if turn.is_waiting:
                    self._appoint()
            may_go.wait()
        elif turn is self._leader:
            # Whoever comes in this turn of the loop comes along.
            time.sleep(0)

    def _lead(self, leader: _Turn[T, R]) -> None:
        with self._lock:
            size = min(len(self._waiting), SIZE_MAX - 1)
            wave = [leader, *(self._next() for _ in range(size))]
        try:
            answers = self._answer([turn.item for turn in wave])
        except Exception as error:
            if len(wave) == 1:
                raise
            # It is one of them, as a rule, and each finds out whether it is theirs.
            name = type(error).__name__
            logger.warning("%s in what %s asked together: each asks alone", name, len(wave))
        else:
            for turn, answer in zip(wave, answers, strict=True):
                turn.answers = (answer,)
        finally:
            for turn in wave:
                if turn.may_go:
                    turn.may_go.set()

    def _leave(self, turn: _Turn[T, R]) -> None:
        with self._lock:
            if turn.is_waiting:
                self._waiting.remove(turn)
            if turn is self._leader:
                self._appoint()

    def _appoint(self) -> None:
        """The first of those who wait, if anybody does."""
        self._leader = self._next() if self._waiting else None
        if self._leader and self._leader.may_go:
            self._leader.may_go.set()

    def _next(self) -> _Turn[T, R]:
        turn = self._waiting.popleft()
        turn.is_waiting = False
        return turn
