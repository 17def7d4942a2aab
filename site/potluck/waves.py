"""Reads that a crowd makes in one moment, as few questions.

One is under way at a time. Whoever comes meanwhile is in the next, all together: a crowd waits for
a few questions and takes one connection from everybody else, and somebody alone waits for none.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from gevent.event import AsyncResult

from potluck import crew

SIZE_MAX = 1_000

K = TypeVar("K")
V = TypeVar("V")


class Found(Generic[V]):
    """What a wave brought for one key, or what went wrong for all of them."""

    __slots__ = ("_error", "_value")

    def __init__(self, value: V | None, error: Exception | None = None) -> None:
        self._value = value
        self._error = error

    def get(self) -> V | None:
        """None where there is nothing; raises what the read raised."""
        if self._error:
            raise self._error
        return self._value


class Waves(Generic[K, V]):
    """Those of one read, which gives a value for each key that has one."""

    def __init__(self, read: Callable[[Sequence[K]], Mapping[K, V]]) -> None:
        self._read = read
        self._waiting: deque[tuple[K, Callable[[Found[V]], object]]] = deque()
        self._goes_on = False

    def ask(self, key: K, then: Callable[[Found[V]], object]) -> None:
        """Has `then` called as soon as the key was read; it must not wait for anything."""
        self._waiting.append((key, then))
        if not self._goes_on:
            self._goes_on = True
            crew.do(self._read_on)

    def get(self, key: K) -> V | None:
        """Waits for it; raises what the read raised."""
        result: AsyncResult[Found[V]] = AsyncResult()
        self.ask(key, result.set)
        found: Found[V] = result.get()
        return found.get()

    def _read_on(self) -> None:
        try:
            while self._waiting:
                size = min(len(self._waiting), SIZE_MAX)
                self._read_wave([self._waiting.popleft() for _ in range(size)])
        finally:
            self._goes_on = False

    def _read_wave(self, wave: Sequence[tuple[K, Callable[[Found[V]], object]]]) -> None:
        try:
            values = self._read(list({key for key, _ in wave}))
        except Exception as error:  # noqa: BLE001 - raised again where it is asked for
            for _, then in wave:
                then(Found(None, error))
        else:
            for key, then in wave:
                then(Found(values.get(key)))
