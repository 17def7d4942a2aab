"""A statement that is a transaction of its own, past the engine, through what may go wrong."""

from __future__ import annotations

import threading
import time

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.exc import DataError
from sqlalchemy.pool import QueuePool

from potluck.database import db
from potluck.lone_statements import KEPT_MAX

LOCK = 4_711
WHO = "SELECT pg_backend_pid()"
WHO_WAITS = "SELECT pg_backend_pid(), pg_advisory_xact_lock_shared(%(lock)s)"
WAITING = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
WAIT_SECONDS_MAX = 4
END = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = ANY(:pids)")
CROWD = 3 * KEPT_MAX

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def _nothing_is_kept(app: Flask) -> None:
    db.engine.dispose()


def test_it_is_made_again_where_all_kept_connections_broke(app: Flask, owner: Engine) -> None:
    kept = _pids(app, owner)
    with owner.begin() as connection:
        connection.execute(END, {"pids": list(kept)})
    assert _pid() not in kept
    assert db.all_alone("SELECT %(number)s + 1", {"number": 1}) == [(2,)]


def test_what_is_wrong_is_said_by_the_engine_and_nothing_stays_wrong() -> None:
    with pytest.raises(DataError):
        db.all_alone("SELECT 1 / %(nothing)s", {"nothing": 0})
    assert _pid()


def test_a_few_connections_are_kept_however_many_were_used_at_once(
    app: Flask, owner: Engine
) -> None:
    assert len(_pids(app, owner)) == CROWD
    assert isinstance(db.engine.pool, QueuePool)
    assert db.engine.pool.checkedout() == KEPT_MAX
    with db.engine.connect() as connection:
        given_back = connection.connection.driver_connection
        assert given_back
        assert not given_back.autocommit


def _pid() -> int:
    ((pid,),) = db.all_alone(WHO, {})
    return int(pid)


def _pids(app: Flask, owner: Engine) -> set[int]:
    """Of the connections that a crowd has at the same moment, because all wait for a lock."""
    pids: set[int] = set()

    def ask() -> None:
        with app.app_context():
            ((pid, _),) = db.all_alone(WHO_WAITS, {"lock": LOCK})
            pids.add(pid)

    crowd = [threading.Thread(target=ask) for _ in range(CROWD)]
    with owner.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        for thread in crowd:
            thread.start()
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while connection.scalar(WAITING) != CROWD:
            assert time.monotonic() < deadline
    for thread in crowd:
        thread.join()
    return pids
