"""For reads that are made so often that the engine's way to a connection is most of their cost.

A handful of connections beside the engine's pool, without transactions, their statements
prepared. Several greenlets may share one: psycopg serves them one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from gevent import monkey
from sqlalchemy import Engine, event

from potluck.cooperation import CooperativeConnection

CONNECTIONS_MAX = 8


class QuickReads:
    """Those of one engine; they are closed with it."""

    def __init__(self, engine: Engine, **connect_args: Any) -> None:
        """`connect_args` are what the engine's own connections are made with, too."""
        self.engine = engine
        self._connect_args = connect_args
        self._connections: list[psycopg.Connection[Any]] = []
        self._opened = 0
        self._turn = 0
        event.listen(engine, "engine_disposed", self._close)

    def first(
        self, statement: str, parameters: Sequence[object] | Mapping[str, object]
    ) -> tuple[Any, ...] | None:
        """The first row of `all`."""
        rows = self.all(statement, parameters)
        return rows[0] if rows else None

    def all(
        self, statement: str, parameters: Sequence[object] | Mapping[str, object]
    ) -> list[tuple[Any, ...]]:
        """The rows, numbers as numbers; raises `psycopg.Error`, and drops what broke."""
        connection = self._connection()
        try:
            cursor = connection.cursor(binary=True)
            cursor.execute(statement.encode(), parameters, prepare=True)
            return cursor.fetchall()
        except BaseException:
            # Whatever it was, an answer may be under way that nobody waits for any more.
            self._drop(connection)
            raise

    def _connection(self) -> psycopg.Connection[Any]:
        """One that nobody uses, a new one, or the next in turn."""
        for connection in self._connections:
            if not connection.lock.locked():
                return connection
        if self._opened < CONNECTIONS_MAX or not self._connections:
            return self._open()
        self._turn = (self._turn + 1) % len(self._connections)
        return self._connections[self._turn]

    def _open(self) -> psycopg.Connection[Any]:
        kind = CooperativeConnection if monkey.is_module_patched("select") else psycopg.Connection
        words, named = self.engine.dialect.create_connect_args(self.engine.url)
        # Counted before it is there: others come while it is made.
        self._opened += 1
        try:
            options: dict[str, Any] = {**named, **self._connect_args, "autocommit": True}
            connection = kind.connect(*words, **options)
        except BaseException:
            self._opened -= 1
            raise
        self._connections.append(connection)
        return connection

    def _drop(self, connection: psycopg.Connection[Any]) -> None:
        connection.close()
        if connection in self._connections:
            self._connections.remove(connection)
            self._opened -= 1

    def _close(self, _engine: Engine) -> None:
        for connection in list(self._connections):
            self._drop(connection)
