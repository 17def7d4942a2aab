"""Greenlets that go on to the next piece of work instead of ending.

A new one costs twenty times what most work here does: each is given a stack of its own, and it
is taken back in the end. So whoever has work hands it over, and as many greenlets are there as
pieces of work wait for something at this moment.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from contextvars import Context

import gevent
from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]

logger = logging.getLogger(__name__)

Work = tuple[Callable[..., object], tuple[object, ...]]

# A crowd is over at some time, and each keeps its stack.
IDLE_MAX = 64
# Then whoever waits for the network or the clock gets their turn, however many wait here.
TURN_SECONDS = 0.001


class Crew:
    """Of the process's one loop."""

    def __init__(self) -> None:
        self._hub = gevent.get_hub()
        # Comes up after the loop has looked at the network, and a callback would before.
        self._next_turn = self._hub.loop.timer(0)
        self._waiting: deque[Work] = deque()
        self._idle: list[greenlet] = []
        self._is_called = False
        self._turn_ends_at = 0.0

    def do(self, action: Callable[..., object], *arguments: object) -> None:
        """Has it done soon, in its turn, by a greenlet that may wait for whatever it likes."""
        self._waiting.append((action, arguments))
        if not self._is_called:
            self._is_called = True
            self._hub.loop.run_callback(self._set_to_work)

    def _set_to_work(self) -> None:
        """Run by the hub, which comes back here whenever one of them waits for something."""
        self._turn_ends_at = time.monotonic() + TURN_SECONDS
        try:
            while self._is_something_to_do():
                member = self._idle.pop() if self._idle else greenlet(self._work, self._hub)
                member.switch()
        finally:
            # Also where somebody's work ended its greenlet, of which the hub hears here.
            self._is_called = bool(self._waiting)
            if self._is_called:
                self._next_turn.start(self._set_to_work)

    def _work(self) -> None:
        while True:
            while self._is_something_to_do():
                action, arguments = self._waiting.popleft()
                try:
                    # What it says of itself is forgotten with it.
                    Context().run(action, *arguments)
                except Exception:
                    logger.exception("%s failed", action)
            if len(self._idle) >= IDLE_MAX:
                return
            self._idle.append(getcurrent())
            self._hub.switch()

    def _is_something_to_do(self) -> bool:
        return bool(self._waiting) and time.monotonic() < self._turn_ends_at


_crew: Crew | None = None


def do(action: Callable[..., object], *arguments: object) -> None:
    """Hands it to the process's crew."""
    global _crew  # noqa: PLW0603 - one loop a process
    _crew = _crew or Crew()
    _crew.do(action, *arguments)
