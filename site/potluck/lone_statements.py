"""Statements that are a transaction of their own, past what the engine does around one.

On a connection that nobody else uses meanwhile, so that it may wait for a lock; without BEGIN and
COMMIT, each of which would be a way to the database, and prepared. A few of the pool's connections
are kept for that, since to take one and give it back costs as much as a statement. Who finds none
of them does just that.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from contextlib import suppress

import psycopg
from sqlalchemy import Engine, PoolProxiedConnection, event

from potluck.outages import is_absence
from potluck.plain_statements import Row, driver, rows

KEPT_MAX = 4
# https://www.postgresql.org/docs/18/errcodes-appendix.html: serialization_failure,
# deadlock_detected, lock_not_available. The transaction did nothing, and may run again.
RETRIED_STATES = frozenset({"40001", "40P01", "55P03"})


class WorthATry(Exception):
    """Another transaction was in the way, or the connection broke: it may have been done."""


class Elsewhere(Exception):
    """Whatever is wrong, the engine can say it better."""


class LoneStatements:
    """Those of one engine; what it keeps is closed with it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._idle: deque[PoolProxiedConnection] = deque()
        event.listen(engine, "engine_disposed", self._close)

    def all(self, statement: str, parameters: Mapping[str, object]) -> list[Row]:
        """The rows, numbers as numbers. Raises `WorthATry` or `Elsewhere`."""
        try:
            pooled = self._take() or self.engine.raw_connection()
        except psycopg.Error as error:
            raise Elsewhere from error
        try:
            connection = driver(pooled)
            if not connection.autocommit:
                connection.autocommit = True
            found = rows(connection, statement, parameters)
        except BaseException as error:
            # Whatever it was, an answer may be under way that nobody waits for any more.
            pooled.invalidate(error)
            if isinstance(error, psycopg.Error):
                raise self._said(error) from error
            raise
        self._put_back(pooled)
        return found

    def _take(self) -> PoolProxiedConnection | None:
        """The one that was used last; in a process with threads another may be quicker."""
        with suppress(IndexError):
            return self._idle.pop()
        return None

    def _put_back(self, pooled: PoolProxiedConnection) -> None:
        if len(self._idle) < KEPT_MAX:
            self._idle.append(pooled)
        else:
            driver(pooled).autocommit = False
            pooled.close()

    def _said(self, error: psycopg.Error) -> WorthATry | Elsewhere:
        if is_absence(error):
            # The others are from before that, too.
            self._close(self.engine)
            return WorthATry()
        return WorthATry() if error.sqlstate in RETRIED_STATES else Elsewhere()

    def _close(self, _engine: Engine) -> None:
        while pooled := self._take():
            pooled.invalidate()
