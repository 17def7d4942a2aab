"""SQLite with one writer at a time: what a request changes and the events of it commit together."""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from .store import NOBODY, Cause, Store

LOCK_TIMEOUT_SECONDS = 30


class Bell:
    """Wakes whoever waits and has not heard the latest ring, so that no ring is ever lost."""

    def __init__(self) -> None:
        self.rings = 0
        self._condition = threading.Condition()

    def ring(self) -> None:
        with self._condition:
            self.rings += 1
            self._condition.notify_all()

    def wait(self, *, heard: int, timeout_seconds: float) -> None:
        with self._condition:
            self._condition.wait_for(lambda: self.rings != heard, timeout=timeout_seconds)


class Database:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.outbox_bell = Bell()
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(self._connect()) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(Path(__file__).with_name("schema.sql").read_text("utf-8"))

    @contextlib.contextmanager
    def reading(self) -> Iterator[Store]:
        """A consistent view that waits for nobody."""
        with contextlib.closing(self._connect()) as connection:
            connection.execute("BEGIN")
            yield Store(connection, NOBODY)

    @contextlib.contextmanager
    def writing(self, cause: Cause = NOBODY) -> Iterator[Store]:
        """The only way to change anything: all of it commits, or none."""
        with contextlib.closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield Store(connection, cause)
            connection.execute("COMMIT")
        self.outbox_bell.ring()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=LOCK_TIMEOUT_SECONDS, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection
