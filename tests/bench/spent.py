"""Processor time of this process and of its PostgreSQL, whatever else the machine does."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil
import psycopg


@dataclass(frozen=True)
class Spent:
    """Seconds: by the clock, of this process, and of PostgreSQL's."""

    seconds: float
    here: float
    postgres: float


class Meter:
    """Looks at all processes of the server that a connection goes to."""

    def __init__(self, connection: psycopg.Connection) -> None:
        backend = psutil.Process(connection.info.backend_pid)
        self._postmaster = backend.parent() or backend

    def spent_on(self, action: Callable[[], None]) -> Spent:
        """Runs it."""
        began, here, postgres = time.perf_counter(), time.process_time(), self.postgres_seconds()
        action()
        return Spent(
            time.perf_counter() - began,
            time.process_time() - here,
            self.postgres_seconds() - postgres,
        )

    def postgres_seconds(self) -> float:
        """So far; processes that have ended since are in their parent's account."""
        times = [each.cpu_times() for each in self._postmaster.children()]
        mine = self._postmaster.cpu_times()
        ended = float(getattr(mine, "children_user", 0) + getattr(mine, "children_system", 0))
        return ended + sum(float(each.user + each.system) for each in times)
