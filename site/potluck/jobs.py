"""Work beside the requests: loops that are started again when they fall, and a bounded pool."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec

import gevent
from flask import Flask
from gevent.pool import Group, Pool

from potluck.database import db
from potluck.outages import Outage, is_absence

logger = logging.getLogger(__name__)
P = ParamSpec("P")

# Five hundred texts at once, and whatever else runs beside them. Where that is too much for a core,
# rooms are told later and more at a time, and nothing is lost.
TASKS_MAX = 600
RESTART_AFTER_SECONDS = 1.0
STOP_WITHIN_SECONDS = 5.0


class Jobs:
    """What one process does in the background, from start to stop."""

    def __init__(self, app: Flask, *, tasks_max: int = TASKS_MAX) -> None:
        self.app = app
        self._loops = Group()
        self._tasks = Pool(tasks_max)
        self._on_stop: list[Callable[[], None]] = []
        self.is_draining = False

    def keep_running(self, loop: Callable[[], None]) -> None:
        """Runs `loop`, and again when it ends or fails."""
        self._loops.spawn(self._supervise, loop)

    def every(self, seconds: float, beat: Callable[[], object]) -> None:
        """Runs `beat` over and over, `seconds` after it last ended."""
        self._loops.spawn(self._repeat, seconds, beat)

    @property
    def is_full(self) -> bool:
        """Whether a task would have to wait for a place."""
        return bool(self._tasks.full())

    def spawn(self, task: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Runs `task` once; waits for a place when too many run already."""
        self._tasks.spawn(self._run, functools.partial(task, *args, **kwargs))

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
        outage = _outage_of(loop)
        while True:
            self._beat(loop, outage)
            gevent.sleep(RESTART_AFTER_SECONDS)

    def _repeat(self, seconds: float, beat: Callable[[], object]) -> None:
        outage = _outage_of(beat)
        while True:
            gevent.sleep(seconds)
            self._beat(beat, outage)

    def _beat(self, action: Callable[[], object], outage: Outage) -> None:
        """Whatever goes wrong, the next beat must come; what goes on being wrong is said once."""
        try:
            self._do(action)
        except Exception as error:  # noqa: BLE001 - logged with its trace
            if not is_absence(error):
                outage.begin(error)
        else:
            outage.end()

    def _run(self, task: Callable[[], None]) -> None:
        """Nobody waits for the result, and what didn't come to its end is said in any case."""
        try:
            self._do(task)
        except Exception as error:  # noqa: BLE001 - likewise
            _outage_of(task).begin(error)

    def _do(self, action: Callable[[], object]) -> None:
        try:
            with self.app.app_context():
                action()
        finally:
            db.session.remove()


def _outage_of(action: Callable[[], object]) -> Outage:
    """What the log says of this action when it fails, and when it works again."""
    named = action.func if isinstance(action, functools.partial) else action
    return Outage(f"{named.__module__}.{named.__qualname__}", logger)
