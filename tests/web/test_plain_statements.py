"""Statements of the session's transaction by psycopg itself go wrong as SQLAlchemy's do."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DataError, OperationalError

from potluck.accounts.models import User
from potluck.database import db
from tests.people import make_user

DIVIDE = "SELECT 1 / %(number)s"
END = text("SELECT pg_terminate_backend(:pid)")
RENAME = "UPDATE users SET name = %(name)s WHERE id = %(id)s"

pytestmark = pytest.mark.usefixtures("database")


def test_they_are_part_of_the_transaction() -> None:
    ada = make_user("Ada")
    assert db.all_within(RENAME, {"name": "Ben", "id": ada.id}) == []
    db.session.rollback()
    assert db.session.get_one(User, ada.id).name == "Ada"


def test_what_is_wrong_is_raised_as_by_the_engine_and_says_no_values() -> None:
    with pytest.raises(DataError) as raised:
        db.all_within(DIVIDE, {"number": 0})
    assert "number" in str(raised.value)
    assert "[parameters" not in str(raised.value)
    db.session.rollback()
    assert db.all_within(DIVIDE, {"number": 1}) == [(1,)]


def test_a_transaction_whose_connection_broke_is_made_again(owner: Engine) -> None:
    ada = make_user("Ada")
    pids: list[int] = []

    def rename() -> None:
        ((pid,),) = db.all_within("SELECT pg_backend_pid()", {})
        pids.append(pid)
        if len(pids) == 1:
            with owner.begin() as connection:
                connection.execute(END, {"pid": pid})
        db.all_within(RENAME, {"name": "Ben", "id": ada.id})

    db.transact(rename)
    assert len(set(pids)) == 2
    assert db.session.get_one(User, ada.id).name == "Ben"


def test_who_is_in_the_way_is_told_from_who_is_wrong(owner: Engine) -> None:
    ada = make_user("Ada")
    with owner.begin() as connection:
        connection.execute(text("SELECT FROM users WHERE id = :id FOR UPDATE"), {"id": ada.id})
        db.session.execute(text("SET LOCAL lock_timeout = 1"))
        with pytest.raises(OperationalError) as raised:
            db.all_within(RENAME, {"name": "Ben", "id": ada.id})
    assert getattr(raised.value.orig, "sqlstate", None) == "55P03"
    assert not raised.value.connection_invalidated
