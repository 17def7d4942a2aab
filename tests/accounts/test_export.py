"""Somebody gets everything that is kept of them, and nothing of others."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from potluck.accounts import export
from potluck.database import db
from potluck.rooms import rooms, rounds
from potluck.rooms.recipes import recipe
from tests.conftest import SignInAs
from tests.credits import histories
from tests.people import Browser, make_user

EMPTY_PARTS = ("disputes", "saved_card", "automatic_top_up", "refunds")
WRITE = text("UPDATE generations SET text = :text, seq = 1 WHERE id = :id")
LINE = text("""
    INSERT INTO contributions (round_id, user_id, text)
    SELECT round_id, :user_id, :line FROM generations WHERE id = :generation_id
""")


def exported(browser: Browser) -> dict[str, Any]:
    answer = browser.get("/account/export")
    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=potluck-")
    content: dict[str, Any] = json.loads(answer.get_data(as_text=True))
    return content


def make_history(ada: int, ben: int) -> None:
    """Ada buys, and writes with Ben; each has a line in the round, and Ben one in the next."""
    histories.buy(ada, 500)
    room = rooms.create_room([ada, ben])
    generation_id = histories.held_generation({ada: 30, ben: 31})
    for user_id, line in ((ada, "A frog."), (ben, "Ben's own secret.")):
        values = {"generation_id": generation_id, "user_id": user_id, "line": line}
        db.session.execute(LINE, values)
    db.session.execute(WRITE, {"id": generation_id, "text": "Once a frog — 蛙 — sang."})
    histories.end_generation(generation_id, {ada: 7, ben: 6})
    rounds.open_round(room, recipe("story"))
    rounds.contribute(room, user_id=ben, line="Ben's next.")
    db.session.commit()


@pytest.mark.fault("A6")
def test_the_file_holds_everything_of_theirs_and_nothing_of_others(
    client: Browser, sign_in_as: SignInAs
) -> None:
    ada, ben = sign_in_as(client, "Ada", credits=100).id, make_user("Ben", credits=100).id
    make_history(ada, ben)
    content = exported(client)
    assert content["user"][0]["name"] == "Ada"
    assert [row["email"] for row in content["identities"]] == ["ada@example.com"]
    assert len(content["sessions"]) == 1
    assert content["ledger_account"] == [{"posted": 593, "held": 0, "owed": 0, "freezes": 0}]
    assert [row["kind"] for row in content["transfers"]] == ["grant", "topup", "capture"]
    assert [row["amount"] for row in content["entries"]] == [100, 500, -7]
    assert [(row["amount"], row["captured"]) for row in content["holds"]] == [(30, 7)]
    assert [row["credits"] for row in content["purchases"]] == [500]
    assert len(content["rooms"]) == 1
    assert [row["text"] for row in content["contributions"]] == ["A frog."]
    assert [row["text"] for row in content["sheets"]] == ["Once a frog — 蛙 — sang."]
    assert [content[part] for part in EMPTY_PARTS] == [[], [], [], []]
    whole = json.dumps(content)
    assert [of_ben for of_ben in ("Ben", "ben@", "secret") if of_ben in whole] == []


def test_the_file_says_nothing_by_which_a_session_could_be_taken(
    client: Browser, sign_in_as: SignInAs
) -> None:
    sign_in_as(client, "Ada")
    assert set(exported(client)["sessions"][0]) == {
        "created_at",
        "last_seen_at",
        "expires_at",
        "ip",
        "user_agent",
    }


def test_every_table_with_somebody_in_it_is_in_the_file(database: None) -> None:
    """A new table that refers to people fails here until somebody says what they get of it."""
    query = text("""
        SELECT DISTINCT table_name FROM information_schema.columns
        WHERE column_name = 'user_id' AND table_schema = 'public'
    """)
    with db.engine.connect() as connection:
        tables = set(connection.scalars(query))
    asked = " ".join(str(part) for part in export._parts.values())
    # Where somebody waits, or is connected, for a few seconds.
    passing = {"live_onlookers", "pool_entries"}
    assert {table for table in tables - passing if table not in asked} == set()


def test_a_long_history_is_written_in_full(
    app: Flask, client: Browser, sign_in_as: SignInAs
) -> None:
    user = sign_in_as(client, "Ada")
    rows = export.ROWS_PER_FETCH * 2 + 1
    query = text("""
        INSERT INTO sessions (token_digest, user_id, expires_at, user_agent)
        SELECT sha256(n::text::bytea), :id, now(), repeat('x', 255)
        FROM generate_series(1, :rows) n
    """)
    with db.engine.begin() as connection:
        connection.execute(query, {"id": user.id, "rows": rows})
    assert len(exported(client)["sessions"]) == rows + 1


def test_asking_again_and_again_is_limited_for_each_member(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    adas, bens = browser(), browser()
    sign_in_as(adas, "Ada")
    sign_in_as(bens, "Ben")
    for _ in range(5):
        exported(adas)
    assert adas.get("/account/export").status_code == 429
    assert bens.get("/account/export").status_code == 200
