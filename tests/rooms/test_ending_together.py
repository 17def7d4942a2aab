"""Generations that end at the same moment are ended by one statement, as one after the other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from potluck.credits import ledger
from potluck.database import db
from potluck.rooms import endings
from potluck.rooms.endings import Ending
from tests.credits.histories import buy, dispute
from tests.orders import ended, hold
from tests.people import make_user

HELD_CREDITS, SHARE_CREDITS, DEBT_CREDITS = 30, 12, 25
NOTE_DISPUTE = text("UPDATE purchases SET clawed_credits = :credits WHERE id = :id")
ACCOUNT = text("""
    SELECT posted, held, owed FROM accounts JOIN users ON users.id = user_id WHERE name = :name
""")
MOVED = text("""
    SELECT t.kind, h.kind AS house, e.amount FROM transfers t
    JOIN accounts a ON a.id = t.account_id JOIN users ON users.id = a.user_id
    JOIN entries e ON e.transfer_id = t.id JOIN accounts h ON h.id = e.account_id
    WHERE users.name = :name ORDER BY t.kind, t.id, e.amount
""")
PHASES = text("""
    SELECT r.phase, g.text, s.slug IS NOT NULL AS has_sheet FROM generations g
    JOIN rounds r ON r.id = g.round_id LEFT JOIN sheets s ON s.round_id = r.id ORDER BY g.id
""")


@pytest.mark.fault("M26")
def test_two_of_one_member_repay_a_debt_as_one_after_the_other_does() -> None:
    names = ("Ada", "Ben")
    together, apart = (_two_of_somebody_in_debt(name) for name in names)
    assert endings.end_all(together) == [True, True]
    assert [endings.end_all([each]) for each in apart] == [[True], [True]]
    ada, ben = (_account(name) for name in names)
    assert ada == ben
    posted, held, owed = ada
    assert (held, owed) == (0, 0)
    assert posted == 2 * (HELD_CREDITS - SHARE_CREDITS) - DEBT_CREDITS
    assert _moved("Ada") == _moved("Ben")


def test_each_has_its_own_text_phase_and_sheet() -> None:
    first, second = _two_of_somebody_in_debt("Ada")
    other = replace(second, text="", state="failed", shares={}, hues=None, cost_credits=0)
    endings.end_all([first, other])
    rows = db.session.execute(PHASES).all()
    assert [tuple(row) for row in rows] == [("done", first.text, True), ("failed", "", False)]


@pytest.mark.fault("M26")
def test_where_one_of_several_can_not_end_none_does_and_each_may_alone() -> None:
    good, bad = _two_of_somebody_in_debt("Ada")
    bad = replace(bad, shares=dict.fromkeys(bad.shares, HELD_CREDITS + 1))
    with pytest.raises(IntegrityError):
        endings.end_all([good, bad])
    assert _account("Ada")[1] == 2 * HELD_CREDITS
    assert endings.end(good)
    assert not endings.end(good)
    assert _account("Ada")[1] == HELD_CREDITS
    endings.end(replace(bad, shares={}, cost_credits=0))


def _two_of_somebody_in_debt(name: str) -> list[Ending]:
    """They owe more than the first of both gives back, and less than both do."""
    user = make_user(name)
    purchase_id = buy(user.id, 2 * HELD_CREDITS)
    ids = [hold(user.id, HELD_CREDITS) for _ in range(2)]
    dispute(user.id, purchase_id, DEBT_CREDITS)
    ledger.freeze(user.id)
    db.session.execute(NOTE_DISPUTE, {"id": purchase_id, "credits": DEBT_CREDITS})
    db.session.commit()
    return [ended(generation_id, {user.id: SHARE_CREDITS}) for generation_id in ids]


def _account(name: str) -> tuple[int, int, int]:
    """What is posted, held and owed."""
    db.session.rollback()
    posted, held, owed = db.session.execute(ACCOUNT, {"name": name}).one()
    return posted, held, owed


def _moved(name: str) -> list[tuple[str, str, int]]:
    """Every entry of a member's transfers: what for, with whom, and how much."""
    return [(row.kind, row.house, row.amount) for row in db.session.execute(MOVED, {"name": name})]
