"""A generation ends in one statement, whatever else happens to it or to its payers meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from potluck.credits import ledger
from potluck.database import db
from potluck.rooms import leases, settlement
from potluck.rooms.leases import Lease
from potluck.rooms.model import Usage
from potluck.rooms.settlement import Outcome, Settled
from tests.rooms.conftest import Table

WAIT_SECONDS_MAX = 4
WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
TAKE_AWAY = text("UPDATE generations SET lease_epoch = lease_epoch + 1 WHERE id = :id")
# By person, as balances are: one statement makes all holds, in whatever order.
HOLDS = text("""
    SELECT holds.state, holds.captured FROM holds JOIN accounts ON accounts.id = holds.account_id
    WHERE holds.generation_id = :id ORDER BY accounts.user_id
""")
GIFT_CREDITS = 50
OUTCOME = Outcome(state="done", text="Once there was a frog.", seq=1, usage=Usage(100, 200))


@pytest.fixture
def lease(table: Table) -> Lease:
    """A text that is being written for two."""
    table.add_lines("A frog who sings.", "A flooded cellar.")
    table.start()
    lease = leases.claim()
    assert lease
    leases.dispatch(lease)
    return lease


def test_who_says_twice_that_it_was_sent_has_said_it_once(lease: Lease) -> None:
    leases.dispatch(lease)
    assert _holds(lease) == [("dispatched", 0)] * 2
    with pytest.raises(leases.LeaseLost):
        leases.dispatch(Lease(lease.generation_id, lease.epoch - 1))
    settlement.settle(lease.generation_id, epoch=lease.epoch, outcome=OUTCOME)
    with pytest.raises(leases.LeaseLost):
        leases.dispatch(lease)


def test_who_waits_while_it_is_taken_over_settles_nothing(
    app: Flask, owner: Engine, table: Table, lease: Lease
) -> None:
    before = table.balances()
    db.session.commit()
    with _settling(app, owner, lease) as settled, owner.begin() as other:
        other.execute(TAKE_AWAY, {"id": lease.generation_id})
        settled.begin()
    assert settled.result() is None
    assert table.balances() == before
    assert _holds(lease) == [("dispatched", 0)] * 2


def test_who_waits_for_a_payers_account_takes_it_as_it_is_then(
    app: Flask, owner: Engine, table: Table, lease: Lease
) -> None:
    with _settling(app, owner, lease) as settled:
        _give_to_all(table)
        settled.begin()
        db.session.commit()
    assert settled.result()
    taken = [amount for _, amount in _holds(lease)]
    assert all(taken)
    assert table.balances() == [(1000 + GIFT_CREDITS - amount, 0) for amount in taken]


def test_two_who_settle_at_once_settle_it_once(
    app: Flask, owner: Engine, table: Table, lease: Lease
) -> None:
    with (
        _settling(app, owner, lease) as first,
        _settling(app, owner, lease, waiting=2) as second,
    ):
        _give_to_all(table)
        first.begin()
        second.begin()
        db.session.commit()
    assert first.result()
    assert second.result()
    taken = [amount for _, amount in _holds(lease)]
    assert table.balances() == [(1000 + GIFT_CREDITS - amount, 0) for amount in taken]


def _give_to_all(table: Table) -> None:
    """In a transaction that goes on, and has their accounts locked."""
    db.session.rollback()
    for person in table.people:
        key = f"meanwhile:{person.id}"
        ledger.grant(user_id=person.id, amount_credits=GIFT_CREDITS, key=key, reason="")


class _Settling:
    def __init__(self, settle: Callable[[], Settled | None], wait: Callable[[], None]) -> None:
        self._results: list[Settled | None] = []
        self._wait = wait
        self.thread = threading.Thread(target=lambda: self._results.append(settle()))

    def begin(self) -> None:
        """Returns once it waits for what the test holds."""
        self.thread.start()
        self._wait()

    def result(self) -> Settled | None:
        """What came of it."""
        (result,) = self._results
        return result


@contextmanager
def _settling(app: Flask, owner: Engine, lease: Lease, *, waiting: int = 1) -> Iterator[_Settling]:
    """In a thread with connections of its own, which has ended when this does."""

    def settle() -> Settled | None:
        with app.app_context():
            try:
                return settlement.settle(lease.generation_id, epoch=lease.epoch, outcome=OUTCOME)
            finally:
                db.session.remove()

    def wait() -> None:
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        with owner.connect() as connection:
            while (connection.scalar(WAITING) or 0) < waiting:
                assert time.monotonic() < deadline, "it waits for nothing"

    settling = _Settling(settle, wait)
    yield settling
    settling.thread.join()


def _holds(lease: Lease) -> list[tuple[str, int]]:
    rows = db.session.execute(HOLDS, {"id": lease.generation_id}).all()
    db.session.rollback()
    return [(row.state, row.captured) for row in rows]
