"""What can't be mended is named, to the credit and the cent, each time until somebody has."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from potluck.credits import ledger
from potluck.database import db
from tests.billing.backup import Backup
from tests.billing.bank import Bank, pay, pay_and_return
from tests.billing.command_line import figure, run
from tests.billing.people import Member
from tests.billing.stripe_line import StandIn

pytestmark = pytest.mark.usefixtures("bank")


def test_a_checkout_in_another_currency_stays_a_difference(
    app: Flask, dana: Member, stand_in: StandIn
) -> None:
    checkout, _ = pay(dana, stand_in)
    stand_in.rewrite(checkout.session_id, currency="jpy")
    code, said = run(app, "reconcile")
    assert code == 1
    assert "LEFT    currency: usd here, jpy at Stripe" in said
    assert "is in another currency" in said
    assert dana.credits == 0


def test_a_purchase_that_only_the_books_call_paid_stays_a_difference(
    app: Flask, dana: Member, sam: Member, bank: Bank
) -> None:
    unpaid, unknown = dana.start_checkout(), sam.start_checkout()
    for member, checkout in ((dana, unpaid), (sam, unknown)):
        pay_by_hand(member, checkout.session_id)
    bank.forget(unknown.session_id)
    for _ in range(2):
        code, said = run(app, "reconcile")
        assert code == 1
        assert "LEFT    state: paid here, open at Stripe" in said
        assert "LEFT    credited: 2,000 credits here, 0 credits at Stripe" in said
        paid_here = "paid, $2.00 for 2,000 credits here, nothing at Stripe"
        assert f"LEFT    purchase: {paid_here} (purchase {unknown.purchase_id}" in said
        assert figure(said, "left") == "4"


def test_a_refund_that_only_the_books_have_stays_a_difference(
    app: Flask, dana: Member, stand_in: StandIn, bank: Bank
) -> None:
    _, payment_id = pay(dana, stand_in)
    refund_id = bank.refund(payment_id, amount_minor=100)
    assert run(app, "reconcile")[0] == 0
    bank.forget(refund_id)
    code, said = run(app, "reconcile")
    assert code == 1
    assert f"LEFT    refund {refund_id}: $1.00 succeeded here, nothing at Stripe" in said
    assert "LEFT    taken back: 1,000 credits here, 0 credits at Stripe" in said


@pytest.mark.parametrize(
    "tampering",
    [
        pytest.param(
            (
                "UPDATE entries SET amount = amount * 10 WHERE abs(amount) = 2000",
                "LEFT    credited: 20,000 credits here, 2,000 credits at Stripe",
            ),
            id="entries",
        ),
        pytest.param(
            (
                "DELETE FROM transfers WHERE kind = 'topup'",
                "LEFT    credited: 0 credits here, 2,000 credits at Stripe",
            ),
            id="transfer",
        ),
        pytest.param(
            (
                "UPDATE purchases SET paid_minor = 1",
                "LEFT    paid: $0.01 here, $2.00 at Stripe",
            ),
            id="money",
        ),
        pytest.param(
            (
                "UPDATE purchases SET credits = 3000",
                "LEFT    credits sold: 3,000 credits here, 2,000 credits at Stripe",
            ),
            id="terms",
        ),
        pytest.param(
            (
                "UPDATE purchases SET clawed_credits = 7",
                "LEFT    taken back by its own figure: 7 credits here, 0 credits at Stripe",
            ),
            id="taken back",
        ),
    ],
)
def test_what_was_changed_in_the_books_by_hand_is_left_and_named(
    app: Flask, dana: Member, bank: Bank, owner: Engine, tampering: tuple[str, str]
) -> None:
    pay_and_return(dana, bank)
    honest = Backup()
    statement, line = tampering
    with owner.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(statement))
    code, said = run(app, "reconcile")
    honest.restore()
    assert code == 1
    assert line in said


def pay_by_hand(member: Member, session_id: str) -> None:
    """Somebody with access to the database helps themselves, and keeps the ledger whole."""
    ledger.top_up(user_id=member.user_id, amount_credits=2000, payment_id=session_id)
    change = "UPDATE purchases SET state = 'paid', paid_at = now(), paid_minor = 200"
    query = text(f"{change} WHERE checkout_session_id = :id")
    db.session.execute(query, {"id": session_id})
    db.session.commit()
