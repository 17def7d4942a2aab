"""What many have to write in one moment, as one transaction: a commit is most of what it costs.

Whoever comes first writes at once. Those who come meanwhile write together, the first of them for
all, as soon as that is done; so somebody alone waits for nobody.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from threading import Event
from typing import Generic, TypeVar

from gevent import monkey

SIZE_MAX = 100
# Then whoever is next writes beside those before: nobody waits longer than this for others, and
# somebody's lock holds up few.
PATIENCE_SECONDS = 0.005

# Nothing that is done under it waits, so greenlets have no need of gevent's, which costs as much as
# all the rest here.
Lock = monkey.get_original("threading", "Lock")

T = TypeVar("T")
R = TypeVar("R")


class _Turn(Generic[T, R]):
    """Somebody's, with what they bring. `results` is empty where they have to write it alone."""

    __slots__ = ("item", "may_go", "results")

    def __init__(self, item: T) -> None:
        self.item = item
        self.may_go = Event()
        self.results: Sequence[R] = ()


class Gathering(Generic[T, R]):
    """Those of one kind of write, which to do twice must be to do once."""

    def __init__(self, write: Callable[[Sequence[T]], Sequence[R]]) -> None:
        """`write` commits, and gives a result for each in their order."""
        self._write = write
        self._waiting: deque[_Turn[T, R]] = deque()
        self._leader: _Turn[T, R] | None = None
        self._lock = Lock()

    def write(self, item: T) -> R:
        """Writes it, with others or alone. Raises what `write` raises for it alone."""
        turn: _Turn[T, R] = _Turn(item)
        with self._lock:
            self._waiting.append(turn)
            if self._leader is None:
                self._appoint()
        try:
            self._wait(turn)
            if turn is self._leader:
                self._lead()
        finally:
            self._leave(turn)
        (result,) = turn.results or self._write([item])
        return result

    def _appoint(self) -> None:
        """The first of those who wait, if anybody does."""
        self._leader = self._waiting[0] if self._waiting else None
        if self._leader:
            self._leader.may_go.set()

    def _wait(self, turn: _Turn[T, R]) -> None:
        """Until it is this one's to lead, or whoever led is through."""
        if turn.may_go.wait(PATIENCE_SECONDS):
            return
        with self._lock:
            is_next = bool(self._waiting) and self._waiting[0] is turn
            if is_next:
                self._appoint()
        turn.may_go.wait()

    def _lead(self) -> None:
        # Whoever is about to come in this turn of the loop comes along.
        time.sleep(0)
        with self._lock:
            wave = [self._waiting.popleft() for _ in range(min(len(self._waiting), SIZE_MAX))]
        try:
            results = self._write([turn.item for turn in wave])
        except Exception:
            # It is one of them, as a rule, and each finds out whether it is theirs.
            if len(wave) == 1:
                raise
        else:
            for turn, result in zip(wave, results, strict=True):
                turn.results = (result,)
        finally:
            for turn in wave:
                turn.may_go.set()

    def _leave(self, turn: _Turn[T, R]) -> None:
        with self._lock:
            if turn in self._waiting:
                self._waiting.remove(turn)
            if turn is self._leader:
                self._appoint()
