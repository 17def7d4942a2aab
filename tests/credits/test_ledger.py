"""Credits are moved, held and given back; never lost, never made, never below zero."""

from __future__ import annotations

import threading

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from potluck.credits import holds, ledger
from potluck.credits.audit import audit
from potluck.credits.pricing import cost_credits, current_price, equal_shares
from potluck.database import db
from tests.orders import dispatch, ordered_generation
from tests.people import make_user

pytestmark = pytest.mark.usefixtures("database")


def test_the_same_payment_is_credited_once() -> None:
    ada = make_user("Ada")
    first = ledger.top_up(user_id=ada.id, amount_credits=2000, payment_id="cs_1")
    again = ledger.top_up(user_id=ada.id, amount_credits=2000, payment_id="cs_1")
    db.session.commit()
    assert (first, again) == (True, False)
    assert ledger.balance(ada.id).posted == 2000


def test_a_settled_hold_takes_the_share_and_gives_the_rest_back() -> None:
    ada = make_user("Ada", credits=100)
    generation_id = ordered_generation(ada.id)
    holds.reserve(amounts={ada.id: 30}, generation_id=generation_id, ttl_seconds=60)
    db.session.commit()
    assert ledger.balance(ada.id).available == 70
    dispatch(generation_id)
    holds.settle(generation_id, shares={ada.id: 12})
    holds.settle(generation_id, shares={ada.id: 12})
    db.session.commit()
    balance = ledger.balance(ada.id)
    assert (balance.posted, balance.held) == (88, 0)


def test_a_released_hold_costs_nothing() -> None:
    ada = make_user("Ada", credits=100)
    generation_id = ordered_generation(ada.id)
    holds.reserve(amounts={ada.id: 30}, generation_id=generation_id, ttl_seconds=60)
    holds.release(generation_id)
    db.session.commit()
    balance = ledger.balance(ada.id)
    assert (balance.posted, balance.held) == (100, 0)
    assert audit().is_clean


def test_nobody_is_held_when_one_of_four_cannot_pay() -> None:
    payers = [make_user(name, credits=50) for name in ("Ada", "Ben", "Chiyo")]
    poor = make_user("Dara", credits=5)
    generation_id = ordered_generation(payers[0].id)
    amounts = {user.id: 10 for user in (*payers, poor)}
    with pytest.raises(ledger.InsufficientCredits) as refusal:
        holds.reserve(amounts=amounts, generation_id=generation_id, ttl_seconds=60)
    db.session.rollback()
    assert refusal.value.user_ids == {poor.id}
    assert all(ledger.balance(user.id).held == 0 for user in payers)
    assert audit().is_clean


def test_of_sixty_who_reach_for_the_last_credit_one_gets_it(app: Flask) -> None:
    ada = make_user("Ada", credits=1)
    generations = [ordered_generation(ada.id) for _ in range(60)]
    outcomes: list[bool] = []
    barrier = threading.Barrier(len(generations))

    def reach(generation_id: int) -> None:
        with app.app_context():
            barrier.wait()
            try:
                holds.reserve(amounts={ada.id: 1}, generation_id=generation_id, ttl_seconds=60)
                db.session.commit()
                outcomes.append(True)
            except ledger.InsufficientCredits:
                db.session.rollback()
                outcomes.append(False)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=reach, args=(each,)) for each in generations]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False] * 59 + [True]
    assert audit().is_clean


def test_the_database_refuses_a_transfer_that_makes_credits() -> None:
    ada = make_user("Ada")
    db.session.execute(
        text("""
            WITH made AS (
                INSERT INTO transfers (key, kind, reference, account_id)
                SELECT 'forged', 'grant', '', id FROM accounts WHERE user_id = :user_id
                RETURNING id
            )
            INSERT INTO entries (transfer_id, account_id, amount)
            SELECT made.id, accounts.id, 5 FROM made, accounts WHERE user_id = :user_id
        """),
        {"user_id": ada.id},
    )
    with pytest.raises(IntegrityError, match="sum to 5"):
        db.session.commit()
    db.session.rollback()


def test_the_database_refuses_to_go_below_zero() -> None:
    ada = make_user("Ada", credits=5)
    with pytest.raises(IntegrityError, match="ck_accounts_balance"):
        db.session.execute(
            text("UPDATE accounts SET posted = posted - 6 WHERE user_id = :id"), {"id": ada.id}
        )
    db.session.rollback()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET amount = amount + 1",
        "DELETE FROM transfers",
        "TRUNCATE entries",
        "ALTER TABLE entries DISABLE TRIGGER ALL",
        "DELETE FROM holds",
        "UPDATE model_prices SET output_credits_per_million = 1",
    ],
)
def test_the_app_has_no_right_to_rewrite_the_ledger(statement: str) -> None:
    make_user("Ada", credits=5)
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        db.session.execute(text(statement))
    db.session.rollback()


@pytest.mark.parametrize(
    "statement", ["UPDATE entries SET amount = amount + 1", "DELETE FROM transfers"]
)
def test_even_the_owner_only_appends(owner: Engine, statement: str) -> None:
    make_user("Ada", credits=5)
    with owner.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.execute(text(statement))


def test_a_hold_that_has_ended_cannot_be_captured_again() -> None:
    ada = make_user("Ada", credits=100)
    generation_id = ordered_generation(ada.id)
    holds.reserve(amounts={ada.id: 30}, generation_id=generation_id, ttl_seconds=60)
    holds.release(generation_id)
    db.session.commit()
    with pytest.raises(DBAPIError, match="cannot become"):
        db.session.execute(text("UPDATE holds SET state = 'captured', captured = 1"))
    db.session.rollback()


def test_the_audit_finds_an_entry_that_somebody_tampered_with(owner: Engine) -> None:
    make_user("Ada", credits=5)
    assert audit().is_clean
    with owner.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("UPDATE entries SET amount = 6 WHERE amount = 5"))
    faults = audit().faults
    assert faults["every transfer sums to zero"]
    assert faults["posted is the sum of entries"]


def test_a_cost_is_rounded_up_once_and_split_to_the_credit() -> None:
    price = current_price("scripted")
    assert cost_credits(price, input_tokens=200, output_tokens=320) == 13
    assert cost_credits(price, input_tokens=1, output_tokens=0) == 1
    assert equal_shares(14, 3, first=0) == [5, 5, 4]
    assert equal_shares(14, 3, first=1) == [4, 5, 5]


@pytest.mark.parametrize("people", [1, 2, 3, 4, 7])
def test_a_share_of_a_smaller_bill_is_never_more_than_what_was_held(people: int) -> None:
    for first in range(people):
        for total in range(1, 40):
            held = equal_shares(total, people, first=first)
            for cost in range(total + 1):
                shares = equal_shares(cost, people, first=first)
                assert sum(shares) == cost
                assert all(share <= hold for share, hold in zip(shares, held, strict=True))
