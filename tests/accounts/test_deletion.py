"""Somebody leaves for good: they are gone, and the books still add up."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from werkzeug.test import TestResponse

from potluck.accounts import departures
from potluck.credits import ledger
from potluck.credits.audit import audit
from potluck.database import db
from potluck.live import pool
from potluck.rooms import rooms, rounds
from potluck.rooms.recipes import recipe
from tests.accounts.visits import is_signed_in, made, sign_in
from tests.billing.people import at_once
from tests.conftest import SignInAs
from tests.credits import histories
from tests.people import Browser, make_user

pytestmark = pytest.mark.fault("A6")

LINE = text("""
    INSERT INTO contributions (round_id, user_id, text)
    SELECT round_id, :user_id, 'A frog.' FROM generations WHERE id = :generation_id
""")
AFTERWARDS = (
    """INSERT INTO sessions (token_digest, user_id, expires_at)
        VALUES (sha256('x'), :id, now() + interval '1 day')""",
    """INSERT INTO identities (user_id, provider, subject, email_vouched)
        VALUES (:id, 'sandbox', 'again', false)""",
    """INSERT INTO purchases (user_id, pack_id, credits, amount_minor, currency, expires_at)
        SELECT :id, id, credits, amount_minor, currency, now() FROM packs LIMIT 1""",
    "INSERT INTO saved_cards (user_id) VALUES (:id)",
    "INSERT INTO room_members (room_id, user_id, seat) SELECT id, :id, 1 FROM rooms",
)


@pytest.fixture(autouse=True)
def _credits_add_up(database: None) -> Iterator[None]:
    yield
    report = audit()
    assert report.is_clean, report.faults


def rows(query: str, **values: Any) -> list[Any]:
    with db.engine.connect() as connection:
        return list(connection.execute(text(query), values))


def delete_account(browser: Browser, word: str = "delete") -> TestResponse:
    return browser.submit("/account/deletion", page="/account/deletion", word=word)


def assert_stays(browser: Browser, why: str) -> None:
    """A page with a reason, and nothing changed."""
    before = made(), rows("SELECT name, deleted_at FROM users")
    answer = delete_account(browser)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409, page
    assert why in page
    assert (made(), rows("SELECT name, deleted_at FROM users")) == before


def dispute(user_id: int, purchase_id: uuid.UUID, credits: int) -> str:
    """A bank takes all of a purchase back; the dispute."""
    values = {"id": purchase_id, "credits": credits}
    db.session.execute(
        text("UPDATE purchases SET clawed_credits = :credits WHERE id = :id"), values
    )
    return histories.dispute(user_id, purchase_id, credits)


def leave_room(user_id: int) -> None:
    """Gives the seat up, in whatever room it is."""
    room = rooms.current_room(user_id)
    assert room
    rooms.leave(room, user_id)


def written_together(ada: int, ben: int) -> int:
    """A sheet of both, in a room that Ada has left; its generation."""
    rooms.create_room([ada, ben])
    generation_id = histories.held_generation({ada: 30, ben: 30})
    db.session.execute(LINE, {"generation_id": generation_id, "user_id": ada})
    prompt = text("""UPDATE generations SET messages = '[{"content": "Ada: A frog."}]'""")
    db.session.execute(prompt)
    histories.end_generation(generation_id, {ada: 7, ben: 6})
    leave_room(ada)
    db.session.commit()
    return generation_id


def test_they_are_gone_in_every_browser_and_their_credits_are_forfeited(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    laptop, phone = browser(), browser()
    for each in (laptop, phone):
        ada = sign_in_as(each, "Ada", credits=50)
    bens = browser()
    sign_in_as(bens, "Ben", credits=5)
    answer = delete_account(laptop)
    assert (answer.status_code, answer.location) == (303, "/")
    assert not is_signed_in(laptop)
    assert not is_signed_in(phone)
    assert bens.get("/credits/balance").get_json()["posted"] == 5
    assert ledger.balance(ada.id).posted == 0
    assert made() == {"users": 2, "identities": 1, "sessions": 1, "accounts": 2}
    ((name, deleted_at),) = rows("SELECT name, deleted_at FROM users WHERE id = :id", id=ada.id)
    assert name == "Former member"
    assert deleted_at
    assert audit().figures["credits forfeited"] == 100


def test_nothing_that_is_left_says_who_they_were(
    browser: Callable[[], Browser], sign_in_as: SignInAs, client: Browser
) -> None:
    ada, ben = sign_in_as(client, "Ada", credits=50).id, make_user("Ben", credits=50).id
    generation_id = written_together(ada, ben)
    assert delete_account(client).status_code == 303
    tables = [row.tablename for row in rows("SELECT tablename FROM pg_tables")]
    for table in tables:
        if table.startswith(("pg_", "sql_")):
            continue
        told = [row[0] for row in rows(f'SELECT t::text FROM "{table}" t')]  # noqa: S608
        assert [each for each in told if "Ada" in each or "ada@" in each] == [], table
    query = (
        "SELECT c.text FROM contributions c JOIN generations g USING (round_id) WHERE g.id = :id"
    )
    assert [row.text for row in rows(query, id=generation_id)] == ["A frog."]


@pytest.mark.parametrize("word", ["", "yes", "delet"])
def test_without_the_word_nothing_is_deleted(
    client: Browser, sign_in_as: SignInAs, word: str
) -> None:
    sign_in_as(client, "Ada", credits=50)
    answer = delete_account(client, word)
    assert answer.status_code == 422
    assert "Nothing was deleted" in answer.get_data(as_text=True)
    assert client.get("/credits/balance").get_json()["posted"] == 50


def test_whoever_has_credits_held_stays(client: Browser, sign_in_as: SignInAs) -> None:
    ada = sign_in_as(client, "Ada", credits=50).id
    histories.held_generation({ada: 30})
    leave_room(ada)
    db.session.commit()
    assert_stays(client, "are held")


def test_whoever_sits_in_a_room_stays(client: Browser, sign_in_as: SignInAs) -> None:
    room = rooms.create_room([sign_in_as(client, "Ada").id])
    db.session.commit()
    assert_stays(client, f"You sit in room {room.code}")


@pytest.mark.parametrize("state", ["open", "processing"])
def test_whoever_is_paying_stays(client: Browser, sign_in_as: SignInAs, state: str) -> None:
    ada = sign_in_as(client, "Ada").id
    with db.engine.begin() as connection:
        query = """
            INSERT INTO purchases (user_id, pack_id, credits, amount_minor, currency, expires_at,
                state, checkout_session_id)
            SELECT :id, id, credits, amount_minor, currency, now(), :state, 'cs_1' FROM packs
            WHERE slug = 'taster'
        """
        connection.execute(text(query), {"id": ada, "state": state})
    assert_stays(client, "is not finished")


def test_whose_bank_has_to_decide_stays(client: Browser, sign_in_as: SignInAs) -> None:
    ada = sign_in_as(client, "Ada").id
    dispute(ada, histories.buy(ada, 50), 50)
    ledger.freeze(ada)
    db.session.commit()
    assert_stays(client, "Your bank is looking into")


def test_whoever_owes_stays_until_it_is_repaid(client: Browser, sign_in_as: SignInAs) -> None:
    ada = sign_in_as(client, "Ada").id
    purchase_id = histories.buy(ada, 50)
    histories.end_generation(histories.held_generation({ada: 30}), {ada: 30})
    leave_room(ada)
    reference = dispute(ada, purchase_id, 50)
    db.session.execute(text("UPDATE disputes SET state = 'lost' WHERE id = :r"), {"r": reference})
    db.session.commit()
    assert_stays(client, "You owe 30 credits")
    ledger.grant(user_id=ada, amount_credits=30, key="let off", reason="Let off")
    db.session.commit()
    assert delete_account(client).status_code == 303


def test_lines_that_no_model_has_read_go_and_nobody_is_treated_any_more(
    client: Browser, sign_in_as: SignInAs
) -> None:
    ada, ben = sign_in_as(client, "Ada", credits=50).id, make_user("Ben", credits=50).id
    room = rooms.create_room([ada, ben])
    rounds.open_round(room, recipe("story"))
    for user_id in (ada, ben):
        rounds.contribute(room, user_id=user_id, line="A frog.")
    db.session.execute(
        text("UPDATE contributions SET paid_by = :a WHERE user_id = :b"), {"a": ada, "b": ben}
    )
    leave_room(ada)
    db.session.commit()
    assert delete_account(client).status_code == 303
    ((user_id, paid_by, short_since),) = rows(
        "SELECT user_id, paid_by, short_since FROM contributions"
    )
    assert (user_id, paid_by) == (ben, None)
    assert short_since


def test_whoever_waits_in_the_pool_waits_no_more(client: Browser, sign_in_as: SignInAs) -> None:
    ada = sign_in_as(client, "Ada", credits=50).id
    pool.join(ada)
    db.session.commit()
    assert delete_account(client).status_code == 303
    assert pool.wait_by_page(ada).waited_seconds is None


@pytest.mark.parametrize("statement", AFTERWARDS)
def test_nothing_is_begun_for_somebody_who_left(database: None, statement: str) -> None:
    """In another tab, at that very moment: the database refuses it."""
    ada, ben = make_user("Ada"), make_user("Ben")
    rooms.create_room([ben.id])
    db.session.commit()
    departures.leave(ada.id)
    with pytest.raises(IntegrityError, match="has left"), db.engine.begin() as connection:
        connection.execute(text(statement), {"id": ada.id})


def test_two_tabs_delete_once(app: Flask, database: None) -> None:
    ada = make_user("Ada", credits=50).id

    def leave() -> None:
        with app.app_context():
            departures.leave(ada)

    at_once(leave, leave)
    assert len(rows("SELECT id FROM transfers WHERE kind = 'forfeit'")) == 1


def test_whoever_comes_back_is_somebody_new_and_is_not_welcomed_twice(
    provider: str, app: Flask, browser: Callable[[], Browser]
) -> None:
    """Otherwise anybody could have as many credits as they like."""
    before = app.extensions["settings"]
    app.extensions["settings"] = before.model_copy(update={"welcome_credits": 40})
    first, second = browser(), browser()
    sign_in(first)
    assert first.get("/credits/balance").get_json()["posted"] == 40
    assert delete_account(first).status_code == 303
    sign_in(second)
    assert "Ada Okafor" in second.get("/").get_data(as_text=True)
    assert second.get("/credits/balance").get_json()["posted"] == 0
    assert made()["users"] == 2
