"""For reads that are made so often that the engine's way to a connection is most of their cost.

A handful of connections beside the engine's pool, without transactions, their statements
prepared. Whoever finds none free is given the next that is, in the order in which they came: to
leave it to a lock who has it next let some wait for seconds while others read again and again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from threading import Event, Lock
from typing import Any

import psycopg
from gevent import monkey
from sqlalchemy import Engine, event

from potluck.cooperation import CooperativeConnection

CONNECTIONS_MAX = 8

Connection = psycopg.Connection[Any]


class _Turn:
    """Somebody's who waits: `connection` is there once it `has_come`, or they open one."""

    __slots__ = ("connection", "has_come")

    def __init__(self) -> None:
        self.has_come = Event()
        self.connection: Connection | None = None


class QuickReads:
    """Those of one engine; they are closed with it."""

    def __init__(self, engine: Engine, **connect_args: Any) -> None:
        """`connect_args` are what the engine's own connections are made with, too."""
        self.engine = engine
        self._connect_args = connect_args
        # All that are open, and of those the ones that nobody uses.
        self._connections: list[Connection] = []
        self._free: list[Connection] = []
        # Counted before they are there: others come while they are made.
        self._opened = 0
        self._waiting: deque[_Turn] = deque()
        self._lock = Lock()
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
        connection = self._take()
        try:
            cursor = connection.cursor(binary=True)
            cursor.execute(statement.encode(), parameters, prepare=True)
            rows = cursor.fetchall()
        except BaseException:
            # Whatever it was, an answer may be under way that nobody waits for any more.
            self._drop(connection)
            raise
        self._hand_on(connection)
        return rows

    def _take(self) -> Connection:
        """One that nobody uses, or a new one, in its turn."""
        with self._lock:
            if self._free:
                return self._free.pop()
            if self._opened < CONNECTIONS_MAX:
                self._opened += 1
                turn = None
            else:
                turn = _Turn()
                self._waiting.append(turn)
        connection = self._wait(turn) if turn else None
        return connection or self._open()

    def _wait(self, turn: _Turn) -> Connection | None:
        try:
            turn.has_come.wait()
        except BaseException:
            with self._lock:
                has_come = turn not in self._waiting
                if not has_come:
                    self._waiting.remove(turn)
            if has_come:
                self._hand_on(turn.connection)
            raise
        return turn.connection

    def _hand_on(self, connection: Connection | None) -> None:
        """To whoever has waited longest. None is the place of one that is no more."""
        with self._lock:
            if self._waiting:
                turn = self._waiting.popleft()
                turn.connection = connection
                turn.has_come.set()
            elif connection:
                self._free.append(connection)
            else:
                self._opened -= 1

    def _open(self) -> Connection:
        kind = CooperativeConnection if monkey.is_module_patched("select") else psycopg.Connection
        words, named = self.engine.dialect.create_connect_args(self.engine.url)
        try:
            options: dict[str, Any] = {**named, **self._connect_args, "autocommit": True}
            connection = kind.connect(*words, **options)
        except BaseException:
            self._hand_on(None)
            raise
        self._connections.append(connection)
        return connection

    def _drop(self, connection: Connection) -> None:
        connection.close()
        self._connections.remove(connection)
        self._hand_on(None)

    def _close(self, _engine: Engine) -> None:
        """Those that somebody uses are dropped by them."""
        with self._lock:
            free, self._free = self._free, []
        for connection in free:
            self._drop(connection)
