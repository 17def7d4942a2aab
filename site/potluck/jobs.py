"""Work beside the requests: loops that are started again when they fall, and a bounded pool."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import ParamSpec

import gevent
from flask import Flask
from gevent.pool import Group, Pool

from potluck.database import db

logger = logging.getLogger(__name__)
P = ParamSpec("P")

TASKS_MAX = 200
RESTART_AFTER_SECONDS = 1.0
STOP_WITHIN_SECONDS = 5.0


class Jobs:
    """What one process does in the background, from start to stop."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._loops = Group()
        self._tasks = Pool(TASKS_MAX)
        self._on_stop: list[Callable[[], None]] = []
        self.is_draining = False

    def keep_running(self, loop: Callable[[], None]) -> None:
        """Runs `loop`, and again when it ends or fails."""
        self._loops.spawn(self._supervise, loop)

    def every(self, seconds: float, beat: Callable[[], None]) -> None:
        """Runs `beat` over and over, `seconds` after it last ended."""
        self._loops.spawn(self._repeat, seconds, beat)

    def spawn(self, task: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Runs `task` once; waits for a place when too many run already."""
        self._tasks.spawn(self._run, lambda: task(*args, **kwargs))

    def before_stop(self, action: Callable[[], None]) -> None:
        """Has `action` called first when the process stops."""
        self._on_stop.append(action)

    def drain(self, *, within_seconds: float) -> None:
        """Takes nothing new, and lets what runs come to its own end."""
        self.is_draining = True
        self._tasks.join(timeout=within_seconds)

    def stop(self) -> None:
        """Ends what still runs, within bounds."""
        self._loops.kill(timeout=1)
        for action in self._on_stop:
            self._run(action)
        self._tasks.join(timeout=STOP_WITHIN_SECONDS)
        self._tasks.kill(timeout=1)

    def _supervise(self, loop: Callable[[], None]) -> None:
        while True:
            self._run(loop)
            gevent.sleep(RESTART_AFTER_SECONDS)

    def _repeat(self, seconds: float, beat: Callable[[], None]) -> None:
        while True:
            gevent.sleep(seconds)
            self._run(beat)

    def _run(self, action: Callable[[], None]) -> None:
        try:
            with self.app.app_context():
                action()
        except Exception:
            # Nobody waits for the result: whatever it was, the next beat must come.
            logger.exception("background work failed")
        finally:
            db.session.remove()
