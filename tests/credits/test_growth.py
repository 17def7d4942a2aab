"""What it costs to move credits doesn't grow with how many members there are, or open holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, text

from potluck.credits import holds, ledger
from potluck.database import db
from potluck.rooms import endings
from tests.orders import dispatch, ended, hold, ordered_generation
from tests.people import make_user

CROWD = 2_000
ROWS_MAX = CROWD / 10
# Everybody has been given a credit, and has put it into the pot of one room.
FILL = f"""
    INSERT INTO users (name) SELECT 'Member ' || n FROM generate_series(1, {CROWD}) n;
    UPDATE accounts SET posted = 1, held = 1 WHERE kind = 'member';
    INSERT INTO transfers (key, kind, reference, account_id)
        SELECT 'grant:' || id, 'grant', '', id FROM accounts WHERE kind = 'member';
    INSERT INTO entries (transfer_id, account_id, amount)
        SELECT t.id, a.id, CASE a.kind WHEN 'member' THEN 1 ELSE -1 END
        FROM transfers t JOIN accounts a ON a.id = t.account_id OR a.kind = 'promotions';
    INSERT INTO rooms (code) VALUES ('crowdede');
    INSERT INTO holds (account_id, room_id, amount, expires_at)
        SELECT accounts.id, rooms.id, 1, now() + interval '1 day' FROM accounts, rooms
        WHERE accounts.kind = 'member';
    ANALYZE accounts; ANALYZE holds
"""  # noqa: S608 - ours
# By this connection, of late: with what its transactions have not yet told the server's statistics.
LOOKED_AT = text("""
    SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables
    WHERE relname IN ('accounts', 'holds')
""")


@pytest.fixture(autouse=True)
def _crowd(database: None, owner: Engine) -> None:
    with owner.begin() as connection:
        for statement in FILL.split(";"):
            connection.execute(text(statement))


def test_to_give_credits_looks_at_few_rows() -> None:
    ada = make_user("Ada")
    with _looks_at_few_rows():
        ledger.grant(user_id=ada.id, amount_credits=5, key="gift", reason="")


def test_to_hold_credits_and_to_say_that_they_went_looks_at_few_rows() -> None:
    ada = make_user("Ada", credits=50)
    generation_id = ordered_generation(ada.id)
    with _looks_at_few_rows():
        holds.reserve(amounts={ada.id: 30}, generation_id=generation_id, ttl_seconds=60)
        dispatch(generation_id)
        assert holds.held_for(generation_id) == {ada.id: 30}


def test_to_end_what_they_were_held_for_looks_at_few_rows() -> None:
    ada = make_user("Ada", credits=50)
    generation_id = hold(ada.id, 30)
    with _looks_at_few_rows():
        assert endings.end_here(ended(generation_id, {ada.id: 12}))


@contextmanager
def _looks_at_few_rows() -> Iterator[None]:
    """Of accounts and holds, in one transaction."""
    db.session.commit()
    before = db.session.execute(LOOKED_AT).scalar_one()
    yield
    assert 0 < db.session.execute(LOOKED_AT).scalar_one() - before < ROWS_MAX
    db.session.commit()
