"""The few connections of quick reads are had in turn, and their places are never lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import datetime

import psycopg
import pytest

from potluck import quick_reads
from potluck.database import db
from potluck.quick_reads import QuickReads

NOW = "SELECT clock_timestamp()"
WAIT_SECONDS_MAX = 20


@pytest.fixture
def reads(database: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[QuickReads]:
    """With one connection for all."""
    monkeypatch.setattr(quick_reads, "CONNECTIONS_MAX", 1)
    reads = QuickReads(db.engine)
    yield reads
    reads._close(db.engine)


class Reader(threading.Thread):
    """Reads the time, once it is their turn."""

    def __init__(self, reads: QuickReads) -> None:
        super().__init__(daemon=True)
        self.read_at: datetime | None = None
        self.error: psycopg.Error | None = None
        self._reads = reads
        before = len(reads._waiting)
        self.start()
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while len(reads._waiting) == before and time.monotonic() < deadline:
            time.sleep(0.001)

    def run(self) -> None:
        try:
            self.read_at = _now(self._reads)
        except psycopg.Error as error:
            self.error = error


def test_whoever_has_waited_longest_is_next(reads: QuickReads) -> None:
    taken = reads._take()
    waiting = [Reader(reads) for _ in range(3)]
    reads._hand_on(taken)
    last = _now(reads)
    for each in waiting:
        each.join(WAIT_SECONDS_MAX)
    times = [each.read_at for each in waiting]
    assert times == sorted(times, key=lambda at: at or last)
    assert times[-1] is not None
    assert times[-1] < last


def test_the_place_of_a_connection_that_broke_is_the_next_ones(reads: QuickReads) -> None:
    taken = reads._take()
    waiting = [Reader(reads) for _ in range(2)]
    reads._drop(taken)
    for each in waiting:
        each.join(WAIT_SECONDS_MAX)
        assert each.read_at
    assert len(reads._connections) == 1


def test_where_none_can_be_opened_everybody_who_waits_hears_of_it(
    reads: QuickReads, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = reads._take()
    waiting = [Reader(reads) for _ in range(2)]
    with monkeypatch.context() as patch:
        patch.setattr(psycopg.Connection, "connect", _refuse)
        reads._drop(taken)
        for each in waiting:
            each.join(WAIT_SECONDS_MAX)
            assert each.error
    assert reads.first(NOW, {})


def _refuse(*_words: object, **_named: object) -> None:
    raise psycopg.OperationalError("nobody is there")


def _now(reads: QuickReads) -> datetime:
    row = reads.first(NOW, {})
    assert row
    now: datetime = row[0]
    return now
