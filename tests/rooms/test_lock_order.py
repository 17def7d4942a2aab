"""Of several texts or accounts the first is locked first, so that two never wait in a ring."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from potluck.database import db
from potluck.rooms import endings, leases
from potluck.rooms.leases import Lease, Written
from tests.orders import ended, hold
from tests.people import make_user

HELD_CREDITS = 30
WAIT_SECONDS_MAX = 4
WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


def save(generation_ids: Sequence[int]) -> None:
    leases.save({Lease(each, epoch=0): Written("Once.", "", seq=1) for each in generation_ids})


def end(generation_ids: Sequence[int]) -> None:
    endings.end_all([ended(each, {}) for each in generation_ids])


@pytest.mark.parametrize("write", [save, end])
def test_of_several_texts_the_first_is_locked_first_whatever_is_said_first(
    app: Flask, owner: Engine, write: Callable[[Sequence[int]], None]
) -> None:
    ada = make_user("Ada", credits=1000)
    first, second = (hold(ada.id, HELD_CREDITS) for _ in range(2))
    with _waiting(app, owner, lambda: write([second, first]), "generations", second):
        assert not _is_free(owner, "generations", first)


def test_of_several_accounts_the_first_is_locked_first_whoever_pays_first(
    app: Flask, owner: Engine
) -> None:
    people = [make_user(name, credits=1000) for name in ("Ada", "Ben")]
    generation_ids = [hold(each.id, HELD_CREDITS) for each in reversed(people)]
    first, second = db.session.scalars(
        text("SELECT id FROM accounts WHERE user_id = ANY(:ids) ORDER BY id"),
        {"ids": [each.id for each in people]},
    )
    with _waiting(app, owner, lambda: end(generation_ids), "accounts", second):
        assert not _is_free(owner, "accounts", first)


@contextmanager
def _waiting(
    app: Flask, owner: Engine, work: Callable[[], None], table: str, row_id: int
) -> Iterator[None]:
    """While this lasts, `work` waits for that row in a thread of its own."""

    def run() -> None:
        with app.app_context():
            work()
            db.session.remove()

    db.session.rollback()
    thread = threading.Thread(target=run)
    with owner.begin() as other:
        other.execute(text(f"SELECT FROM {table} WHERE id = {row_id} FOR UPDATE"))
        thread.start()
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        with owner.connect() as connection:
            while not connection.scalar(WAITING):
                assert time.monotonic() < deadline, "it waits for nothing"
        yield
    thread.join()


def _is_free(owner: Engine, table: str, row_id: int) -> bool:
    query = f"SELECT id FROM {table} WHERE id = {row_id} FOR UPDATE SKIP LOCKED"  # noqa: S608
    with owner.connect() as connection:
        return connection.scalar(text(query)) is not None
