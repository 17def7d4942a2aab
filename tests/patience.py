"""What comes about a moment later, by work of the process that is not the test's own."""

from __future__ import annotations

import time
from collections.abc import Callable

import gevent

WITHIN_SECONDS = 10
LOOK_EVERY_SECONDS = 0.01


def until(has_come: Callable[[], bool]) -> None:
    """Lets the process's loop go on until it has; fails where it does not."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while not has_come():
        assert time.monotonic() < deadline
        gevent.sleep(LOOK_EVERY_SECONDS)
