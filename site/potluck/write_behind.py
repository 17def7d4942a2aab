"""What is written a moment later, once for all who gave cause: whoever did waits for nothing.

A process that ends takes along what it has not written yet, so it must be something that is
noted again by whoever comes next.
"""

from __future__ import annotations

import gevent
from sqlalchemy import TextClause

from potluck import crew
from potluck.database import db

WAIT_SECONDS = 0.5


class WriteBehind:
    """Of one kind of row."""

    def __init__(self, statement: TextClause) -> None:
        """`statement` writes the rows `:ids`, and is a transaction of its own."""
        self._statement = statement
        self._ids: set[int] = set()

    def note(self, id_: int) -> None:
        """Has the row written with all that are noted within the moment."""
        if not self._ids:
            crew.do(self._write_soon)
        self._ids.add(id_)

    def _write_soon(self) -> None:
        gevent.sleep(WAIT_SECONDS)
        ids, self._ids = self._ids, set()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(self._statement, {"ids": list(ids)})
