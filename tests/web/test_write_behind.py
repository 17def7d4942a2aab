"""What is noted is written a moment later and together, and nobody who reads waits for it."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import Engine, TextClause, text

from potluck.database import db
from potluck.write_behind import WriteBehind
from tests.patience import until
from tests.people import Browser, make_user
from tests.web.conftest import World
from tests.web.statements import statements

RENAME = text("UPDATE users SET name = 'Noted' WHERE id = ANY(CAST(:ids AS bigint[]))")
BREAK = text("ALTER TABLE users ADD CONSTRAINT ck_users_noted CHECK (name <> 'Noted')")
MEND = text("ALTER TABLE users DROP CONSTRAINT ck_users_noted")

LONG_AGO = text("""
    WITH others AS (UPDATE rooms SET active_at = now() - interval '5 minutes')
    UPDATE sessions SET last_seen_at = now() - interval '5 minutes'
""")
SESSION_IS_SEEN = text("SELECT max(last_seen_at) > now() - interval '1 minute' FROM sessions")
BOTH_ARE_SEEN = text("""
    SELECT max(active_at) > now() - interval '1 minute'
        AND (SELECT max(last_seen_at) FROM sessions) > now() - interval '1 minute' FROM rooms
""")


@pytest.fixture
def ids(database: None) -> list[int]:
    people = [make_user(name).id for name in ("Ada", "Ben", "Cy")]
    db.session.commit()
    return people


@pytest.mark.parametrize(
    ("path", "is_written"),
    [
        ("/", SESSION_IS_SEEN),
        ("/credits/badge", SESSION_IS_SEEN),
        ("/rooms/{room}", BOTH_ARE_SEEN),
    ],
)
def test_the_first_look_of_a_minute_costs_no_more_and_is_written_later(
    ada: Browser, world: World, path: str, is_written: TextClause
) -> None:
    path = path.format(room=world.room_code)
    # The first of all keeps the forms' token with the session.
    ada.get(path)
    usual = asked_for(ada, path)
    db.session.execute(LONG_AGO)
    db.session.commit()
    assert asked_for(ada, path) == usual
    assert not db.session.scalar(is_written)
    until(lambda: bool(db.session.scalar(is_written)))


def test_all_of_a_moment_are_one_statement_that_comes_after_it(ids: list[int]) -> None:
    renamed = WriteBehind(RENAME)
    with statements() as asked:
        for id_ in (ids[0], ids[1], ids[0]):
            renamed.note(id_)
        assert asked == []
        until(lambda: noted(*ids[:2]))
    assert len([each for each in asked if "UPDATE" in each]) == 1


def test_what_is_noted_after_that_is_written_too(ids: list[int]) -> None:
    renamed = WriteBehind(RENAME)
    renamed.note(ids[0])
    until(lambda: noted(ids[0]))
    renamed.note(ids[2])
    until(lambda: noted(ids[0], ids[2]))


def test_what_cannot_be_written_is_said_and_stops_nobody(
    ids: list[int], owner: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    renamed = WriteBehind(RENAME)
    with owner.begin() as connection:
        connection.execute(BREAK)
    try:
        renamed.note(ids[0])
        until(lambda: any(each.levelno == logging.ERROR for each in caplog.records))
    finally:
        with owner.begin() as connection:
            connection.execute(MEND)
    renamed.note(ids[1])
    until(lambda: noted(ids[1]))


def asked_for(client: Browser, path: str) -> list[str]:
    """All that a look at it asks the database for."""
    db.session.remove()
    with statements() as asked:
        client.get(path)
    return asked


def noted(*ids: int) -> bool:
    """Whether these are written, and nobody else."""
    with db.engine.connect() as connection:
        found = connection.scalars(text("SELECT id FROM users WHERE name = 'Noted'"))
        return set(found) == set(ids)
