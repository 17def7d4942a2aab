"""Turns at what a crowd asks for in one moment: one does it, and the others wait for that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Generic, TypeVar

# Longer than anything that is worth the wait; whoever has waited so long does it beside the first.
WAIT_SECONDS_MAX = 2.0

K = TypeVar("K")


class Turns(Generic[K]):
    """Those at one thing, apart for each key."""

    def __init__(self) -> None:
        self._under_way: dict[K, Event] = {}

    @contextmanager
    def take(self, key: K) -> Iterator[bool]:
        """Whether it is this one's to do; where it isn't, whoever did it is through by now."""
        if first := self._under_way.get(key):
            first.wait(WAIT_SECONDS_MAX)
            yield False
            return
        done = self._under_way[key] = Event()
        try:
            yield True
        finally:
            del self._under_way[key]
            done.set()
